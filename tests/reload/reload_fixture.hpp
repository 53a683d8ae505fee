// A host without sockets: real threads, a log in memory, and a plugin directory whose domains the
// reloader keeps up to date. Tests wait for answers and for records of the history, never for time.
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "bus/broadcast.hpp"
#include "bus/topics.hpp"
#include "events/memory/event_store.hpp"
#include "loop_thread.hpp"
#include "observe/metrics.hpp"
#include "plugin_files.hpp"
#include "reload/reloader.hpp"
#include "store/worker_pool.hpp"

namespace composable::host {

namespace fs = std::filesystem;

using std::chrono::milliseconds;
constexpr std::chrono::seconds kPatience{20};

// Holds jobs and threads of tally.cpp back until it is opened, or the test ends.
class Gate {
 public:
  explicit Gate(std::filesystem::path path) : path_(std::move(path)) {
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    fd_ = ::open(path_.c_str(), O_RDWR);
  }
  ~Gate() {
    open();
    ::close(fd_);
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  std::string text() const { return path_.string(); }
  // For every thread that waits at it, now or later: each takes a byte.
  void open() { EXPECT_EQ(::write(fd_, "................", 16), 16); }

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

// Waits for the end of one cause.
class Ending final : public Waiter {
 public:
  void ended(const Outcome& outcome) noexcept override {
    const MutexLock lock(mutex_);
    refusal_ = outcome.refusal == nullptr ? Refusal{.status = 0} : *outcome.refusal;
    changed_.notify_all();
  }
  // Of status 0: it was not refused.
  Refusal wait() {
    const MutexLock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!refusal_ && changed_.wait_until(mutex_, until) == std::cv_status::no_timeout) {
    }
    EXPECT_TRUE(refusal_.has_value()) << "the cause did not end";
    return refusal_.value_or(Refusal{});
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Refusal> refusal_ ABSL_GUARDED_BY(mutex_);
};

// Every state that the history was told, in order.
class Witness {
 public:
  void told(const GenerationRecord& record) {
    const MutexLock lock(mutex_);
    records_.push_back(record);
    changed_.notify_all();
  }
  // The first record from number `from` on that `match` accepts.
  GenerationRecord wait(const std::function<bool(const GenerationRecord&)>& match,
                        std::size_t from = 0) {
    const MutexLock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (std::size_t n = from;;) {
      for (; n < records_.size(); ++n) {
        if (match(records_[n])) return records_[n];
      }
      if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) break;
    }
    ADD_FAILURE() << "no such record came";
    return {};
  }
  GenerationRecord wait_for(GenerationState state, std::uint64_t generation = 0) {
    return wait([=](const GenerationRecord& r) {
      return r.state == state && (generation == 0 || r.generation == generation);
    });
  }
  std::size_t count() const {
    const MutexLock lock(mutex_);
    return records_.size();
  }

 private:
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<GenerationRecord> records_ ABSL_GUARDED_BY(mutex_);
};

class ReloadTest : public testing::Test {
 protected:
  using Strings = std::vector<std::string>;
  using Told = std::future<absl::StatusOr<GenerationRecord>>;

