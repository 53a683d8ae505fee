// Requests that are changed at random, read by our parser and by Beast's: what both take for a
// request is the same request, and ends at the same byte.
#include <gtest/gtest.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstring>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "http/http_parser.hpp"

namespace composable::host {
namespace {

namespace beast_http = boost::beast::http;

// nullopt: no whole request.
std::optional<std::string> ours(const std::string& text) {
  const HttpLimits limits;
  HttpParser parser(limits);
  RequestView request;
  ReadBuffer buffer;
  request.reset();
  buffer.prepare(text.size() + 1);
  std::memcpy(buffer.free_begin(), text.data(), text.size());
  buffer.commit(text.size());
  parser.begin(request, buffer);
  if (parser.parse(buffer) || parser.state() == HttpParser::State::kHead) return std::nullopt;
  if (parser.state() == HttpParser::State::kBody) {
    if (parser.limit_body(10'000) || parser.parse(buffer)) return std::nullopt;
  }
  if (parser.state() != HttpParser::State::kComplete) return std::nullopt;
  std::string out = std::string(request.method_text()) + " " + std::string(request.target()) +
                    (request.http_1_1() ? " 1.1" : " 1.0");
  std::multiset<std::string> headers;
  for (std::size_t i = 0; i < request.header_count(); ++i) {
    const auto [name, value] = request.header_at(i);
    headers.insert("|" + std::string(name) + "=" + std::string(value));
  }
  for (const std::string& header : headers) out += header;
  out.append("|").append(parser.body(buffer));
  buffer.consume(parser.parsed());
  return out.append("|").append(buffer.data());
}

std::optional<std::string> beasts(const std::string& text) {
  beast_http::request_parser<beast_http::string_body> parser;
  parser.eager(true);
  parser.body_limit(10'000);
  parser.header_limit(16 * 1024);
  boost::beast::error_code error;
  const std::size_t n = parser.put(boost::asio::buffer(text), error);
  if (error || !parser.is_done()) return std::nullopt;
  const auto& request = parser.get();
  std::string out = std::string(request.method_string()) + " " + std::string(request.target()) +
                    (request.version() >= 11 ? " 1.1" : " 1.0");
  std::multiset<std::string> headers;  // it puts those of one name together
  std::size_t hosts = 0;
  for (const auto& field : request) {
    headers.insert("|" + std::string(field.name_string()) + "=" + std::string(field.value()));
    if (field.name() == beast_http::field::host) ++hosts;
  }
  if (hosts > 1) return std::nullopt;
  for (const std::string& header : headers) out += header;
  out.append("|").append(request.body());
  return out.append("|").append(text.substr(n));
}

// Without the trailers, which Beast adds to the headers and we leave out.
const std::vector<std::string> kSeeds = {
    "GET /a?b=c HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\nGET /next",
    "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /next",
    "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3\r\nhel\r\n02;a=b;c=\"d\"\r\nlo\r\n0\r\n\r\nGET /next",
    "PUT /a HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}",
};

std::string changed(std::string text, std::mt19937& random) {
  using namespace std::string_literals;
  static const std::string kBytes = "\r\n \t:;=,\"\\\0"s + "0159aAfF/.\x01\x7f\xff-+xHTP%"s;
  const auto below = [&](std::size_t n) { return random() % n; };
  for (std::size_t n = 1 + below(3); n > 0 && !text.empty(); --n) {
    const std::size_t at = below(text.size());
    const char byte = kBytes[below(kBytes.size())];
    switch (below(4)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      case 2:
        text.erase(at, 1 + below(3));
        break;
      default:
        text.insert(at, text.substr(below(text.size()), 1 + below(12)));
    }
  }
  return text;
}

TEST(HttpParserBeastTest, WhatBothTakeIsTheSameRequest) {
  std::mt19937 random(1);
  int both = 0, beast_alone = 0, ours_alone = 0;
  for (int i = 0; i < 40'000; ++i) {
    const std::string& seed = kSeeds[random() % kSeeds.size()];
    const std::string text = i < 100 ? seed : changed(seed, random);
    const auto mine = ours(text), theirs = beasts(text);
    if (mine && theirs) {
      ASSERT_EQ(*mine, *theirs) << text;
      ++both;
    } else {
      ours_alone += mine ? 1 : 0;
      beast_alone += theirs ? 1 : 0;
    }
  }
  EXPECT_GT(both, 5'000);
  RecordProperty("both", both);
  RecordProperty("ours_alone", ours_alone);
  RecordProperty("beast_alone", beast_alone);
}

}  // namespace
}  // namespace composable::host
