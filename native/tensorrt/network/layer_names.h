#pragma once

#include "../option_names.h"

namespace enginery::tensorrt {

// What layers are told to do, by name: as in option_names.h, only names cross into JavaScript.
const NamedValues<nvinfer1::ActivationType>& activation_types();
const NamedValues<nvinfer1::PoolingType>& pooling_types();
const NamedValues<nvinfer1::PaddingMode>& padding_modes();
const NamedValues<nvinfer1::ElementWiseOperation>& element_wise_operations();
const NamedValues<nvinfer1::UnaryOperation>& unary_operations();
const NamedValues<nvinfer1::MatrixOperation>& matrix_operations();
const NamedValues<nvinfer1::ScaleMode>& scale_modes();
const NamedValues<nvinfer1::ReduceOperation>& reduce_operations();
const NamedValues<nvinfer1::TopKOperation>& topk_operations();
const NamedValues<nvinfer1::GatherMode>& gather_modes();
const NamedValues<nvinfer1::InterpolationMode>& interpolation_modes();
const NamedValues<nvinfer1::ResizeCoordinateTransformation>& coordinate_transformations();
const NamedValues<nvinfer1::ResizeSelector>& resize_selectors();
const NamedValues<nvinfer1::ResizeRoundMode>& resize_rounding_modes();
const NamedValues<nvinfer1::SampleMode>& sample_modes();
const NamedValues<nvinfer1::PluginFieldType>& plugin_field_types();

}  // namespace enginery::tensorrt
