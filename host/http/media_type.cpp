#include "http/media_type.hpp"

#include <utility>

#include "http/characters.hpp"
#include "http/request_view.hpp"

namespace composable::host {
namespace {

// A cursor over one value: each function removes what it has read.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  bool at_end() const { return rest_.empty(); }
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view token() {
    std::size_t n = 0;
    while (n < rest_.size() && is_token_char(rest_[n])) ++n;
    const std::string_view token = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return token;
  }
  // Behind the opening quote; nullopt when it does not end.
  std::optional<std::string> quoted() {
    std::string text;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return text;
      }
      if (rest_[i] == '\\' && ++i == rest_.size()) break;
      text += rest_[i];
    }
    return std::nullopt;
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::optional<MediaType> MediaType::parse(std::string_view text) {
  MediaType media;
  Reader in(text);
  const std::string_view type = in.token();
  if (type.empty() || !in.take('/')) return std::nullopt;
  const std::string_view subtype = in.token();
  if (subtype.empty()) return std::nullopt;
  media.type = text.substr(0, type.size() + 1 + subtype.size());
  for (;;) {
    in.skip_blanks();
    if (in.at_end()) return media;
    if (!in.take(';')) return std::nullopt;
    in.skip_blanks();
    const std::string_view name = in.token();
    if (name.empty()) continue;  // RFC 9110, 5.6.6: a parameter may be missing
    if (!in.take('=')) return std::nullopt;
    std::optional<std::string> value;
    if (in.take('"')) {
      value = in.quoted();
    } else if (const std::string_view token = in.token(); !token.empty()) {
      value = std::string(token);
    }
    if (!value) return std::nullopt;
    if (!equals_ignoring_case(name, "charset")) continue;
    if (media.charset && !equals_ignoring_case(*media.charset, *value)) {
      media.charset_is_clear = false;
    }
    media.charset = std::move(value);
  }
}

}  // namespace composable::host
