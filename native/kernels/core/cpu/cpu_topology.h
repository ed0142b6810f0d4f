#pragma once

#include <optional>
#include <string>

namespace enginery::kernels {

struct CpuTopology {
    // Without counting hyper-threads twice; nothing where the operating system does not say.
    std::optional<unsigned> physical_cores;
    unsigned logical_cores = 1;
    // What affinity and quota leave to this process, at least 1.
    unsigned available_cores = 1;
    // The control group's CPU quota in cores.
    std::optional<double> cpu_quota;
};

// `root` is the folder below which /proc and /sys are read: "" is the machine itself, tests make their own.
std::optional<unsigned> read_physical_cores(const std::string& root);
std::optional<double> read_cpu_quota(const std::string& root);

// `affinity`: how many hardware threads the scheduler lets this process run on.
unsigned usable_cores(unsigned affinity, std::optional<double> quota);

// Read anew each time: affinity and quota can change while a process runs.
CpuTopology cpu_topology();

}  // namespace enginery::kernels
