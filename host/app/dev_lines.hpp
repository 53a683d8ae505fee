// DevLines prints the lines of `composable dev`: the time, the subject, the event. Any thread.
#pragma once
#include <string_view>

#include "reload/generation_record.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class DevLines {
 public:
  // `below` follows as it is, such as what the compiler printed. False: it could not be printed.
  bool say(std::string_view subject, std::string_view event, std::string_view more,
           std::string_view below = {});
  // What became of a generation, where that is of interest to its author.
  void say(const GenerationRecord& record);

 private:
  Mutex mutex_;
};

}  // namespace composable::host
