#include "store/store_status.hpp"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

namespace composable::host {

StoreStatus::StoreStatus(std::string name, std::shared_ptr<const DomainHandle> domain)
    : name_(std::move(name)), domain_(std::move(domain)) {}

Refusal StoreStatus::closed() const {
  if (shutting_down()) return unavailable(why_shut_down());
  if (halted()) return refusal();
  return unavailable("The domain " + name_ + " is starting");
}

Refusal StoreStatus::refusal() const {
  Refusal refusal = unavailable("The domain " + name_ + " is halted until it is reloaded");
  refusal.retry_after_s = 5;
  MutexLock lock(mutex_);
  if (!damage_.empty()) refusal.message = "The domain " + name_ + " is halted: " + damage_;
  refusal.detail = reason_;
  return refusal;
}

absl::Status StoreStatus::not_let_in() const {
  MutexLock lock(mutex_);
  return absl::UnavailableError(absl::StrCat(
      name_, ": nothing could be done with the domain for 30 s, it waits for its log: ",
      reason_.empty() ? "an answer is missing" : reason_,
      "; see that the log can be read and written, then try again"));
}

std::string StoreStatus::why_shut_down() const {
  MutexLock lock(mutex_);
  return why_shut_down_;
}

void StoreStatus::halt(std::string reason) {
  set(kHalted, true);
  MutexLock lock(mutex_);
  reason_ = std::move(reason);
}

void StoreStatus::halt_on_damage(std::string reason) {
  const std::size_t file = reason.find(": ");
  {
    MutexLock lock(mutex_);
    damage_ = file == std::string::npos ? reason : reason.substr(file + 2);
  }
  halt(std::move(reason));
}

void StoreStatus::recover(std::string reason) {
  {
    MutexLock lock(mutex_);
    reason_ = std::move(reason);
  }
  set(kRecovering, true);
}

void StoreStatus::recovered() {
  {
    MutexLock lock(mutex_);
    if (!halted()) reason_.clear();
  }
  set(kRecovering, false);
}

void StoreStatus::show(std::shared_ptr<const DomainHandle> domain) {
  {
    MutexLock lock(mutex_);
    domain_ = std::move(domain);
    reason_.clear();
    damage_.clear();
    refused_.clear();
  }
  set(kHalted, false);
}

void StoreStatus::refuse(std::string command, std::int64_t until) {
  MutexLock lock(mutex_);
  refused_[std::move(command)] = until;
}

std::shared_ptr<const DomainHandle> StoreStatus::domain() const {
  MutexLock lock(mutex_);
  return domain_;
}

StoreHealth StoreStatus::health(std::int64_t now) const {
  StoreHealth health;
  health.halted = halted();
  health.serving = is(kServing) && !health.halted;
  health.recovering = is(kRecovering) && !health.halted;
  health.position = position();
  MutexLock lock(mutex_);
  health.reason = reason_;
  if (in_doubt() && !health.halted) {
    health.recovering = true;
    if (reason_.empty()) health.reason = "the log does not know whether its last commit is stored";
  }
  for (const auto& [command, until] : refused_) {
    if (until > now) health.refused.push_back({command, (until - now + 999'999) / 1'000'000});
  }
  return health;
}

void StoreStatus::shut_down(std::string why) {
  {
    MutexLock lock(mutex_);
    if (!shutting_down()) why_shut_down_ = std::move(why);
  }
  set(kShuttingDown, true);
}

void StoreStatus::note_idle() {
  MutexLock lock(mutex_);
  idle_ = true;
  idle_changed_.notify_all();
}

void StoreStatus::wait_until_idle(std::int64_t timeout_us) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(timeout_us);
  MutexLock lock(mutex_);
  while (!idle_ && idle_changed_.wait_until(mutex_, until) == std::cv_status::no_timeout) {
  }
}

}  // namespace composable::host
