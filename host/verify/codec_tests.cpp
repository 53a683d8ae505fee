// The tests of the codec, which reads untrusted payloads on any thread.
#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "domain/schema_shape.hpp"
#include "runtime/utf8.hpp"
#include "verify/command_generator.hpp"
#include "verify/mutation.hpp"
#include "verify/test_list.hpp"

namespace composable::host {
namespace {

constexpr int kPayloads = 60;  // of each type
constexpr int kDamaged = 400;  // of each type
constexpr std::uint64_t kCommands = 150;
constexpr int kThreads = 4;

struct Reader {
  PluginUnderTest& tested;
  const DomainHandle& domain;

  std::string what(std::uint32_t type) const { return "decode of " + domain.actions()[type].name; }
  composable_status decode(std::uint32_t type, const std::string& json, std::uint32_t mode,
                           std::string_view described, CallError& error) const {
    return tested.call(described, [&] { return domain.decode(type, json, mode, error); });
  }
};

// Payloads of one type that decode takes, each made from its schema. `narrow` says of numbers that
// it does not take, if there are any.
std::vector<std::string> good_payloads(const Reader& reader, std::uint32_t type,
                                       JsonGenerator& payloads, std::string& narrow) {
  std::vector<std::string> made;
  const composable_type* const schema = usable_schema(reader.domain.actions()[type]);
  const std::string what = reader.what(type);
  while (schema != nullptr && made.size() < kPayloads) {
    const std::string json = payloads.payload(*schema);
    CallError error;
    const composable_status status = reader.decode(type, json, COMPOSABLE_DECODE_WIRE, what, error);
    check_status(what, status, error);
    if (status == COMPOSABLE_OK) {
      made.push_back(json);
      continue;
    }
    const std::string refused =
        absl::StrFormat("%s: its schema allows %s, refused with %s; make schema and decode agree",
                        what, in_a_line(json), error_text(error));
    const JsonGenerator::Change change = payloads.change(*schema, error.path);
    if (change == JsonGenerator::Change::kNone) fail(refused);
    if (change == JsonGenerator::Change::kNumber && narrow.empty()) narrow = refused;
  }
  return made;
}

void demand_strict(const Reader& reader, std::uint32_t type, const std::string& json) {
  const std::string what = "encode of " + reader.domain.actions()[type].name;
  if (!is_utf8(json)) fail(absl::StrFormat("%s: it wrote what is not UTF-8", what));
  CallError error;
  if (reader.decode(type, json, COMPOSABLE_DECODE_WIRE, reader.what(type), error) >= 0) return;
  fail(absl::StrFormat("%s: it wrote %s, which decode refuses with %s; make both agree", what,
                       in_a_line(json), error_text(error)));
}

}  // namespace

void test_codec(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  DomainDriver driver(tested, plugin);
  const Reader reader{tested, driver.domain()};
  CommandGenerator generator(driver.domain().tables(), tested.seed());
  bool described = false;
  std::string narrow;
  for (const ActionType& action : driver.domain().actions()) {
    described = described || usable_schema(action) != nullptr;
    for (const std::string& json :
         good_payloads(reader, action.number, generator.payloads(), narrow)) {
      CallError error;
      if (reader.decode(action.number, json, COMPOSABLE_DECODE_STORED, reader.what(action.number),
                        error) < 0) {
        fail(absl::StrFormat(
            "%s: it takes %s from a client and refuses it as a stored one: %s; stored payloads are "
            "read less strictly, not more",
            reader.what(action.number), in_a_line(json), error_text(error)));
      }
    }
  }
  if (!described) skip("no action has a schema to make payloads from; declare their fields");
  for (std::uint64_t n = 0; n < kCommands; ++n) {
    const auto command = generator.next();
    if (!command) break;
    const Decision decision = driver.carry_out(*command, n);
    for (const EmittedEvent& event : decision.events) demand_strict(reader, event.type, event.json);
    for (const Command& next : decision.to_follow) demand_strict(reader, next.type, next.json);
    if (!decision.evolve_error.empty()) break;  // for evolve-replay
    generator.learn(*command, decision);
  }
  if (!narrow.empty()) warn(narrow);
}

void test_codec_fuzz(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  const Reader reader{tested, plugin.domain()};
  JsonGenerator payloads(tested.seed());
  for (const ActionType& action : plugin.domain().actions()) {
    const composable_type* const schema = usable_schema(action);
    for (int n = 0; n < kDamaged; ++n) {
      const std::string json = schema == nullptr ? "{}" : payloads.payload(*schema);
      const Mutation damaged = mutate(json, payloads.rng());
      const std::string what = absl::StrFormat("%s, %s", reader.what(action.number), damaged.how);
      for (const std::uint32_t mode : {COMPOSABLE_DECODE_WIRE, COMPOSABLE_DECODE_STORED}) {
        CallError error;
        check_status(what, reader.decode(action.number, damaged.json, mode, what, error), error);
      }
    }
  }
}

namespace {

// Each decision is asked for on this thread and, with the same state, on another that ends after
// it.
void decide_on_threads(PluginUnderTest& tested, DomainDriver& driver, CommandGenerator& generator) {
  for (std::uint64_t n = 0; n < kCommands; ++n) {
    const auto command = generator.next();
    if (!command) return;
    const std::string what = driver.what("decide", command->type);
    std::string there;
    const std::string here = driver.decide(*command, n).text;
    tested.call_on_load_thread(what, [&] { there = driver.decide(*command, n).text; });
    const Decision decision = driver.carry_out(*command, n);
    if (here != decision.text) skip("decide differs on one thread too; see determinism");
    if (here != there) {
      fail(
          absl::StrFormat("%s: on this thread it returned %s, on another %s; keep nothing in "
                          "thread-local variables",
                          what, in_a_line(here), in_a_line(there)));
    }
    if (!decision.evolve_error.empty()) return;  // for evolve-replay
    generator.learn(*command, decision);
  }
}

struct Probe {
  std::uint32_t type;
  std::string json;
  composable_status status;  // of its decode, alone
};

std::vector<Probe> make_probes(PluginUnderTest& tested, const DomainHandle& domain,
                               JsonGenerator& payloads) {
  std::vector<Probe> probes;
  const Reader reader{tested, domain};
  for (const ActionType& action : domain.actions()) {
    const composable_type* const schema = usable_schema(action);
    for (int n = 0; schema != nullptr && n < kPayloads; ++n) {
      std::string json = payloads.payload(*schema);
      if (n % 2 == 1) json.resize(json.size() / 2);
      CallError error;
      const composable_status status = reader.decode(action.number, json, COMPOSABLE_DECODE_WIRE,
                                                     reader.what(action.number), error);
      probes.push_back({action.number, std::move(json), status});
    }
  }
  return probes;
}

}  // namespace

void test_threads(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  DomainDriver driver(tested, plugin);
  const DomainHandle& domain = driver.domain();
  CommandGenerator generator(domain.tables(), tested.seed());
  decide_on_threads(tested, driver, generator);

  const std::vector<Probe> probes = make_probes(tested, domain, generator.payloads());
  std::atomic<std::size_t> differs{probes.size()};
  const auto read_all = [&] {
    for (std::size_t i = 0; i < probes.size(); ++i) {
      CallError error;
      const Probe& probe = probes[i];
      if (domain.decode(probe.type, probe.json, COMPOSABLE_DECODE_WIRE, error) != probe.status) {
        differs = i;
      }
    }
  };
  tested.call("decode on four threads", [&] {
    std::vector<std::thread> threads;
    for (int n = 0; n < kThreads; ++n) threads.emplace_back(read_all);
    for (std::thread& thread : threads) thread.join();
  });
  if (differs == probes.size()) return;
  fail(absl::StrFormat(
      "decode of %s: its result differs while other threads decode; use nothing but the arguments",
      domain.actions()[probes[differs].type].name));
}

}  // namespace composable::host
