#include "crash/crash_line.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kMaxWord = 128;

class Line {
 public:
  Line(LogFormat format, const Crash& crash) : json_(format == LogFormat::kJson) {
    const std::string_view domain = crash.domain.empty() ? "host" : crash.domain;
    out_.text(json_ ? "{\"time\":\"" : "").time(crash.unix_micros);
    out_.text(json_ ? "\",\"level\":\"error\",\"domain\":\"" : " error ").word(domain, kMaxWord);
    out_.text(json_ ? "\",\"event\":\"crashed\"" : " crashed");
  }

  void word(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    quote(begin(key)).word(value, kMaxWord);
    quote(out_);
  }
  void number(std::string_view key, std::int64_t value) {
    begin(key).number(static_cast<std::uint64_t>(value));
  }
  void address(std::string_view key, std::uintptr_t value) {
    quote(begin(key)).text("0x").number(value, 1, 16);
    quote(out_);
  }
  void unloaded(const code_ranges::Owner& owner) {
    begin("detail").text("\"call into the unloaded generation ").word(owner.domain, kMaxWord);
    out_.text("#").number(owner.generation).text("\"");
  }

  FixedText& end() { return out_.text(json_ ? "}\n" : "\n"); }

 private:
  FixedText& begin(std::string_view key) {
    return out_.text(json_ ? ",\"" : " ").text(key).text(json_ ? "\":" : "=");
  }
  FixedText& quote(FixedText& out) { return out.text(json_ ? "\"" : ""); }

  const bool json_;
  FixedText out_;
};

}  // namespace

FixedText crash_line(LogFormat format, const CrashReport& report) {
  Line line(format, report.crash);
  line.word("signal", report.crash.signal);
  if (report.address) line.address("address", *report.address);
  if (report.sent_by) line.number("sent_by", *report.sent_by);
  line.word("in", report.crash.in);
  if (!report.counts.empty()) line.word(report.counts, report.crash.subject);
  if (report.crash.generation != 0) {
    line.number("generation", static_cast<std::int64_t>(report.crash.generation));
  }
  line.word("build", report.crash.build);
  if (report.unloaded) line.unloaded(*report.unloaded);
  return line.end();
}

}  // namespace composable::host
