#pragma once

#include <cstdint>
#include <exception>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace enginery::model_guard {

// What is wrong with a model, on its way from wherever it was found to validate_model_bytes.
class Damage : public std::exception {
public:
    explicit Damage(std::string reason) : reason_(std::move(reason)) {}
    const char* what() const noexcept override { return reason_.c_str(); }

private:
    std::string reason_;
};

// A model's bytes, wherever they are. Every access is checked against the size.
class ModelBytes {
public:
    virtual ~ModelBytes() = default;
    uint64_t size() const { return size_; }

    // `count` bytes at `offset`, valid until the next call. Throws Damage beyond the end.
    const uint8_t* at(uint64_t offset, uint64_t count);

    template <typename Number>
    Number little_endian(uint64_t offset) {
        const uint8_t* bytes = at(offset, sizeof(Number));
        uint64_t value = 0;
        for (size_t i = sizeof(Number); i-- > 0;) value = value << 8 | bytes[i];
        return static_cast<Number>(value);
    }

protected:
    explicit ModelBytes(uint64_t size) : size_(size) {}
    virtual const uint8_t* load(uint64_t offset, uint64_t count) = 0;
    uint64_t size_;
};

class MemoryBytes final : public ModelBytes {
public:
    MemoryBytes(const void* data, uint64_t size) : ModelBytes(size), data_(static_cast<const uint8_t*>(data)) {}

private:
    const uint8_t* load(uint64_t offset, uint64_t) override { return data_ + offset; }
    const uint8_t* data_;
};

// Reads a window at a time rather than mapping the file: a mapped file that somebody truncates ends the process.
class FileBytes final : public ModelBytes {
public:
    explicit FileBytes(const std::string& path);
    bool readable() const { return readable_; }

private:
    const uint8_t* load(uint64_t offset, uint64_t count) override;

    std::ifstream file_;
    bool readable_ = false;
    std::vector<uint8_t> window_;
    uint64_t start_ = 0;
};

}  // namespace enginery::model_guard
