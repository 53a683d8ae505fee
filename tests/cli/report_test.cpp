#include "cli/report.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

CheckReport report() {
  return {.domains = {{.ok = true,
                       .name = "auth",
                       .file = "plugins/auth.so",
                       .version = "1.0.0",
                       .abi = "1",
                       .routes = 6,
                       .topics = 1},
                      {.name = "orders",
                       .file = "plugins/orders.so",
                       .reason = "built for abi 3, this host speaks 1..2; rebuild it"},
                      {.name = "billing",
                       .file = "plugins/billing.so",
                       .reason = "POST /orders is already served by orders.PlaceOrder"}}};
}

TEST(CheckText, SaysOfEachFileWhatItIsOrWhyNot) {
  EXPECT_EQ(check_text(report()),
            "ok    auth     1.0.0  abi 1   6 routes   1 topic   plugins/auth.so\n"
            "fail  orders   plugins/orders.so: built for abi 3, this host speaks 1..2; rebuild it\n"
            "fail  billing  plugins/billing.so: POST /orders is already served by "
            "orders.PlaceOrder\n"
            "1 of 3 domains would load\n");
}

TEST(CheckText, SaysWhatIsWrongBesidePlugins) {
  CheckReport empty;
  EXPECT_EQ(check_text(empty), "0 of 0 domains would load\n");
  EXPECT_TRUE(empty.ok());
  empty.problems = {"/none: no such directory"};
  EXPECT_EQ(check_text(empty), "fail  /none: no such directory\n0 of 0 domains would load\n");
  EXPECT_FALSE(empty.ok());
}

TEST(CheckText, ShowsWhatTheLintFoundBeneathTheDomain) {
  const CheckReport linted{
      .domains = {{.ok = true,
                   .name = "mail",
                   .file = "mail.so",
                   .version = "1",
                   .abi = "1",
                   .findings = {{"it exports x besides its entry\nok    y", false},
                                {"it is marked NODELETE: the loader never unmaps it", true}}}}};
  EXPECT_EQ(check_text(linted),
            "ok    mail  1  abi 1   0 routes   0 topics  mail.so\n"
            "      permanent, cannot be reloaded: it is marked NODELETE: the loader never unmaps "
            "it\n"
            "      warning: it exports x besides its entry\\nok    y\n"
            "1 of 1 domain would load\n");
  EXPECT_TRUE(linted.ok()) << "a finding is no refusal";
}

TEST(CheckJson, SaysWhetherItCanBeReloadedAndWhyNot) {
  const CheckReport linted{.domains = {{.ok = true,
                                        .name = "mail",
                                        .file = "mail.so",
                                        .version = "1",
                                        .abi = "1",
                                        .findings = {{"it is marked NODELETE", true}}}}};
  EXPECT_EQ(
      check_json(linted),
      R"({"ok":true,"would_load":1,"domains":[{"ok":true,"name":"mail","file":"mail.so",)"
      R"("version":"1","abi":"1","routes":0,"topics":0,"reloadable":false,)"
      R"("findings":[{"permanent":true,"text":"it is marked NODELETE"}]}],"problems":[],"warnings":[]})"
      "\n");
}

TEST(CheckText, SaysHowManyEventsWereEvolved) {
  const CheckReport report{
      .domains = {
          {.ok = true, .name = "a", .file = "a.so", .version = "1", .abi = "1.0", .replayed = 1}}};
  EXPECT_EQ(check_text(report),
            "ok    a  1  abi 1.0   0 routes   0 topics  a.so\n      evolves the log: 1 event\n"
            "1 of 1 domain would load\n");
  EXPECT_NE(check_json(report).find("\"findings\":[],\"replayed\":1}"), std::string::npos);
}

TEST(CheckText, NamesAFileOnce) {
  const CheckReport refused{
      .domains = {{.name = "a", .file = "p/a.so", .reason = "p/a.so: not a plugin"}}};
  EXPECT_EQ(check_text(refused), "fail  a  p/a.so: not a plugin\n0 of 1 domain would load\n");
  EXPECT_EQ(refusals_text(refused), "fail  a  p/a.so: not a plugin\n");
}

TEST(CheckText, AWarningFailsNothing) {
  CheckReport warned;
  warned.warnings = {"domains.oders: no plugin serves this domain"};
  EXPECT_EQ(check_text(warned),
            "warning  domains.oders: no plugin serves this domain\n0 of 0 domains would load\n");
  EXPECT_TRUE(warned.ok());
  EXPECT_EQ(check_json(warned),
            "{\"ok\":true,\"would_load\":0,\"domains\":[],\"problems\":[],"
            "\"warnings\":[\"domains.oders: no plugin serves this domain\"]}\n");
}

TEST(CheckText, APluginCannotForgeALine) {
  const CheckReport forged{
      .domains = {{.name = "a\nok    b", .file = "a.so", .reason = "\x1b[2J"}}};
  EXPECT_EQ(check_text(forged),
            "fail  a\\nok    b  a.so: \\u001b[2J\n"
            "0 of 1 domain would load\n");
}

TEST(CheckJson, HoldsTheSame) {
  EXPECT_EQ(
      check_json(report()),
      R"({"ok":false,"would_load":1,"domains":[)"
      R"({"ok":true,"name":"auth","file":"plugins/auth.so","version":"1.0.0","abi":"1",)"
      R"("routes":6,"topics":1,"reloadable":true,"findings":[]},)"
      R"({"ok":false,"name":"orders","file":"plugins/orders.so",)"
      R"("reason":"built for abi 3, this host speaks 1..2; rebuild it"},)"
      R"({"ok":false,"name":"billing","file":"plugins/billing.so",)"
      R"("reason":"POST /orders is already served by orders.PlaceOrder"}],"problems":[],"warnings":[]})"
      "\n");
}

TEST(Routes, AreOneLineEach) {
  const RoutesReport routes{.routes = {{"POST", "/api/v1/orders", "orders", "PlaceOrder"},
                                       {"GET", "/api/v1/orders/:id", "orders", ""}},
                            .topics = {{"payments.received", "orders", "NotePayment"}}};
  EXPECT_EQ(routes_text(routes),
            "POST /api/v1/orders → orders.PlaceOrder\n"
            "GET /api/v1/orders/:id → orders (reads)\n"
            "topic payments.received → orders.NotePayment\n");
  EXPECT_EQ(routes_json(routes),
            R"({"routes":[{"method":"POST","path":"/api/v1/orders","domain":"orders",)"
            R"("action":"PlaceOrder"},{"method":"GET","path":"/api/v1/orders/:id",)"
            R"("domain":"orders","action":""}],"topics":[)"
            R"({"topic":"payments.received","domain":"orders","action":"NotePayment"}]})"
            "\n");
}

}  // namespace
}  // namespace composable::host
