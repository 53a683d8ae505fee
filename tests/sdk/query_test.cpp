// Read routes with a query struct, and routes whose functions are pointers, driven through
// composable.routes/1.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "composable/log.hpp"
#include "composable/routes.hpp"
#include "composable/testing/log_recorder.hpp"
#include "driven.hpp"
#include "fake_http.hpp"

namespace {

enum class Sort { kByName, kByAge };
struct Page {
  std::string shelf;  // from the path
  std::string author;
  std::optional<std::string> after;
  composable::WithDefault<std::uint8_t, 20> limit;
  std::optional<bool> sold;
  std::optional<Sort> sort;
  std::optional<double> price;
  std::optional<composable::Timestamp> since;
};
struct One {
  std::uint32_t number = 0;
};
struct Add {
  std::int64_t amount = 0;
};
struct Added {
  std::int64_t amount = 0;
};

struct Books {
  static constexpr auto kName = "books";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  struct State {
    std::int64_t total = 7;
  };
  using Action = std::variant<Add, Added>;
  static composable::Effects<Books> decide(const State&, const Add& a, const composable::Context&) {
    return composable::apply(Added{a.amount});
  }
  static void evolve(State& s, const Added& e, const composable::Context&) { s.total += e.amount; }
  static std::int64_t total(const State& s, const Added&) { return s.total; }
  static composable::Routes<Books> routes();
};
using State = Books::State;

Page list(const State&, const Page& page) { return page; }
std::string with_all(const State& s, const One& one, const composable::Request& r,
                     composable::Response& out) {
  out.header("X-Total", std::to_string(s.total));
  return std::to_string(one.number) + std::string(r.header("x-what"));
}
std::int64_t read_total(const State& s) noexcept { return s.total; }
Add make(const composable::Request& r) {
  composable::log::info("reading", {{"bytes", r.body().size()}});
  return {static_cast<std::int64_t>(r.body().size())};
}
composable::Reply<std::string> refuse(const State&, const composable::Request& r) {
  composable::log::warn("refusing", {{"why", r.query("why")}, {"known", r.query("why") == "bad"}});
  if (r.query("why") == "bad") return composable::BadRequest{"no good", "why"};
  return composable::NotFound{"not here", "shelf"};
}
void settled(const State& s, composable::Response& r) {
  composable::log::debug("answering", {{"total", s.total}});
  r.header("X-Settled", "1");
}

composable::Routes<Books> Books::routes() {
  using namespace composable;
  return {get<Page>("/:shelf/list", &list),
          get<One>("/one", with_all),
          get("/total", &read_total),
          post<Add>("/raw", &make).replies<Added>(200, &Books::total).settles(202, &settled),
          get("/refuse", &refuse),
          get<One>("/:number/lambda", [](const State& s, const One& one) {
            return s.total + static_cast<std::int64_t>(one.number);
          })};
}
enum Route : std::uint32_t { kList, kOne, kTotal, kRaw, kRefuse, kLambda };

class Query : public ::testing::Test {
 protected:
  // The body; on failure "status path: message".
  std::string read(std::uint32_t route, const FakeRequest& request = {}) {
    response_ = std::make_unique<FakeResponse>();
    const composable_request raw = request.abi();
    const auto status = table_.read(domain_.state, route, &raw, &response_->abi, &domain_.fresh());
    return status < 0 ? std::to_string(status) + ' ' + composable::describe(domain_.error)
                      : response_->body;
  }

