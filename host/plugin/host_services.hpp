// HostServices is what the host offers one plugin: the composable_host table that its entry and
// create receive. Log lines carry the domain's name. The loader makes one per generation.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "composable/abi/host.h"

namespace composable::host {

// [any] Takes a plugin's line. `level` is one of COMPOSABLE_LOG_*.
using PluginLog =
    std::function<void(std::string_view domain, std::uint32_t level, std::string_view message)>;

class HostServices {
 public:
  HostServices(std::string domain, PluginLog log);
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  // Valid for as long as this object; the plugin's code must be gone, or never run again, by then.
  const composable_host* table() const { return &table_; }
  // [load] Sets the name of the domain's table, once that is known.
  void rename(std::string domain) { domain_ = std::move(domain); }

 private:
  static void log(const composable_host* host, std::uint32_t level, composable_str message);
  static const void* query_extension(const composable_host* host, composable_str id);

  composable_host table_{};
  std::string domain_;
  PluginLog log_;
};

}  // namespace composable::host
