#include "http/error_body.hpp"

#include "runtime/http_status.hpp"
#include "runtime/json_text.hpp"

namespace composable::host {

void append_error_body(const Refusal& refusal, const Uuid& correlation, std::string& out) {
  out += "{\"code\":";
  append_json_string(out, refusal.code.empty() ? error_code_of(refusal.status) : refusal.code);
  out += ",\"message\":";
  append_json_string(out, refusal.message);
  out += ",\"correlation_id\":\"";
  char id[36];
  correlation.write(id);
  out.append(id, sizeof id);
  out += '"';
  if (!refusal.path.empty()) {
    out += ",\"path\":";
    append_json_string(out, refusal.path);
  }
  out += '}';
}

}  // namespace composable::host
