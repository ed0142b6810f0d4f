#pragma once

#include <cstddef>
#include <string>

namespace enginery::model_guard {

// To be called before ov::Core::read_model, with the result thrown as NativeError("OV_MODEL_BYTES", reason).
//
// OpenVINO 2026.4.1 checks most of a model and throws, yet some damaged files make its frontends or the CPU plugin end
// the process (a read past a node's inputs, a division by a length of 0). What was found by mutating models is refused
// here. Models that compile are not: where a rule is stricter than the format, the cases OpenVINO survives are let
// through. Structure only: weights are stepped over, neither read nor copied, so the cost grows with the number of
// nodes. Contents that these rules do not know pass.

enum class Format { onnx, tflite, ir, other };

// By the first bytes, as the frontends recognise them; ONNX, which has no mark, also by the name.
Format format_of(const void* data, size_t size, const std::string& name = "");

// Why the model must not be handed to the engine; empty where nothing speaks against it. Never throws on any bytes.
std::string validate_model_bytes(Format format, const void* data, size_t size);

// The same for a file, read in small windows. A file that cannot be read has no fault: the engine says why.
std::string validate_model_file(const std::string& path);

}  // namespace enginery::model_guard
