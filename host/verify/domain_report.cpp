#include "verify/domain_report.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "domain/names.hpp"
#include "domain/schema_shape.hpp"
#include "observe/escaped.hpp"
#include "runtime/json_object.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kVisibilities[] = {"private", "user", "public"};
constexpr std::string_view kAccess[] = {"anyone", "user", "role"};
constexpr std::string_view kMethods[] = {"", "GET", "POST", "PUT", "PATCH", "DELETE"};

std::string path_of(const DomainTables& domain, const RouteType& route) {
  return "/api/v1/" + domain.name() + route.pattern;
}

template <typename Things, typename Text>
std::string joined(const Things& things, std::string_view comma, Text text) {
  std::string out;
  for (const auto& thing : things) {
    if (!out.empty()) out += comma;
    out += text(thing);
  }
  return out;
}

// --- for people
// -----------------------------------------------------------------------------------

// The properties of an action, for people.
std::string remarks(const ActionType& action) {
  switch (action.action_class) {
    case COMPOSABLE_CLASS_COMMAND: {
      std::string text(kAccess[action.access]);
      if (action.access == COMPOSABLE_ACCESS_ROLE) text += " " + shown(action.role);
      return text + (action.ws ? ", sockets" : "");
    }
    case COMPOSABLE_CLASS_EVENT: {
      std::string text(kVisibilities[action.visibility]);
      return text + (action.owner_field.empty() ? "" : " by " + shown(action.owner_field));
    }
    case COMPOSABLE_CLASS_REJECTION:
      return absl::StrFormat("%d %s", action.status, action.code);
    default:
      return {};
  }
}

