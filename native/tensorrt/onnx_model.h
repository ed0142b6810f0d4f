#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "line.h"

namespace enginery::tensorrt {

// A model as the parser gets it: the bytes of an ONNX file, and the file that external data is looked for beside.
struct OnnxModel {
    std::string bytes;
    std::string path;  // empty for a model without files
};

// What the parser did not take, in its own words.
struct ParserProblem {
    std::string code;
    std::string description;
    int node = -1;  // its number in the graph; -1 where no node is to blame
    std::string node_name;
    std::string node_operator;
    std::vector<std::string> functions;  // of local functions, outermost first
};

// Nodes that TensorRT takes together, or does not.
struct SupportedPart {
    bool supported = false;
    std::vector<int64_t> nodes;
};

struct ParserReport {
    bool parsed = false;
    std::vector<ParserProblem> problems;
    // Of NVIDIA's: what a version compatible plan of this network needs besides.
    std::vector<std::string> plugin_libraries;
};

ParserReport parse_onnx(nvonnxparser::IParser& parser, const OnnxModel& model, const std::vector<std::string>& flags);

// Asks for every node, without building a network from those that fit.
std::pair<ParserReport, std::vector<SupportedPart>> check_onnx(nvonnxparser::IParser& parser, const OnnxModel& model);

}  // namespace enginery::tensorrt
