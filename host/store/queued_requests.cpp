#include "store/queued_requests.hpp"

namespace composable::host {

void QueuedRequests::add(Entry& entry) {
  MutexLock lock(mutex_);
  entry.before = last_;
  (last_ == nullptr ? first_ : last_->after) = &entry;
  last_ = &entry;
}

bool QueuedRequests::take(Entry& entry) {
  if (entry.refused) return false;
  MutexLock lock(mutex_);
  unlink(entry);
  return true;
}

void QueuedRequests::expire(std::int64_t now) {
  const Refusal refusal = timed_out("Timed out waiting for the outcome");
  MutexLock lock(mutex_);
  for (Entry* at = first_; at != nullptr;) {
    Entry& entry = *at;
    at = entry.after;
    if (entry.deadline <= now) refuse(entry, refusal);
  }
}

void QueuedRequests::refuse_all(const Refusal& refusal) {
  MutexLock lock(mutex_);
  while (first_ != nullptr) refuse(*first_, refusal);
}

// The mutex is held: a refused reply or waiter must not call back into the store.
void QueuedRequests::refuse(Entry& entry, const Refusal& refusal) {
  unlink(entry);
  entry.refused = true;
  if (entry.reply != nullptr) return entry.reply->refuse(refusal);
  if (entry.waiter == nullptr) return;
  entry.waiter->ended({.kind = Outcome::Kind::kRefused, .refusal = &refusal});
}

void QueuedRequests::unlink(Entry& entry) {
  (entry.before == nullptr ? first_ : entry.before->after) = entry.after;
  (entry.after == nullptr ? last_ : entry.after->before) = entry.before;
}

}  // namespace composable::host
