// A Changeover takes a plugin file to a generation that serves: the canary tries it, the loader
// maps it, it takes over the state, and every loop gets its routes. A failure at any step leaves
// the serving generation as it was, and says why. Reloader's thread only, or before that runs;
// blocks.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canary/canary.hpp"
#include "plugin/loader.hpp"
#include "reload/kept_builds.hpp"
#include "reload/reload_history.hpp"
#include "reload/reload_host.hpp"
#include "reload/retirement.hpp"
#include "reload/served_domains.hpp"
#include "runtime/clock.hpp"

namespace composable::host {

// What a changeover works with; all outlive it.
struct ChangeoverParts {
  Loader* loader = nullptr;
  Canary* canary = nullptr;
  ServedDomains* served = nullptr;
  ReloadHistory* history = nullptr;
  Retirement* retirement = nullptr;
  Clock* clock = nullptr;
  ReloadHost* host = nullptr;
  std::chrono::milliseconds drain{2000};  // for the causes of a domain that is removed
};

class Changeover {
 public:
  explicit Changeover(ChangeoverParts parts) : parts_(std::move(parts)) {}

  // For a trial that evolves a log of so many events.
  static std::chrono::milliseconds trial_deadline(std::uint64_t events);

  // At start: `plugin` serves from now on; the caller publishes it and rebuilds its state.
  void adopt(LoadedPlugin plugin);

  // The generation in `file` takes over, or begins a new domain. Loaded from `kept` when that is
  // given, which has to know every stored event that the serving one knows. The replaced generation
  // is left to retire_replaced(), so that the answer need not wait for it.
  GenerationRecord take_over(const std::filesystem::path& file, std::string_view trigger,
                             const KeptBuild* kept = nullptr);
  void retire_replaced();
  // [any] Ends a trial that is under way, and every later one, since the host shuts down.
  void give_up() { parts_.canary->give_up(); }

  // Ends the domain of that file: its routes first, then its work, then its code. Nothing when the
  // file served none.
  std::optional<GenerationRecord> remove(const std::filesystem::path& file);

 private:
  struct Attempt;

  absl::Status check_events(const Attempt& attempt) const;
  absl::Status run_canary(Attempt& attempt);
  absl::StatusOr<std::optional<ExportedState>> state_of(const Attempt& attempt,
                                                        std::string_view domain) const;
  absl::Status load(Attempt& attempt);
  absl::Status accept(const Attempt& attempt, std::string_view domain) const;
  absl::Status accept_reloadable(const Attempt& attempt,
                                 const std::vector<Finding>& findings) const;
  absl::Status swap(Attempt& attempt, const ServedDomain& serving);
  absl::Status begin_domain(Attempt& attempt);
  void publish(Attempt& attempt, std::uint32_t number, ServedDomain serving);
  absl::Status run_steps(Attempt& attempt);

  ChangeoverParts parts_;
  std::optional<RetiringGeneration> replaced_;
};

}  // namespace composable::host
