// Crashes and their records, on a clock that is written into them.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "crash/crash_history.hpp"

namespace composable::host {

inline constexpr std::int64_t kSecond = 1'000'000;
inline constexpr std::int64_t kNoon = 1'767'268'800 * kSecond;  // 2026-01-01T12:00:00Z
inline constexpr CrashRule kRule{.limit = 3, .window_s = 60};

inline Crash crash(std::int64_t at_s, std::string_view build = "aaaa") {
  return {.unix_micros = kNoon + at_s * kSecond,
          .signal = "SIGSEGV",
          .domain = "orders",
          .build = build,
          .generation = 1,
          .in = "decide",
          .subject = "PlaceOrder"};
}

inline std::string records(std::initializer_list<Crash> crashes) {
  std::string text;
  for (const Crash& one : crashes) text += crash_record(one).view();
  return text;
}

}  // namespace composable::host
