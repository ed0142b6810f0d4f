#include "tensorrt/layer_pattern.h"

#include <gtest/gtest.h>

namespace enginery::tensorrt {
namespace {

TEST(LayerPattern, NameIsItself) {
    EXPECT_TRUE(matches_pattern("/conv/Conv", "/conv/Conv"));
    EXPECT_FALSE(matches_pattern("/conv/Conv", "/conv/Conv_1"));
    EXPECT_TRUE(matches_pattern("", ""));
    EXPECT_FALSE(matches_pattern("", "a"));
}

TEST(LayerPattern, StarStandsForAnythingAndForNothing) {
    EXPECT_TRUE(matches_pattern("*", ""));
    EXPECT_TRUE(matches_pattern("*", "/conv/Conv"));
    EXPECT_TRUE(matches_pattern("/head/*", "/head/Conv"));
    EXPECT_TRUE(matches_pattern("/head/*", "/head/"));
    EXPECT_FALSE(matches_pattern("/head/*", "/header/Conv"));
    EXPECT_TRUE(matches_pattern("*Conv", "/head/Conv"));
    EXPECT_TRUE(matches_pattern("/head/*/Conv", "/head/a/b/Conv"));
    EXPECT_FALSE(matches_pattern("/head/*/Conv", "/head/Conv"));
}

TEST(LayerPattern, BothEndsAreNotCountedTwice) {
    EXPECT_FALSE(matches_pattern("aba*aba", "aba"));
    EXPECT_FALSE(matches_pattern("aba*aba", "ababa"));
    EXPECT_TRUE(matches_pattern("aba*aba", "abaaba"));
}

TEST(LayerPattern, NamesMayHoldStars) {
    EXPECT_TRUE(matches_pattern("a*b*c", "a*b*c"));
    EXPECT_TRUE(matches_pattern("(Unnamed Layer* 3) [Shuffle]", "(Unnamed Layer* 3) [Shuffle]"));
}

}  // namespace
}  // namespace enginery::tensorrt
