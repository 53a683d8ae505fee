// AddressCounts counts the sockets of each client address, over all loops. Any thread.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "runtime/mutex.hpp"

namespace composable::host {

class AddressCounts {
 public:
  // The key under which an address is counted: an IPv4 address itself, also when mapped into IPv6;
  // an IPv6 address by its /64, the network of one customer; other text as it is.
  static std::string key(std::string_view address);

  std::size_t count(std::string_view address) const;
  void add(std::string_view address);
  void remove(std::string_view address);

 private:
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, std::size_t> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace composable::host
