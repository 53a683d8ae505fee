// What a thread says it is in a plugin for, seen from inside the plugin's own functions.
#include "domain/plugin_call.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "domain/domain_handle.hpp"

namespace composable::host {
namespace {

std::string now() {
  const PluginCall* const call = PluginCall::innermost();
  if (call == nullptr) return "in no plugin";
  std::string text = call->label().domain + "#" + std::to_string(call->label().generation) + " " +
                     call->label().build + " ";
  text += hook_name(call->hook());
  if (!call->subject().empty()) text.append(" of ").append(call->subject());
  return text;
}

// A domain whose every function notes what its thread says.
struct Watched {
  static inline std::vector<std::string> seen;
  static composable_status note() {
    seen.push_back(now());
    return COMPOSABLE_OK;
  }

  composable_action_type command{}, event{};
  std::vector<const composable_action_type*> actions{&command, &event};
  composable_route route{};
  const composable_route* routes[1] = {&route};
  composable_job_type job{};
  const composable_job_type* jobs[1] = {&job};
  static inline composable_routes_v1 routes_table{};
  static inline composable_jobs_v1 jobs_table{};
  composable_domain domain{};

  Watched() {
    seen.clear();
    for (composable_action_type* t : {&command, &event}) t->struct_size = sizeof *t;
    command.action_class = COMPOSABLE_CLASS_COMMAND;
    command.name = abi_str("Place");
    event.action_class = COMPOSABLE_CLASS_EVENT;
    event.name = abi_str("Placed");
    route.struct_size = sizeof route;
    route.kind = COMPOSABLE_ROUTE_READ;
    route.method = COMPOSABLE_METHOD_GET;
    route.pattern = abi_str("/:id");
    routes_table = {};
    routes_table.struct_size = sizeof routes_table;
    routes_table.n_routes = 1;
    routes_table.routes = routes;
    routes_table.to_action = [](auto...) { return note(); };
    routes_table.to_response = [](auto...) { return note(); };
    routes_table.read = [](auto...) { return note(); };
    job.struct_size = sizeof job;
    job.name = abi_str("Charge");
    jobs_table = {};
    jobs_table.struct_size = sizeof jobs_table;
    jobs_table.n_jobs = 1;
    jobs_table.jobs = jobs;
    jobs_table.run = [](auto...) { return note(); };
    jobs_table.resume = [](auto...) { return note(); };
    jobs_table.drop = [](auto...) { note(); };
    domain.struct_size = sizeof domain;
    domain.name = abi_str("shop");
    domain.version = abi_str("1.2.3");
    domain.actions = actions.data();
    domain.n_actions = 2;
    domain.create = [](const composable_host*, composable_str, composable_state** out,
                       composable_error*) {
      static char state;
      *out = reinterpret_cast<composable_state*>(&state);
      return note();
    };
    domain.destroy = [](composable_state*) { note(); };
    domain.decide = [](const composable_state*, const composable_action*, const composable_context*,
                       composable_effects* sink, composable_error*) {
      note();
      if (sink->commit != nullptr) sink->commit(sink);
      return note();
    };
    domain.evolve = [](auto...) { return note(); };
    domain.encode = [](auto...) { return note(); };
    domain.decode = [](auto...) { return note(); };
    domain.explain = [](auto...) { return note(); };
    domain.query_extension = [](composable_str id) -> const void* {
      if (view(id) == COMPOSABLE_ROUTES_EXTENSION) return &routes_table;
      return view(id) == COMPOSABLE_JOBS_EXTENSION ? &jobs_table : nullptr;
    };
  }

