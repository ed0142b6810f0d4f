#include "../shared/round_trip_core.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace enginery {
namespace {

using std::chrono::milliseconds;

TEST(RoundTripCore, WaitsForTheAnswerToItsQuestion) {
    RoundTripCore core;
    int written = 0;  // no atomic: the answer itself orders the two threads
    for (int i = 1; i <= 200; i++) {
        const auto question = core.begin();
        std::thread other([&] {
            written = i;
            EXPECT_TRUE(core.answer(question));
        });
        EXPECT_TRUE(core.wait(question));
        EXPECT_EQ(written, i);
        other.join();
    }
    EXPECT_FALSE(core.has_failed());
}

TEST(RoundTripCore, TakesAnAnswerThatCameBeforeAnybodyWaits) {
    RoundTripCore core;
    const auto question = core.begin();
    EXPECT_TRUE(core.is_open(question));
    EXPECT_TRUE(core.answer(question));
    EXPECT_FALSE(core.is_open(question));
    EXPECT_TRUE(core.wait(question));
}

TEST(RoundTripCore, DropsAnswersThatAreLateOrRepeated) {
    RoundTripCore core;
    const auto first = core.begin();
    EXPECT_TRUE(core.answer(first));
    EXPECT_FALSE(core.answer(first));
    const auto second = core.begin();
    EXPECT_FALSE(core.answer(first));
    EXPECT_TRUE(core.is_open(second));
    EXPECT_TRUE(core.answer(second));
}

TEST(RoundTripCore, KeepsTheFirstFailureForEveryQuestion) {
    RoundTripCore core;
    EXPECT_FALSE(core.failure());
    EXPECT_TRUE(core.fail({"FIRST", "first"}));
    EXPECT_FALSE(core.fail({"SECOND", "second"}));
    const auto question = core.begin();
    EXPECT_FALSE(core.is_open(question));
    EXPECT_FALSE(core.answer(question));
    EXPECT_FALSE(core.wait(question));
    ASSERT_TRUE(core.failure());
    EXPECT_EQ(core.failure()->code(), "FIRST");
}

TEST(RoundTripCore, AFailureWakesWhoWaits) {
    for (int i = 0; i < 100; i++) {
        RoundTripCore core;
        const auto question = core.begin();
        std::atomic<bool> is_woken{false};
        std::thread engine([&] {
            EXPECT_FALSE(core.wait(question));
            is_woken = true;
        });
        if (i % 2 == 0) std::this_thread::sleep_for(milliseconds(1));
        EXPECT_FALSE(is_woken);
        core.fail({"ABORTED", "aborted"});
        engine.join();
        EXPECT_TRUE(is_woken);
    }
}

// Answers, aborts and the end of an environment race each other: exactly one of them counts.
TEST(RoundTripCore, OneOfManyThreadsWins) {
    for (int round = 0; round < 200; round++) {
        RoundTripCore core;
        const auto question = core.begin();
        std::atomic<int> answers{0};
        std::atomic<int> failures{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; i++) {
            threads.emplace_back([&, i] {
                if (i % 2 == 0) answers += core.answer(question);
                else failures += core.fail({"CODE", std::to_string(i)});
            });
        }
        const bool was_answered = core.wait(question);
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(failures, 1);
        EXPECT_LE(answers, 1);
        if (was_answered) EXPECT_EQ(answers, 1);
        EXPECT_FALSE(core.wait(question)) << "a failure is final";
    }
}

}  // namespace
}  // namespace enginery
