#include "config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace composable::host {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using Texts = std::vector<std::string>;

// Each test has a directory of its own with a `composable.json` if it wrote one.
class LoadTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "composable-config-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    sources_.program = "/opt/composable/bin/composable";
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string file() const { return (dir_ / "composable.json").string(); }

  void write(std::string_view text) {
    std::ofstream(file(), std::ios::binary) << text;
    sources_.flags.config = file();
  }

  LoadedConfig load() const { return load_config(sources_); }

  Texts mistakes() const {
    Texts texts;
    for (const Mistake& mistake : load().mistakes) texts.push_back(mistake.text);
    return texts;
  }

  std::string origin(std::string_view key) const { return load().origins.find(key)->second; }

  std::filesystem::path dir_;
  Sources sources_;
};

TEST_F(LoadTest, WithNothingGivenEverythingIsTheDefault) {
  const LoadedConfig loaded = load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(loaded.config.listen.hosts, ElementsAre("localhost"));
  EXPECT_EQ(loaded.config.listen.port, 3000u);
  EXPECT_EQ(loaded.config.data_dir, "data");
  EXPECT_THAT(loaded.config.plugins.dirs, ElementsAre("/opt/composable/lib/composable/plugins"));
  EXPECT_TRUE(loaded.config.plugins.watch);
  EXPECT_THAT(loaded.warnings, IsEmpty());
  for (const auto& [key, where] : loaded.origins) EXPECT_EQ(where, "default") << key;
}

TEST_F(LoadTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  EXPECT_EQ(load().config.log.level, "info");
  EXPECT_EQ(origin("log.level"), "default");

  write("{\n  \"log\": {\n    \"level\": \"warn\"\n  }\n}");
  EXPECT_EQ(load().config.log.level, "warn");
  EXPECT_EQ(origin("log.level"), "file " + file() + ":3");

  sources_.environment = {"COMPOSABLE_LOG=orders=debug,info"};
  EXPECT_EQ(load().config.log.level, "orders=debug,info");
  EXPECT_EQ(origin("log.level"), "environment COMPOSABLE_LOG");

  sources_.flags.log_level = "error";
  EXPECT_EQ(load().config.log.level, "error");
  EXPECT_EQ(origin("log.level"), "flag --log-level");
}

TEST_F(LoadTest, TheFileMayHaveCommentsAndTrailingCommas) {
  write(R"({
    // where to listen
    "listen": {"hosts": ["::1",], "port": 0,},
    "plugins": {"watch": false}, /* and */ "threads": 2,
    "allowed_origins": ["https://shop.example", "http://localhost:5173"],
    "allowed_hosts": ["shop.example", "shop.example:8080", "[::1]:80"],
    "trusted_proxies": ["10.0.0.0/8", "fd00::/8", "192.0.2.1"],
    "domains": {"orders": {"limit": 3, /* each */ "nested": {"a": [1.50,]}}},
  })");
  const LoadedConfig loaded = load();
  ASSERT_THAT(mistakes(), IsEmpty());
  EXPECT_THAT(loaded.config.listen.hosts, ElementsAre("::1"));
  EXPECT_EQ(loaded.config.listen.port, 0u);
  EXPECT_FALSE(loaded.config.plugins.watch);
  EXPECT_EQ(loaded.config.threads, 2u);
  EXPECT_EQ(loaded.config.allowed_origins.size(), 2u);
  EXPECT_EQ(loaded.config.domains.at("orders"), R"({"limit":3,"nested":{"a":[1.50]}})");
  EXPECT_EQ(origin("domains.orders"), "file " + file() + ":8");
}

