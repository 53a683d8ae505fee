// A LogRecorder keeps the lines that a plugin logs, instead of a host. Used by the test store, and
// by itself in tests of code that calls composable::log; one thread at a time.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "composable/abi/host.h"

namespace composable::testing {

class LogRecorder {
 public:
  LogRecorder();
  LogRecorder(const LogRecorder&) = delete;
  LogRecorder& operator=(const LogRecorder&) = delete;

  // `info payment refused order=o-1 amount=12`
  const std::vector<std::string>& lines() const { return lines_; }

  // Lines come here while one of these lives.
  class Listening {
   public:
    explicit Listening(LogRecorder& recorder);
    ~Listening();
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

   private:
    const composable_host* before_;
  };

 private:
  composable_host host_{};
  std::vector<std::string> lines_;
};

}  // namespace composable::testing
