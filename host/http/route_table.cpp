#include "http/route_table.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "domain/domain_tables.hpp"
#include "domain/route_pattern.hpp"

namespace composable::host {
namespace {

// Paths that are reserved for the host, whatever a domain is called; so is a domain's own /ws.
constexpr std::string_view kReserved[] = {"/metrics", "/ws", "/api/v1/ws", "/openapi.json"};
constexpr std::string_view kReservedTrees[] = {"/health", "/_composable"};

bool is_reserved(std::string_view path, std::string_view domain_socket) {
  if (path == domain_socket) return true;
  if (std::find(std::begin(kReserved), std::end(kReserved), path) != std::end(kReserved))
    return true;
  return std::any_of(std::begin(kReservedTrees), std::end(kReservedTrees), [&](auto tree) {
    return path.starts_with(tree) && (path.size() == tree.size() || path[tree.size()] == '/');
  });
}

}  // namespace

std::string allow_text(std::uint32_t methods, bool options) {
  std::string out;
  const auto put = [&](std::string_view name) {
    if (!out.empty()) out += ", ";
    out += name;
  };
  for (std::uint32_t m = COMPOSABLE_METHOD_GET; m <= COMPOSABLE_METHOD_DELETE; ++m) {
    if ((methods >> m & 1) == 0) continue;
    put(method_name(static_cast<Method>(m)));
    if (m == COMPOSABLE_METHOD_GET) put("HEAD");
  }
  if (options) put("OPTIONS");
  return out;
}

std::uint32_t RouteTable::literal_child(const Node& node, std::string_view segment) const {
  for (const Child& child : node.literals) {
    if (child.segment == segment) return child.node;
  }
  return kNone;
}

// Depth first, literal before parameter; a tree as deep as the longest pattern bounds it.
const RouteTable::Node* RouteTable::walk(std::uint32_t at, std::string_view rest,
                                         Match& match) const {
  const Node& node = nodes_[at];
  if (rest.empty()) return node.methods != 0 ? &node : nullptr;
  const std::string_view segment = take_path_segment(rest);
  if (segment.empty()) return nullptr;
  if (const std::uint32_t child = literal_child(node, segment); child != kNone) {
    if (const Node* found = walk(child, rest, match)) return found;
  }
  if (node.parameter == kNone) return nullptr;
  match.values[match.n_values++] = segment;
  if (const Node* found = walk(node.parameter, rest, match)) return found;
  --match.n_values;
  return nullptr;
}

const RouteTable::Node* RouteTable::find(std::string_view path, Match& match) const {
  const auto literal = literal_paths_.find(path);
  return literal != literal_paths_.end() ? &nodes_[literal->second] : walk(0, path, match);
}

RouteTable::Match RouteTable::lookup(Method method, std::string_view path) const {
  Match match;
  if (path.empty() || path.front() != '/') return match;
  const Node* node = find(path, match);
  if (node == nullptr) return match;
  match.allowed = node->methods;
  const auto number = static_cast<std::size_t>(method == Method::kHead ? Method::kGet : method);
  if (number < node->targets.size() && node->targets[number] != kNone) {
    match.target = &targets_[node->targets[number]];
  }
  return match;
}

bool RouteTable::has_domain(std::string_view domain) const {
  return std::find(domains_.begin(), domains_.end(), domain) != domains_.end();
}

const UnavailableDomain* RouteTable::unavailable_domain(std::string_view path) const {
  constexpr std::string_view kMount = "/api/v1/";
  if (unavailable_.empty() || !path.starts_with(kMount)) return nullptr;
  path.remove_prefix(kMount.size());
  return find_unavailable(unavailable_, path.substr(0, path.find('/')));
}

absl::Status RouteTable::Builder::insert(RouteTarget target) {
  const std::string_view name = method_name(target.method);
  const std::string_view below_mount = std::string_view(target.pattern).substr(target.mount.size());
  if (const std::string fault = route_pattern_fault(below_mount, target.params); !fault.empty()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: pattern \"%s\" %s", target.owner, target.pattern, fault));
  }
  std::uint32_t at = 0;
  for (std::string_view rest = target.pattern; !rest.empty();) {
    const std::string_view segment = take_path_segment(rest);
    const bool is_param = segment.front() == ':';
    std::uint32_t next =
        is_param ? table_.nodes_[at].parameter : table_.literal_child(table_.nodes_[at], segment);
    if (next == kNone) {
      next = static_cast<std::uint32_t>(table_.nodes_.size());
      table_.nodes_.emplace_back();
      Node& parent = table_.nodes_[at];
      if (is_param) {
        parent.parameter = next;
      } else {
        parent.literals.push_back({std::string(segment), next});
      }
    }
    at = next;
  }
  const auto method = static_cast<std::uint32_t>(target.method);
  Node& node = table_.nodes_[at];
  if (node.targets[method] != kNone) {
    return absl::AlreadyExistsError(absl::StrFormat("%s: %s %s is already served by %s",
                                                    target.owner, name, target.pattern,
                                                    table_.targets_[node.targets[method]].owner));
  }
  if (target.params.empty()) table_.literal_paths_.emplace(target.pattern, at);
  node.methods |= 1u << method;
  node.targets[method] = static_cast<std::uint32_t>(table_.targets_.size());
  table_.targets_.push_back(std::move(target));
  return absl::OkStatus();
}

