// append_error_body writes the body of every error answer. Any thread.
#pragma once
#include <string>

#include "runtime/refusal.hpp"
#include "runtime/uuid.hpp"

namespace composable::host {

// Appends {"code":…,"message":…,"correlation_id":…} and "path" when there is one. An empty code
// takes the status's own.
void append_error_body(const Refusal& refusal, const Uuid& correlation, std::string& out);

}  // namespace composable::host
