/* composable.routes/1: the HTTP routes of a domain. A route is data plus pure functions, so that the
 * host owns the wait, can end it at a deadline, and can let the next generation answer it. */
#pragma once
#include "composable/abi/domain.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COMPOSABLE_ROUTES_EXTENSION "composable.routes/1"

#define COMPOSABLE_METHOD_GET ((uint32_t)1) /* also answers HEAD */
#define COMPOSABLE_METHOD_POST ((uint32_t)2)
#define COMPOSABLE_METHOD_PUT ((uint32_t)3)
#define COMPOSABLE_METHOD_PATCH ((uint32_t)4)
#define COMPOSABLE_METHOD_DELETE ((uint32_t)5)

#define COMPOSABLE_ROUTE_COMMAND ((uint32_t)1) /* to_action, wait, to_response */
#define COMPOSABLE_ROUTE_READ ((uint32_t)2)    /* read */

#define COMPOSABLE_ROUTE_BODY_OPTIONAL ((uint32_t)1) /* no body, or an empty one, is not an error */

typedef struct composable_route {
  uint32_t struct_size;
  uint32_t kind;
  uint32_t method;
  uint32_t flags;
  uint32_t timeout_ms; /* 0: the host's default, 5,000 */
  uint32_t max_body;   /* bytes; 0: the host's default */
  uint32_t command;    /* command routes: the action type that to_action makes */
  uint32_t n_outcomes;
  const uint32_t* outcomes; /* command routes: the action types that end the wait with an answer */
  composable_str pattern;   /* relative to the mount: "", "/:id", "/:id/ship"; at most 8 parameters */
} composable_route;

/* A request, owned by the host, borrowed for the call. */
typedef struct composable_request composable_request;
struct composable_request {
  uint32_t struct_size;
  uint32_t method;
  void* impl; /* the host's */
  composable_str path;
  composable_bytes body;
  composable_str actor; /* empty: unknown */
  /* The percent-decoded value of a path parameter, query key or header (names of headers in any
   * case). A null ptr means absent. The view is valid for the whole call. */
  composable_str (*param)(const composable_request*, composable_str name);
  composable_str (*query)(const composable_request*, composable_str name);
  composable_str (*header)(const composable_request*, composable_str name);
};

/* The answer being written. Status defaults to 200, content type to application/json when there is a
 * body. Names and values with control characters are refused with COMPOSABLE_E_INVALID. */
typedef struct composable_response composable_response;
struct composable_response {
  uint32_t struct_size;
  uint32_t reserved;
  void* impl; /* the host's */
  composable_status (*status)(composable_response*, uint32_t status);
  composable_status (*header)(composable_response*, composable_str name, composable_str value);
  composable_status (*body)(composable_response*, const void* data, size_t len); /* appends */
};

/* to_action sends its command here; exactly one per call. Borrowed until send returns. */
typedef struct composable_command_sink composable_command_sink;
struct composable_command_sink {
  uint32_t struct_size;
  uint32_t reserved;
  void* impl; /* the host's */
  composable_status (*send)(composable_command_sink*, const composable_action* command);
};

#define COMPOSABLE_OUTCOME_MATCHED ((uint32_t)1) /* `action` is one of the route's outcomes */
#define COMPOSABLE_OUTCOME_SETTLED ((uint32_t)2) /* everything that followed has ended without one */

/* How a wait ended. The host itself answers rejections, timeouts and failures. */
typedef struct composable_outcome {
  uint32_t struct_size;
  uint32_t kind;
  const composable_action* action; /* MATCHED; in either form */
} composable_outcome;

typedef struct composable_routes_v1 {
  uint32_t struct_size;
  uint32_t n_routes;
  const composable_route* const* routes; /* a route's index is its number in the calls below */

  /* [serial] Reads a request into a command. COMPOSABLE_E_INVALID with the path when it cannot. */
  composable_status (*to_action)(uint32_t route, const composable_request*,
                                 composable_command_sink*, composable_error*);
  /* [serial] Writes the answer to a wait; the state already includes the outcome. */
  composable_status (*to_response)(const composable_state*, uint32_t route,
                                   const composable_outcome*, composable_response*,
                                   composable_error*);
  /* [serial] Answers a read route. COMPOSABLE_E_NOT_FOUND with a message makes a 404,
   * COMPOSABLE_E_INVALID a 400. */
  composable_status (*read)(const composable_state*, uint32_t route, const composable_request*,
                            composable_response*, composable_error*);
} composable_routes_v1;

#ifdef __cplusplus
}
#endif
