#include "runtime/fixed_text.hpp"

#include <chrono>

namespace composable::host {

FixedText& FixedText::text(std::string_view s) {
  for (const char c : s) put(c);
  return *this;
}

FixedText& FixedText::word(std::string_view s, std::size_t limit) {
  for (const char c : s.substr(0, limit)) {
    put(c > ' ' && c <= '~' && c != '"' && c != '\\' && c != '=' ? c : '_');
  }
  return *this;
}

FixedText& FixedText::number(std::uint64_t n, std::size_t width, std::uint64_t base) {
  std::array<char, 20> digits;
  std::size_t at = digits.size();
  do {
    digits[--at] = "0123456789abcdef"[n % base];
    n /= base;
  } while (n != 0);
  while (digits.size() - at < width && at > 0) digits[--at] = '0';
  return text({digits.data() + at, digits.size() - at});
}

// By the calendar's arithmetic alone: gmtime may take a lock.
FixedText& FixedText::time(std::int64_t unix_micros) {
  using namespace std::chrono;
  const sys_time<microseconds> at{microseconds(unix_micros)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<milliseconds>(at - day));
  number(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4).text("-");
  number(static_cast<unsigned>(date.month()), 2).text("-");
  number(static_cast<unsigned>(date.day()), 2).text("T");
  number(static_cast<std::uint64_t>(clock.hours().count()), 2).text(":");
  number(static_cast<std::uint64_t>(clock.minutes().count()), 2).text(":");
  number(static_cast<std::uint64_t>(clock.seconds().count()), 2).text(".");
  return number(static_cast<std::uint64_t>(clock.subseconds().count()), 3).text("Z");
}

}  // namespace composable::host
