#include "rounding_shift.h"

namespace enginery::kernels {

namespace {

// The scale of each element, without a division for each.
class ScaleCursor {
public:
    explicit ScaleCursor(const RoundedWeights& rounded) : rounded_(rounded), left_(rounded.run) {}

    double scale() const { return rounded_.scales[index_]; }

    void step() {
        if (--left_ > 0) return;
        left_ = rounded_.run;
        index_ = index_ + 1 == rounded_.scale_count ? 0 : index_ + 1;
    }

private:
    const RoundedWeights& rounded_;
    size_t left_;
    size_t index_ = 0;
};

}  // namespace

void add_rounding_shift(const RoundedWeights& rounded, const ProductLayout& layout, const double* shares, const double* means,
                        double* shift) {
    ScaleCursor cursor(rounded);
    size_t at = 0;
    for (size_t first = 0; first < layout.first; first++) {
        const size_t group = first * layout.groups / layout.first;
        for (size_t second = 0; second < layout.second; second++) {
            double sum = 0;
            for (size_t tap = 0; tap < layout.taps; tap++, at++, cursor.step()) {
                const double exact = rounded.integers[at] * cursor.scale() - static_cast<double>(rounded.weights[at]);
                sum += static_cast<double>(static_cast<float>(exact)) * shares[tap];
            }
            const size_t along = group * layout.second + second;
            shift[layout.is_transposed ? along : first] += sum * means[layout.is_transposed ? first : along];
        }
    }
}

}  // namespace enginery::kernels
