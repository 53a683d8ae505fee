#include "store/staged_effects.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_format.h"
#include "domain/names.hpp"
#include "domain/topic_name.hpp"

namespace composable::host {
namespace {

bool stream_name_ok(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

}  // namespace

std::string_view name_of(StagedEffect::Kind kind) {
  static constexpr std::string_view kNames[] = {"send", "delay",   "cancel",   "job",
                                                "load", "publish", "parallel", "sequential"};
  static_assert(std::size(kNames) == StagedEffect::kKinds);
  return kNames[static_cast<std::size_t>(kind)];
}

// The table's functions; each finds its stage in `impl`.
struct StagedEffects::Functions {
  static StagedEffects& stage(composable_effects* sink) {
    return *static_cast<StagedEffects*>(sink->impl);
  }

  static composable_status append(composable_effects* sink, const composable_append* append) {
    StagedEffects& s = stage(sink);
    if (append == nullptr || !COMPOSABLE_HAS(composable_append, append, n_events)) {
      return s.refuse(COMPOSABLE_E_MISUSE, "append: no request, or one of an older layout");
    }
    return s.stage_append(*append);
  }

  static composable_status apply(composable_effects* sink, const composable_action* event) {
    StagedEffects& s = stage(sink);
    composable_action taken;
    if (!s.take_action(event, "apply", taken)) return s.status_;
    if (s.domain_->durable()) {
      return s.refuse(COMPOSABLE_E_MISUSE, "apply: the domain is durable; use append");
    }
    return s.stage_fact(taken, true);
  }

  static composable_status announce(composable_effects* sink, const composable_action* action) {
    StagedEffects& s = stage(sink);
    composable_action taken;
    if (!s.take_action(action, "announce", taken)) return s.status_;
    return s.stage_fact(taken, false);
  }

  static composable_status send(composable_effects* sink, const composable_action* action) {
    StagedEffects& s = stage(sink);
    composable_action taken;
    if (!s.take_action(action, "send", taken)) return s.status_;
    StagedEffect effect{.kind = StagedEffect::Kind::kSend};
    if (s.stage_feedback(taken, "send", effect) != COMPOSABLE_OK) return s.status_;
    return s.stage_later(std::move(effect));
  }

  static composable_status delay(composable_effects* sink, composable_str key,
                                 std::uint64_t delay_us, const composable_action* action) {
    StagedEffects& s = stage(sink);
    composable_action taken;
    if (!s.take_action(action, "delay", taken)) return s.status_;
    constexpr std::uint64_t kCentury = 100ull * 366 * 24 * 3600 * 1000 * 1000;
    if (delay_us > kCentury || key.len > 255) {
      return s.refuse(COMPOSABLE_E_MISUSE, "delay: longer than a century, or a key over 255 bytes");
    }
    StagedEffect effect{.kind = StagedEffect::Kind::kDelay, .amount = delay_us};
    effect.key = view(key);
    if (s.stage_feedback(taken, "delay", effect) != COMPOSABLE_OK) return s.status_;
    return s.stage_later(std::move(effect));
  }

  static composable_status cancel(composable_effects* sink, composable_str key) {
    StagedEffect effect{.kind = StagedEffect::Kind::kCancel};
    effect.key = view(key);
    return stage(sink).stage_later(std::move(effect));
  }

  static composable_status job(composable_effects* sink, std::uint32_t job, composable_str key,
                               composable_bytes input) {
    StagedEffects& s = stage(sink);
    const std::uint32_t number = s.domain_->job_number(job);
    if (number == Numbering::kGone) {
      return s.refuse(COMPOSABLE_E_MISUSE,
                      absl::StrFormat("job %u: the domain has not declared it", job));
    }
    if (!s.takes(input.len)) return s.status_;
    StagedEffect effect{.kind = StagedEffect::Kind::kJob, .number = number};
    effect.key = view(key);
    if (input.len != 0) effect.data.assign(reinterpret_cast<const char*>(input.ptr), input.len);
    return s.stage_later(std::move(effect));
  }

