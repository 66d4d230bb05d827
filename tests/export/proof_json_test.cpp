#include <gmock/gmock.h>

#include <limits>

#include "convention/schema.h"
#include "export/proof.h"

namespace modelport {
namespace {

using testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Proof proof_with(double difference, double limit, double magnitude = 640.0, double cosine = 1.0) {
  Comparison figure{"output0", "boxes", Role::kBoxesPx, difference, limit, magnitude, cosine};
  return {Validation::kRuntime,
          {{Validation::kStructure, "the file read back is what was lowered", "", {}, {}},
           {Validation::kRuntime,
            "an engine runs the file",
            "an engine 1.0",
            {1, 3, 64, 64},
            {figure},
            Check::Holds::kArtifactAgainstCheckpoint}}};
}

TEST(ProofJson, FollowsItsSchema) {
  const Result<Json> json = proof_json(proof_with(0.001, 0.02));
  ASSERT_TRUE(json);
  EXPECT_TRUE(check_against_schema(kProofSchemaText, *json).empty()) << *json;
  EXPECT_TRUE(check_against_schema(kProofSchemaText, *proof_json(Proof())).empty());
}

TEST(ProofJson, TellsWhatIsHeldBeforeChoices) {
  Proof proof = proof_with(0.001, 0.02);
  proof.checks.back().scope = Check::Scope::kBeforeChoices;
  const Result<Json> json = proof_json(proof);
  ASSERT_TRUE(json);
  EXPECT_TRUE(check_against_schema(kProofSchemaText, *json).empty()) << *json;
  EXPECT_EQ((*json)["checks"][1]["scope"], "before_choices");
  EXPECT_FALSE((*json)["checks"][0].contains("scope"));
}

TEST(ProofJson, IsNoProofWhereNothingHoldsTheArtifactToTheCheckpoint) {
  for (const Validation level : {Validation::kReference, Validation::kRuntime}) {
    Proof proof = proof_with(0.001, 0.02);
    proof.level = level;
    proof.checks.back().holds = Check::Holds::kLink;
    const Result<Json> json = proof_json(proof);
    ASSERT_FALSE(json) << *json;
    EXPECT_EQ(json.error().code, ErrorCode::kValidationFailed);
    EXPECT_THAT(json.error().message, HasSubstr("holds no figure of the artifact against the checkpoint"));
  }
  Proof structure = proof_with(0.001, 0.02);
  structure.level = Validation::kStructure;
  structure.checks.pop_back();
  EXPECT_TRUE(proof_json(structure));
}

TEST(ProofJson, IsNoProofWhereANumberIsNotFinite) {
  for (const Proof& proof : {proof_with(1.0, kInfinity), proof_with(kInfinity, kInfinity), proof_with(kNan, 0.02),
                             proof_with(0.001, 0.02, kInfinity), proof_with(0.001, 0.02, 640.0, kNan)}) {
    const Result<Json> json = proof_json(proof);
    ASSERT_FALSE(json) << *json;
    EXPECT_EQ(json.error().code, ErrorCode::kValidationFailed);
    EXPECT_THAT(json.error().message, HasSubstr("an engine runs the file: output0 boxes differ by"));
  }
}

}  // namespace
}  // namespace modelport
