#include "../shared/background_work.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace enginery {
namespace {

// What stands for the destructors of an engine's libraries: they must not run while it works.
void engine_destructor() {
    const char text[] = "destructor ";
    if (::write(STDOUT_FILENO, text, sizeof text - 1) < 0) _exit(99);
}

struct Ending {
    int status;
    std::string output;
};

// Runs `body` in a forked child, which then calls exit(7).
template <typename Body>
Ending exit_after(Body body) {
    int ends[2];
    if (::pipe(ends) != 0) return {-1, "no pipe"};
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::close(ends[0]);
        ::close(ends[1]);
        body();
        std::exit(7);
    }
    ::close(ends[1]);
    Ending ending{-1, ""};
    char buffer[256];
    for (ssize_t count = 0; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        ending.output.append(buffer, static_cast<size_t>(count));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) ending.status = WEXITSTATUS(status);
    return ending;
}

TEST(BackgroundWork, CountsWhatRuns) {
    EXPECT_EQ(BackgroundWork::in_flight(), 0u);
    {
        const BackgroundWork one;
        BackgroundWork::enter();
        EXPECT_EQ(BackgroundWork::in_flight(), 2u);
        BackgroundWork::leave();
    }
    EXPECT_EQ(BackgroundWork::in_flight(), 0u);
}

TEST(BackgroundWork, WithoutWorkAProcessExitsAsEver) {
    const Ending ending = exit_after([] {
        std::atexit(engine_destructor);
        const BackgroundWork work;
    });
    EXPECT_EQ(ending.status, 7);
    EXPECT_EQ(ending.output, "destructor ");
}

TEST(BackgroundWork, WhileWorkIsInFlightDestructorsDoNotRunAndTheStatusStays) {
    const Ending ending = exit_after([] {
        std::atexit(engine_destructor);
        BackgroundWork::guard_exit();
        BackgroundWork::enter();
    });
    EXPECT_EQ(ending.status, 7);
    EXPECT_EQ(ending.output, "");
}

TEST(BackgroundWork, WhatWasPrintedIsFlushed) {
    const Ending ending = exit_after([] {
        BackgroundWork::enter();
        std::printf("last words");
    });
    EXPECT_EQ(ending.output, "last words");
}

TEST(BackgroundWork, WorkOnAnotherThreadCountsToo) {
    const Ending ending = exit_after([] {
        std::atexit(engine_destructor);
        BackgroundWork::guard_exit();
        static std::atomic<bool> began{false};
        std::thread([] {
            const BackgroundWork work;
            began = true;
            std::this_thread::sleep_for(std::chrono::seconds(60));
        }).detach();
        while (!began) std::this_thread::yield();
    });
    EXPECT_EQ(ending.status, 7);
    EXPECT_EQ(ending.output, "");
}

// A library that is loaded later registers its destructors later, and exit handlers run last-in first-out.
TEST(BackgroundWork, GuardingAnewCoversALibraryLoadedSince) {
    const Ending ending = exit_after([] {
        BackgroundWork::enter();
        std::atexit(engine_destructor);
        BackgroundWork::guard_exit();
    });
    EXPECT_EQ(ending.status, 7);
    EXPECT_EQ(ending.output, "");
}

// Guards are limited, so that a server that compiles for years does not grow; the one of the last
// moment must be possible all the same.
TEST(BackgroundWork, TheLastGuardIsRegisteredHoweverManyCameBefore) {
    const Ending ending = exit_after([] {
        BackgroundWork::enter();
        for (int i = 0; i < 5000; ++i) BackgroundWork::guard_exit();
        std::atexit(engine_destructor);
        BackgroundWork::guard_exit_until_gone();
    });
    EXPECT_EQ(ending.status, 7);
    EXPECT_EQ(ending.output, "");
}

// An engine in the midst of compiling does that.
TEST(BackgroundWork, DestructorsRegisteredAfterTheLastGuardDoNotRun) {
    const Ending ending = exit_after([] {
        BackgroundWork::enter();
        BackgroundWork::guard_exit_until_gone();
        for (int i = 0; i < 20; ++i) {
            std::atexit(engine_destructor);
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    });
    EXPECT_EQ(ending.status, 7);
    EXPECT_EQ(ending.output, "");
}

struct SlowTail {
    ~SlowTail() {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const char text[] = "tail ";
        (void)!write(STDOUT_FILENO, text, sizeof text - 1);
    }
    bool used = false;
};
thread_local SlowTail slow_tail;

TEST(BackgroundWork, TheExitWaitsForTheLastStepsOfThreads) {
    const Ending ending = exit_after([] {
        std::atexit(engine_destructor);
        BackgroundWork::guard_exit();
        BackgroundWork::run_on_thread([] { slow_tail.used = true; });
        while (BackgroundWork::in_flight() != 0) std::this_thread::yield();
    });
    EXPECT_EQ(ending.status, 7);
    EXPECT_EQ(ending.output.substr(0, 5), "tail ");
    EXPECT_GT(ending.output.size(), 5u) << "the destructor of the engine did not run";
}

}  // namespace
}  // namespace enginery
