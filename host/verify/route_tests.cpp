// The tests of what a domain has besides its reducer: routes and jobs.
#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "domain/schema_shape.hpp"
#include "verify/command_generator.hpp"
#include "verify/mutation.hpp"
#include "verify/route_requests.hpp"
#include "verify/test_list.hpp"

namespace composable::host {
namespace {

constexpr int kRequests = 40;  // of each kind to each route

void demand(const RouteRequests& requests, const RouteType& route, const Reply& reply) {
  if (reply.status == COMPOSABLE_OK || reply.status == COMPOSABLE_E_NOT_FOUND ||
      reply.status == COMPOSABLE_E_INVALID) {
    return;
  }
  fail(absl::StrFormat("%s: %s; a client sees a 500", requests.what("the answer", route),
                       error_text(reply.error)));
}

// One command route with made-up requests, good and bad.
class RouteTrial {
 public:
  RouteTrial(DomainDriver& driver, const RouteRequests& requests, const RouteType& route)
      : driver_(driver), requests_(requests), route_(route) {}

  // Commands that it read, carried out and answered.
  int good_ones(std::uint64_t& moment, CommandGenerator& generator) {
    int accepted = 0;
    for (int n = 0; n < kRequests; ++n) {
      const Reading reading = read();
      if (reading.status < 0) continue;
      demand_one(reading);
      ++accepted;
      answer(reading.sent.front(), moment++, generator);
    }
    return accepted;
  }

  void bad_ones(SeededRng& rng) {
    constexpr std::string_view kMalformed[] = {"{", "[]", "nonsense", "{\"a\":", "\xff"};
    Request request = requests_.make(route_, given_);
    for (const std::string_view body : kMalformed) {
      request.body = body;
      const Reading reading = requests_.to_action(route_, request);
      if (reading.status == COMPOSABLE_E_INVALID || reading.status == COMPOSABLE_E_NOT_FOUND) {
        continue;
      }
      if (reading.status == COMPOSABLE_OK) {
        careless_ = body;
        continue;
      }
      fail(absl::StrFormat(
          "%s: COMPOSABLE_E_INVALID is needed for the body \"%s\", found %d, %s; the host makes a "
          "400 of that",
          requests_.what("to_action", route_), body, reading.status, error_text(reading.error)));
    }
    for (int n = 0; n < kRequests; ++n) {
      request = requests_.make(route_, given_);
      request.body = mutate(request.body, rng).json;
      const Reading reading = requests_.to_action(route_, request);
      if (reading.status == COMPOSABLE_OK) demand_one(reading);
    }
  }

  // What is worth a warning; empty: nothing.
  std::string remark(bool read_none) const {
    if (read_none) {
      return absl::StrFormat(
          "%s: none of %d requests made from the command's schema could be read, the last: %s",
          requests_.what("to_action", route_), kRequests, last_refusal_);
    }
    if (careless_.empty()) return {};
    return absl::StrFormat("%s: it made a command of the body \"%s\"; refuse what is not JSON",
                           requests_.what("to_action", route_), careless_);
  }

 private:
  // Of a new request. What is refused is tried once more without the field at fault: one that the
  // route itself gives, such as the actor's, has no place in the body.
  Reading read() {
    Reading reading = requests_.to_action(route_, requests_.make(route_, given_));
    if (reading.status >= 0) return reading;
    last_refusal_ = error_text(reading.error);
    std::vector<std::string> more = given_;
    more.push_back(reading.error.path);
    Reading without = requests_.to_action(route_, requests_.make(route_, more));
    if (without.status < 0) return reading;
    given_ = more;
    return without;
  }

  void demand_one(const Reading& reading) const {
    if (reading.sent.size() == 1 && reading.sent.front().type == route_.command) return;
    fail(absl::StrFormat("%s: it is to send one %s, found %d commands%s; send what the route names",
                         requests_.what("to_action", route_),
                         driver_.domain().actions()[route_.command].name, reading.sent.size(),
                         reading.sent.size() == 1 ? " of another type" : ""));
  }

  void answer(const Command& command, std::uint64_t moment, CommandGenerator& generator) {
    const Decision decision = driver_.carry_out(command, moment);
    generator.learn(command, decision);
    if (decision.status < 0 || !decision.evolve_error.empty()) return;
    for (const EmittedEvent& event : decision.events) {
      const auto& outcomes = route_.outcomes;
      if (std::find(outcomes.begin(), outcomes.end(), event.type) == outcomes.end()) continue;
      demand(requests_, route_, requests_.to_response(driver_.domain(), route_, &event));
    }
    demand(requests_, route_, requests_.to_response(driver_.domain(), route_, nullptr));
  }

  DomainDriver& driver_;
  const RouteRequests& requests_;
  const RouteType& route_;
  std::vector<std::string> given_;
  std::string last_refusal_, careless_;
};

}  // namespace

void test_routes(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  DomainDriver driver(tested, plugin);
  if (driver.domain().routes().empty()) skip("the domain has no routes");
  CommandGenerator generator(driver.domain().tables(), tested.seed());
  const RouteRequests requests(tested, driver.domain(), generator.payloads());
  std::uint64_t moment = 0;
  std::string remark;
  for (const RouteType& route : driver.domain().routes()) {
    if (route.kind == COMPOSABLE_ROUTE_READ) {
      for (int n = 0; n < kRequests; ++n) {
        demand(requests, route, requests.read(driver.domain(), route, requests.make(route)));
      }
      continue;
    }
    RouteTrial trial(driver, requests, route);
    const bool read_none = trial.good_ones(moment, generator) == 0 &&
                           usable_schema(driver.domain().actions()[route.command]) != nullptr;
    trial.bad_ones(generator.payloads().rng());
    if (remark.empty()) remark = trial.remark(read_none);
  }
  if (!remark.empty()) warn(remark);
}

void test_jobs(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  DomainDriver driver(tested, plugin);
  const composable_jobs_v1* const jobs = driver.domain().tables().jobs_table();
  if (jobs == nullptr) skip("the domain has no jobs");
  composable_job_context context{};
  context.struct_size = sizeof context;
  context.send = [](composable_job_context*, const composable_action*) { return COMPOSABLE_OK; };
  context.cancelled = [](composable_job_context*) -> std::int32_t { return 1; };
  context.wake_after = [](composable_job_context*, std::uint64_t) {};
  composable_error error{};
  error.struct_size = sizeof error;
  composable_job_frame* frame = nullptr;
  const composable_status status = tested.call("run of an unknown job", [&] {
    return jobs->run(driver.domain().state(), jobs->n_jobs, {nullptr, 0}, &context, &frame, &error);
  });
  if (status >= 0) {
    fail(absl::StrFormat(
        "run: a failure is needed for job %d of %d, found %d; refuse what is not declared",
        jobs->n_jobs, jobs->n_jobs, status));
  }
  const CallError found{status, {error.message, std::min<std::size_t>(error.message_len, 368)}, {}};
  check_status("run of an unknown job", status, found);
}

}  // namespace composable::host
