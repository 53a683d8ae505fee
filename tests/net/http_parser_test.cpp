#include "net/http_parser.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace composable::host {
namespace {

void put(ReadBuffer& buffer, std::string_view text) {
  if (text.empty()) return;
  buffer.prepare(text.size());
  std::memcpy(buffer.free_begin(), text.data(), text.size());
  buffer.commit(text.size());
}

// Parses `text`, given in two parts, and says what came of it.
std::string parsed(std::string_view text, std::size_t cut, std::size_t body_limit = 1000) {
  const HttpLimits limits;
  HttpParser parser(limits);
  RequestView request;
  ReadBuffer buffer;
  request.reset();
  parser.begin(request, buffer);
  bool limited = false;
  const auto refused = [](const Refusal& r) { return std::to_string(r.status) + " " + r.message; };
  for (const std::string_view part : {text.substr(0, cut), text.substr(cut)}) {
    put(buffer, part);
    if (parser.state() == HttpParser::State::kHead) {
      if (const auto refusal = parser.parse(buffer)) return refused(*refusal);
    }
    if (parser.state() == HttpParser::State::kBody) {
      if (!std::exchange(limited, true)) {
        if (const auto refusal = parser.limit_body(body_limit)) return refused(*refusal);
      }
      if (const auto refusal = parser.parse(buffer)) return refused(*refusal);
    }
  }
  if (parser.state() != HttpParser::State::kComplete) return "incomplete";
  if (request.read_target()) return "target";
  std::string out = std::string(method_name(request.method())) + " " + std::string(request.path());
  for (std::size_t i = 0; i < request.header_count(); ++i) {
    out += "|" + std::string(request.header_at(i).name) + "=" +
           std::string(request.header_at(i).value);
  }
  out += "|" + std::string(parser.body(buffer)) + "|" + (request.keep_alive() ? "keep" : "close");
  buffer.consume(parser.parsed());
  return out + "|" + std::string(buffer.data());
}

// However a request is cut in two, it is the same request.
void expect_parsed(std::string_view text, std::string_view outcome) {
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    ASSERT_EQ(parsed(text, cut), outcome) << "cut at " << cut;
  }
}

// A session looks at the headers it has when a head does not arrive in time, and the buffer has
// moved since they were read.
TEST(HttpParserTest, TheHeadersOfAnUnfinishedHeadMoveWithTheBuffer) {
  const HttpLimits limits;
  HttpParser parser(limits);
  RequestView request;
  ReadBuffer buffer;
  request.reset();
  parser.begin(request, buffer);
  put(buffer, "GET /a?b HTTP/1.1\r\nX-Id: one\r\nX-Filler: ");
  ASSERT_FALSE(parser.parse(buffer));
  buffer.prepare(2 * ReadBuffer::kInitial);
  const std::string_view bytes = buffer.data();
  for (const std::string_view part : {*request.header("x-id"), request.target()}) {
    EXPECT_GE(part.data(), bytes.data());
    EXPECT_LE(part.data() + part.size(), bytes.data() + bytes.size());
  }
  EXPECT_EQ(request.header("x-id"), "one");
}

TEST(HttpParserTest, ReadsAHead) {
  expect_parsed("GET /a?b HTTP/1.1\r\nHost: x\r\nEmpty:\r\nTwo:  words here \r\n\r\nNEXT",
                "GET /a|Host=x|Empty=|Two=words here||keep|NEXT");
  expect_parsed("GET / HTTP/1.0\r\n\r\n", "GET /||close|");
}

TEST(HttpParserTest, ReadsABodyOfKnownLength) {
  expect_parsed("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloNEXT",
                "POST /a|Host=x|Content-Length=5|hello|keep|NEXT");
}

TEST(HttpParserTest, ReadsAChunkedBodyAndIgnoresItsTrailer) {
  expect_parsed(
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-Actor: root\r\n\r\nNEXT",
      "POST /a|Host=x|Transfer-Encoding=chunked|hello|keep|NEXT");
}

