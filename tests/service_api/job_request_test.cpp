#include "service/api/job_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace modelport {
namespace {

using testing::HasSubstr;

TEST(ReadJobRequest, TakesEveryFieldAndNullForNone) {
  const auto read = read_job_request(
      R"({"framework":"f","export_format":"onnx","checkpoint_id":"c","checkpoint_path":null,"export_config":{"half":true},
          "training_job_id":"t","version_tag":"v","set_as_default":true,"webhook_url":null,"force":true})");
  const auto* request = std::get_if<JobRequest>(&read);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->framework, "f");
  EXPECT_EQ(request->checkpoint_id, "c");
  EXPECT_EQ(request->export_config, Json({{"half", true}}));
  EXPECT_EQ(request->training_job_id, "t");
  EXPECT_TRUE(request->set_as_default && request->force);
}

Problem refused(std::string_view body) {
  const auto read = read_job_request(body);
  const auto* problem = std::get_if<Problem>(&read);
  EXPECT_NE(problem, nullptr) << body;
  return problem == nullptr ? Problem() : *problem;
}

TEST(ReadJobRequest, NamesTheFieldThatIsWrong) {
  const Problem unknown = refused(R"({"framwork":"f"})");
  EXPECT_EQ(unknown.parameter, "framwork");
  EXPECT_THAT(unknown.detail, HasSubstr("did you mean framework?"));
  EXPECT_EQ(unknown.valid_values.size(), 11u);
  EXPECT_EQ(refused(R"({"export_format":"onnx","checkpoint_id":"c"})").parameter, "framework");
  EXPECT_EQ(refused(R"({"framework":"f","export_format":7})").parameter, "export_format");
  EXPECT_EQ(refused(R"({"framework":"f","export_format":"onnx","checkpoint_id":"a\u0000b"})").parameter,
            "checkpoint_id");
  EXPECT_EQ(refused(R"({"framework":"f","export_format":"onnx"})").parameter, "checkpoint_id");
  for (const char* body : {"", "[]", "7", "{", "{\"a\":1}x"}) EXPECT_EQ(refused(body).status, 400) << body;
}

TEST(ReadIdempotencyKey, IsPlainAndShort) {
  EXPECT_EQ(std::get<std::string>(read_idempotency_key("8e03978e-40d5-43dd")), "8e03978e-40d5-43dd");
  EXPECT_EQ(std::get<std::string>(read_idempotency_key("")), "");
  for (const std::string& key : {std::string("a b"), std::string("\xc3\xa4"), std::string(256, 'a')})
    EXPECT_TRUE(std::holds_alternative<Problem>(read_idempotency_key(key)));
}

}  // namespace
}  // namespace modelport
