#include "cli/report.hpp"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_format.h"
#include "observe/escaped.hpp"
#include "runtime/json_object.hpp"

namespace composable::host {
namespace {

std::size_t widest(const CheckReport& report, std::string DomainCheck::*column) {
  std::size_t width = 0;
  for (const DomainCheck& domain : report.domains) {
    width = std::max(width, shown(domain.*column).size());
  }
  return width;
}

// Names the file once: removes it from the beginning of the reason.
std::string refusal_line(const DomainCheck& domain, std::size_t name_width) {
  std::string_view reason = domain.reason;
  if (reason.starts_with(domain.file + ": ")) reason.remove_prefix(domain.file.size() + 2);
  return absl::StrFormat("fail  %-*s  %s: %s\n", static_cast<int>(name_width), shown(domain.name),
                         shown(domain.file), shown(reason));
}

// Findings that keep the plugin from being reloaded come first.
std::string findings_text(const DomainCheck& domain) {
  std::string out;
  for (const bool permanent : {true, false}) {
    for (const CheckFinding& finding : domain.findings) {
      if (finding.permanent != permanent) continue;
      out +=
          absl::StrFormat("      %s: %s\n", permanent ? "permanent, cannot be reloaded" : "warning",
                          shown(finding.text));
    }
  }
  return out;
}

std::size_t good_ones(const CheckReport& report) {
  return static_cast<std::size_t>(std::count_if(report.domains.begin(), report.domains.end(),
                                                [](const DomainCheck& one) { return one.ok; }));
}

std::string texts_json(const std::vector<std::string>& texts) {
  return json_list(texts, json_text);
}

std::string domain_json(const DomainCheck& domain) {
  JsonObject json;
  json.flag("ok", domain.ok).text("name", domain.name).text("file", domain.file);
  if (!domain.ok) return json.text("reason", domain.reason).end();
  json.text("version", domain.version)
      .text("abi", domain.abi)
      .number("routes", domain.routes)
      .number("topics", domain.topics)
      .flag("reloadable", domain.reloadable())
      .raw("findings", json_list(domain.findings, [](const CheckFinding& finding) {
             return JsonObject()
                 .flag("permanent", finding.permanent)
                 .text("text", finding.text)
                 .end();
           }));
  if (domain.replayed) json.number("replayed", *domain.replayed);
  return json.end();
}

}  // namespace

bool DomainCheck::reloadable() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const CheckFinding& finding) { return finding.permanent; });
}

bool CheckReport::ok() const {
  return problems.empty() && std::all_of(domains.begin(), domains.end(),
                                         [](const DomainCheck& domain) { return domain.ok; });
}

std::string check_text(const CheckReport& report) {
  const std::size_t names = widest(report, &DomainCheck::name);
  const std::size_t versions = widest(report, &DomainCheck::version);
  std::string out;
  for (const DomainCheck& domain : report.domains) {
    if (!domain.ok) {
      out += refusal_line(domain, names);
      continue;
    }
    out += absl::StrFormat("ok    %-*s  %-*s  abi %s  %2d %-6s  %2d %-6s  %s\n",
                           static_cast<int>(names), shown(domain.name), static_cast<int>(versions),
                           shown(domain.version), shown(domain.abi), domain.routes,
                           domain.routes == 1 ? "route" : "routes", domain.topics,
                           domain.topics == 1 ? "topic" : "topics", shown(domain.file));
    out += findings_text(domain);
    if (domain.replayed) {
      out += absl::StrFormat("      evolves the log: %d %s\n", *domain.replayed,
                             *domain.replayed == 1 ? "event" : "events");
    }
  }
  for (const std::string& problem : report.problems) out += "fail  " + shown(problem) + '\n';
  for (const std::string& warning : report.warnings) out += "warning  " + shown(warning) + '\n';
  const std::size_t all = report.domains.size();
  out += absl::StrFormat("%d of %d %s would load\n", good_ones(report), all,
                         all == 1 ? "domain" : "domains");
  return out;
}

std::string check_json(const CheckReport& report) {
  return JsonObject()
             .flag("ok", report.ok())
             .number("would_load", good_ones(report))
             .raw("domains", json_list(report.domains, domain_json))
             .raw("problems", texts_json(report.problems))
             .raw("warnings", texts_json(report.warnings))
             .end() +
         '\n';
}

std::string refusals_text(const CheckReport& report) {
  std::string out;
  for (const DomainCheck& domain : report.domains) {
    if (!domain.ok) out += refusal_line(domain, shown(domain.name).size());
  }
  for (const std::string& problem : report.problems) out += "fail  " + shown(problem) + '\n';
  return out;
}

std::string routes_text(const RoutesReport& report) {
  std::string out;
  for (const RouteLine& route : report.routes) {
    const bool reads = route.action.empty();
    out += absl::StrFormat("%s %s → %s%s%s\n", shown(route.method), shown(route.pattern),
                           shown(route.domain), reads ? " (reads)" : ".", shown(route.action));
  }
  for (const TopicLine& topic : report.topics) {
    out += absl::StrFormat("topic %s → %s.%s\n", shown(topic.topic), shown(topic.domain),
                           shown(topic.action));
  }
  return out;
}

std::string routes_json(const RoutesReport& report) {
  const auto route_json = [](const RouteLine& route) {
    return JsonObject()
        .text("method", route.method)
        .text("path", route.pattern)
        .text("domain", route.domain)
        .text("action", route.action)
        .end();
  };
  const auto topic_json = [](const TopicLine& topic) {
    return JsonObject()
        .text("topic", topic.topic)
        .text("domain", topic.domain)
        .text("action", topic.action)
        .end();
  };
  return JsonObject()
             .raw("routes", json_list(report.routes, route_json))
             .raw("topics", json_list(report.topics, topic_json))
             .end() +
         '\n';
}

}  // namespace composable::host
