// Broadcast and reply with an empty flight: at once. With decisions in flight see
// output_commit.cpp.
#include <utility>

#include "store/ending.hpp"
#include "store/pipeline.hpp"

namespace composable::host {

// Sends observers the command or internal action that an effect produced, once it was decided and
// before its results.
void Pipeline::broadcast_produced() {
  if (!std::exchange(current_->produced, false)) return;
  const Fact fact{*current_->action, {}, 0};
  deps_.observers.notify(domain(), fact, *current_->scope->cause);
  reply_if_awaited(fact, *current_->scope->cause);
}

// Ends the wait of the cause when the fact is what it waits for.
void Pipeline::reply_if_awaited(const Fact& fact, Cause& cause) {
  if (cause.waiter == nullptr || cause.decided) return;
  Ending ending;
  if (!ends_wait(domain(), fact, cause, ending)) return;
  cause.waiter->render(ending.outcome);
  deps_.waits.end(cause, ending.outcome);
}

}  // namespace composable::host
