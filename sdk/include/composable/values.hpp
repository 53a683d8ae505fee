// Field types with a meaning on the wire: a default, a secret, an instant, any JSON.
// Used in actions, state and configuration; plain values, on any thread.
#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace composable {

// A field that a client may leave out: `WithDefault<std::int64_t, 1> by;`. On the wire it is a T.
template <class T, auto kDefault>
struct WithDefault {
  T value = kDefault;

  constexpr operator const T&() const { return value; }
  constexpr WithDefault& operator=(T v) {
    value = v;
    return *this;
  }
};

// A field that never appears in a log, a metric, an error or a view. On the wire it is a T: in the
// log of events it is readable. Zeroing its memory is not promised.
template <class T>
struct Secret {
  T value{};
};

// An instant in UTC. On the wire RFC 3339 with milliseconds and Z: 2026-11-20T12:04:31.120Z.
struct Timestamp {
  using TimePoint = std::chrono::time_point<std::chrono::system_clock,
                                            std::chrono::duration<std::int64_t, std::micro>>;

  std::int64_t us = 0;  // Unix time in microseconds

  TimePoint time_point() const { return TimePoint(TimePoint::duration(us)); }
  // To the millisecond.
  std::string text() const;
  // Reads what `text` writes, with any number of fraction digits. False: `t` is not an instant.
  static bool parse(std::string_view t, Timestamp& out);

  friend Timestamp operator+(Timestamp at, TimePoint::duration by) { return {at.us + by.count()}; }
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

// Any JSON value, kept as its text: what a domain stores or passes on without looking inside.
struct Json {
  std::string text = "null";
};

}  // namespace composable
