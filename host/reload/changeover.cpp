#include "reload/changeover.hpp"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/log.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

// Of generations whose code could not be unmapped; a restart is due.
constexpr std::size_t kMaxPinned = 64;
// How often a file may change between its trial and its loading.
constexpr int kTries = 3;
// For a trial that evolves nothing, and for each event of the log in addition.
constexpr std::chrono::milliseconds kTrial{5000};
constexpr std::chrono::microseconds kTrialPerEvent{20};

std::string text_of(const absl::Status& status) { return std::string(status.message()); }

// An exception of the host itself, such as std::bad_alloc, refuses the generation, too.
template <typename Steps>
absl::Status contained(Steps&& steps) {
  try {
    return steps();
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrFormat(
        "the host could not load it: %s; check the machine's memory, then reload it",
        error.what()));
  }
}

// `text` after the file that it begins with.
std::string without_file(std::string text, const fs::path& file) {
  const std::string prefix = file.string() + ": ";
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

std::string carried_by(const SwapReport& swap) {
  switch (swap.state) {
    case StateCarried::kImported:
      return absl::StrFormat("imported %d bytes", swap.bytes);
    case StateCarried::kReset:
      return "began empty";
    case StateCarried::kReplayed:
      break;
  }
  const std::string after =
      swap.snapshot == 0 ? "" : absl::StrFormat(" after the snapshot at %d", swap.snapshot);
  return absl::StrFormat("evolved %d events%s", swap.events + swap.tail, after);
}

}  // namespace

// One call of take_over, from file to live.
struct Changeover::Attempt {
  fs::path file;    // as it is shown
  fs::path source;  // which is read
  const KeptBuild* kept = nullptr;
  std::shared_ptr<const ServedDomains::List> list;
  std::string trial_build;  // what the canary had
  std::optional<LoadedPlugin> plugin;
  std::shared_ptr<Generation> generation;
  GenerationRecord record;
};

std::chrono::milliseconds Changeover::trial_deadline(std::uint64_t events) {
  return kTrial + std::chrono::duration_cast<std::chrono::milliseconds>(kTrialPerEvent * events);
}

void Changeover::adopt(LoadedPlugin plugin) {
  ServedDomains::List list = *parts_.served->list();
  GenerationRecord record;
  record.domain = plugin.name();
  record.file = plugin.file().string();
  record.version = plugin.domain().version();
  record.build = plugin.build();
  record.generation = plugin.generation();
  record.trigger = "start";
  record.state = GenerationState::kLive;
  record.carried = "began with the host";
  record.began_us = parts_.clock->unix_micros();
  ServedDomain served;
  served.attempt = parts_.history->begin(std::move(record));
  served.generation = std::make_shared<Generation>(std::move(plugin));
  served.store = parts_.host->make_store(served.generation->share_domain(),
                                         static_cast<std::uint32_t>(list.size()));
  list.push_back(std::move(served));
  parts_.served->set(std::move(list));
}

GenerationRecord Changeover::take_over(const fs::path& file, std::string_view trigger,
                                       const KeptBuild* kept) {
  const auto began = parts_.clock->steady_micros();
  Attempt attempt;
  attempt.file = file;
  attempt.source = kept == nullptr ? file : kept->file;
  attempt.kept = kept;
  attempt.list = parts_.served->list();
  GenerationRecord record;
  record.file = file.string();
  record.trigger = trigger;
  record.began_us = parts_.clock->unix_micros();
  if (const ServedDomain* serving = ServedDomains::find_file(*attempt.list, file)) {
    record.domain = serving->store->name();
    record.replaced = serving->generation->plugin().generation();
  }
  record.attempt = parts_.history->begin(record);
  attempt.record = std::move(record);

  const absl::Status status = contained([&] { return run_steps(attempt); });
  GenerationRecord outcome =
      parts_.history->update(attempt.record.attempt, [&](GenerationRecord& r) {
        r = attempt.record;
        if (status.ok()) {
          r.state = GenerationState::kLive;
          r.live_us = parts_.clock->steady_micros() - began;
        } else {
          r.state = GenerationState::kRefused;
          r.clashes = absl::IsAlreadyExists(status);
          r.reason = absl::StrFormat("%s: %s", file.string(),
                                     without_file(text_of(status), attempt.source));
        }
      });
  if (replaced_) {
    parts_.history->update(replaced_->attempt,
                           [](GenerationRecord& r) { r.state = GenerationState::kDraining; });
  }
  return outcome;
}

