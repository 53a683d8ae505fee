// Tells ThreadSanitizer what Debian's Abseil cannot, being built without it: that absl::Mutex and
// absl::CondVar order what threads do. Stands before libabsl_synchronization.so in the lookup
// order, so that every call comes here first; each function calls the real one. Builds with
// -fsanitize=thread only.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdio>
#include <cstdlib>

#include "absl/synchronization/mutex.h"

namespace {

// Abseil's own function of this mangled name, less the prefix of its namespace.
template <class Function>
Function* real(const char* name) {
  char mangled[96];
  std::snprintf(mangled, sizeof mangled, "_ZN4absl7debian3%s", name);
  void* const found = dlsym(RTLD_NEXT, mangled);
  if (found == nullptr) {
    std::fprintf(stderr, "tests/tsan: libabsl has no %s; another Abseil needs another list\n",
                 mangled);
    std::abort();
  }
  return reinterpret_cast<Function*>(found);
}

// The caller gives the mutex up for a while inside `wait`.
template <class Wait>
auto released_during(absl::Mutex* mutex, Wait wait) {
  struct Reacquire {
    absl::Mutex* mutex;
    ~Reacquire() { __tsan_acquire(mutex); }
  } reacquire{mutex};
  __tsan_release(mutex);
  return wait();
}

// Abseil guards its graph of lock orders by a spin lock that is as invisible; ThreadSanitizer
// watches lock orders itself.
[[maybe_unused]] const bool without_graph = [] {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return true;
}();

// Abseil evaluates a condition with the mutex held, in the thread that waits or in one that
// unlocks.
class Evaluated {
 public:
  Evaluated(absl::Mutex* mutex, const absl::Condition& condition)
      : mutex_(mutex), condition_(condition) {}

  // Another thread may evaluate what this one has just made: nothing orders that before acquire().
  __attribute__((no_sanitize("thread"))) bool operator()() const {
    __tsan_acquire(mutex_);
    const bool holds = condition_.Eval();
    __tsan_release(mutex_);
    return holds;
  }

 private:
  absl::Mutex* const mutex_;
  const absl::Condition& condition_;
};

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  static const auto lock = real<void(Mutex*)>("5Mutex4LockEv");
  lock(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  static const auto unlock = real<void(Mutex*)>("5Mutex6UnlockEv");
  __tsan_release(this);
  unlock(this);
}

bool Mutex::TryLock() {
  static const auto try_lock = real<bool(Mutex*)>("5Mutex7TryLockEv");
  const bool locked = try_lock(this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void Mutex::ReaderLock() {
  static const auto lock = real<void(Mutex*)>("5Mutex10ReaderLockEv");
  lock(this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  static const auto unlock = real<void(Mutex*)>("5Mutex12ReaderUnlockEv");
  __tsan_release(this);
  unlock(this);
}

void Mutex::LockWhen(const Condition& condition) {
  static const auto lock =
      real<void(Mutex*, const Condition&)>("5Mutex8LockWhenERKNS0_9ConditionE");
  const Evaluated evaluated(this, condition);
  lock(this, Condition(&evaluated));
  __tsan_acquire(this);
}

void Mutex::Await(const Condition& condition) {
  static const auto await = real<void(Mutex*, const Condition&)>("5Mutex5AwaitERKNS0_9ConditionE");
  const Evaluated evaluated(this, condition);
  released_during(this, [&] { await(this, Condition(&evaluated)); });
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static const auto await = real<bool(Mutex*, const Condition&, Duration)>(
      "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  const Evaluated evaluated(this, condition);
  return released_during(this, [&] { return await(this, Condition(&evaluated), timeout); });
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static const auto await = real<bool(Mutex*, const Condition&, Time)>(
      "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  const Evaluated evaluated(this, condition);
  return released_during(this, [&] { return await(this, Condition(&evaluated), deadline); });
}

void CondVar::Wait(Mutex* mutex) {
  static const auto wait = real<void(CondVar*, Mutex*)>("7CondVar4WaitEPNS0_5MutexE");
  released_during(mutex, [&] { wait(this, mutex); });
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static const auto wait = real<bool(CondVar*, Mutex*, Duration)>(
      "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  return released_during(mutex, [&] { return wait(this, mutex, timeout); });
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static const auto wait =
      real<bool(CondVar*, Mutex*, Time)>("7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  return released_during(mutex, [&] { return wait(this, mutex, deadline); });
}

ABSL_NAMESPACE_END
}  // namespace absl
