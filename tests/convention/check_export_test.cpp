#include "convention/check_export.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "convention/requirements.h"
#include "convention/schema.h"

namespace modelport {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const fs::path kExamples = MODELPORT_SOURCE_DIR "/convention/examples";

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
std::string message(int field, const std::string& payload) {
  return varint(static_cast<uint64_t>(field) << 3 | 2) + varint(payload.size()) + payload;
}
std::string number(int field, uint64_t value) { return varint(static_cast<uint64_t>(field) << 3) + varint(value); }

/// A ValueInfoProto; a size of 0 stands for one that varies.
std::string value_info(const std::string& name, int type, const std::vector<uint64_t>& sizes) {
  std::string shape;
  for (const uint64_t size : sizes) shape += message(1, size == 0 ? message(2, "n") : number(1, size));
  return message(1, name) + message(2, message(1, number(1, static_cast<uint64_t>(type)) + message(2, shape)));
}

std::string property(const std::string& key, const std::string& value) {
  return message(14, message(1, key) + message(2, value));
}

/// The detector of examples/metadata/valid/detection.json.
std::string onnx_model(const std::vector<uint64_t>& input = {1, 3, 640, 640}, int type = 1,
                       const std::string& facts = "") {
  return number(1, 8) + facts +
         message(7,
                 message(11, value_info("images", type, input)) + message(12, value_info("output0", 1, {1, 7, 8400})));
}

class CheckExport : public testing::Test {
 protected:
  CheckExport() : folder_(fs::temp_directory_path() / ("modelport-convention-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~CheckExport() override { fs::remove_all(folder_); }

  void put(const std::string& name, const std::string& content) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  void put_good_export() {
    put("model.onnx", onnx_model());
    put("metadata.json", read(kExamples / "metadata/valid/detection.json"));
  }
  /// metadata.json of the good export with this changed.
  void put_metadata(const std::function<void(Json&)>& change) {
    Json metadata = Json::parse(read(kExamples / "metadata/valid/detection.json"));
    change(metadata);
    put("metadata.json", metadata.dump());
  }
  CheckedExport check(const ExportExpectation& expected = {.format = "onnx"}) {
    auto checked = check_export(folder_.string(), expected);
    EXPECT_TRUE(checked) << (checked ? "" : checked.error().text());
    return *std::move(checked);
  }
  std::vector<std::string_view> failures(const CheckedExport& checked) {
    std::vector<std::string_view> ids;
    for (const Finding& finding : checked.findings) {
      if (finding.judgement.verdict == Verdict::kFail) ids.push_back(finding.id);
    }
    return ids;
  }
  std::vector<std::string_view> failures(const ExportExpectation& expected = {.format = "onnx"}) {
    return failures(check(expected));
  }

  fs::path folder_;
};

TEST(CheckMetadata, HoldsToWhatIsRecommendedToo) {
  const auto failures = [](const Json& metadata) {
    std::vector<std::string_view> ids;
    for (const Finding& finding : *check_metadata(metadata, {.format = "onnx"})) {
      if (finding.judgement.verdict == Verdict::kFail) ids.push_back(finding.id);
    }
    return ids;
  };
  Json metadata = Json::parse(read(kExamples / "metadata/valid/detection.json"));
  EXPECT_THAT(failures(metadata), IsEmpty());
  metadata.erase("anchor_based");
  EXPECT_THAT(failures(metadata), ElementsAre("EXP-054"));
  metadata.erase("class_names");
  EXPECT_THAT(failures(metadata), ElementsAre("EXP-044", "EXP-054"));
  EXPECT_EQ(check_metadata(metadata, {.format = "zip"}).error().code, ErrorCode::kUnsupportedFormat);
}

TEST_F(CheckExport, GoodExportPasses) {
  put_good_export();
  const CheckedExport checked = check();
  EXPECT_THAT(failures(checked), IsEmpty());
  EXPECT_EQ(checked.failure(), nullptr);
  EXPECT_EQ(checked.metadata["model_name"], "yolo11n");
  EXPECT_EQ(checked.header->inputs[0].name, "images");
}

TEST_F(CheckExport, EveryRequirementOfItsGroupsIsJudgedOnce) {
  std::vector<std::string_view> expected, found;
  for (const Requirement& row : requirements()) {
    if (row.group == Group::kFiles || row.group == Group::kMetadata || row.group == Group::kArtifact ||
        row.group == Group::kProof)
      expected.push_back(row.id);
  }
  for (const Finding& finding : check().findings) found.push_back(finding.id);
  EXPECT_EQ(found, expected);
}

TEST_F(CheckExport, ValidExamples) {
  for (const auto& entry : fs::directory_iterator(kExamples / "metadata/valid")) {
    SCOPED_TRACE(entry.path().filename().string());
    const Json document = Json::parse(read(entry.path()));
    EXPECT_THAT(check_against_schema(kMetadataSchemaText, document), IsEmpty());
    put("metadata.json", read(entry.path()));
    for (const Finding& finding : check({.format = document["export_format"].get<std::string>()}).findings) {
      if (requirement(finding.id).group != Group::kMetadata || requirement(finding.id).level != Level::kMust) continue;
      EXPECT_NE(finding.judgement.verdict, Verdict::kFail) << finding.id << finding.judgement.evidence;
    }
  }
}

TEST_F(CheckExport, InvalidExamplesFailWhatTheirNamesSay) {
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(kExamples / "metadata/invalid")) {
    const std::string name = entry.path().filename().string();
    SCOPED_TRACE(name);
    put("metadata.json", read(entry.path()));
    std::vector<std::string> failed;
    const std::string format = read(entry.path()).find("openvino") != std::string::npos      ? "openvino"
                               : read(entry.path()).find("coreml") != std::string::npos      ? "coreml"
                               : read(entry.path()).find("torchscript") != std::string::npos ? "torchscript"
                                                                                             : "onnx";
    for (const Finding& finding : check({.format = format}).findings) {
      const Group group = requirement(finding.id).group;
      if ((group == Group::kMetadata || group == Group::kProof) && finding.judgement.verdict == Verdict::kFail)
        failed.emplace_back(finding.id);
    }
    EXPECT_THAT(failed, ElementsAre(name.substr(0, 7)));
    ++count;
  }
  EXPECT_GT(count, 25u);
}

TEST_F(CheckExport, CapabilitiesExamples) {
  for (const auto& entry : fs::directory_iterator(kExamples / "capabilities/valid"))
    EXPECT_THAT(check_against_schema(kCapabilitiesSchemaText, Json::parse(read(entry.path()))), IsEmpty());
  for (const auto& entry : fs::directory_iterator(kExamples / "capabilities/invalid")) {
    EXPECT_FALSE(check_against_schema(kCapabilitiesSchemaText, Json::parse(read(entry.path()))).empty())
        << entry.path();
  }
}

TEST_F(CheckExport, ProofExamples) {
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(kExamples / "proof/valid")) {
    EXPECT_THAT(check_against_schema(kProofSchemaText, Json::parse(read(entry.path()))), IsEmpty()) << entry.path();
  }
  for (const auto& entry : fs::directory_iterator(kExamples / "proof/invalid")) {
    EXPECT_FALSE(check_against_schema(kProofSchemaText, Json::parse(read(entry.path()))).empty()) << entry.path();
    ++count;
  }
  EXPECT_GT(count, 12u);
}

TEST_F(CheckExport, SaysWhereAProofIsNone) {
  const auto evidence = [&](const Json& proof) {
    put_metadata([&](Json& metadata) { metadata["extra_metadata"] = {{"proof", proof}}; });
    const Judgement judgement = find_finding(check().findings, "EXP-068")->judgement;
    return judgement.verdict == Verdict::kFail ? judgement.at + ": " + judgement.evidence : "";
  };
  const Json figure = {
      {"value", "output0"}, {"group", "boxes"}, {"role", "boxes_px"}, {"max_difference", 18.2}, {"allowed", 40.0}};
  Json proof = {{"level", "read_back"},
                {"checks", {{{"kind", "read_back"}, {"what", "it"}, {"figures", {figure}}, {"verdict", "agrees"}}}}};
  put("model.onnx", onnx_model());
  EXPECT_THAT(evidence(proof), HasSubstr("artifact_against_checkpoint"));
  proof["artifact_against_checkpoint"] = {figure};
  proof["artifact_against_checkpoint"][0]["in"] = "reference evaluation";
  EXPECT_EQ(evidence(proof), "");
  proof["checks"][0]["figures"][0]["allowed"] = nullptr;
  EXPECT_EQ(
      evidence(proof),
      "/extra_metadata/proof/checks/0/figures/0/allowed: /extra_metadata/proof/checks/0/figures/0/allowed is null: "
      "it takes a number");
  proof["checks"][0]["figures"][0]["allowed"] = 0.5;
  EXPECT_EQ(evidence(proof),
            "/extra_metadata/proof/checks/0/figures/0: output0 boxes differs by 18.2, allowed is 0.5, "
            "and it is said to agree");
  proof["checks"][0]["verdict"] = "differs";
  EXPECT_EQ(evidence(proof), "");
  proof["artifact_against_checkpoint"][0]["max_difference"] = 41;
  EXPECT_THAT(evidence(proof), HasSubstr("/artifact_against_checkpoint/0: output0 boxes differs by 41"));
  EXPECT_THAT(evidence({{"level", "certainly"}}),
              HasSubstr("/level is certainly (not known, counts as none): it takes"));
  EXPECT_THAT(evidence("runtime"), HasSubstr("/extra_metadata/proof is \"runtime\""));
  EXPECT_THAT(evidence({{"level", "loads"}, {"checks", proof["checks"]}}),
              HasSubstr("loads is a level that only the service gives"));
  EXPECT_EQ(evidence(nullptr), "");
}

TEST_F(CheckExport, Files) {
  EXPECT_THAT(failures(), ElementsAre("EXP-030"));
  put_good_export();
  fs::rename(folder_ / "model.onnx", folder_ / "yolo11n.onnx");
  EXPECT_THAT(failures(), ElementsAre("EXP-030"));
  put_good_export();
  fs::remove(folder_ / "yolo11n.onnx");
  fs::remove(folder_ / "metadata.json");
  EXPECT_THAT(failures(), ElementsAre("EXP-032"));
  put_good_export();
  put("model.onnx", "");
  EXPECT_THAT(failures(), ElementsAre("EXP-035"));
  put("model.onnx", std::string(1000, 'x'));
  EXPECT_THAT(failures(), ElementsAre("EXP-036"));
  put_good_export();
  put("labels.txt", "bolt");
  EXPECT_THAT(failures(), ElementsAre("EXP-037"));
}

TEST_F(CheckExport, LinksAreNotFollowed) {
  put_good_export();
  fs::rename(folder_ / "model.onnx", folder_.string() + ".outside");
  fs::create_symlink(folder_.string() + ".outside", folder_ / "model.onnx");
  const CheckedExport checked = check();
  EXPECT_THAT(failures(checked), ElementsAre("EXP-034"));
  EXPECT_FALSE(checked.header.has_value());
  fs::remove(folder_.string() + ".outside");
}

TEST_F(CheckExport, DirectoryInPlaceOfTheFile) {
  put_good_export();
  fs::remove(folder_ / "model.onnx");
  put("model.onnx/model.onnx", onnx_model());
  EXPECT_THAT(failures(), ElementsAre("EXP-033"));
}

TEST_F(CheckExport, ShapesMayComeInEitherOrder) {
  put_good_export();
  for (const Json& shape : {Json{640, 480, 3}, Json{3, 640, 480}}) {
    put_metadata([&](Json& metadata) { metadata["input_shape"] = shape; });
    for (const std::vector<uint64_t>& file : {std::vector<uint64_t>{1, 3, 640, 480}, {1, 640, 480, 3}, {0, 3, 0, 0}}) {
      put("model.onnx", onnx_model(file));
      EXPECT_THAT(failures(), IsEmpty()) << shape << file[1];
    }
    put("model.onnx", onnx_model({1, 3, 480, 640}));
    EXPECT_THAT(failures(), ElementsAre("EXP-060")) << shape;
  }
}

TEST_F(CheckExport, DynamicOnlyWhereTheFileIs) {
  put_good_export();
  put_metadata([](Json& metadata) { metadata["input_shape"] = {-1, -1, 3}; });
  EXPECT_THAT(failures(), ElementsAre("EXP-060"));
  put("model.onnx", onnx_model({0, 3, 0, 0}));
  EXPECT_THAT(failures(), IsEmpty());
}

TEST_F(CheckExport, TypeOutputsAndClasses) {
  put_good_export();
  put("model.onnx", onnx_model({1, 3, 640, 640}, 10));
  EXPECT_THAT(failures(), ElementsAre("EXP-061"));
  put_good_export();
  put_metadata([](Json& metadata) { metadata["output_shape"] = {{1, 84, 8400}}; });
  EXPECT_THAT(failures(), ElementsAre("EXP-062"));
  put_metadata([](Json& metadata) {
    metadata["class_names"] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    metadata["num_classes"] = 9;
  });
  EXPECT_THAT(failures(), ElementsAre("EXP-063"));
}

TEST_F(CheckExport, RecordedNamesAndTask) {
  put_good_export();
  put("model.onnx", onnx_model({1, 3, 640, 640}, 1, property("names", "{0: 'bolt', 1: 'nut', 2: 'washer'}")));
  EXPECT_THAT(failures(), IsEmpty());
  put("model.onnx", onnx_model({1, 3, 640, 640}, 1, property("names", "{0: 'bolt', 1: 'nut', 2: 'cog'}")));
  const CheckedExport checked = check();
  EXPECT_THAT(failures(checked), ElementsAre("EXP-064"));
  EXPECT_EQ(find_finding(checked.findings, "EXP-064")->judgement.at, "/class_names/2");
  put("model.onnx", onnx_model({1, 3, 640, 640}, 1, property("task", "classify")));
  EXPECT_THAT(failures(), ElementsAre("EXP-067"));
  put_good_export();
  EXPECT_THAT(failures({.format = "onnx", .checkpoint_classes = {"bolt", "washer", "nut"}}), ElementsAre("EXP-065"));
  EXPECT_THAT(failures({.format = "onnx", .checkpoint_task = "obb"}), IsEmpty());
}

TEST_F(CheckExport, ConfigurationAndTime) {
  put_good_export();
  EXPECT_THAT(failures({.format = "onnx", .export_config = {{"opset_version", 17}}}), IsEmpty());
  EXPECT_THAT(failures({.format = "onnx", .export_config = {{"opset_version", 18}}}), ElementsAre("EXP-056"));
  const auto now = std::chrono::system_clock::now();
  ExportExpectation expected{.format = "onnx"};
  expected.times = {now, now};
  EXPECT_THAT(failures(expected), ElementsAre("EXP-053"));
}

TEST_F(CheckExport, ListedFiles) {
  put_good_export();
  for (const Json& file : {Json{{"name", "../model.onnx"}}, Json{{"name", "model.onnx"}, {"size", 1}},
                           Json{{"name", "model.onnx"}, {"sha256", "00"}}}) {
    put_metadata([&](Json& metadata) { metadata["extra_metadata"] = {{"files", Json::array({file})}}; });
    EXPECT_THAT(failures(), ElementsAre("EXP-066")) << file;
  }
}

TEST_F(CheckExport, UnknownFormatIsAnError) {
  const auto checked = check_export(folder_.string(), {.format = "onx"});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::kUnsupportedFormat);
}

TEST_F(CheckExport, MessagesAreOneLineWhateverTheNames) {
  put_good_export();
  put_metadata([](Json& metadata) { metadata["class_names"] = {"bolt\n\x1b[31m", "nut", "washer"}; });
  const CheckedExport checked = check({.format = "onnx", .checkpoint_classes = {"bolt", "nut", "washer"}});
  EXPECT_THAT(find_finding(checked.findings, "EXP-065")->judgement.evidence, HasSubstr("bolt \\x1b[31m"));
}

}  // namespace
}  // namespace modelport
