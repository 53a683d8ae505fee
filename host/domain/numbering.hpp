// A Numbering maps between the numbers of a plugin and those of the host, for one kind of thing:
// action types, routes or jobs. Each generation of a plugin counts anew; the host's numbers stay
// the same over all generations of a domain, since queues and tables of the host hold them.
// Immutable once serving; any thread.
#pragma once
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace composable::host {

class Numbering {
 public:
  static constexpr std::uint32_t kGone = 0xffffffff;  // no such thing on the other side

  Numbering() = default;
  // The first generation: both sides count alike.
  explicit Numbering(std::uint32_t count) : to_host_(count), to_plugin_(count) {
    std::iota(to_host_.begin(), to_host_.end(), 0u);
    to_plugin_ = to_host_;
  }
  // A later generation: `to_host` has the host's number for each of the plugin's. The host has
  // `hosts` numbers in all.
  Numbering(std::vector<std::uint32_t> to_host, std::uint32_t hosts)
      : to_host_(std::move(to_host)), to_plugin_(hosts, kGone) {
    for (std::uint32_t n = 0; n < to_host_.size(); ++n) {
      to_plugin_[to_host_[n]] = n;
      same_ = same_ && to_host_[n] == n;
    }
    same_ = same_ && to_host_.size() == hosts;
  }

  // kGone for a number that the plugin has not declared.
  std::uint32_t to_host(std::uint32_t plugin) const {
    return plugin < to_host_.size() ? to_host_[plugin] : kGone;
  }
  // kGone for what this generation no longer has. `host` is one of the host's numbers.
  std::uint32_t to_plugin(std::uint32_t host) const { return same_ ? host : to_plugin_[host]; }

 private:
  std::vector<std::uint32_t> to_host_, to_plugin_;
  bool same_ = true;
};

}  // namespace composable::host
