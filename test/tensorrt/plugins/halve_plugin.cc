// A library of plugins for tests: one plugin, `EngineryHalve`, that makes a tensor with half as many columns. It is compiled by
// the tests that load it, against the headers of the TensorRT at hand, and never runs: what it computes needs a GPU.
//
// Compiled as it is, it exports what TensorRT's registry looks for (getCreators). PLUGIN_STATIC has it register its creator
// while it is loaded instead; PLUGIN_SILENT has it do neither, PLUGIN_UNLINKED need a function that nobody has.
#include <NvInfer.h>

#include <cstring>

namespace {

using namespace nvinfer1;

class HalvePlugin final : public IPluginV3, public IPluginV3OneCore, public IPluginV3OneBuild, public IPluginV3OneRuntime {
public:
    IPluginCapability* getCapabilityInterface(PluginCapabilityType type) noexcept override {
        switch (type) {
            case PluginCapabilityType::kCORE: return static_cast<IPluginV3OneCore*>(this);
            case PluginCapabilityType::kBUILD: return static_cast<IPluginV3OneBuild*>(this);
            case PluginCapabilityType::kRUNTIME: return static_cast<IPluginV3OneRuntime*>(this);
        }
        return nullptr;
    }
    IPluginV3* clone() noexcept override { return new HalvePlugin; }

    AsciiChar const* getPluginName() const noexcept override { return "EngineryHalve"; }
    AsciiChar const* getPluginVersion() const noexcept override { return "1"; }
    AsciiChar const* getPluginNamespace() const noexcept override { return ""; }

    int32_t configurePlugin(DynamicPluginTensorDesc const*, int32_t, DynamicPluginTensorDesc const*, int32_t) noexcept override {
        return 0;
    }
    int32_t getOutputDataTypes(DataType* outputs, int32_t, DataType const* inputs, int32_t) const noexcept override {
        outputs[0] = inputs[0];
        return 0;
    }
    int32_t getOutputShapes(DimsExprs const* inputs, int32_t, DimsExprs const*, int32_t, DimsExprs* outputs, int32_t,
                            IExprBuilder& builder) noexcept override {
        outputs[0] = inputs[0];
        const int32_t last = inputs[0].nbDims - 1;
        outputs[0].d[last] = builder.operation(DimensionOperation::kFLOOR_DIV, *inputs[0].d[last], *builder.constant(2));
        return 0;
    }
    bool supportsFormatCombination(int32_t position, DynamicPluginTensorDesc const* tensors, int32_t, int32_t) noexcept override {
        const PluginTensorDesc& tensor = tensors[position].desc;
        return tensor.format == TensorFormat::kLINEAR && tensor.type == DataType::kFLOAT;
    }
    int32_t getNbOutputs() const noexcept override { return 1; }

    int32_t onShapeChange(PluginTensorDesc const*, int32_t, PluginTensorDesc const*, int32_t) noexcept override { return 0; }
    int32_t enqueue(PluginTensorDesc const*, PluginTensorDesc const*, void const* const*, void* const*, void*,
                    cudaStream_t) noexcept override {
        return -1;
    }
    IPluginV3* attachToContext(IPluginResourceContext*) noexcept override { return clone(); }
    PluginFieldCollection const* getFieldsToSerialize() noexcept override { return &fields_; }

private:
    PluginFieldCollection fields_{0, nullptr};
};

class HalveCreator final : public IPluginCreatorV3One {
public:
    IPluginV3* createPlugin(AsciiChar const*, PluginFieldCollection const*, TensorRTPhase) noexcept override {
        return new HalvePlugin;
    }
    PluginFieldCollection const* getFieldNames() noexcept override { return &fields_; }
    AsciiChar const* getPluginName() const noexcept override { return "EngineryHalve"; }
    AsciiChar const* getPluginVersion() const noexcept override { return "1"; }
    AsciiChar const* getPluginNamespace() const noexcept override { return ""; }

private:
    PluginFieldCollection fields_{0, nullptr};
};

}  // namespace

#if defined(PLUGIN_STATIC)
// As NVIDIA's macro REGISTER_TENSORRT_PLUGIN does it; the function is the core library's.
static HalveCreator creator;
[[maybe_unused]] static const bool is_registered = getPluginRegistry()->registerCreator(creator, "");
#elif defined(PLUGIN_UNLINKED)
extern "C" int nobody_has_this_function();
extern "C" __attribute__((visibility("default"))) int getCreators() {
    return nobody_has_this_function();
}
#elif !defined(PLUGIN_SILENT)
extern "C" __attribute__((visibility("default"))) void setLoggerFinder(ILoggerFinder*) {}
extern "C" __attribute__((visibility("default"))) IPluginCreatorInterface* const* getCreators(int32_t& count) {
    static HalveCreator creator;
    static IPluginCreatorInterface* const creators[] = {&creator};
    count = 1;
    return creators;
}
#endif
