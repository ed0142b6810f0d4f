#include "../kernels/core/cpu/cpu_topology.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace enginery::kernels {
namespace {

namespace fs = std::filesystem;

// A small copy of /proc and /sys.
class CpuTopologyFiles : public testing::Test {
protected:
    void SetUp() override {
        root_ = fs::path(testing::TempDir()) /
                ("enginery-topology-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::remove_all(root_);
    }
    void TearDown() override { fs::remove_all(root_); }

    void write(const std::string& path, const std::string& text) {
        fs::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text << '\n';
    }
    void write_siblings(unsigned cpu, const std::string& list) {
        write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list", list);
    }
    std::string root() const { return root_.string(); }

private:
    fs::path root_;
};

TEST_F(CpuTopologyFiles, CountsHyperThreadsOnce) {
    write("sys/devices/system/cpu/online", "0-2,4-5");
    write_siblings(0, "0,4");
    write_siblings(4, "0,4");
    write_siblings(1, "1,5");
    write_siblings(5, "1,5");
    write_siblings(2, "2");
    EXPECT_EQ(read_physical_cores(root()), 3u);
}

TEST_F(CpuTopologyFiles, SaysNothingWhereTheSystemSaysNothing) {
    EXPECT_EQ(read_physical_cores(root()), std::nullopt);
    write("sys/devices/system/cpu/online", "0-1");
    write_siblings(0, "0");
    EXPECT_EQ(read_physical_cores(root()), std::nullopt);
    EXPECT_EQ(read_cpu_quota(root()), std::nullopt);
}

TEST_F(CpuTopologyFiles, ReadsVersion2Quota) {
    write("proc/self/cgroup", "0::/");
    write("sys/fs/cgroup/cpu.max", "150000 100000");
    EXPECT_EQ(read_cpu_quota(root()), 1.5);
}

TEST_F(CpuTopologyFiles, TakesTheSmallestQuotaOfAllAncestors) {
    write("proc/self/cgroup", "0::/pod/container/step");
    write("sys/fs/cgroup/pod/cpu.max", "200000 100000");
    write("sys/fs/cgroup/pod/container/cpu.max", "400000 100000");
    write("sys/fs/cgroup/pod/container/step/cpu.max", "max 100000");
    EXPECT_EQ(read_cpu_quota(root()), 2.0);
}

TEST_F(CpuTopologyFiles, TreatsMaxAsNoLimit) {
    write("proc/self/cgroup", "0::/");
    write("sys/fs/cgroup/cpu.max", "max 100000");
    EXPECT_EQ(read_cpu_quota(root()), std::nullopt);
}

TEST_F(CpuTopologyFiles, ReadsVersion1Quota) {
    write("proc/self/cgroup", "9:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n1:cpuset:/docker/x");
    // As seen in a container: the group's own path is not mounted.
    write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000");
    write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
    EXPECT_EQ(read_cpu_quota(root()), 3.0);
    write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1");
    EXPECT_EQ(read_cpu_quota(root()), std::nullopt);
}

TEST_F(CpuTopologyFiles, SurvivesNonsense) {
    write("proc/self/cgroup", "nonsense\n::\n0::relative\n0::/");
    write("sys/fs/cgroup/cpu.max", "many few");
    write("sys/devices/system/cpu/online", "x-y");
    EXPECT_EQ(read_cpu_quota(root()), std::nullopt);
    EXPECT_EQ(read_physical_cores(root()), std::nullopt);
}

TEST(CpuTopology, AppliesQuotaRoundedUp) {
    EXPECT_EQ(usable_cores(8, std::nullopt), 8u);
    EXPECT_EQ(usable_cores(8, 1.5), 2u);
    EXPECT_EQ(usable_cores(8, 0.2), 1u);
    EXPECT_EQ(usable_cores(2, 16.0), 2u);
    EXPECT_EQ(usable_cores(0, std::nullopt), 1u);
}

TEST(CpuTopology, IsConsistentOnThisMachine) {
    const CpuTopology topology = cpu_topology();
    EXPECT_GE(topology.available_cores, 1u);
    EXPECT_GE(topology.logical_cores, 1u);
    EXPECT_LE(topology.physical_cores.value_or(1), topology.logical_cores);
}

}  // namespace
}  // namespace enginery::kernels
