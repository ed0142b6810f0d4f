#include "cpu_topology.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <vector>
#endif

namespace enginery::kernels {

namespace {

std::optional<std::string> read_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    return line;
}

std::optional<double> quotient(const std::string& quota, const std::string& period) {
    char* quota_end = nullptr;
    char* period_end = nullptr;
    const double quota_us = std::strtod(quota.c_str(), &quota_end);
    const double period_us = std::strtod(period.c_str(), &period_end);
    // "max" and -1 both mean: no limit.
    if (quota_end == quota.c_str() || period_end == period.c_str() || quota_us <= 0 || period_us <= 0) {
        return std::nullopt;
    }
    return quota_us / period_us;
}

// Version 2 keeps both numbers in one file.
std::optional<double> unified_quota(const std::string& folder) {
    const auto line = read_line(folder + "/cpu.max");
    if (!line) return std::nullopt;
    std::istringstream words(*line);
    std::string quota, period;
    words >> quota >> period;
    return quotient(quota, period);
}

std::optional<double> legacy_quota(const std::string& folder) {
    const auto quota = read_line(folder + "/cpu.cfs_quota_us");
    const auto period = read_line(folder + "/cpu.cfs_period_us");
    if (!quota || !period) return std::nullopt;
    return quotient(*quota, *period);
}

// A group is bound by its ancestors' quotas too: the smallest counts. In a container the path may name folders that are
// not mounted there; they are passed over and the mount's root is read.
template <typename Read>
std::optional<double> smallest_quota(const std::string& mount, std::string group, Read read) {
    std::optional<double> smallest;
    for (;;) {
        const auto quota = read(mount + group);
        if (quota && (!smallest || *quota < *smallest)) smallest = quota;
        if (group.empty()) return smallest;
        group.resize(group.find_last_of('/'));
    }
}

bool names_cpu_controller(const std::string& controllers) {
    std::istringstream words(controllers);
    for (std::string word; std::getline(words, word, ',');) {
        if (word == "cpu") return true;
    }
    return false;
}

unsigned affinity_count(unsigned fallback) {
#if defined(__linux__)
    // The kernel refuses a mask shorter than its own; its size is known only by trying.
    for (size_t cpus = 1024; cpus <= (size_t{1} << 20); cpus *= 2) {
        std::vector<cpu_set_t> mask(CPU_ALLOC_SIZE(cpus) / sizeof(cpu_set_t));
        const size_t bytes = mask.size() * sizeof(cpu_set_t);
        if (sched_getaffinity(0, bytes, mask.data()) == 0) {
            return static_cast<unsigned>(CPU_COUNT_S(bytes, mask.data()));
        }
        if (errno != EINVAL) break;
    }
#endif
    return fallback;
}

}  // namespace

std::optional<unsigned> read_physical_cores(const std::string& root) {
    const std::string folder = root + "/sys/devices/system/cpu";
    const auto online = read_line(folder + "/online");
    if (!online) return std::nullopt;
    // Threads of one core name the same list of siblings.
    std::set<std::string> cores;
    // "0-3,8,10-11"
    std::istringstream ranges(*online);
    for (std::string range; std::getline(ranges, range, ',');) {
        unsigned first = 0, last = 0;
        char dash = 0;
        std::istringstream numbers(range);
        if (!(numbers >> first)) return std::nullopt;
        last = numbers >> dash >> last ? last : first;
        for (unsigned cpu = first; cpu <= last; ++cpu) {
            const auto siblings = read_line(folder + "/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
            if (!siblings) return std::nullopt;
            cores.insert(*siblings);
        }
    }
    if (cores.empty()) return std::nullopt;
    return static_cast<unsigned>(cores.size());
}

std::optional<double> read_cpu_quota(const std::string& root) {
    std::ifstream groups(root + "/proc/self/cgroup");
    std::optional<double> smallest;
    // "0::/path" for version 2, "4:cpu,cpuacct:/path" for version 1; a machine may have both.
    for (std::string line; std::getline(groups, line);) {
        const size_t controllers_at = line.find(':');
        const size_t path_at = controllers_at == std::string::npos ? controllers_at : line.find(':', controllers_at + 1);
        if (path_at == std::string::npos) continue;
        const std::string controllers = line.substr(controllers_at + 1, path_at - controllers_at - 1);
        std::string group = line.substr(path_at + 1);
        if (group.empty() || group.front() != '/') continue;
        if (group == "/") group.clear();

        const std::string mounts = root + "/sys/fs/cgroup";
        std::optional<double> quota;
        if (controllers.empty()) {
            quota = smallest_quota(mounts, group, unified_quota);
        } else if (names_cpu_controller(controllers)) {
            quota = smallest_quota(mounts + "/" + controllers, group, legacy_quota);
            if (!quota) quota = smallest_quota(mounts + "/cpu", group, legacy_quota);
        }
        if (quota && (!smallest || *quota < *smallest)) smallest = quota;
    }
    return smallest;
}

unsigned usable_cores(unsigned affinity, std::optional<double> quota) {
    unsigned cores = std::max(affinity, 1u);
    // A quota of 1.5 keeps two threads busy part of the time; one would leave a third of it unused.
    if (quota && std::ceil(*quota) < cores) cores = std::max(static_cast<unsigned>(std::ceil(*quota)), 1u);
    return cores;
}

CpuTopology cpu_topology() {
    CpuTopology topology;
    topology.physical_cores = read_physical_cores("");
    topology.cpu_quota = read_cpu_quota("");
#if defined(__linux__)
    // std::thread::hardware_concurrency() is the affinity on Linux, not what is online.
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    topology.logical_cores = online > 0 ? static_cast<unsigned>(online) : 1u;
#else
    topology.logical_cores = std::max(std::thread::hardware_concurrency(), 1u);
#endif
    topology.available_cores = usable_cores(affinity_count(topology.logical_cores), topology.cpu_quota);
    return topology;
}

}  // namespace enginery::kernels
