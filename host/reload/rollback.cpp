// Rollback: a kept build that has served before serves again.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "observe/log.hpp"
#include "plugin/build_identity.hpp"
#include "reload/reloader.hpp"
#include "runtime/clock.hpp"
#include "runtime/nearest_name.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

std::string listed(const std::vector<KeptBuild>& builds) {
  std::string out;
  for (const KeptBuild& build : builds) {
    out += out.empty() ? "" : ", ";
    out += build.generation != 0 ? std::to_string(build.generation) : build.build.substr(0, 8);
  }
  return out.empty() ? "none" : out;
}

std::string wanted(const RollbackTarget& target) {
  if (target.generation != 0) return absl::StrFormat("generation %d", target.generation);
  if (!target.build.empty()) return "build " + target.build;
  return "an earlier generation";
}

}  // namespace

void Reloader::rollback(std::string_view domain, RollbackTarget target, Answer answer) {
  Task task;
  task.kind = Kind::kRollback;
  task.domain = domain;
  task.target = std::move(target);
  task.trigger = "rollback";
  task.answers.push_back(std::move(answer));
  enqueue(std::move(task));
}

void Reloader::roll_back(Task& task) {
  absl::StatusOr<KeptBuild> kept = find_kept(task);
  if (kept.ok()) {
    if (absl::Status intact = kept_.check(*kept); !intact.ok()) kept = std::move(intact);
  }
  if (!kept.ok()) return answer(task, kept.status());
  answer(task, take_over(file_of(task.domain), task.trigger, &*kept));
  changeover_.retire_replaced();
}

// For a domain that is not served, the build in its plugin file now is no candidate.
absl::StatusOr<KeptBuild> Reloader::find_kept(const Task& task) const {
  const fs::path file = file_of(task.domain);
  if (file.empty()) {
    return absl::NotFoundError(
        absl::StrFormat("the domain \"%s\" is not served, so there is nothing to go back from%s; "
                        "see composable check",
                        task.domain, suggestion(task.domain)));
  }
  const auto list = served_.list();
  const ServedDomain* const serving = ServedDomains::find(*list, task.domain);
  const std::string now =
      serving == nullptr ? file_identity(file).value_or("") : serving->generation->plugin().build();
  std::vector<KeptBuild> others;
  for (KeptBuild& build : kept_.of(task.domain)) {
    const RollbackTarget& target = task.target;
    const bool named = target.generation != 0
                           ? build.generation == target.generation
                           : !target.build.empty() && build.build.starts_with(target.build);
    if (named) return std::move(build);
    const bool serves_now = serving != nullptr && build.build == now;
    if (serves_now) continue;
    const bool any = target == RollbackTarget{};
    if (any && build.build != now && (!may_run_ || may_run_(build.build))) return std::move(build);
    others.push_back(std::move(build));
  }
  return absl::NotFoundError(absl::StrFormat(
      "%s: %s is not kept; kept are: %s; name one of those, or put its file into the plugin "
      "directory",
      task.domain, wanted(task.target), listed(others)));
}

// What has begun to serve since the last time.
void Reloader::keep_what_serves() {
  const auto list = served_.list();
  for (const ServedDomain& served : *list) {
    if (served.store == nullptr) continue;
    const LoadedPlugin& plugin = served.generation->plugin();
    std::uint64_t& last = kept_generations_[plugin.name()];
    if (std::exchange(last, plugin.generation()) == plugin.generation()) continue;
    const auto domain = served.store->domain();
    const absl::Status kept = kept_.keep({.domain = plugin.name(),
                                          .build = plugin.build(),
                                          .version = domain->tables().version(),
                                          .digest = {},
                                          .bytes = 0,
                                          .served_us = 0,
                                          .generation = plugin.generation(),
                                          .events = event_types_of(domain->tables()),
                                          .file = {}},
                                         plugin.copy(), SystemClock().unix_micros());
    if (!kept.ok()) {
      log_warn(plugin.name(), "not_kept",
               {{"build", plugin.build()}, {"reason", std::string(kept.message())}});
    }
  }
}

// Of what is served and what is refused; what is kept is the reloader's alone to look at.
std::string Reloader::suggestion(std::string_view domain) const {
  std::vector<std::string> names;
  const auto list = served_.list();
  for (const ServedDomain& served : *list) {
    if (served.store != nullptr) names.push_back(served.store->name());
  }
  for (const RefusedPlugin& refused : refused()) names.push_back(refused.domain);
  return did_you_mean(domain, std::vector<std::string_view>(names.begin(), names.end()));
}

}  // namespace composable::host
