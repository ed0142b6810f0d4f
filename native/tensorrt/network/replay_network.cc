#include "replay_network.h"

#include "../../shared/native_error.h"
#include "layer_makers.h"

namespace enginery::tensorrt {
namespace {

using nvinfer1::ILayer;
using nvinfer1::ITensor;

LayerMaker find_maker(const std::string& kind) {
    for (const LayerMakers* makers :
         {&window_layers(), &element_layers(), &moving_layers(), &reducing_layers(), &plugin_layers()}) {
        const auto found = makers->find(kind);
        if (found != makers->end()) return found->second;
    }
    refuse_name("kind of layer", kind);
}

class NetworkReplay {
public:
    NetworkReplay(nvinfer1::IBuilder& builder, nvinfer1::INetworkDefinition& network, const NetworkDefinition& definition,
                  const ErrorRecorder& recorder)
        : builder_(builder), network_(network), definition_(definition), recorder_(recorder) {}

    void run() {
        for (const LayerDefinition& layer : definition_.layers) {
            try {
                if (layer.kind == "input") {
                    add_input(layer);
                } else {
                    add_layer(layer);
                }
            } catch (const NativeError& error) {
                if (error.code() == "NATIVE_ARGUMENT") throw;
                throw NativeError(error.code(), describe(layer) + ": " + error.what());
            }
        }
        for (const int number : definition_.outputs) mark_output(number);
    }

private:
    std::string describe(const LayerDefinition& layer) const {
        if (layer.kind == "input") return "input " + layer.outputs.front().name;
        const std::string number = std::to_string(network_.getNbLayers() - (is_made_ ? 1 : 0));
        return layer.kind + (layer.name.empty() ? "" : " '" + layer.name + "'") + " (layer " + number + ")";
    }

    // TensorRT judges much of a layer when it is asked for what the layer makes.
    void refuse_recorded() const {
        const std::vector<RecordedError> errors = recorder_.errors();
        if (!errors.empty()) throw NativeError("TRT_NETWORK", errors.front().text);
    }

    void add_input(const LayerDefinition& layer) {
        const LayerContext context(builder_, network_, definition_, layer, tensors_);
        if (layer.outputs.size() != 1) throw NativeError("NATIVE_ARGUMENT", "an input is one tensor");
        const TensorDefinition& made = layer.outputs.front();
        ITensor* tensor = network_.addInput(made.name.c_str(), context.choice("type", data_types()), context.dims("shape"));
        refuse_recorded();
        if (tensor == nullptr) throw NativeError("TRT_NETWORK", "TensorRT made no input of it");
        set_range(*tensor, made);
        tensors_.push_back(tensor);
    }

    void add_layer(const LayerDefinition& layer) {
        is_made_ = false;
        const LayerContext context(builder_, network_, definition_, layer, tensors_);
        ILayer* made = find_maker(layer.kind)(context);
        is_made_ = made != nullptr;
        refuse_recorded();
        if (made == nullptr) throw NativeError("TRT_NETWORK", "TensorRT made no layer of it");
        if (!layer.name.empty()) made->setName(layer.name.c_str());
        if (!layer.metadata.empty()) made->setMetadata(layer.metadata.c_str());
        set_types(*made, layer);
        const auto expected = static_cast<int32_t>(layer.outputs.size());
        if (made->getNbOutputs() != expected) {
            throw NativeError("TRT_NETWORK", "it has " + std::to_string(made->getNbOutputs()) +
                                                 " outputs, and was said to have " + std::to_string(expected));
        }
        for (int32_t i = 0; i < expected; ++i) {
            ITensor* tensor = made->getOutput(i);
            if (tensor == nullptr) throw NativeError("TRT_NETWORK", "it has no output " + std::to_string(i));
            const TensorDefinition& output = layer.outputs[static_cast<size_t>(i)];
            if (!output.name.empty()) tensor->setName(output.name.c_str());
            set_range(*tensor, output);
            const nvinfer1::Dims dims = tensor->getDimensions();
            refuse_recorded();
            if (dims.nbDims < 0) throw NativeError("TRT_NETWORK", "TensorRT finds no shape for what it makes");
            tensors_.push_back(tensor);
        }
    }

    void set_types(ILayer& made, const LayerDefinition& layer) const {
#if defined(ENGINERY_TENSORRT_V10)
        if (!layer.precision.empty()) made.setPrecision(value_of("element type", data_types(), layer.precision));
        for (size_t i = 0; i < layer.output_types.size(); ++i) {
            const std::string& type = layer.output_types[i];
            if (!type.empty()) made.setOutputType(static_cast<int32_t>(i), value_of("element type", data_types(), type));
        }
        refuse_recorded();
#else
        (void)made;
        if (!layer.precision.empty() || !layer.output_types.empty()) {
            throw NativeError("NATIVE_ARGUMENT", "types of layers are of TensorRT 10");
        }
#endif
    }

    static void set_range(ITensor& tensor, const TensorDefinition& definition) {
        if (!definition.dynamic_range) return;
#if defined(ENGINERY_TENSORRT_V10)
        if (!tensor.setDynamicRange(definition.dynamic_range->first, definition.dynamic_range->second)) {
            throw NativeError("TRT_NETWORK", std::string("TensorRT does not take the dynamic range of ") + tensor.getName());
        }
#else
        (void)tensor;
        throw NativeError("NATIVE_ARGUMENT", "dynamic ranges are of TensorRT 10");
#endif
    }

    void mark_output(int number) {
        if (number < 0 || static_cast<size_t>(number) >= tensors_.size()) {
            throw NativeError("NATIVE_ARGUMENT", "an output is no tensor of the network");
        }
        ITensor& tensor = *tensors_[static_cast<size_t>(number)];
        network_.markOutput(tensor);
        const std::vector<RecordedError> errors = recorder_.errors();
        if (!errors.empty()) {
            throw NativeError("TRT_NETWORK", std::string("output ") + tensor.getName() + ": " + errors.front().text);
        }
    }

    nvinfer1::IBuilder& builder_;
    nvinfer1::INetworkDefinition& network_;
    const NetworkDefinition& definition_;
    const ErrorRecorder& recorder_;
    std::vector<ITensor*> tensors_;
    // Whether the layer at hand is counted by the network already.
    bool is_made_ = false;
};

}  // namespace

void replay_network(nvinfer1::IBuilder& builder, nvinfer1::INetworkDefinition& network, const NetworkDefinition& definition,
                    const ErrorRecorder& recorder) {
    NetworkReplay(builder, network, definition, recorder).run();
}

}  // namespace enginery::tensorrt
