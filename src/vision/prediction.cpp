#include "vision/prediction.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "vision/class_map.h"
#include "vision/mask.h"
#include "vision/suppression.h"

namespace modelport {

namespace {

constexpr int64_t kBoxChannels = 4;
/// Of selected rows: box, score, class.
constexpr int64_t kRowHead = 6;

/// The values of one picture of a [batch, rows, columns] output, row by row.
struct Matrix {
  std::vector<float> values;
  int64_t rows = 0, columns = 0;
  float at(int64_t row, int64_t column) const { return values[static_cast<size_t>(row * columns + column)]; }
};

Error shape_error(const Tensor& output, std::string_view expected) {
  return fail(ErrorCode::kValidationFailed, "an output has shape {}, metadata.json describes {}",
              shape_text(output.shape()), expected);
}

std::vector<float> values_of_picture(const Tensor& output, int64_t index) {
  const int64_t count = output.shape()[0] == 0 ? 0 : output.element_count() / output.shape()[0];
  std::vector<float> values(static_cast<size_t>(count));
  output.read(index * count, values);
  return values;
}

Result<Matrix> matrix_of(const Tensor& output, int64_t index) {
  if (output.shape().size() != 3 || index >= output.shape()[0]) return shape_error(output, "[batch, rows, columns]");
  return Matrix{values_of_picture(output, index), output.shape()[1], output.shape()[2]};
}

/// Rows of box, objectness, class scores and more as columns of box, their products and more.
Result<Matrix> multiply_objectness(const Matrix& matrix, const Tensor& output, const ArtifactContract& contract,
                                   int64_t coefficients) {
  const int64_t first = kBoxChannels + 1, end = matrix.columns - coefficients;
  if (end <= first) return shape_error(output, "[batch, anchors, 5 + classes + the task's own]");
  if (const auto classes = static_cast<int64_t>(contract.class_names.size()); classes != 0 && end - first != classes)
    return shape_error(output, fmt::format("[batch, anchors, 5 + {} classes + the task's own]", classes));
  Matrix columns{{}, matrix.columns - 1, matrix.rows};
  columns.values.reserve(matrix.values.size());
  for (int64_t channel = 0; channel < matrix.columns; ++channel) {
    if (channel == kBoxChannels) continue;
    const bool is_class = channel >= first && channel < end;
    for (int64_t row = 0; row < matrix.rows; ++row)
      columns.values.push_back(matrix.at(row, channel) * (is_class ? matrix.at(row, kBoxChannels) : 1.0F));
  }
  return columns;
}

/// A candidate and the channels behind its box and scores.
struct Row {
  Candidate candidate;
  std::vector<float> more;
};

/// The box as corners in input pixels; oriented boxes as centre and size.
void finish_box(const ArtifactContract& contract, std::array<float, 4>& box) {
  const OutputContract& output = contract.output;
  if (output.unit == CoordinateUnit::kFraction) {
    for (size_t i = 0; i < 4; ++i)
      box[i] *= static_cast<float>(i % 2 == 0 ? contract.input.width : contract.input.height);
  }
  if (output.kind == PredictionKind::kOrientedBoxes || output.corners == CornerFormat::kCorners) return;
  const float half_width = box[2] / 2.0F, half_height = box[3] / 2.0F;
  box = {box[0] - half_width, box[1] - half_height, box[0] + half_width, box[1] + half_height};
}

/// How many channels stand behind box and scores, as far as the contract says.
Result<int64_t> class_count(const Matrix& matrix, const Tensor& output, const ArtifactContract& contract,
                            int64_t coefficients) {
  const auto classes = static_cast<int64_t>(contract.class_names.size());
  const int64_t oriented = contract.output.kind == PredictionKind::kOrientedBoxes ? 1 : 0;
  const int64_t left = matrix.rows - kBoxChannels;
  if (classes == 0) return left - coefficients - oriented;
  const int64_t more = left - classes;
  const bool fits = contract.output.kind == PredictionKind::kPoses
                        ? more == 2 * contract.output.keypoints || more == 3 * contract.output.keypoints
                        : more == coefficients + oriented;
  if (!fits)
    return shape_error(output,
                       fmt::format("[batch, {} + {} classes + the task's own, anchors]", kBoxChannels, classes));
  return classes;
}

Result<std::vector<Row>> candidate_rows(const Matrix& matrix, const Tensor& output, const ArtifactContract& contract,
                                        int64_t coefficients) {
  TRY(classes, class_count(matrix, output, contract, coefficients));
  if (classes < 1) return shape_error(output, "at least one class");
  const auto threshold = static_cast<float>(contract.output.confidence);
  std::vector<Row> rows;
  for (int64_t anchor = 0; anchor < matrix.columns; ++anchor) {
    Row row;
    Candidate& candidate = row.candidate;
    candidate.score = matrix.at(kBoxChannels, anchor);
    for (int64_t c = 1; c < classes; ++c) {
      const float score = matrix.at(kBoxChannels + c, anchor);
      if (score > candidate.score) {
        candidate.score = score;
        candidate.class_index = c;
      }
    }
    if (!(candidate.score > threshold)) continue;
    for (int64_t i = 0; i < kBoxChannels; ++i) candidate.box[static_cast<size_t>(i)] = matrix.at(i, anchor);
    finish_box(contract, candidate.box);
    for (int64_t i = kBoxChannels + classes; i < matrix.rows; ++i) row.more.push_back(matrix.at(i, anchor));
    if (contract.output.kind == PredictionKind::kOrientedBoxes) candidate.angle = row.more.back();
    candidate.anchor = anchor;
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<Row>> selected_rows(const Matrix& matrix, const Tensor& output, const ArtifactContract& contract) {
  if (matrix.columns < kRowHead) return shape_error(output, "[batch, rows, 6 or more]");
  if (contract.output.kind == PredictionKind::kOrientedBoxes && matrix.columns == kRowHead)
    return shape_error(output, "[batch, rows, 7]: box, score, class, angle");
  std::vector<Row> rows;
  for (int64_t i = 0; i < matrix.rows; ++i) {
    Row row;
    Candidate& candidate = row.candidate;
    candidate.score = matrix.at(i, kBoxChannels);
    if (!(candidate.score > static_cast<float>(contract.output.confidence))) continue;
    for (int64_t c = 0; c < kBoxChannels; ++c) candidate.box[static_cast<size_t>(c)] = matrix.at(i, c);
    finish_box(contract, candidate.box);
    candidate.class_index = static_cast<int64_t>(matrix.at(i, kBoxChannels + 1));
    for (int64_t c = kRowHead; c < matrix.columns; ++c) row.more.push_back(matrix.at(i, c));
    if (contract.output.kind == PredictionKind::kOrientedBoxes) candidate.angle = row.more.back();
    candidate.anchor = i;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> choose_rows(std::vector<Row> rows, const OutputContract& output) {
  std::vector<size_t> kept(rows.size());
  std::iota(kept.begin(), kept.end(), size_t{0});
  if (output.rows != RowState::kSelected) {
    std::vector<Candidate> candidates;
    for (const Row& row : rows) candidates.push_back(row.candidate);
    kept = output.kind == PredictionKind::kOrientedBoxes
               ? suppress_oriented(candidates, output.iou, output.max_detections, output.scope)
               : suppress(candidates, output.iou, output.max_detections, output.scope);
  } else if (static_cast<int64_t>(kept.size()) > output.max_detections) {
    kept.resize(static_cast<size_t>(output.max_detections));
  }
  std::vector<Row> chosen;
  for (const size_t index : kept) chosen.push_back(std::move(rows[index]));
  return chosen;
}

std::vector<Keypoint> keypoints_of(const Row& row, const ArtifactContract& contract, const Placement& placement) {
  std::vector<Keypoint> points;
  const int64_t count = contract.output.keypoints;
  const bool fraction = contract.output.keypoint_unit == CoordinateUnit::kFraction;
  const auto width = static_cast<float>(fraction ? contract.input.width : 1);
  const auto height = static_cast<float>(fraction ? contract.input.height : 1);
  const size_t step = row.more.size() / static_cast<size_t>(count);
  for (size_t i = 0; step >= 2 && i < static_cast<size_t>(count); ++i) {
    const float* values = row.more.data() + i * step;
    points.push_back(
        {placement.image_x(width * values[0]), placement.image_y(height * values[1]), step >= 3 ? values[2] : 1.0});
  }
  return points;
}

Detection detection_from(const Row& row, const ArtifactContract& contract, const Placement& placement) {
  const Candidate& candidate = row.candidate;
  const std::array<float, 4>& box = candidate.box;
  Detection detection;
  detection.score = candidate.score;
  detection.class_index = candidate.class_index;
  if (contract.output.kind == PredictionKind::kOrientedBoxes) {
    detection.box = {(box[0] - placement.left) / placement.scale_x, (box[1] - placement.top) / placement.scale_y,
                     box[2] / placement.scale_x, box[3] / placement.scale_y};
    detection.angle = candidate.angle;
  } else {
    detection.box = {placement.image_x(box[0]), placement.image_y(box[1]), placement.image_x(box[2]),
                     placement.image_y(box[3])};
  }
  if (contract.output.kind == PredictionKind::kPoses) detection.keypoints = keypoints_of(row, contract, placement);
  return detection;
}

/// Ultralytics leaves out instances whose mask has no pixel.
void add_masked(const Row& row, const Prototypes& prototypes, const InputContract& input, Detection detection,
                std::vector<Detection>& detections) {
  detection.mask = assemble_mask(prototypes, row.more, row.candidate.box, input.width, input.height);
  if (std::ranges::find(detection.mask.pixels, 1) != detection.mask.pixels.end())
    detections.push_back(std::move(detection));
}

Result<std::vector<Detection>> detections_of(std::span<const Tensor> outputs, int64_t index,
                                             const ArtifactContract& contract, const Placement& placement) {
  const bool masked = contract.output.kind == PredictionKind::kMasks;
  const auto rank_is = [&](size_t rank) {
    return std::ranges::find_if(outputs, [&](const Tensor& output) { return output.shape().size() == rank; });
  };
  const auto boxes = rank_is(3), protos = rank_is(4);
  if (boxes == outputs.end() || (masked && protos == outputs.end())) {
    return fail(ErrorCode::kValidationFailed, "no output is [batch, rows, columns]{}",
                masked ? " with prototypes beside it" : "");
  }
  TRY(matrix, matrix_of(*boxes, index));
  std::vector<float> prototype_values;
  Prototypes prototypes;
  if (masked) {
    if (index >= protos->shape()[0]) return shape_error(*protos, "[batch, channels, height, width]");
    prototype_values = values_of_picture(*protos, index);
    prototypes = {prototype_values, protos->shape()[1], protos->shape()[2], protos->shape()[3]};
  }
  if (contract.output.rows == RowState::kObjectnessCandidates) {
    TRY(columns, multiply_objectness(matrix, *boxes, contract, prototypes.channels));
    matrix = std::move(columns);
  }
  TRY(rows, contract.output.rows == RowState::kSelected
                ? selected_rows(matrix, *boxes, contract)
                : candidate_rows(matrix, *boxes, contract, prototypes.channels));
  std::vector<Detection> detections;
  for (const Row& row : choose_rows(std::move(rows), contract.output)) {
    Detection detection = detection_from(row, contract, placement);
    if (!masked) {
      detections.push_back(std::move(detection));
      continue;
    }
    if (static_cast<int64_t>(row.more.size()) != prototypes.channels)
      return shape_error(*boxes, fmt::format("{} mask coefficients", prototypes.channels));
    add_masked(row, prototypes, contract.input, std::move(detection), detections);
  }
  return detections;
}

Result<std::vector<ClassScore>> best_classes(const Tensor& output, int64_t index, int64_t top_k) {
  if (output.shape().size() != 2 || index >= output.shape()[0]) return shape_error(output, "[batch, classes]");
  const std::vector<float> scores = values_of_picture(output, index);
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  std::vector<ClassScore> best;
  for (const size_t i : order) {
    if (static_cast<int64_t>(best.size()) == top_k) break;
    best.push_back({static_cast<int64_t>(i), scores[i]});
  }
  return best;
}

}  // namespace

Result<Prediction> interpret(std::span<const Tensor> outputs, int64_t index, const ArtifactContract& contract,
                             const Placement& placement) {
  if (outputs.empty()) return fail(ErrorCode::kValidationFailed, "the artifact has no output");
  Prediction prediction;
  prediction.kind = contract.output.kind;
  if (prediction.kind == PredictionKind::kClasses) {
    TRY(best, best_classes(outputs[0], index, contract.output.top_k));
    prediction.top_classes = std::move(best);
  } else if (prediction.kind == PredictionKind::kClassMap) {
    TRY(map, class_map_of(outputs[0], index, contract.input, placement));
    prediction.class_map = std::move(map);
  } else {
    TRY(detections, detections_of(outputs, index, contract, placement));
    prediction.detections = std::move(detections);
  }
  return prediction;
}

}  // namespace modelport
