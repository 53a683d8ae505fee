#include "app/reload_pages.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/json_object.hpp"

namespace composable::host {
namespace {

bool wants_text(const RequestView& request) {
  return request.header("accept").value_or("").find("text/plain") != std::string_view::npos;
}

AdminReply reply_with(const std::vector<GenerationRecord>& records, bool one, bool as_text) {
  AdminReply reply;
  const bool refused = std::any_of(records.begin(), records.end(), [](const GenerationRecord& r) {
    return r.state == GenerationState::kRefused;
  });
  if (refused) reply.status = 409;
  std::vector<std::string> items;
  for (const GenerationRecord& record : records) {
    if (as_text) {
      reply.body += sentence_of(record) + '\n';
    } else {
      items.push_back(record_json(record));
    }
  }
  if (as_text) {
    reply.content_type = "text/plain; charset=utf-8";
  } else {
    reply.body = one ? items.front() : JsonObject().raw("generations", json_list(items)).end();
  }
  return reply;
}

Reloader::Answer answer_one(AdminDone done, bool as_text) {
  return [done = std::move(done), as_text](const absl::StatusOr<GenerationRecord>& record) {
    if (record.ok()) return done(reply_with({*record}, true, as_text));
    const std::string text(record.status().message());
    AdminReply reply;
    reply.refusal = absl::IsNotFound(record.status()) ? not_found(text) : unavailable(text);
    done(reply);
  };
}

// False: it is not a number.
bool read_generation(const RequestView& request, std::uint64_t& generation) {
  const auto text = request.query("generation");
  if (!text) return true;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), generation);
  return error == std::errc() && end == text->data() + text->size();
}

std::string steps_json(const ReloadSteps& steps) {
  JsonObject out;
  const std::pair<std::string_view, std::int64_t> all[] = {
      {"canary_us", steps.canary}, {"load_us", steps.load},       {"evolve_us", steps.evolve},
      {"pause_us", steps.pause},   {"publish_us", steps.publish}, {"drain_us", steps.drain},
      {"unload_us", steps.unload}};
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
  text("kept", record.kept);
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
             return reply_with(history.newest_first(), false, wants_text(request));
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
                  std::uint64_t generation = 0;
                  if (!read_generation(request, generation)) {
                    AdminReply reply;
                    reply.refusal = bad_request("expected a number", "generation");
                    return done(reply);
                  }
                  reloader.rollback(*request.param("name"), generation,
                                    answer_one(std::move(done), wants_text(request)));
                })
      .IgnoreError();
  routes
      .add_slow(Method::kPost, "/_composable/api/reload",
                [&reloader](const RequestView& request, AdminDone done) {
                  reloader.reload_all("request",
                                      [done = std::move(done), as_text = wants_text(request)](
                                          const std::vector<GenerationRecord>& records) {
                                        done(reply_with(records, false, as_text));
                                      });
                })
      .IgnoreError();
}

}  // namespace composable::host