  static composable_status load(composable_effects* sink, composable_str stream,
                                std::uint64_t from_version, std::uint32_t max, std::uint32_t into) {
    StagedEffects& s = stage(sink);
    const std::uint32_t number = s.domain_->action_number(into);
    if (number == Numbering::kGone || !stream_name_ok(view(stream))) {
      return s.refuse(COMPOSABLE_E_MISUSE,
                      "load: an unknown action type, or a stream name that is empty or too long");
    }
    StagedEffect effect{.kind = StagedEffect::Kind::kLoad,
                        .number = number,
                        .max = std::clamp<std::uint32_t>(max, 1, 1000),
                        .amount = from_version};
    effect.key = view(stream);
    return s.stage_later(std::move(effect));
  }

  static composable_status begin(composable_effects* sink, std::uint32_t group) {
    StagedEffects& s = stage(sink);
    if (group != COMPOSABLE_GROUP_PARALLEL && group != COMPOSABLE_GROUP_SEQUENTIAL) {
      return s.refuse(COMPOSABLE_E_UNSUPPORTED, absl::StrFormat("begin: unknown group %u", group));
    }
    if (s.open_.size() == kMaxDepth) {
      return s.refuse(
          COMPOSABLE_E_OVERLOADED,
          absl::StrFormat("begin: groups nested deeper than %u", static_cast<unsigned>(kMaxDepth)));
    }
    if (!s.takes(0)) return s.status_;
    s.open_.push_back({.kind = group == COMPOSABLE_GROUP_PARALLEL
                                   ? StagedEffect::Kind::kParallel
                                   : StagedEffect::Kind::kSequential});
    return s.status_;
  }

  static composable_status end(composable_effects* sink) {
    StagedEffects& s = stage(sink);
    if (s.open_.empty()) return s.refuse(COMPOSABLE_E_MISUSE, "end: without a begin");
    StagedEffect group = std::move(s.open_.back());
    s.open_.pop_back();
    (s.open_.empty() ? s.after_ : s.open_.back().children).push_back(std::move(group));
    return s.status_;
  }

  static composable_status commit(composable_effects* sink) {
    StagedEffects& s = stage(sink);
    if (s.committed_) return s.refuse(COMPOSABLE_E_MISUSE, "commit: called twice");
    if (!s.open_.empty()) return s.refuse(COMPOSABLE_E_MISUSE, "commit: a group is still open");
    if (s.status_ != COMPOSABLE_OK) return s.status_;
    s.committed_ = true;
    s.committer_.commit();
    return s.status_;
  }

