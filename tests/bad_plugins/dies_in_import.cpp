// Takes the state that a build before it has exported as what its import_state is to do: crash,
// hang, throw, or say no.
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string_view>

#include "good_domain.h"

COMPOSABLE_NOTE("dies_in_import");

namespace {
char* volatile nowhere = reinterpret_cast<char*>(16);

composable_status no_export(const composable_state*, composable_writer*, composable_error*) {
  return COMPOSABLE_OK;
}
composable_status deadly_import(composable_state*, uint32_t, composable_bytes bytes,
                                composable_error* error) {
  const std::string_view how(reinterpret_cast<const char*>(bytes.ptr), bytes.len);
  if (how == "crash") *nowhere = 1;
  while (how == "hang") pause();
  if (how == "throw") throw std::runtime_error("no such field");
  if (how != "refuse") return COMPOSABLE_OK;
  error->message_len = 7;
  std::memcpy(error->message, "too old", 7);
  error->path_len = 5;
  std::memcpy(error->path, "total", 5);
  return COMPOSABLE_E_UNSUPPORTED;
}

const void* extension(composable_str id) {
  static const composable_reload_v1 reload{sizeof(composable_reload_v1), 0, no_export,
                                           deadly_import};
  const std::string_view name(id.ptr, id.len);
  return name == COMPOSABLE_RELOAD_EXTENSION ? &reload : nullptr;
}
}  // namespace

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("dies_in_import");
  domain.state_schema = 2;
  domain.query_extension = extension;
  return &domain;
}
