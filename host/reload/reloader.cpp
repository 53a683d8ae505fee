#include "reload/reloader.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/host_thread.hpp"
#include "observe/log.hpp"
#include "plugin/build_identity.hpp"
#include "plugin/plugin_directory.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

// How often pinned generations are checked.
constexpr std::chrono::milliseconds kLookAgain{1000};

constexpr std::string_view kShuttingDown = "the host is shutting down; try again when it is back";

bool contains(const std::vector<fs::path>& paths, const fs::path& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

// Of a directory, for a request for everything in it.
GenerationRecord not_read(const fs::path& directory, const absl::Status& why,
                          std::string_view trigger) {
  GenerationRecord record;
  record.file = directory.string();
  record.trigger = trigger;
  record.state = GenerationState::kRefused;
  record.reason = absl::StrFormat("%s; what it serves goes on", std::string(why.message()));
  log_error("plugins", "not_read", {{"reason", record.reason}});
  return record;
}

// Of a configuration with mistakes: nothing is reloaded.
GenerationRecord not_read_config(const absl::Status& why, std::string_view domain,
                                 std::string_view trigger) {
  GenerationRecord record;
  record.domain = domain;
  record.trigger = trigger;
  record.state = GenerationState::kRefused;
  record.reason =
      absl::StrFormat("%s; nothing is reloaded, and what serves keeps its configuration",
                      std::string(why.message()));
  log_error("config", "refused", {{"trigger", trigger}, {"reason", record.reason}});
  return record;
}

void log_outcome(const GenerationRecord& record) {
  const std::string about = record.domain.empty() ? "plugins" : record.domain;
  if (record.state == GenerationState::kRefused) {
    log_error(about, "refused",
              {{"file", record.file}, {"trigger", record.trigger}, {"reason", record.reason}});
    return;
  }
  log_info(about, "live",
           {{"generation", record.generation},
            {"replaced", record.replaced},
            {"version", record.version},
            {"build", record.build},
            {"trigger", record.trigger},
            {"carried", record.carried},
            {"pause_ms", static_cast<double>(record.steps.pause_us) / 1000},
            {"ms", static_cast<double>(record.live_us) / 1000}});
}

}  // namespace

Reloader::~Reloader() { stop(); }

absl::Status Reloader::start(Options options) {
  directories_ = std::move(options.directories);
  refused_changed_ = std::move(options.refused_changed);
  all_reloaded_ = std::move(options.all_reloaded);
  read_config_ = std::move(options.read_config);
  may_run_ = std::move(options.may_run);
  {
    const MutexLock lock(mutex_);
    refused_ = std::move(options.refused);
  }
  const absl::Status watched = options.watch ? watch() : absl::OkStatus();
  thread_ = start_host_thread("reloader", [this] { run(); });
  return watched;
}

absl::Status Reloader::watch() {
  std::vector<Watcher::KnownFile> known;
  const auto list = served_.list();
  for (const ServedDomain& served : *list) {
    if (served.store == nullptr) continue;
    known.push_back({served.generation->plugin().file(), served.generation->plugin().build()});
  }
  for (const RefusedPlugin& refused : this->refused()) {
    known.push_back({refused.file, file_identity(refused.file).value_or("")});
  }
  auto watcher = Watcher::start(
      directories_, known,
      {.changed = [this](std::vector<PluginChange> changes) { changed(std::move(changes)); },
       .problem =
           [](const absl::Status& status) {
             if (status.ok()) {
               log_info("plugins", "watch_restored");
             } else {
               log_warn("plugins", "not_watched", {{"reason", std::string(status.message())}});
             }
           }});
  if (!watcher.ok()) return watcher.status();
  watcher_ = *std::move(watcher);
  return absl::OkStatus();
}

void Reloader::stop_soon() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  changeover_.give_up();
  wake_.notify_all();
}

bool Reloader::is_stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

void Reloader::stop() {
  stop_soon();
  if (thread_.joinable()) thread_.join();
  watcher_.reset();
}

// --- what is asked for -------------------------------------------------------------------------

void Reloader::changed(std::vector<PluginChange> changes) {
  // A file that was renamed is gone and new at once: the domain goes over to the new name first.
  std::stable_partition(changes.begin(), changes.end(), [](const PluginChange& change) {
    return change.kind == PluginChange::Kind::kWritten;
  });
  for (PluginChange& change : changes) {
    const bool written = change.kind == PluginChange::Kind::kWritten;
    Task task;
    task.kind = written ? Kind::kTake : Kind::kRemove;
    task.file = std::move(change.file);
    task.build = std::move(change.build);
    task.trigger = "change";
    enqueue(std::move(task));
  }
}

void Reloader::enqueue(Task task) {
  std::string_view why = kShuttingDown;
  {
    const MutexLock lock(mutex_);
    if (Task* const other = stopping_ ? nullptr : to_join(task)) return join(*other, task);
    if (!stopping_ && tasks_.size() < kMaxTasks) {
      tasks_.push_back(std::move(task));
      wake_.notify_all();
      return;
    }
    if (!stopping_) why = "too many reloads wait; try again later";
  }
  refuse(task, why);
}

