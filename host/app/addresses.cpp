#include "app/addresses.hpp"

#include "config/listen_address.hpp"
#include "observe/log.hpp"

namespace composable::host {
namespace {

absl::Status check_usable(const ListenAddress& address) {
  return address.port == 0 ? listen_tcp(address).status() : check_free(address);
}

}  // namespace

absl::StatusOr<std::vector<ListenAddress>> public_addresses(const ListenConfig& config) {
  std::vector<ListenAddress> usable;
  absl::Status unusable;
  for (const ConfiguredAddress& configured : listen_addresses(config)) {
    const ListenAddress address{configured.host, configured.port};
    const absl::Status works = configured.by_name ? absl::OkStatus() : check_usable(address);
    if (works.ok()) {
      usable.push_back(address);
    } else {
      log_warn("host", "not_listening", {{"reason", std::string(works.message())}});
      unusable.Update(works);
    }
  }
  if (usable.empty()) return unusable;
  return usable;
}

AdminOptions admin_options(const Config& config) {
  AdminOptions options;
  options.data_directory = config.data_dir;
  if (const auto address = admin_address(config.admin)) {
    options.tcp = ListenAddress{address->host, address->port};
  }
  return options;
}

}  // namespace composable::host
