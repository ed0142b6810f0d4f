#include "option_names.h"

#include "../shared/native_error.h"

namespace enginery::tensorrt {

using namespace nvinfer1;

void refuse_name(const char* group, const std::string& name) {
    throw NativeError("NATIVE_ARGUMENT", std::string("TensorRT's line ") + kLine + " has no " + group + " '" + name + "'");
}

const NamedValues<nvinfer1::BuilderFlag>& builder_flags() {
    static const NamedValues<nvinfer1::BuilderFlag> values = {
        {"debug", BuilderFlag::kDEBUG},
        {"gpu-fallback", BuilderFlag::kGPU_FALLBACK},
        {"refit", BuilderFlag::kREFIT},
        {"disable-timing-cache", BuilderFlag::kDISABLE_TIMING_CACHE},
        {"tf32", BuilderFlag::kTF32},
        {"sparse-weights", BuilderFlag::kSPARSE_WEIGHTS},
        {"direct-io", BuilderFlag::kDIRECT_IO},
        {"version-compatible", BuilderFlag::kVERSION_COMPATIBLE},
        {"exclude-lean-runtime", BuilderFlag::kEXCLUDE_LEAN_RUNTIME},
        {"error-on-timing-cache-miss", BuilderFlag::kERROR_ON_TIMING_CACHE_MISS},
        {"disable-compilation-cache", BuilderFlag::kDISABLE_COMPILATION_CACHE},
        {"strip-plan", BuilderFlag::kSTRIP_PLAN},
        {"refit-identical", BuilderFlag::kREFIT_IDENTICAL},
        {"weight-streaming", BuilderFlag::kWEIGHT_STREAMING},
        {"refit-individual", BuilderFlag::kREFIT_INDIVIDUAL},
        {"strict-nans", BuilderFlag::kSTRICT_NANS},
        {"monitor-memory", BuilderFlag::kMONITOR_MEMORY},
        {"editable-timing-cache", BuilderFlag::kEDITABLE_TIMING_CACHE},
        {"distributive-independence", BuilderFlag::kDISTRIBUTIVE_INDEPENDENCE},
#if defined(ENGINERY_TENSORRT_RTX)
        {"require-user-allocation", BuilderFlag::kREQUIRE_USER_ALLOCATION},
#endif
#if defined(ENGINERY_TENSORRT_V10)
        {"fp16", BuilderFlag::kFP16},
        {"int8", BuilderFlag::kINT8},
        {"obey-precision-constraints", BuilderFlag::kOBEY_PRECISION_CONSTRAINTS},
        {"prefer-precision-constraints", BuilderFlag::kPREFER_PRECISION_CONSTRAINTS},
        {"reject-empty-algorithms", BuilderFlag::kREJECT_EMPTY_ALGORITHMS},
        {"fp8", BuilderFlag::kFP8},
        {"bf16", BuilderFlag::kBF16},
        {"int4", BuilderFlag::kINT4},
        {"fp4", BuilderFlag::kFP4},
#endif
    };
    return values;
}

const NamedValues<nvinfer1::MemoryPoolType>& memory_pools() {
    static const NamedValues<nvinfer1::MemoryPoolType> values = {
        {"workspace", MemoryPoolType::kWORKSPACE},           {"dla-managed-sram", MemoryPoolType::kDLA_MANAGED_SRAM},
        {"dla-local-dram", MemoryPoolType::kDLA_LOCAL_DRAM}, {"dla-global-dram", MemoryPoolType::kDLA_GLOBAL_DRAM},
        {"tactic-dram", MemoryPoolType::kTACTIC_DRAM},       {"tactic-shared-memory", MemoryPoolType::kTACTIC_SHARED_MEMORY},
    };
    return values;
}

const NamedValues<nvinfer1::TacticSource>& tactic_sources() {
    static const NamedValues<nvinfer1::TacticSource> values = {
        {"edge-mask-convolutions", TacticSource::kEDGE_MASK_CONVOLUTIONS},
        {"jit-convolutions", TacticSource::kJIT_CONVOLUTIONS},
#if defined(ENGINERY_TENSORRT_V10)
        {"cublas", TacticSource::kCUBLAS},
        {"cublas-lt", TacticSource::kCUBLAS_LT},
        {"cudnn", TacticSource::kCUDNN},
#endif
    };
    return values;
}

const NamedValues<nvinfer1::PreviewFeature>& preview_features() {
    static const NamedValues<nvinfer1::PreviewFeature> values = {
        {"aliased-plugin-io", PreviewFeature::kALIASED_PLUGIN_IO_10_03},
        {"runtime-activation-resize", PreviewFeature::kRUNTIME_ACTIVATION_RESIZE_10_10},
#if defined(ENGINERY_TENSORRT_V10)
        {"profile-sharing", PreviewFeature::kPROFILE_SHARING_0806},
        {"multidevice-runtime", PreviewFeature::kMULTIDEVICE_RUNTIME_10_16},
#endif
    };
    return values;
}

const NamedValues<nvinfer1::ProfilingVerbosity>& profiling_verbosities() {
    static const NamedValues<nvinfer1::ProfilingVerbosity> values = {
        {"layer-names-only", ProfilingVerbosity::kLAYER_NAMES_ONLY},
        {"none", ProfilingVerbosity::kNONE},
        {"detailed", ProfilingVerbosity::kDETAILED},
    };
    return values;
}

const NamedValues<nvinfer1::HardwareCompatibilityLevel>& hardware_compatibilities() {
    static const NamedValues<nvinfer1::HardwareCompatibilityLevel> values = {
        {"none", HardwareCompatibilityLevel::kNONE},
        {"ampere-plus", HardwareCompatibilityLevel::kAMPERE_PLUS},
        {"same-compute-capability", HardwareCompatibilityLevel::kSAME_COMPUTE_CAPABILITY},
    };
    return values;
}

const NamedValues<nvinfer1::EngineCapability>& engine_capabilities() {
    static const NamedValues<nvinfer1::EngineCapability> values = {
        {"standard", EngineCapability::kSTANDARD},
        {"safety", EngineCapability::kSAFETY},
        {"dla-standalone", EngineCapability::kDLA_STANDALONE},
    };
    return values;
}

const NamedValues<nvinfer1::RuntimePlatform>& runtime_platforms() {
    static const NamedValues<nvinfer1::RuntimePlatform> values = {
        {"same-as-build", RuntimePlatform::kSAME_AS_BUILD},
        {"windows-amd64", RuntimePlatform::kWINDOWS_AMD64},
    };
    return values;
}

const NamedValues<nvinfer1::TilingOptimizationLevel>& tiling_levels() {
    static const NamedValues<nvinfer1::TilingOptimizationLevel> values = {
        {"none", TilingOptimizationLevel::kNONE},
        {"fast", TilingOptimizationLevel::kFAST},
        {"moderate", TilingOptimizationLevel::kMODERATE},
        {"full", TilingOptimizationLevel::kFULL},
    };
    return values;
}

const NamedValues<nvinfer1::DeviceType>& device_types() {
    static const NamedValues<nvinfer1::DeviceType> values = {
        {"gpu", DeviceType::kGPU},
        {"dla", DeviceType::kDLA},
    };
    return values;
}

const NamedValues<nvinfer1::DataType>& data_types() {
    static const NamedValues<nvinfer1::DataType> values = {
        {"f32", DataType::kFLOAT}, {"f16", DataType::kHALF}, {"i8", DataType::kINT8},    {"i32", DataType::kINT32},
        {"bool", DataType::kBOOL}, {"u8", DataType::kUINT8}, {"f8e4m3", DataType::kFP8}, {"bf16", DataType::kBF16},
        {"i64", DataType::kINT64}, {"i4", DataType::kINT4},  {"f4e2m1", DataType::kFP4}, {"f8e8m0", DataType::kE8M0},
    };
    return values;
}

const NamedValues<nvonnxparser::OnnxParserFlag>& parser_flags() {
    static const NamedValues<nvonnxparser::OnnxParserFlag> values = {
        {"native-instancenorm", nvonnxparser::OnnxParserFlag::kNATIVE_INSTANCENORM},
        {"enable-uint8-and-asymmetric-quantization-dla",
         nvonnxparser::OnnxParserFlag::kENABLE_UINT8_AND_ASYMMETRIC_QUANTIZATION_DLA},
        {"report-capability-dla", nvonnxparser::OnnxParserFlag::kREPORT_CAPABILITY_DLA},
        {"enable-plugin-override", nvonnxparser::OnnxParserFlag::kENABLE_PLUGIN_OVERRIDE},
        {"adjust-for-dla", nvonnxparser::OnnxParserFlag::kADJUST_FOR_DLA},
    };
    return values;
}

const char* layer_type_name(nvinfer1::LayerType value) {
    static const NamedValues<nvinfer1::LayerType> values = {
        {"convolution", nvinfer1::LayerType::kCONVOLUTION},
        {"cast", nvinfer1::LayerType::kCAST},
        {"activation", nvinfer1::LayerType::kACTIVATION},
        {"pooling", nvinfer1::LayerType::kPOOLING},
        {"lrn", nvinfer1::LayerType::kLRN},
        {"scale", nvinfer1::LayerType::kSCALE},
        {"softmax", nvinfer1::LayerType::kSOFTMAX},
        {"deconvolution", nvinfer1::LayerType::kDECONVOLUTION},
        {"concatenation", nvinfer1::LayerType::kCONCATENATION},
        {"elementwise", nvinfer1::LayerType::kELEMENTWISE},
        {"plugin", nvinfer1::LayerType::kPLUGIN},
        {"unary", nvinfer1::LayerType::kUNARY},
        {"padding", nvinfer1::LayerType::kPADDING},
        {"shuffle", nvinfer1::LayerType::kSHUFFLE},
        {"reduce", nvinfer1::LayerType::kREDUCE},
        {"topk", nvinfer1::LayerType::kTOPK},
        {"gather", nvinfer1::LayerType::kGATHER},
        {"matrix-multiply", nvinfer1::LayerType::kMATRIX_MULTIPLY},
        {"ragged-softmax", nvinfer1::LayerType::kRAGGED_SOFTMAX},
        {"constant", nvinfer1::LayerType::kCONSTANT},
        {"identity", nvinfer1::LayerType::kIDENTITY},
        {"plugin-v2", nvinfer1::LayerType::kPLUGIN_V2},
        {"slice", nvinfer1::LayerType::kSLICE},
        {"shape", nvinfer1::LayerType::kSHAPE},
        {"parametric-relu", nvinfer1::LayerType::kPARAMETRIC_RELU},
        {"resize", nvinfer1::LayerType::kRESIZE},
        {"trip-limit", nvinfer1::LayerType::kTRIP_LIMIT},
        {"recurrence", nvinfer1::LayerType::kRECURRENCE},
        {"iterator", nvinfer1::LayerType::kITERATOR},
        {"loop-output", nvinfer1::LayerType::kLOOP_OUTPUT},
        {"select", nvinfer1::LayerType::kSELECT},
        {"fill", nvinfer1::LayerType::kFILL},
        {"quantize", nvinfer1::LayerType::kQUANTIZE},
        {"dequantize", nvinfer1::LayerType::kDEQUANTIZE},
        {"condition", nvinfer1::LayerType::kCONDITION},
        {"conditional-input", nvinfer1::LayerType::kCONDITIONAL_INPUT},
        {"conditional-output", nvinfer1::LayerType::kCONDITIONAL_OUTPUT},
        {"scatter", nvinfer1::LayerType::kSCATTER},
        {"einsum", nvinfer1::LayerType::kEINSUM},
        {"assertion", nvinfer1::LayerType::kASSERTION},
        {"one-hot", nvinfer1::LayerType::kONE_HOT},
        {"non-zero", nvinfer1::LayerType::kNON_ZERO},
        {"grid-sample", nvinfer1::LayerType::kGRID_SAMPLE},
        {"nms", nvinfer1::LayerType::kNMS},
        {"reverse-sequence", nvinfer1::LayerType::kREVERSE_SEQUENCE},
        {"normalization", nvinfer1::LayerType::kNORMALIZATION},
        {"plugin-v3", nvinfer1::LayerType::kPLUGIN_V3},
        {"squeeze", nvinfer1::LayerType::kSQUEEZE},
        {"unsqueeze", nvinfer1::LayerType::kUNSQUEEZE},
        {"cumulative", nvinfer1::LayerType::kCUMULATIVE},
        {"dynamic-quantize", nvinfer1::LayerType::kDYNAMIC_QUANTIZE},
        {"attention-input", nvinfer1::LayerType::kATTENTION_INPUT},
        {"attention-output", nvinfer1::LayerType::kATTENTION_OUTPUT},
        {"rotary-embedding", nvinfer1::LayerType::kROTARY_EMBEDDING},
        {"kvcache-update", nvinfer1::LayerType::kKVCACHE_UPDATE},
        {"moe", nvinfer1::LayerType::kMOE},
        {"dist-collective", nvinfer1::LayerType::kDIST_COLLECTIVE},
    };
    return name_of(values, value);
}

const char* parser_error_name(nvonnxparser::ErrorCode value) {
    static const NamedValues<nvonnxparser::ErrorCode> values = {
        {"success", nvonnxparser::ErrorCode::kSUCCESS},
        {"internal-error", nvonnxparser::ErrorCode::kINTERNAL_ERROR},
        {"mem-alloc-failed", nvonnxparser::ErrorCode::kMEM_ALLOC_FAILED},
        {"model-deserialize-failed", nvonnxparser::ErrorCode::kMODEL_DESERIALIZE_FAILED},
        {"invalid-value", nvonnxparser::ErrorCode::kINVALID_VALUE},
        {"invalid-graph", nvonnxparser::ErrorCode::kINVALID_GRAPH},
        {"invalid-node", nvonnxparser::ErrorCode::kINVALID_NODE},
        {"unsupported-graph", nvonnxparser::ErrorCode::kUNSUPPORTED_GRAPH},
        {"unsupported-node", nvonnxparser::ErrorCode::kUNSUPPORTED_NODE},
        {"unsupported-node-attr", nvonnxparser::ErrorCode::kUNSUPPORTED_NODE_ATTR},
        {"unsupported-node-input", nvonnxparser::ErrorCode::kUNSUPPORTED_NODE_INPUT},
        {"unsupported-node-datatype", nvonnxparser::ErrorCode::kUNSUPPORTED_NODE_DATATYPE},
        {"unsupported-node-dynamic", nvonnxparser::ErrorCode::kUNSUPPORTED_NODE_DYNAMIC},
        {"unsupported-node-shape", nvonnxparser::ErrorCode::kUNSUPPORTED_NODE_SHAPE},
        {"refit-failed", nvonnxparser::ErrorCode::kREFIT_FAILED},
    };
    return name_of(values, value);
}

const char* error_code_name(nvinfer1::ErrorCode value) {
    static const NamedValues<nvinfer1::ErrorCode> values = {
        {"success", nvinfer1::ErrorCode::kSUCCESS},
        {"unspecified-error", nvinfer1::ErrorCode::kUNSPECIFIED_ERROR},
        {"internal-error", nvinfer1::ErrorCode::kINTERNAL_ERROR},
        {"invalid-argument", nvinfer1::ErrorCode::kINVALID_ARGUMENT},
        {"invalid-config", nvinfer1::ErrorCode::kINVALID_CONFIG},
        {"failed-allocation", nvinfer1::ErrorCode::kFAILED_ALLOCATION},
        {"failed-initialization", nvinfer1::ErrorCode::kFAILED_INITIALIZATION},
        {"failed-execution", nvinfer1::ErrorCode::kFAILED_EXECUTION},
        {"failed-computation", nvinfer1::ErrorCode::kFAILED_COMPUTATION},
        {"invalid-state", nvinfer1::ErrorCode::kINVALID_STATE},
        {"unsupported-state", nvinfer1::ErrorCode::kUNSUPPORTED_STATE},
    };
    return name_of(values, value);
}

}  // namespace enginery::tensorrt
