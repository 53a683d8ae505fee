// The coroutine machinery behind task.hpp: the frame of a running job and the promise of its
// coroutines. A job runs on one worker at a time.
#pragma once
#include <coroutine>
#include <cstdint>
#include <exception>
#include <optional>
#include <utility>

#include "composable/abi/jobs.h"

namespace composable {

template <class T = void>
class Task;

namespace task {

// One running job, between the host's calls. A job context is only valid inside a call, so
// everything of the job reaches it through here.
struct Frame {
  composable_job_context* host = nullptr;  // inside run and resume
  std::coroutine_handle<> leaf;            // what resume goes on with
  bool waits = false;                      // wake_after was called
  // Called when the job has ended: sends the result, or fills the error.
  composable_status (*finish)(Frame*, composable_error*) = nullptr;
  void (*destroy)(Frame*) = nullptr;
};

// Runs until the next sleep or the end. At the end it destroys the frame and sets `*frame` to null.
composable_status go_on(Frame** frame, composable_job_context* host, composable_error* error);

struct Sleep {
  std::uint64_t us;
  bool await_ready() const noexcept { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> sleeper) const noexcept {
    Frame* frame = sleeper.promise().frame;
    frame->leaf = sleeper;
    frame->waits = true;
    frame->host->wake_after(frame->host, us);
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  Frame* frame = nullptr;
  std::coroutine_handle<> caller = std::noop_coroutine();
  std::exception_ptr failure;

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct Return {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      return ended.promise().caller;
    }
    void await_resume() noexcept {}
  };
  Return final_suspend() noexcept { return {}; }
  // Awaiting anything else would be a job that is never resumed.
  Sleep await_transform(Sleep sleep) noexcept { return sleep; }
  template <class T>
  Task<T>&& await_transform(Task<T>&& task) noexcept {
    return std::move(task);
  }
  void unhandled_exception() noexcept { failure = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> result;
  Task<T> get_return_object() noexcept;
  void return_value(T value) { result = std::move(value); }
};
template <>
struct Promise<void> : PromiseBase {
  inline Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
};

}  // namespace task

}  // namespace composable
