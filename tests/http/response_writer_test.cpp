#include "http/response_writer.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

constexpr char kId[] = "0190a0b0-1111-7222-8333-444455556666";

std::string written(const ResponseWriter& writer, ResponseFacts facts = {}) {
  facts.date = "Sun, 06 Nov 1994 08:49:37 GMT";
  facts.correlation = Uuid::parse(kId).value();
  std::string out;
  writer.write(facts, out);
  return out;
}

composable_str str(std::string_view s) { return {s.data(), s.size()}; }

TEST(ResponseWriterTest, WritesHeadAndBody) {
  ResponseWriter writer;
  composable_response& abi = writer.abi();
  EXPECT_EQ(abi.status(&abi, 201), COMPOSABLE_OK);
  EXPECT_EQ(abi.header(&abi, str("Location"), str("/api/v1/orders/order-1")), COMPOSABLE_OK);
  EXPECT_EQ(abi.body(&abi, "{\"a\":", 5), COMPOSABLE_OK);
  EXPECT_EQ(abi.body(&abi, "1}", 2), COMPOSABLE_OK);
  EXPECT_EQ(written(writer),
            "HTTP/1.1 201 Created\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "X-Correlation-ID: 0190a0b0-1111-7222-8333-444455556666\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 7\r\n"
            "Location: /api/v1/orders/order-1\r\n"
            "\r\n"
            "{\"a\":1}");
}

// A plugin does not know where it is mounted.
TEST(ResponseWriterTest, PutsARelativeLocationBelowTheMount) {
  const auto sent = [](std::string_view location, std::string_view mount = "/api/v1/orders") {
    ResponseWriter writer;
    writer.set_mount(mount);
    EXPECT_EQ(writer.add_header("location", location), COMPOSABLE_OK);
    const std::string text = written(writer);
    const std::size_t at = text.find("location: ") + 10;
    return text.substr(at, text.find('\r', at) - at);
  };
  EXPECT_EQ(sent("order-1"), "/api/v1/orders/order-1");
  EXPECT_EQ(sent("order-1/items?a=b:c#d"), "/api/v1/orders/order-1/items?a=b:c#d");
  for (const char* kept : {"/elsewhere", "//other.example/x", "https://other.example/x", "mailto:a",
                           "?page=2", "#top", ""}) {
    EXPECT_EQ(sent(kept), kept);
  }
  EXPECT_EQ(sent("order-1", ""), "order-1");
}

TEST(ResponseWriterTest, TheMountIsOfOneRequest) {
  ResponseWriter writer;
  writer.set_mount("/api/v1/orders");
  writer.add_header("X-Place", "order-1");
  EXPECT_NE(written(writer).find("X-Place: order-1\r\n"), std::string::npos);
  writer.reset();
  writer.add_header("Location", "order-1");
  EXPECT_NE(written(writer).find("Location: order-1\r\n"), std::string::npos);
}

