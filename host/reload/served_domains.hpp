// ServedDomains lists the domains of a host and the generations that serve them. Only the reloader
// changes it; readers get a snapshot that does not change. Any thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "reload/generation.hpp"
#include "runtime/mutex.hpp"
#include "store/store.hpp"

namespace composable::host {

struct ServedDomain {
  std::shared_ptr<Generation> generation;  // outlives the store, which uses its domain
  std::shared_ptr<Store> store;            // null: this number is not in use
  std::uint64_t attempt = 0;               // its record in the history
};

class ServedDomains {
 public:
  // By the domain's number in this host, which stays while it is served.
  using List = std::vector<ServedDomain>;

  // Keep the pointer while reading the list (a loop over `*list()` would lose it) and no longer: a
  // domain that is removed waits until no list holds it.
  std::shared_ptr<const List> list() const {
    const MutexLock lock(mutex_);
    return list_;
  }
  void set(List list) {
    auto next = std::make_shared<const List>(std::move(list));
    const MutexLock lock(mutex_);
    list_.swap(next);
  }

  // Null: no such domain, or none from that file. Valid for as long as `list`.
  static const ServedDomain* find(const List& list, std::string_view domain);
  static const ServedDomain* find_file(const List& list, const std::filesystem::path& file);

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const List> list_ ABSL_GUARDED_BY(mutex_) = std::make_shared<const List>();
};

}  // namespace composable::host
