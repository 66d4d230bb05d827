#include "reference/ranked_rows.h"

#include <tuple>

namespace modelport {

namespace {

constexpr int64_t kNone = -1;

/// The rows [D, C] of one batch item.
struct Rows2d {
  std::vector<double> elements;
  int64_t width;
  int64_t score_column;

  int64_t count() const { return static_cast<int64_t>(elements.size()) / width; }
  const double* row(int64_t index) const { return elements.data() + index * width; }
  double score(int64_t index) const { return row(index)[score_column]; }
  bool is_padding(int64_t index) const {
    return std::all_of(row(index), row(index) + width, [](double x) { return x == 0.0; });
  }
};

Rows2d rows_of(const EvaluatedValue& value, int64_t item, int64_t score_column) {
  const int64_t size = value.shape[1] * value.shape[2];
  Rows2d rows{{}, value.shape[2], score_column};
  with_elements(
      value, [&](const auto* elements) { rows.elements.assign(elements + item * size, elements + (item + 1) * size); });
  return rows;
}

/// Pairs the rows of one batch item.
class Pairing {
 public:
  /// `allowed`: per column how far two equal rows may be apart, in its own unit; infinite for scores and for columns of
  /// no group.
  Pairing(const Rows2d& reference, const Rows2d& actual, std::span<const double> allowed, double score_limit)
      : reference_(reference),
        actual_(actual),
        allowed_(allowed),
        score_limit_(score_limit),
        partner_(static_cast<size_t>(reference.count()), kNone),
        taken_(partner_.size()) {}

  /// The actual row of every reference row; kNone where the row may have been replaced.
  std::vector<int64_t> operator()() {
    for (int64_t i = 0; i < reference_.count(); ++i) {
      if (distance(i, i) <= 1.0) pair(i, i);
    }
    pair_nearest();
    excuse_at_the_cut();
    pair_what_is_left();
    return std::move(partner_);
  }

 private:
  void pair(int64_t i, int64_t j) {
    partner_[static_cast<size_t>(i)] = j;
    taken_[static_cast<size_t>(j)] = true;
  }

  bool is_free(int64_t i) const { return partner_[static_cast<size_t>(i)] == kNone; }
  bool is_taken(int64_t j) const { return taken_[static_cast<size_t>(j)]; }

  /// In parts of what is allowed; infinity where the scores are too far apart.
  double distance(int64_t i, int64_t j) const {
    if (!(difference(reference_.score(i), actual_.score(j)) <= score_limit_))
      return std::numeric_limits<double>::infinity();
    double largest = 0.0;
    for (int64_t c = 0; c < reference_.width; ++c) {
      const double allowed = allowed_[static_cast<size_t>(c)];
      if (std::isinf(allowed)) continue;
      largest = std::max(largest, difference(reference_.row(i)[c], actual_.row(j)[c]) / allowed);
    }
    return largest;
  }

  /// The nearest pairs first; of equally near ones the first rows.
  void pair_nearest() {
    std::vector<std::tuple<double, int64_t, int64_t>> candidates;
    for (int64_t i = 0; i < reference_.count(); ++i) {
      if (!is_free(i)) continue;
      for (int64_t j = 0; j < actual_.count(); ++j) {
        if (is_taken(j)) continue;
        if (const double apart = distance(i, j); std::isfinite(apart)) candidates.emplace_back(apart, i, j);
      }
    }
    std::ranges::sort(candidates);
    for (const auto& [apart, i, j] : candidates) {
      if (is_free(i) && !is_taken(j)) pair(i, j);
    }
  }

  static bool reaches_the_cut(const Rows2d& rows, int64_t index, double limit) {
    const int64_t last = rows.count() - 1;
    return !rows.is_padding(last) && rows.score(index) <= rows.score(last) + 2.0 * limit;
  }

