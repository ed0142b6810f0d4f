#pragma once

#include <string>
#include <vector>

namespace enginery::tensorrt {

struct InspectRequest {
    std::string plan;
    int device = 0;
    // Plans with a lean runtime in them hold code for the host; only one that was just built here may be trusted with it.
    bool allows_host_code = false;
    // Libraries of the plugins that the plan needs and does not hold.
    std::vector<std::string> plugins;
};

// What TensorRT says of the layers of a plan: the JSON of its IEngineInspector, which has as much in it as the profiling
// verbosity that the plan was built with. Lengths that are open are those that the first profile is tuned for.
//
// Throws NativeError TRT_CUDA (no driver, no device: TensorRT is not asked at all), TRT_NO_RUNTIME, TRT_INSPECT.
std::string inspect_plan(const InspectRequest& request);

}  // namespace enginery::tensorrt
