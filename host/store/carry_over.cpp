#include "store/carry_over.hpp"

#include <string>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

const char* storage_of(const DomainHandle& domain) {
  return domain.durable() ? "durable" : "ephemeral";
}

}  // namespace

absl::Status check_successor(const DomainHandle& serving, const DomainHandle& next) {
  const auto refuse = [&](const auto& why) {
    return absl::FailedPreconditionError(absl::StrFormat("%s: %s", serving.name(), why));
  };
  if (serving.durable() != next.durable()) {
    return refuse(absl::StrFormat(
        "the serving generation %s is %s and the new one %s is %s, so the state cannot be carried "
        "over; restart the host with the new one, or give it another name",
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

StateCarried state_transfer(const DomainHandle& serving, const DomainHandle& next) {
  return next.resets() || !serving.can_export() ? StateCarried::kReset : StateCarried::kImported;
}

}  // namespace composable::host
