// The table composable.jobs/1 of a domain with `using Jobs = std::variant<…>`. Used by plugin.hpp;
// threads as in abi/jobs.h.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "composable/glue.hpp"
#include "composable/task.hpp"

namespace composable::glue {

template <class D, class J>
struct JobCase {
  static constexpr bool kPlain = requires(J input, JobContext<D> context) {
    D::run(std::move(input), context);
  };
  static constexpr bool kWithConfig =
      requires(J input, JobContext<D> context, domain::Config<D> config) {
    D::run(std::move(input), context, std::move(config));
  };
  static_assert(kPlain || kWithConfig,
                "composable: this job has no run overload; write `static composable::Task<Result> "
                "run(J, composable::JobContext<Self>)` in the domain");
};

template <class D, class Variant>
struct JobsCase;
template <class D, class... J>
struct JobsCase<D, std::variant<J...>> {
  static constexpr bool kFine = ((sizeof(JobCase<D, J>) != 0) && ...);
  static constexpr bool kCanBeBuilt =
      ((JobCase<D, J>::kPlain || JobCase<D, J>::kWithConfig) && ...);
};
template <class D>
struct JobsCase<D, std::variant<std::monostate>> {
  static constexpr bool kFine = true;
  static constexpr bool kCanBeBuilt = true;
};

// A coroutine job of domain D that comes to a T.
template <class D, class T>
struct TaskFrame : task::Frame {
  std::optional<Task<T>> task;  // set at once; its context must point to a frame that exists

  TaskFrame() {
    finish = [](task::Frame* frame, composable_error* error) -> composable_status {
      try {
        auto* self = static_cast<TaskFrame*>(frame);
        if constexpr (std::is_void_v<T>) {
          self->task->take();
        } else {
          JobContext<D>(*frame).send(self->task->take());
        }
        return COMPOSABLE_OK;
      } catch (...) {
        return caught(error);
      }
    };
    destroy = [](task::Frame* frame) { delete static_cast<TaskFrame*>(frame); };
  }
};

template <class T>
inline constexpr bool kIsTask = false;
template <class T>
inline constexpr bool kIsTask<Task<T>> = true;

// Calls the overload of a job; a coroutine is only made, not begun.
template <class D, class J>
auto start_job(const composable_state* state, J input, JobContext<D> context) {
  if constexpr (JobCase<D, J>::kPlain) {
    return D::run(std::move(input), context);
  } else {
    return D::run(std::move(input), context, domain::Config<D>(instance<D>(state).config));
  }
}

template <class T>
struct TaskResult;
template <class T>
struct TaskResult<Task<T>> {
  using type = T;
};

template <class D, class J>
composable_status run_job(const composable_state* state, composable_bytes bytes,
                          composable_job_context* host, composable_job_frame** out,
                          composable_error* error) {
  J input{};
  const std::string_view json(reinterpret_cast<const char*>(bytes.ptr), bytes.len);
  if (!composable::decode(type_of<J>(), &input, json, kStored, error)) return COMPOSABLE_E_INVALID;
  using Result =
      decltype(start_job<D, J>(state, std::move(input), std::declval<const JobContext<D>&>()));
  if constexpr (kIsTask<Result>) {
    auto made = std::make_unique<TaskFrame<D, typename TaskResult<Result>::type>>();
    made->task.emplace(start_job<D, J>(state, std::move(input), JobContext<D>(*made)));
    made->task->start_in(*made);
    task::Frame* frame = made.release();
    const composable_status status = task::go_on(&frame, host, error);
    *out = reinterpret_cast<composable_job_frame*>(frame);
    return status;
  } else {
    task::Frame frame;
    frame.host = host;
    const JobContext<D> context(frame);
    if constexpr (std::is_void_v<Result>) {
      start_job<D, J>(state, std::move(input), context);
    } else {
      context.send(start_job<D, J>(state, std::move(input), context));
    }
    return COMPOSABLE_OK;
  }
}

template <class J>
consteval composable_job_type declare_job() {
  composable_job_type type{sizeof(type), 0, schema::TypeName<J>::kName};
  if (domain::kDeclared<J, RestartableJobKind>) type.flags |= COMPOSABLE_JOB_RESTARTABLE;
  return type;
}

template <class D, class Variant>
struct JobTable;
template <class D, class... J>
struct JobTable<D, std::variant<J...>> {
  static composable_status run(const composable_state* state, std::uint32_t job,
                               composable_bytes input, composable_job_context* host,
                               composable_job_frame** frame, composable_error* error) noexcept try {
    return with_type<std::variant<J...>>(job, error, [&]<class Input>() {
      return run_job<D, Input>(state, input, host, frame, error);
    });
  } catch (...) {
    return caught(error);
  }
  static composable_status resume(composable_job_frame* suspended, composable_job_context* host,
                                  composable_error* error) noexcept {
    auto* frame = reinterpret_cast<task::Frame*>(suspended);
    return task::go_on(&frame, host, error);
  }
  static void drop(composable_job_frame* suspended) noexcept {
    auto* frame = reinterpret_cast<task::Frame*>(suspended);
    frame->destroy(frame);
  }

  static constexpr composable_job_type kTypes[] = {declare_job<J>()...};
  static constexpr auto kPointers = []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    return std::array<const composable_job_type*, sizeof...(J)>{&kTypes[kIndex]...};
  }
  (std::make_index_sequence<sizeof...(J)>());
  static constexpr composable_jobs_v1 kTable{
      sizeof(composable_jobs_v1), sizeof...(J), kPointers.data(), &run, &resume, &drop};
};

}  // namespace composable::glue
