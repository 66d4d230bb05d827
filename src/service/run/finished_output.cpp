#include "service/run/finished_output.h"

#include <fcntl.h>

#include <fmt/ranges.h>

#include <algorithm>

#include "base/printable.h"
#include "convention/check_export.h"
#include "convention/requirements.h"
#include "io/beneath.h"
#include "service/artifacts/readme.h"
#include "service/run/portable_name.h"

namespace modelport {

namespace {

/// "The artifact is a file of its format": what is there is not what it should be.
constexpr std::string_view kOfItsFormat = "EXP-036";
constexpr size_t kLongestMessage = 2000;

JobError refused(FailureCode code, const std::string& message) {
  return {code, printable(message.substr(0, kLongestMessage)), JobPhase::kValidating, std::nullopt, 0};
}

FailureCode code_of(const Requirement& broken) {
  if (broken.id == kOfItsFormat || broken.group == Group::kArtifact) return FailureCode::kArtifactMismatch;
  return broken.group == Group::kFiles ? FailureCode::kMissingOutput : FailureCode::kInvalidMetadata;
}

JobError broken_rule(const Finding& finding) {
  const Requirement& rule = requirement(finding.id);
  const Judgement& judgement = finding.judgement;
  std::string message = fmt::format("the exporter ended with exit code 0, but the convention's {} does not hold: {}",
                                    rule.id, rule.title);
  if (!judgement.at.empty()) message += fmt::format("; at {}", judgement.at);
  if (!judgement.evidence.empty()) message += fmt::format("; {}", judgement.evidence);
  return refused(code_of(rule), message);
}

}  // namespace

std::variant<FinishedOutput, JobError> read_output(const std::string& directory, const OutputExpectation& expected) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened.is_open()) return refused(FailureCode::kUnsafeOutput, "the output directory was replaced");
  FinishedOutput output{directory, {}, {}};
  PortableNames names;
  const Status walked = walk_tree(opened.get(), {}, [&](const TreeEntry& entry) -> Status {
    if (printable(entry.name) != entry.name)
      return fail(ErrorCode::kHostile, "the name of {} holds characters that no file needs", printable(entry.name));
    CHECK_OK(names.add(entry.name));
    if (folded_name(entry.name) == kProofFile)
      return fail(ErrorCode::kHostile, "{} is the name of what the service itself writes", entry.name);
    if (S_ISREG(entry.info.st_mode)) output.files.push_back({entry.name, entry.info.st_size});
    return {};
  });
  if (!walked) return refused(FailureCode::kUnsafeOutput, "in the output, " + walked.error().text());
  std::ranges::sort(output.files, {}, &OutputFileEntry::name);
  auto checked = check_export(directory, {.format = expected.export_format, .export_config = expected.export_config});
  if (!checked) return refused(FailureCode::kMissingOutput, checked.error().text());
  if (const Finding* failure = checked->failure()) return broken_rule(*failure);
  const std::string framework = checked->metadata.value("framework", "");
  if (std::ranges::find(expected.frameworks, framework) == expected.frameworks.end())
    return refused(
        FailureCode::kInvalidMetadata,
        fmt::format("metadata.json is of the framework {}, the job of {}; the trainer's row names its frameworks",
                    printable(framework), fmt::join(expected.frameworks, " or ")));
  output.metadata = std::move(checked->metadata);
  return output;
}

}  // namespace modelport
