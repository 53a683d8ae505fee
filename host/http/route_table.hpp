// A RouteTable finds the route for a method and a path. Immutable once built, shared by all loops.
//
// It is a tree of path segments, in which a literal segment beats a parameter, whatever the order
// in which routes were added. Segments are compared as written: no route has an escape in a
// literal. lookup() allocates nothing.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "boost/smart_ptr/make_local_shared.hpp"
#include "http/method.hpp"
#include "http/request_view.hpp"
#include "store/unavailable_domain.hpp"

namespace composable::host {

class DomainTables;
class Store;
struct RouteType;

struct RouteTarget {
  Store* store = nullptr;    // the table holds it; null for a page of the host itself
  std::uint32_t number = 0;  // of the route in its domain
  Method method = Method::kGet;
  bool takes_body = false;  // a command: an unreadable or missing body is refused before it
  bool body_optional = false;
  std::uint32_t max_body = 0;  // 0: the host's limit
  std::string mount;           // /api/v1/orders; empty for a page of the host itself
  std::string owner;           // for messages: counter.Increment, or counter when it only reads
  std::string pattern;         // whole: /api/v1/orders/:id; the template in metrics
  std::vector<std::string> params;
};

class RouteTable {
 public:
  class Builder;

  struct Match {
    const RouteTarget* target = nullptr;  // null: no route of this method
    std::uint32_t allowed = 0;            // bit n: method n has a route here; 0: no such path
    std::size_t n_values = 0;
    std::array<std::string_view, RequestView::kMaxParams> values;  // as they stand in the path

    absl::Span<const std::string_view> params() const { return {values.data(), n_values}; }
  };

  // HEAD finds the route of GET.
  Match lookup(Method method, std::string_view path) const;
  const std::vector<RouteTarget>& targets() const { return targets_; }
  // Whether `domain` has been added, so that /api/v1/<domain>/ws is its WebSocket.
  bool has_domain(std::string_view domain) const;
  // The unavailable domain that `path` belongs to; null: the domain is served or unknown.
  const UnavailableDomain* unavailable_domain(std::string_view path) const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct PathHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view path) const {
      return std::hash<std::string_view>()(path);
    }
  };
  struct Child {
    std::string segment;
    std::uint32_t node;
  };
  struct Node {
    std::vector<Child> literals;
    std::uint32_t parameter = kNone;
    std::uint32_t methods = 0;  // bit n: method n
    std::array<std::uint32_t, COMPOSABLE_METHOD_DELETE + 1> targets{kNone, kNone, kNone,
                                                                    kNone, kNone, kNone};
  };

  std::uint32_t literal_child(const Node& node, std::string_view segment) const;
  const Node* walk(std::uint32_t at, std::string_view rest, Match& match) const;
  const Node* find(std::string_view path, Match& match) const;

  std::vector<Node> nodes_{1};
  // Patterns without a parameter, which most requests are for: found without a walk.
  std::unordered_map<std::string, std::uint32_t, PathHash, std::equal_to<>> literal_paths_;
  std::vector<RouteTarget> targets_;
  std::vector<std::string> domains_;
  std::vector<UnavailableDomain> unavailable_;
  std::vector<std::shared_ptr<Store>> stores_;  // kept for requests that have not been served yet
};

// One loop's reference to a table, shared by its requests: counted without atomics, and without a
// cache line that loops contend for. [loop]
using LocalRouteTable = boost::local_shared_ptr<const RouteTable>;

// "GET, HEAD, POST, OPTIONS" for an Allow header; without the last where that is not served.
std::string allow_text(std::uint32_t methods, bool options = true);

// A Builder collects routes and then makes the table. One thread.
class RouteTable::Builder {
 public:
  // Adds one route of a domain under its mount, /api/v1/<domain>. `command` is the action's name,
  // empty for a read route. The error names both sides of a collision and leaves the table as it
  // was.
  absl::Status add(std::string_view domain, const RouteType& route, std::string_view command,
                   Store* store);
  // All routes of a domain, or none. The table keeps the store.
  absl::Status add(const DomainTables& domain, std::shared_ptr<Store> store);
  // Domains that nobody serves: whatever is below their mounts has no route, and
  // unavailable_domain() knows it.
  void set_unavailable(std::vector<UnavailableDomain> domains) {
    table_.unavailable_ = std::move(domains);
  }
  // A page of the host: any path, reserved ones too; `number` is the caller's.
  absl::Status add_page(Method method, std::string_view pattern, std::string_view owner,
                        std::uint32_t number);

  std::shared_ptr<const RouteTable> build() &&;

 private:
  absl::Status insert(RouteTarget target);

  RouteTable table_;
};

}  // namespace composable::host
