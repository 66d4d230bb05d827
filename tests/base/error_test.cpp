#include "base/error.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/checked.h"
#include "base/nearest_name.h"
#include "base/result.h"

namespace modelport {
namespace {

TEST(Error, EveryCodeHasItsOwnRow) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const ErrorInfo& info = error_info(code);
    EXPECT_EQ(info.code, code) << info.name;
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_GE(info.exit_code, 1);
    EXPECT_LE(info.exit_code, 3);
    EXPECT_GE(info.http_status, 400);
  }
}

TEST(Error, ExitCodesAreTheConventions) {
  EXPECT_EQ(error_info(ErrorCode::kInvalidArgument).exit_code, 3);
  EXPECT_EQ(error_info(ErrorCode::kUnsupportedFormat).exit_code, 3);
  EXPECT_EQ(error_info(ErrorCode::kUnavailable).exit_code, 3);
  EXPECT_EQ(error_info(ErrorCode::kValidationFailed).exit_code, 2);
  EXPECT_EQ(error_info(ErrorCode::kHostile).exit_code, 1);
  EXPECT_EQ(error_info(ErrorCode::kBusy).exit_code, 1);
}

TEST(Error, TextGoesFromTheOutsideIn) {
  Error error = fail(ErrorCode::kDamaged, "weight is {}", 7);
  EXPECT_EQ(error.text(), "weight is 7");
  error.hint = "train again";
  EXPECT_EQ(std::move(error).in("model.22").in("best.pt").text(), "best.pt: model.22: weight is 7 (train again)");
}

Result<int> halved(int value) {
  if (value % 2 != 0) return fail(ErrorCode::kInternal, "{} is odd", value);
  return value / 2;
}

Result<int> quartered(int value) {
  TRY(half, halved(value));
  TRY(quarter, halved(half).in("second step"));
  return quarter;
}

TEST(Result, TryReturnsTheFirstError) {
  EXPECT_EQ(*quartered(12), 3);
  EXPECT_EQ(quartered(7).error().text(), "7 is odd");
  EXPECT_EQ(quartered(6).error().text(), "second step: 3 is odd");
}

TEST(Checked, GivesNothingInsteadOfOverflowing) {
  EXPECT_EQ(checked_add<int64_t>(INT64_MAX - 1, 1), INT64_MAX);
  EXPECT_EQ(checked_add<int64_t>(INT64_MAX, 1), std::nullopt);
  EXPECT_EQ(checked_multiply<int64_t>(INT64_MIN, -1), std::nullopt);
  EXPECT_EQ(checked_multiply<uint32_t>(1u << 16, 1u << 16), std::nullopt);
  EXPECT_EQ(checked_cast<uint8_t>(255), 255);
  EXPECT_EQ(checked_cast<uint8_t>(-1), std::nullopt);
}

TEST(NearestName, FindsATypingErrorAndABeginning) {
  const std::vector<std::string> options = {"opset_version", "ir_version", "imgsz", "half", "iou", "conf"};
  EXPECT_EQ(nearest_name("opset_verison", options), "opset_version");
  EXPECT_EQ(nearest_name("opset", options), "opset_version");
  EXPECT_EQ(nearest_name("imgz", options), "imgsz");
  EXPECT_EQ(nearest_name("halve", options), "half");
  EXPECT_EQ(nearest_name("workspace", options), "");
  EXPECT_EQ(nearest_name("", options), "");
  EXPECT_EQ(nearest_name("half", std::vector<std::string>{}), "");
}

}  // namespace
}  // namespace modelport
