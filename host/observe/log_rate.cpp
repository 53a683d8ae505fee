#include "observe/log_rate.hpp"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "observe/log.hpp"

namespace composable::host {

bool LogRate::admit(LogLevel level, std::string_view domain, EventName event,
                    std::string_view detail) {
  if (!log_enabled(level, domain)) return false;
  const std::int64_t now = clock_.steady_micros();
  std::string key(domain);
  key.append(1, '\0').append(event.text()).append(1, '\0').append(detail);
  Kind over;
  bool admitted = false;
  {
    const MutexLock lock(mutex_);
    auto at = kinds_.find(key);
    if (at == kinds_.end()) {
      const bool full = kinds_.size() >= limits_.kinds;
      at = kinds_.try_emplace(full ? std::string() : std::move(key)).first;
      if (at->second.event.empty()) {
        at->second = {level,
                      std::string(domain),
                      full ? "others" : std::string(event.text()),
                      full ? std::string() : std::string(detail),
                      now,
                      0,
                      0};
      }
    }
    Kind& kind = at->second;
    if (now - kind.window_begin_us >= limits_.window_us) {
      over = kind;
      kind.window_begin_us = now;
      kind.written = 0;
      kind.left_out = 0;
    }
    admitted = kind.written < limits_.lines;
    if (admitted) {
      ++kind.written;
    } else {
      ++kind.left_out;
    }
  }
  report(over);
  return admitted;
}

void LogRate::tick() { report_older_than(limits_.window_us); }

void LogRate::finish() { report_older_than(0); }

void LogRate::report_older_than(std::int64_t age_us) {
  const std::int64_t now = clock_.steady_micros();
  std::vector<Kind> over;
  {
    const MutexLock lock(mutex_);
    for (auto at = kinds_.begin(); at != kinds_.end();) {
      if (now - at->second.window_begin_us < age_us) {
        ++at;
        continue;
      }
      over.push_back(std::move(at->second));
      at = kinds_.erase(at);
    }
  }
  for (const Kind& kind : over) report(kind);
}

void LogRate::report(const Kind& over) {
  if (over.left_out == 0) return;
  log_line(over.level, over.domain, "lines_left_out",
           {{"of", over.event},
            {"detail", over.detail},
            {"lines", over.left_out},
            {"message", absl::StrCat(over.left_out, " more like this were not written")}});
}

LogRate& log_rate() {
  static SystemClock clock;
  static LogRate* const rate = new LogRate(clock);  // lines are written while statics go
  return *rate;
}

}  // namespace composable::host