  /// Rows that are not where they should be, on both sides at most that far above the last score.
  void excuse_at_the_cut() {
    std::vector<int64_t> in_question, newcomers;
    for (int64_t i = 0; i < reference_.count(); ++i) {
      if (!reaches_the_cut(reference_, i, score_limit_)) continue;
      int64_t& partner = partner_[static_cast<size_t>(i)];
      if (partner != kNone && (distance(i, partner) <= 1.0 || !reaches_the_cut(actual_, partner, score_limit_)))
        continue;
      if (partner != kNone) taken_[static_cast<size_t>(partner)] = false;
      partner = kNone;
      in_question.push_back(i);
    }
    for (int64_t j = 0; j < actual_.count(); ++j) {
      if (!is_taken(j) && reaches_the_cut(actual_, j, score_limit_)) newcomers.push_back(j);
    }
    // What has no newcomer in its place is left to be paired.
    const size_t excused = std::min(in_question.size(), newcomers.size());
    for (size_t k = 0; k < excused; ++k) taken_[static_cast<size_t>(newcomers[k])] = true;
    excused_.assign(in_question.end() - static_cast<std::ptrdiff_t>(excused), in_question.end());
  }

  void pair_what_is_left() {
    int64_t j = 0;
    for (int64_t i = 0; i < reference_.count(); ++i) {
      if (!is_free(i) || std::ranges::find(excused_, i) != excused_.end()) continue;
      while (is_taken(j)) ++j;
      pair(i, j);
    }
  }

  const Rows2d& reference_;
  const Rows2d& actual_;
  std::span<const double> allowed_;
  double score_limit_;
  std::vector<int64_t> partner_;
  std::vector<bool> taken_;
  std::vector<int64_t> excused_;
};

/// Per column the limit of its group, in the column's own unit; infinite where there is none, and for scores.
std::vector<double> allowed_by_column(const std::vector<ChannelGroup>& groups, const Size2& image,
                                      std::span<const double> limits, size_t scores, int64_t width) {
  std::vector<double> allowed(static_cast<size_t>(width), std::numeric_limits<double>::infinity());
  for (size_t g = 0; g < groups.size(); ++g) {
    if (g == scores) continue;
    for (const auto& [channels, factor] : in_pixels(groups[g], image)) {
      for (int64_t c = channels.begin; c < std::min(channels.end, width); c += channels.step)
        allowed[static_cast<size_t>(c)] = limits[g] / factor;
    }
  }
  return allowed;
}

}  // namespace

Result<AlignedRows> align_rows(const EvaluatedValue& reference, const EvaluatedValue& actual, const IoSpec& spec,
                               std::span<const double> limits) {
  const std::vector<ChannelGroup> groups = groups_of(spec);
  const auto found = std::ranges::find(groups, "scores", &ChannelGroup::name);
  if (found == groups.end() || found->axis != 2 || reference.shape.size() != 3 || limits.size() != groups.size())
    return fail(ErrorCode::kInternal, "{} is no [N, D, C] ranked by a group \"scores\"", spec.name);
  const auto scores = static_cast<size_t>(found - groups.begin());
  const int64_t column = found->begin, count = reference.shape[1], width = reference.shape[2];
  const std::vector<double> allowed = allowed_by_column(groups, spec.image, limits, scores, width);
  AlignedRows aligned{actual, reference.shape[0] * count, 0};
  aligned.value.floats.clear();
  aligned.value.doubles.clear();
  for (int64_t item = 0; item < reference.shape[0]; ++item) {
    const Rows2d expected = rows_of(reference, item, column), got = rows_of(actual, item, column);
    const std::vector<int64_t> partners = Pairing(expected, got, allowed, limits[scores])();
    for (int64_t i = 0; i < count; ++i) {
      const int64_t partner = partners[static_cast<size_t>(i)];
      if (partner == kNone) ++aligned.replaced;
      const double* row = partner == kNone ? expected.row(i) : got.row(partner);
      const size_t first = aligned.value.doubles.size();
      aligned.value.doubles.insert(aligned.value.doubles.end(), row, row + width);
      aligned.value.doubles[first + static_cast<size_t>(column)] = got.score(i);
    }
  }
  return aligned;
}

}  // namespace modelport
