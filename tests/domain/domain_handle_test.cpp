// What is said of a domain whose tables are wrong. Each case spoils one thing of a good table.
#include "domain/domain_handle.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace composable::host {
namespace {

// A good domain, all of it in the test's hands.
struct Tables {
  composable_action_type command{}, event{}, rejection{};
  std::vector<const composable_action_type*> actions;
  composable_route route{};
  std::vector<const composable_route*> routes;
  std::vector<std::uint32_t> outcomes{1};
  composable_routes_v1 routes_table{};
  composable_subscription subscription{}, second{};
  std::vector<const composable_subscription*> subscriptions{&subscription};
  composable_topics_v1 topics_table{};
  composable_reload_v1 reload_table{};
  composable_domain domain{};

  static inline Tables* live = nullptr;

  Tables() {
    live = this;
    for (composable_action_type* t : {&command, &event, &rejection}) t->struct_size = sizeof *t;
    command.action_class = COMPOSABLE_CLASS_COMMAND;
    command.name = abi_str("Place");
    command.flags = COMPOSABLE_ACTION_WS;
    event.action_class = COMPOSABLE_CLASS_EVENT;
    event.name = abi_str("Placed");
    rejection.action_class = COMPOSABLE_CLASS_REJECTION;
    rejection.name = abi_str("Refused");
    rejection.status = 409;
    rejection.code = abi_str("REFUSED");
    actions = {&command, &event, &rejection};
    route.struct_size = sizeof route;
    route.kind = COMPOSABLE_ROUTE_COMMAND;
    route.method = COMPOSABLE_METHOD_POST;
    route.pattern = abi_str("/:id/ship");
    route.outcomes = outcomes.data();
    route.n_outcomes = 1;
    routes = {&route};
    routes_table.struct_size = sizeof routes_table;
    routes_table.n_routes = 1;
    routes_table.routes = routes.data();
    routes_table.to_action = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    routes_table.to_response = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    routes_table.read = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    subscription.struct_size = second.struct_size = sizeof subscription;
    subscription.topic = second.topic = abi_str("orders.placed");
    topics_table.struct_size = sizeof topics_table;
    topics_table.n_subscriptions = 1;
    topics_table.subscriptions = subscriptions.data();
    reload_table.struct_size = sizeof reload_table;
    reload_table.export_state = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    reload_table.import_state = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    domain.struct_size = sizeof domain;
    domain.state_schema = 3;
    domain.name = abi_str("shop");
    domain.version = abi_str("1.2.3");
    domain.actions = actions.data();
    domain.n_actions = 3;
    domain.create = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    domain.destroy = [](composable_state*) {};
    domain.decide = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    domain.evolve = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    domain.decode = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    domain.query_extension = [](composable_str id) -> const void* {
      if (view(id) == COMPOSABLE_ROUTES_EXTENSION) return &live->routes_table;
      if (view(id) == COMPOSABLE_RELOAD_EXTENSION) return &live->reload_table;
      return view(id) == COMPOSABLE_TOPICS_EXTENSION ? &live->topics_table : nullptr;
    };
  }
};

TEST(DomainHandle, AGoodTableIsReadWhole) {
  Tables t;
  absl::StatusOr<DomainHandle> handle = DomainHandle::inspect(&t.domain);
  ASSERT_TRUE(handle.ok()) << handle.status();
  EXPECT_EQ(handle->name(), "shop");
  EXPECT_EQ(handle->version(), "1.2.3");
  EXPECT_FALSE(handle->durable());
  ASSERT_EQ(handle->routes().size(), 1u);
  EXPECT_EQ(handle->routes()[0].outcomes, std::vector<std::uint32_t>{1});
  ASSERT_NE(handle->find_action("Refused"), nullptr);
  EXPECT_EQ(handle->find_action("Refused")->status, 409u);
  EXPECT_EQ(handle->find_action("refused"), nullptr);
  ASSERT_NE(handle->find_topic("orders.placed"), nullptr);
  EXPECT_EQ(handle->find_topic("orders.placed")->action, 0u);
  EXPECT_EQ(handle->find_topic("orders"), nullptr);
  EXPECT_TRUE(handle->can_export());
  EXPECT_FALSE(handle->resets());
  EXPECT_EQ(handle->state_schema(), 3u);
}

TEST(DomainHandle, NothingThatIsKeptOfATopicPointsIntoTheTable) {
  Tables t;
  std::string name = "orders.placed";
  t.subscription.topic = abi_str(name);
  const absl::StatusOr<DomainHandle> handle = DomainHandle::inspect(&t.domain);
  ASSERT_TRUE(handle.ok()) << handle.status();
  name.assign(name.size(), '!');
  EXPECT_EQ(handle->topics()[0].topic, "orders.placed");
}

TEST(DomainHandle, ADomainWithoutTopicsIsGood) {
  Tables t;
  t.topics_table.n_subscriptions = 0;
  t.topics_table.subscriptions = nullptr;
  EXPECT_TRUE(DomainHandle::inspect(&t.domain).ok());
}

TEST(DomainHandle, AStateThatMayBeLostNeedsNoFunctions) {
  Tables t;
  t.domain.state_schema = 0;
  t.reload_table.flags = COMPOSABLE_RELOAD_RESET;
  t.reload_table.export_state = nullptr;
  t.reload_table.import_state = nullptr;
  const absl::StatusOr<DomainHandle> handle = DomainHandle::inspect(&t.domain);
  ASSERT_TRUE(handle.ok()) << handle.status();
  EXPECT_TRUE(handle->resets());
  EXPECT_FALSE(handle->can_export());
}

TEST(DomainHandle, WhatIsExportedIsHandedOnAsItIs) {
  Tables t;
  t.reload_table.export_state = [](const composable_state*, composable_writer* out,
                                   composable_error*) -> composable_status {
    out->write(out->ctx, "a\0", 2);
    return out->write(out->ctx, "\xff", 1);
  };
  static std::string imported;
  t.reload_table.import_state = [](composable_state*, std::uint32_t schema, composable_bytes bytes,
                                   composable_error*) -> composable_status {
    imported = std::to_string(schema) + ':' +
               std::string(reinterpret_cast<const char*>(bytes.ptr), bytes.len);
    return COMPOSABLE_OK;
  };
  absl::StatusOr<DomainHandle> handle = DomainHandle::inspect(&t.domain);
  std::string state = "of before";
  CallError error;
  EXPECT_EQ(handle->export_state(state, error), COMPOSABLE_OK);
  EXPECT_EQ(state, std::string("a\0\xff", 3));
  EXPECT_EQ(handle->import_state(7, state, error), COMPOSABLE_OK);
  EXPECT_EQ(imported, std::string("7:a\0\xff", 5));
}

// Also of a plugin that goes on writing and finds nothing wrong.
TEST(DomainHandle, AStateIsBounded) {
  Tables t;
  t.reload_table.export_state = [](const composable_state*, composable_writer* out,
                                   composable_error*) -> composable_status {
    const std::string part(1 << 20, 'x');
    for (int n = 0; n < 65; ++n) out->write(out->ctx, part.data(), part.size());
    return COMPOSABLE_OK;
  };
  const absl::StatusOr<DomainHandle> handle = DomainHandle::inspect(&t.domain);
  std::string state;
  CallError error;
  EXPECT_EQ(handle->export_state(state, error), COMPOSABLE_E_OVERLOADED);
  EXPECT_EQ(error.message,
            "it has more than the 67108864 bytes that a state may have when written");
  EXPECT_EQ(state, "");
}

struct Fault {
  const char* name;
  std::function<void(Tables&)> spoil;
  const char* message;
};

class DomainHandleFault : public testing::TestWithParam<Fault> {};

TEST_P(DomainHandleFault, IsNamed) {
  Tables tables;
  GetParam().spoil(tables);
  const absl::StatusOr<DomainHandle> handle = DomainHandle::inspect(&tables.domain);
  ASSERT_FALSE(handle.ok());
  EXPECT_EQ(handle.status().message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, DomainHandleFault,
    testing::Values(
        Fault{"ShortTable", [](Tables& x) { x.domain.struct_size = 16; },
              "domain table: struct_size is 16, at least 120 is needed; build against this SDK"},
        Fault{"BadName", [](Tables& x) { x.domain.name = abi_str("Shop"); },
              "domain table: the name \"Shop\" is not of the form [a-z][a-z0-9_-]*, 1..64 bytes"},
        Fault{"NoDecide", [](Tables& x) { x.domain.decide = nullptr; },
              "domain table: create, destroy, decide, evolve and decode must not be null"},
        Fault{"NoActions", [](Tables& x) { x.domain.n_actions = 0; },
              "actions: 0 declared, 1..4096 are possible"},
        Fault{"BadActionName", [](Tables& x) { x.event.name = abi_str("Pla ced"); },
              "actions[1]: the name \"Pla ced\" is not of the form [A-Za-z][A-Za-z0-9_]*"},
        Fault{"Twice", [](Tables& x) { x.event.name = abi_str("Place"); },
              "Place: declared twice, as actions 0 and 1"},
        Fault{"BadClass", [](Tables& x) { x.event.action_class = 9; },
              "Placed: class 9 is not command, event, rejection or internal"},
        Fault{"EventOpenToSockets", [](Tables& x) { x.event.flags = COMPOSABLE_ACTION_WS; },
              "Placed: only commands may be open to sockets"},
        Fault{"RejectionWithoutCode", [](Tables& x) { x.rejection.code = {}; },
              "Refused: a rejection needs a status of 400..499 and a code, found 409 and \"\""},
        Fault{"RejectionStatus", [](Tables& x) { x.rejection.status = 200; },
              "Refused: a rejection needs a status of 400..499 and a code, found 200 and "
              "\"REFUSED\""},
        Fault{"RoleWithoutRole", [](Tables& x) { x.command.access = COMPOSABLE_ACCESS_ROLE; },
              "Place: access by role names no role"},
        Fault{"NativeWithoutEncode", [](Tables& x) { x.event.flags = COMPOSABLE_ACTION_NATIVE; },
              "Placed: has a native form, but the domain has no encode"},
        Fault{"PatternWithoutSlash", [](Tables& x) { x.route.pattern = abi_str("ship"); },
              "routes[0]: the pattern \"ship\" does not begin with a slash"},
        Fault{"TrailingSlash", [](Tables& x) { x.route.pattern = abi_str("/ship/"); },
              "routes[0]: the pattern \"/ship/\" ends in a slash, which no request can reach"},
        Fault{"NamelessParameter", [](Tables& x) { x.route.pattern = abi_str("/:"); },
              "routes[0]: the pattern \"/:\" has the segment \":\"; a literal has letters, digits "
              "and "
              "-_.~, a parameter is :name"},
        Fault{"TooManyParameters",
              [](Tables& x) { x.route.pattern = abi_str("/:a/:b/:c/:d/:e/:f/:g/:h/:i"); },
              "routes[0]: the pattern \"/:a/:b/:c/:d/:e/:f/:g/:h/:i\" has 9 parameters; at most 8 "
              "are "
              "possible"},
        Fault{"UnknownMethod", [](Tables& x) { x.route.method = 77; },
              "routes[0]: method 77 is not known to this host"},
        Fault{"UnknownOutcome", [](Tables& x) { x.outcomes[0] = 3; },
              "routes[0]: waits for action 3 of 3"},
        Fault{"UnknownCommand", [](Tables& x) { x.route.command = 5; },
              "routes[0]: makes action 5 of 3"},
        Fault{"ReadWithoutRead",
              [](Tables& x) {
                x.route.kind = COMPOSABLE_ROUTE_READ;
                x.routes_table.read = nullptr;
              },
              "routes[0]: a read route needs read"},
        Fault{"ShortTopics", [](Tables& x) { x.topics_table.struct_size = 8; },
              "composable.topics/1: struct_size 8 is too small; build against this SDK"},
        Fault{"TooManySubscriptions", [](Tables& x) { x.topics_table.n_subscriptions = 1025; },
              "composable.topics/1: 1025 subscriptions declared, 0..1024 and a table of them are "
              "possible"},
        Fault{"SubscriptionsWithoutTable",
              [](Tables& x) { x.topics_table.subscriptions = nullptr; },
              "composable.topics/1: 1 subscriptions declared, 0..1024 and a table of them are "
              "possible"},
        Fault{"NullSubscription", [](Tables& x) { x.subscriptions[0] = nullptr; },
              "subscriptions[0]: struct_size is too small; build against this SDK"},
        Fault{"ShortSubscription", [](Tables& x) { x.subscription.struct_size = 8; },
              "subscriptions[0]: struct_size is too small; build against this SDK"},
        Fault{
            "NullTopic", [](Tables& x) { x.subscription.topic = {}; },
            "subscriptions[0]: the topic \"\" is not of the form [a-z][a-z0-9._-]*, 1..128 bytes"},
        Fault{"BadTopic", [](Tables& x) { x.subscription.topic = abi_str("Orders"); },
              "subscriptions[0]: the topic \"Orders\" is not of the form [a-z][a-z0-9._-]*, 1..128 "
              "bytes"},
        Fault{"LongTopic",
              [](Tables& x) {
                static const std::string kLong(129, 'x');
                x.subscription.topic = abi_str(kLong);
              },
              "subscriptions[0]: the topic "
              "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
              "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" is not of "
              "the form [a-z][a-z0-9._-]*, 1..128 bytes"},
        Fault{"SubscriptionOfNothing", [](Tables& x) { x.subscription.action = 3; },
              "subscriptions[0]: the topic orders.placed is to become action 3 of 3"},
        Fault{
            "SubscriptionOfAnEvent", [](Tables& x) { x.subscription.action = 1; },
            "subscriptions[0]: the topic orders.placed is to become Placed, which is not a command "
            "or internal action"},
        Fault{"TopicTwice",
              [](Tables& x) {
                x.subscriptions.push_back(&x.second);
                x.topics_table.subscriptions = x.subscriptions.data();
                x.topics_table.n_subscriptions = 2;
              },
              "subscriptions[1]: the topic orders.placed is subscribed to twice; one action for "
              "each"},
        Fault{"ShortReload", [](Tables& x) { x.reload_table.struct_size = 16; },
              "composable.reload/1: struct_size 16 is too small; build against this SDK"},
        Fault{"UnknownReloadFlag", [](Tables& x) { x.reload_table.flags = 3; },
              "composable.reload/1: flags 3 are not known to this host"},
        Fault{"ExportWithoutImport", [](Tables& x) { x.reload_table.import_state = nullptr; },
              "composable.reload/1: needs export_state and import_state both, or neither and the "
              "flag 1 (reset)"},
        Fault{"ImportWithoutExport",
              [](Tables& x) {
                x.reload_table.flags = COMPOSABLE_RELOAD_RESET;
                x.reload_table.export_state = nullptr;
              },
              "composable.reload/1: needs export_state and import_state both, or neither and the "
              "flag 1 (reset)"},
        Fault{"ReloadThatSaysNothing",
              [](Tables& x) {
                x.reload_table.export_state = nullptr;
                x.reload_table.import_state = nullptr;
              },
              "composable.reload/1: needs export_state and import_state both, or neither and the "
              "flag 1 (reset)"},
        Fault{"DurableStateThatIsReset",
              [](Tables& x) {
                x.domain.flags = COMPOSABLE_DOMAIN_DURABLE;
                x.reload_table.flags = COMPOSABLE_RELOAD_RESET;
              },
              "composable.reload/1: a durable domain's state comes from the log and cannot be "
              "reset"},
        Fault{"SchemaZero", [](Tables& x) { x.domain.state_schema = 0; },
              "composable.reload/1: exports a state, but state_schema is 0; count its forms from "
              "1"}),
    [](const testing::TestParamInfo<Fault>& fault) { return std::string(fault.param.name); });

}  // namespace
}  // namespace composable::host
