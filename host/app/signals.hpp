// Signals blocks signals in all threads so that one thread can wait for them. Made on the main
// thread, before there are others.
#pragma once
#include <csignal>
#include <initializer_list>

namespace composable::host {

class Signals {
 public:
  explicit Signals(std::initializer_list<int> signals) {
    sigemptyset(&set_);
    for (const int signal : signals) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  // Blocks; the signal's number.
  int wait() {
    int signal = 0;
    while (sigwait(&set_, &signal) != 0) {
    }
    return signal;
  }
  const sigset_t& set() const { return set_; }
  // From here on one of them ends the process at once.
  void restore() { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

 private:
  sigset_t set_;
};

}  // namespace composable::host
