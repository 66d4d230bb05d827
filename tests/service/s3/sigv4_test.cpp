#include "service/s3/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "service/s3/s3_config.h"

/// The worked examples of docs.aws.amazon.com/AmazonS3/latest/API (sig-v4-header-based-auth, sigv4-query-string-auth).
namespace modelport {
namespace {

using testing::HasSubstr;

const S3Credentials kCredentials = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const Timestamp kTime = *timestamp_from_text("2013-05-24T00:00:00Z");
constexpr std::string_view kHost = "examplebucket.s3.amazonaws.com";
const std::string kEmpty = sha256_hex({});

std::string authorization(const S3RequestToSign& request) {
  return sign_headers(request, kCredentials, "us-east-1", kTime).at("authorization");
}

TEST(SigV4, SignsTheExampleOfGetObject) {
  EXPECT_THAT(authorization({"GET", std::string(kHost), "/test.txt", {}, {{"range", "bytes=0-9"}}, kEmpty}),
              HasSubstr("SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST(SigV4, SignsTheExampleOfPutObject) {
  const std::string body = "Welcome to Amazon S3.";
  EXPECT_THAT(authorization({"PUT",
                             std::string(kHost),
                             "/test$file.text",
                             {},
                             {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                             sha256_hex(std::as_bytes(std::span(body)))}),
              HasSubstr("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(SigV4, SignsQueriesWithAndWithoutValues) {
  EXPECT_THAT(authorization({"GET", std::string(kHost), "/", {{"lifecycle", ""}}, {}, kEmpty}),
              HasSubstr("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
  EXPECT_THAT(authorization({"GET", std::string(kHost), "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, kEmpty}),
              HasSubstr("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(SigV4, SignsTheExampleOfALink) {
  EXPECT_THAT(presigned_query({"GET", std::string(kHost), "/test.txt", {}, {}, "UNSIGNED-PAYLOAD"}, kCredentials,
                              "us-east-1", kTime, std::chrono::seconds(86400)),
              HasSubstr("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"));
}

TEST(SigV4, EncodesWhatOthersForget) {
  EXPECT_EQ(uri_encode("a b+c=d'(e)/\xc3\xa4~", Slashes::kKeep), "a%20b%2Bc%3Dd%27%28e%29/%C3%A4~");
  EXPECT_EQ(uri_encode("a/b", Slashes::kEncode), "a%2Fb");
  EXPECT_EQ(canonical_query({{"b", "2"}, {"B", "1"}, {"a", ""}}), "B=1&a=&b=2");
}

TEST(S3Config, IsReadFromTheEnvironment) {
  std::map<std::string, std::string> variables = {{"AWS_ACCESS_KEY_ID", "id"}, {"AWS_SECRET_ACCESS_KEY", "top-secret"}};
  const auto read = [&] { return s3_config_from([&](const char* name) { return variables[name]; }); };
  auto amazon = read();
  ASSERT_TRUE(amazon);
  EXPECT_EQ(amazon->endpoint, "https://s3.us-east-1.amazonaws.com");
  EXPECT_EQ(amazon->bucket, "vision-platform-exports");
  EXPECT_EQ(amazon->prefix, "exports");
  EXPECT_EQ(amazon->style, S3Config::Style::kVirtualHost);
  variables["S3_ENDPOINT"] = "http://127.0.0.1:9000/";
  EXPECT_EQ(read()->style, S3Config::Style::kPath);
  EXPECT_EQ(read()->endpoint, "http://127.0.0.1:9000");
  variables["S3_ENDPOINT"] = "file:///etc";
  ASSERT_FALSE(read());
  EXPECT_THAT(read().error().text(), testing::Not(HasSubstr("top-secret")));
  variables = {};
  EXPECT_THAT(read().error().text(), HasSubstr("AWS_ACCESS_KEY_ID"));
}

}  // namespace
}  // namespace modelport
