// Routes of plain structs, driven through composable.routes/1.
#include "composable/routes.hpp"

#include <gtest/gtest.h>

#include "driven.hpp"
#include "fake_http.hpp"
#include "sample_domain.hpp"

namespace {

using sample::Notes;

enum Route : std::uint32_t { kWrite, kRemind, kRaw, kLine, kLines };

class Routes : public ::testing::Test {
 protected:
  // What to_action sends; on failure "status path: message".
  std::string action(std::uint32_t route, const FakeRequest& request) {
    FakeCommandSink sink(domain_.table);
    const composable_request raw = request.abi();
    const auto status = table_.to_action(route, &raw, &sink.abi, &domain_.fresh());
    return result(status, sink.sent);
  }
  std::string read(std::uint32_t route, const FakeRequest& request = {}) {
    FakeResponse response;
    const composable_request raw = request.abi();
    const auto status = table_.read(domain_.state, route, &raw, &response.abi, &domain_.fresh());
    return result(status, response.body);
  }
  std::string respond(std::uint32_t route, const composable_action* action) {
    FakeResponse response;
    composable_outcome outcome{
        sizeof(outcome),
        action == nullptr ? COMPOSABLE_OUTCOME_SETTLED : COMPOSABLE_OUTCOME_MATCHED, action};
    const auto status =
        table_.to_response(domain_.state, route, &outcome, &response.abi, &domain_.fresh());
    return result(status, std::to_string(response.status) + ' ' + response.headers + response.body);
  }
  std::string result(composable_status status, std::string good) {
    return status < 0 ? std::to_string(status) + ' ' + composable::describe(domain_.error) : good;
  }

  Driven<Notes> domain_;
  const composable_routes_v1& table_ = *static_cast<const composable_routes_v1*>(
      domain_.table.query_extension(COMPOSABLE_STR(COMPOSABLE_ROUTES_EXTENSION)));
};

TEST_F(Routes, AreDeclaredAsTheyAreWritten) {
  ASSERT_EQ(table_.n_routes, 5u);
  const composable_route& write = *table_.routes[kWrite];
  EXPECT_EQ(write.kind, COMPOSABLE_ROUTE_COMMAND);
  EXPECT_EQ(write.method, COMPOSABLE_METHOD_POST);
  EXPECT_EQ(write.timeout_ms, 2000u);
  EXPECT_EQ(write.max_body, 4096u);
  EXPECT_EQ(write.command, Driven<Notes>::number<sample::Write>);
  ASSERT_EQ(write.n_outcomes, 2u);
  EXPECT_EQ(write.outcomes[0], Driven<Notes>::number<sample::Written>);
  EXPECT_EQ(composable::view(write.pattern), "/:stream/lines");
  EXPECT_EQ(table_.routes[kRemind]->flags, COMPOSABLE_ROUTE_BODY_OPTIONAL);
  EXPECT_EQ(table_.routes[kRemind]->method, COMPOSABLE_METHOD_PUT);
  EXPECT_EQ(table_.routes[kLine]->kind, COMPOSABLE_ROUTE_READ);
}

TEST_F(Routes, ACommandIsMadeOfPathAndBody) {
  EXPECT_EQ(action(kWrite, {.params = {{"stream", "s 1"}}, .body = R"({"lines":["a"]})"}),
            R"(Write{"stream":"s 1","lines":["a"]})");
}

TEST_F(Routes, TheBodyCannotSayWhatThePathSays) {
  EXPECT_EQ(action(kWrite, {.params = {{"stream", "s"}}, .body = R"({"stream":"t","lines":[]})"}),
            "-2 field \"stream\" is set by the request already (byte 1)");
}

TEST_F(Routes, ABodyMayBeOptional) {
  for (const char* body : {"", " \r\n", "{}"}) {
    EXPECT_EQ(action(kRemind, {.params = {{"text", "t"}}, .body = body}), R"(Remind{"text":"t"})");
  }
  EXPECT_EQ(action(kWrite, {.params = {{"stream", "s"}}}),
            "-2 expected JSON, found nothing (byte 0)");
}

TEST_F(Routes, APathThatCannotBeReadIsNotFound) {
  EXPECT_EQ(action(kRemind, {.params = {{"text", "\xff"}}}), "-7 text: not valid UTF-8");
}

TEST_F(Routes, AFunctionMayMakeTheCommand) {
  EXPECT_EQ(action(kRaw, {.headers = {{"x-what", "nothing"}}}), R"(Do{"what":"nothing"})");
  EXPECT_EQ(action(kRaw, {}), "-2 X-What is missing");
}

TEST_F(Routes, AReadAnswersFromTheState) {
  EXPECT_EQ(read(kLines), "[]");
  EXPECT_EQ(read(kLine, {.params = {{"n", "0"}}}), "-7 no such line");
  domain_.evolve(Driven<Notes>::native(sample::Noted{"first"}));
  EXPECT_EQ(read(kLines), R"(["first"])");
  EXPECT_EQ(read(kLine, {.params = {{"n", "0"}}}), R"("first")");
}

TEST_F(Routes, AnOutcomeAnswersInEitherForm) {
  domain_.evolve(Driven<Notes>::native(sample::Noted{"x"}));
  const sample::Written written{"t", "u"};
  const std::string expected =
      "201 Location: /lines/1\n"
      R"({"lines":["x"],"last_version":0})";
  const composable_action native = Driven<Notes>::native(written);
  EXPECT_EQ(respond(kWrite, &native), expected);
  const composable_action json =
      Driven<Notes>::json(Driven<Notes>::number<sample::Written>, R"({"text":"t","author":"u"})");
  EXPECT_EQ(respond(kWrite, &json), expected);
}

TEST_F(Routes, AnOutcomeWithoutAFunctionHasNoBody) {
  const composable_action noted = Driven<Notes>::native(sample::Noted{"n"});
  EXPECT_EQ(respond(kWrite, &noted), "202 ");
}

TEST_F(Routes, ASettledCommandIs204UnlessSaidOtherwise) {
  EXPECT_EQ(respond(kRemind, nullptr), "204 ");
  EXPECT_EQ(respond(kWrite, nullptr), R"(200 {"lines":[],"last_version":0})");
}

TEST_F(Routes, AFunctionOfTheWrongRouteIsMisuse) {
  EXPECT_EQ(read(kWrite), "-6 ");
  EXPECT_EQ(action(kLines, {}), "-6 ");
  EXPECT_EQ(read(77), "-6 ");
}

}  // namespace
