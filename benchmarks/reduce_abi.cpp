// decide and evolve of one command: across the C tables, with a host's sink that evolves in commit,
// against the same two functions called in process. The goal is at most 10 ns between them. Beside
// it the same through the host's handle, which translates numbers, reads errors, and leaves word of
// what a thread is in.
#include <benchmark/benchmark.h>

#include "composable/plugin.hpp"
#include "domain/domain_handle.hpp"

namespace bench {

struct Increment {
  std::int64_t by = 1;
};
struct Incremented {
  std::int64_t by = 0;
};
struct Place {
  std::string customer_id;
};
struct Placed {
  std::string order_id;
  std::string customer_id;
};

struct Counter {
  static constexpr auto kName = "counter";
  static constexpr auto kVersion = "1";
  static constexpr auto kStorage = composable::ephemeral;
  struct State {
    std::int64_t count = 0;
    std::size_t placed = 0;
  };
  using Action = std::variant<Increment, Incremented, Place, Placed>;
  using Effects = composable::Effects<Counter>;

  static Effects decide(const State&, const Increment& c, const composable::Context&) {
    return composable::apply(Incremented{c.by});
  }
  static Effects decide(const State&, const Place& c, const composable::Context& context) {
    return composable::apply(Placed{"order-" + context.uuid7(), c.customer_id});
  }
  static void evolve(State& s, const Incremented& e, const composable::Context&) {
    s.count += e.by;
  }
  static void evolve(State& s, const Placed&, const composable::Context&) { ++s.placed; }
};

}  // namespace bench

namespace {

using bench::Counter;

composable_context context() {
  composable_context context{};
  context.struct_size = sizeof(context);
  context.recorded_at_us = 1'767'225'600'000'000;
  return context;
}

// A host that does the least a host must: keeps what is applied, and evolves it in commit.
struct Sink {
  composable_effects abi{};
  const composable_domain* domain;
  composable_state* state;
  const composable_context* seen;
  composable::host::DomainHandle* handle = nullptr;  // of through_the_handle
  // Field by field: a copy of the whole is a wide load of what was just stored in parts, which the
  // processor cannot forward.
  std::uint32_t type = 0;
  const void* event = nullptr;
  std::size_t size = 0;

  Sink(const composable_domain& of, composable_state* on, const composable_context& context)
      : domain(&of), state(on), seen(&context) {
    abi.struct_size = sizeof(abi);
    abi.impl = this;
    abi.apply = [](composable_effects* s, const composable_action* action) {
      auto& self = *static_cast<Sink*>(s->impl);
      self.type = action->type;
      self.event = action->data;
      self.size = action->size;
      return COMPOSABLE_OK;
    };
    abi.commit = [](composable_effects* s) {
      auto& self = *static_cast<Sink*>(s->impl);
      const composable_action applied{self.type, COMPOSABLE_FORM_NATIVE, self.event, self.size};
      return self.domain->evolve(self.state, &applied, self.seen, nullptr);
    };
  }
};

template <class Command>
void across_the_abi(benchmark::State& run, const Command& command) {
  // Behind a pointer that the compiler cannot see through, as after dlopen.
  const composable_domain* domain = &composable::domain_table<Counter>();
  benchmark::DoNotOptimize(domain);
  composable_state* state = nullptr;
  composable_error error = composable::no_error();
  domain->create(nullptr, COMPOSABLE_STR("{}"), &state, &error);
  const composable_context seen = context();
  Sink sink(*domain, state, seen);
  const composable_action action{composable::domain::kNumber<Counter, Command>,
                                 COMPOSABLE_FORM_NATIVE, &command, sizeof(command)};
  for (auto _ : run) {
    benchmark::DoNotOptimize(domain->decide(state, &action, &seen, &sink.abi, &error));
  }
  domain->destroy(state);
}

template <class Command>
void through_the_handle(benchmark::State& run, const Command& command) {
  const composable_domain* domain = &composable::domain_table<Counter>();
  benchmark::DoNotOptimize(domain);
  composable::host::DomainHandle handle = *composable::host::DomainHandle::inspect(domain);
  handle.create(nullptr, "{}").IgnoreError();
  const composable_context seen = context();
  Sink sink(*domain, handle.state(), seen);
  sink.handle = &handle;
  sink.abi.commit = [](composable_effects* s) {
    auto& self = *static_cast<Sink*>(s->impl);
    const composable_action applied{self.type, COMPOSABLE_FORM_NATIVE, self.event, self.size};
    composable::host::CallError error;
    return self.handle->evolve(applied, *self.seen, error);
  };
  const composable_action action{composable::domain::kNumber<Counter, Command>,
                                 COMPOSABLE_FORM_NATIVE, &command, sizeof(command)};
  composable::host::CallError error;
  for (auto _ : run) {
    benchmark::DoNotOptimize(handle.decide(action, seen, sink.abi, error));
  }
}

template <class Command, class Event>
void in_process(benchmark::State& run, const Command& command, const Event&) {
  Counter::State state;
  const composable_context raw = context();
  for (auto _ : run) {
    const composable::Context seen(raw);
    Counter::Effects effects = Counter::decide(state, command, seen);
    benchmark::DoNotOptimize(effects);
    // The event that decide has just put into `effects`, as its owner would reach it.
    Event event{};
    benchmark::DoNotOptimize(event);
    Counter::evolve(state, event, seen);
    benchmark::DoNotOptimize(state);
  }
}

template <class Command>
void from_json(benchmark::State& run, const Command& command) {
  const composable_domain* domain = &composable::domain_table<Counter>();
  benchmark::DoNotOptimize(domain);
  composable_state* state = nullptr;
  composable_error error = composable::no_error();
  domain->create(nullptr, COMPOSABLE_STR("{}"), &state, &error);
  const composable_context seen = context();
  Sink sink(*domain, state, seen);
  const std::string json = composable::to_json(command);
  const composable_action action{composable::domain::kNumber<Counter, Command>,
                                 COMPOSABLE_FORM_JSON, json.data(), json.size()};
  for (auto _ : run) {
    benchmark::DoNotOptimize(domain->decide(state, &action, &seen, &sink.abi, &error));
  }
  domain->destroy(state);
}

const bench::Increment kIncrement{1};
const bench::Place kPlace{"cust-123"};

BENCHMARK_CAPTURE(in_process, one_integer, kIncrement, bench::Incremented{});
BENCHMARK_CAPTURE(across_the_abi, one_integer, kIncrement);
BENCHMARK_CAPTURE(through_the_handle, one_integer, kIncrement);
BENCHMARK_CAPTURE(from_json, one_integer, kIncrement);
BENCHMARK_CAPTURE(in_process, texts_and_a_uuid, kPlace, bench::Placed{});
BENCHMARK_CAPTURE(across_the_abi, texts_and_a_uuid, kPlace);
BENCHMARK_CAPTURE(through_the_handle, texts_and_a_uuid, kPlace);
BENCHMARK_CAPTURE(from_json, texts_and_a_uuid, kPlace);

}  // namespace

BENCHMARK_MAIN();
