#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace enginery::model_guard {

struct RequiredInputs {
    // Inputs that a node must list.
    size_t listed = 0;
    // How many of these, from the first, must have names: an empty name stands for an input that is left out.
    size_t named = 0;
};

// What a version of the operators asks for; none for operators that are not known.
RequiredInputs required_inputs(const std::string& domain, const std::string& type, int64_t opset);

}  // namespace enginery::model_guard
