// The table composable.routes/1 of a domain, made from D::routes(). Used by plugin.hpp; threads as
// in abi/routes.h.
#pragma once
#include <cstdint>
#include <vector>

#include "composable/glue.hpp"
#include "composable/routes.hpp"

namespace composable::glue {

// The routes of a domain: made once, at load, from D::routes().
template <class D>
class RouteTable {
 public:
  static const RouteTable& get() {
    static const RouteTable table;
    return table;
  }
  const composable_routes_v1& table() const { return table_; }

 private:
  RouteTable() : entries_(D::routes().entries()) {
    routes_.reserve(entries_.size());
    for (const route::Entry& entry : entries_) {
      const route::Spec& spec = entry.spec;
      routes_.push_back({sizeof(composable_route), entry.kind, spec.method, spec.flags,
                         spec.timeout_ms, spec.max_body, entry.command,
                         static_cast<std::uint32_t>(entry.outcomes.size()), entry.outcomes.data(),
                         abi_str(spec.pattern)});
      pointers_.push_back(&routes_.back());
    }
    table_ = {sizeof(table_),   static_cast<std::uint32_t>(routes_.size()),
              pointers_.data(), &to_action,
              &to_response,     &read};
  }

  static composable_status to_action(std::uint32_t route, const composable_request* request,
                                     composable_command_sink* sink,
                                     composable_error* error) noexcept try {
    const auto& entries = get().entries_;
    if (route >= entries.size() || entries[route].to_action == nullptr) return COMPOSABLE_E_MISUSE;
    return entries[route].to_action(entries[route].spec, request, sink, error);
  } catch (...) {
    return caught(error);
  }
  static composable_status to_response(const composable_state* state, std::uint32_t route,
                                       const composable_outcome* outcome,
                                       composable_response* response,
                                       composable_error* error) noexcept try {
    const auto& entries = get().entries_;
    if (route >= entries.size() || entries[route].to_response == nullptr) {
      return COMPOSABLE_E_MISUSE;
    }
    return entries[route].to_response(entries[route].spec, state, outcome, response, error);
  } catch (...) {
    return caught(error);
  }
  static composable_status read(const composable_state* state, std::uint32_t route,
                                const composable_request* request, composable_response* response,
                                composable_error* error) noexcept try {
    const auto& entries = get().entries_;
    if (route >= entries.size() || entries[route].read == nullptr) return COMPOSABLE_E_MISUSE;
    return entries[route].read(entries[route].spec, state, request, response, error);
  } catch (...) {
    return caught(error);
  }

  std::vector<route::Entry> entries_;
  std::vector<composable_route> routes_;
  std::vector<const composable_route*> pointers_;
  composable_routes_v1 table_{};
};

}  // namespace composable::glue
