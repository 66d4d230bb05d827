#include "reference/compare.h"

#include "reference/channel_runs.h"
#include "reference/ranked_rows.h"

namespace modelport {

namespace {

/// Whole numbers that are further apart than this are others.
constexpr double kAnotherNumber = 0.5;

std::string index_text(const Shape& shape, int64_t flat) {
  Shape index(shape.size());
  for (size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = flat % shape[axis];
    flat /= shape[axis];
  }
  return shape_text(index);
}

/// Sums and extremes of one group.
struct Totals {
  double max_difference = 0.0;
  int64_t worst = 0;
  double magnitude = 0.0;
  double dot = 0.0, reference_square = 0.0, actual_square = 0.0;
  int64_t elements = 0, others = 0;
};

template <class Expected, class Actual>
void accumulate(const Expected* expected, const Actual* actual, double factor, int64_t first, int64_t last,
                Totals& totals) {
  for (int64_t i = first; i < last; ++i) {
    const double e = factor * static_cast<double>(expected[i]), a = factor * static_cast<double>(actual[i]);
    double apart = std::abs(a - e);
    ++totals.elements;
    totals.others += e != a;
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

Comparison compare_group(const EvaluatedValue& reference, const EvaluatedValue& actual, const ChannelGroup& group,
                         const Size2& image) {
  Totals totals;
  with_elements(reference, [&](const auto* expected) {
    with_elements(actual, [&](const auto* got) {
      for (const auto& [channels, factor] : in_pixels(group, image)) {
        for_each_run(reference.shape, channels,
                     [&](int64_t first, int64_t last) { accumulate(expected, got, factor, first, last, totals); });
      }
    });
  });
  Comparison figure;
  figure.group = group.name;
  figure.role = group.role;
  figure.max_difference = totals.max_difference;
  if (group.role == Role::kClassNumbers && totals.elements > 0)
    figure.max_difference = static_cast<double>(totals.others) / static_cast<double>(totals.elements);
  figure.reference_magnitude = totals.magnitude;
  figure.worst_index = index_text(reference.shape, totals.worst);
  const double norm = std::sqrt(totals.reference_square) * std::sqrt(totals.actual_square);
  figure.cosine = norm > 0.0 ? totals.dot / norm : (totals.reference_square == totals.actual_square ? 1.0 : 0.0);
  return figure;
}

/// The limits of every group of one value.
std::vector<double> limits_of(const EvaluatedValue& reference, const IoSpec& spec, const Tolerance& tolerance,
                              std::span<const double> at_least) {
  std::vector<double> limits;
  for (const ChannelGroup& group : groups_of(spec)) {
    const double magnitude = compare_group(reference, reference, group, spec.image).reference_magnitude;
    const auto limit_in = [&](const Tolerance& allowed) {
      double limit = limit_for(allowed, group.role, magnitude);
      if (group.numbers == ChannelGroup::Numbers::kWhole) limit = std::min(limit, kAnotherNumber);
      if (group.role != Role::kBoxesPx || group.unit == Unit::kPixels) return limit;
      return std::min(limit, allowed.relative * static_cast<double>(std::min(spec.image[0], spec.image[1])));
    };
    limits.push_back(limit_in(tolerance));
    if (at_least.empty()) continue;
    const auto longer_side = static_cast<double>(std::max(spec.image[0], spec.image[1]));
    const double widest_pixels =
        std::min(tolerance.widest_pixels, tolerance.widest_part * std::max(longer_side, magnitude));
    const double ceiling =
        limit_in({.relative = tolerance.widest_relative, .pixels = std::max(tolerance.pixels, widest_pixels)});
    limits.back() = std::max(limits.back(), std::min(at_least[limits.size() - 1], ceiling));
  }
  return limits;
}

Result<std::vector<Comparison>> compare_value(const EvaluatedValue& reference, const EvaluatedValue& actual,
                                              const IoSpec& spec, std::span<const double> limits) {
  AlignedRows aligned;
  if (spec.rows == Rows::kRanked) {
    TRY(rows, align_rows(reference, actual, spec, limits));
    aligned = std::move(rows);
  }
  std::vector<Comparison> figures;
  for (const ChannelGroup& group : groups_of(spec)) {
    Comparison figure =
        compare_group(reference, spec.rows == Rows::kRanked ? aligned.value : actual, group, spec.image);
    figure.value = spec.name;
    figure.limit = limits[figures.size()];
    figure.replaced_rows = aligned.replaced;
    // Written so that a NaN difference differs.
    const bool agrees = figure.max_difference <= figure.limit && std::isfinite(figure.limit) &&
                        std::isfinite(figure.reference_magnitude);
    figure.verdict = agrees ? Comparison::Verdict::kAgrees : Comparison::Verdict::kDiffers;
    figures.push_back(std::move(figure));
  }
  if (2 * aligned.replaced <= aligned.rows) return figures;
  Error error =
      fail(ErrorCode::kValidationFailed, "{}: {} of {} rows have scores that differ too little to be told apart",
           spec.name, aligned.replaced, aligned.rows);
  error.hint = "scores that hardly differ are those of a network that has not been trained";
  return error;
}

}  // namespace

std::vector<ChannelsInPixels> in_pixels(const ChannelGroup& group, const Size2& image) {
  const auto height = static_cast<double>(image[0]), width = static_cast<double>(image[1]);
  if (group.role != Role::kBoxesPx || group.unit == Unit::kPixels) return {{group, 1.0}};
  if (group.unit == Unit::kPartsOfWidth) return {{group, width}};
  if (group.unit == Unit::kPartsOfHeight) return {{group, height}};
  ChannelGroup x = group, y = group;
  x.step = y.step = 2 * group.step;
  y.begin += group.step;
  return {{x, width}, {y, height}};
}

std::vector<ChannelGroup> groups_of(const IoSpec& spec) {
  if (!spec.groups.empty()) return spec.groups;
  return {{"all", spec.role, 0, 0, std::numeric_limits<int64_t>::max()}};
}

double difference(double expected, double actual) {
  if (std::isfinite(expected) && std::isfinite(actual)) return std::abs(actual - expected);
  const bool same = expected == actual || (std::isnan(expected) && std::isnan(actual));
  return same ? 0.0 : std::numeric_limits<double>::infinity();
}

double limit_for(const Tolerance& tolerance, Role role, double reference_magnitude) {
  if (role == Role::kBoxesPx) return tolerance.pixels;
  if (role == Role::kClassNumbers) return tolerance.share();
  if (role == Role::kScores) return tolerance.relative;
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
    const size_t groups = groups_of(specs[i]).size();
    const std::span<const double> own = at_least.empty() ? at_least : at_least.subspan(figures.size(), groups);
    TRY(of_value, compare_value(reference[i], actual[i], specs[i], limits_of(reference[i], specs[i], tolerance, own)));
    figures.insert(figures.end(), of_value.begin(), of_value.end());
  }
  return figures;
}

std::string_view unit_of(const Comparison& figure) { return figure.role == Role::kBoxesPx ? "px" : ""; }

std::string unit_behind_number(const Comparison& figure) {
  return unit_of(figure).empty() ? "" : " " + std::string(unit_of(figure));
}

bool all_agree(std::span<const Comparison> comparisons) {
  return std::all_of(comparisons.begin(), comparisons.end(),
                     [](const Comparison& figure) { return figure.verdict == Comparison::Verdict::kAgrees; });
}

Result<std::vector<double>> own_error(std::span<const EvaluatedValue> lower, std::span<const EvaluatedValue> higher,
                                      std::span<const IoSpec> specs) {
  std::vector<double> errors;
  for (size_t i = 0; i < lower.size(); ++i) {
    const std::vector<ChannelGroup> groups = groups_of(specs[i]);
    AlignedRows aligned;
    if (specs[i].rows == Rows::kRanked) {
      std::vector<double> limits = limits_of(higher[i], specs[i], {}, {});
      for (size_t g = 0; g < groups.size(); ++g) {
        if (groups[g].name == "scores")
          limits[g] =
              std::max(limits[g], 2.0 * compare_group(higher[i], lower[i], groups[g], specs[i].image).max_difference);
      }
      TRY(rows, align_rows(higher[i], lower[i], specs[i], limits));
      aligned = std::move(rows);
    }
    const EvaluatedValue& in_order = specs[i].rows == Rows::kRanked ? aligned.value : lower[i];
    for (const ChannelGroup& group : groups)
      errors.push_back(compare_group(higher[i], in_order, group, specs[i].image).max_difference);
  }
  return errors;
}

}  // namespace modelport
