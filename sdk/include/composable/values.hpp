// Field types with a meaning on the wire: a default, a secret, an instant, any JSON. For actions,
// state and configuration. Plain values without locks: any thread, like a std::string. Each is
// written in JSON as its comment says; reading anything else fails with the field's path,
// COMPOSABLE_E_INVALID, which a client sees as 400.
#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace composable {

// A field that a client may leave out, and which then has the default: `WithDefault<std::int64_t,
// 1> by;`. On the wire it is a T. Written always.
template <class T, auto kDefault>
struct WithDefault {
  T value = kDefault;

  constexpr operator const T&() const { return value; }
  constexpr WithDefault& operator=(T v) {
    value = v;
    return *this;
  }
};

// A field that never appears in a log line, a metric, an error or a view. On the wire it is a T,
// and so in the stored events: keep secrets out of events. Its memory is not zeroed.
template <class T>
struct Secret {
  T value{};
};

// An instant in UTC, in microseconds. On the wire it is RFC 3339 with milliseconds and Z,
// 2026-11-20T12:04:31.120Z: microseconds are lost there.
struct Timestamp {
  using TimePoint = std::chrono::time_point<std::chrono::system_clock,
                                            std::chrono::duration<std::int64_t, std::micro>>;

  std::int64_t us = 0;  // Unix time in microseconds

  TimePoint time_point() const { return TimePoint(TimePoint::duration(us)); }
  // RFC 3339 in UTC, to the millisecond.
  std::string text() const;
  // Reads what `text` writes, with any number of fraction digits. False: `t` is not an instant, and
  // `out` is unchanged.
  static bool parse(std::string_view t, Timestamp& out);

  friend Timestamp operator+(Timestamp at, TimePoint::duration by) { return {at.us + by.count()}; }
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

// Any JSON value, kept as its text: for values that a domain stores or passes on without reading
// them. The text must be one JSON value: it is written as it is.
struct Json {
  std::string text = "null";
};

}  // namespace composable
