// DevLines prints the lines of `composable dev`: the time, the subject, the event. Any thread.
#pragma once
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "reload/generation_record.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class DevLines {
 public:
  // `below` is printed after the line as it is, such as a compiler's output. The first line that
  // cannot be printed is reported on standard error, unless its reader has left.
  void say(std::string_view subject, std::string_view event, std::string_view more,
           std::string_view below = {});
  // Prints the states of a generation that concern its author.
  void say(const GenerationRecord& record);

 private:
  Mutex mutex_;
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace composable::host
