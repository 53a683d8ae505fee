// The desk: a durable domain whose every answer depends on all before it, and a model of it that is
// one serial machine. What the domain's decide is asked, and on which state, is told to a Witness.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "composable/plugin.hpp"

namespace composable::host::desk {

inline constexpr std::size_t kMostTokens = 3;

// --- actions ------------------------------------------------------------------------------------

// Every command has a number of its own, `id`, which its events carry.
struct Take {  // a token of its own; at most kMostTokens are out
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0;
};
struct Return {
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0, token = 0;
};
struct Pair {  // two streams in one request, two events in the first
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0;
};
struct Stamp {  // a sheet at one version
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0, sheet = 0, expected = 0;
};
struct Complain {  // always rejected
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0;
};
struct Ask {  // announces what the state is
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0;
};
struct Ignore {
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0;
};
struct Walk {  // sends a Step, and stores nothing itself
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0, steps = 0;
};
struct Step {
  static constexpr auto kind = composable::internal();
  std::int64_t id = 0, left = 0;
  std::int64_t seen = 0;  // changes, when it was sent
};
struct Hold {  // expires after `ms`, unless it was dropped or held again
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0, key = 0, ms = 0;
};
struct Drop {  // cancels beside an append
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0, key = 0;
};
struct Forget {  // cancels, and stores nothing
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0, key = 0;
};
struct Expire {
  static constexpr auto kind = composable::internal();
  std::int64_t id = 0, key = 0;
};
struct Spoil {  // `good` events, and then one that evolve throws on
  static constexpr auto kind = composable::command().ws();
  std::int64_t id = 0, good = 0;
};

struct Taken {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t id = 0;
};
struct Returned {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t id = 0, token = 0;
};
struct Paired {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t id = 0;
};
struct Stamped {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t id = 0;
};
struct Stepped {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t id = 0;
};
struct Held {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t id = 0, key = 0;
};
struct Dropped {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t id = 0, key = 0;
};
struct Expired {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t id = 0, key = 0;
};
struct Spoiled {
  static constexpr auto kind = composable::event().is_public();
  std::int64_t id = 0;
};
struct Answered {
  static constexpr auto kind = composable::event().is_public().announced();
  std::int64_t id = 0, changes = 0;
};
struct NoneLeft {
  static constexpr auto kind = composable::rejection(409, "NONE_LEFT", "{changes}");
  std::int64_t changes = 0;
};
struct NotOut {
  static constexpr auto kind = composable::rejection(409, "NOT_OUT", "{changes}");
  std::int64_t changes = 0;
};
struct Regretted {
  static constexpr auto kind = composable::rejection(422, "REGRETTED", "{changes}");
  std::int64_t changes = 0;
};

// --- the model ----------------------------------------------------------------------------------

// A command or internal action as the model and the witness see it.
struct Command {
  std::string name;
  std::int64_t id = 0, first = 0, second = 0;
};

struct Event {
  std::string type, stream;
  std::int64_t id = 0, about = 0;  // the token, or the key
  bool operator==(const Event&) const = default;
};

// What a serial machine does with a command.
struct Result {
  std::vector<Event> events;
  std::string code;  // of the refusal, if any
  bool announces = false;
};

// All that the domain is follows from its events in their order.
struct Machine {
  std::vector<Event> log;

  std::int64_t changes() const { return static_cast<std::int64_t>(log.size()); }
  std::int64_t version(const std::string& stream) const {
    std::int64_t n = 0;
    for (const Event& e : log) n += e.stream == stream ? 1 : 0;
    return n;
  }
  std::vector<std::int64_t> tokens() const {
    std::vector<std::int64_t> out;
    for (const Event& e : log) {
      if (e.type == "Taken") out.push_back(e.id);
      if (e.type == "Returned") std::erase(out, e.about);
    }
    return out;
  }
  // Whose hold it is; 0: nobody's.
  std::int64_t holder(std::int64_t key) const {
    std::int64_t id = 0;
    for (const Event& e : log) {
      if (e.about != key) continue;
      if (e.type == "Held") id = e.id;
      if (e.type == "Dropped" || e.type == "Expired") id = 0;
    }
    return id;
  }

