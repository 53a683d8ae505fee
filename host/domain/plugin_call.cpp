#include "domain/plugin_call.hpp"

#include <array>

namespace composable::host {
namespace {

struct HookWords {
  std::string_view name, counts;
};

constexpr std::array<HookWords, 19> kHooks = {{
    {"constructors", ""}, {"entry", ""},         {"query_extension", ""}, {"create", ""},
    {"destroy", ""},      {"decide", "action"},  {"evolve", "action"},    {"encode", "action"},
    {"decode", "action"}, {"explain", "action"}, {"to_action", "route"},  {"to_response", "route"},
    {"read", "route"},    {"run_job", "job"},    {"resume", "job"},       {"drop", "job"},
    {"export_state", ""}, {"import_state", ""},  {"destructors", ""},
}};
static_assert(kHooks.size() == static_cast<std::size_t>(Hook::kDestructors) + 1);

const std::vector<std::string>* names(const PluginLabel& label, std::string_view counts) {
  if (counts == "action") return &label.actions;
  if (counts == "route") return &label.routes;
  return counts == "job" ? &label.jobs : nullptr;
}

}  // namespace

std::string_view hook_name(Hook hook) { return kHooks[static_cast<std::size_t>(hook)].name; }

std::string_view hook_counts(Hook hook) { return kHooks[static_cast<std::size_t>(hook)].counts; }

std::string_view PluginCall::subject() const {
  const std::vector<std::string>* const of = names(*label_, hook_counts(hook_));
  return of != nullptr && number_ < of->size() ? std::string_view((*of)[number_])
                                               : std::string_view();
}

}  // namespace composable::host
