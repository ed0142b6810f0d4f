#include "onnx_model.h"

#include "option_names.h"

namespace enginery::tensorrt {
namespace {

std::string text(const char* words) {
    return words != nullptr ? words : "";
}

std::vector<ParserProblem> read_problems(const nvonnxparser::IParser& parser) {
    std::vector<ParserProblem> problems;
    for (int i = 0; i < parser.getNbErrors(); ++i) {
        const nvonnxparser::IParserError* error = parser.getError(i);
        if (error == nullptr) continue;
        ParserProblem problem;
        problem.code = parser_error_name(error->code());
        problem.description = text(error->desc());
        problem.node = error->node();
        problem.node_name = text(error->nodeName());
        problem.node_operator = text(error->nodeOperator());
        for (int32_t f = 0; f < error->localFunctionStackSize(); ++f)
            problem.functions.push_back(text(error->localFunctionStack()[f]));
        problems.push_back(std::move(problem));
    }
    return problems;
}

const char* path_of(const OnnxModel& model) {
    return model.path.empty() ? nullptr : model.path.c_str();
}

}  // namespace

ParserReport parse_onnx(nvonnxparser::IParser& parser, const OnnxModel& model, const std::vector<std::string>& flags) {
    for (const std::string& flag : flags) parser.setFlag(value_of("parser flag", parser_flags(), flag));
    ParserReport report;
    report.parsed = parser.parse(model.bytes.data(), model.bytes.size(), path_of(model));
    report.problems = read_problems(parser);
    int64_t count = 0;
    const char* const* used = parser.getUsedVCPluginLibraries(count);
    for (int64_t i = 0; used != nullptr && i < count; ++i) report.plugin_libraries.push_back(text(used[i]));
    return report;
}

std::pair<ParserReport, std::vector<SupportedPart>> check_onnx(nvonnxparser::IParser& parser, const OnnxModel& model) {
    ParserReport report;
    report.parsed = parser.supportsModelV2(model.bytes.data(), model.bytes.size(), path_of(model));
    report.problems = read_problems(parser);
    std::vector<SupportedPart> parts;
    for (int64_t i = 0; i < parser.getNbSubgraphs(); ++i) {
        SupportedPart part;
        part.supported = parser.isSubgraphSupported(i);
        int64_t length = 0;
        const int64_t* nodes = parser.getSubgraphNodes(i, length);
        if (nodes != nullptr) part.nodes.assign(nodes, nodes + length);
        parts.push_back(std::move(part));
    }
    return {std::move(report), std::move(parts)};
}

}  // namespace enginery::tensorrt
