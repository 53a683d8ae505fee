#include "verify/inspect.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <regex>

namespace composable::host {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// Without what differs from build to build.
std::string plain(const Inspection& inspection) {
  std::string text =
      std::regex_replace(inspection.text, std::regex("build       [0-9a-f]+"), "build       …");
  text = std::regex_replace(text, std::regex("size        [0-9]+"), "size        …");
  text = std::regex_replace(text, std::regex("needs       [^\n]+"), "needs       …");
  return std::regex_replace(text, std::regex("^[^\n]*/"), "");
}

TEST(Inspect, ShowsWhatAFileAndItsTablesSay) {
  const Inspection inspection = inspect_plugin({.file = TALLY_PLUGIN});
  EXPECT_TRUE(inspection.ok()) << inspection.refusal;
  EXPECT_EQ(plain(inspection),
            "tally.so\n"
            "  domain      tally\n"
            "  abi         1.0\n"
            "  sdk         c++ 0.1\n"
            "  build       …\n"
            "  size        … bytes\n"
            "  needs       …\n"
            "  reloadable  yes\n"
            "  version     1.0.0\n"
            "  storage     durable\n"
            "actions\n"
            "  command    Add    anyone, sockets\n"
            "  event      Added  public\n"
            "routes\n"
            "  GET    /api/v1/tally → reads\n"
            "  POST   /api/v1/tally → Add\n");
}

TEST(Inspect, ShowsFieldsAndTheBoundsOfRoutesWhenAsked) {
  const std::string text =
      inspect_plugin({.file = ORDERS_PLUGIN, .style = {.schema = true, .routes = true}}).text;
  EXPECT_THAT(text, HasSubstr("  command    PlaceOrder             anyone, sockets\n"
                              "             customer_id               string\n"
                              "             items                     list of Item\n"
                              "             items[].product_id        string\n"
                              "             items[].name              string\n"
                              "             items[].quantity          uint32\n"
                              "             items[].unit_price_cents  int64\n"));
  EXPECT_THAT(text, HasSubstr("             reason    string, optional, nullable\n"));
  EXPECT_THAT(text, HasSubstr("one of placed|shipped|cancelled\n"));
  EXPECT_THAT(text, HasSubstr("  rejection  OrderNotFound          404 NOT_FOUND\n"));
  EXPECT_THAT(text,
              HasSubstr("  POST   /api/v1/orders/:id/cancel → CancelOrder\n"
                        "         timeout the host's, largest body the host's, body optional\n"
                        "         answers OrderCancelled\n"));
}

TEST(Inspect, ShowsTopicsAndJobs) {
  const std::string text =
      inspect_plugin({.file = fs::path(FIXTURE_PLUGINS_DIR) / "probe.so"}).text;
  EXPECT_THAT(text, HasSubstr("topics\n  probe.told → Heard\n"));
  EXPECT_THAT(text, HasSubstr("jobs\n  echo"));
}

TEST(Inspect, JsonHasAMemberForEverything) {
  const Inspection inspection = inspect_plugin({.file = TALLY_PLUGIN, .style = {.json = true}});
  EXPECT_THAT(inspection.text, StartsWith("{\"ok\":true,\"file\":\""));
  EXPECT_THAT(
      inspection.text,
      HasSubstr(
          R"("version":"1.0.0","storage":"durable","actions":[{"name":"Add","class":"command",)"
          R"("access":"anyone","role":"","sockets":true,"schema":{"kind":"object","name":"Add",)"
          R"("fields":[{"name":"amount","optional":false,"nullable":false,"secret":false,)"
          R"("type":{"kind":"int","bits":32}}]}},{"name":"Added","class":"event",)"
          R"("visibility":"public","owner_field":"",)"));
  EXPECT_THAT(inspection.text,
              testing::EndsWith(
                  R"("routes":[{"method":"GET","path":"/api/v1/tally","action":null,"outcomes":[],)"
                  R"("timeout_ms":0,"max_body":0,"body_optional":false},{"method":"POST",)"
                  R"("path":"/api/v1/tally","action":"Add","outcomes":["Added"],"timeout_ms":0,)"
                  R"("max_body":0,"body_optional":false}],"topics":[],"jobs":[]})"
                  "\n"));
}

TEST(Inspect, SaysWhyAPluginCannotBeReloaded) {
  const Inspection inspection =
      inspect_plugin({.file = fs::path(PLUGIN_FIXTURES_DIR) / "static_tls.so"});
  EXPECT_TRUE(inspection.ok()) << inspection.refusal;
  EXPECT_THAT(inspection.text, HasSubstr("  reloadable  no, it is permanent\n"
                                         "              permanent: it is marked NODELETE: "));
  EXPECT_THAT(inspection.text, HasSubstr("              warning: it uses static thread-local "));
}

TEST(Inspect, WhatIsNoPluginIsRefusedAsTheLoaderDoes) {
  const Inspection none = inspect_plugin({.file = "/no/such.so"});
  EXPECT_FALSE(none.ok());
  EXPECT_THAT(none.refusal, StartsWith("/no/such.so: "));
  EXPECT_THAT(none.text, IsEmpty());
  const fs::path wrong_abi = fs::path(BAD_PLUGINS_DIR) / "wrong_abi.so";
  const Inspection other = inspect_plugin({.file = wrong_abi});
  EXPECT_EQ(other.refusal, wrong_abi.string() +
                               ": built for abi 9.0, this host speaks 1.0; rebuild it with the SDK "
                               "of this host");
  EXPECT_THAT(other.text, HasSubstr("  abi         9.0\n")) << "what can be said of it is said";
  EXPECT_THAT(other.text, Not(HasSubstr("actions")));
  EXPECT_THAT(inspect_plugin({.file = wrong_abi, .style = {.json = true}}).text,
              HasSubstr(R"({"ok":false,"file":")"));
}

TEST(Inspect, APluginThatCrashesIsASentence) {
  const fs::path deadly = fs::path(DEADLY_PLUGINS_DIR) / "crashes_in_create.so";
  EXPECT_THAT(inspect_plugin({.file = deadly}).refusal,
              StartsWith(deadly.string() + ": it crashed with SIGSEGV in create; fix the plugin"));
}

TEST(Inspect, ABrokenSchemaIsShownAsThat) {
  const Inspection inspection = inspect_plugin(
      {.file = fs::path(SPOILT_PLUGINS_DIR) / "broken_schema.so", .style = {.schema = true}});
  EXPECT_THAT(inspection.text,
              HasSubstr("             a broken schema: note: kind 42 is not known to this host\n"));
}

}  // namespace
}  // namespace composable::host