  Result decide(const Command& w) const {
    const std::string n = std::to_string(w.first);
    if (w.name == "Take") {
      if (tokens().size() >= kMostTokens) return {{}, "NONE_LEFT"};
      return {{{"Taken", "token-" + std::to_string(w.id), w.id}}};
    }
    if (w.name == "Return") {
      for (const std::int64_t token : tokens()) {
        if (token == w.first) return {{{"Returned", "token-" + n, w.id, w.first}}};
      }
      return {{}, "NOT_OUT"};
    }
    if (w.name == "Pair") {
      return {{{"Paired", "left", w.id}, {"Paired", "left", w.id}, {"Paired", "right", w.id}}};
    }
    if (w.name == "Stamp") {
      if (version("sheet-" + n) != w.second) return {{}, "CONFLICT"};
      return {{{"Stamped", "sheet-" + n, w.id}}};
    }
    if (w.name == "Complain") return {{}, "REGRETTED"};
    if (w.name == "Ask") return {{}, "", true};
    if (w.name == "Step") return {{{"Stepped", "walk", w.id}}};
    if (w.name == "Hold") return {{{"Held", "hold-" + n, w.id, w.first}}};
    if (w.name == "Drop") return {{{"Dropped", "hold-" + n, w.id, w.first}}};
    if (w.name == "Expire" && holder(w.first) == w.id) {
      return {{{"Expired", "hold-" + n, w.id, w.first}}};
    }
    if (w.name == "Spoil") return {{}, "INTERNAL_SERVER_ERROR"};
    return {};
  }
};

// Keeps what the domain has done, as text.
struct State {
  std::vector<std::string> ledger;  // "Taken token-4@1 4": type, stream, version, id
  std::vector<std::int64_t> tokens;
  std::map<std::int64_t, std::int64_t> holds;

  std::int64_t changes() const { return static_cast<std::int64_t>(ledger.size()); }
};

// Told of every decide and every read before it is answered. One at a time, in the serial section.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual void decides(const State& state, const Command& command) = 0;
  virtual void reads(const State& state) = 0;
  static inline Witness* now = nullptr;
};

// --- the domain ---------------------------------------------------------------------------------

struct Count {
  std::int64_t changes = 0;
};

template <int kGeneration>
struct Desk {
  static constexpr auto kName = "desk";
  static constexpr auto kVersion = kGeneration == 1 ? "1" : "2";
  static constexpr auto kStorage = composable::durable;
  using State = desk::State;
  using Action =
      std::variant<Take, Return, Pair, Stamp, Complain, Ask, Ignore, Walk, Step, Hold, Drop, Forget,
                   Expire, Spoil, Taken, Returned, Paired, Stamped, Stepped, Held, Dropped, Expired,
                   Spoiled, Answered, NoneLeft, NotOut, Regretted>;
  using Effects = composable::Effects<Desk>;
  using Context = composable::Context;

  static void observe(const State& s, Command command) {
    if (Witness::now != nullptr) Witness::now->decides(s, command);
  }
  static std::string named(const char* what, std::int64_t n) { return what + std::to_string(n); }

  static Effects decide(const State& s, const Take& c, const Context&) {
    observe(s, {"Take", c.id});
    if (s.tokens.size() >= kMostTokens) return composable::reject(NoneLeft{s.changes()});
    return composable::append(named("token-", c.id), Taken{c.id});
  }
  static Effects decide(const State& s, const Return& c, const Context&) {
    observe(s, {"Return", c.id, c.token});
    for (const std::int64_t token : s.tokens) {
      if (token == c.token) {
        return composable::append(named("token-", c.token), Returned{c.id, c.token});
      }
    }
    return composable::reject(NotOut{s.changes()});
  }
  static Effects decide(const State& s, const Pair& c, const Context&) {
    observe(s, {"Pair", c.id});
    return {composable::append("left", Paired{c.id}, Paired{c.id}),
            composable::append("right", Paired{c.id})};
  }
  static Effects decide(const State& s, const Stamp& c, const Context&) {
    observe(s, {"Stamp", c.id, c.sheet, c.expected});
    auto stamped = composable::append(named("sheet-", c.sheet), Stamped{c.id});
    if (c.expected == 0) return std::move(stamped).expecting_none();
    return std::move(stamped).expecting(static_cast<std::uint64_t>(c.expected));
  }
  static Effects decide(const State& s, const Complain& c, const Context&) {
    observe(s, {"Complain", c.id});
    return composable::reject(Regretted{s.changes()});
  }
  static Effects decide(const State& s, const Ask& c, const Context&) {
    observe(s, {"Ask", c.id});
    return composable::announce(Answered{c.id, s.changes()});
  }
  static Effects decide(const State& s, const Ignore& c, const Context&) {
    observe(s, {"Ignore", c.id});
    return composable::none;
  }
  static Effects decide(const State& s, const Walk& c, const Context&) {
    observe(s, {"Walk", c.id, c.steps});
    return composable::send(Step{c.id, c.steps, s.changes()});
  }
  static Effects decide(const State& s, const Step& c, const Context&) {
    observe(s, {"Step", c.id, c.left, c.seen});
    Effects effects = composable::append("walk", Stepped{c.id});
    if (c.left > 1) effects.add(composable::send(Step{c.id, c.left - 1, s.changes() + 1}));
    return effects;
  }
  static Effects decide(const State& s, const Hold& c, const Context&) {
    observe(s, {"Hold", c.id, c.key, c.ms});
    return {
        composable::append(named("hold-", c.key), Held{c.id, c.key}),
        composable::delay(named("k", c.key), std::chrono::milliseconds(c.ms), Expire{c.id, c.key})};
  }
  static Effects decide(const State& s, const Drop& c, const Context&) {
    observe(s, {"Drop", c.id, c.key});
    return {composable::append(named("hold-", c.key), Dropped{c.id, c.key}),
            composable::cancel(named("k", c.key))};
  }
  static Effects decide(const State& s, const Forget& c, const Context&) {
    observe(s, {"Forget", c.id, c.key});
    return composable::cancel(named("k", c.key));
  }
  static Effects decide(const State& s, const Expire& c, const Context&) {
    observe(s, {"Expire", c.id, c.key});
    const auto held = s.holds.find(c.key);
    if (held == s.holds.end() || held->second != c.id) return composable::none;
    return composable::append(named("hold-", c.key), Expired{c.id, c.key});
  }
  static Effects decide(const State& s, const Spoil& c, const Context&) {
    observe(s, {"Spoil", c.id, c.good});
    Effects effects;
    for (std::int64_t n = 0; n < c.good; ++n) {
      effects.add(composable::append(named("good-", n), Paired{c.id}));
    }
    effects.add(composable::append("spoiled", Spoiled{c.id}));
    return effects;
  }

