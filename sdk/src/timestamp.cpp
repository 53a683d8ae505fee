// Instants as RFC 3339 text and back.
#include <chrono>
#include <cstdio>

#include "composable/schema.hpp"
#include "composable/values.hpp"

namespace composable {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

bool digits(std::string_view& text, std::size_t count, int& out) {
  if (text.size() < count) return false;
  out = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool skip(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// ".120" as microseconds; digits beyond the sixth are dropped. No fraction is 0.
bool fraction(std::string_view& text, std::int64_t& us) {
  us = 0;
  if (!skip(text, '.')) return true;
  std::int64_t unit = kSecond / 10;
  std::size_t count = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++count) {
    us += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return count > 0;
}

}  // namespace

std::string Timestamp::text() const {
  using std::chrono::days;
  const std::int64_t day = us >= 0 ? us / kDay : -((-us + kDay - 1) / kDay);
  const std::int64_t in_day = us - day * kDay;
  const std::chrono::year_month_day date{std::chrono::sys_days{days{day}}};
  char out[48];
  const int length = std::snprintf(
      out, sizeof(out), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(in_day / kSecond / 3600), static_cast<int>(in_day / kSecond / 60 % 60),
      static_cast<int>(in_day / kSecond % 60), static_cast<int>(in_day / 1000 % 1000));
  return std::string(out, static_cast<std::size_t>(length));
}

bool Timestamp::parse(std::string_view t, Timestamp& out) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::int64_t us = 0;
  const bool whole = digits(t, 4, year) && skip(t, '-') && digits(t, 2, month) && skip(t, '-') &&
                     digits(t, 2, day) && skip(t, 'T') && digits(t, 2, hour) && skip(t, ':') &&
                     digits(t, 2, minute) && skip(t, ':') && digits(t, 2, second) &&
                     fraction(t, us) && t == "Z";
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!whole || !date.ok() || hour > 23 || minute > 59 || second > 59) return false;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  out.us = days * kDay + (hour * 3600 + minute * 60 + second) * kSecond + us;
  return true;
}

namespace schema {
const TextAccess kTimestampAccess{
    "instant like \"2026-11-20T12:04:31.120Z\"",
    [](const void* t) { return static_cast<const Timestamp*>(t)->text(); },
    [](void* t, std::string_view text) {
      return Timestamp::parse(text, *static_cast<Timestamp*>(t));
    }};
}  // namespace schema

}  // namespace composable
