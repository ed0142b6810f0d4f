#include "statistic_functions.h"

#include "core/statistics/histogram.h"
#include "core/statistics/quantiles.h"
#include "pool_work.h"
#include "typed_arguments.h"

namespace enginery::kernels {

namespace {

double fraction_argument(const Napi::CallbackInfo& info, size_t index, const char* argument) {
    const double value = info[index].IsNumber() ? info[index].As<Napi::Number>().DoubleValue() : -1;
    if (value >= 0 && value <= 1) return value;
    throw argument_error(info.Env(), "Expected " + std::string(argument) + " to be a number from 0 to 1");
}

}  // namespace

Napi::Value add_to_histogram(const Napi::CallbackInfo& info) {
    const auto source = array_argument<float>(info, 0, "source");
    const auto histogram = array_argument<double>(info, 1, "histogram");
    require_length(info.Env(), "histogram", histogram.length, "2 + 8192", Histogram::length);
    require_apart(info.Env(), source.data, source.length * sizeof(float), histogram.data, histogram.length * sizeof(double));
    return PoolWork::ask(info.Env(), {info[0], info[1]},
                         [=] { return Histogram(histogram.data).add(source.data, source.length, best_simd_level()); });
}

Napi::Value find_quantiles_of(const Napi::CallbackInfo& info) {
    const auto source = array_argument<float>(info, 0, "source");
    const auto target = array_argument<float>(info, 1, "target");
    const double lower = fraction_argument(info, 2, "lower");
    const double upper = fraction_argument(info, 3, "upper");
    require_length(info.Env(), "target", target.length, "2", 2);
    require_apart(info.Env(), source.data, source.length * sizeof(float), target.data, target.length * sizeof(float));
    return PoolWork::ask(info.Env(), {info[0], info[1]}, [=] {
        // NaN has no rank.
        if (source.length == 0 || largest_magnitude(source.data, source.length, best_simd_level()) >= 0x7f800000u) return false;
        const Quantiles found = find_quantiles(source.data, source.length, lower, upper);
        target.data[0] = found.low;
        target.data[1] = found.high;
        return true;
    });
}

}  // namespace enginery::kernels
