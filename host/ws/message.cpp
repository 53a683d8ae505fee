#include "ws/message.hpp"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "runtime/nearest_name.hpp"
#include "ws/json_scan.hpp"

namespace composable::host {
namespace {

using Members = std::vector<JsonMember>;

constexpr std::size_t kExcerpt = 64;
constexpr std::size_t kMaxKeys = 64;  // of an envelope; no message has that many
const std::vector<std::string_view> kTypes = {"command", "ping", "pong", "subscribe",
                                              "unsubscribe"};

Refusal bad(std::string_view path, std::string message) {
  return bad_request(std::move(message), std::string(path));
}

std::string_view kind_name(std::string_view value) {
  switch (json_kind(value)) {
    case JsonKind::kObject:
      return "an object";
    case JsonKind::kArray:
      return "an array";
    case JsonKind::kString:
      return "a string";
    case JsonKind::kNumber:
      return "a number";
    case JsonKind::kBool:
      return "a boolean";
    case JsonKind::kNull:
      break;
  }
  return "null";
}

const JsonMember* find(const Members& members, std::string_view name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const JsonMember& m) { return m.name == name; });
  return found == members.end() ? nullptr : &*found;
}

bool good_id(std::string_view value) {
  if (value.size() > kMaxMessageId) return false;
  if (json_kind(value) == JsonKind::kString) return value.size() > 2;
  return json_kind(value) == JsonKind::kNumber &&
         value.find_first_of(".eE") == std::string_view::npos;
}

std::optional<Refusal> repeated_key(const Members& members) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (members[i].name != members[j].name) continue;
      const std::string key = excerpt(members[i].name);
      return bad(key, absl::StrFormat("%s: given twice; give it once", key));
    }
  }
  return std::nullopt;
}

std::optional<Refusal> unknown_key(const Members& members, std::string_view type,
                                   const std::vector<std::string_view>& known) {
  for (const JsonMember& member : members) {
    if (std::find(known.begin(), known.end(), member.name) != known.end()) continue;
    std::string list;
    for (const std::string_view name : known) {
      if (!list.empty()) list += ", ";
      list += name;
    }
    const std::string key = excerpt(member.name);
    return bad(key, absl::StrFormat("%s: unknown key in a %s message; known are %s%s", key, type,
                                    list, did_you_mean(member.name, known)));
  }
  return std::nullopt;
}

std::optional<Refusal> wrong_kind(const JsonMember& member, JsonKind wanted,
                                  std::string_view wanted_name) {
  if (json_kind(member.value) == wanted) return std::nullopt;
  return bad(member.name, absl::StrFormat("%s: must be %s, found %s", member.name, wanted_name,
                                          kind_name(member.value)));
}

std::optional<Refusal> read_action(const Members& members, CommandMessage& out) {
  const JsonMember* action = find(members, "action");
  if (action == nullptr) {
    return bad("action", "action: missing; give an object with one key, the command's name");
  }
  if (auto refusal = wrong_kind(*action, JsonKind::kObject, "an object")) return refusal;
  Members parts = json_members(action->value);
  if (parts.size() != 1) {
    return bad("action", absl::StrFormat("action: must have exactly one key, the command's name, "
                                         "found %d",
                                         parts.size()));
  }
  out.action = std::move(parts.front().name);
  out.payload = parts.front().value;
  return std::nullopt;
}

std::optional<Refusal> read_idempotency_key(const JsonMember& member, CommandMessage& out) {
  if (auto refusal = wrong_kind(member, JsonKind::kString, "a string")) return refusal;
  const std::string key = decode_json_string(member.value);
  const auto visible = [](char c) { return c > ' ' && c < 0x7F; };
  if (key.empty() || key.size() > kMaxIdempotencyKey ||
      !std::all_of(key.begin(), key.end(), visible)) {
    return bad(member.name,
               absl::StrFormat("idempotency_key: must be 1 to 255 visible ASCII characters, "
                               "found \"%s\"",
                               excerpt(key)));
  }
  out.idempotency_key = true;
  return std::nullopt;
}

std::optional<Refusal> read_command(const Members& members, CommandMessage& out) {
  if (auto refusal =
          unknown_key(members, "command", {"type", "action", "domain", "id", "idempotency_key"})) {
    return refusal;
  }
  if (auto refusal = read_action(members, out)) return refusal;
  if (const JsonMember* domain = find(members, "domain")) {
    if (auto refusal = wrong_kind(*domain, JsonKind::kString, "a string")) return refusal;
    out.domain = decode_json_string(domain->value);
    if (out.domain.empty()) return bad("domain", "domain: empty; name a domain or leave it out");
  }
  if (const JsonMember* key = find(members, "idempotency_key")) {
    return read_idempotency_key(*key, out);
  }
  return std::nullopt;
}