  DomainHandle handle() {
    auto inspected = DomainHandle::inspect(&domain);
    EXPECT_TRUE(inspected.ok()) << inspected.status();
    inspected->label_as(3, "9f2c41d0");
    EXPECT_TRUE(inspected->create(nullptr, "{}").ok());
    return *std::move(inspected);
  }
};

constexpr const char* kShop = "shop#3 9f2c41d0 ";
using Seen = std::vector<std::string>;

TEST(PluginCall, AThreadOutsideIsInNoPlugin) { EXPECT_EQ(now(), "in no plugin"); }

TEST(PluginCall, EveryFunctionOfTheTablesIsNamedWithItsSubject) {
  Watched watched;
  {
    DomainHandle handle = watched.handle();
    CallError error;
    std::string out, path;
    composable_effects sink{};
    const composable_context context{};
    composable_job_context job{};
    composable_job_frame* frame = nullptr;
    composable_response response{};
    composable_command_sink commands{};
    const composable_action place{0, COMPOSABLE_FORM_NATIVE, nullptr, 0};
    const composable_action placed{1, COMPOSABLE_FORM_NATIVE, nullptr, 0};
    handle.decide(place, context, sink, error);
    handle.evolve(placed, context, error);
    handle.encode(placed, out, error);
    handle.decode(0, "{}", COMPOSABLE_DECODE_WIRE, error);
    handle.explain(place, out, path);
    handle.to_action(0, {}, commands, error);
    handle.to_response(0, {}, response, error);
    handle.read(0, {}, response, error);
    handle.run_job(0, handle.state(), "", job, frame, error);
    frame = reinterpret_cast<composable_job_frame*>(&job);
    handle.run_job(0, handle.state(), "", job, frame, error);
    handle.drop_job(frame);
  }
  Seen expected;
  for (const char* what :
       {"create", "decide of Place", "decide of Place", "evolve of Placed", "encode of Placed",
        "decode of Place", "explain of Place", "to_action of /:id", "to_response of /:id",
        "read of /:id", "run_job of Charge", "resume of Charge", "drop", "destroy"}) {
    expected.push_back(std::string(kShop) + what);
  }
  EXPECT_EQ(Watched::seen, expected);
  EXPECT_EQ(now(), "in no plugin");
}

TEST(PluginCall, ACallInsideACallIsOverWhenItReturns) {
  Watched watched;
  DomainHandle handle = watched.handle();
  CallError error;
  composable_effects sink{};
  sink.impl = &handle;
  sink.commit = [](composable_effects* s) {
    CallError inner;
    return static_cast<DomainHandle*>(s->impl)->evolve({1, COMPOSABLE_FORM_NATIVE, nullptr, 0}, {},
                                                       inner);
  };
  Watched::seen.clear();
  handle.decide({0, COMPOSABLE_FORM_NATIVE, nullptr, 0}, {}, sink, error);
  EXPECT_EQ(Watched::seen,
            (Seen{std::string(kShop) + "decide of Place", std::string(kShop) + "evolve of Placed",
                  std::string(kShop) + "decide of Place"}));
}

TEST(PluginCall, AnExceptionThatLeavesThePluginEndsTheCall) {
  Watched watched;
  watched.domain.evolve = [](auto...) -> composable_status { throw std::runtime_error("away"); };
  DomainHandle handle = watched.handle();
  CallError error;
  EXPECT_THROW(handle.evolve({1, COMPOSABLE_FORM_NATIVE, nullptr, 0}, {}, error),
               std::runtime_error);
  EXPECT_EQ(now(), "in no plugin");
}

// Under the name of the generation that is replaced, whose label goes with it.
TEST(PluginCall, AHandleThatIsMovedIntoDestroysTheStateItHad) {
  static_assert(std::is_nothrow_move_constructible_v<DomainHandle>);
  Watched watched;
  {
    DomainHandle handle = watched.handle();
    DomainHandle next = watched.handle();
    next.label_as(4, "aa");
    const PluginLabel* const label = &next.label();
    Watched::seen.clear();
    handle = std::move(next);
    EXPECT_EQ(Watched::seen, Seen{std::string(kShop) + "destroy"});
    EXPECT_EQ(&handle.label(), label);
    EXPECT_NE(handle.state(), nullptr);
    EXPECT_EQ(handle.name(), "shop");
  }
  EXPECT_EQ(Watched::seen, (Seen{std::string(kShop) + "destroy", "shop#4 aa destroy"}));
}

TEST(PluginCall, AnotherGenerationIsNamedByItsOwnNumbers) {
  Watched first, next;
  next.actions = {&next.event, &next.command};
  const DomainHandle previous = first.handle();
  DomainHandle handle = next.handle();
  handle.continue_from(previous);
  CallError error;
  composable_effects sink{};
  Watched::seen.clear();
  handle.decide({0, COMPOSABLE_FORM_NATIVE, nullptr, 0}, {}, sink, error);
  EXPECT_EQ(Watched::seen.front(), std::string(kShop) + "decide of Place");
}

}  // namespace
}  // namespace composable::host
