#include "cli/plugin_config.hpp"

#include <ostream>
#include <string_view>

#include "absl/strings/str_format.h"
#include "config/json_document.hpp"
#include "config/regular_file.hpp"
#include "observe/escaped.hpp"

namespace composable::host {
namespace {

std::nullopt_t refuse(const std::string& given, std::string_view why, Invocation& call) {
  std::string where;
  append_escaped(where, given.starts_with('{') ? "--config" : "--config " + given);
  call.err << absl::StrFormat(
      "composable: %s: %s; expected the domain's section of the configuration, or the name of a "
      "file that holds it\n",
      where, why);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> plugin_config(const std::string& given, Invocation& call) {
  if (given.empty()) return "{}";
  std::string text = given;
  if (!given.starts_with('{')) {
    const auto read = read_regular_file(given, kMaxJsonFile + 1);
    if (!read.ok()) {
      return refuse(given, {read.status().message().data(), read.status().message().size()}, call);
    }
    text = *read;
  }
  const auto document = parse_json_document(text);
  if (!document.ok()) {
    const auto message = document.status().message();
    return refuse(given, {message.data(), message.size()}, call);
  }
  if (document->kind != JsonNode::Kind::kObject) return refuse(given, "not an object", call);
  return to_json(*document);
}

}  // namespace composable::host
