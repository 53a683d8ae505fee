#include "verify/domain_driver.hpp"

#include <utility>

#include "absl/strings/str_format.h"
#include "store/reducer_context.hpp"
#include "verify/seeded_rng.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kMaxExcerpt = 200;
constexpr std::int64_t kBegin = 1'767'225'600'000'000;  // 2026-01-01, in microseconds

DomainHandle inspected(const composable_domain& table) {
  auto handle = DomainHandle::inspect(&table);
  if (!handle.ok()) fail(std::string(handle.status().message()));
  return *std::move(handle);
}

// The context of one moment: an hour later than the one before, and now and then without an actor.
class World {
 public:
  explicit World(std::uint64_t moment)
      : context_(kBegin + static_cast<std::int64_t>(moment) * 3'600'000'000,
                 moment % 5 == 4 ? "" : "user-1", correlation(moment)) {}

  composable_context& for_decide(std::uint64_t moment, std::uint64_t position) {
    SeededRng rng(moment + 1);
    context_.abi().position = position;
    context_.abi().random[0] = rng.next();
    context_.abi().random[1] = rng.next();
    return context_.abi();
  }
  composable_context& for_evolve(const EmittedEvent& event, std::uint32_t flags) {
    context_.at(event.stream, event.version);
    context_.abi().flags = flags;
    return context_.abi();
  }

 private:
  static Uuid correlation(std::uint64_t moment) {
    Uuid id;
    for (std::size_t i = 0; i < 8; ++i) id.bytes[i] = static_cast<std::uint8_t>(moment >> (8 * i));
    id.bytes[15] = 1;
    return id;
  }

  ReducerContext context_;
};

void add_effects(const DomainHandle& domain, const std::vector<StagedEffect>& effects,
                 Decision& decision) {
  for (const StagedEffect& effect : effects) {
    const bool follows =
        effect.kind == StagedEffect::Kind::kSend || effect.kind == StagedEffect::Kind::kDelay;
    decision.text += absl::StrFormat(
        "%s %s %s %d %d %s\n", name_of(effect.kind), effect.key,
        follows ? domain.actions()[effect.number].name : absl::StrFormat("%d", effect.number),
        effect.amount, effect.max, effect.data);
    if (follows) decision.to_follow.push_back({effect.number, effect.data});
    if (!effect.children.empty()) {
      add_effects(domain, effect.children, decision);
      decision.text += "end\n";
    }
  }
}

}  // namespace

DomainDriver::DomainDriver(PluginUnderTest& tested, const LoadedPlugin& plugin)
    : tested_(tested),
      services_(plugin.name(), {}),
      domain_(inspected(plugin.domain().table())),
      stage_(*this) {
  tested_.call_on_load_thread("create", [&] {
    const absl::Status created = domain_.create(services_.table(), tested_.config());
    if (!created.ok()) fail(std::string(created.message()));
  });
}

DomainDriver::~DomainDriver() {
  tested_.about_to("destroy");
  on_disposable_thread([this] { const DomainHandle destroyed = std::move(domain_); });
}

std::string DomainDriver::what(std::string_view function, std::uint32_t type) const {
  return absl::StrFormat("%s of %s", function, domain_.actions()[type].name);
}

Decision DomainDriver::decide(const Command& command, std::uint64_t moment) {
  carries_out_ = false;
  return ask(command, moment);
}

Decision DomainDriver::carry_out(const Command& command, std::uint64_t moment) {
  carries_out_ = true;
  return ask(command, moment);
}

Decision DomainDriver::ask(const Command& command, std::uint64_t moment) {
  Decision decision;
  decision_ = &decision;
  moment_ = moment;
  facts_taken_ = false;
  World world(moment);
  stage_.reset(domain_);
  decision.status = tested_.call(what("decide", command.type), [&] {
    return domain_.decide(
        {command.type, COMPOSABLE_FORM_JSON, command.json.data(), command.json.size()},
        world.for_decide(moment, position_), stage_.sink(), decision.error);
  });
  if (ended_) throw TestEnd{*ended_};
  if (stage_.status() == COMPOSABLE_OK) {
    check_status(what("decide", command.type), decision.status, decision.error);
  }
  if (decision.status < 0) {
    decision.fault = stage_.fault();
    decision.text =
        absl::StrFormat("fails with %d: %s\n", decision.status, error_text(decision.error));
  } else if (!stage_.complete()) {
    decision.status = stage_.status();
    decision.fault = stage_.fault();
    decision.text = decision.fault;
  } else {
    take_appends(moment);
    if (!facts_taken_) take_facts();
    add_effects(domain_, stage_.after(), decision);
  }
  decision_ = nullptr;
  return decision;
}

