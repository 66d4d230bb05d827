#include <gmock/gmock.h>

#include "convention/proof_levels.h"
#include "export/proof.h"

namespace modelport {
namespace {

using testing::HasSubstr;

/// An engine that is there, or not, and runs nothing.
class StandIn : public Engine {
 public:
  explicit StandIn(EnginePresence presence) : presence_(std::move(presence)) {}
  std::string_view name() const override { return "Stand-in"; }
  const EnginePresence& presence() override { return presence_; }
  Result<std::unique_ptr<EngineSession>> load(const std::string&, std::span<const std::byte>, Optimization) override {
    return fail(ErrorCode::kUnavailable, "it runs nothing");
  }
  Result<std::unique_ptr<EngineSession>> load_file(const std::string&, Optimization) override {
    return fail(ErrorCode::kUnavailable, "it runs nothing");
  }

 private:
  EnginePresence presence_;
};

Engine* complete() {
  static StandIn engine({.found = true, .version = "2.0"});
  return &engine;
}
Engine* without_float16() {
  static StandIn engine({.found = true, .version = "1.13", .computes_float16 = false});
  return &engine;
}
Engine* absent() {
  static StandIn engine({.hint = "pip install it"});
  return &engine;
}

FormatRow row_with(Engine* (*engine)()) {
  FormatRow row = *find_format("torchscript");
  row.engine = engine;
  return row;
}

constexpr Precision kHalf{DType::kFloat16, DType::kFloat16}, kHalfWeights{DType::kFloat16, DType::kFloat32};

TEST(ChooseValidation, IsTheStrongestThatTheEngineCanHold) {
  const auto chosen = [](Engine* (*engine)(), Precision precision) {
    return *choose_validation(row_with(engine), std::nullopt, precision);
  };
  EXPECT_EQ(chosen(complete, Precision{}), Validation::kRuntime);
  EXPECT_EQ(chosen(complete, kHalf), Validation::kRuntime);
  EXPECT_EQ(chosen(without_float16, Precision{}), Validation::kRuntime);
  EXPECT_EQ(chosen(without_float16, kHalf), Validation::kReference);
  EXPECT_EQ(chosen(without_float16, kHalfWeights), Validation::kRuntime) << "it computes in float32";
  EXPECT_EQ(chosen(absent, Precision{}), Validation::kReference);
}

TEST(ChooseValidation, RefusesALevelAskedForThatCannotBeReached) {
  const auto refusal = [](Engine* (*engine)(), Precision precision) {
    return choose_validation(row_with(engine), Validation::kRuntime, precision).error();
  };
  EXPECT_EQ(refusal(without_float16, kHalf).code, ErrorCode::kUnavailable);
  EXPECT_THAT(refusal(without_float16, kHalf).message, HasSubstr("1.13 has no float16 convolution"));
  EXPECT_EQ(refusal(absent, Precision{}).hint, "pip install it");
  EXPECT_EQ(*choose_validation(row_with(without_float16), Validation::kStructure, kHalf), Validation::kStructure);
}

TEST(ProofName, IsALevelThatExportersGive) {
  using enum Validation;
  for (const Validation each : {kOff, kStructure, kReference, kRuntime}) {
    const ProofLevel* level = find_proof_level(proof_name(each));
    ASSERT_NE(level, nullptr) << proof_name(each);
    EXPECT_EQ(level->given_by, ProofLevel::Giver::kExporter) << level->word;
    EXPECT_EQ(level->is_green, each == kReference || each == kRuntime) << level->word;
  }
}

}  // namespace
}  // namespace modelport
