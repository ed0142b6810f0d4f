#include "runtime_graph.h"

#include <string>

#include "element_type.h"
#include "port.h"

namespace enginery::openvino {

Napi::Value runtime_graph_to_js(Napi::Env env, const ov::Model& graph) {
    const auto ops = graph.get_ordered_ops();
    Napi::Array layers = Napi::Array::New(env, ops.size());
    for (size_t i = 0; i < ops.size(); ++i) {
        Napi::Object info = Napi::Object::New(env);
        for (const auto& [key, value] : ops[i]->get_rt_info()) {
            // The plugins write strings; anything else has no form to show.
            if (value.is<std::string>()) info.Set(key, value.as<std::string>());
        }
        Napi::Array outputs = Napi::Array::New(env, ops[i]->get_output_size());
        for (size_t port = 0; port < ops[i]->get_output_size(); ++port) {
            Napi::Object output = Napi::Object::New(env);
            output.Set("type", element_type_name(ops[i]->get_output_element_type(port)));
            output.Set("shape", partial_shape_to_js(env, ops[i]->get_output_partial_shape(port)));
            outputs.Set(static_cast<uint32_t>(port), output);
        }
        Napi::Object layer = Napi::Object::New(env);
        layer.Set("name", ops[i]->get_friendly_name());
        layer.Set("type", info.Has("layerType") ? info.Get("layerType") : Napi::String::New(env, ops[i]->get_type_name()));
        layer.Set("precision", ops[i]->get_output_size() == 0 ? std::string("undefined")
                                                              : element_type_name(ops[i]->get_output_element_type(0)));
        layer.Set("info", info);
        layer.Set("outputs", outputs);
        layers.Set(static_cast<uint32_t>(i), layer);
    }
    return layers;
}

}  // namespace enginery::openvino
