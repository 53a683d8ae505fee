#include "verify/plugin_task.hpp"

#include <stdlib.h>
#include <string.h>

#include <cstdio>
#include <system_error>

#include "absl/strings/str_format.h"
#include "child/channel.hpp"
#include "child/child_process.hpp"
#include "observe/escaped.hpp"
#include "verify/domain_report.hpp"
#include "verify/plugin_under_test.hpp"
#include "verify/test_list.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxQuoted = 400;

std::string frame_of(const PluginTask& task, const fs::path& directory) {
  std::string bytes;
  FrameWriter(bytes, FrameKind::kPluginTask)
      .text(directory.native())
      .text(task.file.native())
      .text(task.test)
      .text(task.config)
      .text(task.against.native())
      .number(task.seed)
      .number(task.style.json)
      .number(task.style.schema)
      .number(task.style.routes);
  return bytes;
}

// Of a process that ended without an outcome.
std::string describe(const ChildEnd& end, std::chrono::milliseconds deadline) {
  const double seconds = std::chrono::duration<double>(deadline).count();
  std::string where = "outside of the plugin";
  if (end.progress.type_size != 0) {
    where = "in ";
    append_escaped(where, {end.progress.type, end.progress.type_size});
  }
  const std::string wrote =
      end.wrote.empty() ? "" : "; it wrote " + in_quotes(end.wrote, kMaxQuoted);
  if (end.progress.step == ChildProgress::kStarting) {
    return absl::StrFormat(
        "it could not be tried: the process for it ended before it began; look at the machine and "
        "at the host's executable%s",
        wrote);
  }
  if (end.at_deadline) {
    return absl::StrFormat("it was not over after %g s, it ended %s; that must return at once%s",
                           seconds, where, wrote);
  }
  if (end.signal != 0) {
    const char* name = ::sigabbrev_np(end.signal);
    const std::string signal =
        name == nullptr ? absl::StrFormat("signal %d", end.signal) : absl::StrFormat("SIG%s", name);
    return absl::StrFormat("it crashed with %s %s; fix the plugin, --in-process helps a debugger%s",
                           signal, where, wrote);
  }
  return absl::StrFormat("it ended the process with exit code %d %s; a plugin must not do that%s",
                         end.exit_code, where, wrote);
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  std::error_code error;
  std::string pattern = (fs::temp_directory_path(error) / "composable-XXXXXX").string();
  if (!error && ::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

TestOutcome do_plugin_task(const PluginTask& task, const fs::path& directory,
                           ChildProgress& progress) {
  progress.enter(ChildProgress::kPluginTask);
  const auto run = RunDirectory::open(directory);
  if (!run.ok()) return {Verdict::kFailed, std::string(run.status().message())};
  PluginUnderTest tested(task.file, task.config, task.seed, **run, progress, task.against);
  try {
    if (task.test.empty()) return {Verdict::kPassed, domain_report(tested, task.style)};
    const VerifyTest* const test = find_test(task.test);
    if (test == nullptr) return {Verdict::kSkipped, "there is no such test"};
    test->run(tested);
    return {};
  } catch (const TestEnd& end) {
    return end.outcome;
  }
}

TestOutcome send_plugin_task(const PluginTask& task, const fs::path& directory,
                             const fs::path& program, std::chrono::milliseconds deadline) {
  if (directory.empty()) {
    return {Verdict::kFailed,
            "it could not be tried: no directory can be made for its copy; set TMPDIR to one that "
            "can be written to"};
  }
  const auto process = ChildProcess::start(program, "plugin-task", deadline);
  if (!process.ok()) {
    return {Verdict::kFailed,
            absl::StrFormat("it could not be tried: %s", std::string(process.status().message()))};
  }
  (*process)->send(frame_of(task, directory));
  if (const auto frame = (*process)->receive(); frame && frame->kind == FrameKind::kOutcome) {
    PayloadReader reader(frame->payload);
    const std::uint64_t verdict = reader.number();
    const std::string reason(reader.text());
    if (reader.complete()) return {static_cast<Verdict>(verdict), reason};
  }
  return {Verdict::kFailed, describe((*process)->end(), deadline)};
}

int run_plugin_task_child() {
  auto host = ParentChannel::find();
  if (!host) {
    std::fputs("composable: plugin-task is a host's own verb; use composable verify\n", stderr);
    return 2;
  }
  const Frame frame = host->receive();
  PayloadReader reader(frame.payload);
  const fs::path directory = reader.text();
  PluginTask task;
  task.file = reader.text();
  task.test = reader.text();
  task.config = reader.text();
  task.against = reader.text();
  task.seed = reader.number();
  task.style.json = reader.number() != 0;
  task.style.schema = reader.number() != 0;
  task.style.routes = reader.number() != 0;
  if (frame.kind != FrameKind::kPluginTask || !reader.complete()) return 2;

  const TestOutcome outcome = do_plugin_task(task, directory, host->progress());
  std::string bytes;
  FrameWriter(bytes, FrameKind::kOutcome)
      .number(static_cast<std::uint64_t>(outcome.verdict))
      .text(outcome.reason);
  host->send(bytes);
  return 0;
}

}  // namespace composable::host
