#pragma once

#include <span>

#include "reference/channel_runs.h"

namespace modelport {

/// A value of ranked rows with its rows in the order of the reference's.
struct AlignedRows {
  EvaluatedValue value;
  int64_t rows = 0;      ///< Of the whole batch.
  int64_t replaced = 0;  ///< Reference rows that have no counterpart and need none; they are repeated in `value`.
};

/// Puts the rows of `actual` [N, D, C] (Rows::kRanked, by group "scores" descending) in the order of `reference`'s, as
/// far as two honest evaluations may differ in it. `limits`: of every group, in the order of groups_of(spec).
///
/// With L the limit of the scores: a reference row may be any row of the same batch item whose score is within L of
/// its own, and is the nearest that no other row is, all groups counted in parts of their limits. The scores
/// themselves stay rank by rank: however rows change places, the k-th largest of two sets differ by no more than their
/// members do. Where more candidates may have been than there are rows (the last row is not zeros), rows at most 2 L
/// above the last score may have been replaced by others there, and only those. Every other row is paired with what is
/// left, in order, so that its difference shows. kInternal for a spec without scores.
Result<AlignedRows> align_rows(const EvaluatedValue& reference, const EvaluatedValue& actual, const IoSpec& spec,
                               std::span<const double> limits);

}  // namespace modelport
