#pragma once

#include <cstddef>
#include <functional>

namespace enginery {

// Counts native threads and engine calls that run outside the JavaScript thread.
//
// A process may exit while an engine compiles or infers. Neither can be stopped, and running the
// engine's static destructors under it crashes. So while any work is in flight, the exit handler
// leaves through _exit with the status that exit() was given. JavaScript's own 'exit' handlers and
// its synchronous writes have run by then.
class BackgroundWork {
public:
    BackgroundWork() noexcept { enter(); }
    ~BackgroundWork() { leave(); }
    BackgroundWork(const BackgroundWork&) = delete;
    BackgroundWork& operator=(const BackgroundWork&) = delete;

    // The same without a scope, for work that ends on another thread.
    static void enter() noexcept;
    static void leave() noexcept;

    static size_t in_flight() noexcept;

    // Registers the exit handler anew. Handlers run last-in first-out, and every plugin that an
    // engine loads registers its own destructors: the later this is called, the earlier ours runs.
    // Does nothing after so many calls, since each costs a few bytes for the life of the process.
    static void guard_exit() noexcept;

    // The same, without that limit and over and over, for when the process is about to exit.
    static void guard_exit_until_gone() noexcept;

    // Runs `work` on a thread of its own; it is in flight from now until it has returned. When the
    // process exits just then, the exit handler waits for what every thread still does afterwards:
    // destructors of thread-local variables, the engine's among them, which must not run beside the
    // engine's static ones. Throws std::system_error where no thread can be started.
    static void run_on_thread(std::function<void()> work);
};

}  // namespace enginery