absl::Status Changeover::run_steps(Attempt& attempt) {
  if (parts_.retirement->pinned() >= kMaxPinned) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "%d generations could not be unmapped, which is the limit; restart the host", kMaxPinned));
  }
  if (absl::Status s = check_events(attempt); !s.ok()) return s;
  absl::Status status;
  for (int n = 0; n < kTries; ++n) {
    attempt.plugin.reset();
    if (status = run_canary(attempt); !status.ok()) return status;
    parts_.history->update(attempt.record.attempt, [&](GenerationRecord& r) {
      r.domain = attempt.record.domain;
      r.state = GenerationState::kLoading;
    });
    if (status = load(attempt); !status.ok()) return status;
    if (attempt.plugin->build() == attempt.trial_build) break;
    status = absl::DataLossError("it changes faster than it can be tried; finish writing it");
  }
  if (!status.ok()) return status;
  const ServedDomain* const serving = ServedDomains::find(*attempt.list, attempt.plugin->name());
  if (absl::Status s = parts_.host->check_routes(attempt.plugin->domain().tables()); !s.ok())
    return s;
  attempt.plugin->show_as(attempt.file);
  return serving == nullptr ? begin_domain(attempt) : swap(attempt, *serving);
}

// Before any code runs: lists all events that a kept generation cannot read, not only the first.
absl::Status Changeover::check_events(const Attempt& attempt) const {
  const ServedDomain* const serving = ServedDomains::find_file(*attempt.list, attempt.file);
  if (attempt.kept == nullptr || serving == nullptr) return absl::OkStatus();
  const std::vector<std::string>& known = attempt.kept->events;
  std::string unknown;
  for (const std::string& type : event_types_of(serving->store->domain()->tables())) {
    if (std::find(known.begin(), known.end(), type) != known.end()) continue;
    if (!parts_.host->is_stored(serving->store->name(), type)) continue;
    unknown += (unknown.empty() ? "" : ", ") + type;
  }
  if (unknown.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("%s cannot read what newer ones have stored: %s; the one that serves stays, "
                      "build the older one again with these events",
                      name_of(*attempt.kept), unknown));
}

absl::Status Changeover::run_canary(Attempt& attempt) {
  const auto began = parts_.clock->steady_micros();
  CanaryTrial trial;
  trial.file = attempt.source;
  trial.config = [this](std::string_view domain) { return parts_.host->config(domain); };
  trial.events = [this](std::string_view domain, const CanaryTrial::Visit& visit) {
    return parts_.host->visit_events(domain, visit);
  };
  trial.state = [&](std::string_view domain) { return state_of(attempt, domain); };
  trial.deadline = trial_deadline(parts_.host->last_position());
  const absl::StatusOr<CanaryReport> report = parts_.canary->try_candidate(trial);
  attempt.record.steps.canary_us = parts_.clock->steady_micros() - began;
  if (!report.ok()) return report.status();
  attempt.trial_build = report->build;
  attempt.record.domain = report->domain;
  attempt.record.version = report->version;
  attempt.record.build = report->build;
  return absl::OkStatus();
}

// The state that the serving generation would export; that of a halted domain is lost already.
absl::StatusOr<std::optional<ExportedState>> Changeover::state_of(const Attempt& attempt,
                                                                  std::string_view domain) const {
  const ServedDomain* const serving = ServedDomains::find(*attempt.list, domain);
  if (serving == nullptr) return std::nullopt;
  const auto handle = serving->store->domain();
  if (handle->durable() || !handle->can_export() || serving->store->health().halted) {
    return std::nullopt;
  }
  return serving->store->export_state();
}

absl::Status Changeover::load(Attempt& attempt) {
  const auto began = parts_.clock->steady_micros();
  auto plugin = parts_.loader->load(
      attempt.source, [&](std::string_view domain) { return accept(attempt, domain); },
      [&](const std::vector<Finding>& findings) { return accept_reloadable(attempt, findings); });
  attempt.record.steps.load_us = parts_.clock->steady_micros() - began;
  if (!plugin.ok()) return plugin.status();
  attempt.plugin.emplace(*std::move(plugin));
  attempt.record.domain = attempt.plugin->name();
  attempt.record.generation = attempt.plugin->generation();
  return absl::OkStatus();
}

// A file has one domain for as long as it is served, and a domain one file; but a file that was
// renamed is the same domain's.
absl::Status Changeover::accept(const Attempt& attempt, std::string_view domain) const {
  const ServedDomain* const of_file = ServedDomains::find_file(*attempt.list, attempt.file);
  if (of_file != nullptr && of_file->store->name() != domain) {
    return absl::FailedPreconditionError(
        absl::StrFormat("it is the domain \"%s\" now, and this file serves \"%s\"; give the new "
                        "domain a file of its own, or restart the host when files have changed "
                        "their names",
                        domain, of_file->store->name()));
  }
  const ServedDomain* const of_name = ServedDomains::find(*attempt.list, domain);
  if (of_name == nullptr || of_name == of_file) return absl::OkStatus();
  const fs::path& other = of_name->generation->plugin().file();
  std::error_code error;
  if (!fs::exists(other, error)) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrFormat(
      "the domain \"%s\" is already served by %s; remove one of them", domain, other.string()));
}