void add_line(std::string& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

std::string schema_text(const composable_type* type) {
  if (type == nullptr) return "             no schema\n";
  if (const std::string fault = schema_fault(type); !fault.empty()) {
    return "             a broken schema: " + shown(fault) + '\n';
  }
  const std::vector<SchemaLine> lines = schema_lines(*type);
  std::size_t width = 0;
  for (const SchemaLine& line : lines) width = std::max(width, shown(line.path).size());
  std::string out;
  for (const SchemaLine& line : lines) {
    const auto has = [&](std::uint32_t flag, const char* word) {
      return (line.flags & flag) != 0 ? word : "";
    };
    out += absl::StrFormat(
        "             %-*s  %s%s%s%s\n", static_cast<int>(width), shown(line.path),
        shown(line.type), has(COMPOSABLE_FIELD_OPTIONAL, ", optional"),
        has(COMPOSABLE_FIELD_NULLABLE, ", nullable"), has(COMPOSABLE_FIELD_SECRET, ", secret"));
  }
  return out.empty() ? "             no fields\n" : out;
}

std::string actions_text(const DomainTables& domain, const ReportStyle& style) {
  std::size_t width = 0;
  for (const ActionType& action : domain.actions()) width = std::max(width, action.name.size());
  std::string out = "actions\n";
  for (const ActionType& action : domain.actions()) {
    add_line(out, absl::StrFormat("  %-9s  %-*s  %s", class_name(action.action_class),
                                  static_cast<int>(width), action.name, remarks(action)));
    if (style.schema) out += schema_text(action.schema);
  }
  return out;
}

std::string route_bounds(const DomainTables& domain, const RouteType& route) {
  const std::string timeout =
      route.timeout_ms == 0 ? "the host's" : absl::StrFormat("%d ms", route.timeout_ms);
  const std::string body =
      route.max_body == 0 ? "the host's" : absl::StrFormat("%d bytes", route.max_body);
  std::string out = absl::StrFormat("         timeout %s, largest body %s%s\n", timeout, body,
                                    route.body_optional ? ", body optional" : "");
  if (route.kind == COMPOSABLE_ROUTE_READ) return out;
  return out + "         answers " +
         (route.outcomes.empty()
              ? "when the cause has settled"
              : joined(route.outcomes, ", ",
                       [&](std::uint32_t n) { return domain.actions()[n].name; })) +
         '\n';
}

std::string routes_text(const DomainTables& domain, const ReportStyle& style) {
  if (domain.routes().empty()) return {};
  std::string out = "routes\n";
  for (const RouteType& route : domain.routes()) {
    const bool reads = route.kind == COMPOSABLE_ROUTE_READ;
    out += absl::StrFormat("  %-6s %s → %s\n", kMethods[route.method], path_of(domain, route),
                           reads ? "reads" : domain.actions()[route.command].name);
    if (style.routes) out += route_bounds(domain, route);
  }
  return out;
}

std::string report_text(const DomainTables& domain, const ReportStyle& style) {
  std::string out = absl::StrFormat("  version     %s\n  storage     %s\n", shown(domain.version()),
                                    domain.durable() ? "durable" : "ephemeral");
  out += actions_text(domain, style) + routes_text(domain, style);
  if (!domain.topics().empty()) out += "topics\n";
  for (const TopicSubscription& topic : domain.topics()) {
    out += absl::StrFormat("  %s → %s\n", topic.topic, domain.actions()[topic.action].name);
  }
  if (!domain.jobs().empty()) out += "jobs\n";
  for (const JobType& job : domain.jobs()) {
    out += absl::StrFormat("  %s%s\n", shown(job.name), job.restartable ? "  restartable" : "");
  }
  return out;
}

// --- for programs ---

std::string action_json(const ActionType& action) {
  JsonObject json;
  json.text("name", action.name).text("class", class_name(action.action_class));
  if (action.action_class == COMPOSABLE_CLASS_COMMAND) {
    json.text("access", kAccess[action.access])
        .text("role", action.role)
        .flag("sockets", action.ws);
  } else if (action.action_class == COMPOSABLE_CLASS_EVENT) {
    json.text("visibility", kVisibilities[action.visibility])
        .text("owner_field", action.owner_field);
  } else if (action.action_class == COMPOSABLE_CLASS_REJECTION) {
    json.number("status", action.status).text("code", action.code).text("message", action.message);
  }
  const composable_type* const schema = usable_schema(action);
  return json.raw("schema", schema != nullptr ? schema_json(*schema) : "null").end();
}

std::string route_json(const DomainTables& domain, const RouteType& route) {
  const auto name_json = [&](std::uint32_t n) { return json_text(domain.actions()[n].name); };
  const bool reads = route.kind == COMPOSABLE_ROUTE_READ;
  return JsonObject()
      .text("method", kMethods[route.method])
      .text("path", path_of(domain, route))
      .raw("action", reads ? "null" : name_json(route.command))
      .raw("outcomes", json_list(route.outcomes, name_json))
      .number("timeout_ms", route.timeout_ms)
      .number("max_body", route.max_body)
      .flag("body_optional", route.body_optional)
      .end();
}

std::string report_json(const DomainTables& domain) {
  const auto topic_json = [&](const TopicSubscription& topic) {
    return JsonObject()
        .text("topic", topic.topic)
        .text("action", domain.actions()[topic.action].name)
        .end();
  };
  const auto job_json = [](const JobType& job) {
    return JsonObject().text("name", job.name).flag("restartable", job.restartable).end();
  };
  return JsonObject()
      .text("version", domain.version())
      .text("storage", domain.durable() ? "durable" : "ephemeral")
      .raw("actions", json_list(domain.actions(), action_json))
      .raw("routes", json_list(domain.routes(),
                               [&](const RouteType& route) { return route_json(domain, route); }))
      .raw("topics", json_list(domain.topics(), topic_json))
      .raw("jobs", json_list(domain.jobs(), job_json))
      .end();
}

}  // namespace

std::string domain_report(PluginUnderTest& tested, const ReportStyle& style) {
  const LoadedPlugin plugin = tested.load();
  const DomainTables& domain = plugin.domain().tables();
  return style.json ? report_json(domain) : report_text(domain, style);
}

}  // namespace composable::host
