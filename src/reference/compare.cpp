#include "reference/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace modelport {

namespace {

double element(const EvaluatedValue& value, int64_t index) {
  const auto i = static_cast<size_t>(index);
  if (!value.doubles.empty()) return value.doubles[i];
  if (!value.floats.empty()) return value.floats[i];
  return static_cast<double>(value.integers[i]);
}

std::vector<ChannelGroup> groups_of(const IoSpec& spec) {
  if (!spec.groups.empty()) return spec.groups;
  return {{"all", spec.role, 0, 0, std::numeric_limits<int64_t>::max()}};
}

/// Calls visit(flat index) for every element whose position along the group's axis is in its range.
template <class Visit>
void for_each_in_group(const Shape& shape, const ChannelGroup& group, Visit visit) {
  if (shape.empty()) return visit(int64_t{0});
  const auto axis = static_cast<size_t>(group.axis);
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  const int64_t end = std::min(group.end, shape[axis]);
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t c = group.begin; c < end; ++c) {
      const int64_t base = (o * shape[axis] + c) * inner;
      for (int64_t i = 0; i < inner; ++i) visit(base + i);
    }
  }
}

std::string index_text(const Shape& shape, int64_t flat) {
  Shape index(shape.size());
  for (size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = flat % shape[axis];
    flat /= shape[axis];
  }
  return shape_text(index);
}

/// Zero for equal values and for two equal infinities or NaNs; infinity when only one side is finite.
double difference(double expected, double actual) {
  if (std::isfinite(expected) && std::isfinite(actual)) return std::abs(actual - expected);
  const bool same = expected == actual || (std::isnan(expected) && std::isnan(actual));
  return same ? 0.0 : std::numeric_limits<double>::infinity();
}

Comparison compare_group(const EvaluatedValue& reference, const EvaluatedValue& actual, const ChannelGroup& group) {
  Comparison figure;
  figure.value = reference.name;
  figure.group = group.name;
  figure.role = group.role;
  double dot = 0.0, reference_square = 0.0, actual_square = 0.0;
  int64_t worst = 0;
  for_each_in_group(reference.shape, group, [&](int64_t index) {
    const double expected = element(reference, index);
    const double got = element(actual, index);
    const double apart = difference(expected, got);
    if (apart > figure.max_difference) {
      figure.max_difference = apart;
      worst = index;
    }
    figure.reference_magnitude = std::max(figure.reference_magnitude, std::abs(expected));
    dot += expected * got;
    reference_square += expected * expected;
    actual_square += got * got;
  });
  figure.worst_index = index_text(reference.shape, worst);
  const double norm = std::sqrt(reference_square) * std::sqrt(actual_square);
  figure.cosine = norm > 0.0 ? dot / norm : (reference_square == actual_square ? 1.0 : 0.0);
  return figure;
}

}  // namespace

double limit_for(const Tolerance& tolerance, Role role, double reference_magnitude) {
  if (role == Role::kBoxesPx) return tolerance.pixels;
  return tolerance.relative * std::max(1.0, reference_magnitude);
}

Result<std::vector<Comparison>> compare(std::span<const EvaluatedValue> reference,
                                        std::span<const EvaluatedValue> actual, std::span<const IoSpec> specs,
                                        const Tolerance& tolerance, std::span<const double> at_least) {
  if (actual.size() != reference.size() || specs.size() != reference.size()) {
    return fail(ErrorCode::kValidationFailed, "{} values are expected, there are {}", reference.size(), actual.size());
  }
  std::vector<Comparison> figures;
  for (size_t i = 0; i < reference.size(); ++i) {
    if (actual[i].shape != reference[i].shape) {
      return fail(ErrorCode::kValidationFailed, "{} has shape {}, expected {}", reference[i].name,
                  shape_text(actual[i].shape), shape_text(reference[i].shape));
    }
    for (const ChannelGroup& group : groups_of(specs[i])) {
      Comparison figure = compare_group(reference[i], actual[i], group);
      figure.limit = limit_for(tolerance, group.role, figure.reference_magnitude);
      if (!at_least.empty()) figure.limit = std::max(figure.limit, at_least[figures.size()]);
      // Written so that a NaN limit or difference differs.
      const bool agrees = figure.max_difference <= figure.limit && std::isfinite(figure.reference_magnitude);
      figure.verdict = agrees ? Comparison::Verdict::kAgrees : Comparison::Verdict::kDiffers;
      figures.push_back(std::move(figure));
    }
  }
  return figures;
}

bool all_agree(std::span<const Comparison> comparisons) {
  return std::all_of(comparisons.begin(), comparisons.end(),
                     [](const Comparison& figure) { return figure.verdict == Comparison::Verdict::kAgrees; });
}

std::vector<double> own_error(std::span<const EvaluatedValue> lower, std::span<const EvaluatedValue> higher,
                              std::span<const IoSpec> specs) {
  std::vector<double> errors;
  for (size_t i = 0; i < lower.size(); ++i) {
    for (const ChannelGroup& group : groups_of(specs[i]))
      errors.push_back(compare_group(higher[i], lower[i], group).max_difference);
  }
  return errors;
}

}  // namespace modelport
