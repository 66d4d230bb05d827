#pragma once

#include <map>
#include <mutex>
#include <tuple>

#include "reference/interpreter.h"
#include "source/source_model.h"

namespace modelport {

/// Sizes and an image at which artifacts are tried.
struct Trial {
  enum class Picture { kPhotoLike, kTestChart };

  int64_t batch, height, width;
  uint32_t seed;
  Picture picture = Picture::kPhotoLike;

  friend auto operator<=>(const Trial&, const Trial&) = default;
};

/// The exported size; with a dynamic batch also two different images; with dynamic sizes also a second, non-square one.
std::vector<Trial> trials(const SourceModel& model);

/// Everything that the model is given in a trial, by the names and in the order of its inputs, each made by what its
/// specification says that it is: the image is deterministic, in the layout that the input takes. kInternal for an
/// input of a role that nothing is made for.
Result<std::vector<EvaluatedValue>> trial_inputs(const SourceModel& model, const Trial& trial);

/// What the unfolded graph of a model computes on its trials: evaluated on first demand and once, however many formats
/// are held to it. Safe from several threads.
class ReferenceOutputs {
 public:
  explicit ReferenceOutputs(const SourceModel& model) : model_(model) {}

  /// Valid as long as this lives. The errors of evaluate().
  Result<const EvaluationResult*> at(const Trial& trial, EvaluationPrecision precision);

 private:
  const SourceModel& model_;
  std::mutex mutex_;
  std::map<std::tuple<Trial, EvaluationPrecision>, EvaluationResult> results_;
};

}  // namespace modelport
