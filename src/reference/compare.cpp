#include "reference/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace modelport {

namespace {

/// Calls f with a pointer to the elements, whatever they are held as.
template <class F>
auto with_elements(const EvaluatedValue& value, F f) {
  if (!value.doubles.empty()) return f(value.doubles.data());
  if (!value.floats.empty()) return f(value.floats.data());
  return f(value.integers.data());
}

std::vector<ChannelGroup> groups_of(const IoSpec& spec) {
  if (!spec.groups.empty()) return spec.groups;
  return {{"all", spec.role, 0, 0, std::numeric_limits<int64_t>::max()}};
}

/// Calls visit(first, last) for every run of neighbours whose position along the group's axis is in its range.
template <class Visit>
void for_each_run(const Shape& shape, const ChannelGroup& group, Visit visit) {
  if (shape.empty()) return visit(int64_t{0}, int64_t{1});
  const auto axis = static_cast<size_t>(group.axis);
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  const int64_t end = std::min(group.end, shape[axis]);
  for (int64_t o = 0; o < outer; ++o) visit((o * shape[axis] + group.begin) * inner, (o * shape[axis] + end) * inner);
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

/// Sums and extremes of one group.
struct Totals {
  double max_difference = 0.0;
  int64_t worst = 0;
  double magnitude = 0.0;
  double dot = 0.0, reference_square = 0.0, actual_square = 0.0;
};

template <class Expected, class Actual>
void accumulate(const Expected* expected, const Actual* actual, int64_t first, int64_t last, Totals& totals) {
  for (int64_t i = first; i < last; ++i) {
    const auto e = static_cast<double>(expected[i]), a = static_cast<double>(actual[i]);
    double apart = std::abs(a - e);
    // Not below: also where the difference is not a number.
    if (!(apart <= totals.max_difference)) {
      apart = difference(e, a);
      if (apart > totals.max_difference) {
        totals.max_difference = apart;
        totals.worst = i;
      }
    }
    totals.magnitude =
        std::max(totals.magnitude, std::isnan(e) ? std::numeric_limits<double>::infinity() : std::abs(e));
    totals.dot += e * a;
    totals.reference_square += e * e;
    totals.actual_square += a * a;
  }
}

Comparison compare_group(const EvaluatedValue& reference, const EvaluatedValue& actual, const ChannelGroup& group) {
  Totals totals;
  with_elements(reference, [&](const auto* expected) {
    with_elements(actual, [&](const auto* got) {
      for_each_run(reference.shape, group,
                   [&](int64_t first, int64_t last) { accumulate(expected, got, first, last, totals); });
    });
  });
  Comparison figure;
  figure.value = reference.name;
  figure.group = group.name;
  figure.role = group.role;
  figure.max_difference = totals.max_difference;
  figure.reference_magnitude = totals.magnitude;
  figure.worst_index = index_text(reference.shape, totals.worst);
  const double norm = std::sqrt(totals.reference_square) * std::sqrt(totals.actual_square);
  figure.cosine = norm > 0.0 ? totals.dot / norm : (totals.reference_square == totals.actual_square ? 1.0 : 0.0);
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
