// A request and a response as a host would pass them to a route.
#pragma once
#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "composable/abi/routes.h"
#include "composable/testing/recorder.hpp"

struct FakeRequest {
  std::map<std::string, std::string, std::less<>> params, queries,
      headers;  // headers in lower case
  std::string body, actor;

  composable_request abi() const {
    composable_request request{};
    request.struct_size = sizeof(request);
    request.impl = const_cast<FakeRequest*>(this);
    request.body = {reinterpret_cast<const std::uint8_t*>(body.data()), body.size()};
    request.actor = {actor.data(), actor.size()};
    request.param = [](const composable_request* r, composable_str name) {
      return find(self(r).params, name);
    };
    request.query = [](const composable_request* r, composable_str name) {
      return find(self(r).queries, name);
    };
    request.header = [](const composable_request* r, composable_str name) {
      std::string lower(name.ptr, name.len);
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      return find(self(r).headers, {lower.data(), lower.size()});
    };
    return request;
  }

 private:
  static const FakeRequest& self(const composable_request* r) {
    return *static_cast<const FakeRequest*>(r->impl);
  }
  template <class Map>
  static composable_str find(const Map& map, composable_str name) {
    const auto found = map.find(std::string_view(name.ptr, name.len));
    if (found == map.end()) return {nullptr, 0};
    return {found->second.data(), found->second.size()};
  }
};

struct FakeResponse {
  std::uint32_t status = 200;
  std::string headers;  // "Name: value\n"
  std::string body;
  composable_response abi{};

  FakeResponse() {
    abi.struct_size = sizeof(abi);
    abi.impl = this;
    abi.status = [](composable_response* r, std::uint32_t code) {
      self(r).status = code;
      return COMPOSABLE_OK;
    };
    abi.header = [](composable_response* r, composable_str name, composable_str value) {
      const std::string text(value.ptr, value.len);
      if (text.find('\n') != text.npos) return COMPOSABLE_E_INVALID;
      self(r).headers += std::string(name.ptr, name.len) + ": " + text + '\n';
      return COMPOSABLE_OK;
    };
    abi.body = [](composable_response* r, const void* data, std::size_t size) {
      self(r).body.append(static_cast<const char*>(data), size);
      return COMPOSABLE_OK;
    };
  }

 private:
  static FakeResponse& self(composable_response* r) { return *static_cast<FakeResponse*>(r->impl); }
};

// Where to_action puts its command, as `Name{json}`.
struct FakeCommandSink {
  const composable_domain& domain;
  std::string sent;
  composable_command_sink abi{};

  explicit FakeCommandSink(const composable_domain& of) : domain(of) {
    abi.struct_size = sizeof(abi);
    abi.impl = this;
    abi.send = [](composable_command_sink* s, const composable_action* action) {
      auto& self = *static_cast<FakeCommandSink*>(s->impl);
      self.sent += composable::testing::action_name(self.domain, action->type) +
                   composable::testing::payload_json(self.domain, *action);
      return COMPOSABLE_OK;
    };
  }
};
