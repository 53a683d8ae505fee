// A domain that uses every verb: what a decide returns is in its command. For tests of effects,
// tables, routes and jobs.
#pragma once
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "composable/plugin.hpp"

namespace sample {

using namespace std::chrono_literals;

struct Write {
  static constexpr auto kind = composable::command().ws().for_role("writer");
  std::string stream;
  std::vector<std::string> lines;
};
struct Remind {
  static constexpr auto kind = composable::internal();
  std::string text;
};
struct Do {  // deduced: a command
  std::string what;
};
struct History {
  static constexpr auto kind = composable::internal();
  std::string stream;
  std::vector<composable::LoadedEvent> events;
  bool more = false;
};
struct Fetched {
  static constexpr auto kind = composable::internal();
  std::string text;
};
struct Written {
  static constexpr auto kind = composable::event().for_user("author");
  std::string text;
  std::string author;
};
struct Noted {  // deduced: a private event
  std::string text;
};
struct Progress {
  static constexpr auto kind = composable::event().is_public().announced();
  int percent = 0;
};
struct Refused {
  static constexpr auto kind =
      composable::rejection(409, "REFUSED", "{text}: refused at {percent} %").at("place");
  std::string text;
  int percent = 0;
  std::string place;
};

struct Fetch {
  static constexpr auto kind = composable::restartable_job();
  std::string url;
  int naps = 0;
};
struct Block {
  int results = 0;
};
struct Fail {
  bool before = false;
};

struct Notes {
  static constexpr auto kName = "notes";
  static constexpr auto kVersion = "2.1.0";
  static constexpr auto kStorage = composable::durable;

  struct State {
    std::vector<std::string> lines;
    std::uint64_t last_version = 0;
  };
  struct Config {
    std::string prefix = "> ";
    int limit = 10;
  };
  using Action =
      std::variant<Write, Remind, Do, History, Fetched, Written, Noted, Progress, Refused>;
  using Jobs = std::variant<Fetch, Block, Fail>;
  using Effects = composable::Effects<Notes>;
  using Context = composable::Context;
  using JobContext = composable::JobContext<Notes>;

  static Effects decide(const State&, const Write& write, const Context& context,
                        const Config& config) {
    std::vector<Written> events;
    for (const std::string& line : write.lines) {
      events.push_back({config.prefix + line, std::string(context.actor())});
    }
    return composable::append(write.stream, std::move(events)).expecting_any();
  }
  static Effects decide(const State&, const Remind& r, const Context&) {
    return composable::append("reminders", Noted{r.text}).expecting(3);
  }
  static Effects decide(const State& state, const Do& command, const Context& context) {
    using namespace composable;
    const std::string& what = command.what;
    if (what == "several") {
      return {append("a", Noted{"1"}, Written{"2", "u"}), announce(Progress{50}),
              delay("later", 30min, Remind{"r"}), cancel("other"), send(Do{"nothing"})};
    }
    if (what == "nothing") return none;
    if (what == "empty") return {};
    if (what == "reject") return reject(Refused{"no", 7, "items[0]"});
    if (what == "groups") {
      return {
          parallel(send(Do{"nothing"}), sequential(job(Fetch{"u", 1}, "k"), load<History>("a"))),
          job(Block{2})};
    }
    if (what == "many") {
      Effects all;
      for (int i = 0; i < 100; ++i) all.add(send(Remind{std::string(40, 'x')}));
      return all;
    }
    if (what == "joined") return Effects{send(Remind{"1"})} | send(Remind{"2"}) | none;
    if (what == "throw") throw std::runtime_error("decide went wrong");
    if (what == "throw int") throw 5;
    if (what == "fail") return job(Fail{});
    if (what == "tell") return publish("notes.noted", Noted{"1"});
    if (what == "publish") {
      return {publish("notes.noted", Noted{"1"}),
              sequential(publish("notes.remind", Noted{"2"}), send(Do{"nothing"}))};
    }
    if (what == "load") return load<History>("a", 2, 1);
    return append("a", Noted{what + " " + std::to_string(state.lines.size()) + context.uuid7()})
        .expecting_none();
  }
  static composable::Topics<Notes> topics() {
    return {composable::subscribe<Remind>("notes.remind"), composable::subscribe<Do>("notes.do")};
  }

  static Effects decide(const State&, const History& h, const Context&) {
    return composable::announce(Progress{static_cast<int>(h.events.size())});
  }
  static Effects decide(const State&, const Fetched& f, const Context&) {
    return composable::append("a", Noted{f.text});
  }

  static void evolve(State& state, const Written& e, const Context& context) {
    state.lines.push_back(e.text);
    state.last_version = context.version();
  }
  static void evolve(State& state, const Noted& e, const Context& context) {
    if (e.text == "boom") throw std::runtime_error("evolve went wrong");
    state.lines.push_back(e.text);
    state.last_version = context.version();
  }

  static composable::Task<std::string> page(std::string url, int naps) {
    for (int i = 0; i < naps; ++i) co_await composable::sleep(250ms);
    co_return "page of " + url;
  }
  static composable::Task<Fetched> run(Fetch input, JobContext job, Config config) {
    if (job.cancelled()) co_return Fetched{"cancelled"};
    const std::string text = co_await page(input.url, input.naps);
    co_return Fetched{config.prefix + text};
  }
  static void run(Block input, JobContext job) {
    for (int i = 0; i < input.results; ++i) job.send(Fetched{std::to_string(i)});
  }
  static composable::Task<> run(Fail input, JobContext) {
    if (!input.before) co_await composable::sleep(1ms);
    throw std::runtime_error("job went wrong");
  }

  static composable::Routes<Notes> routes() {
    using namespace composable;
    return {post<Write>("/:stream/lines")

                .timeout(2s)
                .max_body(4096)
                .replies<Written>(201,
                                  [](const State& s, const Written&, Response& r) {
                                    r.location("/lines/" + std::to_string(s.lines.size()));
                                    return s;
                                  })
                .replies<Noted>(202)
                .settles(200, [](const State& s) { return s; }),
            put<Remind>("/:text").body_optional(),
            post<Do>("/raw",
                     [](const Request& r) -> Reply<Do> {
                       if (r.header("X-What").empty()) return BadRequest{"X-What is missing"};
                       return Do{std::string(r.header("x-what"))};
                     }),
            get("/:n",
                [](const State& s, const Request& r) -> Reply<std::string> {
                  if (r.param("n") != "0" || s.lines.empty()) return NotFound{"no such line"};
                  return s.lines[0];
                }),
            get("", [](const State& s) { return s.lines; })};
  }
};

}  // namespace sample
