// A PluginCall records which plugin function a thread is in, so that a crash report can name it.
// Code that calls a plugin keeps one on its stack: DomainHandle, and the loader around loading and
// unloading. Read by the same thread, also inside a signal handler.
#pragma once
#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace composable::host {

// The plugin's functions, as the ABI calls them.
enum class Hook : std::uint32_t {
  kConstructors,
  kEntry,
  kQueryExtension,
  kCreate,
  kDestroy,
  kDecide,
  kEvolve,
  kEncode,
  kDecode,
  kExplain,
  kToAction,
  kToResponse,
  kRead,
  kRunJob,
  kResume,
  kDrop,
  kExportState,
  kImportState,
  kDestructors,
};

std::string_view hook_name(Hook hook);

// What the function's number argument counts: "action", "route", "job", or nothing.
std::string_view hook_counts(Hook hook);

// The names of one generation, for crash reports. It does not change while the plugin is called, so
// that a signal handler may read it at any time.
struct PluginLabel {
  std::string domain;
  std::string build;                               // in hex; empty: unknown
  std::uint64_t generation = 0;                    // 0: unknown
  std::vector<std::string> actions, routes, jobs;  // by the plugin's own numbers
};

class PluginCall {
 public:
  static constexpr std::uint32_t kNothing = std::numeric_limits<std::uint32_t>::max();

  // `number` is the plugin's own, of the action, route or job. `label` outlives this.
  PluginCall(const PluginLabel& label, Hook hook, std::uint32_t number = kNothing)
      : label_(&label), hook_(hook), number_(number), outer_(innermost_) {
    std::atomic_signal_fence(std::memory_order_release);  // a signal never sees it half made
    innermost_ = this;
    std::atomic_signal_fence(std::memory_order_release);
  }
  ~PluginCall() { innermost_ = outer_; }
  PluginCall(const PluginCall&) = delete;
  PluginCall& operator=(const PluginCall&) = delete;

  // This thread's innermost call; null: it is in no plugin.
  static const PluginCall* innermost() { return innermost_; }
  // Makes this thread count as inside the calls of another thread, which waits for it.
  static void work_for(const PluginCall* of_another) { innermost_ = of_another; }

  const PluginLabel& label() const { return *label_; }
  Hook hook() const { return hook_; }
  // The name of the action type, route or job; empty: there is none.
  std::string_view subject() const;

 private:
  static inline thread_local constinit const PluginCall* innermost_ = nullptr;

  const PluginLabel* const label_;
  const Hook hook_;
  const std::uint32_t number_;
  const PluginCall* const outer_;
};

}  // namespace composable::host
