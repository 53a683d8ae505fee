// Jobs: work that may block or wait, off the loops, on the worker pool.
//
//   struct FetchRate { std::string currency; };                        // its input, in `Jobs`
//   static composable::Task<RateFetched> run(FetchRate in, composable::JobContext<Self> job) {
//     co_await composable::sleep(250ms);
//     co_return RateFetched{…};                                        // goes to decide
//   }
//
// A coroutine takes its inputs by value, since it outlives its caller. It may await sleep and other
// tasks. While it sleeps it holds no worker. A plain function that returns a struct, or void, is a
// job too; it may block, and holds a worker meanwhile. An exception ends the job and its cause,
// with 500 for a waiting route; the text is in the log. A job gets its input and its configuration,
// never the state.
#pragma once
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "composable/abi/jobs.h"
#include "composable/domain.hpp"
#include "composable/task_frame.hpp"

namespace composable {

// A Task is a coroutine that has not started. Destroying it destroys everything that it holds.
template <class T>
class Task {
 public:
  using promise_type = task::Promise<T>;

  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Awaited by another task, it runs at once; the other one continues after it.
  bool await_ready() const noexcept { return false; }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> caller) noexcept {
    handle_.promise().frame = caller.promise().frame;
    handle_.promise().caller = caller;
    return handle_;
  }
  T await_resume() { return take(); }

  // For the glue: makes this the task that the frame runs.
  void start_in(task::Frame& frame) {
    handle_.promise().frame = &frame;
    frame.leaf = handle_;
  }
  // Returns the result once it has ended, or rethrows its exception.
  T take() {
    promise_type& promise = handle_.promise();
    if (promise.failure) std::rethrow_exception(promise.failure);
    if constexpr (!std::is_void_v<T>) return std::move(*promise.result);
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace task {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}
}  // namespace task

// `co_await sleep(time)` suspends the job; it resumes on any worker, earlier when it is cancelled.
// A negative time counts as zero.
inline task::Sleep sleep(std::chrono::duration<std::int64_t, std::micro> time) {
  return {static_cast<std::uint64_t>(time.count() > 0 ? time.count() : 0)};
}

// A JobContext connects a job to its domain. Copies are equal. Use it inside the job only, on the
// thread that runs it.
template <class D>
class JobContext {
 public:
  explicit JobContext(task::Frame& frame) : frame_(&frame) {}

  // Sends a command or internal action to decide, now, any number of times. False: the host no
  // longer takes it, since the job was cancelled or replaced, or the host shuts down.
  template <class A>
  bool send(const A& action) const {
    static_assert(domain::kHasAction<D, A> && domain::kGoesToDecide<D, A>,
                  "composable: a job sends commands and internal actions of its domain; add the "
                  "action to `Action`");
    const composable_action sent{domain::kNumber<D, A>, COMPOSABLE_FORM_NATIVE, &action, sizeof(A)};
    return frame_->host->send(frame_->host, &sent) >= 0;
  }
  // True when the job was cancelled or its generation is being retired: end soon. What the job
  // sends afterwards is refused. Cheap enough to be called in every iteration of a loop.
  bool cancelled() const { return frame_->host->cancelled(frame_->host) != 0; }

 private:
  task::Frame* frame_;
};

}  // namespace composable