// A waiting task reads the files when its turn comes. A task under way may have read an older file,
// so that only a request for a reload joins it, and only with the same configuration.
Reloader::Task* Reloader::to_join(const Task& task) {
  const auto same = [&](const Task& other) {
    return other.kind == task.kind && other.file == task.file && other.domain == task.domain &&
           other.target == task.target && task.kind != Kind::kRemove;
  };
  const auto waiting = std::find_if(tasks_.begin(), tasks_.end(), same);
  if (waiting != tasks_.end()) return &*waiting;
  if (current_ == nullptr || task.answers.empty() || task.config_changed) return nullptr;
  return same(*current_) ? current_ : nullptr;
}

void Reloader::join(Task& other, Task& task) {
  if (!task.answers.empty()) other.build.clear();
  for (Answer& answer : task.answers) other.answers.push_back(std::move(answer));
  for (Answers& answers : task.all_answers) other.all_answers.push_back(std::move(answers));
}

absl::StatusOr<bool> Reloader::read_config() const { return read_config_ ? read_config_() : false; }

void Reloader::reload(std::string_view domain, Answer answer) {
  const fs::path file = file_of(domain);
  if (file.empty()) {
    return answer(absl::NotFoundError(
        absl::StrFormat("no plugin file is known for the domain \"%s\"%s; see composable check",
                        domain, suggestion(domain))));
  }
  const absl::StatusOr<bool> read = read_config();
  if (!read.ok()) return answer(not_read_config(read.status(), domain, "request"));
  Task task;
  task.file = file;
  task.config_changed = *read;
  task.trigger = "request";
  task.answers.push_back(std::move(answer));
  enqueue(std::move(task));
}

void Reloader::reload_all(std::string_view trigger, Answers answers) {
  const absl::StatusOr<bool> read = read_config();
  if (!read.ok()) {
    const GenerationRecord record = not_read_config(read.status(), "", trigger);
    if (answers) answers(std::vector<GenerationRecord>{record});
    return;
  }
  Task task;
  task.kind = Kind::kAll;
  task.config_changed = *read;
  task.trigger = trigger;
  if (answers) task.all_answers.push_back(std::move(answers));
  enqueue(std::move(task));
}

std::vector<RefusedPlugin> Reloader::refused() const {
  const MutexLock lock(mutex_);
  return refused_;
}

// Of a domain that is served, or of a refused file of that name.
fs::path Reloader::file_of(std::string_view domain) const {
  const auto list = served_.list();
  if (const ServedDomain* served = ServedDomains::find(*list, domain)) {
    return served->generation->plugin().file();
  }
  for (const RefusedPlugin& refused : refused()) {
    if (refused.domain == domain || fs::path(refused.file).stem() == domain) return refused.file;
  }
  return {};
}

// --- the thread ---------------------------------------------------------------------------------

void Reloader::run() {
  keep_what_serves();
  for (;;) {
    std::optional<Task> task;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && tasks_.empty()) {
        if (!retirement_.is_waiting()) {
          wake_.wait(mutex_);
        } else if (wake_.wait_for(mutex_, kLookAgain) == std::cv_status::timeout) {
          break;
        }
      }
      if (stopping_) break;
      if (!tasks_.empty()) {
        task = std::move(tasks_.front());
        tasks_.pop_front();
        current_ = &*task;
      }
    }
    contain_exceptions("reloader", [&] { retirement_.look_again(); });
    if (task) {
      if (!contain_exceptions("reloader", [&] { perform(*task); })) {
        contain_exceptions("reloader", [&] { fail(*task); });
      }
      contain_exceptions("reloader", [&] { keep_what_serves(); });
    }
    const MutexLock lock(mutex_);
    current_ = nullptr;
  }
  std::deque<Task> dropped;
  {
    const MutexLock lock(mutex_);
    dropped.swap(tasks_);
  }
  for (Task& task : dropped) refuse(task, kShuttingDown);
}

void Reloader::refuse(Task& task, std::string_view why) {
  const absl::Status refused = absl::UnavailableError(absl::string_view(why.data(), why.size()));
  for (Answer& answer : task.answers) answer(refused);
  for (Answers& answer : task.all_answers) answer(refused);
}

// An exception has ended it anywhere.
void Reloader::fail(Task& task) {
  const absl::Status failed =
      absl::InternalError("the host could not do it; see its log, then try again");
  answer(task, failed);
  for (Answers& answer : task.all_answers) answer(failed);
}

void Reloader::perform(Task& task) {
  switch (task.kind) {
    case Kind::kTake:
      return take_if_new(task);
    case Kind::kRemove:
      return remove(task.file);
    case Kind::kRollback:
      return roll_back(task);
    case Kind::kAll:
      return take_all(task);
  }
}

