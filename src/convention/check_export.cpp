#include "convention/check_export.h"

#include <algorithm>

#include "convention/export_rules.h"
#include "convention/requirements.h"

namespace modelport {

namespace {

constexpr std::string_view kMetadataFile = "metadata.json";
constexpr uint64_t kMaxMetadataBytes = uint64_t{16} << 20;

struct TaskWord {
  std::string_view framework, convention;
};
constexpr TaskWord kTaskWords[] = {
    {"detect", "detection"},
    {"obb", "detection"},
    {"detection", "detection"},
    {"classify", "classification"},
    {"classification", "classification"},
    {"segment", "segmentation"},
    {"semantic", "segmentation"},
    {"depth", "segmentation"},
    {"segmentation", "segmentation"},
    {"pose", "pose"},
};

/// Reads metadata.json as far as it goes; where it does not, the rules say why.
void read_metadata(ExportSubject& subject) {
  const DirectoryEntry* entry = subject.directory->find(kMetadataFile);
  if (entry == nullptr || entry->kind != DirectoryEntry::Kind::kFile || entry->size > kMaxMetadataBytes) return;
  const auto file = subject.directory->map(std::string(kMetadataFile));
  if (!file) return;
  const auto bytes = (*file)->bytes();
  subject.metadata_text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  auto document = parse_json(subject.metadata_text, ErrorCode::kDamaged, DuplicateKeys::kLastWins);
  if (document && document->is_object()) subject.metadata = *std::move(document);
}

void read_header(ExportSubject& subject) {
  const DirectoryEntry* entry = subject.directory->find(subject.format.artifact);
  if (entry == nullptr || entry->kind != subject.format.kind) return;
  auto header = subject.format.read(*subject.directory);
  if (header) {
    subject.header = *std::move(header);
  } else {
    subject.header_error = header.error().text();
  }
}

void judge(std::span<const ExportRule> rules, const ExportSubject& subject, std::vector<Finding>& findings) {
  for (const ExportRule& rule : rules) {
    const auto* cause = first_failed(findings, {rule.after.begin(), rule.after.end()});
    findings.push_back({rule.id, cause == nullptr ? rule.judge(subject) : skipped("{} failed", cause->id)});
  }
}

}  // namespace

const Json* ExportSubject::field(std::string_view name) const {
  if (!metadata.is_object()) return nullptr;
  const auto found = metadata.find(name);
  return found == metadata.end() || found->is_null() ? nullptr : &*found;
}

std::string_view ExportSubject::task() const {
  const Json* value = field("task_type");
  if (value == nullptr || !value->is_string()) return "";
  for (const TaskWord& word : kTaskWords) {
    if (word.convention == value->get_ref<const std::string&>()) return word.convention;
  }
  return "";
}

std::string_view task_type_of(std::string_view framework_task) {
  const auto word = std::ranges::find(kTaskWords, framework_task, &TaskWord::framework);
  return word == std::end(kTaskWords) ? "" : word->convention;
}

const Finding* CheckedExport::failure() const {
  for (const Finding& finding : findings) {
    if (finding.judgement.verdict == Verdict::kFail && requirement(finding.id).level == Level::kMust) return &finding;
  }
  return nullptr;
}

Result<std::vector<Finding>> check_metadata(const Json& metadata, const ExportExpectation& expected) {
  const ArtifactFormat* format = find_artifact_format(expected.format);
  if (format == nullptr)
    return fail(ErrorCode::kUnsupportedFormat, "{} is no format of the convention", expected.format);
  const ExportSubject subject{nullptr, *format, expected, print_json(metadata), metadata, std::nullopt, ""};
  std::vector<Finding> findings;
  for (const auto rules : {metadata_rules(), task_rules(), proof_rules()}) judge(rules, subject, findings);
  std::ranges::sort(findings, {}, &Finding::id);
  return findings;
}

Result<CheckedExport> check_export(const std::string& directory, const ExportExpectation& expected) {
  const ArtifactFormat* format = find_artifact_format(expected.format);
  if (format == nullptr)
    return fail(ErrorCode::kUnsupportedFormat, "{} is no format of the convention", expected.format);
  auto opened = ExportDirectory::open(directory);
  ExportSubject subject{opened ? &*opened : nullptr, *format, expected, "", nullptr, std::nullopt, ""};
  if (subject.directory != nullptr) {
    read_metadata(subject);
    read_header(subject);
  }
  CheckedExport checked;
  for (const auto rules : {file_rules(), metadata_rules(), artifact_rules(), task_rules(), proof_rules()})
    judge(rules, subject, checked.findings);
  std::ranges::sort(checked.findings, {}, &Finding::id);
  checked.metadata = std::move(subject.metadata);
  checked.header = std::move(subject.header);
  return checked;
}

}  // namespace modelport
