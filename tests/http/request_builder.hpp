// Makes a RequestView out of parts, as the parser would, for tests that need no socket.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/request_view.hpp"

namespace composable::host {

class RequestBuilder {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  RequestBuilder(Method method, std::string_view target, const Headers& headers = {},
                 std::string_view body = {}, bool http_1_1 = true) {
    view_.reset();
    const auto method_text = put(method_name(method));
    view_.set_request_line(method, method_text, put(target), http_1_1);
    for (const auto& [name, value] : headers) {
      const auto name_slice = put(name);
      view_.add_header(name_slice, name.empty() ? '\0' : name.front(), put(value));
    }
    first_byte_ = text_.data();
    view_.follow(first_byte_);
    view_.set_body_kind(body.empty() ? BodyKind::kNone : BodyKind::kOfKnownLength);
    body_ = body;
    view_.set_body(body_);
    refusal_ = view_.read_target();
  }

  RequestView& view() { return view_; }
  const std::optional<Refusal>& target_refusal() const { return refusal_; }

 private:
  RequestView::Slice put(std::string_view part) {
    const auto offset = static_cast<std::uint32_t>(text_.size());
    text_ += part;
    return {offset, static_cast<std::uint32_t>(part.size())};
  }

  std::string text_, body_;
  const char* first_byte_ = nullptr;
  RequestView view_;
  std::optional<Refusal> refusal_;
};

}  // namespace composable::host
