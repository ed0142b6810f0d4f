#include "model_guard.h"

#include <cctype>
#include <cstring>
#include <filesystem>

#include "ir_guard.h"
#include "model_bytes.h"
#include "onnx_guard.h"
#include "tflite_guard.h"

namespace enginery::model_guard {
namespace {

std::string extension_of(const std::string& name) {
    const size_t dot = name.rfind('.');
    std::string extension = dot == std::string::npos ? "" : name.substr(dot);
    for (char& letter : extension) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return extension;
}

std::string validate(Format format, ModelBytes& bytes) {
    try {
        switch (format) {
            case Format::onnx: check_onnx(bytes); break;
            case Format::tflite: check_tflite(bytes); break;
            case Format::ir: check_ir(bytes); break;
            case Format::other: break;
        }
        return "";
    } catch (const Damage& damage) {
        return damage.what();
    }
}

}  // namespace

Format format_of(const void* data, size_t size, const std::string& name) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    if (size >= 8 && std::memcmp(bytes + 4, "TFL3", 4) == 0) return Format::tflite;
    size_t start = size >= 3 && std::memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (start < size && std::isspace(bytes[start])) start++;
    if (start < size && bytes[start] == '<') return Format::ir;
    const std::string extension = extension_of(name);
    if (extension == ".onnx") return Format::onnx;
    // Field 1 of an ONNX model is its IR version. Other protobuf formats, which may begin alike, are told by their names.
    const bool named = extension == ".pdmodel" || extension == ".pb" || extension == ".meta";
    if (!named && size > 2 && bytes[0] == 0x08 && bytes[1] > 0 && bytes[1] < 32) return Format::onnx;
    return Format::other;
}

std::string validate_model_bytes(Format format, const void* data, size_t size) {
    MemoryBytes bytes(data, size);
    return validate(format, bytes);
}

std::string validate_model_file(const std::string& path) {
    std::error_code unknown;
    if (!std::filesystem::is_regular_file(path, unknown)) return "";  // a SavedModel is a folder
    FileBytes bytes(path);
    if (!bytes.readable() || bytes.size() == 0) return "";
    try {
        const size_t head = bytes.size() < 4096 ? static_cast<size_t>(bytes.size()) : 4096;
        return validate(format_of(bytes.at(0, head), head, path), bytes);
    } catch (const Damage& damage) {
        return damage.what();
    }
}

}  // namespace enginery::model_guard
