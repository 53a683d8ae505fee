// Random histories of one domain in a single thread, each made by a seed, against a model that is a
// serial machine: commands and reads of many kinds, commits that are slow, fail, or of which nobody
// knows, time that passes, swaps and crashes at any step. Every decide must see what the machine
// would see, and nobody may be told of anything that is not durable. A failing seed is printed and
// can be run alone with COMPOSABLE_SEED=n; COMPOSABLE_HISTORIES (300) is how many there are.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "desk_fixture.hpp"

namespace composable::host {
namespace {

using desk::Command;
using desk::Event;
using desk::Machine;
using desk::Result;
using desk::State;

// What the machine said to a command, when the domain decided it.
struct Decided {
  std::uint64_t sequence = 0;  // of the decide
  Result result;
  std::size_t point = 0;  // changes with its own events
  std::size_t own = 0;    // events of the whole cause
  bool lost = false;      // a commit failed that it rests on
};

class SerialHistoryTest : public DeskTest, protected desk::Witness {
 protected:
  SerialHistoryTest() {
    desk::Witness::now = this;
    options_.subscriber_actions = 4096;
    listener_.test = this;
    bus_.add(&listener_);
    start();
    subscriber_ = store_->subscribe_actions();
  }
  ~SerialHistoryTest() override {
    end_swap();
    for (auto& asked : asked_) asked->on_end = nullptr;
    bus_.remove(&listener_);
  }

  void run(std::uint64_t seed) {
    random_ = seed * 0x9e3779b97f4a7c15 + 1;
    for (int step = 0; step < 200 && !HasFailure(); ++step) {
      one_step();
      check_log();
      check_observed();
    }
    if (!HasFailure()) end();
  }

 private:
  std::uint64_t pick(std::uint64_t below) {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return random_ % below;
  }
  std::int64_t some(std::uint64_t below) { return static_cast<std::int64_t>(pick(below)); }
  std::size_t head() { return events_.stats().head; }

  void one_step() {
    switch (pick(24)) {
      case 0:
      case 1:
        return events_.shut();
      case 2:
        return events_.open();
      case 3:
      case 4:
        return events_.let_through(pick(5));
      case 5:
        return fail(AppendCode::kUnavailable);
      case 6:
        return fail(pick(2) == 0 ? AppendCode::kUnknown : AppendCode::kConflict);
      case 7:
        if (events_.held() == 0) return;
        events_.write_without_telling(1 + pick(3));
        return flight_failed();
      case 8:
        loop_.advance(some(1'500'000));
        return;
      case 9:
      case 10:
        return loop_.run();
      case 11:
        if (pick(8) == 0) crash_now();
        return;
      case 12:
        if (pick(4) == 0) begin_swap();
        return;
      case 13:
        events_.open();
        return recover();
      default:
        return ask();
    }
  }

  void fail(AppendCode code) {
    if (events_.held() == 0) return;
    events_.fail_commit(1 + pick(3), code);
    flight_failed();
  }

  // Nothing of what was decided and is not stored ever will be.
  void flight_failed() {
    machine_.log.resize(std::min(machine_.log.size(), head()));
    for (auto& [id, decided] : decided_) decided.lost = decided.lost || decided.point > head();
  }

  void ask() {
    static const char* const kNames[] = {"Take",     "Take", "Return", "Pair", "Stamp",
                                         "Complain", "Ask",  "Ignore", "Walk", "Hold",
                                         "Hold",     "Drop", "Forget", "",     ""};
    Command command{kNames[pick(std::size(kNames))], ++last_id_};
    if (pick(60) == 0) command.name = "Spoil";
    const auto tokens = machine_.tokens();
    if (command.name == "Return")
      command.first = tokens.empty() || pick(4) == 0 ? 7 : tokens[pick(tokens.size())];
    if (command.name == "Stamp") {
      command.first = some(2);
      command.second =
          machine_.version("sheet-" + std::to_string(command.first)) + (pick(4) == 0 ? 1 : 0);
    }
    if (command.name == "Walk") command.first = 1 + some(3);
    if (command.name == "Hold") command.second = some(3000);
    if (command.name == "Spoil") command.first = some(3);
    if (command.name == "Hold" || command.name == "Drop" || command.name == "Forget")
      command.first = 100 + some(2);
    const bool read = command.name.empty();
    Asked& asked = new_asked(std::move(command));
    asked.on_end = [this](Asked& ended) { check_answer(ended); };
    if (read) {
      get(asked);
    } else if (pick(2) == 0) {
      post(asked);
    } else {
      send(asked);
    }
  }

