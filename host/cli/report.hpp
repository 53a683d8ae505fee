// The reports of `check` and `routes`, as text and as JSON. Pure; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace composable::host {

// A finding of the lint about a plugin file that loads.
struct CheckFinding {
  std::string text;
  bool permanent = false;  // it keeps the plugin from being reloaded
};

// The result of loading one plugin file.
struct DomainCheck {
  bool ok = false;
  std::string name;  // the domain's; of a file that does not say, the file's without `.so`
  std::string file;
  std::string reason;  // of the refusal
  std::string version;
  std::string abi;  // `1.0`
  std::size_t routes = 0;
  std::size_t topics = 0;  // that it listens to
  std::vector<CheckFinding> findings;
  std::optional<std::uint64_t> replayed;  // events of the log that it has evolved, if it was to

  bool reloadable() const;
};

struct CheckReport {
  std::vector<DomainCheck> domains;   // in load order
  std::vector<std::string> problems;  // not of one plugin: a missing directory, …
  std::vector<std::string> warnings;  // which refuse nothing

  bool ok() const;
};

struct RouteLine {
  std::string method, pattern, domain, action;
};

struct TopicLine {
  std::string topic, domain, action;
};

struct RoutesReport {
  std::vector<RouteLine> routes;
  std::vector<TopicLine> topics;  // subscriptions
  CheckReport loaded;             // what did not load has no routes here
};

// ok    auth    1.0.0  abi 1   6 routes   1 topic   plugins/auth.so
// ok    mail    1.0.0  abi 1   2 routes  0 topics  plugins/mail.so
//       permanent, cannot be reloaded: it is marked NODELETE: …
//       warning: it exports …
// fail  orders  plugins/orders.so: built for abi 3, …
// 2 of 3 domains would load
std::string check_text(const CheckReport& report);
std::string check_json(const CheckReport& report);

// The refusals alone, one line each.
std::string refusals_text(const CheckReport& report);

// POST /api/v1/orders → orders.PlaceOrder
// topic payments.received → orders.NotePayment
std::string routes_text(const RoutesReport& report);
std::string routes_json(const RoutesReport& report);

}  // namespace composable::host
