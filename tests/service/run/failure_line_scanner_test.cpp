#include "service/run/failure_line_scanner.h"

#include <gtest/gtest.h>

#include "service/run/failure.h"

namespace modelport {
namespace {

std::string last_error_of(std::string_view line) {
  FailureLineScanner lines;
  lines.observe(Stream::kStderr, line);
  return lines.last_error();
}

TEST(FailureLineScanner, KnowsTheShapesOfAnErrorLine) {
  EXPECT_EQ(last_error_of("2025-11-16 10:30:00,123 - ERROR - no such layer"), "no such layer");
  EXPECT_EQ(last_error_of("2025-11-16 10:30:00,123 - trainer.export - ERROR - no such layer"), "no such layer");
  EXPECT_EQ(last_error_of("ERROR - no such layer"), "no such layer");
  EXPECT_EQ(last_error_of("ERROR: no such layer"), "no such layer");
  EXPECT_EQ(last_error_of("ERROR:root:no such layer"), "no such layer");
  EXPECT_EQ(last_error_of("[ERROR] no such layer"), "no such layer");
  EXPECT_EQ(last_error_of("x - CRITICAL - no such layer"), "no such layer");
  EXPECT_EQ(last_error_of("x - INFO - no ERROR here"), "");
  EXPECT_EQ(last_error_of("ERRORS: 0"), "");
  EXPECT_EQ(last_error_of("x - ERROR - "), "");
}

TEST(FailureLineScanner, KnowsArgparsesLastWordsBelowItsUsage) {
  FailureLineScanner lines;
  lines.observe(Stream::kStderr, "export.py: error: no usage before it");
  EXPECT_EQ(lines.argparse_error(), "");
  lines.observe(Stream::kStderr, "usage: export.py [-h] --output_dir OUTPUT_DIR");
  lines.observe(Stream::kStderr, "export.py: error: unrecognized arguments: --x");
  EXPECT_EQ(lines.argparse_error(), "unrecognized arguments: --x");
  lines.observe(Stream::kStderr, "a - ERROR - outputs differ by 0.5");
  EXPECT_EQ(lines.argparse_error(), "") << "it is not the last line";
}

TEST(FailureLineScanner, PrefersTheLastErrorThenStandardError) {
  FailureLineScanner lines;
  EXPECT_EQ(lines.sentence(), "");
  lines.observe(Stream::kStdout, "working");
  EXPECT_EQ(lines.sentence(), "working");
  lines.observe(Stream::kStderr, "Traceback");
  lines.observe(Stream::kStdout, "more");
  lines.observe(Stream::kStderr, "  ");
  EXPECT_EQ(lines.sentence(), "Traceback");
  lines.observe(Stream::kStdout, "a - ERROR - first");
  lines.observe(Stream::kStdout, "a - ERROR - second \x1b[31m");
  lines.observe(Stream::kStderr, "the end");
  EXPECT_EQ(lines.sentence(), "second \\x1b[31m");
}

FailureLineScanner heard(std::initializer_list<std::string_view> lines) {
  FailureLineScanner judge;
  for (const std::string_view line : lines) judge.observe(Stream::kStderr, line);
  return judge;
}

ConfinedOutcome exit_with(int code) {
  ConfinedOutcome outcome;
  outcome.exit_code = code;
  return outcome;
}

TEST(Unavailability, NeedsExitThreeAndTheSentenceAsTheLastError) {
  const auto sentence = [](int code, std::initializer_list<std::string_view> lines) {
    return unavailability(exit_with(code), heard(lines));
  };
  EXPECT_EQ(sentence(3, {"x - ERROR - Unsupported format: no tflite here"}), "no tflite here");
  EXPECT_FALSE(sentence(1, {"x - ERROR - Unsupported format: no tflite here"}));
  EXPECT_FALSE(sentence(3, {"x - ERROR - Unsupported format: no", "x - ERROR - bad argument"}));
  EXPECT_FALSE(sentence(3, {"x - INFO - Unsupported format: no"}));
  EXPECT_FALSE(sentence(3, {"x - ERROR - this is an Unsupported format: no"}));
  EXPECT_EQ(sentence(1, {"Traceback", "NotImplementedError: not for timm"}), "not for timm");
  EXPECT_EQ(sentence(3, {"NotImplementedError: not for timm"}), "not for timm");
  EXPECT_FALSE(sentence(1, {"NotImplementedError: not for timm", "cleaning up"}));
  EXPECT_FALSE(sentence(0, {"NotImplementedError: not for timm"}));
}

TEST(JudgeRun, TellsASignalThroughBubblewrap) {
  const auto error = judge_run(exit_with(139), heard({}), SandboxLevel::kBubblewrap, {});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, FailureCode::kKilledBySignal);
  EXPECT_EQ(error->signal, 11);
  EXPECT_EQ(judge_run(exit_with(139), heard({}), SandboxLevel::kProcess, {})->code, FailureCode::kUnexpectedExitCode);
  EXPECT_EQ(judge_run(exit_with(1), heard({"bwrap: no permission"}), SandboxLevel::kBubblewrap, {})->code,
            FailureCode::kSandboxUnavailable);
  EXPECT_FALSE(judge_run(exit_with(0), heard({}), SandboxLevel::kBubblewrap, {}));
}

TEST(JudgeRun, HasASentenceEvenOfASilentExporter) {
  const auto error = judge_run(exit_with(1), heard({}), SandboxLevel::kProcess, {});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, info(FailureCode::kExportFailed).meaning);
  EXPECT_EQ(error->exit_code, 1);
}

}  // namespace
}  // namespace modelport
