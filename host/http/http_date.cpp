#include "http/http_date.hpp"

#include <time.h>

#include <algorithm>

namespace composable::host {
namespace {

constexpr char kDays[] = "SunMonTueWedThuFriSat";
constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void put_digits(int value, int digits, char* out) {
  for (int i = digits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

void write_http_date(std::int64_t unix_seconds, std::array<char, kHttpDateLength>& out) {
  const time_t seconds = unix_seconds;
  tm t{};
  gmtime_r(&seconds, &t);
  static constexpr std::string_view kShape = "ddd, 00 mmm 0000 00:00:00 GMT";
  static_assert(kShape.size() == kHttpDateLength);
  char* p = out.data();
  kShape.copy(p, kShape.size());
  std::copy_n(kDays + 3 * t.tm_wday, 3, p);
  put_digits(t.tm_mday, 2, p + 5);
  std::copy_n(kMonths + 3 * t.tm_mon, 3, p + 8);
  put_digits(t.tm_year + 1900, 4, p + 12);
  put_digits(t.tm_hour, 2, p + 17);
  put_digits(t.tm_min, 2, p + 20);
  put_digits(t.tm_sec, 2, p + 23);
}

}  // namespace composable::host
