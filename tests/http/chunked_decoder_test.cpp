#include "http/chunked_decoder.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace composable::host {
namespace {

// What comes of `text` in parts of `step` bytes after a first one of `first`: the body, and what
// follows it, or the refusal.
std::string decoded(std::string_view text, std::size_t first, std::size_t step,
                    std::size_t body_limit = 1000) {
  const HttpLimits limits;
  ChunkedDecoder decoder(limits);
  decoder.begin();
  decoder.limit_body(body_limit);
  std::string body;
  for (std::size_t n = first; !text.empty() && !decoder.is_done(); n = step) {
    const std::string_view part = text.substr(0, n);
    const std::size_t used = decoder.decode(part, body);
    if (const auto refusal = decoder.take_refusal()) {
      return std::to_string(refusal->status) + " " + refusal->message;
    }
    EXPECT_TRUE(used == part.size() || decoder.is_done());
    text.remove_prefix(used);
  }
  return decoder.is_done() ? body + "|" + std::string(text) : "incomplete";
}

// However it is cut, at every place in two and byte by byte, the same comes of it.
std::string decoded(std::string_view text) {
  const std::string whole = decoded(text, text.size(), 1);
  for (std::size_t cut = 1; cut <= text.size(); ++cut) {
    EXPECT_EQ(decoded(text, cut, text.size()), whole) << text << " cut at " << cut;
  }
  EXPECT_EQ(decoded(text, 1, 1), whole) << text << " byte by byte";
  return whole;
}

TEST(ChunkedDecoderTest, PutsChunksTogether) {
  EXPECT_EQ(decoded("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\nNEXT"), "hello|NEXT");
  EXPECT_EQ(decoded("0\r\n\r\n"), "|");
  EXPECT_EQ(decoded("00\r\n\r\nX"), "|X");
  EXPECT_EQ(decoded("A\r\n0123456789\r\n0\r\n\r\n"), "0123456789|");
  EXPECT_EQ(decoded("0000000000000002\r\n\r\n\r\n000\r\n\r\n"), "\r\n|");
  EXPECT_EQ(decoded("5\r\nhel"), "incomplete");
  EXPECT_EQ(decoded("0\r\n"), "incomplete");
}

TEST(ChunkedDecoderTest, ReadsASizeAsDigitsAlone) {
  for (const char* size : {"+5", "-5", "0x5", " 5", "", "5h", "5 ", "00000000000000005", "\t5",
                           "10000000000000000", "5\t", "\"5\"", ";a=b"}) {
    const std::string outcome = decoded(std::string(size) + "\r\nhello\r\n0\r\n\r\n");
    EXPECT_EQ(outcome.substr(0, 3), "400") << size;
  }
  EXPECT_EQ(decoded("5\nhello\r\n0\r\n\r\n"),
            "400 body: a line of the chunks does not end in CR LF");
  EXPECT_EQ(decoded("5\r\rhello"), "400 body: a line of the chunks does not end in CR LF");
  EXPECT_EQ(decoded("5\r\nhello\n"), "400 body: a line of the chunks does not end in CR LF");
  EXPECT_EQ(decoded("5\r\nhello\r\r"), "400 body: a line of the chunks does not end in CR LF");
  EXPECT_EQ(decoded("5\r\nhelloX"), "400 body: a chunk is longer than its size says");
  EXPECT_EQ(decoded("ffffffffffffffff\r\n"), "413 body: more than the 1000 bytes accepted here");
  EXPECT_EQ(decoded("3e8\r\n"), "incomplete");
  EXPECT_EQ(decoded("3e9\r\n"), "413 body: more than the 1000 bytes accepted here");
}

TEST(ChunkedDecoderTest, ThrowsExtensionsAway) {
  for (const char* extension :
       {";a", ";a=b", ";a=\"b\"", ";a=\"\"", ";a=\"b;c=\\\"d\\\"\"", ";a;b=c;d=\"e\"", " ; a = b",
        "\t;\ta\t=\t\"b\" ;c", ";a=\"b \t\xc3\xa9\"", ";a=\"\\\t\\\\\""}) {
    EXPECT_EQ(decoded("5" + std::string(extension) + "\r\nhello\r\n0;z\r\n\r\n"), "hello|")
        << extension;
  }
}

// A reader that ends lines at LF would see the chunk's line end inside the quotes.
TEST(ChunkedDecoderTest, RefusesControlCharactersInExtensions) {
  for (int c = 0; c < 0x100; ++c) {
    const bool control = (c < 0x20 && c != '\t') || c == 0x7f;
    const std::string byte(1, static_cast<char>(c));
    for (const std::string& quoted : {";a=\"b" + byte + "c\"", ";a=\"b\\" + byte + "c\""}) {
      if (c == '"' && quoted.find('\\') == std::string::npos) continue;  // it ends there
      const std::string outcome = decoded("5" + quoted + "\r\nhello\r\n0\r\n\r\n");
      EXPECT_EQ(outcome.substr(0, 4), control ? "400 " : "hell") << c;
    }
    if (control && c != '\r') {
      for (const char* at : {";%", ";a%", ";a=%", ";a=b%", ";a=\"b\"%", " %", ";a %"}) {
        std::string extension = at;
        extension.replace(extension.find('%'), 1, byte);
        EXPECT_EQ(decoded("5" + extension + "\r\nhello\r\n0\r\n\r\n").substr(0, 4), "400 ")
            << at << c;
      }
    }
  }
  for (const char* bad : {";", ";=", ";a=", ";a=b c", ";a=\"b", ";a=\"b\"c", ";a\"b\"", " a", ";a ",
                          ";a=b ", ";;a", ";\xc3\xa9"}) {
    EXPECT_EQ(decoded("5" + std::string(bad) + "\r\nhello\r\n0\r\n\r\n").substr(0, 4), "400 ")
        << bad;
  }
}

TEST(ChunkedDecoderTest, BoundsExtensionsOfTheWholeBody) {
  std::string chunks;
  for (int i = 0; i < 500; ++i) chunks += "1;" + std::string(40, 'a') + "\r\nx\r\n";
  EXPECT_EQ(decoded(chunks, chunks.size(), 1),
            "400 body: chunk extensions of more than 16384 bytes in sum");
  EXPECT_EQ(decoded(chunks, 7, 7), "400 body: chunk extensions of more than 16384 bytes in sum");
  const std::string one = "1;" + std::string(17 * 1024, 'a');
  EXPECT_EQ(decoded(one, one.size(), 1),
            "400 body: chunk extensions of more than 16384 bytes in sum");
  const std::string blanks = "1" + std::string(17 * 1024, ' ');
  EXPECT_EQ(decoded(blanks, blanks.size(), 1).substr(0, 3), "400");
}

TEST(ChunkedDecoderTest, ThrowsTrailersAwayWithinTheirBounds) {
  EXPECT_EQ(decoded("0\r\nX-A: b\r\nX-B:\r\nX-Host: c\r\n\r\nNEXT"), "|NEXT");
  EXPECT_EQ(decoded("0\r\nX-A: b\nX-B: c\r\n\r\n"),
            "400 trailers: a value has a control character");
  EXPECT_EQ(decoded("0\r\nX-A : b\r\n\r\n"),
            "400 trailers: a name must be a token followed by a colon");
  EXPECT_EQ(decoded("0\r\n folded\r\n\r\n"),
            "400 trailers: a name must be a token followed by a colon");
  EXPECT_EQ(decoded("0\r\n\n"), "400 trailers: a name must be a token followed by a colon");
  EXPECT_EQ(decoded("0\r\nX-A: b\r\r\n"), "400 body: a line of the chunks does not end in CR LF");
  EXPECT_EQ(decoded("0\r\n\rX"), "400 body: a line of the chunks does not end in CR LF");
  for (const char* name : {"Content-Length", "transfer-encoding", "HOST"}) {
    EXPECT_EQ(decoded("0\r\n" + std::string(name) + ": 1\r\n\r\n"),
              "400 trailers: " + std::string(name) + " is not allowed after a body");
  }
  std::string many = "0\r\n";
  for (int i = 0; i < 101; ++i) many += "X-A: b\r\n";
  EXPECT_EQ(decoded(many, many.size(), 1), "431 trailers: more than 100");
  const std::string large = "0\r\nX-A: " + std::string(17 * 1024, 'a');
  EXPECT_EQ(decoded(large, large.size(), 1), "431 trailers: more than the 16384 bytes accepted");
}

}  // namespace
}  // namespace composable::host
