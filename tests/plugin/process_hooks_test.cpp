// What a plugin leaves with the process when it is unloaded.
#include "plugin/process_hooks.hpp"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <vector>

#include "plugin/loader.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

class ProcessHooks : public testing::Test {
 protected:
  LoadedPlugin load(std::string_view name) {
    auto plugin = loader_.load(fixture(name));
    EXPECT_TRUE(plugin.ok()) << plugin.status();
    return *std::move(plugin);
  }
  static std::string variable(const char* name) {
    const char* const value = ::getenv(name);
    return value == nullptr ? "" : value;
  }
  // Whether a process can be started with the environment as it is.
  static bool environment_is_whole() {
    pid_t child = 0;
    char name[] = "true";
    char* const arguments[] = {name, nullptr};
    if (::posix_spawnp(&child, name, nullptr, nullptr, arguments, environ) != 0) return false;
    int status = 0;
    return ::waitpid(child, &status, 0) == child && status == 0;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<RunDirectory> run_ = *RunDirectory::open(directory_ / "run");
  Loader loader_{*run_, {}};
};

TEST_F(ProcessHooks, WhatAPluginPutsIntoTheEnvironmentOutlivesIt) {
  for (const char* name : {"leaves_environment.so", "leaves_environ.so"}) {
    char** const before = environ;
    LoadedPlugin plugin = load(name);
    ASSERT_EQ(variable("TINY_ENVIRONMENT"), "of the plugin");
    const UnloadResult result = plugin.unload();
    EXPECT_TRUE(result.unmapped) << result.reason;
    EXPECT_EQ(variable("TINY_ENVIRONMENT"), "of the plugin") << name;
    EXPECT_TRUE(environment_is_whole()) << name;
    if (environ != before) {
      std::free(environ);
      environ = before;
    }
    ::unsetenv("TINY_ENVIRONMENT");
  }
}

TEST_F(ProcessHooks, AHandlerThatWasPutBackKeepsNothing) {
  LoadedPlugin plugin = load("hidden_handler.so");
  std::signal(SIGUSR2, SIG_DFL);
  const UnloadResult result = plugin.unload();
  EXPECT_TRUE(result.unmapped) << result.reason;
}

// The last one, since what it leaves mapped has the name that another would look for.
TEST_F(ProcessHooks, AHandlerThatNoSymbolTellsKeepsThePluginMapped) {
  LoadedPlugin plugin = load("hidden_handler.so");
  EXPECT_FALSE(plugin.permanent());
  const UnloadResult result = plugin.unload();
  EXPECT_FALSE(result.unmapped);
  EXPECT_EQ(result.reason,
            "it may be held by the handler of SIGUSR2, which lies in it; reset it in the plugin's "
            "destroy");
  std::raise(SIGUSR2);  // and nothing happens
  std::signal(SIGUSR2, SIG_DFL);
}

}  // namespace
}  // namespace composable::host
