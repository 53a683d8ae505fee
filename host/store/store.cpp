#include "store/store.hpp"

#include <future>
#include <utility>

#include "absl/strings/str_format.h"
#include "store/core.hpp"

namespace composable::host {

Store::Store(std::shared_ptr<DomainHandle> domain, StoreEnvironment environment,
             StoreOptions options)
    : core_(std::make_shared<Core>(std::move(domain), environment, options)) {
  core_->listen_to_topics();
}
Store::~Store() { core_->close(); }

const std::string& Store::name() const { return core_->name(); }
std::shared_ptr<const DomainHandle> Store::domain() const { return core_->status().domain(); }
absl::StatusOr<ReplayReport> Store::replay() { return core_->replay(); }
absl::StatusOr<SwapReport> Store::replace(std::shared_ptr<DomainHandle> next) {
  return core_->swap().replace(std::move(next));
}
EndedJobs Store::end_jobs_of(const DomainHandle& replaced) { return core_->end_jobs_of(replaced); }
absl::StatusOr<ExportedState> Store::export_state() { return core_->swap().export_state(); }
absl::Status Store::truncate_stream(const std::string& stream, std::uint64_t before_version) {
  return core_->removal().truncate(stream, before_version);
}
absl::Status Store::delete_stream(const std::string& stream) {
  return core_->removal().remove(stream);
}
StoreHealth Store::health() const { return core_->health(); }
StoreMetrics Store::metrics() const { return core_->metrics(); }
void Store::leave_topics() { core_->leave_topics(); }
std::size_t Store::shutdown(std::int64_t timeout_us, std::string why) {
  return core_->shutdown(timeout_us, std::move(why));
}

void Store::call(std::uint32_t route, const composable_request& request, const Caller& caller,
                 RouteReply& reply) {
  core_->requests().call(route, request, caller, reply);
}

void Store::send(const composable_action& action, const Caller& caller, Waiter* waiter,
                 std::uint32_t timeout_ms) {
  core_->requests().send(action, caller, {.waiter = waiter, .timeout_ms = timeout_ms});
}

std::shared_ptr<ActionSubscriber> Store::subscribe_actions() {
  return core_->observers().subscribe();
}

void Store::read(absl::AnyInvocable<void(const DomainHandle&)> reader) {
  core_->requests().read(std::move(reader));
}

absl::StatusOr<Store::Awaited> Store::send_and_wait_for(std::string_view type,
                                                        std::string_view json, const Caller& caller,
                                                        Match match, std::int64_t timeout_us) {
  struct Blocked final : Waiter {
    Core& core;
    absl::StatusOr<Awaited> result;
    std::promise<void> done;

    explicit Blocked(Core& c) : core(c), result(absl::UnknownError("")) {}
    void ended(const Outcome& outcome) noexcept override {
      if (outcome.kind == Outcome::Kind::kMatched) {
        result = Awaited{
            core.status().domain()->actions()[outcome.action->type].name,
            std::string(static_cast<const char*>(outcome.action->data), outcome.action->size),
            outcome.position};
      } else if (outcome.kind == Outcome::Kind::kSettled) {
        result = absl::AbortedError("ChannelClosed: the cause settled without a match");
      } else {
        const Refusal& r = *outcome.refusal;
        const std::string text = r.code + ": " + r.message;
        result = r.status == 504   ? absl::DeadlineExceededError(text)
                 : r.status == 503 ? absl::UnavailableError(text)
                                   : absl::FailedPreconditionError(text);
      }
      done.set_value();
    }
  };
  const ActionType* found = domain()->find_action(type);
  if (found == nullptr) {
    return absl::NotFoundError(absl::StrFormat("the domain %s has no action %s", name(), type));
  }
  Blocked blocked(*core_);
  const auto timeout_ms = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>((timeout_us + 999) / 1000, 1, 24 * 3600 * 1000));
  core_->requests().send({found->number, COMPOSABLE_FORM_JSON, json.data(), json.size()}, caller,
                         {.waiter = &blocked, .match = &match, .timeout_ms = timeout_ms});
  blocked.done.get_future().wait();
  return std::move(blocked.result);
}

}  // namespace composable::host
