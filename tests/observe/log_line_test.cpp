#include "observe/log_line.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <limits>
#include <string>
#include <vector>

namespace composable::host {
namespace {

constexpr std::int64_t kNoon = 1'767'268'800'123'456;  // 2026-01-01T12:00:00.123456Z

std::string text_line(std::vector<LogField> fields) {
  return format_log_line(LogFormat::kText, kNoon, LogLevel::kInfo, "orders", "replayed", fields);
}

std::string json_line(std::vector<LogField> fields) {
  return format_log_line(LogFormat::kJson, kNoon, LogLevel::kInfo, "orders", "replayed", fields);
}

rapidjson::Document parsed(const std::string& line) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(line.data(), line.size());
  EXPECT_FALSE(document.HasParseError()) << line;
  return document;
}

TEST(LogLine, NamesTimeLevelDomainEventAndFields) {
  EXPECT_EQ(
      text_line({{"events", 3u}, {"ms", 12.5}, {"durable", true}, {"from", "a.db"}}),
      "2026-01-01T12:00:00.123Z info orders replayed events=3 ms=12.5 durable=true from=a.db");
}

TEST(LogLine, IsOneJsonObjectWithTheSameNames) {
  EXPECT_EQ(json_line({{"events", 3u}, {"ms", -1}, {"durable", true}, {"from", "a.db"}}),
            R"({"time":"2026-01-01T12:00:00.123Z","level":"info","domain":"orders",)"
            R"("event":"replayed","events":3,"ms":-1,"durable":true,"from":"a.db"})");
}

TEST(LogLine, QuotesWhatASearchWouldMisread) {
  EXPECT_EQ(text_line({{"a", "two words"}, {"b", ""}, {"c", "x=1"}, {"d", "say \"hi\""}}),
            "2026-01-01T12:00:00.123Z info orders replayed a=\"two words\" b=\"\" c=\"x=1\" "
            "d=\"say \\\"hi\\\"\"");
}

TEST(LogLine, AValueCannotForgeASecondLine) {
  const std::string forged = "x\n2026-01-01T12:00:00.000Z error auth login user=root\r\x1b[2J";
  for (const std::string& line : {text_line({{"name", forged}}), json_line({{"name", forged}})}) {
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    EXPECT_EQ(line.find('\r'), std::string::npos) << line;
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
    EXPECT_NE(line.find(R"(x\n2026)"), std::string::npos) << line;
    EXPECT_NE(line.find(R"(\u001b[2J)"), std::string::npos) << line;
  }
}

TEST(LogLine, KeysAndDomainsCannotForgeOneEither) {
  const std::vector<LogField> fields = {{"k\ney", 1}};
  EXPECT_EQ(
      format_log_line(LogFormat::kText, kNoon, LogLevel::kWarn, "or\nders", "refused", fields),
      "2026-01-01T12:00:00.123Z warn \"or\\nders\" refused \"k\\ney\"=1");
}

TEST(LogLine, EscapesWhatTurnsTextAroundOrBreaksLines) {
  EXPECT_EQ(
      text_line({{"v", "a\u202eb\u2028c\u0085d\u007fe"}}),
      "2026-01-01T12:00:00.123Z info orders replayed v=\"a\\u202eb\\u2028c\\u0085d\\u007fe\"");
}

TEST(LogLine, EveryByteValueStaysValidJson) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string value = std::string("<") + static_cast<char>(byte) + ">";
    const std::string line = json_line({{"v", value}});
    const auto document = parsed(line);
    const std::string back(document["v"].GetString(), document["v"].GetStringLength());
    EXPECT_EQ(back, byte < 128 ? value : "<\ufffd>") << byte;
  }
}

TEST(LogLine, ReplacesWhatIsNotUtf8AndKeepsWhatIs) {
  const auto document = parsed(json_line({{"good", "Grüße 🚀"},
                                          {"overlong", "\xc0\xaf"},
                                          {"surrogate", "\xed\xa0\x80"},
                                          {"cut", "\xf0\x9f"}}));
  EXPECT_STREQ(document["good"].GetString(), "Grüße 🚀");
  EXPECT_STREQ(document["overlong"].GetString(), "\ufffd\ufffd");
  EXPECT_STREQ(document["surrogate"].GetString(), "\ufffd\ufffd\ufffd");
  EXPECT_STREQ(document["cut"].GetString(), "\ufffd\ufffd");
}

TEST(LogLine, CutsALongValueAtACharacter) {
  const std::string line = text_line({{"v", std::string(kMaxLogValue - 1, 'x') + "üyz"}, {"n", 1}});
  EXPECT_NE(line.find("x\u2026\" n=1"), std::string::npos) << line;
}

TEST(LogLine, NeverOutgrowsAPipeAndSaysWhatItLeftOut) {
  const std::string long_value(5000, '\n');  // two bytes each when escaped
  const std::vector<LogField> fields(20, LogField{"v", long_value});
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    const std::string line = format_log_line(
        format, kNoon, LogLevel::kInfo, std::string(9999, '\1'), std::string(9999, '\2'), fields);
    EXPECT_LT(line.size(), kMaxLogLine);
    EXPECT_NE(line.find("truncated"), std::string::npos);
    if (format == LogFormat::kJson) {
      EXPECT_TRUE(parsed(line)["truncated"].GetBool());
    }
  }
}

TEST(LogLine, AFieldNamedLikeTheLinesOwnIsRenamed) {
  const auto document = parsed(json_line({{"level", "x"}, {"time", 1}}));
  EXPECT_STREQ(document["level"].GetString(), "info");
  EXPECT_STREQ(document["level_"].GetString(), "x");
  EXPECT_EQ(document["time_"].GetInt(), 1);
}

TEST(LogLine, NumbersKeepTheirRange) {
  const auto document = parsed(json_line({{"least", std::numeric_limits<std::int64_t>::min()},
                                          {"most", std::numeric_limits<std::uint64_t>::max()},
                                          {"nan", std::numeric_limits<double>::quiet_NaN()},
                                          {"inf", -std::numeric_limits<double>::infinity()}}));
  EXPECT_EQ(document["least"].GetInt64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(document["most"].GetUint64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_STREQ(document["nan"].GetString(), "nan");
  EXPECT_STREQ(document["inf"].GetString(), "-inf");
}

}  // namespace
}  // namespace composable::host
