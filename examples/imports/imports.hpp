// Files that somebody uploads into a directory, counted as soon as they are complete.
// Shows: a job that is a coroutine and sleeps, a job that is a plain function and blocks, their
// cancellation, their log lines.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "composable/plugin.hpp"

namespace imports {

enum class Status { kWaiting, kCounting, kDone, kFailed };

// A file of the directory, which may not be there yet.
struct StartImport {
  std::string file;
};
struct StopImport {
  std::string file;
};
// What the jobs send.
struct NoteArrival {
  static constexpr auto kind = composable::internal();
  std::string file;
  std::uint64_t bytes = 0;
};
struct NoteCount {
  static constexpr auto kind = composable::internal();
  std::string file;
  std::uint64_t lines = 0;
};
struct NoteFailure {
  static constexpr auto kind = composable::internal();
  std::string file;
  std::string reason;
};

struct ImportStarted {
  static constexpr auto kind = composable::event().is_public();
  std::string file;
};
struct FileArrived {
  static constexpr auto kind = composable::event().is_public();
  std::string file;
  std::uint64_t bytes = 0;
};
struct ImportDone {
  static constexpr auto kind = composable::event().is_public();
  std::string file;
  std::uint64_t lines = 0;
};
struct ImportFailed {
  static constexpr auto kind = composable::event().is_public();
  std::string file;
  std::string reason;
};

struct NotAFileName {
  static constexpr auto kind =
      composable::rejection(422, "NOT_A_FILE_NAME", "{file} is not the name of a file").at("place");
  std::string file;
  std::string place = "file";
};
struct AlreadyRunning {
  static constexpr auto kind =
      composable::rejection(409, "ALREADY_RUNNING", "{file} is being imported");
  std::string file;
};

// The inputs of the jobs. Each is written down as JSON when its job is started.
struct AwaitFile {
  std::string file;
};
struct CountLines {
  std::string file;
};

struct Import {
  std::string file;
  Status status = Status::kWaiting;
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::string reason;
};

struct Imports {
  static constexpr auto kName = "imports";
  static constexpr auto kVersion = "1.0.0";
  // Jobs are in memory and end with the process; so does what is known of them.
  static constexpr auto kStorage = composable::ephemeral;
  static constexpr auto kReload = composable::keeps_state(1);

  struct State {
    std::map<std::string, Import> imports;  // by the name of the file
  };
  struct Config {
    std::string directory = ".";
    std::uint32_t patience_s = 60;  // for a file to be complete
  };
  using Action =
      std::variant<StartImport, StopImport, NoteArrival, NoteCount, NoteFailure, ImportStarted,
                   FileArrived, ImportDone, ImportFailed, NotAFileName, AlreadyRunning>;
  using Jobs = std::variant<AwaitFile, CountLines>;
  using Effects = composable::Effects<Imports>;
  using Context = composable::Context;
  using JobContext = composable::JobContext<Imports>;

  static Effects decide(const State&, const StartImport&, const Context&);
  static Effects decide(const State&, const StopImport&, const Context&);
  static Effects decide(const State&, const NoteArrival&, const Context&);
  static Effects decide(const State&, const NoteCount&, const Context&);
  static Effects decide(const State&, const NoteFailure&, const Context&);
  static void evolve(State&, const ImportStarted&, const Context&);
  static void evolve(State&, const FileArrived&, const Context&);
  static void evolve(State&, const ImportDone&, const Context&);
  static void evolve(State&, const ImportFailed&, const Context&);
  static composable::Task<> run(AwaitFile, JobContext, Config);
  static void run(CountLines, JobContext, Config);
  static composable::Routes<Imports> routes();
};

}  // namespace imports
