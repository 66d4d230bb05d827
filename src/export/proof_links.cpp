#include "export/proof_links.h"

#include <algorithm>
#include <array>

#include "export/precision_limits.h"

namespace modelport {

namespace {

using When = ProofLink::When;
using Room = ProofLink::Room;

When always(Precision) { return When::kAlways; }
When where_rounding_hides(Precision precision) { return precision.rounds_weights() ? When::kAlways : When::kInDoubt; }
When where_arithmetic_is_finer(Precision precision) {
  return precision.arithmetic == precision.weights ? When::kNever : When::kAlways;
}

Room none(Precision) { return Room::kNone; }
Room own_error(Precision) { return Room::kOwnError; }
Room own_error_of_exact_weights(Precision precision) {
  return precision.rounds_weights() ? Room::kNone : Room::kOwnError;
}

/// Of float64, where no rounding of values hides a difference, however badly a model is conditioned.
Tolerance in_float64(Precision, double tolerance) { return limits_for({}, std::min(tolerance, default_tolerance({}))); }

/// Of float32 arithmetic on rounded weights: coordinates as closely as float32's, all else within the tolerance.
Tolerance in_float32(Precision, double tolerance) {
  Tolerance limits = limits_for({}, default_tolerance({}));
  limits.relative = limits.widest_relative = tolerance;
  return limits;
}

constexpr auto kFloat32 = EvaluationPrecision::kFloat32, kFloat64 = EvaluationPrecision::kFloat64;
constexpr auto kExact = EvaluationRequest::Constants::kExact, kRounded = EvaluationRequest::Constants::kRounded;

constexpr std::array<ProofLink, 5> kLinks = {{
    {ProofStage::kRewritten, ProofStage::kCheckpoint, kFloat64, kExact, where_rounding_hides, none, in_float64},
    {ProofStage::kFile, ProofStage::kRewritten, kFloat64, kRounded, where_rounding_hides, none, in_float64},
    {ProofStage::kFile, ProofStage::kCheckpoint, kFloat32, kExact, always, own_error_of_exact_weights, limits_for},
    {ProofStage::kEngine, ProofStage::kFile, kFloat32, kRounded, where_arithmetic_is_finer, own_error, in_float32},
    {ProofStage::kEngine, ProofStage::kCheckpoint, kFloat32, kExact, always, own_error, limits_for},
}};

}  // namespace

std::span<const ProofLink> proof_links() { return kLinks; }

}  // namespace modelport