std::optional<Refusal> read_names(const Members& members, std::string_view list,
                                  std::optional<std::vector<std::string>>& out) {
  const JsonMember* member = find(members, list);
  if (member == nullptr) return std::nullopt;
  if (auto refusal = wrong_kind(*member, JsonKind::kArray, "a list of names")) return refusal;
  const std::vector<std::string_view> elements = json_elements(member->value);
  if (elements.size() > kMaxFilterNames) {
    return bad(list, absl::StrFormat("%s: at most %d names, found %d", list, kMaxFilterNames,
                                     elements.size()));
  }
  out.emplace();
  for (const std::string_view element : elements) {
    if (json_kind(element) != JsonKind::kString) {
      const std::string path = absl::StrFormat("%s[%d]", list, out->size());
      return bad(path, absl::StrFormat("%s: must be a string, found %s", path, kind_name(element)));
    }
    out->push_back(decode_json_string(element));
  }
  return std::nullopt;
}

std::optional<Refusal> read_subscribe(const Members& members, SubscribeMessage& out) {
  if (find(members, "from") != nullptr) {
    return unsupported(
        "from: resuming from a position is not supported by this host; leave it out to begin with "
        "new events",
        "from");
  }
  if (auto refusal =
          unknown_key(members, "subscribe", {"type", "id", "domains", "actions", "streams"})) {
    return refusal;
  }
  if (auto refusal = read_names(members, "domains", out.domains)) return refusal;
  if (auto refusal = read_names(members, "actions", out.actions)) return refusal;
  return read_names(members, "streams", out.streams);
}

// Fills `out`, or returns why not.
template <typename Message>
void put(ClientMessage& out, Message message, std::optional<Refusal> refusal) {
  if (refusal) {
    out.body = *std::move(refusal);
  } else {
    out.body = std::move(message);
  }
}

void read_typed(std::string_view type, const Members& members, ClientMessage& out) {
  if (type == "command") {
    CommandMessage command;
    auto refusal = read_command(members, command);
    put(out, std::move(command), std::move(refusal));
  } else if (type == "subscribe") {
    SubscribeMessage subscribe;
    auto refusal = read_subscribe(members, subscribe);
    put(out, std::move(subscribe), std::move(refusal));
  } else if (type == "unsubscribe") {
    put(out, UnsubscribeMessage{}, unknown_key(members, type, {"type", "id"}));
  } else if (type == "ping") {
    put(out, PingMessage{}, unknown_key(members, type, {"type"}));
  } else if (type == "pong") {
    put(out, PongMessage{}, unknown_key(members, type, {"type"}));
  } else {
    out.body = bad("type", absl::StrFormat("type: unknown, found \"%s\"; one of command, ping, "
                                           "pong, subscribe, unsubscribe%s",
                                           excerpt(type), did_you_mean(type, kTypes)));
  }
}

std::optional<Refusal> read_id(const Members& members, ClientMessage& out) {
  const JsonMember* id = find(members, "id");
  if (id == nullptr) return std::nullopt;
  if (!good_id(id->value)) {
    return bad("id",
               absl::StrFormat("id: must be a string of 1 to %d bytes or an integer, found %s",
                               kMaxMessageId - 2, excerpt(id->value)));
  }
  out.id = id->value;
  return std::nullopt;
}

}  // namespace

Refusal unsupported(std::string message, std::string path) {
  return {501, "UNSUPPORTED", std::move(message), std::move(path)};
}

std::string excerpt(std::string_view text) {
  if (text.size() <= kExcerpt) return std::string(text);
  std::size_t end = kExcerpt;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

ClientMessage read_message(std::string_view text) {
  ClientMessage out;
  if (const auto fault = check_json(text)) {
    out.body =
        bad("", absl::StrFormat("message: not JSON at byte %d: expected %s, %s; send one "
                                "JSON object in each text frame",
                                fault->offset, fault->expected, found_at(text, fault->offset)));
    return out;
  }
  text = trim_json(text);
  if (json_kind(text) != JsonKind::kObject) {
    out.body = bad("", absl::StrFormat("message: must be an object, found %s", kind_name(text)));
    return out;
  }
  const Members members = json_members(text);
  if (members.size() > kMaxKeys) {
    out.body = bad("", absl::StrFormat("message: too many keys, found %d", members.size()));
    return out;
  }
  if (auto refusal = read_id(members, out)) {
    out.body = *std::move(refusal);
    return out;
  }
  if (auto refusal = repeated_key(members)) {
    out.body = *std::move(refusal);
    return out;
  }
  const JsonMember* type = find(members, "type");
  if (type == nullptr) {
    out.body = bad("type", "type: missing; one of command, ping, pong, subscribe, unsubscribe");
  } else if (auto refusal = wrong_kind(*type, JsonKind::kString, "a string")) {
    out.body = *std::move(refusal);
  } else {
    read_typed(decode_json_string(type->value), members, out);
  }
  return out;
}

}  // namespace composable::host
