#include "verify/route_requests.hpp"

#include "absl/strings/str_format.h"
#include "domain/schema_shape.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kMethods[] = {"", "GET", "POST", "PUT", "PATCH", "DELETE"};

composable_str parameter(const composable_request* request, composable_str name) {
  const auto& all = static_cast<const Request*>(request->impl)->parameters;
  const auto it = all.find(view(name));
  return it == all.end() ? composable_str{} : abi_str(it->second);
}

composable_str absent(const composable_request*, composable_str) { return {}; }

composable_request abi_request(const RouteType& route, const Request& request) {
  composable_request abi{};
  abi.struct_size = sizeof abi;
  abi.method = route.method;
  abi.impl = const_cast<Request*>(&request);
  abi.path = abi_str(request.path);
  abi.body = {reinterpret_cast<const std::uint8_t*>(request.body.data()), request.body.size()};
  abi.actor = abi_str("user-1");
  abi.param = parameter;
  abi.query = absent;
  abi.header = absent;
  return abi;
}

bool printable(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

composable_response abi_response(Reply& reply) {
  composable_response abi{};
  abi.struct_size = sizeof abi;
  abi.impl = &reply;
  abi.status = [](composable_response* r, std::uint32_t status) {
    if (status < 200 || status > 599) return COMPOSABLE_E_INVALID;
    static_cast<Reply*>(r->impl)->http_status = status;
    return COMPOSABLE_OK;
  };
  abi.header = [](composable_response* r, composable_str name, composable_str value) {
    if (!printable(view(name)) || !printable(view(value))) return COMPOSABLE_E_INVALID;
    static_cast<Reply*>(r->impl)->headers += absl::StrFormat("%s: %s\n", view(name), view(value));
    return COMPOSABLE_OK;
  };
  abi.body = [](composable_response* r, const void* data, std::size_t len) {
    static_cast<Reply*>(r->impl)->body.append(static_cast<const char*>(data), len);
    return COMPOSABLE_OK;
  };
  return abi;
}

// Where to_action sends its command. The sink's function runs inside the plugin.
struct Sink {
  const DomainHandle& domain;
  Reading& reading;

  composable_command_sink abi() {
    composable_command_sink sink{};
    sink.struct_size = sizeof sink;
    sink.impl = this;
    sink.send = [](composable_command_sink* s, const composable_action* action) {
      const Sink& self = *static_cast<const Sink*>(s->impl);
      if (action == nullptr || action->type >= self.domain.actions().size()) {
        return COMPOSABLE_E_MISUSE;
      }
      Command& command = self.reading.sent.emplace_back();
      command.type = action->type;
      return self.domain.encode(*action, command.json, self.reading.error);
    };
    return sink;
  }
};

}  // namespace

std::string Reply::text() const {
  if (status < 0) return absl::StrFormat("fails with %d: %s", status, error_text(error));
  return absl::StrFormat("%d\n%s\n%s", http_status, headers, body);
}

std::string RouteRequests::what(std::string_view function, const RouteType& route) const {
  return absl::StrFormat("%s of %s %s", function, kMethods[route.method],
                         route.pattern.empty() ? "/" : route.pattern);
}

Request RouteRequests::make(const RouteType& route, const std::vector<std::string>& given) const {
  Request request;
  std::vector<std::string> left_out = given;
  std::string_view rest = route.pattern;
  while (!rest.empty()) {
    const std::size_t end = rest.find('/', 1);
    const std::string segment(rest.substr(1, end == rest.npos ? end : end - 1));
    rest = end == rest.npos ? "" : rest.substr(end);
    if (!segment.starts_with(':')) {
      request.path += "/" + segment;
      continue;
    }
    const std::string name = segment.substr(1);
    const std::string value = payloads_.word();
    request.path += "/" + value;
    request.parameters[name] = value;
    left_out.push_back(name);
  }
  request.path = "/api/v1/" + domain_.name() + request.path;
  if (route.kind != COMPOSABLE_ROUTE_COMMAND) return request;
  const composable_type* const schema = usable_schema(domain_.actions()[route.command]);
  if (schema == nullptr) {
    request.body = "{}";
    return request;
  }
  for (std::uint32_t n = 0; n < schema->n_fields; ++n) {
    const std::string field(view(schema->fields[n]->name));
    for (const auto& [name, value] : request.parameters) {
      if (field.ends_with("_" + name)) left_out.push_back(field);
    }
  }
  request.body = payloads_.payload(*schema, left_out);
  return request;
}

Reading RouteRequests::to_action(const RouteType& route, const Request& request) const {
  Reading reading;
  Sink sink{domain_, reading};
  composable_command_sink abi_sink = sink.abi();
  const composable_request abi = abi_request(route, request);
  reading.status = tested_.call(what("to_action", route), [&] {
    return domain_.to_action(route.number, abi, abi_sink, reading.error);
  });
  check_status(what("to_action", route), reading.status, reading.error);
  return reading;
}

Reply RouteRequests::read(const DomainHandle& driven, const RouteType& route,
                          const Request& request) const {
  Reply reply;
  composable_response abi = abi_response(reply);
  reply.status = tested_.call(what("read", route), [&] {
    return driven.read(route.number, abi_request(route, request), abi, reply.error);
  });
  check_status(what("read", route), reply.status, reply.error);
  return reply;
}

Reply RouteRequests::to_response(const DomainHandle& driven, const RouteType& route,
                                 const EmittedEvent* event) const {
  Reply reply;
  composable_response abi = abi_response(reply);
  composable_action action{};
  composable_outcome outcome{sizeof outcome, COMPOSABLE_OUTCOME_SETTLED, nullptr};
  if (event != nullptr) {
    action = {event->type, COMPOSABLE_FORM_JSON, event->json.data(), event->json.size()};
    outcome.kind = COMPOSABLE_OUTCOME_MATCHED;
    outcome.action = &action;
  }
  reply.status = tested_.call(what("to_response", route), [&] {
    return driven.to_response(route.number, outcome, abi, reply.error);
  });
  check_status(what("to_response", route), reply.status, reply.error);
  return reply;
}

}  // namespace composable::host