TEST(ResponseWriterTest, LeavesTheBodyOfHeadOut) {
  ResponseWriter writer;
  writer.append("{}");
  const std::string text = written(writer, {.head_only = true});
  EXPECT_NE(text.find("Content-Length: 2\r\n"), text.npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(ResponseWriterTest, WritesNoLengthWithoutContent) {
  ResponseWriter writer;
  writer.set_status(204);
  EXPECT_EQ(written(writer).find("Content-"), std::string::npos);
  writer.set_status(200);
  EXPECT_NE(written(writer).find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_EQ(written(writer).find("Content-Type"), std::string::npos);
}

TEST(ResponseWriterTest, SaysWhatBecomesOfTheConnection) {
  ResponseWriter writer;
  using Connection = ResponseFacts::Connection;
  EXPECT_EQ(written(writer).find("Connection"), std::string::npos);
  EXPECT_NE(written(writer, {.connection = Connection::kClose}).find("Connection: close\r\n"),
            std::string::npos);
  EXPECT_NE(
      written(writer, {.connection = Connection::kKeepAlive}).find("Connection: keep-alive\r\n"),
      std::string::npos);
}

TEST(ResponseWriterTest, RefusesWhatWouldSplitTheResponse) {
  ResponseWriter writer;
  EXPECT_EQ(writer.add_header("X-A", "b\r\nSet-Cookie: c"), COMPOSABLE_E_INVALID);
  EXPECT_EQ(writer.add_header("X-A", std::string_view("b\0c", 3)), COMPOSABLE_E_INVALID);
  EXPECT_EQ(writer.add_header("X-A\r\nX-B", "c"), COMPOSABLE_E_INVALID);
  EXPECT_EQ(writer.add_header("X A", "c"), COMPOSABLE_E_INVALID);
  EXPECT_EQ(writer.add_header("", "c"), COMPOSABLE_E_INVALID);
  EXPECT_EQ(writer.add_header("X:A", "c"), COMPOSABLE_E_INVALID);
  EXPECT_EQ(writer.set_status(100), COMPOSABLE_E_INVALID);
  EXPECT_EQ(writer.set_status(600), COMPOSABLE_E_INVALID);
  EXPECT_EQ(written(writer), written(ResponseWriter()));
}

TEST(ResponseWriterTest, KeepsFramingForTheHost) {
  ResponseWriter writer;
  for (const char* name : {"Content-Length", "transfer-encoding", "CONNECTION", "Date",
                           "X-Correlation-ID", "Upgrade", "Keep-Alive", "Trailer"}) {
    EXPECT_EQ(writer.add_header(name, "x"), COMPOSABLE_E_MISUSE) << name;
  }
}

TEST(ResponseWriterTest, TakesOneContentType) {
  ResponseWriter writer;
  EXPECT_EQ(writer.add_header("content-type", "text/plain"), COMPOSABLE_OK);
  EXPECT_EQ(writer.add_header("Content-Type", "text/html"), COMPOSABLE_E_MISUSE);
  writer.append("x");
  EXPECT_EQ(written(writer).find("application/json"), std::string::npos);
}

TEST(ResponseWriterTest, KeepsTheFirstFaultOfAnAnswer) {
  const auto fault = [](auto&& write) {
    ResponseWriter writer;
    write(writer);
    writer.set_status(99);
    return writer.fault();
  };
  EXPECT_EQ(fault([](auto&) {}), "the status 99 is not one of 200 to 599");
  EXPECT_EQ(fault([](auto& w) { w.add_header("X A", "b"); }),
            "the header \"X A\" has an invalid name");
  EXPECT_EQ(fault([](auto& w) { w.add_header("X-A", "b\nc"); }),
            "the header \"X-A\" has a control character in its value");
  EXPECT_EQ(fault([](auto& w) { w.add_header("Date", "b"); }),
            "the header \"Date\" is reserved for the host");
  EXPECT_EQ(fault([](auto& w) {
              w.add_header("Content-Type", "text/plain");
              w.add_header("content-type", "text/plain");
            }),
            "the header \"content-type\" is written twice");
  EXPECT_EQ(
      fault([](auto& w) { w.add_header("X", std::string(ResponseWriter::kMaxHeaders, 'a')); }),
      "the header \"X\" makes the headers larger than 16384 bytes");
  ResponseWriter writer;
  writer.set_status(99);
  writer.clear_answer();
  EXPECT_EQ(writer.fault(), "");
}

TEST(ResponseWriterTest, BoundsHeaders) {
  ResponseWriter writer;
  EXPECT_EQ(writer.add_header("X-A", std::string(ResponseWriter::kMaxHeaders, 'a')),
            COMPOSABLE_E_OVERLOADED);
}

TEST(ResponseWriterTest, KeepsTheHostsHeadersWhenAnErrorTakesTheAnswersPlace) {
  ResponseWriter writer;
  writer.host_header("Vary", "Origin");
  writer.add_header("Location", "/x");
  writer.clear_answer();
  EXPECT_NE(written(writer).find("Vary: Origin\r\n"), std::string::npos);
  EXPECT_EQ(written(writer).find("Location"), std::string::npos);
  writer.reset();
  EXPECT_EQ(written(writer).find("Vary"), std::string::npos);
}

}  // namespace
}  // namespace composable::host
