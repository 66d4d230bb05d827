#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "../ops/operator_cases.h"
#include "base/log.h"
#include "base/sha256.h"
#include "export/format_table.h"
#include "formats/onnx/options.h"
#include "io/mapped_file.h"
#include "kernels/instruction_set.h"
#include "limit_cases.h"
#include "models/ultralytics/trainer.h"

/// The bytes of everything that is written, against tables of SHA-256: a change of code that means no change of an
/// artifact changes none. MODELPORT_RECORD_DIGESTS=1 writes the tables; that belongs into a commit of its own that says
/// why. Without proof, which no byte depends on. metadata.json is left out: it records the proof, paths and times.
namespace modelport {
namespace {

namespace fs = std::filesystem;

/// "yolo11-sample onnx half=true | model.onnx" -> digest, or "refused".
using Digests = std::map<std::string, std::string>;

constexpr std::string_view kSettings[] = {
    "",
    "dynamic_axes=true",
    "nms=true",
    "nms=false",
    "dynamic_axes=true nms=true",
    "embed_preprocessing=true",
    "simplify=false",
    "batch_size=2",
};
constexpr std::string_view kOnnxSettings[] = {"opset_version=11", "opset_version=21", "opset_version=11 nms=true"};

/// Which layers stay float32 takes evaluations to decide: one model of each kind.
constexpr std::string_view kHalfOf[] = {"yolo11-sample", "yolo11-cls", "yolo26-sem", "families/yolov8-seg",
                                        "families/rtdetr-l"};
constexpr std::string_view kHalfSettings[] = {"half=true", "half=true dynamic_axes=true"};

std::vector<std::string> formats() {
  std::vector<std::string> names;
  for (const FormatRow& row : format_table()) {
    if (row.format != nullptr) names.emplace_back(row.name);
  }
  return names;
}

std::string digest_of(const fs::path& path) {
  const Result<std::shared_ptr<const MappedFile>> file = MappedFile::open(path.string());
  return file ? sha256_hex((*file)->bytes()) : file.error().text();
}

/// A model in `formats`, each at 96x128 with the same settings.
Digests export_digests(const std::string& checkpoint, std::span<const std::string> formats, std::string_view settings,
                       const fs::path& folder) {
  std::vector<LimitCase> cases;
  ExportRequest request;
  for (const std::string& format : formats) {
    cases.push_back({checkpoint, format, std::string(settings)});
    request.targets.push_back(cases.back().target((folder / format).string()));
    request.targets.back().options.validate = Validation::kOff;
  }
  request.checkpoint_path = cases[0].path();
  const Outcomes outcomes = run_export(ultralytics_trainer(), request);
  Digests digests;
  for (size_t i = 0; i < cases.size(); ++i) {
    if (!outcomes[i]) {
      digests[cases[i].name() + " |"] = "refused";
      continue;
    }
    for (const std::string_view name : file_names(ultralytics_trainer(), *find_format(formats[i])->format))
      digests[fmt::format("{} | {}", cases[i].name(), name)] = digest_of(folder / formats[i] / name);
  }
  return digests;
}

Digests digests_of_fixture(const std::string& checkpoint, const fs::path& folder) {
  Digests digests;
  for (const std::string_view settings : kSettings)
    digests.merge(export_digests(checkpoint, formats(), settings, folder));
  for (const std::string_view settings : kOnnxSettings)
    digests.merge(export_digests(checkpoint, std::vector<std::string>{"onnx"}, settings, folder));
  if (std::ranges::find(kHalfOf, checkpoint) != std::end(kHalfOf)) {
    for (const std::string_view settings : kHalfSettings)
      digests.merge(export_digests(checkpoint, formats(), settings, folder));
  }
  return digests;
}

class Bytes final : public ArtifactSink {
 public:
  explicit Bytes(Sha256& hash) : hash_(hash) {}
  Status append(std::span<const std::byte> bytes) override {
    hash_.update(bytes);
    return {};
  }