  // --- what the domain tells ---

  void decides(const State& state, const Command& command) override {
    expect_serial(state, command.name.c_str());
    Result result = machine_.decide(command);
    if (command.name == "Step") {
      EXPECT_LE(static_cast<std::size_t>(command.second), head()) << "sent before it was durable";
    }
    if (command.name == "Hold") due_[command.id] = clock_.unix_micros() + command.second * 1000;
    if (command.name == "Forget")
      forgets_.push_back({command.id, command.first, holds_of(command.first)});
    if (command.name == "Expire") {
      const auto forgotten = forgotten_.find(command.id);
      if (forgotten != forgotten_.end() && due_[command.id] > forgotten->second) {
        ADD_FAILURE() << "hold " << command.id << " expires, and was forgotten before it was due";
      }
    }
    machine_.log.insert(machine_.log.end(), result.events.begin(), result.events.end());
    Decided& decided = decided_[command.id];
    decided.sequence = ++decides_;
    decided.own += result.events.size();
    decided.result = std::move(result);
    decided.point = machine_.log.size();
  }
  void reads(const State& state) override { expect_serial(state, "a read"); }

  // The state is what a serial machine has after all that was decided and has not failed.
  void expect_serial(const State& state, const char* what) {
    ASSERT_EQ(state.ledger, lines(machine_.log))
        << what << " sees another state than the machine's";
    ASSERT_EQ(state.tokens, machine_.tokens());
  }
  static void expect_same(const std::vector<std::string>& is,
                          const std::vector<std::string>& should, const char* what) {
    for (std::size_t n = 0; n < std::max(is.size(), should.size()); ++n) {
      ASSERT_EQ(n < is.size() ? is[n] : "nothing", n < should.size() ? should[n] : "nothing")
          << what << " differs from the machine at event " << n + 1 << " of " << should.size();
    }
  }
  static std::vector<std::string> lines(const std::vector<Event>& log) {
    std::vector<std::string> out;
    std::map<std::string, int> versions;
    for (const Event& e : log) {
      out.push_back(e.type + " " + e.stream + "@" + std::to_string(++versions[e.stream]) + " " +
                    std::to_string(e.id));
    }
    return out;
  }
  std::vector<std::int64_t> holds_of(std::int64_t key) const {
    std::vector<std::int64_t> out;
    for (const Event& e : machine_.log) {
      if (e.type == "Held" && e.about == key) out.push_back(e.id);
    }
    return out;
  }

  // --- what was told ---

