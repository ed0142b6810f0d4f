#include "../shared/native_error.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace enginery {
namespace {

template <typename Exception>
NativeError translated(const Exception& exception) {
    try {
        throw exception;
    } catch (...) {
        return current_exception_as_native("FALLBACK");
    }
}

TEST(NativeError, PassesThroughWithItsLog) {
    const NativeError error = translated(NativeError("OV_READ", "reason", {"line 1", "line 2"}));
    EXPECT_EQ(error.code(), "OV_READ");
    EXPECT_STREQ(error.what(), "reason");
    EXPECT_EQ(error.log(), (std::vector<std::string>{"line 1", "line 2"}));
}

TEST(NativeError, ForeignExceptionsGetTheFallbackCode) {
    const NativeError error = translated(std::runtime_error("from elsewhere"));
    EXPECT_EQ(error.code(), "FALLBACK");
    EXPECT_STREQ(error.what(), "from elsewhere");
}

TEST(NativeError, MissingMemoryHasACodeOfItsOwn) {
    EXPECT_EQ(translated(std::bad_alloc()).code(), "NATIVE_MEMORY");
    EXPECT_EQ(translated(std::bad_array_new_length()).code(), "NATIVE_MEMORY");
}

TEST(NativeError, WhatIsNoExceptionIsStillAnError) {
    EXPECT_EQ(translated(42).code(), "FALLBACK");
}

}  // namespace
}  // namespace enginery