// No request joins it from here on.
void Reloader::answer(Task& task, const absl::StatusOr<GenerationRecord>& record) {
  std::vector<Answer> answers;
  {
    const MutexLock lock(mutex_);
    if (current_ == &task) current_ = nullptr;
    answers.swap(task.answers);
  }
  for (Answer& answer : answers) answer(record);
}

GenerationRecord Reloader::take_over(const fs::path& file, std::string_view trigger,
                                     const KeptBuild* kept) {
  // What the watcher has seen before may be put back while this reads something else.
  if (kept == nullptr && watcher_ != nullptr) watcher_->forget(file);
  GenerationRecord record = changeover_.take_over(file, trigger, kept);
  log_outcome(record);
  note_refusal(record);
  return record;
}

// A file that is served is not refused as a whole: its last change is.
void Reloader::note_refusal(const GenerationRecord& record) {
  const auto list = served_.list();
  const bool serves = ServedDomains::find_file(*list, record.file) != nullptr;
  std::vector<RefusedPlugin> now = refused();
  std::erase_if(now, [&](const RefusedPlugin& r) { return r.file == record.file; });
  if (record.state == GenerationState::kRefused && !serves) {
    now.push_back(refused_plugin(record.file, record.reason, record.clashes, record.domain));
  }
  set_refused(std::move(now));
}

// Only the reloader's thread changes the list.
void Reloader::set_refused(std::vector<RefusedPlugin> now) {
  {
    const MutexLock lock(mutex_);
    if (refused_ == now) return;
    refused_ = std::move(now);
  }
  if (refused_changed_) refused_changed_();
}

void Reloader::take_if_new(Task& task) {
  const auto list = served_.list();
  const ServedDomain* const serving = ServedDomains::find_file(*list, task.file);
  {
    const MutexLock lock(mutex_);
    const bool is_new = task.build.empty() || serving == nullptr ||
                        serving->generation->plugin().build() != task.build;
    if (!is_new) {
      current_ = nullptr;
      return;
    }
  }
  answer(task, take_over(task.file, task.trigger));
  changeover_.retire_replaced();
}

// What a file that is gone is called now: the build that serves, under a name that serves nothing.
// Empty: it was not renamed.
fs::path Reloader::renamed(const fs::path& file) const {
  const auto list = served_.list();
  const ServedDomain* const served = ServedDomains::find_file(*list, file);
  if (served == nullptr) return {};
  for (const fs::path& directory : directories_) {
    const auto found = scan_plugin_directory(directory);
    if (!found.ok()) continue;
    for (const fs::path& other : *found) {
      if (ServedDomains::find_file(*list, other) != nullptr) continue;
      if (file_identity(other).value_or("") == served->generation->plugin().build()) return other;
    }
  }
  return {};
}

void Reloader::remove(const fs::path& file) {
  std::error_code error;
  if (fs::exists(file, error)) return;  // it is back
  if (!fs::exists(file.parent_path(), error))
    return;  // of a directory that is gone none is removed
  std::vector<RefusedPlugin> still = refused();
  std::erase_if(still, [&](const RefusedPlugin& r) { return r.file == file; });
  set_refused(std::move(still));
  if (const fs::path other = renamed(file); !other.empty()) {
    take_over(other, "change");
    return changeover_.retire_replaced();
  }
  if (!changeover_.remove(file)) return;
  // A plugin that was refused because this one had its name may serve now.
  for (const RefusedPlugin& other : refused()) {
    if (other.clashes) take_over(other.file, "change");
  }
}

// Of what is served; nothing of it is held.
std::vector<fs::path> Reloader::files_that_serve() const {
  std::vector<fs::path> files;
  const auto list = served_.list();
  for (const ServedDomain& served : *list) {
    if (served.store != nullptr) files.push_back(served.generation->plugin().file());
  }
  return files;
}

void Reloader::take_all(Task& task) {
  std::vector<fs::path> files, unread;
  std::vector<GenerationRecord> records;
  for (const fs::path& directory : directories_) {
    const auto found = scan_plugin_directory(directory);
    if (found.ok()) {
      files.insert(files.end(), found->begin(), found->end());
    } else {
      unread.push_back(directory);
      records.push_back(not_read(directory, found.status(), task.trigger));
    }
  }
  for (const fs::path& file : files) {
    if (is_stopping()) break;
    records.push_back(take_over(file, task.trigger));
    changeover_.retire_replaced();
  }
  const auto is_gone = [&](const fs::path& file) {
    // In a directory that cannot be read, missing files are unknown.
    return !contains(unread, file.parent_path()) && !contains(files, file);
  };
  std::vector<RefusedPlugin> still = refused();
  std::erase_if(still, [&](const RefusedPlugin& r) { return is_gone(r.file); });
  set_refused(std::move(still));
  for (const fs::path& file : files_that_serve()) {
    if (is_stopping() || !is_gone(file)) continue;
    if (auto removed = changeover_.remove(file)) records.push_back(*std::move(removed));
  }
  if (is_stopping()) return refuse(task, kShuttingDown);
  if (all_reloaded_) all_reloaded_();
  for (Answers& answer : task.all_answers) answer(records);
}

}  // namespace composable::host