  explicit ReloadTest(milliseconds drain = milliseconds(60'000))
      : retirement_(history_, clock_, drain), changeover_(parts()) {
    fs::create_directory(plugins_);
    EXPECT_TRUE(kept_.open().ok());
  }
  ~ReloadTest() override {
    reloader_.stop();
    const auto list = served_.list();
    for (const ServedDomain& served : *list) {
      if (served.store != nullptr) served.store->shutdown(1);
    }
    served_.set({});
  }

  // --- plugin files ---

  // As a careful writer does, by rename.
  fs::path put(std::string_view build, std::string_view as = "tally.so") {
    fs::copy_file(fixture(std::string(build) + ".so"), plugins_ / ".new",
                  fs::copy_options::overwrite_existing);
    fs::rename(plugins_ / ".new", plugins_ / as);
    return plugins_ / as;
  }

  // --- the host ---

  void adopt(std::string_view build, std::string_view as = "tally.so") {
    auto plugin = loader_.load(put(build, as));
    ASSERT_TRUE(plugin.ok()) << plugin.status();
    changeover_.adopt(*std::move(plugin));
    ASSERT_TRUE(served_.list()->back().store->replay().ok());
    publish(*served_.list());
  }
  // With `build` as tally.so, and the reloader at work.
  void serve(std::string_view build, bool watch = false) {
    adopt(build);
    start(watch);
  }
  void start(bool watch = false, std::vector<RefusedPlugin> refused = {}) {
    ASSERT_TRUE(
        reloader_
            .start({.directories = {plugins_},
                    .watch = watch,
                    .refused = std::move(refused),
                    .refused_changed = [this] { refused_changes_.fetch_add(1); },
                    .read_config = [this]() -> absl::StatusOr<bool> {
                      return read_config_ ? read_config_() : false;
                    },
                    .all_reloaded = {},
                    .may_run = [this](std::string_view build) { return build != blocked_; }})
            .ok());
  }

  static Reloader::Answer into(std::shared_ptr<std::promise<absl::StatusOr<GenerationRecord>>> to) {
    return [to](const absl::StatusOr<GenerationRecord>& record) {
      if (record.ok()) return to->set_value(record);
      // A copy: the thread sanitizer does not see the reference count of a status that two threads
      // share.
      to->set_value(absl::Status(record.status().code(), message_of(record.status())));
    };
  }
  Told ask(std::string_view domain = "tally") {
    auto told = std::make_shared<std::promise<absl::StatusOr<GenerationRecord>>>();
    reloader_.reload(domain, into(told));
    return told->get_future();
  }
  Told ask_back(std::uint64_t generation = 0, std::string_view domain = "tally") {
    auto told = std::make_shared<std::promise<absl::StatusOr<GenerationRecord>>>();
    reloader_.rollback(domain, {.generation = generation, .build = {}}, into(told));
    return told->get_future();
  }
  static absl::StatusOr<GenerationRecord> answer(Told told) {
    if (told.wait_for(kPatience) == std::future_status::ready) return told.get();
    return absl::DeadlineExceededError("nobody answered");
  }
  // The record of a reload from `build`; the one before has ended when this returns.
  GenerationRecord reload(std::string_view build) {
    put(build);
    return settled(answer(ask()));
  }
  // Waits until the generation that `record` replaced is gone.
  GenerationRecord settled(const absl::StatusOr<GenerationRecord>& record) {
    EXPECT_TRUE(record.ok()) << record.status();
    if (!record.ok()) return {};
    finish();
    return *record;
  }
  // Every file of the directory; replaced generations are gone when this returns.
  std::vector<GenerationRecord> reload_all() {
    const auto told = std::make_shared<std::promise<std::vector<GenerationRecord>>>();
    reloader_.reload_all("request", [told](const auto& records) { told->set_value(*records); });
    auto records = told->get_future();
    EXPECT_EQ(records.wait_for(kPatience), std::future_status::ready);
    finish();
    return records.get();
  }
  // Waits until the reloader has done all that it was asked for so far.
  void finish() { pinned(); }
  // What retirement knows at that time; it may be asked on the reloader's thread alone.
  std::size_t pinned() {
    const auto told = std::make_shared<std::promise<std::size_t>>();
    reloader_.rollback("nobody", {},
                       [this, told](const auto&) { told->set_value(retirement_.pinned()); });
    return told->get_future().get();
  }

  // --- the domain ---

  std::shared_ptr<Store> store(std::string_view domain = "tally") const {
    const auto list = served_.list();
    const ServedDomain* const served = ServedDomains::find(*list, domain);
    return served == nullptr ? nullptr : served->store;
  }
  // Sends, and returns the text of the first of its actions that `type` names.
  std::string send(std::string_view command, std::string_view json, std::string_view type,
                   std::string_view domain = "tally") {
    const auto done = store(domain)->send_and_wait_for(
        command, json, {}, [&](std::string_view t, std::string_view) { return t == type; },
        std::chrono::microseconds(kPatience).count());
    return done.ok() ? done->data : std::string(done.status().message());
  }
  void add(int by, std::string_view domain = "tally") {
    EXPECT_EQ(send("Add", absl::StrFormat(R"({"by":%d})", by), "Added", domain),
              absl::StrFormat(R"({"by":%d})", by));
  }
  std::int64_t total(std::string_view domain = "tally") const {
    std::promise<std::int64_t> total;
    store(domain)->read([&](const DomainHandle& handle) {
      total.set_value(*reinterpret_cast<const std::int64_t*>(handle.state()));
    });
    return total.get_future().get();
  }
  // Starts a job, and waits until it runs. Its cause's end is told to `ending`.
  void start_job(std::string_view job, const Gate& gate, Ending& ending) {
    const auto actions = store()->subscribe_actions();
    const std::string json = absl::StrFormat(R"({"job":"%s","gate":"%s"})", job, gate.text());
    const std::uint32_t start = store()->domain()->find_action("Start")->number;
    store()->send({start, COMPOSABLE_FORM_JSON, json.data(), json.size()}, {}, &ending,
                  static_cast<std::uint32_t>(milliseconds(kPatience).count()));
    wait_for_begun(*actions);
  }
  // The build that says so.
  static std::string wait_for_begun(ActionSubscriber& actions) {
    ObservedAction action;
    std::uint64_t missed = 0;
    while (actions.receive(action, missed, absl::Seconds(60)) ==
           ActionSubscriber::Result::kAction) {
      if (action.type == "Begun") return action.data;
    }
    return "none began";
  }

  // --- what is left ---

  static std::size_t open_files() {
    const fs::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  std::size_t mapped() const { return mappings_with(run_->path().native()); }
  // Private copies, those for a rollback included.
  std::size_t copies() const { return files_in(run_->path()); }

  // What the changeover takes for the host.
  class Around final : public ReloadHost {
   public:
    explicit Around(ReloadTest& test) : test_(test) {}

    std::string config(std::string_view) override { return "{}"; }
    absl::Status visit_events(std::string_view domain, const CanaryTrial::Visit& visit) override {
      if (test_.before_trial_) test_.before_trial_();
      return test_.events_.replay(domain, 1, visit);
    }
    bool is_stored(std::string_view domain, std::string_view type) override {
      const auto page = test_.events_.read_all(1, Direction::kForward, 1,
                                               EventFilter{std::string(domain), std::string(type)});
      return page.ok() && !page->events.empty();
    }
    std::uint64_t last_position() override { return test_.events_.stats().head; }
    absl::Status check_routes(const DomainTables&) override { return test_.routes_; }
    std::shared_ptr<Store> make_store(std::shared_ptr<DomainHandle> domain,
                                      std::uint32_t number) override {
      StoreOptions options;
      options.number = number;
      return std::make_shared<Store>(
          std::move(domain),
          StoreEnvironment{&test_.events_, &test_.bus_, &test_.loop_, &test_.clock_, &test_.rng_,
                           &test_.workers_, &test_.metrics_, &test_.topics_},
          options);
    }
    void publish(const ServedDomains::List& served) override { test_.publish(served); }

   private:
    ReloadTest& test_;
  };

  ChangeoverParts parts() {
    ChangeoverParts parts;
    parts.loader = &loader_;
    parts.canary = &canary_;
    parts.served = &served_;
    parts.history = &history_;
    parts.retirement = &retirement_;
    parts.clock = &clock_;
    parts.host = &host_;
    parts.drain = milliseconds(100);
    return parts;
  }

  void publish(const ServedDomains::List& served) {
    Strings names;
    for (const ServedDomain& domain : served) {
      names.push_back(domain.store == nullptr ? "" : domain.store->name());
    }
    loop_.make_a_round();
    published_ = std::move(names);
  }

  TemporaryDirectory directory_;
  const fs::path plugins_ = directory_ / "plugins";
  std::unique_ptr<RunDirectory> run_ = *RunDirectory::open(directory_ / "run");
  SystemClock clock_;
  SystemRng rng_;
  MemoryEventStore events_{clock_};
  BroadcastBus bus_;
  MetricsRegistry metrics_;
  TopicTable topics_;
  LoopThread loop_;
  WorkerPool workers_{2, 64};  // ends before the loop that its jobs report to
  Loader loader_{*run_, {}};
  Canary canary_{*run_};
  Witness witness_;
  ServedDomains served_;
  ReloadHistory history_{[this](const GenerationRecord& record) { witness_.told(record); }};
  Retirement retirement_;
  absl::Status routes_;                 // what check_routes says
  std::function<void()> before_trial_;  // [reloader] once the candidate has said its name
  Strings published_;                   // the domains by number; on the reloader's thread
  Around host_{*this};
  Changeover changeover_;
  std::function<absl::StatusOr<bool>()> read_config_;  // [any]
  std::string blocked_;                                // a build that may not run
  std::atomic<int> refused_changes_{0};
  KeptBuilds kept_{directory_ / "kept"};
  Reloader reloader_{changeover_, retirement_, served_, kept_};
};

}  // namespace composable::host
