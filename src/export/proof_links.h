#pragma once

#include <span>

#include "export/export_options.h"
#include "reference/compare.h"
#include "reference/interpreter.h"

namespace modelport {

/// What computes values that a proof compares.
enum class ProofStage {
  kCheckpoint,  ///< The unfolded graph.
  kRewritten,   ///< The graph that was lowered.
  kFile,        ///< What was read back from the file.
  kEngine,      ///< The format's own engine, running the file.
};

/// One link of the chain from the checkpoint to the numbers of an engine: what is held to what, and how closely.
struct ProofLink {
  ProofStage held, to;
  EvaluationPrecision evaluation;          ///< Of the graphs at its ends.
  EvaluationRequest::Constants constants;  ///< And how they take their weights in float64.
  enum class When {
    kNever,    ///< There is nothing to see that other links do not show.
    kInDoubt,  ///< Where float32 itself is too coarse for the limits of the file as a whole.
    kAlways,
  };
  When (*when)(Precision precision);
  enum class Room {
    kNone,
    kOwnError,  ///< The reference's own float32 error may widen the limits, up to their ceilings.
  };
  Room (*room)(Precision precision);
  Tolerance (*tolerance)(Precision precision, double tolerance);
};

/// All links, in the order in which they are proven. A precision is its answers in every row.
std::span<const ProofLink> proof_links();

}  // namespace modelport
