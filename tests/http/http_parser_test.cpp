#include "http/http_parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace composable::host {
namespace {

void put(ReadBuffer& buffer, std::string_view text) {
  if (text.empty()) return;
  buffer.prepare(text.size());
  std::memcpy(buffer.free_begin(), text.data(), text.size());
  buffer.commit(text.size());
}

// Parses `text`, given in parts, and says what came of it.
std::string parsed(const std::vector<std::string_view>& parts, std::size_t body_limit) {
  const HttpLimits limits;
  HttpParser parser(limits);
  RequestView request;
  ReadBuffer buffer;
  request.reset();
  bool begun = false, limited = false;
  const auto refused = [](const Refusal& r) { return std::to_string(r.status) + " " + r.message; };
  for (const std::string_view part : parts) {
    put(buffer, part);
    if (!begun && !HttpParser::skip_empty_lines(buffer)) continue;
    if (!std::exchange(begun, true)) parser.begin(request, buffer);
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

std::string parsed(std::string_view text, std::size_t cut, std::size_t body_limit = 1000) {
  cut = std::min(cut, text.size());
  return parsed({text.substr(0, cut), text.substr(cut)}, body_limit);
}

// However a request is cut in two, and also byte by byte, it is the same request.
void expect_parsed(std::string_view text, std::string_view outcome) {
  std::vector<std::string_view> bytes;
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    ASSERT_EQ(parsed(text, cut), outcome) << "cut at " << cut;
    if (cut != text.size()) bytes.push_back(text.substr(cut, 1));
  }
  EXPECT_EQ(parsed(bytes, 1000), outcome) << "byte by byte";
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
  expect_parsed("GET /a?b HTTP/1.1\r\nHost: x\r\nEmpty:\r\nTwo:  words\there \t\r\n\r\nNEXT",
                "GET /a|Host=x|Empty=|Two=words\there||keep|NEXT");
  expect_parsed("GET / HTTP/1.0\r\n\r\n", "GET /||close|");
  expect_parsed("GET http://x/a HTTP/1.1\r\nHost: y\r\nA: \xc3\xa9\xff\r\n\r\n",
                "GET /a|Host=y|A=\xc3\xa9\xff||keep|");
}

TEST(HttpParserTest, SkipsEmptyLinesBeforeARequest) {
  expect_parsed("\r\n\r\n\r\nGET / HTTP/1.0\r\n\r\n", "GET /||close|");
  expect_parsed("\r\n\r", "incomplete");
  expect_parsed("\r\rGET / HTTP/1.0\r\n\r\n", "400 request line: invalid method");
  expect_parsed("\r\n\nGET / HTTP/1.0\r\n\r\n", "400 request line: invalid method");
  expect_parsed("\rGET / HTTP/1.0\r\n\r\n", "400 request line: invalid method");
}

TEST(HttpParserTest, ReadsAnUnknownMinorVersionAsItsHighest) {
  expect_parsed("GET / HTTP/1.2\r\nHost: x\r\n\r\n", "GET /|Host=x||keep|");
  expect_parsed("GET / HTTP/1.9\r\nHost: x\r\nConnection: close\r\n\r\n",
                "GET /|Host=x|Connection=close||close|");
  expect_parsed("GET / HTTP/1.2\r\n\r\n", "400 Host: missing; HTTP/1.1 needs it");
}

TEST(HttpParserTest, CloseWins) {
  const auto keeps = [](std::string_view version, std::string_view lines) {
    const std::string text =
        "GET / HTTP/" + std::string(version) + "\r\nHost: x\r\n" + std::string(lines) + "\r\n";
    return parsed(text, 0).find("|keep|") != std::string::npos;
  };
  EXPECT_TRUE(keeps("1.0", "Connection: keep-alive\r\n"));
  EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive; timeout=5\r\n"));
  EXPECT_TRUE(keeps("1.1", "Connection: keep-alive; timeout=5, max=3\r\n"));
  EXPECT_TRUE(keeps("1.1", "Connection: closed, x y\r\n"));
  for (const char* version : {"1.0", "1.1"}) {
    for (const char* lines :
         {"Connection: close, keep-alive\r\n", "Connection: keep-alive, Close\r\n",
          "Connection: keep-alive\r\nConnection: close\r\n",
          "Connection: close\r\nConnection: keep-alive\r\n",
          "Connection: keep-alive,,close;a\r\n"}) {
      EXPECT_FALSE(keeps(version, lines)) << version << " " << lines;
    }
  }
}

TEST(HttpParserTest, ReadsABodyOfKnownLength) {
  expect_parsed("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloNEXT",
                "POST /a|Host=x|Content-Length=5|hello|keep|NEXT");
  expect_parsed("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 05, 5\r\n\r\nhelloNEXT",
                "POST /a|Host=x|Content-Length=05, 5|hello|keep|NEXT");
  expect_parsed("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\nNEXT",
                "POST /a|Host=x|Content-Length=0||keep|NEXT");
}

TEST(HttpParserTest, ReadsAChunkedBodyAndIgnoresItsTrailer) {
  expect_parsed(
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-Actor: root\r\n\r\nNEXT",
      "POST /a|Host=x|Transfer-Encoding=Chunked|hello|keep|NEXT");
  expect_parsed("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nNEXT",
                "POST /a|Host=x|Transfer-Encoding=chunked||keep|NEXT");
}

// A second request must never begin where another reader sees a body, or the other way round.
TEST(HttpParserTest, RefusesWhatCouldSmuggleARequest) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       "400 Transfer-Encoding: must be given once, without Content-Length"},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
       "400 Content-Length: must be one number, without Transfer-Encoding"},
      {"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
       "400 Content-Length: two different values"},
      {"Content-Length: 5, 6\r\n\r\n", "400 Content-Length: two different values"},
      {"Content-Length: -5\r\n\r\n",
       "400 Content-Length: must be one number, without Transfer-Encoding"},
      {"Content-Length: +5\r\n\r\n",
       "400 Content-Length: must be one number, without Transfer-Encoding"},
      {"Content-Length: 0x5\r\n\r\n",
       "400 Content-Length: must be one number, without Transfer-Encoding"},
      {"Content-Length: 5,\r\n\r\n",
       "400 Content-Length: must be one number, without Transfer-Encoding"},
      {"Content-Length:\r\n\r\n",
       "400 Content-Length: must be one number, without Transfer-Encoding"},
      {"Content-Length: 99999999999999999999999\r\n\r\n",
       "413 body: more than the 1000 bytes accepted here"},
      {"Transfer-Encoding: gzip, chunked\r\n\r\n",
       "501 Transfer-Encoding: \"gzip, chunked\" is not supported; send chunked or a "
       "Content-Length"},
      {"Transfer-Encoding: chunked, gzip\r\n\r\n",
       "400 Transfer-Encoding: \"chunked, gzip\" does not end in chunked, once, so nothing says "
       "where the body ends; send chunked or a Content-Length"},
      {"Transfer-Encoding: chunked, chunked\r\n\r\n",
       "400 Transfer-Encoding: \"chunked, chunked\" does not end in chunked, once, so nothing says "
       "where the body ends; send chunked or a Content-Length"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
       "400 Transfer-Encoding: must be given once, without Content-Length"},
      {"Transfer-Encoding: xchunked\r\n\r\n",
       "400 Transfer-Encoding: \"xchunked\" does not end in chunked, once, so nothing says where "
       "the body ends; send chunked or a Content-Length"},
      {"Transfer-Encoding: , chunked\r\n\r\n",
       "400 Transfer-Encoding: \", chunked\" does not end in chunked, once, so nothing says where "
       "the body ends; send chunked or a Content-Length"},
      {"Transfer-Encoding: chunked,\r\n\r\n",
       "400 Transfer-Encoding: \"chunked,\" does not end in chunked, once, so nothing says where "
       "the "
       "body ends; send chunked or a Content-Length"},
      {"Transfer-Encoding: gzip, chunked , \r\n\r\n",
       "400 Transfer-Encoding: \"gzip, chunked ,\" does not end in chunked, once, so nothing says "
       "where the body ends; send chunked or a Content-Length"},
      {"Transfer-Encoding:\r\n\r\n",
       "400 Transfer-Encoding: \"\" does not end in chunked, once, so nothing says where the body "
       "ends; send chunked or a Content-Length"},
      {"Transfer-Encoding : chunked\r\n\r\n",
       "400 headers: a name must be a token followed by a colon"},
      {"X-A: b\r\n folded\r\n\r\n", "400 X-A: the header is folded; send it on one line"},
      {"X-A: b\nX-B: c\r\n\r\n", "400 headers: a line does not end in CR LF"},
      {"X-A: b\rX-B: c\r\n\r\n", "400 headers: a line does not end in CR LF"},
      {std::string("X-A: b\0c\r\n\r\n", 12), "400 X-A: the value has a control character"},
      {"X-A\r\n\r\n", "400 headers: a name must be a token followed by a colon"},
      {": b\r\n\r\n", "400 headers: a name must be a token followed by a colon"},
      {"Host: y\r\n\r\n", "400 Host: more than one"},
      {"\r \n", "400 headers: a line does not end in CR LF"},
      {"\n", "400 headers: a line does not end in CR LF"},
  };
  for (const auto& [rest, outcome] : cases) {
    expect_parsed(head + rest, outcome);
    if (HasFailure()) FAIL() << rest;
  }
}

