/* The rules of @domain@, driven through its entry as a host does, without one. */
#include <stdio.h>
#include <string.h>

#include "composable/abi/composable.h"

const composable_domain* composable_plugin_entry_v1(const composable_host*, composable_error*);

static int failures;

#define CHECK(what) \
  if (!(what)) ++failures, fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what)

/* ---- a sink that writes down what decide asks for: apply Added{"amount":3} ---- */

static const composable_domain* domain;
static char asked[512];

static composable_status write_down(const char* verb, const composable_action* action) {
  snprintf(asked, sizeof asked, "%s %s%.*s", verb, domain->actions[action->type]->name.ptr,
           (int)action->size, (const char*)action->data);
  return COMPOSABLE_OK;
}
static composable_status apply(composable_effects* effects, const composable_action* event) {
  (void)effects;
  return write_down("apply", event);
}
static composable_status announce(composable_effects* effects, const composable_action* action) {
  (void)effects;
  return write_down("announce", action);
}
static composable_effects effects = {
    .struct_size = sizeof(composable_effects), .apply = apply, .announce = announce};

/* ---- the calls of a host ---- */

static composable_state* state;
static composable_error error;
static const composable_context kContext = {.struct_size = sizeof(composable_context)};

static composable_action action(const char* name, const char* json) {
  composable_action made = {0, COMPOSABLE_FORM_JSON, json, strlen(json)};
  while (strcmp(domain->actions[made.type]->name.ptr, name) != 0) ++made.type;
  return made;
}

static void given(const char* event, const char* json) {
  const composable_action past = action(event, json);
  CHECK(domain->evolve(state, &past, &kContext, &error) == COMPOSABLE_OK);
}

/* What decide asks for, or what is wrong with the command. */
static const char* sent(const char* name, const char* json) {
  const composable_action command = action(name, json);
  memset(&error, 0, sizeof error);
  error.struct_size = sizeof error;
  asked[0] = '\0';
  const composable_status status = domain->decide(state, &command, &kContext, &effects, &error);
  if (status == COMPOSABLE_OK) return asked;
  snprintf(asked, sizeof asked, "%s: %s", error.path, error.message);
  return asked;
}

static int same(const char* found, const char* expected) {
  if (strcmp(found, expected) == 0) return 1;
  fprintf(stderr, "found    %s\nexpected %s\n", found, expected);
  return 0;
}

/* ---- the tests ---- */

static void adding_applies_an_event_that_moves_the_total(void) {
  CHECK(same(sent("Add", "{\"amount\": 3}"), "apply Added{\"amount\":3}"));
  CHECK(same(sent("Add", "{\"amount\": -1}"), "announce OutOfRange{\"amount\":-1}"));
  given("Added", "{\"amount\":3}");
  CHECK(same(sent("Add", "{\"amount\": -1}"), "apply Added{\"amount\":-1}"));
}

static void the_total_stays_in_its_range(void) {
  given("Added", "{\"amount\":2}");
  CHECK(same(sent("Add", "{\"amount\":-3}"), "announce OutOfRange{\"amount\":-3}"));
  CHECK(same(sent("Add", "{\"amount\":999999}"), "announce OutOfRange{\"amount\":999999}"));
}

static void what_is_no_amount_is_named(void) {
  CHECK(same(sent("Add", "{\"amount\": \"two\"}"),
             "amount: expected an integer of at most 18 digits"));
  CHECK(same(sent("Add", "{\"amuont\": 2}"), ": expected {\"amount\": <integer>}"));
  CHECK(same(sent("Add", "{\"amount\": 2"), ": expected {\"amount\": <integer>}"));
  CHECK(same(sent("Add", ""), ": expected {\"amount\": <integer>}"));
}

static int32_t keep(void* kept, const void* data, size_t len) {
  strncat(kept, data, len);
  return 0;
}

static void the_next_build_is_given_the_total(void) {
  const composable_str id = COMPOSABLE_STR(COMPOSABLE_RELOAD_EXTENSION);
  const composable_reload_v1* reload = domain->query_extension(id);
  char kept[64] = "";
  composable_writer writer = {kept, keep};
  given("Added", "{\"amount\":7}");
  CHECK(reload->export_state(state, &writer, &error) == COMPOSABLE_OK);
  CHECK(same(kept, "{\"total\":7}"));
  given("Added", "{\"amount\":1}");
  const composable_bytes bytes = {(const uint8_t*)kept, strlen(kept)};
  CHECK(reload->import_state(state, domain->state_schema, bytes, &error) == COMPOSABLE_OK);
  CHECK(same(sent("Add", "{\"amount\":-8}"), "announce OutOfRange{\"amount\":-8}"));
  CHECK(reload->import_state(state, 9, bytes, &error) == COMPOSABLE_E_UNSUPPORTED);
}

static void run(void (*test)(void)) {
  const composable_str no_config = COMPOSABLE_STR("{}");
  CHECK(domain->create(NULL, no_config, &state, &error) == COMPOSABLE_OK);
  test();
  domain->destroy(state);
}

int main(void) {
  domain = composable_plugin_entry_v1(NULL, &error);
  run(adding_applies_an_event_that_moves_the_total);
  run(the_total_stays_in_its_range);
  run(what_is_no_amount_is_named);
  run(the_next_build_is_given_the_total);
  return failures == 0 ? 0 : 1;
}
