#include "background_work.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

#if defined(__linux__)
#include <unistd.h>
#endif

namespace enginery {
namespace {

std::atomic<size_t> work_in_flight{0};
std::atomic<unsigned> guards_registered{0};
constexpr unsigned kMaxGuards = 1024;

#if defined(__GLIBC__)
void leave_at_once(int status, void*) {
    if (work_in_flight.load() != 0) {
        std::fflush(nullptr);
        _exit(status);
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

void BackgroundWork::guard_exit() noexcept {
    if (guards_registered.fetch_add(1) < kMaxGuards) guard_exit_now();
}

void BackgroundWork::guard_exit_now() noexcept {
#if defined(__GLIBC__)
    // glibc's on_exit alone is told the exit status. Elsewhere (musl, macOS, Windows) there is no
    // such call; those platforms need their own answer here when they are supported.
    on_exit(leave_at_once, nullptr);
#endif
}

}  // namespace enginery
