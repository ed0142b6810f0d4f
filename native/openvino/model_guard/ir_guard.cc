#include "ir_guard.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tensor_size.h"

namespace enginery::model_guard {
namespace {

// The attribute's value in a tag's text; empty where it is not there.
std::string_view attribute_of(std::string_view tag, std::string_view name) {
    for (size_t at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
        const bool begins = at > 0 && std::strchr(" \t\r\n", tag[at - 1]) != nullptr;
        size_t quote = at + name.size();
        if (!begins || quote + 1 >= tag.size() || tag[quote] != '=') continue;
        quote++;
        if (tag[quote] != '"' && tag[quote] != '\'') continue;
        const size_t end = tag.find(tag[quote], quote + 1);
        if (end == std::string_view::npos) continue;
        return tag.substr(quote + 1, end - quote - 1);
    }
    return {};
}

// "1,3,224,224" in which a length may also be "?" or a range "1..8": -1 for what is no plain number.
std::vector<int64_t> parse_lengths(std::string_view text) {
    std::vector<int64_t> lengths;
    while (!text.empty()) {
        const size_t comma = text.find(',');
        const std::string part(text.substr(0, comma));
        char* end = nullptr;
        errno = 0;
        const int64_t length = std::strtoll(part.c_str(), &end, 10);
        while (*end == ' ') end++;
        lengths.push_back(*end == '\0' && end != part.c_str() && errno == 0 ? length : -1);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    return lengths;
}

struct ElementSize {
    std::string_view type;
    int64_t bits;
};

constexpr ElementSize element_sizes[] = {
    {"boolean", 8}, {"bf16", 16}, {"f16", 16}, {"f32", 32}, {"f64", 64}, {"i4", 4},   {"i8", 8},   {"i16", 16},
    {"i32", 32},    {"i64", 64},  {"u4", 4},   {"u8", 8},   {"u16", 16}, {"u32", 32}, {"u64", 64},
};

// A constant whose shape asks for other bytes than the file keeps for it is read as empty, or beyond its end.
bool has_other_size(std::string_view tag, const std::vector<int64_t>& lengths) {
    const auto size = parse_lengths(attribute_of(tag, "size"));
    const std::string_view type = attribute_of(tag, "element_type");
    for (const auto& one : element_sizes) {
        if (one.type != type || size.size() != 1) continue;
        int64_t elements = 1;
        for (const int64_t length : lengths) elements *= length;
        return (elements * one.bits + 7) / 8 != size[0];
    }
    return false;
}

class Layers {
public:
    void open(std::string_view tag) {
        type_ = attribute_of(tag, "type");
        name_ = attribute_of(tag, "name");
        depth_++;
    }
    void close() {
        type_ = {};
        if (depth_ > 0) depth_--;
    }

    void check_data(std::string_view tag) const {
        if (type_ != "Const" && type_ != "Parameter") return;
        const std::string_view text = attribute_of(tag, "shape");
        const auto lengths = parse_lengths(text);
        const std::string what = (type_ == "Const" ? "constant " : "input ") + std::string(name_.substr(0, 100));
        refuse_impossible_size(lengths, what);
        for (const int64_t length : lengths) {
            // The constant's end is computed from its shape, and a mapped file read beyond its own.
            if (type_ == "Const" && length < 0) throw Damage(what + " has the shape [" + std::string(text.substr(0, 200)) + "]");
            // Kernels and constant folding divide by the lengths of what they compute, or read its first element. Inputs
            // of inner graphs take what the outer ones give them.
            if (type_ == "Parameter" && length == 0 && depth_ == 1) throw Damage(what + " has a dimension of length 0");
        }
        if (type_ == "Const" && has_other_size(tag, lengths)) {
            throw Damage(what + " of shape " + show_lengths(lengths) + " has " + std::string(attribute_of(tag, "size")) +
                         " bytes");
        }
    }

    // Steps of a loop over slices; the plugin divides by them.
    void check_slices(std::string_view tag) const {
        const std::string_view text = attribute_of(tag, "stride");
        if (text.empty()) return;
        const int64_t stride = parse_lengths(text)[0];
        if (stride != 0 && stride <= most_elements && stride >= -most_elements) return;
        throw Damage("a loop steps by " + std::string(text.substr(0, 100)) + " over the slices of a port");
    }

private:
    std::string_view type_;
    std::string_view name_;
    size_t depth_ = 0;
};

bool is_tag(std::string_view tag, std::string_view name) {
    return tag.substr(0, name.size()) == name && (tag.size() == name.size() || std::strchr(" \t\r\n/", tag[name.size()]));
}

}  // namespace

void check_ir(ModelBytes& bytes) {
    const std::string_view xml(reinterpret_cast<const char*>(bytes.at(0, bytes.size())), static_cast<size_t>(bytes.size()));
    Layers layers;
    for (size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at)) {
        if (xml.substr(at, 4) == "<!--") {
            at = xml.find("-->", at);
            if (at == std::string_view::npos) return;
            continue;
        }
        const size_t end = xml.find('>', at);
        if (end == std::string_view::npos) return;  // the frontend says where the XML breaks
        const std::string_view tag = xml.substr(at + 1, end - at - 1);
        at = end;
        if (is_tag(tag, "layer")) {
            layers.open(tag);
            if (tag.back() == '/') layers.close();
        }
        if (is_tag(tag, "/layer")) layers.close();
        if (is_tag(tag, "data")) layers.check_data(tag);
        if (is_tag(tag, "input") || is_tag(tag, "output")) layers.check_slices(tag);
    }
}

}  // namespace enginery::model_guard
