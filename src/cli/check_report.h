#pragma once

#include <string>

#include "cli/check_runner.h"

namespace modelport {

/// What makes a check fail.
enum class Strictness { kMust, kMustAndShould };

/// A finished check, to be told in four ways.
struct CheckReport {
  const CheckRunner& runner;
  Strictness strictness = Strictness::kMust;

  struct Counts {
    size_t passed = 0, failed = 0, warnings = 0, skipped = 0;
  };
  Counts counts() const;
  bool is_conformant() const;
  /// Whether a finding makes the check fail, is a warning, or neither.
  bool is_failure(const CheckFinding& finding) const;
  bool is_warning(const CheckFinding& finding) const;
};

/// One trouble: a requirement that several formats fail at the same place, or one finding alone.
struct Trouble {
  const CheckFinding* first;
  std::string formats;                ///< "onnx, openvino"; empty where it does not depend on the format.
  std::vector<std::string> evidence;  ///< Each once; with its format before it where they differ.
};
/// The failures, or the warnings, of a check.
std::vector<Trouble> troubles(const CheckReport& report, bool (CheckReport::*is_one)(const CheckFinding&) const);

/// For a terminal: what failed with its evidence, then a line for every chapter.
std::string text_report(const CheckReport& report);
/// One JSON object with every finding and the runs that are its evidence.
std::string json_report(const CheckReport& report);
/// A suite a chapter, a test case a finding.
std::string junit_report(const CheckReport& report);
/// One page without scripts or anything from elsewhere, light and dark.
std::string html_report(const CheckReport& report);

/// `text` with what XML and HTML read as markup escaped, and without what XML cannot hold.
std::string escaped(std::string_view text);

}  // namespace modelport
