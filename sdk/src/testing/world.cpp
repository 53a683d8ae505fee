#include "composable/testing/world.hpp"

#include <algorithm>

#include "composable/effects.hpp"
#include "composable/json.hpp"

namespace composable::testing {
namespace {

// A job's host: sleeping moves the clock, results arrive.
struct JobHost {
  const composable_domain& domain;
  std::int64_t& now_us;
  std::deque<Arrival>& arrived;
  composable_job_context abi{};

  JobHost(const composable_domain& of, std::int64_t& clock, std::deque<Arrival>& to)
      : domain(of), now_us(clock), arrived(to) {
    abi.struct_size = sizeof(abi);
    abi.impl = this;
    abi.send = [](composable_job_context* c, const composable_action* action) {
      self(c).arrived.push_back({action->type, payload_json(self(c).domain, *action)});
      return COMPOSABLE_OK;
    };
    abi.cancelled = [](composable_job_context*) { return std::int32_t{0}; };
    abi.wake_after = [](composable_job_context* c, std::uint64_t us) {
      self(c).now_us += static_cast<std::int64_t>(us);
    };
  }
  static JobHost& self(composable_job_context* c) { return *static_cast<JobHost*>(c->impl); }
};

// How many of the effects the first one is: one, or a whole group.
std::size_t size_of_first(std::span<const Recorded> effects) {
  int depth = 0;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    if (effects[i].verb == Verb::kBegin) ++depth;
    if (effects[i].verb == Verb::kEnd) --depth;
    if (depth == 0) return i + 1;
  }
  return effects.size();
}

}  // namespace

composable_context World::decide_context(bool delivered) {
  composable_context context{};
  context.struct_size = sizeof(context);
  if (delivered) context.flags = COMPOSABLE_CONTEXT_DELIVERED;
  context.recorded_at_us = now_us_;
  context.actor = abi_str(actor_);
  context.position = position_;
  context.random[0] = context.random[1] = ++decides_;
  return context;
}

composable_context World::evolve_context(const std::string& stream) {
  composable_context context{};
  context.struct_size = sizeof(context);
  context.recorded_at_us = now_us_;
  context.actor = abi_str(actor_);
  if ((domain_.flags & COMPOSABLE_DOMAIN_DURABLE) != 0) {
    context.stream = abi_str(stream);
    context.version = streams_[stream].size() + 1;
  }
  return context;
}

void World::log(const std::string& stream, std::uint32_t type, const std::string& json) {
  if ((domain_.flags & COMPOSABLE_DOMAIN_DURABLE) == 0) return;
  std::vector<Stored>& events = streams_[stream];
  events.push_back({type, events.size() + 1, ++position_, now_us_, actor_, json});
}

void World::restart(
    const std::function<void(const composable_context&, const composable_action&)>& evolve) {
  std::erase_if(timers_, [](const Timer& timer) { return !timer.stored; });
  jobs_.clear();
  later_.clear();
  arrived_.clear();
  std::map<std::uint64_t, std::pair<const std::string*, const Stored*>> by_position;
  for (const auto& [stream, events] : streams_) {
    for (const Stored& event : events) by_position[event.position] = {&stream, &event};
  }
  for (const auto& [position, at] : by_position) {
    const auto& [stream, event] = at;
    composable_context context{};
    context.struct_size = sizeof(context);
    context.flags = COMPOSABLE_CONTEXT_REPLAYING;
    context.recorded_at_us = event->recorded_at_us;
    context.version = event->version;
    context.stream = abi_str(*stream);
    context.actor = abi_str(event->actor);
    evolve(context, {event->type, COMPOSABLE_FORM_JSON, event->json.data(), event->json.size()});
  }
}

void World::take(const std::vector<Recorded>& effects) {
  const bool appends = std::any_of(effects.begin(), effects.end(), [](const Recorded& effect) {
    return effect.verb == Verb::kAppend;
  });
  start(effects, appends, false);
  start_next_steps();
}

void World::start(std::span<const Recorded> effects, bool stored, bool grouped) {
  while (!effects.empty()) {
    const std::size_t size = size_of_first(effects);
    const std::span<const Recorded> first = effects.first(size);
    effects = effects.subspan(size);
    if (first[0].verb != Verb::kBegin) {
      start_one(first[0], stored && !grouped, grouped);
      continue;
    }
    std::span<const Recorded> inside = first.subspan(1, size - 2);
    if (first[0].type == COMPOSABLE_GROUP_PARALLEL) {
      start(inside, false, true);
      continue;
    }
    if (inside.empty()) continue;
    start(inside.first(size_of_first(inside)), false, true);
    Steps steps;
    for (inside = inside.subspan(size_of_first(inside)); !inside.empty();
         inside = inside.subspan(size_of_first(inside))) {
      const std::span<const Recorded> step = inside.first(size_of_first(inside));
      steps.emplace_back(step.begin(), step.end());
    }
    later_.push_back(std::move(steps));
  }
}

