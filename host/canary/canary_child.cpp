#include "canary/canary_child.hpp"

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "child/channel.hpp"
#include "child/frames.hpp"
#include "child/progress.hpp"
#include "observe/escaped.hpp"
#include "plugin/contained.hpp"
#include "plugin/disposable_thread.hpp"
#include "plugin/loader.hpp"
#include "store/reducer_context.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kLongestStream = 64;  // that is quoted

// The host sends a frame that this build does not know: there is no one to answer.
[[noreturn]] void give_up() { ::_exit(1); }

// One candidate, from its file to the verdict.
class Trial {
 public:
  explicit Trial(ParentChannel& host) : host_(host) {}

  void run() {
    const absl::Status tried = steps();
    std::string bytes;
    {
      FrameWriter verdict(bytes, FrameKind::kVerdict);
      if (tried.ok()) {
        verdict.number(1).text(domain_name_).text(version_).text(build_).text(held_);
        verdict.number(events_);
        verdict.number(imported_ ? 1 : 0).number(imported_ ? state_.size() : 0);
        for (const std::int64_t micros : {load_us_, evolve_us_, import_us_}) {
          verdict.number(static_cast<std::uint64_t>(micros));
        }
      } else {
        verdict.number(0).number(static_cast<std::uint64_t>(tried.code()));
        verdict.text({tried.message().data(), tried.message().size()});
      }
    }
    host_.progress().enter(ChildProgress::kDone);
    host_.send(bytes);
  }

 private:
  absl::Status steps() {
    const Frame candidate = host_.receive();
    PayloadReader reader(candidate.payload);
    file_ = reader.text();
    const std::filesystem::path run_directory = reader.text();
    if (candidate.kind != FrameKind::kCandidate || !reader.complete()) give_up();
    auto run = RunDirectory::open(run_directory);
    if (!run.ok()) return run.status();
    run_directory_ = *std::move(run);

    const std::int64_t begun = machine_micros();
    Loader loader(*run_directory_,
                  {.log = print,
                   .config = [this](std::string_view domain) { return ask_config(domain); },
                   .entering = [this](LoadStep step) { enter(step); }});
    auto plugin = loader.load(file_);
    if (!plugin.ok()) return plugin.status();
    load_us_ = machine_micros() - begun;

    build_ = plugin->build();
    version_ = plugin->domain().version();
    DomainHandle domain = plugin->take_domain();
    absl::Status tried = try_all(domain);
    host_.progress().enter(ChildProgress::kUnload);
    on_disposable_thread([&] { const DomainHandle destroyed = std::move(domain); });
    const UnloadResult unloaded = plugin->unload();
    if (!unloaded.unmapped) held_ = unloaded.reason;
    return tried.ok() ? tried
                      : absl::Status(tried.code(),
                                     absl::StrFormat("%s: %s", file_.string(), tried.message()));
  }

  static void print(std::string_view domain, std::uint32_t, std::string_view line) {
    absl::FPrintF(stderr, "%s: %s\n", domain, line);
  }

  void enter(LoadStep step) {
    constexpr ChildProgress::Step kSteps[] = {ChildProgress::kConstructors, ChildProgress::kEntry,
                                              ChildProgress::kCreate};
    host_.progress().enter(kSteps[static_cast<int>(step)]);
  }

  std::string ask_config(std::string_view domain) {
    domain_name_ = domain;
    std::string bytes;
    FrameWriter(bytes, FrameKind::kNamed).text(domain);
    host_.send(bytes);
    const Frame frame = host_.receive();
    PayloadReader reader(frame.payload);
    std::string config(reader.text());
    if (frame.kind != FrameKind::kConfig || !reader.complete()) give_up();
    return config;
  }

  absl::Status try_all(DomainHandle& domain) {
    for (;;) {
      const Frame frame = host_.receive();
      if (frame.kind == FrameKind::kEnd) return absl::OkStatus();
      const std::int64_t begun = machine_micros();
      absl::Status tried;
      if (frame.kind == FrameKind::kEvent) {
        tried = evolve(domain, frame.payload);
        evolve_us_ += machine_micros() - begun;
      } else if (frame.kind == FrameKind::kState) {
        tried = take_state(domain, frame.payload);
      } else {
        give_up();
      }
      if (!tried.ok()) return tried;
    }
  }

