#include "cli/domain_name.hpp"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "domain/domain_name.hpp"
#include "observe/escaped.hpp"

namespace composable::host {
namespace {

// One less than the host takes: the note of a C++ plugin ends the name with a NUL.
constexpr std::size_t kLongest = kMaxDomainName - 1;

constexpr std::string_view kOfTheHost = "/api/v1/ws is the host's own path";
constexpr std::string_view kOfTheBuild = "every build has a target of this name";
constexpr std::string_view kOfTheSource = "the new project's source needs this name for itself";

struct TakenName {
  std::string_view name;
  std::string_view why;
};
constexpr TakenName kTaken[] = {
    {"ws", kOfTheHost},          {"all", kOfTheBuild},
    {"clean", kOfTheBuild},      {"codegen", kOfTheBuild},
    {"edit_cache", kOfTheBuild}, {"help", kOfTheBuild},
    {"install", kOfTheBuild},    {"list_install_components", kOfTheBuild},
    {"package", kOfTheBuild},    {"package_source", kOfTheBuild},
    {"preinstall", kOfTheBuild}, {"rebuild_cache", kOfTheBuild},
    {"test", kOfTheBuild},
};

// What a domain's struct has inside, and what else the source in sdk/templates gives a name.
constexpr std::string_view kTypesOfTheSource[] = {"Action",     "Add",     "Added", "Config",
                                                  "Context",    "Effects", "Jobs",  "State",
                                                  "OutOfRange", "Store"};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool keeps_the_rule(std::string_view name) {
  return is_domain_name(name) && name.size() <= kLongest;
}

std::string_view why_taken(std::string_view name) {
  for (const TakenName& taken : kTaken) {
    if (taken.name == name) return taken.why;
  }
  const std::string type = domain_type_name(name);
  const bool in_source = std::find(std::begin(kTypesOfTheSource), std::end(kTypesOfTheSource),
                                   type) != std::end(kTypesOfTheSource);
  return in_source ? kOfTheSource : std::string_view{};
}

// The nearest name that keeps the rule, "My Shop" and "MyShop" → my-shop; empty when none is near.
std::string nearest_good_name(std::string_view wrong) {
  std::string name;
  char before = '\0';
  for (const char c : wrong) {
    const bool begins_word = is_upper(c) && (is_lower(before) || is_digit(before));
    const bool fits = is_lower(c) || is_upper(c) || c == '_' || is_digit(c);
    const bool breaks = begins_word || !fits;
    if (breaks && !name.empty() && name.back() != '-') name += '-';
    if (fits && (!name.empty() || is_lower(c) || is_upper(c))) {
      name += absl::ascii_tolower(static_cast<unsigned char>(c));
    }
    before = c;
    if (name.size() == kLongest) break;
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

}  // namespace

std::string domain_name_mistake(std::string_view name) {
  if (!keeps_the_rule(name)) {
    const std::string near = nearest_good_name(name);
    const bool good = keeps_the_rule(near) && why_taken(near).empty();
    return absl::StrFormat("expected a name of the form %s, 1..%d bytes, found %s; %s",
                           kDomainNameForm, kLongest, in_quotes(name, kLongest),
                           good ? "did you mean " + near + "?" : "choose one like my-shop");
  }
  const std::string_view why = why_taken(name);
  if (why.empty()) return {};
  return absl::StrFormat("a domain cannot be called %s: %s; choose another name, such as my-%s",
                         name, why, name);
}

std::string domain_type_name(std::string_view name) {
  std::string type;
  bool begins_word = true;
  for (const char c : name) {
    const bool between = c == '-' || c == '_';
    if (!between) type += begins_word ? absl::ascii_toupper(static_cast<unsigned char>(c)) : c;
    begins_word = between;
  }
  return type;
}

std::string domain_file_name(std::string_view name) {
  std::string file(name);
  std::replace(file.begin(), file.end(), '-', '_');
  return file;
}

}  // namespace composable::host
