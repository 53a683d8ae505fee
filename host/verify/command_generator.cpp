#include "verify/command_generator.hpp"

#include <utility>

#include "domain/schema_shape.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kMaxToFollow = 64;

}  // namespace

CommandGenerator::CommandGenerator(const DomainTables& domain, std::uint64_t seed)
    : domain_(domain), payloads_(seed) {
  for (const ActionType& action : domain.actions()) {
    if (action.action_class == COMPOSABLE_CLASS_COMMAND && usable_schema(action) != nullptr) {
      commands_.push_back(action.number);
    }
  }
}

std::optional<Command> CommandGenerator::next() {
  if (!to_follow_.empty() && payloads_.rng().one_in(2)) {
    Command command = std::move(to_follow_.front());
    to_follow_.pop_front();
    return command;
  }
  if (commands_.empty()) return std::nullopt;
  const std::uint32_t type = commands_[payloads_.rng().below(commands_.size())];
  return Command{type, payloads_.payload(*usable_schema(domain_.actions()[type]))};
}

void CommandGenerator::learn(const Command& command, const Decision& decision) {
  const composable_type* const schema = usable_schema(domain_.actions()[command.type]);
  if (decision.status == COMPOSABLE_E_INVALID && schema != nullptr) {
    payloads_.change(*schema, decision.error.path);
  }
  for (const EmittedEvent& event : decision.events) {
    payloads_.remember(event.stream);
    payloads_.remember_texts_of(event.json);
  }
  for (const Command& follows : decision.to_follow) {
    if (to_follow_.size() < kMaxToFollow) to_follow_.push_back(follows);
  }
}

}  // namespace composable::host