TEST(HttpParserTest, RefusesWhatCouldSmuggleARequest) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       "400 Transfer-Encoding: it must stand once, and without Content-Length"},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
       "400 Content-Length: it must be one number, and stand without Transfer-Encoding"},
      {"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
       "400 Content-Length: two different values"},
      {"Content-Length: 5, 6\r\n\r\n", "400 Content-Length: two different values"},
      {"Content-Length: -5\r\n\r\n",
       "400 Content-Length: it must be one number, and stand without Transfer-Encoding"},
      {"Content-Length: 5x\r\n\r\n",
       "400 Content-Length: it must be one number, and stand without Transfer-Encoding"},
      {"Content-Length: 99999999999999999999999\r\n\r\n",
       "400 Content-Length: it must be one number, and stand without Transfer-Encoding"},
      {"Transfer-Encoding: gzip, chunked\r\n\r\n",
       "501 Transfer-Encoding: \"gzip, chunked\" is not known here; send chunked or a "
       "Content-Length"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
       "400 Transfer-Encoding: it must stand once, and without Content-Length"},
      {"Transfer-Encoding: xchunked\r\n\r\n",
       "501 Transfer-Encoding: \"xchunked\" is not known here; send chunked or a Content-Length"},
      {"Transfer-Encoding : chunked\r\n\r\n",
       "400 headers: a name is no token followed by a colon"},
      {"X-A: b\r\n folded\r\n\r\n", "400 X-A: the header is folded over lines; send it on one"},
      {"X-A: b\nX-B: c\r\n\r\n", "400 headers: a value has a control character"},
      {"Host: y\r\n\r\n", "400 Host: more than one"},
      {"Transfer-Encoding: chunked\r\n\r\nx\r\n", "400 body: a chunk is malformed"},
      {"Transfer-Encoding: chunked\r\n\r\n-1\r\n", "400 body: a chunk is malformed"},
      {"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", "400 body: a chunk is malformed"},
  };
  for (const auto& [rest, outcome] : cases) {
    expect_parsed(head + rest, outcome);
    if (HasFailure()) FAIL() << rest;
  }
}

TEST(HttpParserTest, RefusesAMalformedRequestLine) {
  expect_parsed("G(T / HTTP/1.1\r\n\r\n", "400 request line: the method is no token");
  expect_parsed("GET /\x01 HTTP/1.1\r\n\r\n",
                "400 request line: the target has a character no URI has");
  expect_parsed("GET / HTTP/2.0\r\n\r\n", "400 request line: HTTP/1.1 or HTTP/1.0 must end it");
  expect_parsed("GET / HTTP/1.1\r\n\r\n", "400 Host: missing; HTTP/1.1 needs it");
  expect_parsed("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
                "400 Transfer-Encoding: HTTP/1.0 has none; send Content-Length");
}

TEST(HttpParserTest, LimitsTheBody) {
  EXPECT_EQ(parsed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", 0, 10),
            "413 body: more than the 10 bytes accepted here");
  EXPECT_EQ(parsed("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "8\r\n12345678\r\n3\r\n",
                   0, 10),
            "413 body: more than the 10 bytes accepted here");
}

TEST(HttpParserTest, LimitsTheHead) {
  const std::string host = "GET / HTTP/1.1\r\nHost: x\r\n";
  const std::string long_value(17 * 1024, 'a');
  for (const std::size_t cut : {std::size_t{0}, std::size_t{100}, std::size_t{16000}}) {
    EXPECT_EQ(parsed(host + "X-A: " + long_value + "\r\n\r\n", cut),
              "431 headers: more than the 16384 bytes accepted");
    EXPECT_EQ(parsed("GET /" + long_value + " HTTP/1.1\r\nHost: x\r\n\r\n", cut),
              "414 request target: more than the 8192 bytes accepted");
  }
  EXPECT_EQ(parsed("GET /" + std::string(8192, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 0),
            "414 request target: 8193 bytes; at most 8192 are accepted");
  std::string many = host;
  for (int i = 0; i < 100; ++i) many += "X-A: b\r\n";
  EXPECT_EQ(parsed(many + "\r\n", 0), "431 headers: more than 100");
  // Many short lines, each complete: the sum counts.
  std::string sum = host;
  for (int i = 0; i < 90; ++i) sum += "X-A: " + std::string(200, 'b') + "\r\n";
  for (std::size_t cut = 0; cut < sum.size(); cut += 1009) {
    ASSERT_EQ(parsed(sum + "\r\n", cut), "431 headers: more than the 16384 bytes accepted");
  }
}

TEST(HttpParserTest, BoundsAChunkHeaderWithoutEnd) {
  EXPECT_EQ(parsed("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                       std::string(17 * 1024, 'a'),
                   0),
            "400 body: a chunk's header or the trailer is too long");
}

}  // namespace
}  // namespace composable::host
