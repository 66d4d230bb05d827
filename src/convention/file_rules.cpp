#include <algorithm>
#include <set>

#include "convention/export_rules.h"

namespace modelport {

namespace {

using Kind = DirectoryEntry::Kind;

std::string names_there(const ExportSubject& subject) {
  std::string names;
  for (const DirectoryEntry& entry : subject.directory->entries()) {
    if (entry.path.find('/') == std::string::npos) names += (names.empty() ? "" : ", ") + entry.path;
  }
  return names.empty() ? "nothing" : names;
}

Judgement directory_is_there(const ExportSubject& subject, std::string_view name) {
  if (subject.directory == nullptr) return failed("{} is not there: output_dir cannot be opened", name);
  if (subject.directory->find(name) == nullptr)
    return failed("{} is not there; output_dir holds {}", name, names_there(subject));
  return passed();
}

Judgement artifact_is_there(const ExportSubject& subject) {
  Judgement judgement = directory_is_there(subject, subject.format.artifact);
  if (judgement.verdict == Verdict::kPass || subject.directory == nullptr) return judgement;
  for (const ArtifactFormat& other : artifact_formats()) {
    if (subject.directory->find(other.artifact) != nullptr)
      judgement.evidence +=
          fmt::format("; {} was asked for: a format that is not offered ends with exit code 3", subject.format.name);
  }
  return judgement;
}

Judgement companion_is_there(const ExportSubject& subject) {
  if (subject.format.companion.empty()) return skipped("{} has one file", subject.format.name);
  return directory_is_there(subject, subject.format.companion);
}

Judgement metadata_is_there(const ExportSubject& subject) {
  if (subject.directory == nullptr || subject.directory->entries().empty())
    return skipped("nothing was written, see EXP-030");
  return directory_is_there(subject, "metadata.json");
}

Judgement nothing_is_a_link(const ExportSubject& subject) {
  if (subject.directory == nullptr) return skipped("output_dir cannot be opened");
  for (const DirectoryEntry& entry : subject.directory->entries()) {
    if (entry.kind == Kind::kLink) return failed("{} is a symbolic link to {}", entry.path, entry.leads_to);
  }
  return passed();
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kFile:
      return "a file";
    case Kind::kDirectory:
      return "a directory";
    case Kind::kLink:
      return "a symbolic link";
    case Kind::kOther:
      return "a pipe, socket or device";
  }
  return "";
}

Judgement kinds_are_right(const ExportSubject& subject) {
  struct Wanted {
    std::string_view name;
    Kind kind;
  };
  const Wanted all[] = {{subject.format.artifact, subject.format.kind},
                        {subject.format.companion, Kind::kFile},
                        {"metadata.json", Kind::kFile}};
  for (const Wanted& wanted : all) {
    const DirectoryEntry* entry = subject.directory == nullptr ? nullptr : subject.directory->find(wanted.name);
    if (entry != nullptr && entry->kind != wanted.kind)
      return failed("{} is {}, not {}", wanted.name, kind_name(entry->kind), kind_name(wanted.kind));
  }
  return passed();
}

Judgement files_are_not_empty(const ExportSubject& subject) {
  const std::string package = std::string(subject.format.artifact) + "/";
  size_t files = 0;
  for (const DirectoryEntry& entry : subject.directory->entries()) {
    const bool is_part = entry.path == subject.format.artifact || entry.path == subject.format.companion ||
                         entry.path.starts_with(package);
    if (!is_part || entry.kind != Kind::kFile) continue;
    ++files;
    // A model without constants has no weights.
    const bool may_be_empty =
        entry.path == subject.format.companion && subject.header && subject.header->companion_bytes == 0;
    if (entry.size == 0 && !may_be_empty) return failed("{} has 0 bytes", entry.path);
  }
  return files == 0 ? failed("{} holds no files", subject.format.artifact) : passed();
}

Judgement artifact_is_of_its_format(const ExportSubject& subject) {
  if (!subject.header) return failed("{}", subject.header_error);
  for (const std::string& name : subject.header->companions) {
    if (name != subject.format.companion && subject.directory->find(name) == nullptr)
      return failed("{} keeps weights in {}, which is not in output_dir", subject.format.artifact, name);
  }
  if (subject.header->depth == ArtifactHeader::Depth::kRecognised)
    return passed("recognised by its first bytes; the rest is opaque");
  return passed();
}

/// Names that extra_metadata.files tells.
std::set<std::string, std::less<>> listed_files(const ExportSubject& subject) {
  std::set<std::string, std::less<>> names;
  const Json* extra = subject.field("extra_metadata");
  if (extra == nullptr || !extra->is_object() || !extra->contains("files") || !(*extra)["files"].is_array())
    return names;
  for (const Json& file : (*extra)["files"]) {
    if (file.is_object() && file.contains("name") && file["name"].is_string())
      names.insert(file["name"].get<std::string>());
  }
  return names;
}

Judgement nothing_else_is_there(const ExportSubject& subject) {
  auto expected = listed_files(subject);
  if (subject.header) expected.insert(subject.header->companions.begin(), subject.header->companions.end());
  expected.insert({std::string(subject.format.artifact), std::string(subject.format.companion), "metadata.json"});
  const std::string package = std::string(subject.format.artifact) + "/";
  for (const DirectoryEntry& entry : subject.directory->entries()) {
    if (expected.contains(entry.path) || entry.path.starts_with(package)) continue;
    const bool holds_expected =
        std::ranges::any_of(expected, [&](const std::string& name) { return name.starts_with(entry.path + "/"); });
    if (!holds_expected) return failed("{} ({}) belongs to nothing", entry.path, kind_name(entry.kind));
  }
  return passed();
}

constexpr ExportRule kFileRules[] = {
    {"EXP-030", {}, artifact_is_there},
    {"EXP-031", {"EXP-030"}, companion_is_there},
    {"EXP-032", {}, metadata_is_there},
    {"EXP-034", {}, nothing_is_a_link},
    {"EXP-033", {"EXP-034"}, kinds_are_right},
    {"EXP-035", {"EXP-030", "EXP-033", "EXP-034"}, files_are_not_empty},
    {"EXP-036", {"EXP-030", "EXP-033", "EXP-034", "EXP-035"}, artifact_is_of_its_format},
    {"EXP-037", {"EXP-030", "EXP-031", "EXP-032", "EXP-034"}, nothing_else_is_there},
};

}  // namespace

std::span<const ExportRule> file_rules() { return kFileRules; }

}  // namespace modelport
