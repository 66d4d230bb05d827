#include "cli/export_table.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <vector>

#include "base/printable.h"
#include "base/result.h"
#include "convention/proof_levels.h"

namespace modelport {

namespace {

constexpr size_t kColumns = 6;
using Cells = std::array<std::string, kColumns>;

/// A member of a record that another program may have written.
Json member(const Json& object, std::string_view key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? Json(nullptr) : *found;
}

std::string text_of(const Json& value) { return value.is_string() ? printable(value.get<std::string>()) : "?"; }

double number_of(const Json& value) { return value.is_number() ? value.get<double>() : 0.0; }

std::string proof_of(const Json& proof) {
  const Json word = member(proof, "level");
  if (word.is_null()) return "not said";
  const std::string level = word.is_string() ? shown_proof(word.get<std::string>()) : "?";
  for (const Json& check : member(proof, "checks")) {
    const Json engine = member(check, "engine");
    if (engine.is_string()) return level + ", " + text_of(engine);
  }
  return level;
}

/// Those of the file as a whole against the checkpoint, where they are told; else those of every check.
std::vector<Json> figures_of(const Json& proof) {
  std::vector<Json> figures;
  for (const Json& figure : member(proof, "artifact_against_checkpoint")) figures.push_back(figure);
  if (!figures.empty()) return figures;
  for (const Json& check : member(proof, "checks")) {
    for (const Json& figure : member(check, "figures")) figures.push_back(figure);
  }
  return figures;
}

/// How much of what is allowed was used; all of it and more where either is no number.
double used_share(const Json& figure) {
  const Json difference = member(figure, "max_difference"), allowed = member(figure, "allowed");
  if (!difference.is_number() || !allowed.is_number()) return std::numeric_limits<double>::infinity();
  return number_of(allowed) > 0.0 ? number_of(difference) / number_of(allowed) : 0.0;
}

std::string number_text(const Json& value) {
  return value.is_number() ? fmt::format("{:.2g}", value.get<double>()) : "no number";
}

std::string worst_difference(const Json& proof) {
  const std::vector<Json> figures = figures_of(proof);
  const auto worst = std::ranges::max_element(figures, {}, used_share);
  if (worst == figures.end()) return "-";
  return fmt::format("{} {} {}{} (allowed {})", text_of(member(*worst, "value")), text_of(member(*worst, "group")),
                     number_text(member(*worst, "max_difference")), member(*worst, "role") == "boxes_px" ? " px" : "",
                     number_text(member(*worst, "allowed")));
}

Cells cells_of(const ExportRow& row) {
  const std::string seconds = fmt::format("{:.2f} s", row.seconds);
  if (row.metadata.is_null()) return {row.format, "-", "-", seconds, "failed", row.failure};
  const Json extra = member(row.metadata, "extra_metadata");
  const Json files = member(extra, "files");
  int64_t bytes = 0;
  for (const Json& file : files) bytes += static_cast<int64_t>(number_of(member(file, "size")));
  std::string file = row.directory;
  if (files.is_array() && !files.empty())
    file = (std::filesystem::path(row.directory) / text_of(member(files[0], "name"))).string();
  const Json proof = member(extra, "proof");
  return {row.format, file, bytes > 0 ? std::to_string(bytes) : "-", seconds, proof_of(proof), worst_difference(proof)};
}

}  // namespace

std::string export_table(std::span<const ExportRow> rows) {
  std::vector<Cells> table = {{"format", "file", "bytes", "time", "proof", "worst difference"}};
  for (const ExportRow& row : rows) table.push_back(cells_of(row));
  std::array<size_t, kColumns> widths{};
  for (const Cells& cells : table) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string text;
  for (const Cells& cells : table) {
    std::string line;
    for (size_t i = 0; i < kColumns; ++i) line += fmt::format("{:<{}}", cells[i], widths[i] + 2);
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace modelport
