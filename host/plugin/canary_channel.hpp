// A child's end of what CanaryProcess made for it: the channel to the host, and the page on which
// it writes what it is about to do. For the canary and for the plugin tasks of host/verify; main
// thread of that process, whose whole work this is.
#pragma once
#include <optional>
#include <string_view>

#include "plugin/canary_frames.hpp"

namespace composable::host {

class CanaryChannel {
 public:
  // Nothing when no host has started this process. From then on a crash ends it at once and leaves
  // nothing but its signal, and it does not outlive its host.
  static std::optional<CanaryChannel> find();

  CanaryProgress& progress() { return *progress_; }

  // Both end the process when the host has gone.
  //
  // The next frame; valid until the one after it.
  CanaryFrame receive();
  void send(std::string_view bytes);

 private:
  explicit CanaryChannel(CanaryProgress* progress) : progress_(progress) {}

  void read_more();

  CanaryProgress* progress_;
  CanaryFrameStream stream_;
};

}  // namespace composable::host