TEST_F(LoadTest, EveryVariableOfTheEnvironmentArrives) {
  sources_.environment = {"HOST=0.0.0.0",
                          "PORT=8080",
                          "DATABASE_URL=memory:",
                          "COMPOSABLE_PLUGIN_PATH=/a:/b",
                          "COMPOSABLE_DATA_DIR=/var/lib/composable",
                          "COMPOSABLE_LOG=debug"};
  const LoadedConfig loaded = load();
  ASSERT_THAT(mistakes(), IsEmpty());
  const Config& config = loaded.config;
  EXPECT_THAT(config.listen.hosts, ElementsAre("0.0.0.0"));
  EXPECT_EQ(config.listen.port, 8080u);
  EXPECT_EQ(config.database_url, "memory:");
  EXPECT_THAT(config.plugins.dirs, ElementsAre("/a", "/b"));
  EXPECT_EQ(config.data_dir, "/var/lib/composable");
  EXPECT_EQ(config.log.level, "debug");
  EXPECT_EQ(origin("listen.port"), "environment PORT");
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST_F(LoadTest, EveryFlagArrives) {
  sources_.flags = {.plugins = {"/with:colon", "b"},
                    .data_dir = "/d",
                    .listen = "[::1]:81",
                    .admin_listen = "127.0.0.1:9000",
                    .log_level = "warn",
                    .log_format = "json",
                    .no_watch = true};
  const LoadedConfig loaded = load();
  ASSERT_THAT(mistakes(), IsEmpty());
  EXPECT_THAT(loaded.config.plugins.dirs, ElementsAre("/with:colon", "b"));
  EXPECT_EQ(loaded.config.data_dir, "/d");
  EXPECT_THAT(loaded.config.listen.hosts, ElementsAre("::1"));
  EXPECT_EQ(loaded.config.listen.port, 81u);
  EXPECT_EQ(loaded.config.admin.listen, "127.0.0.1:9000");
  EXPECT_EQ(loaded.config.log.format, "json");
  EXPECT_FALSE(loaded.config.plugins.watch);
  EXPECT_EQ(origin("plugins.dirs"), "flag --plugins");
  EXPECT_EQ(origin("plugins.watch"), "flag --no-watch");
  EXPECT_EQ(origin("listen.hosts"), "flag --listen");
}

TEST_F(LoadTest, APortAloneLeavesTheHosts) {
  sources_.flags.listen = ":8080";
  EXPECT_EQ(load().config.listen.port, 8080u);
  EXPECT_THAT(load().config.listen.hosts, ElementsAre("localhost"));
  EXPECT_EQ(origin("listen.hosts"), "default");
}

TEST_F(LoadTest, AnEmptyVariableIsNone) {
  sources_.environment = {"PORT=", "COMPOSABLE_CONFIG=", "COMPOSABLE_PLUGIN_PATH="};
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_EQ(origin("listen.port"), "default");
}

TEST_F(LoadTest, TheFileIsNamedByFlagOrVariableAndNeverFoundByChance) {
  write("{\"threads\": 3}");
  sources_.environment = {"COMPOSABLE_CONFIG=" + file()};
  sources_.flags.config.reset();
  EXPECT_EQ(load().config.threads, 3u);

  sources_.environment.clear();
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(dir_);
  EXPECT_EQ(load().config.threads, 0u);
  std::filesystem::current_path(before);
}

TEST_F(LoadTest, PathsInTheFileAreRelativeToIt) {
  write(R"({"data_dir": "./state", "plugins": {"dirs": ["../plugins", "/opt/p"]}})");
  EXPECT_EQ(load().config.data_dir, (dir_ / "state").string());
  EXPECT_THAT(load().config.plugins.dirs,
              ElementsAre((dir_.parent_path() / "plugins").string(), "/opt/p"));
}

TEST_F(LoadTest, AMistakeInTheFileNamesPathLineAndWhatWouldBeRight) {
  write(R"({
  "listen": {
    "hosts": ["127.0.0.1", "example.com"],
    "port": 80800
  },
  "threads": "four",
  "http": {"body_bytes": -1, "header_bytes": 1.5, "public_metrics": "yes", "write_ms": {}},
  "plugins": {"dirs": "/opt"},
  "data_dir": "",
  "database_url": null,
  "log": {"level": "loud", "format": "xml"},
  "admin": {"listen": "9000"},
  "allowed_origins": ["shop.example"],
  "allowed_hosts": ["https://shop.example", "x"],
  "trusted_proxies": ["10.0.0.0/33", "x"],
  "websocket": []
})");
  EXPECT_THAT(
      mistakes(),
      ElementsAre(
          "config.listen.hosts[1]: expected an IPv4 or IPv6 address or localhost, found "
          "\"example.com\" (line 3)",
          "config.listen.port: expected unsigned integer in range 0..65535, found 80800 (line 4)",
          "config.threads: expected unsigned integer in range 0..256, found \"four\" (line 6)",
          "config.http.body_bytes: expected unsigned integer in range 0..1073741824, found -1 "
          "(line 7)",
          "config.http.header_bytes: expected unsigned integer in range 1024..1048576, found 1.5 "
          "(line 7)",
          "config.http.public_metrics: expected true or false, found \"yes\" (line 7)",
          "config.http.write_ms: expected unsigned integer in range 100..3600000, found an object "
          "(line 7)",
          "config.plugins.dirs: expected list of texts, found \"/opt\" (line 8)",
          "config.data_dir: expected a directory, found \"\" (line 9)",
          "config.database_url: expected text, found null (line 10)",
          "config.log.level: expected trace, debug, info, warn, error or off, alone or as "
          "orders=debug,info, found \"loud\" (line 11)",
          "config.log.format: expected text or json, found \"xml\" (line 11)",
          "config.admin.listen: expected HOST:PORT such as 127.0.0.1:3000 or [::1]:3000, found "
          "\"9000\" (line 12)",
          "config.allowed_origins[0]: expected an origin such as https://shop.example, found "
          "\"shop.example\" (line 13)",
          "config.allowed_hosts[0]: expected a host such as shop.example or shop.example:8080, "
          "found \"https://shop.example\" (line 14)",
          "config.trusted_proxies[0]: expected an address or a range such as 10.0.0.0/8, found "
          "\"10.0.0.0/33\" (line 15)",
          "config.websocket: expected an object, found a list (line 16)"));
}

