// The codec, which reads what comes from everywhere, on any thread.
#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "domain/schema_shape.hpp"
#include "runtime/utf8.hpp"
#include "verify/mutation.hpp"
#include "verify/command_generator.hpp"
#include "verify/test_list.hpp"

namespace composable::host {
namespace {

constexpr int kPayloads = 60;  // of each type
constexpr int kDamaged = 400;  // of each type
constexpr std::uint64_t kCommands = 150;
constexpr int kThreads = 4;

struct Reader {
  Subject& subject;
  const DomainHandle& domain;

  std::string what(std::uint32_t type) const { return "decode of " + domain.actions()[type].name; }
  composable_status decode(std::uint32_t type, const std::string& json, std::uint32_t mode,
                           std::string_view described, CallError& error) const {
    return subject.call(described, [&] { return domain.decode(type, json, mode, error); });
  }
};

// Payloads of one type that decode takes, each made from its schema. `narrow` says of numbers that
// it does not take, if there are any.
std::vector<std::string> good_payloads(const Reader& reader, std::uint32_t type, JsonMaker& maker,
                                       std::string& narrow) {
  std::vector<std::string> made;
  const composable_type* const schema = usable_schema(reader.domain.actions()[type]);
  const std::string what = reader.what(type);
  while (schema != nullptr && made.size() < kPayloads) {
    const std::string json = maker.payload(*schema);
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
    const JsonMaker::Change change = maker.change(*schema, error.path);
    if (change == JsonMaker::Change::kNone) fail(refused);
    if (change == JsonMaker::Change::kNumber && narrow.empty()) narrow = refused;
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

void test_codec(Subject& subject) {
  const LoadedPlugin plugin = subject.load();
  Rehearsal rehearsal(subject, plugin);
  const Reader reader{subject, rehearsal.domain()};
  Script script(rehearsal.domain().tables(), subject.seed());
  bool described = false;
  std::string narrow;
  for (const ActionType& action : rehearsal.domain().actions()) {
    described = described || usable_schema(action) != nullptr;
    for (const std::string& json : good_payloads(reader, action.number, script.maker(), narrow)) {
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
    const auto command = script.next();
    if (!command) break;
    const Said said = rehearsal.carry_out(*command, n);
    for (const Happened& event : said.happened) demand_strict(reader, event.type, event.json);
    for (const Command& next : said.to_follow) demand_strict(reader, next.type, next.json);
    if (!said.evolve_error.empty()) break;  // for evolve-replay
    script.heed(*command, said);
  }
  if (!narrow.empty()) warn(narrow);
}

void test_codec_fuzz(Subject& subject) {
  const LoadedPlugin plugin = subject.load();
  const Reader reader{subject, plugin.domain()};
  JsonMaker maker(subject.seed());
  for (const ActionType& action : plugin.domain().actions()) {
    const composable_type* const schema = usable_schema(action);
    for (int n = 0; n < kDamaged; ++n) {
      const std::string json = schema == nullptr ? "{}" : maker.payload(*schema);
      const Damaged damaged = damage(json, maker.dice());
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
void decide_on_threads(Subject& subject, Rehearsal& rehearsal, Script& script) {
  for (std::uint64_t n = 0; n < kCommands; ++n) {
    const auto command = script.next();
    if (!command) return;
    const std::string what = rehearsal.what("decide", command->type);
    std::string there;
    const std::string here = rehearsal.decide(*command, n).text;
    subject.call_on_load_thread(what, [&] { there = rehearsal.decide(*command, n).text; });
    const Said said = rehearsal.carry_out(*command, n);
    if (here != said.text) skip("decide says different things on one thread too; see determinism");
    if (here != there) {
      fail(
          absl::StrFormat("%s: on this thread it said %s, on another %s; keep nothing in "
                          "thread-local variables",
                          what, in_a_line(here), in_a_line(there)));
    }
    if (!said.evolve_error.empty()) return;  // for evolve-replay
    script.heed(*command, said);
  }
}

struct Probe {
  std::uint32_t type;
  std::string json;
  composable_status status;  // of its decode, alone
};

std::vector<Probe> make_probes(Subject& subject, const DomainHandle& domain, JsonMaker& maker) {
  std::vector<Probe> probes;
  const Reader reader{subject, domain};
  for (const ActionType& action : domain.actions()) {
    const composable_type* const schema = usable_schema(action);
    for (int n = 0; schema != nullptr && n < kPayloads; ++n) {
      std::string json = maker.payload(*schema);
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

void test_threads(Subject& subject) {
  const LoadedPlugin plugin = subject.load();
  Rehearsal rehearsal(subject, plugin);
  const DomainHandle& domain = rehearsal.domain();
  Script script(domain.tables(), subject.seed());
  decide_on_threads(subject, rehearsal, script);

  const std::vector<Probe> probes = make_probes(subject, domain, script.maker());
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
  subject.call("decode on four threads", [&] {
    std::vector<std::thread> threads;
    for (int n = 0; n < kThreads; ++n) threads.emplace_back(read_all);
    for (std::thread& thread : threads) thread.join();
  });
  if (differs == probes.size()) return;
  fail(absl::StrFormat(
      "decode of %s: beside other threads it says otherwise than alone; let it use nothing but its "
      "arguments",
      domain.actions()[probes[differs].type].name));
}

}  // namespace composable::host
