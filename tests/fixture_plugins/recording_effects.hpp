// An effect sink that writes down what a decide told it, one line per effect. For tests that drive
// a plugin's table without a host. Single-threaded.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "composable/abi/composable.h"

class RecordingEffects {
 public:
  explicit RecordingEffects(const composable_domain& domain) : domain_(domain) {
    sink_.struct_size = sizeof sink_;
    sink_.impl = this;
    sink_.append = [](composable_effects* e, const composable_append* a) {
      for (std::size_t i = 0; i < a->n_events; ++i) {
        self(e).line("append " + text(a->stream) + " expect " + std::to_string(a->expected) + " " +
                     self(e).shown(a->events[i]));
      }
      return COMPOSABLE_OK;
    };
    sink_.apply = [](composable_effects* e, const composable_action* a) {
      return self(e).line("apply " + self(e).shown(*a));
    };
    sink_.announce = [](composable_effects* e, const composable_action* a) {
      return self(e).line("announce " + self(e).shown(*a));
    };
    sink_.send = [](composable_effects* e, const composable_action* a) {
      return self(e).line("send " + self(e).shown(*a));
    };
    sink_.delay = [](composable_effects* e, composable_str key, std::uint64_t us,
                     const composable_action* a) {
      return self(e).line("delay " + text(key) + " " + std::to_string(us) + " " +
                          self(e).shown(*a));
    };
    sink_.cancel = [](composable_effects* e, composable_str key) {
      return self(e).line("cancel " + text(key));
    };
    sink_.job = [](composable_effects* e, std::uint32_t job, composable_str key,
                   composable_bytes input) {
      return self(e).line("job " + std::to_string(job) + " " + text(key) + " " +
                          std::string(reinterpret_cast<const char*>(input.ptr), input.len));
    };
    sink_.load = [](composable_effects* e, composable_str stream, std::uint64_t from,
                    std::uint32_t max, std::uint32_t into) {
      return self(e).line("load " + text(stream) + " " + std::to_string(from) + " " +
                          std::to_string(max) + " " + text(self(e).domain_.actions[into]->name));
    };
    sink_.begin = [](composable_effects* e, std::uint32_t group) {
      return self(e).line("begin " + std::to_string(group));
    };
    sink_.end = [](composable_effects* e) { return self(e).line("end"); };
    sink_.commit = [](composable_effects* e) { return self(e).line("commit"); };
    sink_.publish = [](composable_effects* e, composable_str topic, const composable_action* a) {
      return self(e).line("publish " + text(topic) + " " + self(e).shown(*a));
    };
  }
  RecordingEffects(const RecordingEffects&) = delete;
  RecordingEffects& operator=(const RecordingEffects&) = delete;

  composable_effects* sink() { return &sink_; }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  static RecordingEffects& self(composable_effects* e) {
    return *static_cast<RecordingEffects*>(e->impl);
  }
  static std::string text(composable_str s) {
    return s.len == 0 ? std::string() : std::string(s.ptr, s.len);
  }
  std::string shown(const composable_action& a) const {
    return text(domain_.actions[a.type]->name) +
           std::string(static_cast<const char*>(a.data), a.size);
  }
  composable_status line(std::string what) {
    lines_.push_back(std::move(what));
    return COMPOSABLE_OK;
  }

  const composable_domain& domain_;
  composable_effects sink_{};
  std::vector<std::string> lines_;
};
