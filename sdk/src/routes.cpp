// Reading a command from a request and writing a body into a response.
#include "composable/routes.hpp"

#include <string>

namespace composable::route {
namespace {

// As field_for in routes.hpp, which has checked the pattern.
std::uint32_t field_for(const Type& type, std::string_view name) {
  std::uint32_t found = type.n_fields;
  for (std::uint32_t i = 0; i < type.n_fields; ++i) {
    const std::string_view field = view(type.field(i).name);
    if (field == name) return i;
    if (field.ends_with(name) && field.size() > name.size() &&
        field[field.size() - name.size() - 1] == '_') {
      found = i;
    }
  }
  return found;
}

// Sets one field from text and marks it as given.
bool fill(const Type& type, void* command, std::uint32_t index, std::string_view text,
          std::uint64_t& given, composable_error* error) {
  const Field& field = type.field(index);
  void* value = static_cast<char*>(command) + field.offset;
  if (field.optional != nullptr) value = field.optional->emplace(value);
  given |= std::uint64_t{1} << index;
  if (decode_text(*field.shape, value, text, error)) return true;
  if (error != nullptr) error->offset = kNoOffset;  // of a text that stands alone
  prepend_path(error, view(field.name));
  return false;
}

// The fields that the pattern's parameters stand for. A path that cannot be read leads nowhere.
bool fill_from_path(const Spec& spec, const Type& type, void* object, const Request& in,
                    std::uint64_t& given, composable_error* error) {
  std::string_view rest = spec.pattern;
  for (std::size_t at = rest.find("/:"); at != rest.npos; at = rest.find("/:")) {
    rest.remove_prefix(at + 2);
    const std::string_view name = rest.substr(0, rest.find('/'));
    if (!fill(type, object, field_for(type, name), in.param(name), given, error)) return false;
  }
  return true;
}

}  // namespace

composable_status read_command(const Spec& spec, const Type& type, void* command,
                               const composable_request* request, composable_error* error) {
  const Request in(*request);
  DecodeOptions options = kWire;
  if (!fill_from_path(spec, type, command, in, options.given, error)) {
    return COMPOSABLE_E_NOT_FOUND;
  }
  if (!spec.actor_field.empty()) {
    const std::uint32_t index = field_for(type, spec.actor_field);
    if (index < type.n_fields && !fill(type, command, index, in.actor(), options.given, error)) {
      return COMPOSABLE_E_INVALID;
    }
  }
  std::string_view body = in.body();
  if ((spec.flags & COMPOSABLE_ROUTE_BODY_OPTIONAL) != 0 &&
      body.find_first_not_of(" \t\r\n") == body.npos) {
    body = "{}";
  }
  return decode(type, command, body, options, error) ? COMPOSABLE_OK : COMPOSABLE_E_INVALID;
}

composable_status read_query(const Spec& spec, const Type& type, void* query,
                             const composable_request* request, composable_error* error) {
  const Request in(*request);
  std::uint64_t given = 0;
  if (!fill_from_path(spec, type, query, in, given, error)) return COMPOSABLE_E_NOT_FOUND;
  for (std::uint32_t i = 0; i < type.n_fields; ++i) {
    if ((given >> i & 1) != 0) continue;
    const Field& field = type.field(i);
    const std::string_view name = view(field.name);
    const std::string_view text = in.query(name);
    if (text.data() != nullptr) {
      if (!fill(type, query, i, text, given, error)) return COMPOSABLE_E_INVALID;
    } else if ((field.flags & COMPOSABLE_FIELD_OPTIONAL) == 0) {
      set_error(error, "missing query parameter \"" + std::string(name) + '"', name);
      return COMPOSABLE_E_INVALID;
    }
  }
  return COMPOSABLE_OK;
}

composable_status write_body(const Type& type, const void* body, composable_response* response,
                             composable_error* error) {
  const composable_writer out{response, [](void* ctx, const void* data, std::size_t size) {
                                auto* to = static_cast<composable_response*>(ctx);
                                return to->body(to, data, size);
                              }};
  return encode(type, body, out, error);
}

}  // namespace composable::route