TEST_F(LoadTest, AnUnknownKeyIsAnErrorWithASuggestion) {
  write(R"({
  "listn": {},
  "http": {"body_byte": 1, "wonder": 2},
  "port": 3000,
  "wo\nnder": 1
})");
  EXPECT_THAT(
      mistakes(),
      ElementsAre(
          "config.listn: unknown key; did you mean listen? (line 2)",
          "config.http.body_byte: unknown key; did you mean http.body_bytes? (line 3)",
          "config.http.wonder: unknown key; expected one of header_bytes, header_count, "
          "target_bytes, body_bytes, bodies_bytes, unsent_bytes, connections, request_ms, "
          "keep_alive_ms, "
          "write_ms, public_metrics (line 3)",
          "config.port: unknown key; did you mean listen.port? (line 4)",
          "config.wo\\nnder: unknown key; expected one of listen, admin, plugins, data_dir, "
          "database_url, log, threads, workers, workers_max, workers_per_domain, http, websocket, "
          "store, drain, crashes, allowed_hosts, "
          "allowed_origins, "
          "trusted_proxies, domains (line 5)"));
}

TEST_F(LoadTest, AKeyGivenTwiceIsAnError) {
  write("{\"threads\": 1,\n\"threads\": 2,\n\"domains\": {\"a\": {},\n\"a\": {}}}");
  EXPECT_THAT(mistakes(), ElementsAre("config.threads: given twice; leave one out (line 2)",
                                      "config.domains.a: given twice; leave one out (line 4)"));
}

TEST_F(LoadTest, AFileThatCannotBeReadIsAnError) {
  write("{\n\"threads\": 1\n\"workers\": 2}");
  EXPECT_THAT(
      mistakes(),
      ElementsAre(file() + ": not readable as JSON, missing a comma or '}' after an object member "
                           "(line 3)"));
  write("[]");
  EXPECT_THAT(mistakes(), ElementsAre("config: expected an object, found a list (line 1)"));
  sources_.flags.config = "/nonexistent/composable.json";
  EXPECT_THAT(mistakes(), ElementsAre("--config: cannot read \"/nonexistent/composable.json\", No "
                                      "such file or directory; name a file that can be read"));
  sources_.flags.config.reset();
  sources_.environment = {"COMPOSABLE_CONFIG=/"};
  EXPECT_THAT(mistakes(),
              ElementsAre("COMPOSABLE_CONFIG: cannot read \"/\", expected a file, found a "
                          "directory; name a file that can be read"));
}

// Nobody will ever write to it, so waiting would never end.
TEST_F(LoadTest, AFileThatIsAPipeIsAnError) {
  const std::string pipe = file() + ".pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  sources_.flags.config = pipe;
  EXPECT_THAT(mistakes(), ElementsAre("--config: cannot read \"" + pipe +
                                      "\", expected a file, found a pipe; name a file that can be "
                                      "read"));
}

