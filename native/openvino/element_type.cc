#include "element_type.h"

#include "../shared/native_error.h"

namespace enginery::openvino {

std::string element_type_name(const ov::element::Type& type) {
    return type == ov::element::boolean ? "bool" : type.get_type_name();
}

ov::element::Type element_type_from_name(const std::string& name) {
    try {
        return ov::element::Type(name == "bool" ? "boolean" : name);
    } catch (const std::exception&) {
        throw NativeError("NATIVE_ARGUMENT", "there is no element type '" + name + "'");
    }
}

}  // namespace enginery::openvino
