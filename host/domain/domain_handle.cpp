#include "domain/domain_handle.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

std::int32_t append_to_string(void* ctx, const void* data, std::size_t len) {
  static_cast<std::string*>(ctx)->append(static_cast<const char*>(data), len);
  return COMPOSABLE_OK;
}

// Takes at most the bytes that a state may have, and records when a plugin writes on after a
// refusal.
struct BoundedState {
  std::string& out;
  bool full = false;

  static std::int32_t append(void* ctx, const void* data, std::size_t len) {
    auto& self = *static_cast<BoundedState*>(ctx);
    self.full = self.full || len > COMPOSABLE_MAX_STATE_BYTES - self.out.size();
    return self.full ? COMPOSABLE_E_OVERLOADED : append_to_string(&self.out, data, len);
  }
};

}  // namespace

// The label names the parts by the plugin's own numbers, by which `tables` counts until it
// continues from another's.
DomainHandle::DomainHandle(DomainTables tables)
    : tables_(std::move(tables)),
      label_(std::make_shared<PluginLabel>()),
      state_(nullptr, Destroy{&tables_.table(), label_}) {
  label_->domain = name();
  for (const ActionType& action : actions()) label_->actions.push_back(action.name);
  for (const RouteType& route : routes()) {
    label_->routes.push_back(route.pattern.empty() ? "/" : route.pattern);
  }
  for (const JobType& job : jobs()) label_->jobs.push_back(job.name);
}

absl::StatusOr<DomainHandle> DomainHandle::inspect(const composable_domain* table) {
  absl::StatusOr<DomainTables> tables = DomainTables::inspect(table);
  if (!tables.ok()) return tables.status();
  return DomainHandle(*std::move(tables));
}

void DomainHandle::Destroy::operator()(composable_state* state) const noexcept {
  const PluginCall in_plugin(*label, Hook::kDestroy);
  table->destroy(state);
}

template <typename Call>
composable_status DomainHandle::call(Hook hook, std::uint32_t number, CallError& error,
                                     Call&& function) const {
  const PluginCall in_plugin(*label_, hook, number);
  composable_error record;
  record.struct_size = sizeof record;
  record.message_len = 0;
  record.path_len = 0;
  record.offset = 0xffffffffu;
  const composable_status status = function(&record);
  if (status < 0) [[unlikely]] {
    error.code = status;
    error.message.assign(record.message,
                         std::min<std::size_t>(record.message_len, sizeof record.message));
    error.path.assign(record.path, std::min<std::size_t>(record.path_len, sizeof record.path));
  }
  return status;
}

void DomainHandle::label_as(std::uint64_t generation, std::string_view build) {
  label_->generation = generation;
  label_->build = build;
}

absl::Status DomainHandle::create(const composable_host* host, std::string_view config_json) {
  host_ = host;
  config_ = config_json.empty() ? "{}" : config_json;
  CallError error;
  composable_state* made = nullptr;
  const composable_status status =
      call(Hook::kCreate, PluginCall::kNothing, error,
           [&](composable_error* e) { return table().create(host_, abi_str(config_), &made, e); });
  if (status >= 0 && made != nullptr) {
    state_.reset(made);
    return absl::OkStatus();
  }
  if (status >= 0) {
    return absl::InvalidArgumentError("create: returned no state and no error");
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("create: %s%s%s", error.path, error.path.empty() ? "" : ": ",
                      error.message.empty() ? "failed without a message" : error.message));
}

absl::StatusOr<DomainHandle> DomainHandle::with_empty_state() const {
  DomainHandle other(tables_);
  other.set_build(build_);
  other.label_as(label_->generation, label_->build);
  if (absl::Status s = other.create(host_, config_); !s.ok()) return s;
  return other;
}

absl::Status DomainHandle::recreate() {
  state_.reset();
  return create(host_, std::string(config_));
}

composable_status DomainHandle::refuse_gone(std::string_view kind, std::string_view which,
                                            CallError& error) const {
  error = {COMPOSABLE_E_NOT_FOUND,
           absl::StrFormat("the domain %s has no %s %s any more", name(), kind, which), ""};
  return error.code;
}

composable_status DomainHandle::decide(const composable_action& action,
                                       const composable_context& context, composable_effects& sink,
                                       CallError& error) const {
  const composable_action numbered = for_plugin(action);
  if (numbered.type == Numbering::kGone) {
    return refuse_gone("action", actions()[action.type].name, error);
  }
  return call(Hook::kDecide, numbered.type, error, [&](composable_error* e) {
    return table().decide(state(), &numbered, &context, &sink, e);
  });
}

composable_status DomainHandle::evolve(const composable_action& event,
                                       const composable_context& context, CallError& error) {
  const composable_action numbered = for_plugin(event);
  if (numbered.type == Numbering::kGone)
    return refuse_gone("event", actions()[event.type].name, error);
  return call(Hook::kEvolve, numbered.type, error,
              [&](composable_error* e) { return table().evolve(state(), &numbered, &context, e); });
}

