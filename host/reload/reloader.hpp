// A Reloader keeps the generations of a serving host up to date: with its plugin directories, when
// they are watched, and with requests. One thread does one changeover after the other. A request
// that is already queued or under way shares that one's answer.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plugin/registry.hpp"
#include "plugin/watcher.hpp"
#include "reload/changeover.hpp"
#include "reload/kept_builds.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

// Which kept build is to serve: of that generation, or whose build begins like that; with neither
// the newest that is not the one that serves.
struct RollbackTarget {
  std::uint64_t generation = 0;
  std::string build;  // in hex

  bool operator==(const RollbackTarget&) const = default;
};

class Reloader {
 public:
  struct Options {
    std::vector<std::filesystem::path> directories;
    bool watch = true;
    std::vector<RefusedPlugin> refused;  // at start
    // Called on the reloader's thread when refused() has changed; may be empty.
    std::function<void()> refused_changed;
    // [any] Reads the domains' configuration again, as a reload that is asked for does. True: it
    // has changed. An error: it has mistakes, and is what it was. May be empty.
    std::function<absl::StatusOr<bool>()> read_config;
    // Called on the reloader's thread when every file has had its turn; may be empty.
    std::function<void()> all_reloaded;
    // Whether a build, in hex, may run at all; may be empty.
    std::function<bool(std::string_view build)> may_run;
  };
  // Called once, on the reloader's thread or inside the call. An error: there is nothing to reload,
  // or the host shuts down. A refused changeover is no error; its record says so.
  using Answer = absl::AnyInvocable<void(const absl::StatusOr<GenerationRecord>&)>;
  using Answers = absl::AnyInvocable<void(const absl::StatusOr<std::vector<GenerationRecord>>&)>;
  // Changeovers that wait; beyond it Unavailable.
  static constexpr std::size_t kMaxTasks = 4096;

  // All outlive it.
  Reloader(Changeover& changeover, Retirement& retirement, ServedDomains& served, KeptBuilds& kept)
      : changeover_(changeover), retirement_(retirement), served_(served), kept_(kept) {}
  ~Reloader();  // stops

  // Starts the thread. An error: the directories cannot be watched; requests still work.
  absl::Status start(Options options);
  // [any] Begins nothing more, and gives up a trial that is under way.
  void stop_soon();
  // [not its thread] Ends what is under way, and answers all waiting requests with an error.
  void stop();

  // [any] From its file again, changed or not, and with its configuration read again.
  void reload(std::string_view domain, Answer answer);
  // [any] The same for every plugin file of the directories, as at a start.
  void reload_all(std::string_view trigger, Answers answers = {});
  // [any] A kept build; of a domain that is not served too, if its plugin file is there.
  void rollback(std::string_view domain, RollbackTarget target, Answer answer);

  // [any] The plugin files that are not loaded, with the reasons.
  std::vector<RefusedPlugin> refused() const;

 private:
  enum class Kind : std::uint8_t { kTake, kRemove, kRollback, kAll };
  struct Task {
    Kind kind = Kind::kTake;
    std::filesystem::path file;  // kTake, kRemove
    std::string build;           // kTake: reload only when it is another; empty: in any case
    std::string domain;          // kRollback
    RollbackTarget target{};     // kRollback
    std::string trigger;
    bool config_changed = false;  // what is under way may have had another
    std::vector<Answer> answers;
    std::vector<Answers> all_answers;
  };

  bool is_stopping() const;
  absl::Status watch();
  void run();
  absl::StatusOr<bool> read_config() const;
  void enqueue(Task task);
  Task* to_join(const Task& task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void join(Task& other, Task& task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void changed(std::vector<PluginChange> changes);  // [watcher]
  void fail(Task& task);
  void perform(Task& task);
  void take_if_new(Task& task);
  void remove(const std::filesystem::path& file);
  std::filesystem::path renamed(const std::filesystem::path& file) const;
  // rollback.cpp
  void roll_back(Task& task);
  absl::StatusOr<KeptBuild> find_kept(const Task& task) const;
  void keep_what_serves();
  std::string suggestion(std::string_view domain) const;  // [any] `; did you mean "orders"?`
  void take_all(Task& task);
  GenerationRecord take_over(const std::filesystem::path& file, std::string_view trigger,
                             const KeptBuild* kept = nullptr);
  void answer(Task& task, const absl::StatusOr<GenerationRecord>& record);
  static void refuse(Task& task, std::string_view why);
  void note_refusal(const GenerationRecord& record);
  void set_refused(std::vector<RefusedPlugin> now);
  std::filesystem::path file_of(std::string_view domain) const;
  std::vector<std::filesystem::path> files_that_serve() const;

  Changeover& changeover_;
  Retirement& retirement_;
  ServedDomains& served_;
  KeptBuilds& kept_;                                       // its thread only
  std::map<std::string, std::uint64_t> kept_generations_;  // by domain: the last one kept
  std::vector<std::filesystem::path> directories_;
  std::function<void()> refused_changed_, all_reloaded_;
  std::function<absl::StatusOr<bool>()> read_config_;
  std::function<bool(std::string_view build)> may_run_;

  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  Task* current_ ABSL_GUARDED_BY(mutex_) = nullptr;  // may still be joined
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<RefusedPlugin> refused_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Watcher> watcher_;  // before the thread begins, until it has ended
  std::thread thread_;
};

}  // namespace composable::host
