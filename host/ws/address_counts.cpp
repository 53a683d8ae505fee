#include "ws/address_counts.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace composable::host {

std::string AddressCounts::key(std::string_view address) {
  std::string text(address.substr(0, address.find('%')));
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) != 1) return text;
  char out[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    inet_ntop(AF_INET, six.s6_addr + 12, out, sizeof out);
    return out;
  }
  std::fill(six.s6_addr + 8, six.s6_addr + 16, std::uint8_t{0});
  inet_ntop(AF_INET6, &six, out, sizeof out);
  return std::string(out) + "/64";
}

std::size_t AddressCounts::count(std::string_view address) const {
  const std::string of = key(address);
  const MutexLock lock(mutex_);
  const auto found = counts_.find(of);
  return found == counts_.end() ? 0 : found->second;
}

void AddressCounts::add(std::string_view address) {
  std::string of = key(address);
  const MutexLock lock(mutex_);
  ++counts_[std::move(of)];
}

void AddressCounts::remove(std::string_view address) {
  const std::string of = key(address);
  const MutexLock lock(mutex_);
  const auto found = counts_.find(of);
  if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

}  // namespace composable::host
