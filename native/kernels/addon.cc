#include <napi.h>

#include "core/cpu/cpu_features.h"
#include "core/cpu/cpu_topology.h"
#include "core/elements/convert_elements.h"
#include "core/statistics/compare_tensors.h"
#include "picture_functions.h"
#include "quantization_functions.h"
#include "statistic_functions.h"
#include "typed_arguments.h"

// The JavaScript surface: lib/native/kernels-addon.ts. Nothing is kept between calls, so any number of environments may
// load it.
namespace enginery::kernels {

namespace {

template <typename Source, typename Target>
using Conversion = void (*)(const Source*, Target*, size_t, SimdLevel);

template <typename Source, typename Target, Conversion<Source, Target> convert>
void convert_elements(const Napi::CallbackInfo& info) {
    const auto source = array_argument<Source>(info, 0, "source");
    const auto target = array_argument<Target>(info, 1, "target");
    require_length(info.Env(), "target", target.length, "source.length", source.length);
    require_apart(info.Env(), source.data, source.length * sizeof(Source), target.data, target.length * sizeof(Target));
    convert(source.data, target.data, source.length, best_simd_level());
}

template <typename Value, Conversion<uint8_t, Value> convert>
void unpack_nibbles(const Napi::CallbackInfo& info) {
    const auto source = array_argument<uint8_t>(info, 0, "source");
    const auto target = array_argument<Value>(info, 1, "target");
    require_length(info.Env(), "source", source.length, "ceil(target.length / 2)", (target.length + 1) / 2);
    require_apart(info.Env(), source.data, source.length, target.data, target.length);
    convert(source.data, target.data, target.length, best_simd_level());
}

template <typename Value, Conversion<Value, uint8_t> convert>
void pack_nibbles(const Napi::CallbackInfo& info) {
    const auto source = array_argument<Value>(info, 0, "source");
    const auto target = array_argument<uint8_t>(info, 1, "target");
    require_length(info.Env(), "target", target.length, "ceil(source.length / 2)", (source.length + 1) / 2);
    require_apart(info.Env(), source.data, source.length, target.data, target.length);
    convert(source.data, target.data, source.length, best_simd_level());
}

Napi::Value compare(const Napi::CallbackInfo& info) {
    const auto a = array_argument<float>(info, 0, "a");
    const auto b = array_argument<float>(info, 1, "b");
    require_length(info.Env(), "b", b.length, "a.length", a.length);
    const TensorComparison comparison = compare_tensors({a.data, a.length}, {b.data, b.length});
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("maxAbsDiff", comparison.max_abs_diff);
    result.Set("maxAbs", comparison.max_abs);
    result.Set("meanAbsDiff", comparison.mean_abs_diff);
    result.Set("sqnrDb", comparison.sqnr_db);
    result.Set("cosine", comparison.cosine);
    result.Set("nonFinite", static_cast<double>(comparison.non_finite));
    return result;
}

// Node has no function for this that takes the buffers of addons and of files, which are not transferable.
void detach_buffer(const Napi::CallbackInfo& info) {
    if (!info[0].IsArrayBuffer()) throw argument_error(info.Env(), "Expected buffer to be an ArrayBuffer");
    info[0].As<Napi::ArrayBuffer>().Detach();
}

Napi::Value describe_cpu(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const CpuFeatures& cpu = cpu_features();
    const CpuTopology topology = cpu_topology();
    Napi::Object result = Napi::Object::New(env);
    result.Set("vendor", cpu.vendor);
    result.Set("brand", cpu.brand);
    result.Set("sse42", cpu.sse42);
    result.Set("avx", cpu.avx);
    result.Set("avx2", cpu.avx2);
    result.Set("fma", cpu.fma);
    result.Set("f16c", cpu.f16c);
    result.Set("avx512f", cpu.avx512f);
    result.Set("avx512bw", cpu.avx512bw);
    result.Set("avx512dq", cpu.avx512dq);
    result.Set("avx512vl", cpu.avx512vl);
    result.Set("avx512Vnni", cpu.avx512_vnni);
    result.Set("avxVnni", cpu.avx_vnni);
    result.Set("avx512Bf16", cpu.avx512_bf16);
    result.Set("avx512Fp16", cpu.avx512_fp16);
    result.Set("amxTile", cpu.amx_tile);
    result.Set("amxInt8", cpu.amx_int8);
    result.Set("amxBf16", cpu.amx_bf16);
    if (topology.physical_cores) result.Set("physicalCores", *topology.physical_cores);
    else result.Set("physicalCores", env.Null());
    result.Set("logicalCores", topology.logical_cores);
    result.Set("availableCores", topology.available_cores);
    if (topology.cpu_quota) result.Set("cpuQuota", *topology.cpu_quota);
    else result.Set("cpuQuota", env.Null());
    return result;
}

}  // namespace

static Napi::Object add_functions(Napi::Env env, Napi::Object exports) {
    const auto add = [&](const char* name, auto function) { exports.Set(name, Napi::Function::New(env, function, name)); };
    add("cpuFeatures", describe_cpu);
    add("float32FromFloat16", convert_elements<uint16_t, float, float32_from_float16>);
    add("float16FromFloat32", convert_elements<float, uint16_t, float16_from_float32>);
    add("float32FromBfloat16", convert_elements<uint16_t, float, float32_from_bfloat16>);
    add("bfloat16FromFloat32", convert_elements<float, uint16_t, bfloat16_from_float32>);
    add("int8FromInt4", unpack_nibbles<int8_t, int8_from_int4>);
    add("int4FromInt8", pack_nibbles<int8_t, int4_from_int8>);
    add("uint8FromUint4", unpack_nibbles<uint8_t, uint8_from_uint4>);
    add("uint4FromUint8", pack_nibbles<uint8_t, uint4_from_uint8>);
    add("compareTensors", compare);
    add("detachBuffer", detach_buffer);
    add("resizeImage", resize_image);
    add("resizeImageSync", resize_image_sync);
    add("prepareImage", prepare_image);
    add("prepareImageSync", prepare_image_sync);
    add("decodeJpeg", decode_jpeg_file);
    add("addToHistogram", add_to_histogram);
    add("findQuantiles", find_quantiles_of);
    add("addRoundingShift", add_rounding_shift_of);
    add("addOutputNoise", add_output_noise);
    add("findRowMaxima", find_row_maxima_of);
    return exports;
}

}  // namespace enginery::kernels

// The macro pastes the name into another: it cannot be a qualified one.
using enginery::kernels::add_functions;
NODE_API_MODULE(kernels, add_functions)
