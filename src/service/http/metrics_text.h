#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"

namespace modelport {

/// Writes Prometheus' text exposition format, version 0.0.4. A family's samples follow its head.
class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;
  enum class Type { kCounter, kGauge, kHistogram };

  /// A name's HELP and TYPE. A counter's name ends in "_total".
  void family(std::string_view name, Type type, std::string_view help);
  void sample(std::string_view name, const Labels& labels, double value);
  /// A family of one sample without labels.
  void single(std::string_view name, Type type, std::string_view help, double value);
  /// The series of a family of Type::kHistogram for these labels.
  void histogram(std::string_view name, const Labels& labels, const Histogram::Counts& counts);

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace modelport
