// A diary that reads its own past: what was written is loaded back out of the log. In C++, for the
// page of a `load`, which the host writes and the SDK reads.
#include "composable/plugin.hpp"

namespace diary {

struct Write {
  std::string day;
  std::string text;
};
struct Recall {
  std::string day;
  std::uint64_t from = 1;
  std::uint32_t most = 1000;
};
struct Written {
  std::string day;
  std::string text;
};
struct Page {
  static constexpr auto kind = composable::internal();
  std::string stream;
  std::vector<composable::LoadedEvent> events;
  bool more = false;
};
struct Recalled {
  static constexpr auto kind = composable::event().announced();
  std::string day;
  std::vector<composable::LoadedEvent> events;
  bool more = false;
};

struct Diary {
  static constexpr auto kName = "diary";
  static constexpr auto kVersion = "1.0.0";
  static constexpr auto kStorage = composable::durable;

  // What evolve was told of each event, to compare what is loaded with.
  struct Seen {
    std::uint64_t version = 0;
    std::uint64_t position = 0;
    composable::Timestamp recorded_at;
    std::string text;
  };
  struct State {
    std::map<std::string, std::vector<Seen>> days;
  };
  using Action = std::variant<Write, Recall, Written, Page, Recalled>;
  using Effects = composable::Effects<Diary>;
  using Context = composable::Context;

  static Effects decide(const State&, const Write& w, const Context&) {
    return composable::append(w.day, Written{w.day, w.text});
  }
  static Effects decide(const State&, const Recall& r, const Context&) {
    return composable::load<Page>(r.day, r.from, r.most);
  }
  static Effects decide(const State&, const Page& page, const Context&) {
    return composable::announce(Recalled{page.stream, page.events, page.more});
  }

  static void evolve(State& state, const Written& e, const Context& context) {
    state.days[e.day].push_back(
        {context.version(), context.position(), context.recorded_at(), e.text});
  }

  static composable::Routes<Diary> routes() {
    using composable::post;
    constexpr auto recalled = [](const Recalled& r) { return r; };
    return {composable::get("", [](const State& s) { return s; }),
            post<Write>("").replies<Written>(201, [](const Written& w) { return w; }),
            post<Recall>("/recall").replies<Recalled>(200, recalled)};
  }
};

}  // namespace diary

COMPOSABLE_PLUGIN(diary::Diary)