  static absl::Status unknown(std::string_view type, std::string_view where) {
    return absl::FailedPreconditionError(
        absl::StrFormat("the domain does not know the event type %s, %s; declare it", type, where));
  }

  static std::string explain(const CallError& error) {
    const std::string where = error.path.empty() ? "" : error.path + ": ";
    return where + (error.message.empty() ? "failed without a message" : error.message);
  }

  absl::Status evolve(DomainHandle& domain, std::string_view payload) {
    PayloadReader reader(payload);
    const std::string_view stream = reader.text();
    const std::uint64_t version = reader.number();
    const std::uint64_t position = reader.number();
    const auto recorded_at_us = static_cast<std::int64_t>(reader.number());
    const std::string_view actor = reader.text();
    const std::optional<Uuid> correlation = Uuid::parse(reader.text());
    const std::string_view type_name = reader.text();
    const std::string_view data = reader.text();
    if (!reader.complete() || !correlation) give_up();
    const auto place = [&] {
      return absl::StrFormat(" stream %s at position %d", in_quotes(stream, kLongestStream),
                             position);
    };
    const ActionType* type = domain.find_action(type_name);
    if (type == nullptr) return unknown(type_name, "stored in" + place());
    ++events_;
    ReducerContext context(recorded_at_us, actor, *correlation);
    context.abi().flags = COMPOSABLE_CONTEXT_REPLAYING;
    context.at(stream, version);
    host_.progress().enter(ChildProgress::kEvolve, type_name, position, stream);
    return contained("evolve", [&] {
      CallError error;
      const composable_action event{type->number, COMPOSABLE_FORM_JSON, data.data(), data.size()};
      if (domain.evolve(event, context.abi(), error) >= 0) return absl::OkStatus();
      return absl::FailedPreconditionError(
          absl::StrFormat("evolving %s of%s failed: %s; every stored event must evolve", type_name,
                          place(), explain(error)));
    });
  }

  // One part; with the last one the state is imported.
  absl::Status take_state(DomainHandle& domain, std::string_view payload) {
    PayloadReader reader(payload);
    const auto schema = static_cast<std::uint32_t>(reader.number());
    const std::uint64_t size = reader.number();
    state_ += reader.text();
    if (!reader.complete() || state_.size() > size) give_up();
    if (state_.size() < size) return absl::OkStatus();
    if (domain.durable()) {
      return absl::FailedPreconditionError(
          "it is durable and the generation that serves is ephemeral, so the state cannot be "
          "carried over; restart the host with it, or give it another name");
    }
    if (domain.resets()) return absl::OkStatus();
    if (!domain.can_export()) {
      return absl::FailedPreconditionError(
          "it does not say what becomes of the state; let it export and import that, or declare "
          "that it may be lost (composable.reload/1)");
    }
    imported_ = true;
    return import(domain, schema);
  }

  absl::Status import(DomainHandle& domain, std::uint32_t schema) {
    host_.progress().enter(ChildProgress::kImport, {}, schema);
    const std::int64_t begun = machine_micros();
    const absl::Status imported = contained("import_state", [&] {
      CallError error;
      if (domain.import_state(schema, state_, error) >= 0) return absl::OkStatus();
      return absl::FailedPreconditionError(absl::StrFormat(
          "its schema is %d, and it does not take the state of schema %d that serves now: %s; "
          "teach it that schema",
          domain.state_schema(), schema, explain(error)));
    });
    import_us_ = machine_micros() - begun;
    return imported;
  }

  ParentChannel& host_;
  std::unique_ptr<RunDirectory> run_directory_;  // goes after the verdict, which need not wait
  std::filesystem::path file_;
  std::string domain_name_, version_, build_, held_;
  std::string state_;  // what has come of it
  bool imported_ = false;
  std::uint64_t events_ = 0;
  std::int64_t load_us_ = 0, evolve_us_ = 0, import_us_ = 0;
};

}  // namespace

int run_canary_child() {
  std::optional<ParentChannel> host = ParentChannel::find();
  if (!host) {
    std::fputs("composable: canary is a host's own verb; use composable check\n", stderr);
    return 2;
  }
  Trial(*host).run();
  return 0;
}

}  // namespace composable::host
