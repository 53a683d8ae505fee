// An ephemeral domain's state is written by one generation and read by the next.
#include "store/carry_over.hpp"

#include <string>

#include "absl/strings/str_format.h"
#include "store/pipeline.hpp"

namespace composable::host {
namespace {

const char* storage_of(const DomainHandle& domain) {
  return domain.durable() ? "durable" : "ephemeral";
}

std::string said(const CallError& error) {
  const std::string where = error.path.empty() ? "" : error.path + ": ";
  return where + (error.message.empty() ? "failed without a message" : error.message);
}

}  // namespace

absl::Status check_successor(const DomainHandle& serving, const DomainHandle& next) {
  const auto refuse = [&](const auto& why) {
    return absl::FailedPreconditionError(absl::StrFormat("%s: %s", serving.name(), why));
  };
  if (serving.durable() != next.durable()) {
    return refuse(absl::StrFormat(
        "the serving generation %s is %s and the new one %s is %s, so there is no way for the "
        "state "
        "from one to the other; restart the host with the new one, or give it another name",
        serving.version(), storage_of(serving), next.version(), storage_of(next)));
  }
  if (next.durable() || next.resets()) return absl::OkStatus();
  if (!next.can_export()) {
    return refuse(absl::StrFormat(
        "the new generation %s does not say what becomes of the state; let it export and import "
        "that, or declare that it may be lost (composable.reload/1)",
        next.version()));
  }
  if (!serving.can_export() && !serving.resets()) {
    return refuse(absl::StrFormat(
        "the serving generation %s cannot export its state, which the new one %s would need; "
        "declare in the new one that the state may be lost, or restart the host with it",
        serving.version(), next.version()));
  }
  return absl::OkStatus();
}

StateCarried way_of_state(const DomainHandle& serving, const DomainHandle& next) {
  return next.resets() || !serving.can_export() ? StateCarried::kReset : StateCarried::kImported;
}

absl::Status Store::Core::export_inside(ExportedState& state) {
  CallError error;
  state.schema = domain_->state_schema();
  if (domain_->export_state(state.data, error) >= 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s: the serving generation %s cannot export its state, which is of schema %u: %s; it stays, "
      "restart the host to serve another",
      name_, domain_->version(), state.schema, said(error)));
}

// The state of a domain that has halted is gone already.
absl::Status Store::Core::carry_over(Successor& successor) {
  DomainHandle& next = *successor.domain;
  SwapReport& report = successor.report;
  report.state =
      halted_.load(std::memory_order_relaxed) ? StateCarried::kReset : way_of_state(*domain_, next);
  if (report.state == StateCarried::kReset) return absl::OkStatus();
  const std::int64_t began = env_.clock->steady_micros();
  ExportedState state;
  if (absl::Status s = export_inside(state); !s.ok()) return s;
  const std::int64_t exported = env_.clock->steady_micros();
  CallError error;
  if (next.import_state(state.schema, state.data, error) < 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: the new generation %s, whose schema is %u, does not take the state of schema %u that "
        "%s has exported: %s; the one before stays, teach the new one that schema",
        name_, next.version(), next.state_schema(), state.schema, domain_->version(), said(error)));
  }
  report.bytes = state.data.size();
  report.export_us = exported - began;
  report.import_us = env_.clock->steady_micros() - exported;
  return absl::OkStatus();
}

absl::StatusOr<ExportedState> Store::Core::export_state() {
  ExportedState state;
  absl::Status status;
  run_inside([&] {
    mailbox_.assert_inside();
    if (!domain_->can_export()) {
      status = absl::FailedPreconditionError(absl::StrFormat(
          "%s: the serving generation %s cannot export its state; give it composable.reload/1",
          name_, domain_->version()));
    } else if (halted_.load(std::memory_order_relaxed)) {
      status = absl::FailedPreconditionError(absl::StrFormat(
          "%s: the domain is halted and has no state worth exporting; reload it", name_));
    } else {
      status = export_inside(state);
    }
  });
  if (!status.ok()) return status;
  return state;
}

}  // namespace composable::host
