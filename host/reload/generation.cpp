#include "reload/generation.hpp"

#include <utility>
#include <vector>

#include "plugin/disposable_thread.hpp"

namespace composable::host {
namespace {

// It may be called until the process ends.
void keep_mapped(LoadedPlugin plugin) {
  static Mutex mutex;
  static auto* const kept = new std::vector<LoadedPlugin>;
  const MutexLock lock(mutex);
  kept->push_back(std::move(plugin));
}

}  // namespace

Generation::Generation(LoadedPlugin plugin) : plugin_(std::move(plugin)) {
  const MutexLock lock(return_slot_->mutex);
  return_slot_->domain = std::make_unique<DomainHandle>(plugin_.take_domain());
}

Generation::~Generation() {
  if (unloaded_) return;
  if (wait_until_returned(std::chrono::milliseconds(0))) {
    if (!ended_) end();
    unload();
  } else {
    keep_mapped(std::move(plugin_));
  }
}

std::shared_ptr<DomainHandle> Generation::share_domain() {
  const MutexLock lock(return_slot_->mutex);
  return {return_slot_->domain.release(), [slot = return_slot_](DomainHandle* domain) {
            const MutexLock back(slot->mutex);
            slot->domain.reset(domain);
            slot->changed.notify_all();
          }};
}

bool Generation::wait_until_returned(std::chrono::milliseconds patience) {
  if (ended_) return true;
  const auto until = std::chrono::steady_clock::now() + patience;
  const MutexLock lock(return_slot_->mutex);
  while (return_slot_->domain == nullptr) {
    if (return_slot_->changed.wait_until(return_slot_->mutex, until) == std::cv_status::timeout) {
      return return_slot_->domain != nullptr;
    }
  }
  return true;
}

void Generation::end() {
  ended_ = true;
  std::unique_ptr<DomainHandle> domain;
  {
    const MutexLock lock(return_slot_->mutex);
    domain = std::move(return_slot_->domain);
  }
  on_disposable_thread([&] { domain.reset(); });
}

UnloadResult Generation::unload() {
  unloaded_ = true;
  return plugin_.unload();
}

}  // namespace composable::host