TEST(HttpParserTest, RefusesAMalformedRequestLine) {
  const std::pair<std::string, std::string> cases[] = {
      {"G(T / HTTP/1.1\r\n\r\n", "400 request line: invalid method"},
      {" / HTTP/1.1\r\n\r\n", "400 request line: invalid method"},
      {"\x16\x03\x01", "400 request line: invalid method"},  // TLS
      {std::string(33, 'A'), "501 request line: unknown method, longer than 32 characters"},
      {"GET  / HTTP/1.1\r\n\r\n", "400 request line: invalid character in the target"},
      {"GET /\x01 HTTP/1.1\r\n\r\n", "400 request line: invalid character in the target"},
      {"GET /\r\n", "400 request line: it must end in HTTP/1.1 or HTTP/1.0"},
      {"GET / http/1.1\r\n\r\n", "400 request line: it must end in HTTP/1.1 or HTTP/1.0"},
      {"GET / HTTP/1.10\r\n\r\n", "400 request line: it does not end in CR LF"},
      {"GET / HTTP/1.1 \r\n\r\n", "400 request line: it does not end in CR LF"},
      {"GET / HTTP/1.1\n", "400 request line: it does not end in CR LF"},
      {"GET / HTTP/1.1\r\r\n", "400 request line: it does not end in CR LF"},
      {"GET / HTTP/2.0\r\n\r\n", "505 request line: HTTP/2.0 is not supported; use HTTP/1.1"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
       "505 request line: HTTP/2.0 is not supported; use HTTP/1.1"},
      {"GET / HTTP/0.9\r\n\r\n", "505 request line: HTTP/0.9 is not supported; use HTTP/1.1"},
      {"GET / HTTP/1.1\r\n\r\n", "400 Host: missing; HTTP/1.1 needs it"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
       "400 Transfer-Encoding: not supported in HTTP/1.0; send Content-Length"},
  };
  for (const auto& [text, outcome] : cases) {
    expect_parsed(text, outcome);
    if (HasFailure()) FAIL() << text;
  }
}

