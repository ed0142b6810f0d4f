#include "layer_names.h"

namespace enginery::tensorrt {

using namespace nvinfer1;

const NamedValues<ActivationType>& activation_types() {
    static const NamedValues<ActivationType> values = {
        {"relu", ActivationType::kRELU},
        {"sigmoid", ActivationType::kSIGMOID},
        {"tanh", ActivationType::kTANH},
        {"leaky-relu", ActivationType::kLEAKY_RELU},
        {"elu", ActivationType::kELU},
        {"selu", ActivationType::kSELU},
        {"softsign", ActivationType::kSOFTSIGN},
        {"softplus", ActivationType::kSOFTPLUS},
        {"clip", ActivationType::kCLIP},
        {"hard-sigmoid", ActivationType::kHARD_SIGMOID},
        {"scaled-tanh", ActivationType::kSCALED_TANH},
        {"thresholded-relu", ActivationType::kTHRESHOLDED_RELU},
        {"gelu-erf", ActivationType::kGELU_ERF},
        {"gelu-tanh", ActivationType::kGELU_TANH},
    };
    return values;
}

const NamedValues<PoolingType>& pooling_types() {
    static const NamedValues<PoolingType> values = {
        {"max", PoolingType::kMAX},
        {"average", PoolingType::kAVERAGE},
        {"max-average-blend", PoolingType::kMAX_AVERAGE_BLEND},
    };
    return values;
}

const NamedValues<PaddingMode>& padding_modes() {
    static const NamedValues<PaddingMode> values = {
        {"explicit-round-down", PaddingMode::kEXPLICIT_ROUND_DOWN},
        {"explicit-round-up", PaddingMode::kEXPLICIT_ROUND_UP},
        {"same-upper", PaddingMode::kSAME_UPPER},
        {"same-lower", PaddingMode::kSAME_LOWER},
    };
    return values;
}

const NamedValues<ElementWiseOperation>& element_wise_operations() {
    static const NamedValues<ElementWiseOperation> values = {
        {"sum", ElementWiseOperation::kSUM},         {"prod", ElementWiseOperation::kPROD},
        {"max", ElementWiseOperation::kMAX},         {"min", ElementWiseOperation::kMIN},
        {"sub", ElementWiseOperation::kSUB},         {"div", ElementWiseOperation::kDIV},
        {"pow", ElementWiseOperation::kPOW},         {"floor-div", ElementWiseOperation::kFLOOR_DIV},
        {"and", ElementWiseOperation::kAND},         {"or", ElementWiseOperation::kOR},
        {"xor", ElementWiseOperation::kXOR},         {"equal", ElementWiseOperation::kEQUAL},
        {"greater", ElementWiseOperation::kGREATER}, {"less", ElementWiseOperation::kLESS},
    };
    return values;
}

const NamedValues<UnaryOperation>& unary_operations() {
    static const NamedValues<UnaryOperation> values = {
        {"exp", UnaryOperation::kEXP},     {"log", UnaryOperation::kLOG},     {"sqrt", UnaryOperation::kSQRT},
        {"recip", UnaryOperation::kRECIP}, {"abs", UnaryOperation::kABS},     {"neg", UnaryOperation::kNEG},
        {"sin", UnaryOperation::kSIN},     {"cos", UnaryOperation::kCOS},     {"tan", UnaryOperation::kTAN},
        {"sinh", UnaryOperation::kSINH},   {"cosh", UnaryOperation::kCOSH},   {"asin", UnaryOperation::kASIN},
        {"acos", UnaryOperation::kACOS},   {"atan", UnaryOperation::kATAN},   {"asinh", UnaryOperation::kASINH},
        {"acosh", UnaryOperation::kACOSH}, {"atanh", UnaryOperation::kATANH}, {"ceil", UnaryOperation::kCEIL},
        {"floor", UnaryOperation::kFLOOR}, {"erf", UnaryOperation::kERF},     {"not", UnaryOperation::kNOT},
        {"sign", UnaryOperation::kSIGN},   {"round", UnaryOperation::kROUND}, {"isinf", UnaryOperation::kISINF},
        {"isnan", UnaryOperation::kISNAN},
    };
    return values;
}

const NamedValues<MatrixOperation>& matrix_operations() {
    static const NamedValues<MatrixOperation> values = {
        {"none", MatrixOperation::kNONE},
        {"transpose", MatrixOperation::kTRANSPOSE},
        {"vector", MatrixOperation::kVECTOR},
    };
    return values;
}

const NamedValues<ScaleMode>& scale_modes() {
    static const NamedValues<ScaleMode> values = {
        {"uniform", ScaleMode::kUNIFORM},
        {"channel", ScaleMode::kCHANNEL},
        {"elementwise", ScaleMode::kELEMENTWISE},
    };
    return values;
}

const NamedValues<ReduceOperation>& reduce_operations() {
    static const NamedValues<ReduceOperation> values = {
        {"sum", ReduceOperation::kSUM}, {"prod", ReduceOperation::kPROD}, {"max", ReduceOperation::kMAX},
        {"min", ReduceOperation::kMIN}, {"avg", ReduceOperation::kAVG},
    };
    return values;
}

const NamedValues<TopKOperation>& topk_operations() {
    static const NamedValues<TopKOperation> values = {
        {"max", TopKOperation::kMAX},
        {"min", TopKOperation::kMIN},
    };
    return values;
}

const NamedValues<GatherMode>& gather_modes() {
    static const NamedValues<GatherMode> values = {
        {"default", GatherMode::kDEFAULT},
        {"element", GatherMode::kELEMENT},
        {"nd", GatherMode::kND},
    };
    return values;
}

const NamedValues<InterpolationMode>& interpolation_modes() {
    static const NamedValues<InterpolationMode> values = {
        {"nearest", InterpolationMode::kNEAREST},
        {"linear", InterpolationMode::kLINEAR},
        {"cubic", InterpolationMode::kCUBIC},
    };
    return values;
}

const NamedValues<ResizeCoordinateTransformation>& coordinate_transformations() {
    static const NamedValues<ResizeCoordinateTransformation> values = {
        {"align-corners", ResizeCoordinateTransformation::kALIGN_CORNERS},
        {"asymmetric", ResizeCoordinateTransformation::kASYMMETRIC},
        {"half-pixel", ResizeCoordinateTransformation::kHALF_PIXEL},
    };
    return values;
}

const NamedValues<ResizeSelector>& resize_selectors() {
    static const NamedValues<ResizeSelector> values = {
        {"formula", ResizeSelector::kFORMULA},
        {"upper", ResizeSelector::kUPPER},
    };
    return values;
}

const NamedValues<ResizeRoundMode>& resize_rounding_modes() {
    static const NamedValues<ResizeRoundMode> values = {
        {"half-up", ResizeRoundMode::kHALF_UP},
        {"half-down", ResizeRoundMode::kHALF_DOWN},
        {"floor", ResizeRoundMode::kFLOOR},
        {"ceil", ResizeRoundMode::kCEIL},
    };
    return values;
}

const NamedValues<SampleMode>& sample_modes() {
    static const NamedValues<SampleMode> values = {
        {"strict-bounds", SampleMode::kSTRICT_BOUNDS},
        {"wrap", SampleMode::kWRAP},
        {"clamp", SampleMode::kCLAMP},
        {"fill", SampleMode::kFILL},
        {"reflect", SampleMode::kREFLECT},
    };
    return values;
}

const NamedValues<PluginFieldType>& plugin_field_types() {
    static const NamedValues<PluginFieldType> values = {
        {"f16", PluginFieldType::kFLOAT16}, {"f32", PluginFieldType::kFLOAT32}, {"f64", PluginFieldType::kFLOAT64},
        {"i8", PluginFieldType::kINT8},     {"i16", PluginFieldType::kINT16},   {"i32", PluginFieldType::kINT32},
        {"char", PluginFieldType::kCHAR},   {"dims", PluginFieldType::kDIMS},   {"unknown", PluginFieldType::kUNKNOWN},
        {"bf16", PluginFieldType::kBF16},   {"i64", PluginFieldType::kINT64},   {"f8e4m3", PluginFieldType::kFP8},
        {"i4", PluginFieldType::kINT4},     {"f4e2m1", PluginFieldType::kFP4},
    };
    return values;
}

}  // namespace enginery::tensorrt
