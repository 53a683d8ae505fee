#include "composable/testing/recorder.hpp"

#include "composable/json.hpp"

namespace composable::testing {
namespace {

Recorder& self(composable_effects* sink) { return *static_cast<Recorder*>(sink->impl); }

std::string text(composable_str s) {
  return s.len == 0 ? std::string() : std::string(s.ptr, s.len);
}

}  // namespace

std::string action_name(const composable_domain& domain, std::uint32_t type) {
  return type < domain.n_actions ? text(domain.actions[type]->name) : std::to_string(type);
}

std::string payload_json(const composable_domain& domain, const composable_action& action) {
  if (action.form == COMPOSABLE_FORM_JSON) {
    return std::string(static_cast<const char*>(action.data), action.size);
  }
  std::string json;
  composable_writer out = append_to(json);
  composable_error error = no_error();
  if (domain.encode(&action, &out, &error) < 0) return "(" + composable::describe(error) + ")";
  return json;
}

Recorder::Recorder(const composable_domain& domain) : domain_(domain) {
  sink_.struct_size = sizeof(sink_);
  sink_.impl = this;
  sink_.append = [](composable_effects* s, const composable_append* a) {
    for (std::size_t i = 0; i < a->n_events; ++i) {
      self(s).record(Verb::kAppend, a->stream, &a->events[i]);
      self(s).effects_.back().expected = a->expected;
      self(s).effects_.back().version = a->expected_version;
    }
    return COMPOSABLE_OK;
  };
  sink_.apply = [](composable_effects* s, const composable_action* a) {
    return self(s).record(Verb::kApply, {}, a);
  };
  sink_.announce = [](composable_effects* s, const composable_action* a) {
    return self(s).record(Verb::kAnnounce, {}, a);
  };
  sink_.send = [](composable_effects* s, const composable_action* a) {
    return self(s).record(Verb::kSend, {}, a);
  };
  sink_.delay = [](composable_effects* s, composable_str key, std::uint64_t us,
                   const composable_action* a) {
    self(s).record(Verb::kDelay, key, a);
    self(s).effects_.back().us = us;
    return COMPOSABLE_OK;
  };
  sink_.cancel = [](composable_effects* s, composable_str key) {
    return self(s).record(Verb::kCancel, key, nullptr);
  };
  sink_.job = [](composable_effects* s, std::uint32_t job, composable_str key,
                 composable_bytes input) {
    self(s).record(Verb::kJob, key, nullptr);
    self(s).effects_.back().type = job;
    self(s).effects_.back().json.assign(reinterpret_cast<const char*>(input.ptr), input.len);
    return COMPOSABLE_OK;
  };
  sink_.load = [](composable_effects* s, composable_str stream, std::uint64_t from,
                  std::uint32_t max, std::uint32_t into) {
    self(s).record(Verb::kLoad, stream, nullptr);
    Recorded& load = self(s).effects_.back();
    load.type = into;
    load.version = from;
    load.max = max;
    return COMPOSABLE_OK;
  };
  sink_.begin = [](composable_effects* s, std::uint32_t group) {
    self(s).record(Verb::kBegin, {}, nullptr);
    self(s).effects_.back().type = group;
    return COMPOSABLE_OK;
  };
  sink_.end = [](composable_effects* s) { return self(s).record(Verb::kEnd, {}, nullptr); };
  sink_.commit = [](composable_effects* s) {
    self(s).committed_ = true;
    return COMPOSABLE_OK;
  };
  sink_.publish = [](composable_effects* s, composable_str topic, const composable_action* a) {
    return self(s).record(Verb::kPublish, topic, a);
  };
}

composable_status Recorder::record(Verb verb, composable_str name,
                                   const composable_action* action) {
  Recorded& effect = effects_.emplace_back();
  effect.verb = verb;
  effect.name = text(name);
  if (action != nullptr) {
    effect.type = action->type;
    effect.json = payload_json(domain_, *action);
  }
  return COMPOSABLE_OK;
}

std::string Recorder::name_of(std::uint32_t type) const { return action_name(domain_, type); }

std::string Recorder::describe(const Recorded& e) const {
  const std::string name = '"' + e.name + '"';
  const std::string action = name_of(e.type) + e.json;
  switch (e.verb) {
    case Verb::kAppend:
      return "append to " + name + ": " + action;
    case Verb::kApply:
      return "apply " + action;
    case Verb::kAnnounce:
      return (domain_.actions[e.type]->action_class == COMPOSABLE_CLASS_REJECTION ? "reject with "
                                                                                  : "announce ") +
             action;
    case Verb::kSend:
      return "send " + action;
    case Verb::kDelay:
      return "delay " + name + " by " + std::to_string(e.us) + " us: " + action;
    case Verb::kPublish:
      return "publish on " + name + ": " + action;
    case Verb::kCancel:
      return "cancel " + name;
    case Verb::kJob:
      return "job " + std::to_string(e.type) + ' ' + name + ": " + e.json;
    case Verb::kLoad:
      return "load " + name + " into " + name_of(e.type);
    case Verb::kBegin:
      return e.type == COMPOSABLE_GROUP_PARALLEL ? "begin parallel" : "begin sequential";
    default:
      return "end";
  }
}

}  // namespace composable::testing
