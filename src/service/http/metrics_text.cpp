#include "service/http/metrics_text.h"

#include <fmt/format.h>

#include <iterator>

namespace modelport {

namespace {

std::string_view type_name(MetricsText::Type type) {
  switch (type) {
    case MetricsText::Type::kCounter:
      return "counter";
    case MetricsText::Type::kGauge:
      return "gauge";
    case MetricsText::Type::kHistogram:
      return "histogram";
  }
  return "untyped";
}

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

}  // namespace

void MetricsText::family(std::string_view name, Type type, std::string_view help) {
  fmt::format_to(std::back_inserter(text_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type_name(type));
}

void MetricsText::sample(std::string_view name, const Labels& labels, double value) {
  text_ += name;
  char before = '{';
  for (const auto& [label, text] : labels) {
    fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", before, label, escaped(text));
    before = ',';
  }
  if (!labels.empty()) text_ += '}';
  // Whole numbers stay whole, however large.
  if (const auto whole = static_cast<int64_t>(value); static_cast<double>(whole) == value) {
    fmt::format_to(std::back_inserter(text_), " {}\n", whole);
  } else {
    fmt::format_to(std::back_inserter(text_), " {}\n", value);
  }
}

void MetricsText::single(std::string_view name, Type type, std::string_view help, double value) {
  family(name, type, help);
  sample(name, {}, value);
}

void MetricsText::histogram(std::string_view name, const Labels& labels, const Histogram::Counts& counts) {
  const std::string bucket = fmt::format("{}_bucket", name);
  for (size_t i = 0; i <= counts.bounds.size(); ++i) {
    const bool is_last = i == counts.bounds.size();
    const std::string bound = is_last ? "+Inf" : fmt::format("{}", counts.bounds[i]);
    Labels with_bound = labels;
    with_bound.emplace_back("le", bound);
    sample(bucket, with_bound, static_cast<double>(is_last ? counts.total : counts.below[i]));
  }
  sample(fmt::format("{}_sum", name), labels, counts.sum);
  sample(fmt::format("{}_count", name), labels, static_cast<double>(counts.total));
}

}  // namespace modelport
