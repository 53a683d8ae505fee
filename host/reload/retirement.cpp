#include "reload/retirement.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/log.hpp"

namespace composable::host {
namespace {

// For workers to let go of jobs that were ended.
constexpr std::chrono::milliseconds kGrace{500};
// For threads of a plugin that end when its domain does, and for those of the host that begin.
constexpr std::chrono::milliseconds kThreadPatience{100};
constexpr std::chrono::milliseconds kNoPatience{0};

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

void Retirement::retire(Leaver leaver) {
  const auto began = clock_.steady_micros();
  const auto draining = [](GenerationRecord& r) { r.state = GenerationState::kDraining; };
  const GenerationRecord record = history_.update(leaver.attempt, draining);
  bool returned = leaver.generation->wait_until_returned(drain_);
  if (!returned && leaver.store != nullptr) {
    const EndedJobs ended = leaver.store->end_jobs_of(*leaver.domain);
    history_.update(leaver.attempt, [&](GenerationRecord& r) { r.ended_jobs = ended.dropped; });
    if (!ended.dropped.empty() || !ended.restarted.empty()) {
      log_warn(record.domain, "jobs_ended",
               {{"generation", record.generation},
                {"dropped", listed(ended.dropped)},
                {"restarted", listed(ended.restarted)}});
    }
    leaver.running_jobs = ended.running;
    returned = leaver.generation->wait_until_returned(kGrace);
  }
  const std::int64_t drained_us = clock_.steady_micros() - began;
  if (returned) return end(std::move(leaver), drained_us);
  const std::string holder =
      leaver.running_jobs.empty()
          ? "a request that is still arriving"
          : absl::StrFormat(
                "the job %s, which runs on although it was told to end; look at its cancelled()",
                listed(leaver.running_jobs));
  hold(std::move(leaver), "it is held by " + holder, drained_us);
}

void Retirement::hold(Leaver leaver, std::string_view why, std::int64_t drain_us) {
  ++quarantined_;
  leaver.store.reset();  // the domain may be removed meanwhile
  const std::string reason(why);
  const GenerationRecord record = history_.update(leaver.attempt, [&](GenerationRecord& r) {
    r.state = GenerationState::kQuarantined;
    r.reason = reason;
    if (drain_us != 0) r.steps.drain_us = drain_us;
  });
  log_error(record.domain, "quarantined", {{"generation", record.generation}, {"reason", reason}});
  held_.push_back(std::move(leaver));
}

// Nobody holds its domain any more.
void Retirement::end(Leaver leaver, std::int64_t drain_us) {
  leaver.generation->end();
  const std::string holder = leaver.generation->thread_holder(kThreadPatience);
  if (!holder.empty()) return hold(std::move(leaver), "it may be held by " + holder, drain_us);
  unload(leaver, drain_us);
}

void Retirement::look_again() {
  std::vector<Leaver> free;
  std::erase_if(held_, [&](Leaver& leaver) {
    Generation& generation = *leaver.generation;
    if (!generation.wait_until_returned(kNoPatience)) return false;
    if (generation.has_ended() && !generation.thread_holder(kNoPatience).empty()) return false;
    free.push_back(std::move(leaver));
    return true;
  });
  for (Leaver& leaver : free) {
    --quarantined_;
    if (leaver.generation->has_ended()) {
      unload(leaver, 0);
    } else {
      end(std::move(leaver), 0);
    }
  }
}

void Retirement::unload(Leaver& leaver, std::int64_t drain_us) {
  const auto began = clock_.steady_micros();
  const LoadedPlugin& plugin = leaver.generation->plugin();
  const std::string domain = plugin.name(), build = plugin.build();
  const std::uint64_t number = plugin.generation();
  const UnloadResult result = leaver.generation->unload();
  history_.update(leaver.attempt, [&](GenerationRecord& r) {
    r.state = result.unmapped ? GenerationState::kUnloaded : GenerationState::kQuarantined;
    r.reason = result.reason;
    if (drain_us != 0) r.steps.drain_us = drain_us;
    r.steps.unload_us = clock_.steady_micros() - began;
  });
  if (result.unmapped) {
    log_info(domain, "unloaded", {{"generation", number}, {"build", build}});
  } else {
    ++quarantined_;
    log_error(domain, "quarantined", {{"generation", number}, {"reason", result.reason}});
  }
}

}  // namespace composable::host
