// make_filter turns a subscribe message into a filter, checked against what the gate serves.
#pragma once
#include <string_view>
#include <variant>

#include "fanout/delivery_filter.hpp"
#include "runtime/refusal.hpp"
#include "ws/command_gate.hpp"
#include "ws/message.hpp"

namespace composable::host {

// The filter that `message` asks for, within `fixed_domain` when that is not empty; or what is
// wrong with it. [loop]
std::variant<DeliveryFilter::Pointer, Refusal> make_filter(const SubscribeMessage& message,
                                                           std::string_view fixed_domain,
                                                           const CommandGate& gate,
                                                           NameTable& names);

}  // namespace composable::host
