#include "service/s3/s3_config.h"

#include <gtest/gtest.h>

#include <map>

namespace modelport {
namespace {

Result<S3Config> config_from(std::map<std::string, std::string> variables) {
  variables.insert({{"AWS_ACCESS_KEY_ID", "access"}, {"AWS_SECRET_ACCESS_KEY", "secret"}});
  return s3_config_from([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

TEST(S3Config, HasNamesOfThePlatformAndAmazonWhereNothingElseIsSaid) {
  const auto config = config_from({});
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->bucket, "vision-platform-exports");
  EXPECT_EQ(config->prefix, "exports");
  EXPECT_EQ(config->endpoint, "https://s3.us-east-1.amazonaws.com");
  EXPECT_EQ(config->style, S3Config::Style::kVirtualHost);
  EXPECT_EQ(config_from({{"AWS_ENDPOINT_URL", "http://127.0.0.1:9000/"}})->style, S3Config::Style::kPath);
}

TEST(S3Config, TakesAPrefixWithSlashesAroundItAsItIsMeant) {
  for (const char* prefix : {"team/exports", "team/exports/", "/team/exports", "//team/exports//"})
    EXPECT_EQ(config_from({{"S3_PREFIX", prefix}})->prefix, "team/exports") << prefix;
  EXPECT_EQ(config_from({{"S3_PREFIX", "/"}})->prefix, "") << "the whole bucket";
}

TEST(S3Config, RefusesWithoutTellingASecret) {
  EXPECT_FALSE(config_from({{"S3_ENDPOINT", "127.0.0.1:9000"}}));
  EXPECT_FALSE(config_from({{"S3_ENDPOINT", "http://127.0.0.1:9000/path"}}));
  EXPECT_FALSE(config_from({{"S3_STYLE", "bent"}}));
  const auto refused = config_from({{"AWS_ACCESS_KEY_ID", ""}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace modelport
