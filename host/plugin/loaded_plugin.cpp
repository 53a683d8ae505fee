#include "plugin/loaded_plugin.hpp"

#include <utility>

#include "absl/strings/str_format.h"
#include "plugin/code_ranges.hpp"
#include "plugin/disposable_thread.hpp"
#include "plugin/needed_libraries.hpp"
#include "plugin/process_hooks.hpp"
#include "runtime/mutex.hpp"
#include "runtime/own_thread.hpp"

namespace composable::host {
namespace {

// A thread of code that is still mapped may ask for its services at any time.
void keep_for_ever(std::unique_ptr<HostServices> services) {
  static constinit Mutex mutex;
  static auto* const kept = new std::vector<std::unique_ptr<HostServices>>;
  const MutexLock lock(mutex);
  kept->push_back(std::move(services));
}

// For threads that are ending.
constexpr std::chrono::milliseconds kThreadPatience{100};

}  // namespace

LoadedPlugin& LoadedPlugin::operator=(LoadedPlugin&& other) noexcept {
  std::swap(name_, other.name_);
  std::swap(file_, other.file_);
  std::swap(build_, other.build_);
  std::swap(findings_, other.findings_);
  std::swap(label_, other.label_);
  std::swap(threads_before_, other.threads_before_);
  std::swap(copy_, other.copy_);
  std::swap(services_, other.services_);
  std::swap(library_, other.library_);
  std::swap(domain_, other.domain_);
  return *this;
}

LoadedPlugin::~LoadedPlugin() { unload(); }

DomainHandle LoadedPlugin::take_domain() {
  DomainHandle taken = std::move(*domain_);
  domain_.reset();
  return taken;
}

std::string LoadedPlugin::thread_holder(std::chrono::milliseconds patience) const {
  const std::vector<std::string> threads = foreign_threads(threads_before_, patience);
  std::string names;
  for (const std::string& name : threads) names += (names.empty() ? "" : ", ") + name;
  if (threads.empty()) return names;
  return absl::StrFormat(
      "the %s %s, begun since it was loaded and not by the host; end what a plugin "
      "starts in its destroy",
      threads.size() == 1 ? "thread" : "threads", names);
}

UnloadResult LoadedPlugin::unload() {
  if (!library_) return {.unmapped = true};
  if (domain_ != nullptr) on_disposable_thread([this] { domain_.reset(); });
  const CodeExtent extent = library_.extent();
  std::string holder = thread_holder(kThreadPatience);
  if (const std::string hook = hook_into(extent); holder.empty() && !hook.empty() && !permanent()) {
    holder = hook + ", which lies in it; reset it in the plugin's destroy";
  }
  if (!holder.empty()) library_.pin();
  copy_environment_out_of_libraries();
  const PluginCall in_plugin(label_, Hook::kDestructors);
  UnloadResult result = library_.unload();
  if (result.unmapped) {
    code_ranges::retire(extent);
    forget_unmapped_libraries();
    services_.reset();
    return result;
  }
  if (!holder.empty()) result.reason = "it may be held by " + holder;
  keep_for_ever(std::move(services_));
  copy_.keep();
  for (const Finding& finding : findings_) {
    if (finding.permanent) result.reason += "; " + finding.text;
  }
  return result;
}

}  // namespace composable::host
