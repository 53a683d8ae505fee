// A CrashHistory holds the crashes that plugins have caused on this host, one line each, oldest
// first:
//
//     2026-11-20T22:03:05.123Z SIGSEGV orders 3 9f2c41d0… decide PlaceOrder
//
// The crash handler writes a line inside the signal. The next start reads them and blocks builds
// that crash too often. Pure; any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/fixed_text.hpp"

namespace composable::host {

// A value that holds views.
struct Crash {
  static constexpr std::string_view kOwnThread = "own_thread";
  static constexpr std::string_view kUnloadedCode = "unloaded_code";

  std::int64_t unix_micros = 0;
  std::string_view signal;         // SIGSEGV
  std::string_view domain, build;  // of the code that crashed; empty: no plugin's
  std::uint64_t generation = 0;
  std::string_view in;       // the hook; kOwnThread: of the plugin; kUnloadedCode: of a later call
  std::string_view subject;  // the action type, route or job; empty: none
};

// The line, with its newline. Safe inside a signal.
FixedText crash_record(const Crash& crash);
// Parses one line without its newline; the result holds views of it.
std::optional<Crash> parse_crash_record(std::string_view line);

// A build that crashed `limit` times, the first and the last at most `window_s` seconds apart, is
// blocked until the history is removed. Limit 0: none ever is.
struct CrashRule {
  std::uint64_t limit = 3;
  std::uint64_t window_s = 60;
};

class CrashHistory {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;

  // Lines that are no record are skipped and counted.
  explicit CrashHistory(std::string text);
  CrashHistory(const CrashHistory&) = delete;
  CrashHistory& operator=(const CrashHistory&) = delete;

  std::size_t unreadable() const { return unreadable_; }
  // The last of the crashes for which the build is blocked; null: it may run.
  const Crash* set_aside(std::string_view build, const CrashRule& rule) const;
  // The records that the rule may still need, at most kMaxBytes of the newest.
  std::string still_needed(std::int64_t now_micros, const CrashRule& rule) const;

 private:
  const std::string text_;
  std::vector<Crash> crashes_;
  std::size_t unreadable_ = 0;
};

}  // namespace composable::host