composable_status DomainHandle::encode(const composable_action& action, std::string& out,
                                       CallError& error) const {
  if (action.form == COMPOSABLE_FORM_JSON) {
    out.append(static_cast<const char*>(action.data), action.size);
    return COMPOSABLE_OK;
  }
  if (table().encode == nullptr) {
    error = {COMPOSABLE_E_MISUSE, "a native payload of a domain that has no encode", ""};
    return COMPOSABLE_E_MISUSE;
  }
  const composable_action numbered = for_plugin(action);
  if (numbered.type == Numbering::kGone) {
    return refuse_gone("action", actions()[action.type].name, error);
  }
  composable_writer writer{&out, append_to_string};
  return call(Hook::kEncode, numbered.type, error,
              [&](composable_error* e) { return table().encode(&numbered, &writer, e); });
}

composable_status DomainHandle::decode(std::uint32_t type, std::string_view json,
                                       std::uint32_t mode, CallError& error) const {
  const composable_action numbered =
      for_plugin({type, COMPOSABLE_FORM_JSON, json.data(), json.size()});
  if (numbered.type == Numbering::kGone) return refuse_gone("action", actions()[type].name, error);
  return call(Hook::kDecode, numbered.type, error,
              [&](composable_error* e) { return table().decode(&numbered, mode, e); });
}

composable_status DomainHandle::to_action(std::uint32_t route, const composable_request& request,
                                          composable_command_sink& sink, CallError& error) const {
  const std::uint32_t number = tables_.route_numbers().to_plugin(route);
  if (number == Numbering::kGone) return refuse_gone("route", routes()[route].pattern, error);
  return call(Hook::kToAction, number, error, [&](composable_error* e) {
    return tables_.routes_table()->to_action(number, &request, &sink, e);
  });
}

composable_status DomainHandle::to_response(std::uint32_t route, const composable_outcome& outcome,
                                            composable_response& response, CallError& error) const {
  const std::uint32_t number = tables_.route_numbers().to_plugin(route);
  if (number == Numbering::kGone) return refuse_gone("route", routes()[route].pattern, error);
  composable_outcome shown = outcome;
  composable_action action{};
  if (outcome.action != nullptr) {
    action = for_plugin(*outcome.action);
    shown.action = &action;
  }
  return call(Hook::kToResponse, number, error, [&](composable_error* e) {
    return tables_.routes_table()->to_response(state(), number, &shown, &response, e);
  });
}

composable_status DomainHandle::read(std::uint32_t route, const composable_request& request,
                                     composable_response& response, CallError& error) const {
  const std::uint32_t number = tables_.route_numbers().to_plugin(route);
  if (number == Numbering::kGone) return refuse_gone("route", routes()[route].pattern, error);
  return call(Hook::kRead, number, error, [&](composable_error* e) {
    return tables_.routes_table()->read(state(), number, &request, &response, e);
  });
}

composable_status DomainHandle::run_job(std::uint32_t job, composable_state* state,
                                        std::string_view input, composable_job_context& context,
                                        composable_job_frame*& frame, CallError& error) const {
  const std::uint32_t number = tables_.job_numbers().to_plugin(job);
  if (number == Numbering::kGone) return refuse_gone("job", jobs()[job].name, error);
  const composable_bytes bytes{reinterpret_cast<const std::uint8_t*>(input.data()), input.size()};
  const Hook hook = frame == nullptr ? Hook::kRunJob : Hook::kResume;
  const composable_status status = call(hook, number, error, [&](composable_error* e) {
    return frame == nullptr ? tables_.jobs_table()->run(state, number, bytes, &context, &frame, e)
                            : tables_.jobs_table()->resume(frame, &context, e);
  });
  if (status != COMPOSABLE_PENDING) frame = nullptr;
  return status;
}

void DomainHandle::drop_job(composable_job_frame*& frame) const {
  const PluginCall in_plugin(*label_, Hook::kDrop);
  tables_.jobs_table()->drop(std::exchange(frame, nullptr));
}

composable_status DomainHandle::export_state(std::string& out, CallError& error) const {
  out.clear();
  BoundedState bounded{out};
  composable_writer writer{&bounded, &BoundedState::append};
  composable_status status =
      call(Hook::kExportState, PluginCall::kNothing, error, [&](composable_error* e) {
        return tables_.reload_table()->export_state(state(), &writer, e);
      });
  if (bounded.full) {
    status = COMPOSABLE_E_OVERLOADED;
    error = {status,
             absl::StrFormat("it has more than the %u bytes that a state may have when written",
                             COMPOSABLE_MAX_STATE_BYTES),
             ""};
  }
  if (status < 0) out.clear();
  return status;
}

composable_status DomainHandle::import_state(std::uint32_t schema, std::string_view bytes,
                                             CallError& error) {
  const composable_bytes given{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  return call(Hook::kImportState, PluginCall::kNothing, error, [&](composable_error* e) {
    return tables_.reload_table()->import_state(state(), schema, given, e);
  });
}

void DomainHandle::explain(const composable_action& rejection, std::string& message,
                           std::string& path) const {
  const ActionType& type = actions()[rejection.type];
  message.clear();
  path.clear();
  const composable_action numbered = for_plugin(rejection);
  if (table().explain != nullptr && numbered.type != Numbering::kGone) {
    const PluginCall in_plugin(*label_, Hook::kExplain, numbered.type);
    composable_writer to_message{&message, append_to_string};
    composable_writer to_path{&path, append_to_string};
    if (table().explain(&numbered, &to_message, &to_path) < 0) message.clear();
  }
  if (message.empty()) message = type.message.empty() ? type.name : type.message;
}

}  // namespace composable::host
