// What a plugin leaves with the process when it is unloaded.
#include "plugin/process_hooks.hpp"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <locale>
#include <memory_resource>
#include <new>
#include <sstream>
#include <vector>

#include "plugin/loader.hpp"
#include "plugin_files.hpp"

namespace composable::host {
namespace {

// A library that is as large as what lies there.
template <typename Object>
CodeExtent around(const Object* object, std::size_t size = sizeof(Object)) {
  const auto begin = reinterpret_cast<std::uintptr_t>(object);
  return {begin, begin + size};
}
template <typename Result, typename... Arguments>
CodeExtent around(Result (*function)(Arguments...)) {
  return around(reinterpret_cast<const char*>(function));
}
// The functions of its class.
template <typename Object>
CodeExtent class_of(const Object& object) {
  return around(*reinterpret_cast<const char* const*>(&object));
}

void handler() {}
void on_signal(int) {}
void on_told_signal(int, siginfo_t*, void*) {}

class Memory final : public std::pmr::memory_resource {
  void* do_allocate(std::size_t, std::size_t) override { return nullptr; }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};
class Groups final : public std::numpunct<char> {};

// Each is found in the library that it lies in, in no other, and not once it was put back.
TEST(HookInto, FindsHandlersOfTheProcess) {
  ::signal(SIGUSR2, on_signal);
  EXPECT_EQ(hook_into(around(on_signal)), "the handler of SIGUSR2");
  EXPECT_EQ(hook_into(around(handler)), "");
  struct sigaction action {};
  action.sa_sigaction = on_told_signal;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGRTMIN + 1, &action, nullptr);
  EXPECT_EQ(hook_into(around(on_told_signal)),
            "the handler of signal " + std::to_string(SIGRTMIN + 1));
  ::signal(SIGUSR2, SIG_DFL);
  ::signal(SIGRTMIN + 1, SIG_DFL);
  EXPECT_EQ(hook_into(around(on_signal)), "");

  const auto terminate = std::set_terminate(handler);
  EXPECT_EQ(hook_into(around(handler)), "the terminate handler");
  std::set_terminate(terminate);
  const auto no_memory = std::set_new_handler(handler);
  EXPECT_EQ(hook_into(around(handler)), "the new handler");
  std::set_new_handler(no_memory);
  EXPECT_EQ(hook_into(around(handler)), "");
}

TEST(HookInto, FindsAMemoryResourceByItsPlaceAndByItsClass) {
  static Memory memory;
  std::pmr::set_default_resource(&memory);
  EXPECT_EQ(hook_into(around(&memory)), "the default memory resource");
  EXPECT_EQ(hook_into(class_of(memory)), "the default memory resource");
  std::pmr::set_default_resource(nullptr);
  EXPECT_EQ(hook_into(around(&memory)), "");
}

TEST(HookInto, FindsWhatTheStreamsOfTheProcessKeep) {
  static char text[BUFSIZ];
  ASSERT_EQ(std::setvbuf(stdin, text, _IOFBF, sizeof text), 0);
  EXPECT_EQ(hook_into(around(&text)), "the buffer of stdin");
  std::setvbuf(stdin, nullptr, _IONBF, 0);
  EXPECT_EQ(hook_into(around(&text)), "");

  static std::stringbuf buffer;
  std::streambuf* const before = std::clog.rdbuf(&buffer);
  EXPECT_EQ(hook_into(around(&buffer)), "the buffer of std::clog");
  std::clog.rdbuf(before);
  static std::ostringstream prompt;
  std::ostream* const tied = std::cin.tie(&prompt);
  EXPECT_EQ(hook_into(around(&prompt)), "the stream that std::cin is tied to");
  std::cin.tie(tied);

  static const std::locale grouping(std::locale::classic(), new Groups);
  const CodeExtent groups = class_of(std::use_facet<std::numpunct<char>>(grouping));
  const std::locale plain = std::cerr.imbue(grouping);
  EXPECT_EQ(hook_into(groups), "the locale of std::cerr");
  std::cerr.imbue(plain);
  const std::locale everywhere = std::locale::global(grouping);
  EXPECT_EQ(hook_into(groups), "the global locale");
  std::locale::global(everywhere);
  EXPECT_EQ(hook_into(groups), "");
}

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
    // The host's copy, which lives as long as the environment does.
    char* const copied = std::getenv("TINY_ENVIRONMENT") - std::strlen("TINY_ENVIRONMENT=");
    if (environ != before) {
      std::free(environ);
      environ = before;
    }
    ::unsetenv("TINY_ENVIRONMENT");
    std::free(copied);
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
