// The lines that `composable dev` prints: the time, what it is about, what happened. Any thread.
#pragma once
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "reload/generation_record.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class DevLines {
 public:
  // `below` follows as it is, such as what the compiler printed. The first line that cannot be
  // printed is told on standard error, unless its reader has left.
  void say(std::string_view subject, std::string_view event, std::string_view more,
           std::string_view below = {});
  // What became of a generation, where that is of interest to its author.
  void say(const GenerationRecord& record);

 private:
  Mutex mutex_;
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace composable::host
