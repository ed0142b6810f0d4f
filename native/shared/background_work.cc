#include "background_work.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#if defined(__linux__)
#include <unistd.h>
#endif

namespace enginery {
namespace {

std::atomic<size_t> work_in_flight{0};
std::atomic<unsigned> guards_registered{0};
constexpr unsigned kMaxGuards = 1024;

// Threads of run_on_thread. Those that have returned are joined when the next one starts, or at the exit.
struct Threads {
    struct Entry {
        std::thread thread;
        std::atomic<bool> returned{false};
    };

    // Never destroyed: threads may end at any time.
    static Threads& all() {
        static Threads* threads = new Threads;
        return *threads;
    }

    void start(std::function<void()> work) {
        const std::lock_guard<std::mutex> lock(mutex);
        join_returned();
        entries.emplace_back();
        Entry& entry = entries.back();
        try {
            auto in_flight = std::make_unique<BackgroundWork>();
            entry.thread = std::thread([&entry, work = std::move(work), in_flight = std::move(in_flight)]() mutable {
                work();
                work = nullptr;
                entry.returned.store(true);
                in_flight.reset();
            });
        } catch (...) {
            entries.pop_back();
            throw;
        }
    }

    // Waits at most for the tails of threads.
    void join_returned() {
        for (auto entry = entries.begin(); entry != entries.end();) {
            if (!entry->returned.load()) {
                ++entry;
                continue;
            }
            entry->thread.join();
            entry = entries.erase(entry);
        }
    }

    std::mutex mutex;
    std::list<Entry> entries;
};

#if defined(__GLIBC__)
// glibc's on_exit alone tells a handler the exit status. Elsewhere (musl, macOS, Windows) there is no such call; those
// platforms need their own answer here when they are supported.
void leave_at_once(int status, void*) {
    if (work_in_flight.load() != 0) {
        std::fflush(nullptr);
        _exit(status);
    }
    Threads& threads = Threads::all();
    const std::lock_guard<std::mutex> lock(threads.mutex);
    threads.join_returned();
}

// An engine that compiles for the first time registers destructors of its own all the time, also between the moment
// when the process is known to exit and the exit itself; they would run before ours, under the compilation. So ours is
// registered again and again until the process is gone: whatever comes last, ours follows within microseconds.
void keep_guarding() noexcept {
    static std::atomic<bool> started{false};
    if (work_in_flight.load() == 0 || started.exchange(true)) return;
    try {
        std::thread([] {
            constexpr int registrations = 100'000;  // some seconds and 3 MB, where an exit handler takes its time
            for (int i = 0; i < registrations; i++) {
                on_exit(leave_at_once, nullptr);
                std::this_thread::sleep_for(std::chrono::microseconds(10));
            }
        }).detach();
    } catch (const std::system_error&) {
        // No thread can be started: the one registration has to do.
    }
}
#endif

}  // namespace

void BackgroundWork::enter() noexcept {
    work_in_flight.fetch_add(1);
    if (guards_registered.load() == 0) guard_exit();
}

void BackgroundWork::leave() noexcept {
    work_in_flight.fetch_sub(1);
}

size_t BackgroundWork::in_flight() noexcept {
    return work_in_flight.load();
}

void BackgroundWork::run_on_thread(std::function<void()> work) {
    Threads::all().start(std::move(work));
}

void BackgroundWork::guard_exit() noexcept {
#if defined(__GLIBC__)
    if (guards_registered.fetch_add(1) < kMaxGuards) on_exit(leave_at_once, nullptr);
#endif
}

void BackgroundWork::guard_exit_until_gone() noexcept {
#if defined(__GLIBC__)
    // A worker's environment ends with the same event as the process's.
    if (gettid() != getpid()) return;
    on_exit(leave_at_once, nullptr);
    keep_guarding();
#endif
}

}  // namespace enginery