  static void note(State& s, const char* type, std::int64_t id, const Context& context) {
    s.ledger.push_back(std::string(type) + " " + std::string(context.stream()) + "@" +
                       std::to_string(context.version()) + " " + std::to_string(id));
  }
  static void evolve(State& s, const Taken& e, const Context& context) {
    s.tokens.push_back(e.id);
    note(s, "Taken", e.id, context);
  }
  static void evolve(State& s, const Returned& e, const Context& context) {
    std::erase(s.tokens, e.token);
    note(s, "Returned", e.id, context);
  }
  static void evolve(State& s, const Paired& e, const Context& context) {
    note(s, "Paired", e.id, context);
  }
  static void evolve(State& s, const Stamped& e, const Context& context) {
    note(s, "Stamped", e.id, context);
  }
  static void evolve(State& s, const Stepped& e, const Context& context) {
    note(s, "Stepped", e.id, context);
  }
  static void evolve(State& s, const Held& e, const Context& context) {
    s.holds[e.key] = e.id;
    note(s, "Held", e.id, context);
  }
  static void evolve(State& s, const Dropped& e, const Context& context) {
    s.holds.erase(e.key);
    note(s, "Dropped", e.id, context);
  }
  static void evolve(State& s, const Expired& e, const Context& context) {
    s.holds.erase(e.key);
    note(s, "Expired", e.id, context);
  }
  // Throws when the state has moved already.
  static void evolve(State& s, const Spoiled& e, const Context& context) {
    note(s, "Spoiled", e.id, context);
    throw std::runtime_error("spoiled");
  }

  static composable::Routes<Desk> routes() {
    using composable::post;
    constexpr auto count = [](const State& s, const auto&...) { return Count{s.changes()}; };
    constexpr auto settled = [](const State& s) { return Count{s.changes()}; };
    return {composable::get("",
                            [](const State& s) {
                              if (Witness::now != nullptr) Witness::now->reads(s);
                              return Count{s.changes()};
                            }),
            post<Take>("/take").replies<Taken>(201, count),
            post<Return>("/return").replies<Returned>(200, count),
            post<Pair>("/pair").replies<Paired>(201, count),
            post<Stamp>("/stamp").replies<Stamped>(201, count),
            post<Complain>("/complain").settles(200, settled),
            post<Ask>("/ask").replies<Answered>(200, count),
            post<Ignore>("/ignore").settles(200, settled),
            post<Walk>("/walk").settles(200, settled),
            post<Hold>("/hold").replies<Held>(201, count),
            post<Drop>("/drop").replies<Dropped>(200, count),
            post<Forget>("/forget").settles(200, settled),
            post<Spoil>("/spoil").replies<Spoiled>(201, count)};
  }
};

}  // namespace composable::host::desk