  void check_answer(Asked& asked) {
    const Command& command = asked.command;
    EXPECT_EQ(asked.calls, 1);
    const auto found = decided_.find(command.id);
    const int code = asked.code();
    if (!asked.body.empty() && !asked.refusal) {
      // Rendered once, and of a state that is durable by now.
      const std::size_t changes = std::strtoull(asked.body.c_str() + 11, nullptr, 10);
      EXPECT_EQ(asked.body, "{\"changes\":" + std::to_string(changes) + "}");
      EXPECT_LE(changes, head()) << command.name << " tells of what is not durable";
      if (found != decided_.end()) {
        EXPECT_GE(changes, found->second.point) << command.name;
        if (!found->second.result.events.empty() && command.name != "Walk") {
          EXPECT_EQ(changes, found->second.point)
              << command.name << " was rendered at another moment";
        }
      }
    }
    if (code == 504) return;
    if (code == 503 || code == 409) {
      EXPECT_FALSE(in_log(command.id))
          << command.name << " was refused with " << code << " and is there";
    }
    if (code == 503 || command.name.empty()) return;
    if (found == decided_.end()) {
      EXPECT_TRUE(command.name == "Spoil" && code == 500)
          << command.name << " was answered undecided";
      return;
    }
    const Decided& decided = found->second;
    if (code == 500 && command.name == "Walk") return;  // a later step failed
    EXPECT_FALSE(decided.lost) << command.name << " was answered " << code
                               << " and rests on nothing";
    EXPECT_LE(decided.point, head()) << command.name << " was answered before it was durable";
    if (decided.result.code.empty()) {
      EXPECT_FALSE(asked.refusal) << command.name << ": " << asked.refusal->code;
    } else {
      ASSERT_TRUE(asked.refusal) << command.name;
      EXPECT_EQ(asked.refusal->code, decided.result.code);
      if (code == 409 && decided.result.code != "CONFLICT") {
        EXPECT_EQ(asked.refusal->message, std::to_string(decided.point));
      }
    }
    if (command.name == "Walk") {
      EXPECT_EQ(decided.own, static_cast<std::size_t>(command.first)) << "settled too early";
    } else if (command.name != "Ignore" && command.name != "Forget") {
      EXPECT_GT(decided.sequence, left_)
          << command.name << " left before what was decided before it";
      left_ = std::max(left_, decided.sequence);
    }
    if (command.name == "Forget") {
      for (const Forgotten& one : forgets_) {
        if (one.id != command.id) continue;
        for (const std::int64_t hold : one.holds) forgotten_.emplace(hold, clock_.unix_micros());
      }
    }
  }
  bool in_log(std::int64_t id) const {
    return std::any_of(machine_.log.begin(), machine_.log.end(),
                       [&](const Event& e) { return e.id == id; });
  }

  // Sockets hear what is stored, once, in its order.
  struct Listener final : BroadcastListener {
    SerialHistoryTest* test = nullptr;
    std::uint64_t last = 0;
    void deliver(std::shared_ptr<const BroadcastBatch> batch) override {
      for (const Broadcast& b : batch->items()) test->check_broadcast(b, last);
    }
    bool listening() const override { return true; }
  };
  void check_broadcast(const Broadcast& b, std::uint64_t& last) {
    const std::string data(b.data);
    if (b.position == 0) {
      const std::size_t at = data.find("\"changes\":");
      ASSERT_NE(at, std::string::npos) << b.type_name;
      EXPECT_LE(std::strtoull(data.c_str() + at + 10, nullptr, 10), head());
      return;
    }
    EXPECT_LE(b.position, head()) << "a socket was told of what is not durable";
    EXPECT_EQ(b.position, last + 1) << "a socket misses an event, or hears it twice";
    last = b.position;
    ASSERT_LE(b.position, machine_.log.size());
    const Event& event = machine_.log[b.position - 1];
    EXPECT_EQ(std::string(b.type_name), event.type);
    EXPECT_EQ(std::string(b.stream), event.stream);
  }
  void check_observed() {
    ObservedAction action;
    std::uint64_t missed = 0;
    while (subscriber_->receive(action, missed, absl::ZeroDuration()) ==
           ActionSubscriber::Result::kAction) {
      ASSERT_EQ(missed, 0u);
      EXPECT_LE(action.position, head()) << action.type;
      const std::size_t at = action.data.find("\"seen\":");
      if (at == std::string::npos) continue;
      EXPECT_LE(std::strtoull(action.data.c_str() + at + 7, nullptr, 10), head()) << action.data;
    }
  }
  // What is stored is what the machine came to, from the first event on.
  void check_log() {
    const std::vector<std::string> log = stored();
    std::vector<std::string> expected = lines(machine_.log);
    ASSERT_LE(log.size(), expected.size());
    expected.resize(log.size());
    expect_same(log, expected, "the log");
  }

  // --- crashes and swaps ---

