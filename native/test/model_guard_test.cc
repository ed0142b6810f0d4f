#include "../openvino/model_guard/model_guard.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "onnx_bytes.h"
#include "tflite_bytes.h"

namespace enginery::model_guard {
namespace {

using testing_models::attribute;
using testing_models::attribute_list;
using testing_models::constant;
using testing_models::graph_attribute;
using testing_models::node;
using testing_models::OnnxParts;
using testing_models::tflite_model;

std::string reason(const OnnxParts& parts) {
    const std::string bytes = parts.bytes();
    return validate_model_bytes(Format::onnx, bytes.data(), bytes.size());
}

std::string reason_ir(const std::string& layers) {
    const std::string xml = "<?xml version=\"1.0\"?>\n<net name=\"n\" version=\"11\"><layers>" + layers + "</layers></net>";
    return validate_model_bytes(Format::ir, xml.data(), xml.size());
}

std::string reason_tflite(const std::string& bytes) {
    return validate_model_bytes(Format::tflite, bytes.data(), bytes.size());
}

OnnxParts convolution(const std::string& attributes = "") {
    OnnxParts parts;
    parts.inputs = {{"x", {1, 4, 8, 8}}};
    parts.initializers = {constant("w", {4, 4, 3, 3}, {})};
    parts.nodes = {node("Conv", {"x", "w"}, {"y"}, attributes)};
    return parts;
}

OnnxParts one_node(const std::string& bytes) {
    OnnxParts parts;
    parts.inputs = {{"x", {1, 4, 8, 8}}};
    parts.nodes = {bytes};
    return parts;
}

TEST(ModelGuardOnnx, LetsSoundModelsThrough) {
    EXPECT_EQ(reason(convolution(attribute_list("kernel_shape", {3, 3}) + attribute_list("pads", {1, 1, 1, 1}))), "");
    EXPECT_EQ(reason(convolution()), "");
}

TEST(ModelGuardOnnx, LetsThroughWhatExportersWrite) {
    OnnxParts parts;
    parts.inputs = {{"x", {-1, 3, -1, -1}}, {"roi", {0}}};
    parts.initializers = {constant("roi", {0}, {})};  // listed among the inputs, as old models do
    parts.opset = 11;
    parts.nodes = {node("Resize", {"x", "", "scales"}, {"y"}), node("Loop", {"", "go"}, {"z"}, graph_attribute("body", "")),
                   node("Slice", {"x", "s", "e"}, {"u"}), node("Made.Up", {}, {"v"}, "", "com.example")};
    EXPECT_EQ(reason(parts), "");
    parts.opset = 9;
    parts.nodes = {node("Slice", {"x"}, {"y"}), node("Squeeze", {"x"}, {"z"}, attribute_list("axes", {-1}))};
    EXPECT_EQ(reason(parts), "");
}

TEST(ModelGuardOnnx, RefusesNodesWithoutTheirInputs) {
    EXPECT_EQ(reason(one_node(node("Conv", {"x"}, {"y"}))), "a node Conv has 1 inputs, expected at least 2");
    EXPECT_EQ(reason(one_node(node("Conv", {"x", ""}, {"y"}))), "a node Conv lacks input 1");
    EXPECT_EQ(reason(one_node(node("GlobalAveragePool", {}, {"y"}, "", "ai.onnx"))),
              "a node GlobalAveragePool has 0 inputs, expected at least 1");
    EXPECT_NE(reason(one_node(node("FusedConv", {"x"}, {"y"}, "", "com.microsoft"))), "");
    EXPECT_NE(reason(one_node(node("ExperimentalDetectronTopKROIs", {"x"}, {"y"}, "", "org.openvinotoolkit"))), "");
}

TEST(ModelGuardOnnx, KnowsWhichVersionAsksForWhat) {
    OnnxParts parts = one_node(node("Pad", {"x"}, {"y"}));
    parts.opset = 10;
    EXPECT_EQ(reason(parts), "");
    parts.opset = 11;
    EXPECT_NE(reason(parts), "");
}

TEST(ModelGuardOnnx, RefusesNodesWithoutOutputs) {
    EXPECT_EQ(reason(one_node(node("Split", {"x"}, {}))), "a node Split has no outputs");
}

TEST(ModelGuardOnnx, RefusesImpossibleAttributes) {
    EXPECT_NE(reason(convolution(attribute_list("kernel_shape", {3, -1}))), "");
    EXPECT_NE(reason(convolution(attribute_list("kernel_shape", {3, 3, 3}))), "");
    EXPECT_NE(reason(convolution(attribute_list("strides", {1}))), "");
    EXPECT_NE(reason(convolution(attribute_list("pads", {1, 1, 1}))), "");
    EXPECT_NE(reason(convolution(attribute("group", 0))), "");
    const auto upsampling = [](int64_t stride) {
        OnnxParts parts = convolution();
        parts.nodes = {node("ConvTranspose", {"x", "w"}, {"y"}, attribute_list("strides", {2, stride}))};
        return reason(parts);
    };
    EXPECT_NE(upsampling(1000000), "");
    EXPECT_EQ(upsampling(16), "");
    EXPECT_NE(reason(one_node(node("Softmax", {"x"}, {"y"}, attribute("axis", int64_t{1} << 31)))), "");
    EXPECT_EQ(reason(one_node(node("Softmax", {"x"}, {"y"}, attribute("axis", -1)))), "");
}

TEST(ModelGuardOnnx, RefusesAxesBeyondTheDimensions) {
    EXPECT_NE(reason(one_node(node("Unique", {"x"}, {"y"}, attribute("axis", 4)))), "");
    EXPECT_EQ(reason(one_node(node("Unique", {"x"}, {"y"}, attribute("axis", -4)))), "");
    EXPECT_NE(reason(one_node(node("GatherND", {"x", "i"}, {"y"}, attribute("batch_dims", 4)))), "");
    EXPECT_EQ(reason(one_node(node("GatherND", {"x", "i"}, {"y"}, attribute("batch_dims", 2)))), "");
}

TEST(ModelGuardOnnx, RefusesSizesThatOverflow) {
    OnnxParts parts = one_node(node("Expand", {"x", "shape"}, {"y"}));
    parts.initializers = {constant("shape", {2}, {int64_t{1} << 33, int64_t{1} << 33})};
    EXPECT_NE(reason(parts), "");
    parts.initializers = {constant("shape", {2}, {2, 8})};
    EXPECT_EQ(reason(parts), "");
    parts.initializers = {constant("w", {int64_t{1} << 33, int64_t{1} << 33}, {})};
    EXPECT_NE(reason(parts), "");
}

TEST(ModelGuardOnnx, RefusesInputsWithoutElements) {
    OnnxParts parts = convolution();
    parts.inputs = {{"x", {1, 4, 0, 8}}};
    EXPECT_EQ(reason(parts), "input x has a dimension of length 0");
}

TEST(ModelGuardOnnx, RefusesDivisionsByConstantsThatCannotDivide) {
    OnnxParts parts = one_node(node("Div", {"a", "b"}, {"y"}));
    parts.initializers = {constant("a", {1}, {5}), constant("b", {1}, {0})};
    EXPECT_EQ(reason(parts), "a node Div divides by 0");
    parts.initializers = {constant("a", {1}, {std::numeric_limits<int64_t>::min()}), constant("b", {1}, {-1})};
    EXPECT_NE(reason(parts), "");
    parts.initializers = {constant("a", {1}, {5}), constant("b", {1}, {2})};
    EXPECT_EQ(reason(parts), "");
}

TEST(ModelGuardOnnx, RefusesRecurrentWeightsOfAnotherSize) {
    OnnxParts parts;
    parts.inputs = {{"x", {5, 2, 3}}};
    parts.initializers = {constant("w", {1, 16, 3}, {}), constant("r", {1, 16, 4}, {})};
    parts.nodes = {node("LSTM", {"x", "w", "r"}, {"y"}, attribute("hidden_size", 4))};
    EXPECT_EQ(reason(parts), "");
    parts.nodes = {node("LSTM", {"x", "w", "r"}, {"y"}, attribute("hidden_size", 20653))};
    EXPECT_NE(reason(parts), "");
}

TEST(ModelGuardOnnx, LooksIntoInnerGraphs) {
    OnnxParts inner;
    inner.nodes = {node("Conv", {}, {"o"})};
    const std::string branch = graph_attribute("then_branch", inner.graph());
    EXPECT_NE(reason(one_node(node("If", {"c"}, {"y"}, branch))), "");
    // Deeper than any engine follows.
    std::string graph;
    for (int i = 0; i < 200; i++) {
        OnnxParts around;
        around.nodes = {node("If", {"c"}, {"o"}, graph_attribute("then_branch", graph))};
        graph = around.graph();
    }
    EXPECT_NE(reason(one_node(node("If", {"c"}, {"y"}, graph_attribute("then_branch", graph)))), "");
}

TEST(ModelGuardOnnx, RefusesLoopsThatNeverRun) {
    OnnxParts parts = one_node(node("Loop", {"n", "c"}, {"y"}));
    parts.initializers = {constant("n", {}, {0})};
    EXPECT_NE(reason(parts), "");
    parts.initializers = {constant("n", {}, {std::numeric_limits<int64_t>::max()})};
    EXPECT_EQ(reason(parts), "");
}

TEST(ModelGuardOnnx, RefusesVersionsOfOperatorsThatCannotBe) {
    OnnxParts parts = convolution();
    parts.opset = int64_t{1} << 62;
    EXPECT_NE(reason(parts), "");
}

TEST(ModelGuardIr, RefusesConstantsOfOtherSizes) {
    const auto layer = [](const std::string& data) {
        return "<layer id=\"1\" name=\"c\" type=\"Const\" version=\"opset1\"><data element_type=\"f32\" offset=\"0\" " + data +
               "/></layer>";
    };
    EXPECT_EQ(reason_ir(layer("shape=\"2, 3\" size=\"24\"")), "");
    EXPECT_EQ(reason_ir(layer("shape=\"\" size=\"4\"")), "");
    EXPECT_EQ(reason_ir(layer("shape=\"0\" size=\"4\"")), "constant c of shape [0] has 4 bytes");
    EXPECT_NE(reason_ir(layer("shape=\"-9223372036854775808\" size=\"4\"")), "");
    EXPECT_NE(reason_ir(layer("shape='4294967296,4294967296' size=\"0\"")), "");
}

TEST(ModelGuardIr, RefusesInputsWithoutElementsOutsideLoops) {
    const std::string parameter = "<layer id=\"0\" name=\"x\" type=\"Parameter\"><data shape=\"1,0\"/></layer>";
    EXPECT_NE(reason_ir(parameter), "");
    EXPECT_EQ(reason_ir("<layer id=\"0\" name=\"x\" type=\"Parameter\"><data shape=\"?,1..8\"/></layer>"), "");
    EXPECT_EQ(reason_ir("<layer id=\"0\" name=\"l\" type=\"Loop\"><body>" + parameter + "</body></layer>"), "");
}

TEST(ModelGuardIr, RefusesLoopsThatStepByNothing) {
    EXPECT_EQ(reason_ir("<input axis=\"0\" stride=\"-1\"/>"), "");
    EXPECT_NE(reason_ir("<input axis=\"0\" stride=\"0\"/>"), "");
}

TEST(ModelGuardTflite, ComparesOutputsWithWhatTheOperatorMakes) {
    constexpr int convolution_2d = 3, if_then_else = 118;
    EXPECT_EQ(reason_tflite(tflite_model(convolution_2d, 1, {1, 8, 8, 3})), "");
    EXPECT_NE(reason_tflite(tflite_model(convolution_2d, 2, {1, 8, 8, 3})), "");
    EXPECT_EQ(reason_tflite(tflite_model(if_then_else, 2, {1, 8, 8, 3})), "");
}

TEST(ModelGuardTflite, RefusesInputsWithoutElements) {
    EXPECT_NE(reason_tflite(tflite_model(3, 1, {1, 0, 8, 3})), "");
}

TEST(ModelGuard, TellsFormatsApart) {
    const std::string tflite = tflite_model(3, 1, {1}), onnx = convolution().bytes(), ir = "\n <net/>";
    EXPECT_EQ(format_of(tflite.data(), tflite.size()), Format::tflite);
    EXPECT_EQ(format_of(ir.data(), ir.size()), Format::ir);
    EXPECT_EQ(format_of(onnx.data(), onnx.size()), Format::onnx);
    EXPECT_EQ(format_of(onnx.data(), onnx.size(), "a/__model__.PDMODEL"), Format::other);
    EXPECT_EQ(format_of("x", 1, "x.ONNX"), Format::onnx);
    EXPECT_EQ(format_of("", 0), Format::other);
}

// The sanitized run of these tests sees every read beyond the bytes.
TEST(ModelGuard, ReadsNothingBeyondTheBytes) {
    OnnxParts all = convolution(attribute_list("kernel_shape", {3, 3}) + attribute("group", 1));
    all.initializers.push_back(constant("shape", {2}, {2, 3}));
    const std::pair<Format, std::string> models[] = {
        {Format::onnx, all.bytes()},
        {Format::tflite, tflite_model(3, 1, {1, 8, 8, 3})},
        {Format::ir, "<net><layers><layer type=\"Const\"><data shape=\"2,3\" size=\"24\" element_type=\"f32\"/></layer></net>"}};
    std::mt19937 random(7);
    for (const auto& [format, model] : models) {
        for (size_t length = 0; length < model.size(); length++) {
            const std::vector<char> start(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(length));
            validate_model_bytes(format, start.data(), start.size());
        }
        for (int i = 0; i < 5000; i++) {
            std::vector<char> damaged(model.begin(), model.end());
            for (int changes = 1 + i % 4; changes > 0; changes--)
                damaged[random() % damaged.size()] = static_cast<char>(random());
            validate_model_bytes(format, damaged.data(), damaged.size());
        }
    }
}

TEST(ModelGuard, ReadsFilesAsItReadsBytes) {
    OnnxParts parts = one_node(node("Conv", {"x"}, {"y"}));
    // Longer than a window of the reader, with the fault behind it.
    parts.initializers = {constant("w", {100, 1000}, std::vector<int64_t>(100000, 1))};
    parts.initializers_first = true;
    const std::string path = testing::TempDir() + "model_guard_test.onnx";
    std::ofstream(path, std::ios::binary) << parts.bytes();
    EXPECT_EQ(validate_model_file(path), reason(parts));
    EXPECT_NE(validate_model_file(path), "");
    std::remove(path.c_str());
    EXPECT_EQ(validate_model_file(path), "");
}

}  // namespace
}  // namespace enginery::model_guard