  static composable_status publish(composable_effects* sink, composable_str topic,
                                   const composable_action* event) {
    StagedEffects& s = stage(sink);
    composable_action taken;
    if (!s.take_action(event, "publish", taken)) return s.status_;
    const ActionType& type = s.domain_->actions()[taken.type];
    if (type.action_class != COMPOSABLE_CLASS_EVENT) {
      return s.refuse(COMPOSABLE_E_MISUSE,
                      absl::StrFormat("publish %s: is %s, not an event", type.name,
                                      class_in_a_sentence(type.action_class)));
    }
    if (!is_topic_name(view(topic))) {
      return s.refuse(COMPOSABLE_E_MISUSE,
                      absl::StrFormat("publish %s: the topic \"%s\" is not of the form %s",
                                      type.name, view(topic).substr(0, 128), kTopicNameForm));
    }
    StagedEffect effect{.kind = StagedEffect::Kind::kPublish};
    effect.key = view(topic);
    if (s.stage_payload(taken, "publish", effect) != COMPOSABLE_OK) return s.status_;
    return s.stage_later(std::move(effect));
  }
};

StagedEffects::StagedEffects(Committer& committer) : committer_(committer) {
  sink_.struct_size = sizeof sink_;
  sink_.impl = this;
  sink_.append = Functions::append;
  sink_.apply = Functions::apply;
  sink_.announce = Functions::announce;
  sink_.send = Functions::send;
  sink_.delay = Functions::delay;
  sink_.cancel = Functions::cancel;
  sink_.job = Functions::job;
  sink_.load = Functions::load;
  sink_.begin = Functions::begin;
  sink_.end = Functions::end;
  sink_.commit = Functions::commit;
  sink_.publish = Functions::publish;
}

void StagedEffects::reset(const DomainHandle& domain) {
  domain_ = &domain;
  status_ = COMPOSABLE_OK;
  fault_.clear();
  committed_ = false;
  native_facts_ = false;
  effects_ = 0;
  bytes_ = 0;
  n_facts_ = 0;
  appends_.clear();
  after_.clear();
  open_.clear();
}

bool StagedEffects::complete() {
  if (status_ == COMPOSABLE_OK && !open_.empty()) {
    refuse(COMPOSABLE_E_MISUSE, "decide: ended with a group still open");
  }
  if (status_ == COMPOSABLE_OK && native_facts_ && !committed_) {
    refuse(COMPOSABLE_E_MISUSE, "decide: native payloads without commit");
  }
  return status_ == COMPOSABLE_OK;
}

bool StagedEffects::encode_facts() {
  for (std::size_t n = 0; n < n_facts_; ++n) {
    StagedFact& fact = facts_[n];
    if (fact.action.form == COMPOSABLE_FORM_JSON) continue;
    fact.owned.clear();
    CallError error;
    if (domain_->encode(fact.action, fact.owned, error) < 0) {
      refuse(error.code, "announce: " + error.message);
      return false;
    }
    fact.action.form = COMPOSABLE_FORM_JSON;
  }
  native_facts_ = false;
  return true;
}

composable_status StagedEffects::refuse(composable_status status, std::string text) {
  if (status_ == COMPOSABLE_OK) {
    status_ = status;
    fault_ = std::move(text);
  }
  return status_;
}

bool StagedEffects::takes(std::size_t bytes) {
  bytes_ += bytes;
  if (++effects_ > kMaxEffects || bytes_ > kMaxBytes) {
    refuse(COMPOSABLE_E_OVERLOADED,
           absl::StrFormat("decide: more than %u effects or %u bytes of payload",
                           static_cast<unsigned>(kMaxEffects), static_cast<unsigned>(kMaxBytes)));
  }
  return status_ == COMPOSABLE_OK;
}

bool StagedEffects::take_action(const composable_action* action, const char* verb,
                                composable_action& taken) {
  if (status_ != COMPOSABLE_OK) return false;
  taken = action == nullptr ? composable_action{} : *action;
  taken.type = action == nullptr ? Numbering::kGone : domain_->action_number(action->type);
  if (committed_) {
    refuse(COMPOSABLE_E_MISUSE, absl::StrFormat("%s: after commit", verb));
  } else if (taken.type == Numbering::kGone) {
    refuse(COMPOSABLE_E_MISUSE, absl::StrFormat("%s: no action, or one of an unknown type", verb));
  } else if (taken.form > COMPOSABLE_FORM_NATIVE || taken.data == nullptr) {
    refuse(COMPOSABLE_E_MISUSE, absl::StrFormat("%s %s: no payload, or one of an unknown form",
                                                verb, domain_->actions()[taken.type].name));
  }
  return status_ == COMPOSABLE_OK;
}

composable_status StagedEffects::stage_append(const composable_append& append) {
  if (!domain_->durable()) {
    return refuse(COMPOSABLE_E_MISUSE, "append: the domain is ephemeral; use apply");
  }
  if (!open_.empty()) {
    return refuse(COMPOSABLE_E_MISUSE,
                  "append: stands inside a group, where only send, delay, job, load and publish "
                  "may");
  }
  const std::string_view stream = view(append.stream);
  if (!stream_name_ok(stream)) {
    return refuse(COMPOSABLE_E_MISUSE,
                  absl::StrFormat("append: a stream name has 1 to 255 bytes and no control "
                                  "characters, found %u bytes",
                                  static_cast<unsigned>(stream.size())));
  }
  if (append.expected > COMPOSABLE_EXPECT_EXACT) {
    return refuse(
        COMPOSABLE_E_UNSUPPORTED,
        absl::StrFormat("append to \"%s\": unknown expectation %u", stream, append.expected));
  }
  if (append.n_events == 0) {
    return refuse(COMPOSABLE_E_MISUSE,
                  absl::StrFormat("append to \"%s\": at least one event is needed", stream));
  }
  for (const StreamAppend& other : appends_) {
    if (other.stream == stream) {
      return refuse(
          COMPOSABLE_E_MISUSE,
          absl::StrFormat("append to \"%s\": named twice; put its events into one append", stream));
    }
  }
  static constexpr Expected kExpected[] = {Expected::kSeen, Expected::kAny, Expected::kNone,
                                           Expected::kExists, Expected::kExact};
  StreamAppend staged;
  staged.stream = stream;
  staged.expected = kExpected[append.expected];
  staged.exact_version = append.expected_version;
  for (std::size_t n = 0; n < append.n_events; ++n) {
    composable_action event;
    if (!take_action(&append.events[n], "append", event)) return status_;
    const ActionType& type = domain_->actions()[event.type];
    if (type.action_class != COMPOSABLE_CLASS_EVENT) {
      return refuse(COMPOSABLE_E_MISUSE,
                    absl::StrFormat("append to \"%s\": %s is %s, not an event", stream, type.name,
                                    class_in_a_sentence(type.action_class)));
    }
    NewEvent& stored = staged.events.emplace_back();
    stored.type = type.name;
    CallError error;
    if (domain_->encode(event, stored.data, error) < 0) {
      return refuse(error.code, absl::StrFormat("append %s: %s", type.name, error.message));
    }
    if (!takes(stored.data.size())) return status_;
  }
  appends_.push_back(std::move(staged));
  return status_;
}

composable_status StagedEffects::stage_fact(const composable_action& action, bool evolves) {
  const ActionType& type = domain_->actions()[action.type];
  const char* verb = evolves ? "apply" : "announce";
  if (!open_.empty()) {
    return refuse(COMPOSABLE_E_MISUSE,
                  absl::StrFormat("%s %s: stands inside a group, where only send, delay, job, "
                                  "load and publish may",
                                  verb, type.name));
  }
  const bool event = type.action_class == COMPOSABLE_CLASS_EVENT;
  if (!event && (evolves || type.action_class != COMPOSABLE_CLASS_REJECTION)) {
    return refuse(COMPOSABLE_E_MISUSE,
                  absl::StrFormat("%s %s: is %s, not an event", verb, type.name,
                                  class_in_a_sentence(type.action_class)));
  }
  const bool native = action.form == COMPOSABLE_FORM_NATIVE;
  if (!takes(native ? 0 : action.size)) return status_;
  if (n_facts_ == facts_.size()) facts_.emplace_back();
  StagedFact& fact = facts_[n_facts_++];
  fact.evolves = evolves;
  fact.action = action;
  if (native) {
    native_facts_ = true;
  } else {
    fact.owned.assign(static_cast<const char*>(action.data), action.size);
  }
  return status_;
}

composable_status StagedEffects::stage_feedback(const composable_action& action, const char* verb,
                                                StagedEffect& effect) {
  const ActionType& type = domain_->actions()[action.type];
  if (type.action_class != COMPOSABLE_CLASS_COMMAND &&
      type.action_class != COMPOSABLE_CLASS_INTERNAL) {
    return refuse(COMPOSABLE_E_MISUSE,
                  absl::StrFormat("%s %s: is %s, not a command or internal action", verb, type.name,
                                  class_in_a_sentence(type.action_class)));
  }
  return stage_payload(action, verb, effect);
}

composable_status StagedEffects::stage_payload(const composable_action& action, const char* verb,
                                               StagedEffect& effect) {
  effect.number = action.type;
  CallError error;
  if (domain_->encode(action, effect.data, error) < 0) {
    return refuse(error.code, absl::StrFormat("%s %s: %s", verb,
                                              domain_->actions()[action.type].name, error.message));
  }
  takes(effect.data.size());
  return status_;
}

composable_status StagedEffects::stage_later(StagedEffect effect) {
  if (status_ != COMPOSABLE_OK) return status_;
  if (committed_) return refuse(COMPOSABLE_E_MISUSE, "an effect after commit");
  if (!takes(0)) return status_;
  (open_.empty() ? after_ : open_.back().children).push_back(std::move(effect));
  return status_;
}

}  // namespace composable::host
