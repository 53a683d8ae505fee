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

void Retirement::retire(RetiringGeneration retiring) {
  const auto began = clock_.steady_micros();
  const auto draining = [](GenerationRecord& r) { r.state = GenerationState::kDraining; };
  const GenerationRecord record = history_.update(retiring.attempt, draining);
  bool returned = retiring.generation->wait_until_returned(drain_);
  if (!returned && retiring.store != nullptr) {
    const EndedJobs ended = retiring.store->end_jobs_of(*retiring.domain);
    history_.update(retiring.attempt, [&](GenerationRecord& r) { r.ended_jobs = ended.dropped; });
    if (!ended.dropped.empty() || !ended.restarted.empty()) {
      log_warn(record.domain, "jobs_ended",
               {{"generation", record.generation},
                {"dropped", listed(ended.dropped)},
                {"restarted", listed(ended.restarted)}});
    }
    retiring.running_jobs = ended.running;
    returned = retiring.generation->wait_until_returned(kGrace);
  }
  const std::int64_t drained_us = clock_.steady_micros() - began;
  if (returned) return end(std::move(retiring), drained_us);
  const std::string holder =
      retiring.running_jobs.empty()
          ? "a request that is still arriving"
          : absl::StrFormat(
                "the job %s, which runs on although it was cancelled; check cancelled() in it",
                listed(retiring.running_jobs));
  hold(std::move(retiring), "it is held by " + holder, drained_us);
}

void Retirement::hold(RetiringGeneration retiring, std::string_view why, std::int64_t drain_us) {
  ++pinned_;
  retiring.store.reset();  // the domain may be removed meanwhile
  const std::string reason(why);
  const GenerationRecord record = history_.update(retiring.attempt, [&](GenerationRecord& r) {
    r.state = GenerationState::kPinned;
    r.reason = reason;
    if (drain_us != 0) r.steps.drain_us = drain_us;
  });
  log_error(record.domain, "pinned", {{"generation", record.generation}, {"reason", reason}});
  held_.push_back(std::move(retiring));
}

// Nothing holds its domain any more.
void Retirement::end(RetiringGeneration retiring, std::int64_t drain_us) {
  retiring.generation->end();
  const std::string holder = retiring.generation->thread_holder(kThreadPatience);
  if (!holder.empty()) return hold(std::move(retiring), "it may be held by " + holder, drain_us);
  unload(retiring, drain_us);
}

void Retirement::look_again() {
  std::vector<RetiringGeneration> free;
  std::erase_if(held_, [&](RetiringGeneration& retiring) {
    Generation& generation = *retiring.generation;
    if (!generation.wait_until_returned(kNoPatience)) return false;
    if (generation.has_ended() && !generation.thread_holder(kNoPatience).empty()) return false;
    free.push_back(std::move(retiring));
    return true;
  });
  for (RetiringGeneration& retiring : free) {
    --pinned_;
    if (retiring.generation->has_ended()) {
      unload(retiring, 0);
    } else {
      end(std::move(retiring), 0);
    }
  }
}

void Retirement::unload(RetiringGeneration& retiring, std::int64_t drain_us) {
  const auto began = clock_.steady_micros();
  const LoadedPlugin& plugin = retiring.generation->plugin();
  const std::string domain = plugin.name(), build = plugin.build();
  const std::uint64_t number = plugin.generation();
  const UnloadResult result = retiring.generation->unload();
  history_.update(retiring.attempt, [&](GenerationRecord& r) {
    r.state = result.unmapped ? GenerationState::kUnloaded : GenerationState::kPinned;
    r.reason = result.reason;
    if (drain_us != 0) r.steps.drain_us = drain_us;
    r.steps.unload_us = clock_.steady_micros() - began;
  });
  if (result.unmapped) {
    log_info(domain, "unloaded", {{"generation", number}, {"build", build}});
  } else {
    ++pinned_;
    log_error(domain, "pinned", {{"generation", number}, {"reason", result.reason}});
  }
}

}  // namespace composable::host
