#include "admin/reload_pages.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_format.h"
#include "runtime/json_object.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kShortestBuild = 8;
constexpr char kPlainText[] = "text/plain; charset=utf-8";

bool wants_text(const RequestView& request) {
  return request.header("accept").value_or("").find("text/plain") != std::string_view::npos;
}

AdminReply as_json(std::string body) { return {.status = 200, .body = std::move(body)}; }

AdminReply as_text(const std::vector<GenerationRecord>& records) {
  AdminReply reply{.body = {}, .content_type = kPlainText};
  for (const GenerationRecord& record : records) reply.body += sentence_of(record) + '\n';
  return reply;
}

AdminReply list_of(const std::vector<GenerationRecord>& records, bool text) {
  if (text) return as_text(records);
  std::vector<std::string> items;
  for (const GenerationRecord& record : records) items.push_back(record_json(record));
  return as_json(JsonObject().raw("generations", json_list(items)).end());
}

// The answer to the request for these changeovers.
AdminReply outcome_of(AdminReply reply, const std::vector<GenerationRecord>& records) {
  const bool refused = std::any_of(records.begin(), records.end(), [](const GenerationRecord& r) {
    return r.state == GenerationState::kRefused;
  });
  if (refused) reply.status = 409;
  return reply;
}

AdminReply failed(const absl::Status& status, bool text) {
  const std::string why(status.message());
  const Refusal refusal = absl::IsNotFound(status) ? not_found(why) : unavailable(why);
  AdminReply reply;
  if (!text) {
    reply.refusal = refusal;
    return reply;
  }
  return {.status = refusal.status, .body = why + '\n', .content_type = kPlainText};
}

Reloader::Answer answer_one(AdminDone done, bool text) {
  return [done = std::move(done), text](const absl::StatusOr<GenerationRecord>& record) {
    if (!record.ok()) return done(failed(record.status(), text));
    done(outcome_of(text ? as_text({*record}) : as_json(record_json(*record)), {*record}));
  };
}

Reloader::Answers answer_all(AdminDone done, bool text) {
  return
      [done = std::move(done), text](const absl::StatusOr<std::vector<GenerationRecord>>& records) {
        if (!records.ok()) return done(failed(records.status(), text));
        done(outcome_of(list_of(*records, text), *records));
      };
}

// False: it is no number, or no beginning of a build.
bool read_target(const RequestView& request, RollbackTarget& target) {
  if (const auto build = request.query("build")) {
    target.build = *build;
    const bool hex = build->find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return hex && build->size() >= kShortestBuild && !request.query("generation");
  }
  const auto text = request.query("generation");
  if (!text) return true;
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + text->size(), target.generation);
  return error == std::errc() && end == text->data() + text->size();
}

std::string steps_json(const ReloadSteps& steps) {
  JsonObject out;
  const std::pair<std::string_view, std::int64_t> all[] = {
      {"canary_us", steps.canary_us},   {"load_us", steps.load_us},
      {"evolve_us", steps.evolve_us},   {"pause_us", steps.pause_us},
      {"export_us", steps.export_us},   {"import_us", steps.import_us},
      {"publish_us", steps.publish_us}, {"drain_us", steps.drain_us},
      {"unload_us", steps.unload_us}};
  for (const auto& [name, micros] : all) {
    if (micros != 0) out.number(name, static_cast<std::uint64_t>(micros));
  }
  return out.end();
}

}  // namespace

std::string record_json(const GenerationRecord& record) {
  JsonObject out;
  const auto text = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out.text(name, value);
  };
  const auto number = [&](std::string_view name, std::uint64_t value) {
    if (value != 0) out.number(name, value);
  };
  out.number("attempt", record.attempt);
  text("domain", record.domain);
  out.text("state", name_of(record.state));
  number("generation", record.generation);
  number("replaced", record.replaced);
  text("version", record.version);
  text("build", record.build);
  text("file", record.file);
  text("trigger", record.trigger);
  text("reason", record.reason);
  text("carried", record.carried);
  if (!record.ended_jobs.empty()) {
    std::vector<std::string> jobs;
    for (const std::string& job : record.ended_jobs) append_json_string(jobs.emplace_back(), job);
    out.raw("ended_jobs", json_list(jobs));
  }
  number("began_us", static_cast<std::uint64_t>(record.began_us));
  number("live_us", static_cast<std::uint64_t>(record.live_us));
  out.raw("steps", steps_json(record.steps));
  return out.end();
}

void add_reload_pages(AdminRoutes& routes, Reloader& reloader, const ReloadHistory& history) {
  // The paths differ, so that nothing here can fail.
  routes
      .add(Method::kGet, "/_composable/api/generations",
           [&history](const RequestView& request) {
             return list_of(history.newest_first(), wants_text(request));
           })
      .IgnoreError();
  routes
      .add_slow(Method::kPost, "/_composable/api/domains/:name/reload",
                [&reloader](const RequestView& request, AdminDone done) {
                  reloader.reload(*request.param("name"),
                                  answer_one(std::move(done), wants_text(request)));
                })
      .IgnoreError();
  routes
      .add_slow(Method::kPost, "/_composable/api/domains/:name/rollback",
                [&reloader](const RequestView& request, AdminDone done) {
                  RollbackTarget target;
                  if (!read_target(request, target)) {
                    AdminReply reply;
                    reply.refusal = bad_request(
                        "expected the number of a generation, or as build= the first 8 or more hex "
                        "digits of a build; GET /_composable/api/generations lists them",
                        request.query("build") ? "build" : "generation");
                    return done(reply);
                  }
                  reloader.rollback(*request.param("name"), std::move(target),
                                    answer_one(std::move(done), wants_text(request)));
                })
      .IgnoreError();
  routes
      .add_slow(Method::kPost, "/_composable/api/reload",
                [&reloader](const RequestView& request, AdminDone done) {
                  reloader.reload_all("request", answer_all(std::move(done), wants_text(request)));
                })
      .IgnoreError();
}

}  // namespace composable::host
