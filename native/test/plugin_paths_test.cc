#include "tensorrt/plugin_paths.h"

#include <gtest/gtest.h>

namespace enginery::tensorrt {
namespace {

using Paths = std::vector<std::string>;

TEST(PluginPaths, PlansWithARuntimeBringWhatTheyNeed) {
    EXPECT_EQ(plugins_for_plan({{"version-compatible", true}}, {}, {"/vc.so"}), Paths({"/vc.so"}));
    EXPECT_EQ(plugins_for_plan({{"version-compatible", true}, {"exclude-lean-runtime", false}}, {"/own.so"}, {"/vc.so"}),
              Paths({"/own.so", "/vc.so"}));
}

TEST(PluginPaths, EachIsThereOnce) {
    EXPECT_EQ(plugins_for_plan({{"version-compatible", true}}, {"/vc.so"}, {"/vc.so", "/vc.so", "/other.so"}),
              Paths({"/vc.so", "/other.so"}));
}

TEST(PluginPaths, OthersBringWhatTheyWereToldTo) {
    EXPECT_EQ(plugins_for_plan({}, {"/own.so"}, {"/vc.so"}), Paths({"/own.so"}));
    EXPECT_EQ(plugins_for_plan({{"version-compatible", false}}, {}, {"/vc.so"}), Paths());
    EXPECT_EQ(plugins_for_plan({{"version-compatible", true}, {"exclude-lean-runtime", true}}, {}, {"/vc.so"}), Paths());
}

}  // namespace
}  // namespace enginery::tensorrt