TEST_F(LoadTest, AMistakeInTheEnvironmentNamesTheVariable) {
  sources_.environment = {"PORT=80 80", "HOST=here", "COMPOSABLE_PLUGIN_PATH=/a::/b",
                          "COMPOSABLE_LOG=x\ny"};
  EXPECT_THAT(
      mistakes(),
      ElementsAre("HOST[0]: expected an IPv4 or IPv6 address or localhost, found \"here\"",
                  "PORT: expected unsigned integer in range 0..65535, found \"80 80\"",
                  "COMPOSABLE_PLUGIN_PATH[1]: expected a directory, found \"\"",
                  "COMPOSABLE_LOG: expected trace, debug, info, warn, error or off, alone or as "
                  "orders=debug,info, found \"x\\ny\""));
  for (const Mistake& mistake : load().mistakes) EXPECT_FALSE(mistake.usage);
}

TEST_F(LoadTest, AMistakeInAFlagIsAMistakeOfUsage) {
  sources_.flags = {.data_dir = "", .listen = "3000", .log_format = "xml"};
  EXPECT_THAT(mistakes(),
              ElementsAre("--data-dir: expected a directory, found \"\"",
                          "--log-format: expected text or json, found \"xml\"",
                          "--listen: expected HOST:PORT such as 127.0.0.1:3000 or [::1]:3000, "
                          "found \"3000\""));
  for (const Mistake& mistake : load().mistakes) EXPECT_TRUE(mistake.usage);
}

TEST_F(LoadTest, AnUnknownVariableOfOursIsAWarning) {
  sources_.environment = {"COMPOSABLE_DATADIR=hunter2", "COMPOSABLE_X=hunter2", "OTHER=hunter2"};
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_THAT(load().warnings,
              ElementsAre("COMPOSABLE_DATADIR: unknown variable; did you mean COMPOSABLE_DATA_DIR?",
                          "COMPOSABLE_X: unknown variable; expected one of COMPOSABLE_CONFIG, "
                          "COMPOSABLE_PLUGIN_PATH, COMPOSABLE_DATA_DIR, COMPOSABLE_LOG"));
}

TEST_F(LoadTest, ADatabaseOfAnotherKindIsRefusedAtStart) {
  const auto refusal = [this](const std::string& url) {
    sources_.environment = {"DATABASE_URL=" + url};
    return mistakes();
  };
  const std::string postgresql =
      "database_url: postgresql is not supported by this host; use sqlite: or memory:";
  EXPECT_THAT(refusal("postgresql://shop:hunter2@db/orders"), ElementsAre(postgresql));
  EXPECT_THAT(refusal("postgres://shop:hunter2@db/orders"), ElementsAre(postgresql));
  EXPECT_THAT(refusal("hunter2://x"),
              ElementsAre("database_url: unknown scheme; use sqlite: or memory:"));
  EXPECT_THAT(refusal("sqlite:hunter2.db"),
              ElementsAre("database_url: sqlite: takes no path, the file is events.db in data_dir; "
                          "set data_dir"));
  for (const char* url : {"", "sqlite:", "memory:"}) EXPECT_THAT(refusal(url), IsEmpty()) << url;
}

TEST_F(LoadTest, NoOutputHoldsASecret) {
  const std::string domains =
      R"("domains": {"auth": {"client_secret": "hunter2"}, "b": "hunter2"})";
  const std::string domain_mistake = "config.domains.b: expected an object, found a text (line 1)";
  const auto shown = [&](std::string_view url) {
    write("{\"database_url\": " + std::string(url) + ", " + domains + "}");
    const LoadedConfig loaded = load();
    Texts texts;
    for (const ShownSetting& setting : shown_settings(loaded)) {
      EXPECT_EQ(setting.value.find("hunter2"), std::string::npos) << setting.key;
      texts.push_back(setting.key + " " + setting.value);
    }
    EXPECT_THAT(texts, Contains("domains.auth {\"client_secret\":\"***\"}"));
    return texts;
  };
  shown(R"(["hunter2"])");
  EXPECT_THAT(mistakes(), ElementsAre("config.database_url: expected text, found a list (line 1)",
                                      domain_mistake));
  shown(R"({"hunter2": 1})");
  EXPECT_THAT(
      mistakes(),
      ElementsAre("config.database_url: expected text, found an object (line 1)", domain_mistake));
  EXPECT_THAT(shown(R"("hunter2:x")"), Contains("database_url \"***\""));
  EXPECT_THAT(mistakes(),
              ElementsAre(domain_mistake, "database_url: unknown scheme; use sqlite: or memory:"));
  EXPECT_THAT(shown(R"("mysql://u:hunter2@db")"), Contains("database_url \"mysql://***@db\""));
  EXPECT_EQ(load().config.database_url, "mysql://u:hunter2@db") << "only what is shown is masked";
}

}  // namespace
}  // namespace composable::host