bool World::settled() const {
  const auto grouped = [](const auto& one) { return one.grouped; };
  return arrived_.empty() && std::none_of(jobs_.begin(), jobs_.end(), grouped) &&
         std::none_of(timers_.begin(), timers_.end(), grouped);
}

void World::start_next_steps() {
  while (settled() && !later_.empty()) {
    if (later_.front().empty()) {
      later_.pop_front();
      continue;
    }
    const std::vector<Recorded> step = std::move(later_.front().front());
    later_.front().pop_front();
    start(step, false, true);
  }
}

void World::start_one(const Recorded& effect, bool stored, bool grouped) {
  switch (effect.verb) {
    case Verb::kSend:
      arrived_.push_back({effect.type, effect.json});
      return;
    case Verb::kDelay:
      if (!effect.name.empty()) cancel(effect.name);
      timers_.push_back({now_us_ + static_cast<std::int64_t>(effect.us),
                         effect.name,
                         {effect.type, effect.json},
                         stored,
                         grouped});
      return;
    case Verb::kCancel:
      if (!effect.name.empty()) cancel(effect.name);
      return;
    case Verb::kJob:
      jobs_.push_back({effect, grouped});
      return;
    case Verb::kLoad:
      arrived_.push_back({effect.type, loaded(effect)});
      return;
    case Verb::kPublish:
      if (const auto action = subscribed(effect.name)) {
        arrived_.push_back({*action, effect.json, true});
      }
      return;
    default:
      return;
  }
}

std::optional<std::uint32_t> World::subscribed(std::string_view topic) const {
  const auto* table = static_cast<const composable_topics_v1*>(
      domain_.query_extension(abi_str(COMPOSABLE_TOPICS_EXTENSION)));
  for (std::uint32_t n = 0; table != nullptr && n < table->n_subscriptions; ++n) {
    const composable_subscription& subscription = *table->subscriptions[n];
    if (view(subscription.topic) == topic) return subscription.action;
  }
  return {};
}

void World::cancel(const std::string& key) {
  std::erase_if(timers_, [&](const Timer& timer) { return timer.key == key; });
  std::erase_if(jobs_, [&](const Job& job) { return job.effect.name == key; });
}

void World::advance(std::int64_t us) {
  now_us_ += us;
  std::stable_sort(timers_.begin(), timers_.end(),
                   [](const Timer& a, const Timer& b) { return a.due_us < b.due_us; });
  for (; !timers_.empty() && timers_.front().due_us <= now_us_; timers_.erase(timers_.begin())) {
    arrived_.push_back(timers_.front().action);
  }
  start_next_steps();
}

std::vector<std::string> World::run_jobs(const composable_state* state) {
  std::vector<std::string> failures;
  const auto* table = static_cast<const composable_jobs_v1*>(
      domain_.query_extension(abi_str(COMPOSABLE_JOBS_EXTENSION)));
  JobHost host(domain_, now_us_, arrived_);
  for (; !jobs_.empty(); jobs_.pop_front()) {
    const Recorded& job = jobs_.front().effect;
    const composable_bytes input{reinterpret_cast<const std::uint8_t*>(job.json.data()),
                                 job.json.size()};
    composable_job_frame* frame = nullptr;
    composable_error error = no_error();
    auto status = table->run(state, job.type, input, &host.abi, &frame, &error);
    while (status == COMPOSABLE_PENDING) status = table->resume(frame, &host.abi, &error);
    if (status < 0)
      failures.push_back("job " + job.json + " failed: " + composable::describe(error));
  }
  start_next_steps();
  return failures;
}

std::string World::loaded(const Recorded& load) const {
  std::string events;
  std::uint32_t count = 0;
  bool more = false;
  const auto found = streams_.find(load.name);
  for (const Stored& event : found == streams_.end() ? std::vector<Stored>{} : found->second) {
    if (event.version < load.version) continue;
    more = count++ == load.max;
    if (more) break;
    if (!events.empty()) events += ',';
    events += to_json(LoadedEvent{action_name(domain_, event.type), event.version, event.position,
                                  Timestamp{event.recorded_at_us}, Json{event.json}});
  }
  return "{\"stream\":" + to_json(load.name) + ",\"events\":[" + events +
         "],\"more\":" + (more ? "true}" : "false}");
}

}  // namespace composable::testing
