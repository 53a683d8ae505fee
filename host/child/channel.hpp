// A ParentChannel is the child's end of what ChildProcess made for it: the channel to the host,
// and the page on which the child records what it is about to do. For the canary and for the
// plugin tasks of host/verify; main thread of the child.
#pragma once
#include <optional>
#include <string_view>

#include "child/frames.hpp"
#include "child/progress.hpp"

namespace composable::host {

class ParentChannel {
 public:
  // Nothing when no host has started this process. From then on a crash ends the process at once,
  // with its signal and without a report, and the process does not outlive its host.
  static std::optional<ParentChannel> find();

  ChildProgress& progress() { return *progress_; }

  // Both end the process when the host has gone.
  //
  // The next frame; valid until the one after it.
  Frame receive();
  void send(std::string_view bytes);

 private:
  explicit ParentChannel(ChildProgress* progress) : progress_(progress) {}

  void read_more();

  ChildProgress* progress_;
  FrameStream stream_;
};

}  // namespace composable::host
