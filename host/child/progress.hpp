// ChildProgress records what a child process was about to do when it ended, on a page of memory
// that it shares with its host. The child's own thread writes it.
#pragma once
#include <cstdint>
#include <string_view>

namespace composable::host {

inline constexpr int kChildChannel = 3;   // the child's end of the socket
inline constexpr int kChildProgress = 4;  // the page

// Written by the child alone; the host reads it when the child has ended.
struct ChildProgress {
  enum Step : std::uint32_t {
    kStarting,
    kConstructors,
    kEntry,
    kCreate,
    kWaiting,  // for the host
    kEvolve,
    kImport,
    kUnload,
    kDone,
    kPluginTask,  // the call that `type` names in words; empty: none of the plugin's
  };

  Step step;
  std::uint32_t type_size;
  std::uint64_t position;
  std::int64_t since_us;  // on the machine's steady clock
  char type[256];
  std::uint32_t stream_size;
  char stream[64];  // of kEvolve; its beginning

  void enter(Step next, std::string_view type_name = {}, std::uint64_t at = 0,
             std::string_view of_stream = {});
};

// Of the machine, the same in all processes.
std::int64_t machine_micros();

}  // namespace composable::host
