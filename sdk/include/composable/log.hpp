// A plugin writes lines to the host's log: a message that is a literal, and fields that vary.
//
//   composable::log::info("payment refused", {{"order", id}, {"amount", 12}});
//
// The host writes time, level and the domain's name before it, as text or as JSON. Which levels it
// writes is the operator's choice, for each domain: `--log-level shop=debug,info`.
//
// Log from jobs, from the functions of routes, and while the state is created: in the constructors
// of State and Config. Do not log from decide and evolve: they are pure; decide may run again and
// evolve runs at every start, so their lines would report what has not happened. The test store
// fails a test whose decide or evolve logs. Record a decision in an event instead.
//
// On any thread. Nothing is allocated and nothing waits: a line is made in 4 KiB on the stack. A
// text is cut after 1,000 bytes, and says so with an ellipsis; fields that no longer fit are left
// out, and `truncated=true` says so. No secret may be passed; a composable::Secret is written ***.
// Without a host, as in a plain unit test, a line goes nowhere.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "composable/abi/host.h"
#include "composable/values.hpp"

namespace composable::log {

// What a line says. A literal of printable ASCII without '=', at most 128 bytes, so that lines can
// be searched and counted by it; anything else does not compile.
class Message {
 public:
  template <std::size_t kSize>
  consteval Message(const char (&text)[kSize]) : text_(text, kSize - 1) {
    if (text_.empty() || text_.size() > 128) throw "composable: a message has 1 to 128 bytes";
    for (const char c : text_) {
      if (c < ' ' || c > '~' || c == '=') {
        throw "composable: a message is printable ASCII without '='; what varies is a field";
      }
    }
  }
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// The name of a field, a literal: [a-z][a-z0-9_]*, at most 64 bytes.
class Key {
 public:
  template <std::size_t kSize>
  consteval Key(const char (&name)[kSize]) : text_(name, kSize - 1) {
    bool fine = !text_.empty() && text_.size() <= 64 && text_[0] >= 'a' && text_[0] <= 'z';
    for (const char c : text_) {
      fine = fine && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
    }
    if (!fine) throw "composable: the name of a field is [a-z][a-z0-9_]*, at most 64 bytes";
  }
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// A text, a number or a flag. A text is a view, valid until the call returns.
class Value {
 public:
  using Any = std::variant<std::string_view, bool, std::int64_t, std::uint64_t, double>;

  Value(std::string_view text) : value_(text) {}
  Value(const std::string& text) : value_(std::string_view(text)) {}
  Value(const char* text) : value_(std::string_view(text)) {}
  Value(std::same_as<bool> auto flag) : value_(flag) {}
  Value(std::signed_integral auto number) : value_(static_cast<std::int64_t>(number)) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Value(T number) : value_(static_cast<std::uint64_t>(number)) {}
  Value(std::floating_point auto number) : value_(static_cast<double>(number)) {}
  template <class T, auto kDefault>
  Value(const WithDefault<T, kDefault>& field) : Value(field.value) {}
  template <class T>
  Value(const Secret<T>&) : value_(std::string_view("***")) {}

  const Any& any() const { return value_; }

 private:
  Any value_;
};

struct Field {
  Key key;
  Value value;
};
using Fields = std::initializer_list<Field>;

// For finding a fault; written only when the operator enables it.
void debug(Message message, Fields fields = {});
// For events that an operator may want to look up later.
void info(Message message, Fields fields = {});
// For trouble that did not stop the work, and that an operator should look at.
void warn(Message message, Fields fields = {});
// For work that failed.
void error(Message message, Fields fields = {});

// For the glue and the testing kit: where lines go from now on; returns where they went. Null:
// nowhere. The table is valid until the next call.
const composable_host* exchange_host(const composable_host* host) noexcept;

}  // namespace composable::log
