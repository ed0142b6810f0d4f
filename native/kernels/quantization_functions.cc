#include "quantization_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/statistics/output_noise.h"
#include "core/statistics/rounding_shift.h"
#include "core/statistics/row_maxima.h"
#include "typed_arguments.h"

namespace enginery::kernels {

namespace {

size_t count_argument(const Napi::CallbackInfo& info, size_t index, const char* argument) {
    const double value = info[index].IsNumber() ? info[index].As<Napi::Number>().DoubleValue() : -1;
    if (value >= 0 && value <= 9007199254740991.0 && value == std::floor(value)) return static_cast<size_t>(value);
    throw argument_error(info.Env(), "Expected " + std::string(argument) + " to be a whole number from 0 on");
}

size_t positive_argument(const Napi::CallbackInfo& info, size_t index, const char* argument) {
    const size_t value = count_argument(info, index, argument);
    if (value > 0) return value;
    throw argument_error(info.Env(), "Expected " + std::string(argument) + " to be 1 or more");
}

// False where the product does not fit.
bool multiply(size_t& product, size_t factor) {
    if (factor != 0 && product > std::numeric_limits<size_t>::max() / factor) return false;
    product *= factor;
    return true;
}

bool is_double_array(Napi::Value value) {
    return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_float64_array;
}

template <typename Value>
void add_noise(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const auto reference = array_argument<Value>(info, 0, "reference");
    const auto candidate = array_argument<Value>(info, 1, "candidate");
    const size_t columns = positive_argument(info, 2, "columns");
    const size_t run = positive_argument(info, 3, "run");
    const auto totals = array_argument<double>(info, 4, "totals");
    require_length(env, "candidate", candidate.length, "reference.length", reference.length);
    if (columns > totals.length) throw argument_error(env, "Expected totals to have 3 + 4 * columns elements");
    require_length(env, "totals", totals.length, "3 + 4 * columns", NoiseTotals::length(columns));
    NoiseTotals(totals.data, columns).add(reference.data, candidate.data, reference.length, run);
}

template <typename Value>
void find_maxima(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const auto table = array_argument<Value>(info, 0, "table");
    const size_t start = count_argument(info, 1, "start");
    const TableLayout layout{count_argument(info, 2, "rows"), positive_argument(info, 3, "rowStep"),
                             positive_argument(info, 4, "columnStep")};
    const auto columns = array_argument<int32_t>(info, 5, "columns");
    const auto maxima = array_argument<double>(info, 6, "maxima");
    const auto found = array_argument<int32_t>(info, 7, "found");
    require_length(env, "maxima", maxima.length, "rows", layout.rows);
    require_length(env, "found", found.length, "rows", layout.rows);
    // Columns are checked once, and are still to be these when the table is gone through.
    const size_t column_bytes = columns.length * sizeof(int32_t);
    require_apart(env, columns.data, column_bytes, maxima.data, maxima.length * sizeof(double));
    require_apart(env, columns.data, column_bytes, found.data, found.length * sizeof(int32_t));
    int32_t last = 0;
    for (size_t index = 0; index < columns.length; index++) {
        if (columns.data[index] < 0) throw argument_error(env, "Expected columns to be 0 or more");
        last = std::max(last, columns.data[index]);
    }
    if (layout.rows == 0 || columns.length == 0) {
        find_row_maxima(table.data, layout, columns.data, 0, maxima.data, found.data);
        return;
    }
    size_t last_row = layout.rows - 1;
    size_t last_column = static_cast<size_t>(last);
    if (!multiply(last_row, layout.row_step) || !multiply(last_column, layout.column_step) || start > table.length ||
        last_row >= table.length || last_column >= table.length || start + last_row + last_column >= table.length) {
        throw argument_error(env, "Expected the rows and columns to lie within the table");
    }
    find_row_maxima(table.data + start, layout, columns.data, columns.length, maxima.data, found.data);
}

}  // namespace

void add_rounding_shift_of(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const auto weights = array_argument<float>(info, 0, "weights");
    const auto integers = array_argument<int8_t>(info, 1, "integers");
    const auto scales = array_argument<float>(info, 2, "scales");
    const size_t run = positive_argument(info, 3, "run");
    const auto shares = array_argument<double>(info, 4, "shares");
    const size_t second = count_argument(info, 5, "second");
    const size_t groups = positive_argument(info, 6, "groups");
    const bool is_transposed = info[7].ToBoolean();
    const auto means = array_argument<double>(info, 8, "means");
    const auto shift = array_argument<double>(info, 9, "shift");
    require_length(env, "integers", integers.length, "weights.length", weights.length);
    if (scales.length == 0) throw argument_error(env, "Expected scales to have elements");
    size_t of_first = second;
    if (weights.length == 0 || !multiply(of_first, shares.length) || of_first == 0 || weights.length % of_first != 0) {
        throw argument_error(env, "Expected weights.length to be a multiple of second * shares.length");
    }
    size_t outputs = second;
    if (!multiply(outputs, groups)) throw argument_error(env, "Expected groups to be fewer");
    const ProductLayout layout{weights.length / of_first, second, shares.length, groups, is_transposed};
    if (groups > layout.first) throw argument_error(env, "Expected no more groups than the first axis has elements");
    require_length(env, "means", means.length, "inputs", layout.inputs());
    require_length(env, "shift", shift.length, "outputs", layout.outputs());
    require_apart(env, means.data, means.length * sizeof(double), shift.data, shift.length * sizeof(double));
    add_rounding_shift({weights.data, integers.data, weights.length, scales.data, scales.length, run}, layout, shares.data,
                       means.data, shift.data);
}

void add_output_noise(const Napi::CallbackInfo& info) {
    if (is_double_array(info[0])) add_noise<double>(info);
    else add_noise<float>(info);
}

void find_row_maxima_of(const Napi::CallbackInfo& info) {
    if (is_double_array(info[0])) find_maxima<double>(info);
    else find_maxima<float>(info);
}

}  // namespace enginery::kernels
