#include "verify/command_generator.hpp"

#include <utility>

#include "domain/schema_shape.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kMaxToFollow = 64;

}  // namespace

Script::Script(const DomainTables& domain, std::uint64_t seed) : domain_(domain), maker_(seed) {
  for (const ActionType& action : domain.actions()) {
    if (action.action_class == COMPOSABLE_CLASS_COMMAND && usable_schema(action) != nullptr) {
      commands_.push_back(action.number);
    }
  }
}

std::optional<Command> Script::next() {
  if (!to_follow_.empty() && maker_.dice().one_in(2)) {
    Command command = std::move(to_follow_.front());
    to_follow_.pop_front();
    return command;
  }
  if (commands_.empty()) return std::nullopt;
  const std::uint32_t type = commands_[maker_.dice().below(commands_.size())];
  return Command{type, maker_.payload(*usable_schema(domain_.actions()[type]))};
}

void Script::heed(const Command& command, const Said& said) {
  const composable_type* const schema = usable_schema(domain_.actions()[command.type]);
  if (said.status == COMPOSABLE_E_INVALID && schema != nullptr) {
    maker_.change(*schema, said.error.path);
  }
  for (const Happened& event : said.happened) {
    maker_.remember(event.stream);
    maker_.remember_texts_of(event.json);
  }
  for (const Command& follows : said.to_follow) {
    if (to_follow_.size() < kMaxToFollow) to_follow_.push_back(follows);
  }
}

}  // namespace composable::host
