#include "composable/testing/log_recorder.hpp"

#include <string_view>

#include "composable/abi/version.h"
#include "composable/log.hpp"

namespace composable::testing {

LogRecorder::LogRecorder() {
  host_.struct_size = sizeof(host_);
  host_.abi_major = COMPOSABLE_ABI_MAJOR;
  host_.abi_minor = COMPOSABLE_ABI_MINOR;
  host_.impl = this;
  host_.log = [](const composable_host* host, std::uint32_t level, composable_str line) {
    constexpr std::string_view kLevels[] = {"", "debug ", "info ", "warn ", "error "};
    auto& lines = static_cast<LogRecorder*>(host->impl)->lines_;
    lines.push_back(std::string(kLevels[level]).append(line.ptr, line.len));
  };
  host_.query_extension = [](const composable_host*, composable_str) -> const void* {
    return nullptr;
  };
}

LogRecorder::Listening::Listening(LogRecorder& recorder)
    : before_(log::exchange_host(&recorder.host_)) {}

LogRecorder::Listening::~Listening() { log::exchange_host(before_); }

}  // namespace composable::testing
