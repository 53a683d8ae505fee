#include "events/log_write.hpp"

namespace composable::host {

// The waiter destroys this as soon as it may go on, so the signal is given under the lock.
void LogWrite::answer(absl::Status status) {
  const MutexLock lock(mutex_);
  status_ = status.ok() ? std::move(refused_) : std::move(status);
  answered_ = true;
  done_.notify_one();
}

absl::Status LogWrite::wait() {
  const MutexLock lock(mutex_);
  while (!answered_) done_.wait(mutex_);
  return std::move(status_);
}

}  // namespace composable::host
