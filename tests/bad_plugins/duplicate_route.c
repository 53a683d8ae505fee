/* Its own table serves GET /twice twice. */
#include <string.h>

#include "good_domain.h"

COMPOSABLE_NOTE("duplicate_route");

static composable_status read_nothing(const composable_state* state, uint32_t route,
                                      const composable_request* request,
                                      composable_response* response, composable_error* error) {
  (void)state, (void)route, (void)request, (void)error;
  return response->body(response, "{}", 2);
}

static const composable_route kTwice = {.struct_size = sizeof(composable_route),
                                        .kind = COMPOSABLE_ROUTE_READ,
                                        .method = COMPOSABLE_METHOD_GET,
                                        .pattern = COMPOSABLE_STR("/twice")};
static const composable_route* const kRoutes[] = {&kTwice, &kTwice};
static const composable_routes_v1 kRoutesV1 = {.struct_size = sizeof(composable_routes_v1),
                                               .n_routes = 2,
                                               .routes = kRoutes,
                                               .read = read_nothing};

static const void* query_extension(composable_str id) {
  const size_t len = sizeof COMPOSABLE_ROUTES_EXTENSION - 1;
  return id.len == len && memcmp(id.ptr, COMPOSABLE_ROUTES_EXTENSION, len) == 0 ? &kRoutesV1 : NULL;
}

ENTRY composable_plugin_entry_v1(const composable_host* host, composable_error* error) {
  (void)host, (void)error;
  GOOD_DOMAIN("duplicate_route");
  domain.query_extension = query_extension;
  return &domain;
}
