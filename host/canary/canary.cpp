#include "canary/canary.hpp"

#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/escaped.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSendSize = 64 * 1024;
constexpr std::size_t kStatePart = std::size_t{1} << 20;
constexpr std::size_t kMaxQuoted = 400;

std::string in_step(const ChildProgress& progress) {
  std::string type;
  append_escaped(type, {progress.type, progress.type_size});
  switch (progress.step) {
    case ChildProgress::kConstructors:
      return "in a static constructor";
    case ChildProgress::kEntry:
      return "in entry";
    case ChildProgress::kCreate:
      return "in create";
    case ChildProgress::kEvolve:
      return absl::StrFormat("while evolving %s of stream %s at position %d", type,
                             in_quotes({progress.stream, progress.stream_size}), progress.position);
    case ChildProgress::kImport:
      return absl::StrFormat("while importing a state of schema %d", progress.position);
    case ChildProgress::kUnload:
      return "in destroy or a static destructor";
    case ChildProgress::kWaiting:
      return "while it waited for the next event";
    default:
      return "outside of the plugin";
  }
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? absl::StrFormat("%d", signal) : absl::StrFormat("SIG%s", name);
}

// Of a canary that ended without a verdict.
absl::Status describe(const ChildEnd& end, const CanaryTrial& trial) {
  const std::string where = in_step(end.progress);
  const double seconds = std::chrono::duration<double>(trial.deadline).count();
  const std::string wrote =
      end.wrote.empty() ? "" : "; it wrote " + in_quotes(end.wrote, kMaxQuoted);
  if (end.progress.step == ChildProgress::kStarting) {
    const std::string how = end.at_deadline ? absl::StrFormat("was given up after %g s", seconds)
                            : end.signal != 0
                                ? "ended with signal " + signal_name(end.signal)
                                : absl::StrFormat("ended with exit code %d", end.exit_code);
    return absl::UnavailableError(absl::StrFormat(
        "it could not be tried: the canary %s before it began; look at the machine and at the "
        "host's executable%s",
        how, wrote));
  }
  if (end.at_deadline) {
    const bool hung = end.in_step_us * 2 > std::chrono::microseconds(trial.deadline).count() &&
                      end.progress.step != ChildProgress::kWaiting;
    const std::string what =
        hung ? absl::StrFormat(
                   "its trial hung %s for %g s; that must return at once, since others wait", where,
                   seconds)
             : absl::StrFormat(
                   "its trial was not over after %g s, it ended %s; make decode and evolve faster, "
                   "or restart "
                   "the host with it",
                   seconds, where);
    return absl::DeadlineExceededError(what + wrote);
  }
  if (end.signal != 0) {
    return absl::AbortedError(absl::StrFormat("its trial ended with signal %s %s; fix the plugin%s",
                                              signal_name(end.signal), where, wrote));
  }
  return absl::AbortedError(
      absl::StrFormat("its trial ended with exit code %d %s; a plugin must not end the process%s",
                      end.exit_code, where, wrote));
}

// The host's part of one trial.
class Conversation {
 public:
  Conversation(const CanaryTrial& trial, ChildProcess& process)
      : trial_(trial), process_(process) {}

  // The verdict, or Aborted when the process gave none; its end says why.
  absl::StatusOr<CanaryReport> hold(const fs::path& run_directory) {
    FrameWriter(bytes_, FrameKind::kCandidate)
        .text(trial_.file.native())
        .text(run_directory.native());
    flush();
    auto frame = process_.receive();
    if (frame && frame->kind == FrameKind::kNamed) {
      const std::string domain(PayloadReader(frame->payload).text());
      if (auto s = send_inputs(domain); !s.ok()) return s;
      frame = process_.receive();
    }
    if (!frame || frame->kind != FrameKind::kVerdict) return no_verdict();
    return verdict(frame->payload);
  }

  bool without_verdict() const { return without_verdict_; }

 private:
  // An error when the host's own side failed; a canary that has ended gives its reason elsewhere.
  absl::Status send_inputs(const std::string& domain) {
    const std::string config = trial_.config ? trial_.config(domain) : "{}";
    FrameWriter(bytes_, FrameKind::kConfig).text(config);
    if (!flush()) return absl::OkStatus();
    for (const auto send_more : {&Conversation::send_events, &Conversation::send_state}) {
      const absl::StatusOr<bool> listens = (this->*send_more)(domain);
      if (!listens.ok()) {
        return absl::UnavailableError(
            absl::StrFormat("it could not be tried: %s", std::string(listens.status().message())));
      }
      if (!*listens) return absl::OkStatus();
    }
    FrameWriter(bytes_, FrameKind::kEnd);
    flush();
    return absl::OkStatus();
  }

