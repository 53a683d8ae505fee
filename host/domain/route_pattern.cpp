#include "domain/route_pattern.hpp"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

bool is_alphanumeric(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

// RFC 3986, 2.3: unreserved characters.
bool is_literal(std::string_view segment) {
  return std::all_of(segment.begin(), segment.end(), [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '~';
  });
}

bool is_parameter_name(std::string_view name) {
  return !name.empty() && absl::ascii_isalpha(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_alphanumeric(c) || c == '_'; });
}

}  // namespace

std::string route_pattern_fault(std::string_view pattern, std::vector<std::string>& parameters) {
  if (pattern.size() > kMaxRoutePattern) {
    return absl::StrFormat("has %d bytes; at most %d are possible", pattern.size(),
                           kMaxRoutePattern);
  }
  if (!pattern.empty() && pattern.front() != '/') return "does not begin with a slash";
  for (std::string_view rest = pattern; !rest.empty();) {
    const std::string_view segment = take_path_segment(rest);
    if (segment.empty()) {
      return rest.empty() ? "ends in a slash, which no request can reach" : "has an empty segment";
    }
    const bool is_parameter = segment.front() == ':';
    const std::string_view name = is_parameter ? segment.substr(1) : segment;
    if (is_parameter ? !is_parameter_name(name) : !is_literal(name)) {
      return absl::StrFormat(
          "has the segment \"%s\"; a literal has letters, digits and -_.~, a parameter is :name",
          segment);
    }
    if (!is_parameter) continue;
    if (std::find(parameters.begin(), parameters.end(), name) != parameters.end()) {
      return absl::StrFormat("names the parameter :%s twice", name);
    }
    parameters.emplace_back(name);
  }
  if (parameters.size() > kMaxRouteParameters) {
    return absl::StrFormat("has %d parameters; at most %d are possible", parameters.size(),
                           kMaxRouteParameters);
  }
  return {};
}

}  // namespace composable::host
