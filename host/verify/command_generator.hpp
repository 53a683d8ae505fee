// What a rehearsal is told to do: commands made from their schemas, and those that earlier ones led
// to. The same seed, the same script, as long as the domain answers the same. One thread.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "verify/json_generator.hpp"
#include "verify/domain_driver.hpp"

namespace composable::host {

class Script {
 public:
  // `domain` outlives it.
  Script(const DomainTables& domain, std::uint64_t seed);

  // Nothing when no command of the domain has a schema.
  std::optional<Command> next();
  // Learns from what that came to: ids that it named, commands that follow, forms of texts.
  void heed(const Command& command, const Said& said);

  JsonMaker& maker() { return maker_; }

 private:
  const DomainTables& domain_;
  JsonMaker maker_;
  std::vector<std::uint32_t> commands_;  // that have a schema
  std::deque<Command> to_follow_;
};

}  // namespace composable::host
