// What a domain says of reloads: its table, what is exported and imported, and the test store's
// part.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <stdexcept>

#include "composable/testing/test_store.hpp"

namespace {

using composable::describe;
using composable::testing::TestStore;

struct Put {
  std::string name;
  std::int64_t count = 0;
};
struct WasPut {
  std::string name;
  std::int64_t count = 0;
};

enum class Mood { kCalm, kWild };
struct Shelf {
  std::int64_t count = 0;
  std::vector<std::string> labels;
  std::vector<Shelf> inside;  // a type that holds itself
};
struct Rooms {
  std::map<std::string, Shelf> shelves;
  std::optional<Mood> mood;
  composable::Secret<std::string> key;
};

struct RoomsOf1 {
  std::map<std::string, std::int64_t> counts;
};
struct RoomsOf2 {
  std::int64_t total = 0;
};

// Keeps what it can write itself, and knows two older forms.
struct Store {
  static constexpr auto kName = "rooms";
  static constexpr auto kVersion = "3";
  static constexpr auto kStorage = composable::ephemeral;
  static constexpr auto kReload =
      composable::keeps_state(5).migrates<1, RoomsOf1>().migrates<2, RoomsOf2>();
  using State = Rooms;
  using Action = std::variant<Put, WasPut>;

  static composable::Effects<Store> decide(const State&, const Put& c, const composable::Context&) {
    return composable::apply(WasPut{c.name, c.count});
  }
  static void evolve(State& s, const WasPut& e, const composable::Context&) {
    s.shelves[e.name].count = e.count;
  }
  static State migrate(const RoomsOf1& old) {
    State state;
    for (const auto& [name, count] : old.counts) state.shelves[name].count = count;
    return state;
  }
  static State migrate(const RoomsOf2& old) {
    if (old.total < 0) throw std::invalid_argument("a total below nothing");
    State state;
    state.shelves["all"].count = old.total;
    return state;
  }
};

// Holds what has no form in JSON, and writes it itself.
struct Names {
  static constexpr auto kName = "names";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  static constexpr auto kReload = composable::keeps_state(2);
  struct State {
    std::set<std::string> names;
  };
  using Action = std::variant<Put, WasPut>;

  static composable::Effects<Names> decide(const State&, const Put&, const composable::Context&) {
    return {};
  }
  static void evolve(State& s, const WasPut& e, const composable::Context&) {
    s.names.insert(e.name);
  }
  static std::string export_state(const State& s) {
    std::string bytes;
    for (const std::string& name : s.names) bytes += name + '\0';
    return bytes;
  }
  static State import_state(std::uint32_t schema, std::string_view bytes) {
    if (schema != 2) throw std::invalid_argument("only schema 2 is read");
    State state;
    while (!bytes.empty()) {
      state.names.emplace(bytes.substr(0, bytes.find('\0')));
      bytes.remove_prefix(bytes.find('\0') + 1);
    }
    return state;
  }
};

// A durable one that lets the host keep snapshots; its state is not all that is in the export.
struct Careless {
  static constexpr auto kName = "careless";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::durable;
  static constexpr auto kReload = composable::keeps_state(1);
  struct State {
    std::int64_t puts = 0;
  };
  using Action = std::variant<Put, WasPut>;

  static composable::Effects<Careless> decide(const State&, const Put& c,
                                              const composable::Context&) {
    return composable::append("s", WasPut{c.name, c.count});
  }
  static void evolve(State& s, const WasPut&, const composable::Context&) { ++s.puts; }
  static std::string export_state(const State&) { return "nothing"; }
  static State import_state(std::uint32_t, std::string_view) { return {}; }
};

struct Forgetful {
  static constexpr auto kName = "forgetful";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  static constexpr auto kReload = composable::resets_state();
  struct State {};
  using Action = std::variant<Put, WasPut>;

  static composable::Effects<Forgetful> decide(const State&, const Put&,
                                               const composable::Context&) {
    return {};
  }
  static void evolve(State&, const WasPut&, const composable::Context&) {}
};

template <class D>
const composable_reload_v1* reload_of() {
  return static_cast<const composable_reload_v1*>(
      composable::domain_table<D>().query_extension(COMPOSABLE_STR(COMPOSABLE_RELOAD_EXTENSION)));
}

// One state and what a host does with it.
template <class D>
class Hosted {
 public:
  Hosted() { table_.create(nullptr, COMPOSABLE_STR("{}"), &state_, &error_); }
  ~Hosted() { table_.destroy(state_); }