 private:
  Sha256& hash_;
};

/// Of the files of a case's graph, at every opset where there are opsets, one after another.
std::string digest_of_case(const Format& format, const Graph& graph) {
  Sha256 hash;
  Bytes sink(hash);
  const std::vector<ArtifactSink*> sinks(format.files.size(), &sink);
  const bool has_opsets = format.name == "onnx";
  const int64_t newest = has_opsets ? 21 : 11;
  bool written = false;
  for (int64_t opset = 11; opset <= newest; ++opset) {
    const FormatOptions options =
        has_opsets ? FormatOptions(onnx::OnnxOptions{.opset_version = opset}) : FormatOptions();
    const auto lowered = format.lower(SourceModel(), graph, options);
    if (!lowered) continue;
    const Status status = format.write(**lowered, sinks);
    EXPECT_TRUE(status) << status.error().text();
    written = true;
  }
  return written ? hash.hex_digest() : "refused";
}

std::string golden(const std::string& name) {
  return std::string(MODELPORT_SOURCE_DIR) + "/tests/export/golden/" + name;
}

Digests read_table(const std::string& path) {
  Digests table;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.rfind(' ');
    table[line.substr(0, space)] = line.substr(space + 1);
  }
  return table;
}

/// `header` and a row for each digest are what `name` holds.
void hold_to_table(const Digests& digests, const std::string& name, std::string_view header) {
  const std::string path = golden(name);
  if (std::getenv("MODELPORT_RECORD_DIGESTS") != nullptr) {
    std::ofstream out(path);
    out << header;
    for (const auto& [key, digest] : digests) out << key << " " << digest << "\n";
    return;
  }
  const Digests table = read_table(path);
  for (const auto& [key, digest] : digests) {
    const auto known = table.find(key);
    if (known == table.end()) {
      ADD_FAILURE() << key << ": not in " << path;
    } else {
      EXPECT_EQ(digest, known->second) << key << ": other bytes than before";
    }
  }
  for (const auto& [key, digest] : table) EXPECT_TRUE(digests.contains(key)) << key << ": is written no longer";
}

TEST(ArtifactDigests, OfEveryFixture) {
  set_log_level(LogLevel::kError);
  const fs::path folder = fs::temp_directory_path() / ("modelport-digests-" + std::to_string(::getpid()));
  Digests digests;
  for (const std::string& checkpoint : fixture_checkpoints()) digests.merge(digests_of_fixture(checkpoint, folder));
  fs::remove_all(folder);
  hold_to_table(digests, "digests.txt",
                "# SHA-256 of every file of an export at 96x128: checkpoint, format, settings | file, digest.\n"
                "# artifact_digests_test.cpp holds every export to it.\n");
}

/// What is computed on the way (which layers stay float32, folded weights) is the same on a processor without AVX.
TEST(ArtifactDigests, DependOnNoInstructionSet) {
  set_log_level(LogLevel::kError);
  const InstructionSetLimit oldest(InstructionSet::kBaseline);
  const fs::path folder = fs::temp_directory_path() / ("modelport-oldest-" + std::to_string(::getpid()));
  const Digests table = read_table(golden("digests.txt"));
  for (const std::string_view checkpoint : std::span(kHalfOf).first(2)) {
    // One target alone is written by this thread, which the limit is on.
    const std::vector<std::string> alone = {"onnx"};
    for (const auto& [key, digest] : export_digests(std::string(checkpoint), alone, kHalfSettings[0], folder))
      EXPECT_EQ(digest, table.at(key)) << key;
  }
  fs::remove_all(folder);
}

TEST(ArtifactDigests, OfEveryOperator) {
  Digests digests;
  for (const OperatorCase& each : operator_cases()) {
    const auto built = build_case(each);
    ASSERT_TRUE(built) << built.error().text();
    for (const std::string& format : formats())
      digests[fmt::format("{} | {}", each.name, format)] = digest_of_case(*find_format(format)->format, built->graph);
  }
  hold_to_table(
      digests, "operator_digests.txt",
      "# SHA-256 of the files of every case in tests/ops, one after another, in ONNX at opsets 11 to 21: case\n"
      "# | format, digest. artifact_digests_test.cpp holds every format to it.\n");
}

}  // namespace
}  // namespace modelport