  Driven<Books> domain_;
  std::unique_ptr<FakeResponse> response_;
  const composable_routes_v1& table_ = *static_cast<const composable_routes_v1*>(
      domain_.table.query_extension(COMPOSABLE_STR(COMPOSABLE_ROUTES_EXTENSION)));
};

TEST_F(Query, PathAndQueryFillTheFields) {
  EXPECT_EQ(read(kList, {.params = {{"shelf", "a b"}},
                         .queries = {{"author", "42"},
                                     {"after", ""},
                                     {"limit", "5"},
                                     {"sold", "true"},
                                     {"sort", "by_age"},
                                     {"price", "1.5"},
                                     {"since", "2026-01-01T00:00:00Z"}}}),
            R"({"shelf":"a b","author":"42","after":"","limit":5,"sold":true,"sort":"by_age",)"
            R"("price":1.5,"since":"2026-01-01T00:00:00.000Z"})");
}

TEST_F(Query, WhatMayBeLeftOutKeepsItsDefault) {
  EXPECT_EQ(read(kList, {.params = {{"shelf", "s"}}, .queries = {{"author", "x"}}}),
            R"({"shelf":"s","author":"x","limit":20})");
}

TEST_F(Query, WhatIsMissingIsNamed) {
  EXPECT_EQ(read(kList, {.params = {{"shelf", "s"}}}),
            "-2 author: missing query parameter \"author\"");
}

TEST_F(Query, WhatDoesNotFitIsNamedWithWhatWasFound) {
  const auto with = [&](const char* name, const char* value) {
    return read(kList, {.params = {{"shelf", "s"}}, .queries = {{"author", "x"}, {name, value}}});
  };
  EXPECT_EQ(with("limit", "many"), "-2 limit: expected unsigned integer, found string \"many\"");
  EXPECT_EQ(with("limit", ""), "-2 limit: expected unsigned integer, found string \"\"");
  EXPECT_EQ(with("limit", "256"), "-2 limit: expected unsigned integer in range, found 256");
  EXPECT_EQ(with("limit", "-1"), "-2 limit: expected unsigned integer in range, found -1");
  EXPECT_EQ(with("limit", "[5]"), "-2 limit: expected unsigned integer, found string \"[5]\"");
  EXPECT_EQ(with("sold", "1"), "-2 sold: expected true or false, found 1");
  EXPECT_EQ(with("sort", "by_size"),
            "-2 sort: expected \"by_name\" or \"by_age\", found string \"by_size\"");
}

TEST_F(Query, OtherParametersAreIgnored) {
  EXPECT_EQ(read(kOne, {.queries = {{"number", "3"}, {"utm_source", "x"}}}), "\"3\"");
}

// As in a command route: a path that cannot be read leads nowhere.
TEST_F(Query, APathThatDoesNotFitIsNotFound) {
  EXPECT_EQ(read(kLambda, {.params = {{"number", "3"}}}), "10");
  EXPECT_EQ(read(kLambda, {.params = {{"number", "x"}}}).substr(0, 10), "-7 number:");
  EXPECT_EQ(read(kLambda, {.params = {{"number", "3"}}, .queries = {{"number", "4"}}}), "10");
}

TEST_F(Query, TheFunctionMayHaveRequestAndResponseToo) {
  EXPECT_EQ(read(kOne, {.queries = {{"number", "3"}}, .headers = {{"x-what", "!"}}}), "\"3!\"");
  EXPECT_EQ(response_->headers, "X-Total: 7\n");
}

TEST_F(Query, AReadRefusesWithThePlaceInTheInput) {
  EXPECT_EQ(read(kRefuse, {.queries = {{"why", "bad"}}}), "-2 why: no good");
  EXPECT_EQ(read(kRefuse), "-7 shelf: not here");
}

TEST_F(Query, TheFunctionsOfRoutesLogWithFields) {
  composable::testing::LogRecorder log;
  const composable::testing::LogRecorder::Listening listening(log);
  read(kRefuse, {.queries = {{"why", "two words"}}});
  FakeCommandSink sink(domain_.table);
  const FakeRequest five{.body = "12345"};
  const composable_request request = five.abi();
  table_.to_action(kRaw, &request, &sink.abi, &domain_.fresh());
  FakeResponse response;
  const composable_outcome outcome{sizeof(outcome), COMPOSABLE_OUTCOME_SETTLED, nullptr};
  table_.to_response(domain_.state, kRaw, &outcome, &response.abi, &domain_.fresh());
  EXPECT_EQ(log.lines(),
            (std::vector<std::string>{"warn refusing why=\"two words\" known=false",
                                      "info reading bytes=5", "debug answering total=7"}));
}

TEST_F(Query, FunctionsMayBePointers) {
  EXPECT_EQ(read(kTotal), "7");
  FakeCommandSink sink(domain_.table);
  const FakeRequest five{.body = "12345"};
  const composable_request request = five.abi();
  EXPECT_EQ(table_.to_action(kRaw, &request, &sink.abi, &domain_.fresh()), COMPOSABLE_OK);
  EXPECT_EQ(sink.sent, R"(Add{"amount":5})");

  const auto respond = [&](std::uint32_t kind, const composable_action* action) {
    FakeResponse response;
    const composable_outcome outcome{sizeof(outcome), kind, action};
    EXPECT_EQ(table_.to_response(domain_.state, kRaw, &outcome, &response.abi, &domain_.fresh()),
              COMPOSABLE_OK);
    return std::to_string(response.status) + ' ' + response.headers + response.body;
  };
  const Added added{5};
  const composable_action native = Driven<Books>::native(added);
  EXPECT_EQ(respond(COMPOSABLE_OUTCOME_MATCHED, &native), "200 7");
  EXPECT_EQ(respond(COMPOSABLE_OUTCOME_SETTLED, nullptr), "202 X-Settled: 1\n");
}

}  // namespace