// Inside the plugin's decide, while its native payloads are alive.
void DomainDriver::commit() {
  facts_taken_ = true;
  try {
    take_facts();
  } catch (const TestEnd& end) {  // must not cross the plugin
    ended_ = end.outcome;
  }
}

void DomainDriver::take_facts() {
  for (std::size_t n = 0; n < stage_.facts(); ++n) {
    const StagedFact& fact = stage_.fact(n);
    const composable_action action = fact.view();
    EmittedEvent event{.type = action.type, .evolves = fact.evolves, .moment = moment_};
    CallError error;
    const std::string what = this->what("encode", action.type);
    const composable_status status =
        tested_.call(what, [&] { return domain_.encode(action, event.json, error); });
    check_status(what, status, error);
    if (status < 0) {
      fail(absl::StrFormat("%s: %s; what decide emits must be writable", what, error_text(error)));
    }
    decision_->text += absl::StrFormat("%s %s %s\n", fact.evolves ? "apply" : "announce",
                                       domain_.actions()[action.type].name, event.json);
    if (carries_out_ && event.evolves) evolve(event, action, 0);
    decision_->events.push_back(std::move(event));
  }
}

void DomainDriver::take_appends(std::uint64_t moment) {
  std::uint64_t position = position_;
  for (const StreamAppend& append : stage_.appends()) {
    decision_->text += absl::StrFormat("append to %s expecting %d %d\n", append.stream,
                                       static_cast<int>(append.expected), append.exact_version);
    std::uint64_t version = versions_[append.stream];
    for (const NewEvent& stored : append.events) {
      EmittedEvent event{.type = domain_.find_action(stored.type)->number,
                         .evolves = true,
                         .stream = append.stream,
                         .version = ++version,
                         .position = ++position,
                         .moment = moment,
                         .json = stored.data};
      decision_->text += absl::StrFormat("  %s %s\n", stored.type, event.json);
      if (carries_out_) {
        evolve(event, {event.type, COMPOSABLE_FORM_JSON, event.json.data(), event.json.size()}, 0);
      }
      decision_->events.push_back(std::move(event));
    }
    if (carries_out_) versions_[append.stream] = version;
  }
  if (carries_out_) position_ = position;
}

void DomainDriver::evolve(const EmittedEvent& event, const composable_action& action,
                          std::uint32_t flags) {
  World world(event.moment);
  CallError error;
  const composable_status status = tested_.call(what("evolve", event.type), [&] {
    return domain_.evolve(action, world.for_evolve(event, flags), error);
  });
  check_status(what("evolve", event.type), status, error);
  if (status < 0 && decision_ != nullptr && decision_->evolve_error.empty()) {
    decision_->evolve_error =
        absl::StrFormat("%s: %s", what("evolve", event.type), error_text(error));
  }
}

std::string DomainDriver::replay(const EmittedEvent& event) {
  Decision decision;
  decision_ = &decision;
  evolve(event, {event.type, COMPOSABLE_FORM_JSON, event.json.data(), event.json.size()},
         COMPOSABLE_CONTEXT_REPLAYING);
  decision_ = nullptr;
  return decision.evolve_error;
}

composable_status DomainDriver::export_state(std::string& bytes, CallError& error) const {
  return tested_.call("export_state", [&] { return domain_.export_state(bytes, error); });
}

composable_status DomainDriver::import_state(std::uint32_t schema, std::string_view bytes,
                                             CallError& error) {
  composable_status status = COMPOSABLE_OK;
  tested_.call_on_load_thread("import_state",
                              [&] { status = domain_.import_state(schema, bytes, error); });
  return status;
}

void check_status(std::string_view what, composable_status status, const CallError& error) {
  if (status == COMPOSABLE_OK) return;
  if (status > 0 || status < COMPOSABLE_E_GONE) {
    fail(absl::StrFormat("%s: a status of abi/status.h is needed, found %d; return one of those",
                         what, status));
  }
  if (error.message.empty()) {
    fail(absl::StrFormat("%s: it failed with %d and no message; fill the composable_error", what,
                         status));
  }
}

std::string error_text(const CallError& error) {
  return error.path.empty() ? error.message : error.path + ": " + error.message;
}

std::string in_a_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() <= kMaxExcerpt) return std::string(text);
  std::size_t end = kMaxExcerpt;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace composable::host