// Code that can never be unmapped may begin a domain, but neither replace a generation nor be
// replaced: the newer one might run with the variables of the older.
absl::Status Changeover::accept_reloadable(const Attempt& attempt,
                                           const std::vector<Finding>& findings) const {
  const ServedDomain* const serving = ServedDomains::find(*attempt.list, attempt.record.domain);
  if (serving == nullptr) return absl::OkStatus();
  const auto why = [](const std::vector<Finding>& all) {
    return std::find_if(all.begin(), all.end(), [](const Finding& f) { return f.permanent; })->text;
  };
  const LoadedPlugin& old = serving->generation->plugin();
  if (old.permanent()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("not reloaded: the generation that serves can never be unmapped, since %s",
                        why(old.findings())));
  }
  if (is_permanent(findings)) {
    return absl::FailedPreconditionError(
        absl::StrFormat("not reloaded: it could never be unmapped again, since %s", why(findings)));
  }
  return absl::OkStatus();
}

absl::Status Changeover::swap(Attempt& attempt, const ServedDomain& serving) {
  const auto began = parts_.clock->steady_micros();
  attempt.record.replaced = serving.generation->plugin().generation();
  attempt.generation = std::make_shared<Generation>(*std::move(attempt.plugin));
  auto swapped = serving.store->replace(attempt.generation->share_domain());
  attempt.record.steps.evolve_us = parts_.clock->steady_micros() - began;
  if (!swapped.ok()) return swapped.status();
  attempt.record.steps.pause_us = swapped->pause_us;
  attempt.record.steps.export_us = swapped->export_us;
  attempt.record.steps.import_us = swapped->import_us;
  attempt.record.carried = carried_by(*swapped);

  replaced_ = RetiringGeneration{.generation = serving.generation,
                                 .store = serving.store,
                                 .domain = swapped->replaced.get(),
                                 .attempt = serving.attempt,
                                 .running_jobs = {}};
  swapped->replaced.reset();
  ServedDomain next = serving;
  const auto number = static_cast<std::uint32_t>(&serving - attempt.list->data());
  publish(attempt, number, std::move(next));
  return absl::OkStatus();
}

absl::Status Changeover::begin_domain(Attempt& attempt) {
  const auto began = parts_.clock->steady_micros();
  std::uint32_t number = 0;
  while (number < attempt.list->size() && (*attempt.list)[number].store != nullptr) ++number;
  attempt.generation = std::make_shared<Generation>(*std::move(attempt.plugin));
  ServedDomain next;
  next.store = parts_.host->make_store(attempt.generation->share_domain(), number);
  const absl::StatusOr<ReplayReport> replayed = next.store->replay();
  attempt.record.steps.evolve_us = parts_.clock->steady_micros() - began;
  if (!replayed.ok()) return replayed.status();
  attempt.record.carried = absl::StrFormat("evolved %d events", replayed->events);
  publish(attempt, number, std::move(next));
  return absl::OkStatus();
}

void Changeover::publish(Attempt& attempt, std::uint32_t number, ServedDomain serving) {
  const auto began = parts_.clock->steady_micros();
  serving.generation = attempt.generation;
  serving.attempt = attempt.record.attempt;
  ServedDomains::List list = *attempt.list;
  if (number == list.size()) list.emplace_back();
  list[number] = std::move(serving);
  parts_.served->set(list);
  parts_.host->publish(list);
  attempt.record.steps.publish_us = parts_.clock->steady_micros() - began;
}

void Changeover::retire_replaced() {
  parts_.canary->tidy();
  if (!replaced_) return;
  RetiringGeneration retiring = *std::exchange(replaced_, std::nullopt);
  parts_.retirement->retire(std::move(retiring));
}

std::optional<GenerationRecord> Changeover::remove(const fs::path& file) {
  ServedDomains::List list = *parts_.served->list();
  const ServedDomain* const found = ServedDomains::find_file(list, file);
  if (found == nullptr) return std::nullopt;
  const auto number = static_cast<std::size_t>(found - list.data());
  ServedDomain leaving = std::exchange(list[number], {});
  const std::string domain = leaving.store->name();
  parts_.served->set(list);
  parts_.host->publish(list);
  leaving.store->leave_topics();
  const std::size_t open = leaving.store->shutdown(
      std::chrono::duration_cast<std::chrono::microseconds>(parts_.drain).count(),
      absl::StrFormat("The domain %s is being removed", domain));
  const EndedJobs jobs = leaving.store->end_jobs_of(*leaving.store->domain());
  log_info(domain, "removed", {{"file", file.string()}, {"causes_cut_off", open}});
  RetiringGeneration retiring{.generation = leaving.generation,
                              .store = nullptr,
                              .domain = nullptr,
                              .attempt = leaving.attempt,
                              .running_jobs = jobs.running};
  leaving.store.reset();
  parts_.retirement->retire(std::move(retiring));
  return parts_.history->update(leaving.attempt, [](GenerationRecord&) {});
}

}  // namespace composable::host
