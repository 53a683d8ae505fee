#include "verify/event_changes.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>

#include "absl/strings/str_format.h"
#include "domain/names.hpp"
#include "domain/schema_shape.hpp"
#include "runtime/nearest_name.hpp"

namespace composable::host {
namespace {

using Lines = std::vector<SchemaLine>;

const ActionType* find_event(const DomainTables& domain, std::string_view name) {
  const ActionType* const found = domain.find_action(name);
  const bool is_event = found != nullptr && found->action_class == COMPOSABLE_CLASS_EVENT;
  return is_event ? found : nullptr;
}

const SchemaLine* find_line(const Lines& lines, std::string_view path) {
  const auto it = std::find_if(lines.begin(), lines.end(),
                               [&](const SchemaLine& line) { return line.path == path; });
  return it == lines.end() ? nullptr : &*it;
}

std::string_view parent_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == path.npos ? std::string_view() : path.substr(0, dot);
}

std::string_view name_in(std::string_view path) { return path.substr(path.rfind('.') + 1); }

// Of `int32` and `uint32`: whether they are signed, and their bits.
struct Integer {
  bool is_signed = false;
  unsigned bits = 0;
};
std::optional<Integer> integer_of(std::string_view type) {
  Integer integer{.is_signed = !type.starts_with("uint")};
  type.remove_prefix(std::min(type.size(), type.find_first_of("0123456789")));
  const auto [end, error] = std::from_chars(type.data(), type.data() + type.size(), integer.bits);
  const bool whole = error == std::errc() && end == type.data() + type.size();
  return whole ? std::optional(integer) : std::nullopt;
}

bool is_wider(std::string_view before, std::string_view after) {
  if (!before.starts_with("int") && !before.starts_with("uint")) return false;
  if (after == "double") return true;
  if (!after.starts_with("int") && !after.starts_with("uint")) return false;
  const auto old = integer_of(before), now = integer_of(after);
  if (!old || !now) return false;
  if (old->is_signed == now->is_signed) return now->bits > old->bits;
  return !old->is_signed && now->bits > old->bits;
}

constexpr std::string_view kEnum = "one of ";

// The names of an enumeration that are gone; nothing when one of them is none.
std::optional<std::vector<std::string>> names_gone(std::string_view before,
                                                   std::string_view after) {
  if (!before.starts_with(kEnum) || !after.starts_with(kEnum)) return std::nullopt;
  const auto names = [](std::string_view text) {
    std::set<std::string> all;
    text.remove_prefix(kEnum.size());
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('|'), text.size());
      all.emplace(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return all;
  };
  const std::set<std::string> now = names(after);
  std::vector<std::string> gone;
  for (const std::string& name : names(before)) {
    if (!now.contains(name)) gone.push_back(name);
  }
  return gone;
}

// The new field that a removed one may have become: the one most like it in its name, else the only
// one of its type.
std::string successor_of(const SchemaLine& gone, const Lines& before, const Lines& after) {
  std::vector<std::string_view> names, of_type;
  for (const SchemaLine& line : after) {
    const bool is_new = find_line(before, line.path) == nullptr;
    if (!is_new || parent_of(line.path) != parent_of(gone.path)) continue;
    names.push_back(name_in(line.path));
    if (line.type == gone.type) of_type.push_back(name_in(line.path));
  }
  const std::string_view nearest = nearest_name(name_in(gone.path), names);
  if (!nearest.empty()) return std::string(nearest);
  return of_type.size() == 1 ? std::string(of_type.front()) : std::string();
}

std::string perhaps(std::string_view name) {
  return name.empty() ? "" : absl::StrFormat(", perhaps renamed to %s", name);
}

// How a field has changed; empty: not in a way that matters.
std::string change_of(const SchemaLine& before, const SchemaLine& after) {
  const auto lost = [&](std::uint32_t flag) {
    return (before.flags & flag) != 0 && (after.flags & flag) == 0;
  };
  if (const auto gone = names_gone(before.type, after.type)) {
    std::string text;
    for (const std::string& name : *gone) text += (text.empty() ? "" : ", ") + name;
    if (!text.empty()) return absl::StrFormat("may not be %s any more", text);
  } else if (before.type != after.type && !is_wider(before.type, after.type)) {
    return absl::StrFormat("was %s, is %s", before.type, after.type);
  }
  if (lost(COMPOSABLE_FIELD_OPTIONAL)) return "may not be absent any more";
  if (lost(COMPOSABLE_FIELD_NULLABLE)) return "may not be null any more";
  return {};
}

void add_field_changes(const ActionType& before, const ActionType& after,
                       std::vector<std::string>& out) {
  const composable_type* const old_schema = usable_schema(before);
  const composable_type* const new_schema = usable_schema(after);
  if (old_schema == nullptr || new_schema == nullptr) return;
  const Lines old_lines = schema_lines(*old_schema), new_lines = schema_lines(*new_schema);
  std::string reported;  // the last reported field; fields inside it are not reported
  const auto is_told = [&](std::string_view path) {
    return !reported.empty() && path.starts_with(reported) && path.size() > reported.size() &&
           std::string_view(".[{").find(path[reported.size()]) != std::string_view::npos;
  };
  const auto report = [&](const SchemaLine& line, const std::string& what) {
    out.push_back(absl::StrFormat("%s.%s %s", before.name, line.path, what));
    reported = line.path;
  };
  for (const SchemaLine& line : old_lines) {
    if (is_told(line.path)) continue;
    const SchemaLine* const now = find_line(new_lines, line.path);
    if (now == nullptr) {
      report(line, absl::StrFormat("(%s) is gone%s", line.type,
                                   perhaps(successor_of(line, old_lines, new_lines))));
    } else if (const std::string change = change_of(line, *now); !change.empty()) {
      report(line, change);
    }
  }
  reported.clear();
  for (const SchemaLine& line : new_lines) {
    if (is_told(line.path) || find_line(old_lines, line.path) != nullptr) continue;
    const std::string_view parent = parent_of(line.path);
    const bool needed = (line.flags & COMPOSABLE_FIELD_OPTIONAL) == 0;
    const bool parent_was_there = parent.empty() || find_line(old_lines, parent) != nullptr ||
                                  parent.ends_with("[]") || parent.ends_with("{}");
    if (needed && parent_was_there) report(line, "is new and needed, which stored events lack");
    reported = line.path;
  }
}

// A new event with the name that is most like it.
std::string successor_of(const ActionType& gone, const DomainTables& before,
                         const DomainTables& after) {
  std::vector<std::string_view> names;
  for (const ActionType& action : after.actions()) {
    const bool is_new = action.action_class == COMPOSABLE_CLASS_EVENT && !action.gone &&
                        find_event(before, action.name) == nullptr;
    if (is_new) names.push_back(action.name);
  }
  const std::string_view nearest = nearest_name(gone.name, names);
  if (!nearest.empty()) return std::string(nearest);
  return names.size() == 1 ? std::string(names.front()) : std::string();
}

}  // namespace

std::vector<std::string> event_changes(const DomainTables& before, const DomainTables& after) {
  std::vector<std::string> changes;
  for (const ActionType& event : before.actions()) {
    if (event.action_class != COMPOSABLE_CLASS_EVENT || event.gone) continue;
    if (const ActionType* const now = find_event(after, event.name)) {
      add_field_changes(event, *now, changes);
    } else if (const ActionType* const other = after.find_action(event.name)) {
      changes.push_back(absl::StrFormat("%s was an event, is %s", event.name,
                                        class_in_a_sentence(other->action_class)));
    } else {
      changes.push_back(
          absl::StrFormat("%s is gone%s", event.name, perhaps(successor_of(event, before, after))));
    }
  }
  return changes;
}

}  // namespace composable::host
