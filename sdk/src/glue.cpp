// The parts of the thunks that need no types.
#include "composable/glue.hpp"

#include <cstring>
#include <exception>
#include <string>

#include "composable/log.hpp"
#include "composable/plugin.hpp"

namespace composable::glue {
namespace {

composable_status write(const composable_writer& out, std::string_view text) {
  return text.empty() ? COMPOSABLE_OK : out.write(out.ctx, text.data(), text.size());
}

const Field* find_field(const Type& type, std::string_view name) {
  for (std::uint32_t i = 0; i < type.n_fields; ++i) {
    if (view(type.field(i).name) == name) return &type.field(i);
  }
  return nullptr;
}

}  // namespace

composable_status caught(composable_error* error) noexcept {
  try {
    throw;
  } catch (const std::exception& e) {
    set_error(error, e.what());
  } catch (...) {
    set_error(error, "an exception that is not a std::exception");
  }
  return COMPOSABLE_E_EXCEPTION;
}

composable_status unknown_action(composable_error* error, std::uint32_t type) {
  set_error(error, "the domain has no action or job number " + std::to_string(type));
  return COMPOSABLE_E_MISUSE;
}

composable_status wrong_class(composable_error* error, std::string_view action,
                              std::string_view function) {
  set_error(error, std::string(action) + " does not go to " + std::string(function));
  return COMPOSABLE_E_MISUSE;
}

composable_status unknown_schema(composable_error* error, std::uint32_t found, std::uint32_t own) {
  set_error(error, "a state of schema " + std::to_string(found) +
                       " is not known here; the domain's own is " + std::to_string(own) +
                       ", and `migrates` names the older ones");
  return COMPOSABLE_E_UNSUPPORTED;
}

composable_status fill_message(std::string_view message, const Type& type, const void* object,
                               const composable_writer& out) {
  composable_status status = COMPOSABLE_OK;
  for (std::size_t open = message.find('{'); open != message.npos && status >= 0;
       open = message.find('{')) {
    const std::size_t close = message.find('}', open);
    if (close == message.npos) break;
    status = write(out, message.substr(0, open));
    if (status >= 0) {
      status = write_text(type, message.substr(open + 1, close - open - 1), object, out);
    }
    message.remove_prefix(close + 1);
  }
  return status < 0 ? status : write(out, message);
}

composable_status write_text(const Type& type, std::string_view name, const void* object,
                             const composable_writer& out) {
  const Field* field = find_field(type, name);
  if (field == nullptr || (field->flags & COMPOSABLE_FIELD_SECRET) != 0) return COMPOSABLE_OK;
  const void* value = static_cast<const char*>(object) + field->offset;
  if (field->optional != nullptr) value = field->optional->get(value);
  if (value == nullptr) return COMPOSABLE_OK;
  if (field->shape->kind == COMPOSABLE_KIND_STRING && field->shape->text == nullptr) {
    return write(out, *static_cast<const std::string*>(value));
  }
  std::string json;
  if (!composable::encode(*field->shape, value, json, nullptr)) return COMPOSABLE_E_INVALID;
  std::string_view text = json;
  if (text.starts_with('"')) text = text.substr(1, text.size() - 2);  // an enumerator, an instant
  return write(out, text);
}

const composable_domain* enter(const composable_domain& domain, const composable_host* host,
                               composable_error* error) noexcept {
  if (host == nullptr) return &domain;  // tests drive a table without a host
  if (host->abi_major == COMPOSABLE_ABI_MAJOR) {
    log::exchange_host(host);
    return &domain;
  }
  const auto revision = [](std::uint32_t major, std::uint32_t minor) {
    return std::to_string(major) + '.' + std::to_string(minor);
  };
  set_error(error, "built for composable ABI " +
                       revision(COMPOSABLE_ABI_MAJOR, COMPOSABLE_ABI_MINOR) +
                       ", this host speaks " + revision(host->abi_major, host->abi_minor) +
                       "; rebuild the plugin");
  return nullptr;
}

}  // namespace composable::glue
