#include "output_noise.h"

#include <algorithm>
#include <cmath>

namespace enginery::kernels {

template <typename Value>
void NoiseTotals::add(const Value* reference, const Value* candidate, size_t count, size_t run) {
    // With one column all of them follow each other.
    if (columns_ == 1) run = count;
    size_t reference_lost = 0;
    size_t candidate_lost = 0;
    double candidate_squares = this->candidate_squares();
    double products = this->products();
    for (size_t at = 0, column = 0; at < count; column = column + 1 == columns_ ? 0 : column + 1) {
        const size_t end = std::min(at + run, count);
        double counted = counts()[column];
        double sum = sums()[column];
        double squares = this->squares()[column];
        double noise = noises()[column];
        for (; at < end; at++) {
            const double value = reference[at];
            const double other = candidate[at];
            const bool is_finite = std::isfinite(value);
            const bool is_other_finite = std::isfinite(other);
            reference_lost += !is_finite;
            candidate_lost += !is_other_finite;
            if (!is_finite || !is_other_finite) continue;
            const double difference = value - other;
            candidate_squares += other * other;
            products += value * other;
            counted += 1;
            sum += value;
            squares += value * value;
            noise += difference * difference;
        }
        counts()[column] = counted;
        sums()[column] = sum;
        this->squares()[column] = squares;
        noises()[column] = noise;
    }
    this->candidate_squares() = candidate_squares;
    this->products() = products;
    if (candidate_lost > reference_lost) not_finite() += static_cast<double>(candidate_lost - reference_lost);
}

template void NoiseTotals::add(const float*, const float*, size_t, size_t);
template void NoiseTotals::add(const double*, const double*, size_t, size_t);

}  // namespace enginery::kernels