  void crash_now() {
    end_swap();
    for (auto& asked : asked_) asked->on_end = nullptr;
    crash([this] {
      flight_failed();
      left_ = 0;
      listener_.last = head();
    });
    subscriber_ = store_->subscribe_actions();
    EXPECT_EQ(ledger(), stored());
  }
  void begin_swap() {
    if (swap_.joinable()) {
      if (swapped_) end_swap();
      return;
    }
    swapped_ = false;
    auto next = ++swaps_ % 2 == 1 ? generation<desk::Desk<2>>() : generation<desk::Desk<1>>();
    swap_ = std::thread([this, handle = std::make_shared<DomainHandle>(std::move(next))] {
      auto report = store_->replace(handle);
      EXPECT_TRUE(report.ok()) << report.status();
      if (report.ok()) replaced_ = std::move(report->replaced);  // ends on the test's thread
      swapped_ = true;
    });
  }
  // It waits for what is in doubt, and for a rebuild.
  void end_swap() {
    if (!swap_.joinable()) return;
    events_.open();
    EXPECT_TRUE(pass_until([&] { return swapped_.load(); })) << "the swap does not end";
    swap_.join();
    replaced_.reset();
  }

  void end() {
    end_swap();
    events_.open();
    recover();
    for (int n = 0; n < 10; ++n) loop_.advance(2'000'000);
    recover();
    check_log();
    check_observed();
    EXPECT_EQ(machine_.log.size(), head()) << "something decided is missing";
    EXPECT_EQ(ledger(), stored());
    for (const auto& asked : asked_) {
      EXPECT_TRUE(!asked->on_end || asked->calls == 1)
          << asked->command.name << " was not answered";
    }
    EXPECT_EQ(store_->health().causes, 0u);
    EXPECT_EQ(rows(), std::vector<std::string>{}) << "a delay is left in the log";
    for (const std::int64_t key : {100, 101}) {
      const std::int64_t holder = machine_.holder(key);
      const bool may_be_forgotten =
          std::any_of(forgets_.begin(), forgets_.end(), [&](const Forgotten& one) {
            return std::find(one.holds.begin(), one.holds.end(), holder) != one.holds.end();
          });
      EXPECT_TRUE(holder == 0 || may_be_forgotten) << "hold " << holder << " never expired";
    }
    crash_now();
  }

  struct Forgotten {
    std::int64_t id, key;
    std::vector<std::int64_t> holds;
  };

  std::uint64_t random_ = 1;
  std::int64_t last_id_ = 1000;
  Machine machine_;
  std::map<std::int64_t, Decided> decided_;
  std::uint64_t decides_ = 0, left_ = 0;
  std::vector<Forgotten> forgets_;
  std::map<std::int64_t, std::int64_t> forgotten_, due_;  // by hold
  Listener listener_;
  std::shared_ptr<ActionSubscriber> subscriber_;
  std::thread swap_;
  std::shared_ptr<DomainHandle> replaced_;
  std::atomic<bool> swapped_{false};
  int swaps_ = 0;

 public:
  void forget_everything() {
    store_.reset();
    loop_.run();
    events_.forget_everything(clock_);
    machine_ = {};
    last_id_ = 1000;
    due_.clear();
    decides_ = left_ = 0;
    decided_.clear();
    forgets_.clear();
    forgotten_.clear();
    asked_.clear();
    listener_.last = 0;
    start();
    subscriber_ = store_->subscribe_actions();
  }
};

TEST_F(SerialHistoryTest, EveryDecideSeesASerialMachineAndNobodyIsToldOfWhatIsNotDurable) {
  const char* one = std::getenv("COMPOSABLE_SEED");
  const char* many = std::getenv("COMPOSABLE_HISTORIES");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t count = one != nullptr    ? 1
                              : many != nullptr ? std::strtoull(many, nullptr, 10)
                                                : 300;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("COMPOSABLE_SEED=" + std::to_string(seed));
    run(seed);
    if (HasFailure()) return;
    forget_everything();
  }
}

}  // namespace
}  // namespace composable::host
