#include "config/masking.hpp"

#include <gtest/gtest.h>

#include <string>

namespace composable::host {
namespace {

TEST(MaskUrl, KeepsThePlaceAndHidesTheRest) {
  EXPECT_EQ(mask_url("redis://app:hunter2@cache:6379/0"), "redis://***@cache:6379/0");
  EXPECT_EQ(mask_url("redis://:hunter2@cache"), "redis://***@cache");
  EXPECT_EQ(mask_url("nats://hunter2@broker:4222"), "nats://***@broker:4222");
  EXPECT_EQ(mask_url("postgresql://db/orders?password=hunter2"), "postgresql://db/orders?***");
  EXPECT_EQ(mask_url("smtp://mail:587#hunter2"), "smtp://mail:587?***");
  EXPECT_EQ(mask_url("redis://app:hun@hunter2@cache"), "redis://***@cache");
  EXPECT_EQ(mask_url("redis://[::1]:6379"), "redis://[::1]:6379");
}

TEST(MaskUrl, UnescapedPasswordsDoNotSlipThrough) {
  for (const char* url :
       {"redis://app:hun/hunter2@cache", "redis://app:hun@hunter2@cache",
        "redis://app:hun?hunter2@cache", "redis://app:hun#hunter2@cache", "redis://app:hunter2",
        "redis://app:hunter2/cache", "redis://ca che/hunter2", "app:hunter2@cache", "hunter2",
        "://hunter2", "app:hunter2://x", "sqlite:a.db?key=hunter2", "sqlite:hunter2@x",
        "nats://a:hunter2@one:4222,nats://b:hunter2@two:4222", "memory:hunter2"}) {
    EXPECT_EQ(mask_url(url).find("hunter2"), std::string::npos) << url << " as " << mask_url(url);
  }
}

TEST(MaskUrl, ShowsWhatHoldsNoSecret) {
  for (const char* url : {"", "memory:", "sqlite:"}) {
    EXPECT_EQ(mask_url(url), url);
  }
}

TEST(MaskedJson, HidesSecretNamesAtAnyDepthAndCredentialsInUrls) {
  const auto document = parse_json_document(R"({
    "client_id": "abc", "CLIENT_SECRET": "hunter2", "limit": 3,
    "smtp": {"password": ["hunter2"], "url": "smtp://u:hunter2@mail"},
    "keys": [{"apiKey": "hunter2"}, {"signing_key": {"current": "hunter2"}}],
    "tokens_per_second": 5, "peers": ["https://u:hunter2@one", "plain"]
  })");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(masked_json(*document),
            R"({"client_id":"abc","CLIENT_SECRET":"***","limit":3,)"
            R"("smtp":{"password":"***","url":"smtp://***@mail"},)"
            R"("keys":[{"apiKey":"***"},{"signing_key":"***"}],)"
            R"("tokens_per_second":"***","peers":["https://***@one","plain"]})");
}

}  // namespace
}  // namespace composable::host