  // False: the canary has ended.
  absl::StatusOr<bool> send_events(const std::string& domain) {
    if (!trial_.events) return true;
    bool listens = true;
    const absl::Status sent = trial_.events(domain, [&](const EventStore::EventView& event) {
      add(event);
      listens = bytes_.size() < kSendSize || flush();
      return listens ? absl::OkStatus() : absl::CancelledError("the canary has ended");
    });
    if (listens && !sent.ok()) return sent;
    return listens;
  }

  absl::StatusOr<bool> send_state(const std::string& domain) {
    if (!trial_.state) return true;
    const absl::StatusOr<std::optional<ExportedState>> state = trial_.state(domain);
    if (!state.ok()) return state.status();
    if (!*state) return true;
    std::string_view rest = (*state)->data;
    do {
      FrameWriter(bytes_, FrameKind::kState)
          .number((*state)->schema)
          .number((*state)->data.size())
          .text(rest.substr(0, kStatePart));
      rest.remove_prefix(std::min(rest.size(), kStatePart));
      if (!flush()) return false;
    } while (!rest.empty());
    return true;
  }

  void add(const EventStore::EventView& event) {
    FrameWriter(bytes_, FrameKind::kEvent)
        .text(event.stream)
        .number(event.version)
        .number(event.position)
        .number(static_cast<std::uint64_t>(event.recorded_at_us))
        .text(event.actor)
        .text(event.correlation.text())
        .text(event.type)
        .text(event.data);
  }

  bool flush() {
    const bool sent = process_.send(bytes_);
    bytes_.clear();
    return sent;
  }

  absl::StatusOr<CanaryReport> verdict(std::string_view payload) {
    PayloadReader reader(payload);
    if (reader.number() == 0) {
      const auto code = static_cast<absl::StatusCode>(reader.number());
      const std::string_view text = reader.text();
      if (!reader.complete()) return no_verdict();
      return absl::Status(code, absl::string_view(text.data(), text.size()));
    }
    CanaryReport report;
    report.domain = reader.text();
    report.version = reader.text();
    report.build = reader.text();
    report.held = reader.text();
    report.events = reader.number();
    report.imported = reader.number() != 0;
    report.state_bytes = reader.number();
    for (auto* time : {&report.load, &report.evolve, &report.import}) {
      *time = std::chrono::microseconds(reader.number());
    }
    if (!reader.complete()) return no_verdict();
    return report;
  }

  absl::Status no_verdict() {
    without_verdict_ = true;
    return absl::AbortedError("no verdict");
  }

  const CanaryTrial& trial_;
  ChildProcess& process_;
  std::string bytes_;
  bool without_verdict_ = false;
};

absl::Status about(const fs::path& file, const absl::Status& status) {
  const std::string where = file.string() + ": ";
  const std::string_view text(status.message().data(), status.message().size());
  if (text.starts_with(where)) return status;
  return absl::Status(status.code(), absl::StrFormat("%s%s", where, text));
}

}  // namespace

Canary::Canary(const RunDirectory& run, fs::path program)
    : run_directory_(run.path()), program_(std::move(program)) {}

absl::StatusOr<CanaryReport> Canary::try_candidate(const CanaryTrial& trial) {
  tidy();
  std::string directory = (run_directory_ / "canary-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) {
    return absl::UnavailableError(absl::StrFormat(
        "%s: it could not be tried: %s: %s; check the data directory and the room on its disk",
        trial.file.string(), run_directory_.string(), std::strerror(errno)));
  }
  trial_directory_ = directory;
  const auto process = ChildProcess::start(program_, "canary", trial.deadline, &given_up_);
  if (!process.ok()) {
    return absl::UnavailableError(absl::StrFormat("%s: it could not be tried: %s",
                                                  trial.file.string(),
                                                  std::string(process.status().message())));
  }
  Conversation conversation(trial, **process);
  auto report = conversation.hold(trial_directory_);
  const ChildEnd end = (*process)->end();
  if (given_up_.load(std::memory_order_relaxed)) {
    return absl::UnavailableError(absl::StrFormat(
        "%s: it could not be tried: the host is shutting down", trial.file.string()));
  }
  if (conversation.without_verdict()) return about(trial.file, describe(end, trial));
  if (!report.ok()) return about(trial.file, report.status());
  return report;
}

// Includes files that a killed canary has left.
void Canary::tidy() {
  std::error_code ignored;
  if (!trial_directory_.empty()) fs::remove_all(trial_directory_, ignored);
  trial_directory_.clear();
}

}  // namespace composable::host