absl::Status RouteTable::Builder::add(std::string_view domain, const RouteType& route,
                                      std::string_view command, Store* store) {
  RouteTarget target;
  target.store = store;
  target.number = route.number;
  target.method = static_cast<Method>(route.method);
  target.takes_body = route.kind == COMPOSABLE_ROUTE_COMMAND;
  target.body_optional = route.body_optional;
  target.max_body = route.max_body;
  target.owner = command.empty() ? std::string(domain) : absl::StrFormat("%s.%s", domain, command);
  target.mount = absl::StrFormat("/api/v1/%s", domain);
  target.pattern = target.mount + route.pattern;
  if (is_reserved(target.pattern, absl::StrFormat("/api/v1/%s/ws", domain))) {
    return absl::AlreadyExistsError(
        absl::StrFormat("%s: %s %s is reserved by the host; choose "
                        "another pattern",
                        domain, method_name(target.method), target.pattern));
  }
  // The caller refuses the domain and shows the collision to its author.
  const std::string owner = std::exchange(target.owner, std::string(domain));
  if (absl::Status status = insert(std::move(target)); !status.ok()) return status;
  table_.targets_.back().owner = owner;
  if (!table_.has_domain(domain)) table_.domains_.emplace_back(domain);
  return absl::OkStatus();
}

absl::Status RouteTable::Builder::add(const DomainTables& domain, std::shared_ptr<Store> store) {
  RouteTable before = table_;
  if (!table_.has_domain(domain.name())) table_.domains_.push_back(domain.name());
  for (const RouteType& route : domain.routes()) {
    if (route.gone) continue;
    const bool commands = route.kind == COMPOSABLE_ROUTE_COMMAND;
    const std::string_view command =
        commands ? std::string_view(domain.actions()[route.command].name) : std::string_view{};
    if (absl::Status status = add(domain.name(), route, command, store.get()); !status.ok()) {
      table_ = std::move(before);
      return status;
    }
  }
  table_.stores_.push_back(std::move(store));
  return absl::OkStatus();
}

absl::Status RouteTable::Builder::add_page(Method method, std::string_view pattern,
                                           std::string_view owner, std::uint32_t number) {
  RouteTarget target;
  target.number = number;
  target.method = method;
  target.owner = std::string(owner);
  target.pattern = std::string(pattern);
  return insert(std::move(target));
}

std::shared_ptr<const RouteTable> RouteTable::Builder::build() && {
  return std::make_shared<const RouteTable>(std::move(table_));
}

}  // namespace composable::host
