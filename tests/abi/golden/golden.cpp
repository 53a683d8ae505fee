// The other golden plugin, in C++ straight on the ABI: an ephemeral tally whose state goes over to
// the next build, made of what keeps a badly linked plugin from being unmapped (std::make_shared,
// inline variables, statics of templates and inline functions) and of what must not get out of it
// (exceptions). Written once against ABI 1.0, never changed since.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "composable/abi/composable.h"

#ifndef GOLDEN_NAME
#error "GOLDEN_NAME names the domain: one for each build"
#endif

// The note's macro is C's; this is the same note.
__attribute__((used, aligned(4),
               section(COMPOSABLE_NOTE_SECTION))) static const composable_note kNote = {
    sizeof(COMPOSABLE_NOTE_OWNER),
    sizeof(composable_note_desc),
    COMPOSABLE_NOTE_TYPE,
    COMPOSABLE_NOTE_OWNER,
    {sizeof(composable_note_desc), COMPOSABLE_ABI_MAJOR, COMPOSABLE_ABI_MINOR, 0, GOLDEN_NAME,
     "golden"}};

namespace {

enum : std::uint32_t { kAdd, kAdded, kActions };
constexpr std::uint32_t kSchema = 1;

inline std::map<std::string, int> decided;  // of an inline variable
template <typename T>
struct Kept {
  static inline std::shared_ptr<T> last = std::make_shared<T>();
};

struct Tally {
  std::shared_ptr<long long> total = std::make_shared<long long>(0);
};
Tally& tally(composable_state* state) { return *reinterpret_cast<Tally*>(state); }
const Tally& tally(const composable_state* state) { return *reinterpret_cast<const Tally*>(state); }

// The number behind the first colon of `{"by":3}`.
long long number_in(std::string_view json) {
  const std::size_t colon = json.find(':');
  if (json.empty() || json.front() != '{' || colon == json.npos) {
    throw std::invalid_argument("expected {\"by\": number}");
  }
  std::size_t at = colon + 1;
  while (at < json.size() && json[at] == ' ') ++at;
  long long value = 0;
  const auto end = std::from_chars(json.data() + at, json.data() + json.size(), value);
  if (end.ec != std::errc()) throw std::out_of_range("expected a number of 64 bits");
  return value;
}

std::string_view text_of(const composable_action& action) {
  return {static_cast<const char*>(action.data), action.size};
}

composable_status failed(composable_error* error, const char* what) {
  error->message_len =
      static_cast<std::uint32_t>(std::min(std::strlen(what), sizeof error->message));
  std::memcpy(error->message, what, error->message_len);
  std::memcpy(error->path, "by", 2);
  error->path_len = 2;
  error->offset = 0xffffffffu;
  return COMPOSABLE_E_INVALID;
}

template <typename Call>
composable_status contained(composable_error* error, Call&& call) noexcept {
  try {
    return call();
  } catch (const std::exception& e) {
    return failed(error, e.what());
  }
}

composable_status create(const composable_host*, composable_str, composable_state** out,
                         composable_error*) {
  *out = reinterpret_cast<composable_state*>(new Tally);
  return COMPOSABLE_OK;
}
void destroy(composable_state* state) { delete &tally(state); }

composable_status decode(const composable_action* json, std::uint32_t, composable_error* error) {
  return contained(error, [&] {
    number_in(text_of(*json));
    return COMPOSABLE_OK;
  });
}

composable_status decide(const composable_state*, const composable_action* command,
                         const composable_context*, composable_effects* effects,
                         composable_error* error) {
  return contained(error, [&] {
    const std::string added = "{\"by\":" + std::to_string(number_in(text_of(*command))) + "}";
    decided["Add"] = 1;
    *Kept<std::string>::last = added;
    const composable_action event = {kAdded, COMPOSABLE_FORM_JSON, added.data(), added.size()};
    return effects->apply(effects, &event);
  });
}

composable_status evolve(composable_state* state, const composable_action* event,
                         const composable_context*, composable_error* error) {
  return contained(error, [&] {
    *tally(state).total += number_in(text_of(*event));
    return COMPOSABLE_OK;
  });
}

// --- routes ------------------------------------------------------------------------------------

constexpr std::uint32_t kAddEnds[] = {kAdded};
composable_route make_show() {
  composable_route route{};
  route.struct_size = sizeof route;
  route.kind = COMPOSABLE_ROUTE_READ;
  route.method = COMPOSABLE_METHOD_GET;
  return route;
}
composable_route make_add() {
  composable_route route{};
  route.struct_size = sizeof route;
  route.kind = COMPOSABLE_ROUTE_COMMAND;
  route.method = COMPOSABLE_METHOD_POST;
  route.command = kAdd;
  route.n_outcomes = 1;
  route.outcomes = kAddEnds;
  return route;
}
const composable_route kShow = make_show();
const composable_route kAddRoute = make_add();
const composable_route* const kRoutes[] = {&kShow, &kAddRoute};

composable_status answer(const composable_state* state, composable_response* response) {
  const std::string body = "{\"total\":" + std::to_string(*tally(state).total) + "}";
  return response->body(response, body.data(), body.size());
}
composable_status to_action(std::uint32_t, const composable_request* request,
                            composable_command_sink* sink, composable_error* error) {
  const composable_action command = {kAdd, COMPOSABLE_FORM_JSON, request->body.ptr,
                                     request->body.len};
  const composable_status status = decode(&command, COMPOSABLE_DECODE_WIRE, error);
  return status < 0 ? status : sink->send(sink, &command);
}
composable_status to_response(const composable_state* state, std::uint32_t,
                              const composable_outcome*, composable_response* response,
                              composable_error*) {
  return answer(state, response);
}
composable_status read(const composable_state* state, std::uint32_t, const composable_request*,
                       composable_response* response, composable_error*) {
  return answer(state, response);
}
const composable_routes_v1 kRoutesV1 = {
    sizeof(composable_routes_v1), 2, kRoutes, to_action, to_response, read};

// --- reload ------------------------------------------------------------------------------------

composable_status export_state(const composable_state* state, composable_writer* out,
                               composable_error*) {
  const std::string text = "{\"total\":" + std::to_string(*tally(state).total) + "}";
  return out->write(out->ctx, text.data(), text.size());
}
composable_status import_state(composable_state* state, std::uint32_t schema,
                               composable_bytes bytes, composable_error* error) {
  if (schema != kSchema) return COMPOSABLE_E_UNSUPPORTED;
  return contained(error, [&] {
    *tally(state).total = number_in({reinterpret_cast<const char*>(bytes.ptr), bytes.len});
    return COMPOSABLE_OK;
  });
}
const composable_reload_v1 kReloadV1 = {sizeof(composable_reload_v1), 0, export_state,
                                        import_state};

// --- the table ---------------------------------------------------------------------------------

const void* query_extension(composable_str id) {
  const std::string_view wanted(id.ptr, id.len);
  if (wanted == COMPOSABLE_ROUTES_EXTENSION) return &kRoutesV1;
  if (wanted == COMPOSABLE_RELOAD_EXTENSION) return &kReloadV1;
  return nullptr;
}

composable_action_type make_type(std::uint32_t action_class, composable_str name) {
  composable_action_type type{};
  type.struct_size = sizeof type;
  type.action_class = action_class;
  type.name = name;
  if (action_class == COMPOSABLE_CLASS_EVENT) type.visibility = COMPOSABLE_VISIBILITY_PUBLIC;
  return type;
}
const composable_action_type kAddType =
    make_type(COMPOSABLE_CLASS_COMMAND, composable_str COMPOSABLE_STR("Add"));
const composable_action_type kAddedType =
    make_type(COMPOSABLE_CLASS_EVENT, composable_str COMPOSABLE_STR("Added"));
const composable_action_type* const kTypes[kActions] = {&kAddType, &kAddedType};

composable_domain make_domain() {
  composable_domain domain{};
  domain.struct_size = sizeof domain;
  domain.name = COMPOSABLE_STR(GOLDEN_NAME);
  domain.version = COMPOSABLE_STR("1.0.0");
  domain.actions = kTypes;
  domain.n_actions = kActions;
  domain.state_schema = kSchema;
  domain.create = create;
  domain.destroy = destroy;
  domain.decide = decide;
  domain.evolve = evolve;
  domain.decode = decode;
  domain.query_extension = query_extension;
  return domain;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const composable_domain*
composable_plugin_entry_v1(const composable_host*, composable_error*) {
  static const composable_domain domain = make_domain();
  return &domain;
}
