#include "child/progress.hpp"

#include <time.h>

namespace composable::host {

void ChildProgress::enter(Step next, std::string_view type_name, std::uint64_t at,
                          std::string_view of_stream) {
  step = next;
  type_size = static_cast<std::uint32_t>(type_name.copy(type, sizeof type));
  position = at;
  stream_size = static_cast<std::uint32_t>(of_stream.copy(stream, sizeof stream));
  since_us = machine_micros();
}

std::int64_t machine_micros() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

}  // namespace composable::host
