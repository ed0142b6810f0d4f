#pragma once

#include <map>
#include <string>

#include "layer_context.h"

namespace enginery::tensorrt {

// Makes one layer with all that is set on it. Null where TensorRT makes none; what it says of it is in the error recorder.
// Throws NativeError.
using LayerMaker = nvinfer1::ILayer* (*)(const LayerContext&);
using LayerMakers = std::map<std::string, LayerMaker>;

// By kind, each in the file of its name.
const LayerMakers& window_layers();
const LayerMakers& element_layers();
const LayerMakers& moving_layers();
const LayerMakers& reducing_layers();
const LayerMakers& plugin_layers();

}  // namespace enginery::tensorrt
