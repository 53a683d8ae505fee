// A GenerationRecord says what became of one attempt to load a generation: the answer to a reload,
// an entry of the history, and an event of the admin feed. A value; any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace composable::host {

enum class GenerationState : std::uint8_t {
  kCanary,    // is tried in a child process
  kLoading,   // is in this process, and evolves what is stored
  kLive,      // serves
  kDraining,  // another one serves; it is still held
  kUnloaded,  // its code is gone
  kPinned,    // its code is still mapped and is not called: see `reason`
  kRefused,   // never served: see `reason`
};
std::string_view name_of(GenerationState state);

// How long each step took, in microseconds; 0: it was not made.
struct ReloadSteps {
  std::int64_t canary_us = 0;
  std::int64_t load_us = 0;
  std::int64_t evolve_us = 0;   // while the old one served, and the tail
  std::int64_t pause_us = 0;    // of the domain, within `evolve`
  std::int64_t export_us = 0;   // within `pause_us`: an ephemeral state, by the one before
  std::int64_t import_us = 0;   // and by the next one
  std::int64_t publish_us = 0;  // its routes and actions to every loop
  std::int64_t drain_us = 0;    // until nothing held it
  std::int64_t unload_us = 0;
};

struct GenerationRecord {
  std::uint64_t attempt = 0;  // counts the attempts of this host, from 1
  std::string domain;         // empty until it is known
  std::string file;
  std::string version, build;    // empty until known
  std::uint64_t generation = 0;  // counts those loaded of this domain, from 1; 0: it was not
  std::uint64_t replaced = 0;    // the one that served before; 0: none
  std::string trigger;           // start, change, request, signal, rollback
  GenerationState state = GenerationState::kCanary;
  bool clashes = false;                 // refused because another file serves its name
  std::string reason;                   // of a refusal, or what still holds the code
  std::string carried;                  // how its state came about: evolved 120 events
  std::vector<std::string> ended_jobs;  // that it left running when the next one came
  std::int64_t began_us = 0;            // Unix time
  std::int64_t live_us = 0;             // from the beginning until it served; 0: it did not
  ReloadSteps steps;
};

// One line for people: `live  orders 2 (build 4f1c9a02), in place of 1: evolved 120 events, …`.
std::string sentence_of(const GenerationRecord& record);

}  // namespace composable::host
