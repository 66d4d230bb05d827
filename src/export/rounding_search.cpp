#include "export/rounding_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace modelport {

namespace {

/// What is aimed at after an attempt that failed, in parts of the last aim.
constexpr double kTighter = 0.8;

/// Neighbouring layers that are rounded together or not at all.
struct Block {
  size_t begin, end;
  double cost;
  double error;  ///< Of these alone, without what is there anyway.
};

class Search {
 public:
  using Measure = std::function<Result<double>(const std::vector<bool>&)>;

  Search(std::span<const double> cost, double target, size_t measurements, const Measure& measure)
      : cost_(cost),
        target_(target),
        blocks_at_first_(std::max<size_t>(1, measurements / 6)),
        singles_(measurements / 2),
        attempts_(std::max<size_t>(3, measurements / 16)),
        measure_(measure) {}

  Result<std::vector<bool>> operator()() {
    TRY(base, measure_(std::vector<bool>(cost_.size())));
    base_ = base;
    const size_t width = (cost_.size() + blocks_at_first_ - 1) / blocks_at_first_;
    for (size_t begin = 0; begin < cost_.size(); begin += width)
      CHECK_OK(add_block(begin, std::min(begin + width, cost_.size())));
    TRY(coarse, best_choice());
    CHECK_OK(split_what_was_left_out(coarse));
    TRY(fine, best_choice());
    return cost_of(fine) <= cost_of(coarse) ? fine : coarse;
  }

 private:
  Status add_block(size_t begin, size_t end) {
    std::vector<bool> alone(cost_.size());
    std::fill(alone.begin() + static_cast<std::ptrdiff_t>(begin), alone.begin() + static_cast<std::ptrdiff_t>(end),
              true);
    TRY(error, measure_(alone));
    const double cost = std::accumulate(cost_.begin() + static_cast<std::ptrdiff_t>(begin),
                                        cost_.begin() + static_cast<std::ptrdiff_t>(end), 0.0);
    const double own = error > base_ ? std::sqrt(error * error - base_ * base_) : 0.0;
    blocks_.push_back({begin, end, cost, std::isfinite(error) ? own : std::numeric_limits<double>::infinity()});
    return {};
  }

  double cost_of(const std::vector<bool>& rounded) const {
    double cost = 0.0;
    for (size_t i = 0; i < rounded.size(); ++i) cost += rounded[i] ? 0.0 : cost_[i];
    return cost;
  }

  /// Leaves out blocks, those first whose error is the largest for their cost, until the others' errors add up to
  /// `aim`.
  std::vector<bool> choice_for(double aim) const {
    std::vector<Block> order = blocks_;
    std::ranges::stable_sort(
        order, [](const Block& a, const Block& b) { return a.error * a.error * b.cost > b.error * b.error * a.cost; });
    std::vector<bool> rounded(cost_.size(), true);
    for (size_t i = 0; i < order.size(); ++i) {
      double square = base_ * base_;
      for (size_t rest = i; rest < order.size(); ++rest) square += order[rest].error * order[rest].error;
      if (square <= aim * aim) break;
      std::fill(rounded.begin() + static_cast<std::ptrdiff_t>(order[i].begin),
                rounded.begin() + static_cast<std::ptrdiff_t>(order[i].end), false);
    }
    return rounded;
  }

  /// The first choice that measures within the target; nothing rounded where none does.
  Result<std::vector<bool>> best_choice() {
    double aim = target_;
    for (size_t attempt = 0; attempt < attempts_; ++attempt) {
      std::vector<bool> rounded = choice_for(aim);
      TRY(error, measure_(rounded));
      if (error <= target_) return rounded;
      aim *= std::isfinite(error) ? std::min(kTighter, target_ / error) : kTighter / 2;
    }
    return std::vector<bool>(cost_.size(), false);
  }

  Status split_what_was_left_out(const std::vector<bool>& rounded) {
    std::vector<Block> old;
    std::swap(old, blocks_);
    size_t singles = 0;
    std::ranges::stable_sort(old, [](const Block& a, const Block& b) { return a.cost > b.cost; });
    for (const Block& block : old) {
      if (rounded[block.begin] || block.end - block.begin == 1 || singles + block.end - block.begin > singles_) {
        blocks_.push_back(block);
        continue;
      }
      singles += block.end - block.begin;
      for (size_t i = block.begin; i < block.end; ++i) CHECK_OK(add_block(i, i + 1));
    }
    return {};
  }

  std::span<const double> cost_;
  double target_;
  size_t blocks_at_first_;  ///< Of neighbours.
  size_t singles_;          ///< Layers that are then measured on their own.
  size_t attempts_;         ///< At a joint measurement of what was chosen.
  const Measure& measure_;
  double base_ = 0.0;
  std::vector<Block> blocks_;
};

}  // namespace

Result<std::vector<bool>> choose_rounded(std::span<const double> cost, double target, size_t measurements,
                                         const std::function<Result<double>(const std::vector<bool>&)>& error) {
  return Search(cost, target, measurements, error)();
}

}  // namespace modelport
