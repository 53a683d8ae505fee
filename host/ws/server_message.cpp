#include "ws/server_message.hpp"

#include <charconv>

#include "runtime/json_text.hpp"

namespace composable::host {
namespace {

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

void append_uuid(std::string& out, std::string_view key, const Uuid& uuid) {
  char text[36];
  uuid.write(text);
  out += ",\"";
  out += key;
  out += "\":\"";
  out.append(text, sizeof text);
  out.push_back('"');
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  out += ",\"";
  out += key;
  out += "\":";
  append_json_string(out, text);
}

// {"<name>":<data>}; names of actions need no escape.
void append_action(std::string& out, std::string_view name, std::string_view data) {
  out += ",\"action\":{\"";
  out += name;
  out += "\":";
  out += data;
  out.push_back('}');
}

}  // namespace

void append_event_message(std::string& out, const EventMessage& event, const Uuid* correlation) {
  out += R"({"type":"event")";
  append_action(out, event.action, event.data);
  append_text(out, "domain", event.domain);
  if (event.position != 0) {
    out += ",\"position\":";
    append_number(out, event.position);
  }
  if (!event.stream.empty()) append_text(out, "stream", event.stream);
  if (correlation != nullptr) append_uuid(out, "correlation_id", *correlation);
  out.push_back('}');
}

void append_ack_message(std::string& out, std::string_view id, const Uuid& correlation,
                        const Uuid& epoch, std::uint64_t position) {
  out += R"({"type":"ack","id":)";
  out += id;
  append_uuid(out, "correlation_id", correlation);
  if (!epoch.is_nil()) append_uuid(out, "epoch", epoch);
  if (position != 0) {
    out += ",\"position\":";
    append_number(out, position);
  }
  out.push_back('}');
}

void append_error_message(std::string& out, const ErrorMessage& error) {
  out += R"({"type":"error")";
  append_text(out, "message", error.refusal->message);
  append_text(out, "code", error.refusal->code);
  if (!error.refusal->path.empty()) append_text(out, "path", error.refusal->path);
  if (!error.id.empty()) {
    out += ",\"id\":";
    out += error.id;
  }
  if (!error.rejection.empty()) append_action(out, error.rejection, error.rejection_data);
  if (error.correlation != nullptr) append_uuid(out, "correlation_id", *error.correlation);
  out.push_back('}');
}

void append_gap_message(std::string& out, std::string_view domain, std::uint64_t skipped) {
  out += R"({"type":"gap")";
  append_text(out, "domain", domain);
  out += ",\"skipped\":";
  append_number(out, skipped);
  out.push_back('}');
}

}  // namespace composable::host
