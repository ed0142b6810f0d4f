#include "onnx_operator_inputs.h"

#include <algorithm>
#include <cstring>

namespace enginery::model_guard {
namespace {

struct Row {
    const char* type;
    // The first version of the operators that this row is about.
    int64_t since;
    uint8_t listed;
    uint8_t named;
};

// From the operator schemas of ONNX. Two rows are more lenient: exporters leave out the `roi` of Resize in version 11,
// and both of the first inputs of Loop are optional. Sorted by type, then version.
constexpr Row standard[] = {
    {"Abs", 1, 1, 1}, {"Acos", 1, 1, 1}, {"Acosh", 1, 1, 1}, {"Add", 1, 2, 2}, {"AffineGrid", 1, 2, 2},
    {"And", 1, 2, 2}, {"ArgMax", 1, 1, 1}, {"ArgMin", 1, 1, 1}, {"Asin", 1, 1, 1}, {"Asinh", 1, 1, 1},
    {"Atan", 1, 1, 1}, {"Atanh", 1, 1, 1}, {"Attention", 1, 3, 3}, {"AveragePool", 1, 1, 1},
    {"BatchNormalization", 1, 5, 5}, {"Bernoulli", 1, 1, 1}, {"BitCast", 1, 1, 1}, {"BitShift", 1, 2, 2},
    {"BitwiseAnd", 1, 2, 2}, {"BitwiseNot", 1, 1, 1}, {"BitwiseOr", 1, 2, 2}, {"BitwiseXor", 1, 2, 2},
    {"BlackmanWindow", 1, 1, 1}, {"Cast", 1, 1, 1}, {"CastLike", 1, 2, 2}, {"CausalConvWithState", 1, 2, 2},
    {"Ceil", 1, 1, 1}, {"Celu", 1, 1, 1}, {"CenterCropPad", 1, 2, 2}, {"Clip", 1, 1, 1}, {"Col2Im", 1, 3, 3},
    {"Compress", 1, 2, 2}, {"Concat", 1, 1, 1}, {"ConcatFromSequence", 1, 1, 1}, {"ConstantOfShape", 1, 1, 1},
    {"Conv", 1, 2, 2}, {"ConvInteger", 1, 2, 2}, {"ConvTranspose", 1, 2, 2}, {"Cos", 1, 1, 1},
    {"Cosh", 1, 1, 1}, {"CumProd", 1, 2, 2}, {"CumSum", 1, 2, 2}, {"DFT", 1, 1, 1}, {"DeformConv", 1, 3, 3},
    {"DepthToSpace", 1, 1, 1}, {"DequantizeLinear", 1, 2, 2}, {"Det", 1, 1, 1}, {"Div", 1, 2, 2},
    {"Dropout", 1, 1, 1}, {"DynamicQuantizeLinear", 1, 1, 1}, {"Einsum", 1, 1, 1}, {"Elu", 1, 1, 1},
    {"Equal", 1, 2, 2}, {"Erf", 1, 1, 1}, {"Exp", 1, 1, 1}, {"Expand", 1, 2, 2}, {"EyeLike", 1, 1, 1},
    {"Flatten", 1, 1, 1}, {"Floor", 1, 1, 1}, {"GRU", 1, 3, 3}, {"Gather", 1, 2, 2},
    {"GatherElements", 1, 2, 2}, {"GatherND", 1, 2, 2}, {"Gelu", 1, 1, 1}, {"Gemm", 1, 3, 3},
    {"Gemm", 11, 2, 2}, {"GlobalAveragePool", 1, 1, 1}, {"GlobalLpPool", 1, 1, 1}, {"GlobalMaxPool", 1, 1, 1},
    {"Greater", 1, 2, 2}, {"GreaterOrEqual", 1, 2, 2}, {"GridSample", 1, 2, 2}, {"GroupNormalization", 1, 3, 3},
    {"HammingWindow", 1, 1, 1}, {"HannWindow", 1, 1, 1}, {"HardSigmoid", 1, 1, 1}, {"HardSwish", 1, 1, 1},
    {"Hardmax", 1, 1, 1}, {"Identity", 1, 1, 1}, {"If", 1, 1, 1}, {"ImageDecoder", 1, 1, 1},
    {"InstanceNormalization", 1, 3, 3}, {"IsInf", 1, 1, 1}, {"IsNaN", 1, 1, 1}, {"LRN", 1, 1, 1},
    {"LSTM", 1, 3, 3}, {"LayerNormalization", 1, 2, 2}, {"LeakyRelu", 1, 1, 1}, {"Less", 1, 2, 2},
    {"LessOrEqual", 1, 2, 2}, {"LinearAttention", 1, 3, 3}, {"Log", 1, 1, 1}, {"LogSoftmax", 1, 1, 1},
    {"Loop", 1, 2, 0}, {"LpNormalization", 1, 1, 1}, {"LpPool", 1, 1, 1}, {"MatMul", 1, 2, 2},
    {"MatMulInteger", 1, 2, 2}, {"Max", 1, 1, 1}, {"MaxPool", 1, 1, 1}, {"MaxRoiPool", 1, 2, 2},
    {"MaxUnpool", 1, 2, 2}, {"Mean", 1, 1, 1}, {"MeanVarianceNormalization", 1, 1, 1},
    {"MelWeightMatrix", 1, 5, 5}, {"Min", 1, 1, 1}, {"Mish", 1, 1, 1}, {"Mod", 1, 2, 2}, {"Mul", 1, 2, 2},
    {"Multinomial", 1, 1, 1}, {"Neg", 1, 1, 1}, {"NegativeLogLikelihoodLoss", 1, 2, 2},
    {"NonMaxSuppression", 1, 2, 2}, {"NonZero", 1, 1, 1}, {"Not", 1, 1, 1}, {"OneHot", 1, 3, 3},
    {"OptionalGetElement", 1, 1, 1}, {"Or", 1, 2, 2}, {"PRelu", 1, 2, 2}, {"Pad", 1, 1, 1}, {"Pad", 11, 2, 2},
    {"Pow", 1, 2, 2}, {"QLinearConv", 1, 8, 8}, {"QLinearMatMul", 1, 8, 8}, {"QuantizeLinear", 1, 2, 2},
    {"RMSNormalization", 1, 2, 2}, {"RNN", 1, 3, 3}, {"RandomNormalLike", 1, 1, 1},
    {"RandomUniformLike", 1, 1, 1}, {"Range", 1, 3, 3}, {"Reciprocal", 1, 1, 1}, {"ReduceL1", 1, 1, 1},
    {"ReduceL2", 1, 1, 1}, {"ReduceLogSum", 1, 1, 1}, {"ReduceLogSumExp", 1, 1, 1}, {"ReduceMax", 1, 1, 1},
    {"ReduceMean", 1, 1, 1}, {"ReduceMin", 1, 1, 1}, {"ReduceProd", 1, 1, 1}, {"ReduceSum", 1, 1, 1},
    {"ReduceSumSquare", 1, 1, 1}, {"RegexFullMatch", 1, 1, 1}, {"Relu", 1, 1, 1}, {"Reshape", 1, 1, 1},
    {"Reshape", 5, 2, 2}, {"Resize", 10, 2, 2}, {"Resize", 11, 1, 1}, {"ReverseSequence", 1, 2, 2},
    {"RoiAlign", 1, 3, 3}, {"RotaryEmbedding", 1, 3, 3}, {"Round", 1, 1, 1}, {"STFT", 1, 2, 2},
    {"Scan", 1, 1, 0}, {"Scatter", 1, 3, 3}, {"ScatterElements", 1, 3, 3}, {"ScatterND", 1, 3, 3},
    {"Selu", 1, 1, 1}, {"SequenceAt", 1, 2, 2}, {"SequenceConstruct", 1, 1, 1}, {"SequenceErase", 1, 1, 1},
    {"SequenceInsert", 1, 2, 2}, {"SequenceLength", 1, 1, 1}, {"SequenceMap", 1, 1, 1}, {"Shape", 1, 1, 1},
    {"Shrink", 1, 1, 1}, {"Sigmoid", 1, 1, 1}, {"Sign", 1, 1, 1}, {"Sin", 1, 1, 1}, {"Sinh", 1, 1, 1},
    {"Size", 1, 1, 1}, {"Slice", 1, 1, 1}, {"Slice", 10, 3, 3}, {"Softmax", 1, 1, 1},
    {"SoftmaxCrossEntropyLoss", 1, 2, 2}, {"Softplus", 1, 1, 1}, {"Softsign", 1, 1, 1},
    {"SpaceToDepth", 1, 1, 1}, {"Split", 1, 1, 1}, {"SplitToSequence", 1, 1, 1}, {"Sqrt", 1, 1, 1},
    {"Squeeze", 1, 1, 1}, {"StringConcat", 1, 2, 2}, {"StringNormalizer", 1, 1, 1}, {"StringSplit", 1, 1, 1},
    {"Sub", 1, 2, 2}, {"Sum", 1, 1, 1}, {"SwiGLU", 1, 2, 2}, {"Swish", 1, 1, 1}, {"Tan", 1, 1, 1},
    {"Tanh", 1, 1, 1}, {"TensorScatter", 1, 2, 2}, {"TfIdfVectorizer", 1, 1, 1}, {"ThresholdedRelu", 1, 1, 1},
    {"Tile", 1, 3, 3}, {"Tile", 6, 2, 2}, {"TopK", 1, 1, 1}, {"TopK", 10, 2, 2}, {"Transpose", 1, 1, 1},
    {"Trilu", 1, 1, 1}, {"Unique", 1, 1, 1}, {"Unsqueeze", 1, 1, 1}, {"Unsqueeze", 13, 2, 2},
    {"Upsample", 1, 1, 1}, {"Upsample", 9, 2, 2}, {"Where", 1, 3, 3}, {"Xor", 1, 2, 2},
};

// The operators beyond the standard that the frontend has.
constexpr Row microsoft[] = {
    {"Attention", 1, 3, 3}, {"BiasGelu", 1, 2, 2}, {"FusedConv", 1, 2, 2},
};

constexpr Row openvino_toolkit[] = {
    {"DetectionOutput", 1, 3, 3}, {"ExperimentalDetectronDetectionOutput", 1, 4, 4},
    {"ExperimentalDetectronPriorGridGenerator", 1, 3, 3}, {"ExperimentalDetectronTopKROIs", 1, 2, 2},
};

template <size_t Count>
RequiredInputs look_up(const Row (&rows)[Count], const std::string& type, int64_t opset) {
    const auto* row = std::lower_bound(std::begin(rows), std::end(rows), type,
                                       [](const Row& one, const std::string& key) { return key.compare(one.type) > 0; });
    RequiredInputs required;
    for (; row != std::end(rows) && type == row->type && row->since <= opset; row++) required = {row->listed, row->named};
    return required;
}

}  // namespace

RequiredInputs required_inputs(const std::string& domain, const std::string& type, int64_t opset) {
    if (domain.empty()) return look_up(standard, type, opset);
    if (domain == "com.microsoft") return look_up(microsoft, type, opset);
    if (domain == "org.openvinotoolkit") return look_up(openvino_toolkit, type, opset);
    return {};
}

}  // namespace enginery::model_guard