  typename D::State& state() {
    return reinterpret_cast<composable::glue::Instance<D>*>(state_)->state;
  }
  std::string exported() {
    std::string bytes;
    composable_writer writer = composable::append_to(bytes);
    error_ = composable::no_error();
    const auto status = reload_of<D>()->export_state(state_, &writer, &error_);
    return status < 0 ? "error " + std::to_string(status) + ": " + describe(error_) : bytes;
  }
  std::string import(std::uint32_t schema, std::string_view bytes) {
    const composable_bytes given{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    error_ = composable::no_error();
    const auto status = reload_of<D>()->import_state(state_, schema, given, &error_);
    return status < 0 ? "error " + std::to_string(status) + ": " + describe(error_) : "";
  }

 private:
  const composable_domain& table_ = composable::domain_table<D>();
  composable_state* state_ = nullptr;
  composable_error error_{};
};

TEST(Reload, TheTableSaysWhatTheDomainSays) {
  EXPECT_EQ(composable::domain_table<Store>().state_schema, 5u);
  EXPECT_EQ(reload_of<Store>()->struct_size, sizeof(composable_reload_v1));
  EXPECT_EQ(reload_of<Store>()->flags, 0u);
  EXPECT_EQ(composable::domain_table<Forgetful>().state_schema, 0u);
  EXPECT_EQ(reload_of<Forgetful>()->flags, COMPOSABLE_RELOAD_RESET);
  EXPECT_EQ(reload_of<Forgetful>()->export_state, nullptr);
}

TEST(Reload, AStateIsExportedAsJsonAndReadBack) {
  Hosted<Store> old, next;
  old.state().shelves["a"] = {7, {"x", "y"}, {{1, {}, {}}}};
  old.state().mood = Mood::kWild;
  old.state().key.value = "k";
  const std::string bytes = old.exported();
  EXPECT_EQ(bytes,
            R"({"shelves":{"a":{"count":7,"labels":["x","y"],"inside":[{"count":1,"labels":[],)"
            R"("inside":[]}]}},"mood":"wild","key":"k"})");
  EXPECT_EQ(next.import(5, bytes), "");
  EXPECT_EQ(composable::testing::diff(old.state(), next.state()), std::vector<std::string>());
}

TEST(Reload, FieldsThatCameOrWentAreNoMigration) {
  Hosted<Store> next;
  EXPECT_EQ(next.import(5, R"({"shelves":{"a":{"count":3}},"gone":[1]})"), "");
  EXPECT_EQ(next.state().shelves["a"].count, 3);
  EXPECT_FALSE(next.state().mood.has_value());
}

TEST(Reload, AnOlderFormIsReadAsItsOwnTypeAndMigrated) {
  Hosted<Store> next;
  EXPECT_EQ(next.import(1, R"({"counts":{"a":3,"b":4}})"), "");
  EXPECT_EQ(next.state().shelves["b"].count, 4);
  EXPECT_EQ(next.import(2, R"({"total":9})"), "");
  EXPECT_EQ(next.state().shelves.size(), 1u);
  EXPECT_EQ(next.state().shelves["all"].count, 9);
}

TEST(Reload, WhatCannotBeReadIsRefusedWithThePlace) {
  Hosted<Store> next;
  EXPECT_EQ(next.import(5, R"({"shelves":{"a":{"count":"three"}}})"),
            "error -2: shelves[\"a\"].count: expected integer, found string \"three\" (byte 25)");
  EXPECT_EQ(next.import(1, R"({"counts":{"a":"x"}})"),
            "error -2: counts[\"a\"]: expected integer, found string \"x\" (byte 15)");
  EXPECT_EQ(next.import(3, "{}"),
            "error -3: a state of schema 3 is not known here; the domain's own is 5, and "
            "`migrates` names the older ones");
  EXPECT_EQ(next.import(2, R"({"total":-1})"), "error -4: a total below nothing");
  EXPECT_TRUE(next.import(5, "").starts_with("error -2: "));
}

TEST(Reload, ADomainMayWriteItsStateItself) {
  Hosted<Names> old, next;
  old.state().names = {"", "ann", "bob"};
  const std::string bytes = old.exported();
  EXPECT_EQ(bytes, std::string("\0ann\0bob\0", 9));
  EXPECT_EQ(next.import(2, bytes), "");
  EXPECT_EQ(next.state().names, old.state().names);
  EXPECT_EQ(next.import(1, bytes), "error -4: only schema 2 is read");
  EXPECT_EQ(next.import(2, {}), "");
  EXPECT_TRUE(next.state().names.empty());
}

TEST(Reload, TextThatIsNoTextIsNotExported) {
  Hosted<Store> old;
  old.state().shelves["a"].labels = {"\xff"};
  EXPECT_EQ(old.exported().substr(0, 9), "error -2:");
}

TEST(Reload, TheTestStoreGoesOnWithTheImportedState) {
  TestStore<Store> store;
  store.send(Put{"a", 3}).applied(WasPut{"a", 3}).state([](Rooms& s) { s.shelves["a"].count = 3; });
  store.reloads();
  store.send(Put{"a", 4}).applied(WasPut{"a", 4}).state([](Rooms& s) { s.shelves["a"].count = 4; });
}

TEST(Reload, TheTestStoreTakesAStateOfBefore) {
  TestStore<Store> store;
  store.given_state(1, R"({"counts":{"a":3}})");
  EXPECT_EQ(store.state().shelves.at("a").count, 3);
  store.send(Put{"a", 4}).applied(WasPut{"a", 4}).state([](Rooms& s) { s.shelves["a"].count = 4; });
}

TEST(Reload, TheTestStoreFailsWhenTheStateIsNotAllThere) {
  TestStore<Careless> store;
  store.given("s", WasPut{"a", 1});
  EXPECT_NONFATAL_FAILURE(store.reloads(),
                          "the state is another after a reload\n  puts: expected 1, got 0");
}

TEST(Reload, TheTestStoreFailsWhenAStateIsNotTaken) {
  TestStore<Store> store;
  EXPECT_NONFATAL_FAILURE(
      store.given_state(4, "{}"),
      "a state of schema 4 cannot be imported: a state of schema 4 is not known");
}

}  // namespace