// Nothing that follows could make it right, so nobody waits for what follows.
TEST(HttpParserTest, RefusesAtTheByteThatCannotBeRight) {
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (const std::string& text :
       {std::string("G("), std::string("GET /\x7f"), std::string("GET / HTTQ"), head + "X\x01",
        head + "X: a\x01", head + "X: a\n", head + " ", head + "Content-Length: x\r\n",
        head + "Transfer-Encoding: gzip\r\n", head + "Host: x\r\n"}) {
    EXPECT_EQ(parsed(text.substr(0, text.size() - 1), 0), "incomplete") << text;
    EXPECT_EQ(parsed(text, 0).substr(0, 3), "400") << text;
  }
}

TEST(HttpParserTest, LimitsTheBody) {
  for (std::size_t cut = 0; cut < 90; ++cut) {
    EXPECT_EQ(parsed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", cut, 10),
              "413 body: more than the 10 bytes accepted here");
    EXPECT_EQ(parsed("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "8\r\n12345678\r\n3\r\n",
                     cut, 10),
              "413 body: more than the 10 bytes accepted here");
  }
}

TEST(HttpParserTest, LimitsTheHead) {
  const std::string host = "GET / HTTP/1.1\r\nHost: x\r\n";
  const std::string long_value(17 * 1024, 'a');
  for (const std::size_t cut : {std::size_t{0}, std::size_t{100}, std::size_t{8192 + 5},
                                std::size_t{8192 + 6}, std::size_t{16000}, std::size_t{16384}}) {
    EXPECT_EQ(parsed(host + "X-A: " + long_value + "\r\n\r\n", cut),
              "431 headers: more than the 16384 bytes accepted");
    EXPECT_EQ(parsed("GET /" + long_value + " HTTP/1.1\r\nHost: x\r\n\r\n", cut),
              "414 request target: more than the 8192 bytes accepted");
    EXPECT_EQ(parsed("GET /" + std::string(8192, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", cut),
              "414 request target: more than the 8192 bytes accepted");
    EXPECT_EQ(
        parsed("GET /" + std::string(8191, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", cut).substr(0, 6),
        "GET /a");
  }
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

}  // namespace
}  // namespace composable::host
