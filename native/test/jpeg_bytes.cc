#include "jpeg_bytes.h"

#include <cstdlib>
#include <map>

namespace enginery::kernels {

namespace {

struct Code {
    uint32_t bits;
    uint32_t length;
};

// So many symbols have codes of this length; lengths rise.
struct Group {
    uint32_t length;
    std::vector<uint8_t> symbols;
};

class JpegWriter {
public:
    JpegWriter(const JpegKind& kind, std::mt19937& random) : kind_(kind), random_(random) {
        std::vector<uint8_t> means, coefficients{0x00, 0xf0};
        for (uint8_t bits = 0; bits <= 11; ++bits) means.push_back(bits);
        for (int run = 0; run < 16; ++run) {
            for (int bits = 1; bits <= 10; ++bits) coefficients.push_back(static_cast<uint8_t>(run << 4 | bits));
        }
        dc_ = {{4, means}};
        // Codes shorter and longer than what a decoder looks up at once.
        ac_ = {{8, {coefficients.begin(), coefficients.begin() + 90}}, {13, {coefficients.begin() + 90, coefficients.end()}}};
    }

    std::vector<uint8_t> write() {
        bytes_ = {0xff, 0xd8};
        write_quantization();
        write_frame();
        write_codes(0x00, dc_);
        write_codes(0x10, ac_);
        if (kind_.restart_interval > 0) append({0xff, 0xdd, 0, 4, 0, static_cast<uint8_t>(kind_.restart_interval)});
        write_scan();
        append({0xff, 0xd9});
        return bytes_;
    }

private:
    void append(std::initializer_list<uint8_t> bytes) { bytes_.insert(bytes_.end(), bytes); }

    void write_quantization() {
        append({0xff, 0xdb, 0, 67, 0});
        for (int i = 0; i < 64; ++i) bytes_.push_back(static_cast<uint8_t>(1 + random_() % 40));
    }

    void write_frame() {
        const auto count = static_cast<uint8_t>(kind_.components);
        append({0xff, 0xc0, 0, static_cast<uint8_t>(8 + 3 * count), 8});
        append({static_cast<uint8_t>(kind_.height >> 8), static_cast<uint8_t>(kind_.height)});
        append({static_cast<uint8_t>(kind_.width >> 8), static_cast<uint8_t>(kind_.width), count});
        for (uint8_t i = 0; i < count; ++i) {
            const int sampling = i == 0 ? kind_.horizontal << 4 | kind_.vertical : 0x11;
            append({static_cast<uint8_t>(i + 1), static_cast<uint8_t>(sampling), 0});
        }
    }

    void write_codes(uint8_t kind, const std::vector<Group>& groups) {
        std::vector<uint8_t> counts(16), symbols;
        uint32_t next = 0, length = 0;
        for (const Group& group : groups) {
            counts[group.length - 1] = static_cast<uint8_t>(group.symbols.size());
            next <<= group.length - length;
            length = group.length;
            for (uint8_t symbol : group.symbols) {
                symbols.push_back(symbol);
                codes_[kind | symbol << 8] = {next++, length};
            }
        }
        append({0xff, 0xc4, 0, static_cast<uint8_t>(19 + symbols.size()), kind});
        bytes_.insert(bytes_.end(), counts.begin(), counts.end());
        bytes_.insert(bytes_.end(), symbols.begin(), symbols.end());
    }

    void write_scan() {
        const auto count = static_cast<uint8_t>(kind_.components);
        append({0xff, 0xda, 0, static_cast<uint8_t>(6 + 2 * count), count});
        for (uint8_t i = 0; i < count; ++i) append({static_cast<uint8_t>(i + 1), 0});
        append({0, 63, 0});
        const int32_t wide = 8 * kind_.horizontal, high = 8 * kind_.vertical;
        const int32_t mcus = (kind_.width + wide - 1) / wide * ((kind_.height + high - 1) / high);
        for (int32_t mcu = 0; mcu < mcus; ++mcu) {
            if (kind_.restart_interval > 0 && mcu > 0 && mcu % kind_.restart_interval == 0) {
                flush();
                append({0xff, static_cast<uint8_t>(0xd0 + (mcu / kind_.restart_interval - 1) % 8)});
                for (int& mean : means_) mean = 0;
            }
            for (int i = 0; i < kind_.components; ++i) {
                const int32_t blocks = i == 0 ? kind_.horizontal * kind_.vertical : 1;
                for (int32_t block = 0; block < blocks; ++block) write_block(i);
            }
        }
        flush();
    }

    int32_t any_coefficient() {
        return static_cast<int32_t>(random_() % (2u * static_cast<uint32_t>(kind_.largest) + 1)) - kind_.largest;
    }

    void write_block(int component) {
        const int32_t mean = any_coefficient();
        write_value(0x00, 0, mean - means_[component]);
        means_[component] = mean;
        int run = 0;
        // A third of the blocks has nothing else; some are full.
        const uint32_t sparsity = random_() % 3 == 0 ? 100000 : 1 + random_() % 20;
        for (int place = 1; place < 64; ++place) {
            const int32_t value = random_() % sparsity == 0 ? any_coefficient() : 0;
            if (value == 0) {
                ++run;
                continue;
            }
            for (; run > 15; run -= 16) write_symbol(0x10, 0xf0);
            write_value(0x10, run, value);
            run = 0;
        }
        if (run > 0) write_symbol(0x10, 0x00);
    }

    void write_value(uint8_t kind, int run, int32_t value) {
        uint32_t length = 0;
        while (std::abs(value) >> length != 0) ++length;
        write_symbol(kind, static_cast<uint8_t>(run << 4 | length));
        write_bits(static_cast<uint32_t>(value < 0 ? value + (1 << length) - 1 : value), length);
    }

    void write_symbol(uint8_t kind, uint8_t symbol) {
        const Code code = codes_.at(kind | symbol << 8);
        write_bits(code.bits, code.length);
    }

    void write_bits(uint32_t bits, uint32_t length) {
        while (length-- > 0) {
            pending_ = pending_ << 1 | (bits >> length & 1);
            if (++pending_count_ < 8) continue;
            bytes_.push_back(static_cast<uint8_t>(pending_));
            if ((pending_ & 0xff) == 0xff) bytes_.push_back(0);
            pending_ = pending_count_ = 0;
        }
    }

    void flush() {
        while (pending_count_ > 0) write_bits(1, 1);
    }

    const JpegKind& kind_;
    std::mt19937& random_;
    std::vector<Group> dc_, ac_;
    std::map<int, Code> codes_;
    std::vector<uint8_t> bytes_;
    int32_t means_[3] = {};
    uint32_t pending_ = 0, pending_count_ = 0;
};

}  // namespace

std::vector<uint8_t> make_jpeg(const JpegKind& kind, std::mt19937& random) {
    return JpegWriter(kind, random).write();
}

}  // namespace enginery::kernels
