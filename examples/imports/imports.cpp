#include "imports.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

#include "composable/log.hpp"

namespace imports {
namespace {

using namespace std::chrono_literals;

bool runs(const Imports::State& s, const std::string& file) {
  const auto found = s.imports.find(file);
  return found != s.imports.end() &&
         (found->second.status == Status::kWaiting || found->second.status == Status::kCounting);
}

bool is_file_name(const std::string& file) {
  return !file.empty() && file.size() <= 200 && file[0] != '.' && file.find('/') == file.npos;
}

}  // namespace

// The key names the job, so that cancel reaches it.
Imports::Effects Imports::decide(const State& s, const StartImport& c, const Context&) {
  if (!is_file_name(c.file)) return composable::reject(NotAFileName{c.file});
  if (runs(s, c.file)) return composable::reject(AlreadyRunning{c.file});
  return {composable::apply(ImportStarted{c.file}), composable::job(AwaitFile{c.file}, c.file)};
}

Imports::Effects Imports::decide(const State& s, const StopImport& c, const Context&) {
  if (!runs(s, c.file)) return composable::none;
  return {composable::apply(ImportFailed{c.file, "stopped"}), composable::cancel(c.file)};
}

// What a job sends is a command like any other, and comes when it comes: by then the import may
// have been stopped.
Imports::Effects Imports::decide(const State& s, const NoteArrival& c, const Context&) {
  if (!runs(s, c.file)) return composable::none;
  return {composable::apply(FileArrived{c.file, c.bytes}),
          composable::job(CountLines{c.file}, c.file)};
}
Imports::Effects Imports::decide(const State& s, const NoteCount& c, const Context&) {
  if (!runs(s, c.file)) return composable::none;
  return composable::apply(ImportDone{c.file, c.lines});
}
Imports::Effects Imports::decide(const State& s, const NoteFailure& c, const Context&) {
  if (!runs(s, c.file)) return composable::none;
  return composable::apply(ImportFailed{c.file, c.reason});
}

void Imports::evolve(State& s, const ImportStarted& e, const Context&) {
  s.imports[e.file] = {e.file, Status::kWaiting, 0, 0, ""};
}
void Imports::evolve(State& s, const FileArrived& e, const Context&) {
  s.imports[e.file].status = Status::kCounting;
  s.imports[e.file].bytes = e.bytes;
}
void Imports::evolve(State& s, const ImportDone& e, const Context&) {
  s.imports[e.file].status = Status::kDone;
  s.imports[e.file].lines = e.lines;
}
void Imports::evolve(State& s, const ImportFailed& e, const Context&) {
  s.imports[e.file].status = Status::kFailed;
  s.imports[e.file].reason = e.reason;
}

namespace {

// The size of a file; nothing while it is not there.
std::optional<std::uint64_t> size_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) return {};
  return size;
}

// A file is complete when it has not grown for a while. A coroutine may await other tasks.
composable::Task<std::optional<std::uint64_t>> complete_size(std::filesystem::path file) {
  const auto before = size_of(file);
  co_await composable::sleep(200ms);
  co_return before&& before == size_of(file) ? before : std::nullopt;
}

}  // namespace

// Holds no worker while it sleeps. It ends early when the import is stopped.
composable::Task<> Imports::run(AwaitFile in, JobContext job, Config config) {
  const std::filesystem::path file = std::filesystem::path(config.directory) / in.file;
  for (std::uint32_t tries = 0; tries < 5 * config.patience_s && !job.cancelled(); ++tries) {
    if (const auto bytes = co_await complete_size(file)) {
      composable::log::info("file arrived", {{"file", in.file}, {"bytes", *bytes}});
      job.send(NoteArrival{in.file, *bytes});
      co_return;
    }
  }
  if (job.cancelled()) co_return;
  composable::log::warn("file did not arrive", {{"file", in.file}, {"s", config.patience_s}});
  job.send(NoteFailure{in.file, "did not arrive in time"});
}

// Reads the file on a worker, which it holds meanwhile. What it sends goes to decide.
void Imports::run(CountLines in, JobContext job, Config config) {
  std::ifstream file(std::filesystem::path(config.directory) / in.file, std::ios::binary);
  if (!file) {
    job.send(NoteFailure{in.file, "cannot be read"});
    return;
  }
  std::uint64_t lines = 0;
  char block[64 * 1024];
  while (!job.cancelled() && (file.read(block, sizeof(block)) || file.gcount() > 0)) {
    for (std::streamsize i = 0; i < file.gcount(); ++i) lines += block[i] == '\n';
  }
  composable::log::info("lines counted", {{"file", in.file}, {"lines", lines}});
  job.send(NoteCount{in.file, lines});
}

// GET /api/v1/imports/a.csv
struct ReadImport {
  std::string file;
};

namespace {

composable::Reply<Import> read(const Imports::State& s, const ReadImport& asked) {
  const auto found = s.imports.find(asked.file);
  if (found == s.imports.end()) return composable::NotFound{"no import of " + asked.file, "file"};
  return found->second;
}

}  // namespace

composable::Routes<Imports> Imports::routes() {
  return {composable::post<StartImport>("").replies<ImportStarted>(202),
          composable::delete_<StopImport>("/:file").body_optional(),
          composable::get<ReadImport>("/:file", &read)};
}

}  // namespace imports

COMPOSABLE_PLUGIN(imports::Imports)
