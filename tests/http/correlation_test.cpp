#include "http/correlation.hpp"

#include <gtest/gtest.h>

#include "http/request_builder.hpp"
#include "runtime/clock.hpp"

namespace composable::host {
namespace {

constexpr char kGiven[] = "0190A0B0-1111-7222-8333-444455556666";

Uuid correlation(RequestBuilder::Headers headers) {
  SystemClock clock;
  SystemRng rng;
  RequestBuilder request(Method::kGet, "/", headers);
  return correlation_of(request.view(), clock.unix_micros(), rng);
}

TEST(CorrelationTest, KeepsTheClientsInLowerCase) {
  EXPECT_EQ(correlation({{"x-correlation-id", kGiven}}).text(),
            "0190a0b0-1111-7222-8333-444455556666");
}

TEST(CorrelationTest, ReplacesWhatIsNoneByANewVersion7) {
  const std::vector<RequestBuilder::Headers> bad = {
      {},
      {{"X-Correlation-ID", ""}},
      {{"X-Correlation-ID", "nonsense"}},
      {{"X-Correlation-ID", "00000000-0000-0000-0000-000000000000"}},
      {{"X-Correlation-ID", "0190a0b011117222833344445555666600ff"}},
      {{"X-Correlation-ID", kGiven}, {"X-Correlation-ID", kGiven}},
  };
  for (const auto& headers : bad) {
    const std::string id = correlation(headers).text();
    EXPECT_EQ(id[14], '7');
    EXPECT_NE(id, "0190a0b0-1111-7222-8333-444455556666");
  }
}

}  // namespace
}  // namespace composable::host
