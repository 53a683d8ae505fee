// A PluginUnderTest is the plugin that a test or a description is about. All calls into it go
// through call(): it records what is called, so that a crash has a name, and catches exceptions.
// One per plugin task, in the process that does it.
#pragma once
#include <cstdint>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "child/frames.hpp"
#include "child/progress.hpp"
#include "plugin/disposable_thread.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin/private_copy.hpp"
#include "verify/outcome.hpp"

namespace composable::host {

class PluginUnderTest {
 public:
  // Both references outlive it. `against` is an older build, or empty.
  PluginUnderTest(std::filesystem::path file, std::string config, std::uint64_t seed,
                  RunDirectory& run, ChildProgress& progress, std::filesystem::path against = {})
      : file_(std::move(file)),
        against_(std::move(against)),
        config_(std::move(config)),
        seed_(seed),
        run_(run),
        progress_(progress) {}

  const std::filesystem::path& file() const { return file_; }
  const std::filesystem::path& against() const { return against_; }
  const std::string& config() const { return config_; }  // of the domain, JSON
  std::uint64_t seed() const { return seed_; }

  // Loads the plugin as a host does, with a state. Ends the test with the loader's message on
  // failure.
  LoadedPlugin load();
  // Loads the older build, without a configuration when it refuses that of the newer one.
  LoadedPlugin load_older();

  // Records the next call where no exception or status can come back: destructors.
  void about_to(std::string_view what) { progress_.enter(ChildProgress::kPluginTask, what); }

  // Runs `calls`, which calls the plugin's function. `what` is that with its object: `decode of
  // PlaceOrder`.
  template <typename Calls>
  decltype(auto) call(std::string_view what, Calls&& calls) {
    const Back back{progress_, progress_};
    progress_.enter(ChildProgress::kPluginTask, what);
    try {
      return std::forward<Calls>(calls)();
    } catch (const TestEnd&) {
      throw;
    } catch (const std::exception& e) {
      threw(what, e.what());
    } catch (...) {
      threw(what, "not a std::exception");
    }
  }

  // The same on a thread that ends right after, as [load] functions are called.
  template <typename Calls>
  void call_on_load_thread(std::string_view what, Calls&& calls) {
    std::exception_ptr ended;
    on_disposable_thread([&] {
      try {
        call(what, std::forward<Calls>(calls));
      } catch (const TestEnd&) {
        ended = std::current_exception();
      }
    });
    if (ended) std::rethrow_exception(ended);
  }

 private:
  // To what was being called around it.
  struct Back {
    ChildProgress& progress;
    const ChildProgress before;
    ~Back() { progress = before; }
  };
  [[noreturn]] static void threw(std::string_view what, std::string_view text) {
    fail(absl::StrFormat(
        "its %s let an exception out: %s; catch it in the plugin and return COMPOSABLE_E_EXCEPTION",
        what, text));
  }

  absl::StatusOr<LoadedPlugin> load(const std::filesystem::path& file, const std::string& config);

  const std::filesystem::path file_;
  const std::filesystem::path against_;
  const std::string config_;
  const std::uint64_t seed_;
  RunDirectory& run_;
  ChildProgress& progress_;
};

}  // namespace composable::host
