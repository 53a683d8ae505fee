// A domain's table with a state, driven by hand: what tests of plugins use in place of a host.
// Actions are named and given as JSON. Single-threaded.
#pragma once
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "composable/abi/composable.h"
#include "recording_effects.hpp"

extern "C" const composable_domain* composable_plugin_entry_v1(const composable_host*,
                                                               composable_error*);

class DrivenDomain {
 public:
  DrivenDomain() : domain_(*composable_plugin_entry_v1(nullptr, &error_)) {
    domain_.create(nullptr, abi("{}"), &state_, &error_);
    routes_ = static_cast<const composable_routes_v1*>(
        domain_.query_extension(abi(COMPOSABLE_ROUTES_EXTENSION)));
  }
  ~DrivenDomain() { domain_.destroy(state_); }
  DrivenDomain(const DrivenDomain&) = delete;
  DrivenDomain& operator=(const DrivenDomain&) = delete;

  const composable_domain& table() const { return domain_; }

  // What decide told the sink; on failure one line "error <status> <path>: <message>".
  std::vector<std::string> decide(std::string_view type, std::string_view json) {
    RecordingEffects effects(domain_);
    const composable_action action = action_of(type, json);
    const composable_status status =
        domain_.decide(state_, &action, &context_, effects.sink(), fresh_error());
    return status < 0 ? std::vector<std::string>{failure(status)} : effects.lines();
  }

  // Empty when it went well, else as decide.
  std::string evolve(std::string_view type, std::string_view json) {
    const composable_action action = action_of(type, json);
    const composable_status status = domain_.evolve(state_, &action, &context_, fresh_error());
    return status < 0 ? failure(status) : std::string();
  }

  std::string decode(std::string_view type, std::string_view json,
                     std::uint32_t mode = COMPOSABLE_DECODE_WIRE) {
    const composable_action action = action_of(type, json);
    const composable_status status = domain_.decode(&action, mode, fresh_error());
    return status < 0 ? failure(status) : std::string();
  }

  // The body that a read route answers.
  std::string read(std::uint32_t route) {
    std::string body;
    composable_response response{};
    response.struct_size = sizeof response;
    response.impl = &body;
    response.body = [](composable_response* r, const void* data, std::size_t len) {
      static_cast<std::string*>(r->impl)->append(static_cast<const char*>(data), len);
      return COMPOSABLE_OK;
    };
    const composable_request request{};
    const composable_status status =
        routes_->read(state_, route, &request, &response, fresh_error());
    return status < 0 ? failure(status) : body;
  }

  // The command that a command route makes of a request body, as type and JSON.
  std::string to_action(std::uint32_t route, std::string_view body) {
    std::string sent;
    Sink sink{{}, &domain_, &sent};
    sink.abi.struct_size = sizeof sink.abi;
    sink.abi.impl = &sink;
    sink.abi.send = [](composable_command_sink* s, const composable_action* a) {
      const Sink& self = *static_cast<const Sink*>(s->impl);
      const composable_str name = self.domain->actions[a->type]->name;
      *self.sent =
          std::string(name.ptr, name.len) + std::string(static_cast<const char*>(a->data), a->size);
      return COMPOSABLE_OK;
    };
    composable_request request{};
    request.body = {reinterpret_cast<const std::uint8_t*>(body.data()), body.size()};
    const composable_status status = routes_->to_action(route, &request, &sink.abi, fresh_error());
    return status < 0 ? failure(status) : sent;
  }

  // What a reload carries over; the domain has composable.reload/1.
  std::string export_state() {
    std::string bytes;
    composable_writer writer{&bytes, [](void* ctx, const void* data, std::size_t len) {
                               static_cast<std::string*>(ctx)->append(
                                   static_cast<const char*>(data), len);
                               return COMPOSABLE_OK;
                             }};
    const composable_status status = reload().export_state(state_, &writer, fresh_error());
    return status < 0 ? failure(status) : bytes;
  }
  std::string import_state(std::uint32_t schema, std::string_view bytes) {
    const composable_bytes given{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    const composable_status status = reload().import_state(state_, schema, given, fresh_error());
    return status < 0 ? failure(status) : std::string();
  }

  composable_context& context() { return context_; }

 private:
  struct Sink {
    composable_command_sink abi;
    const composable_domain* domain;
    std::string* sent;
  };

  const composable_reload_v1& reload() const {
    return *static_cast<const composable_reload_v1*>(
        domain_.query_extension(abi(COMPOSABLE_RELOAD_EXTENSION)));
  }
  static composable_str abi(std::string_view s) { return {s.data(), s.size()}; }

  composable_action action_of(std::string_view type, std::string_view json) const {
    std::uint32_t n = 0;
    while (n < domain_.n_actions &&
           std::string_view(domain_.actions[n]->name.ptr, domain_.actions[n]->name.len) != type) {
      ++n;
    }
    return {n, COMPOSABLE_FORM_JSON, json.data(), json.size()};
  }

  composable_error* fresh_error() {
    error_ = {};
    error_.struct_size = sizeof error_;
    return &error_;
  }

  std::string failure(composable_status status) const {
    return "error " + std::to_string(status) + " " + std::string(error_.path, error_.path_len) +
           ": " + std::string(error_.message, error_.message_len);
  }

  composable_error error_{};
  const composable_domain& domain_;
  const composable_routes_v1* routes_ = nullptr;
  composable_state* state_ = nullptr;
  composable_context context_{};
};
