// Builds one plan of TensorRT-RTX in a process that does nothing else, and prints its size and a digest: how far the bytes of a
// plan depend on the addresses that memory lies at. No GPU is needed.
//
//   g++ -O1 -w -std=c++17 -I .deps/tensorrt/headers/rtx -I native/tensorrt/cuda bench/tensorrt/repeat_builds.cc -o repeat_builds
//   -ldl setarch -R taskset -c 0 ./repeat_builds .deps/tensorrt/rtx-1.7/libtensorrt_rtx.so.1 model.onnx 89 [MIN OPT MAX]
//
// 89: the compute capability. MIN, OPT, MAX: dimensions for the open ones of the inputs, such as 1x3x64x192. Exits with 1 where
// something fails.
#include <NvInfer.h>
#include <NvOnnxParser.h>
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace {

class ErrorLogger : public nvinfer1::ILogger {
    void log(Severity severity, const char* text) noexcept override {
        if (severity <= Severity::kERROR) std::fprintf(stderr, "%s\n", text);
    }
};

nvinfer1::Dims fill_open(nvinfer1::Dims dims, const std::string& text) {
    std::istringstream lengths(text);
    std::string length;
    for (int32_t i = 0; i < dims.nbDims && std::getline(lengths, length, 'x'); ++i) {
        if (dims.d[i] < 0) dims.d[i] = std::stoll(length);
    }
    return dims;
}

void* open_library(const std::string& path) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (library == nullptr) std::fprintf(stderr, "%s\n", dlerror());
    return library;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4 && argc != 7) return std::fprintf(stderr, "expected LIBRARY MODEL CAPABILITY [MIN OPT MAX]\n"), 1;
    ErrorLogger logger;
    const std::string core = argv[1];
    std::string parser_path = core;
    parser_path.replace(parser_path.rfind("tensorrt_rtx"), 12, "tensorrt_onnxparser_rtx");
    void* const library = open_library(core);
    void* const parser_library = open_library(parser_path);
    if (library == nullptr || parser_library == nullptr) return 1;
    const auto create_builder = reinterpret_cast<void* (*)(void*, int)>(dlsym(library, "createInferBuilder_INTERNAL"));
    const auto create_parser =
        reinterpret_cast<void* (*)(void*, void*, int)>(dlsym(parser_library, "createNvOnnxParser_INTERNAL"));

    std::unique_ptr<nvinfer1::IBuilder> builder(static_cast<nvinfer1::IBuilder*>(create_builder(&logger, NV_TENSORRT_VERSION)));
    builder->setMaxThreads(1);
    std::unique_ptr<nvinfer1::INetworkDefinition> network(
        builder->createNetworkV2(1U << static_cast<unsigned>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED)));
    std::unique_ptr<nvonnxparser::IParser> parser(
        static_cast<nvonnxparser::IParser*>(create_parser(network.get(), &logger, NV_ONNX_PARSER_VERSION)));
    std::ifstream file(argv[2], std::ios::binary);
    const std::vector<char> model((std::istreambuf_iterator<char>(file)), {});
    if (!parser->parse(model.data(), model.size())) return 1;

    std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
    config->setNbComputeCapabilities(1);
    config->setComputeCapability(static_cast<nvinfer1::ComputeCapability>(std::atoi(argv[3])), 0);
    if (argc == 7) {
        nvinfer1::IOptimizationProfile* profile = builder->createOptimizationProfile();
        for (int32_t i = 0; i < network->getNbInputs(); ++i) {
            const nvinfer1::ITensor& input = *network->getInput(i);
            for (int k = 0; k < 3; ++k) {
                profile->setDimensions(input.getName(), static_cast<nvinfer1::OptProfileSelector>(k),
                                       fill_open(input.getDimensions(), argv[4 + k]));
            }
        }
        config->addOptimizationProfile(profile);
    }
    std::unique_ptr<nvinfer1::IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
    if (!plan) return 1;
    uint64_t digest = 1469598103934665603U;
    const auto* bytes = static_cast<const unsigned char*>(plan->data());
    for (size_t i = 0; i < plan->size(); ++i) digest = (digest ^ bytes[i]) * 1099511628211U;
    std::printf("%zu %016lx\n", plan->size(), static_cast<unsigned long>(digest));
    return 0;
}
