#include "crash/crash_history.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/time/time.h"

namespace composable::host {
namespace {

constexpr std::size_t kMaxWord = 128;
constexpr std::string_view kNone = "-";

std::int64_t window_micros(const CrashRule& rule) {
  return static_cast<std::int64_t>(rule.window_s) * 1'000'000;
}

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

FixedText crash_record(const Crash& crash) {
  FixedText line;
  line.time(crash.unix_micros).text(" ").word(crash.signal, kMaxWord);
  line.text(" ").word(crash.domain, kMaxWord).text(" ").number(crash.generation);
  line.text(" ").word(crash.build, kMaxWord).text(" ").word(crash.in, kMaxWord);
  return line.text(" ").word(crash.subject.empty() ? kNone : crash.subject, kMaxWord).text("\n");
}

std::optional<Crash> parse_crash_record(std::string_view line) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(absl::string_view(line.data(), line.size()), ' ');
  if (words.size() != 7) return std::nullopt;
  const auto word = [&](std::size_t n) {
    return std::string_view(words[n].data(), words[n].size());
  };
  for (std::size_t n = 0; n < words.size(); ++n) {
    if (word(n).empty() || word(n).size() > kMaxWord) return std::nullopt;
  }
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, words[0], &time, nullptr)) return std::nullopt;
  Crash crash{.unix_micros = absl::ToUnixMicros(time),
              .signal = word(1),
              .domain = word(2),
              .build = word(4),
              .in = word(5),
              .subject = word(6) == kNone ? std::string_view() : word(6)};
  const std::string_view number = word(3);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), crash.generation);
  const bool whole = error == std::errc() && end == number.data() + number.size();
  if (!whole || !crash.signal.starts_with("SIG") || !is_hex(crash.build)) return std::nullopt;
  return crash;
}

CrashHistory::CrashHistory(std::string text) : text_(std::move(text)) {
  for (std::string_view rest = text_; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    // A line without an end was cut off while it was written.
    const auto crash = end == rest.npos ? std::nullopt : parse_crash_record(rest.substr(0, end));
    if (crash) {
      crashes_.push_back(*crash);
    } else {
      ++unreadable_;
    }
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
}

const Crash* CrashHistory::set_aside(std::string_view build, const CrashRule& rule) const {
  if (rule.limit == 0) return nullptr;
  std::vector<const Crash*> of_build;
  for (const Crash& crash : crashes_) {
    if (crash.build == build) of_build.push_back(&crash);
  }
  std::stable_sort(of_build.begin(), of_build.end(),
                   [](const Crash* a, const Crash* b) { return a->unix_micros < b->unix_micros; });
  for (std::size_t last = of_build.size(); last >= rule.limit; --last) {
    const Crash& end = *of_build[last - 1];
    const Crash& begin = *of_build[last - rule.limit];
    if (end.unix_micros - begin.unix_micros <= window_micros(rule)) return &end;
  }
  return nullptr;
}

std::string CrashHistory::still_needed(std::int64_t now_micros, const CrashRule& rule) const {
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  for (auto crash = crashes_.rbegin(); crash != crashes_.rend(); ++crash) {
    const bool recent = now_micros - crash->unix_micros <= window_micros(rule);
    if (!recent && set_aside(crash->build, rule) == nullptr) continue;
    lines.emplace_back(crash_record(*crash).view());
    bytes += lines.back().size();
    if (bytes > kMaxBytes) {
      lines.pop_back();
      break;
    }
  }
  std::string text;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) text += *line;
  return text;
}

}  // namespace composable::host
