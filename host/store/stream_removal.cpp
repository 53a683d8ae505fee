#include "store/stream_removal.hpp"

#include <future>

namespace composable::host {
namespace {

constexpr std::uint32_t kPatienceMs = 30'000;  // with a log that does not answer

// Blocks a thread until a cause has ended.
struct Landing final : Waiter {
  std::promise<absl::Status> landed;

  void ended(const Outcome& outcome) noexcept override {
    landed.set_value(outcome.kind == Outcome::Kind::kRefused
                         ? absl::UnavailableError(outcome.refusal->message)
                         : absl::OkStatus());
  }
};

}  // namespace

absl::Status StreamRemoval::truncate(const std::string& stream, std::uint64_t before_version) {
  if (absl::Status s = wait_for_flight(nullptr); !s.ok()) return s;
  return deps_.log->truncate_stream(domain_, stream, before_version);
}

absl::Status StreamRemoval::remove(const std::string& stream) {
  absl::Status status = wait_for_flight(&stream);
  if (status.ok()) status = deps_.log->delete_stream(domain_, stream);
  if (status.ok()) return status;
  const absl::StatusOr<StreamInfo> info = deps_.log->stream_info(domain_, stream);
  if (info.ok() && !info->deleted) {
    deps_.section.post([this, stream] { mark_deleted(stream, false); });
  }
  return status;
}

absl::Status StreamRemoval::wait_for_flight(const std::string* deleted) {
  Landing landing;
  std::future<absl::Status> landed = landing.landed.get_future();
  const bool entered = deps_.section.run_inside([&] {
    assert_serial();
    if (deleted != nullptr) mark_deleted(*deleted, true);
    if (deps_.output.empty()) return landing.landed.set_value(absl::OkStatus());
    Cause& cause = deps_.causes.make();
    cause.waiter = &landing;
    deps_.output.hold_settled(cause);
    deps_.waits.add(cause, kPatienceMs);
  });
  if (!entered) return deps_.status.not_let_in();
  return landed.get();
}

void StreamRemoval::mark_deleted(const std::string& stream, bool deleted) {
  deps_.serving.streams.mark_deleted(stream, deleted);
}

}  // namespace composable::host
