// A CommandGenerator makes commands for a DomainDriver: from their schemas, and those that follow
// from earlier ones. The same seed makes the same commands, as long as the domain answers the
// same. One thread.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "verify/domain_driver.hpp"
#include "verify/json_generator.hpp"

namespace composable::host {

class CommandGenerator {
 public:
  // `domain` outlives it.
  CommandGenerator(const DomainTables& domain, std::uint64_t seed);

  // Nothing when no command of the domain has a schema.
  std::optional<Command> next();
  // Learns from a decision: ids that it named, commands that follow, forms of texts.
  void learn(const Command& command, const Decision& decision);

  JsonGenerator& payloads() { return payloads_; }

 private:
  const DomainTables& domain_;
  JsonGenerator payloads_;
  std::vector<std::uint32_t> commands_;  // that have a schema
  std::deque<Command> to_follow_;
};

}  // namespace composable::host
