#include "service/artifacts/package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/sha256.h"
#include "convention/proof_levels.h"
#include "io/zip_reader.h"
#include "process/process_runner.h"
#include "service/artifacts/readme.h"
#include "service/artifacts/snippets.h"
#include "tests/service/scratch_directory.h"

namespace modelport {
namespace {

using testing::HasSubstr;
using testing::Not;

class PackageTest : public testing::Test {
 protected:
  void SetUp() override {
    scratch_.write("out/model.onnx", std::string(300'000, 'm'));
    scratch_.write("out/model.mlpackage/Data/weights", "w");
    scratch_.write("out/metadata.json", print_json(metadata_));
    request_ = {scratch_.path("out"),
                {"metadata.json", "model.mlpackage/Data/weights", "model.onnx"},
                metadata_,
                nullptr,
                scratch_.path("export.zip")};
  }
  std::string zip() {
    auto package = write_package(request_);
    EXPECT_TRUE(package) << package.error().text();
    const std::string bytes = file_text(request_.zip_path);
    EXPECT_EQ(package->sha256, sha256_hex(std::as_bytes(std::span(bytes))));
    EXPECT_EQ(package->bytes, static_cast<int64_t>(bytes.size()));
    return bytes;
  }

  Json metadata_ = {{"framework", "ultralytics"},     {"model_name", "yolo*[x](http://evil)"},
                    {"export_format", "onnx"},        {"task_type", "detection"},
                    {"input_shape", {640, 640, 3}},   {"input_dtype", "float32"},
                    {"output_shape", {{1, 84, 8400}}}};
  ScratchDirectory scratch_;
  PackageRequest request_;
};

TEST_F(PackageTest, HoldsEveryFileStoredWithItsDigestInTheManifest) {
  const std::string bytes = zip();
  const auto archive = ZipReader::open(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(archive) << archive.error().text();
  std::vector<std::byte> buffer;
  const ZipMember* manifest = archive->find("manifest.json");
  ASSERT_NE(manifest, nullptr);
  const auto text = read_member(*manifest, 1 << 20, buffer);
  ASSERT_TRUE(text);
  const auto document = parse_json({reinterpret_cast<const char*>(text->data()), text->size()}, ErrorCode::kDamaged);
  ASSERT_TRUE(document);
  EXPECT_EQ((*document)["members"].size() + 1, archive->members().size());
  for (const Json& row : (*document)["members"]) {
    const ZipMember* member = archive->find(row["name"].get<std::string>());
    ASSERT_NE(member, nullptr) << row;
    EXPECT_EQ(member->method, ZipMember::Method::kStored);
    EXPECT_EQ(member->size, row["bytes"].get<uint64_t>());
    EXPECT_EQ(sha256_hex(member->raw), row["sha256"].get<std::string>());
    EXPECT_EQ(member->flags & 0x8, 0) << "sizes stand before the bytes: some unzippers know no other stored member";
  }
}

TEST_F(PackageTest, LeavesTheExporterItsOwnManifest) {
  std::ofstream(request_.directory + "/manifest.json") << "the exporter's";
  request_.files.insert(request_.files.begin(), "manifest.json");
  const std::string bytes = zip();
  const auto archive = ZipReader::open(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(archive) << archive.error().text();
  std::vector<std::byte> buffer;
  const auto text = [&](const char* name) {
    const auto content = read_member(*archive->find(name), 1 << 20, buffer);
    return std::string(reinterpret_cast<const char*>(content->data()), content->size());
  };
  EXPECT_EQ(text("manifest.json"), "the exporter's");
  EXPECT_NE(text("README.md").find("- package_manifest.json: size"), std::string::npos);
  EXPECT_NE(text("package_manifest.json").find("\"manifest.json\""), std::string::npos);
}

TEST_F(PackageTest, IsTheSameBytesAgain) {
  const std::string first = zip();
  std::filesystem::remove(request_.zip_path);
  EXPECT_EQ(first, zip());
}

TEST_F(PackageTest, IsTakenByEveryUnzipper) {
  zip();
  struct Unzipper {
    std::string program;
    std::vector<std::string> arguments;
  };
  const Unzipper unzippers[] = {
      {"unzip", {"-t", request_.zip_path}},
      {"7z", {"t", request_.zip_path}},
      {"bsdtar", {"-tf", request_.zip_path}},
      {"python3",
       {"-c", "import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)", request_.zip_path}},
      {"jar", {"tf", request_.zip_path}},
  };
  int tried = 0;
  for (const Unzipper& unzipper : unzippers) {
    ProcessRequest request;
    request.arguments = {unzipper.program};
    request.arguments.insert(request.arguments.end(), unzipper.arguments.begin(), unzipper.arguments.end());
    const auto outcome = system_process_runner().run(request);
    if (!outcome) continue;
    ++tried;
    EXPECT_EQ(outcome->exit_code, 0) << unzipper.program;
  }
  EXPECT_GE(tried, 1);
}

TEST_F(PackageTest, RefusesALinkInPlaceOfAFile) {
  std::filesystem::remove(scratch_.path("out/model.onnx"));
  std::filesystem::create_symlink("/etc/passwd", scratch_.path("out/model.onnx"));
  const auto package = write_package(request_);
  ASSERT_FALSE(package);
  EXPECT_EQ(package.error().code, ErrorCode::kHostile);
}

TEST_F(PackageTest, LeavesTheExportersOwnReadmeAloneAndWritesItsOwnBesideIt) {
  scratch_.write("out/README.md", "mine");
  request_.files.insert(request_.files.begin(), "README.md");
  const std::string bytes = zip();
  const auto archive = ZipReader::open(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(archive);
  EXPECT_EQ(archive->find("README.md")->size, 4u);
  EXPECT_NE(archive->find("package_README.md"), nullptr);
}

Json found_level(std::string_view level) {
  return {{"by", nullptr}, {"level", level}, {"checks", Json::array()}, {"reason", nullptr}};
}

TEST_F(PackageTest, ExplainsItselfWithoutTrustingNames) {
  const std::string text = package_readme(metadata_, request_.proof, request_.files, snippets_for(metadata_));
  EXPECT_THAT(text, HasSubstr("What was proven: none"));
  EXPECT_THAT(text, HasSubstr("Nothing was proven of the numbers"));
  EXPECT_THAT(text, HasSubstr("python3 snippets/run_onnx.py PICTURE"));
  EXPECT_THAT(text, Not(HasSubstr("[x](http")));
}

TEST_F(PackageTest, SaysOfEveryLevelThatTheServiceFoundWhatTheConventionSays) {
  for (const ProofLevel& level : proof_levels()) {
    std::string heading(level.word);
    if (heading == "read_back") heading = "read\\_back";
    EXPECT_THAT(package_readme(metadata_, found_level(level.word), request_.files, {}),
                HasSubstr("What was proven: " + heading + "\n\n" + std::string(level.meaning) + "."));
  }
}

TEST_F(PackageTest, ShowsAClaimAsAClaimAlone) {
  const auto readme = [&](std::string_view claim) {
    metadata_["extra_metadata"] = {{"proof", {{"level", claim}}}};
    return package_readme(metadata_, found_level("none"), request_.files, {});
  };
  EXPECT_THAT(readme("runtime"), HasSubstr("What was proven: none"));
  EXPECT_THAT(readme("runtime"), HasSubstr("The exporter's own claim, which nobody checked: runtime."));
  EXPECT_THAT(readme("certainly [x](y)"), HasSubstr("certainly \\[x\\]\\(y\\) \\(not known, counts as none\\)"));
}

TEST_F(PackageTest, SaysHowFarTheFileIsFromTheCheckpoint) {
  Json proof = found_level("runtime");
  proof["by"] = "a verifier 1.0";
  const Json figure = {
      {"value", "output0"}, {"group", "boxes"}, {"unit", "px"}, {"max_difference", 0.21}, {"allowed", 0.5}};
  proof["checks"] = {{{"engine", "an engine 1.0"}, {"figures", {figure, "odd"}}}};
  const std::string text = package_readme(metadata_, proof, request_.files, {});
  EXPECT_THAT(
      text, HasSubstr("- output0 boxes: 0.21 px from the checkpoint, allowed is 0.5 px (computed by an engine 1.0)\n"));
  EXPECT_THAT(text, HasSubstr("Judged by a verifier 1.0."));
}

TEST_F(PackageTest, HoldsWhatTheServiceFound) {
  request_.proof = found_level("loads");
  const std::string bytes = zip();
  const auto archive = ZipReader::open(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(archive);
  ASSERT_NE(archive->find("proof.json"), nullptr);
  EXPECT_EQ(archive->find("proof.json")->size, print_json(request_.proof).size());
}

TEST(Snippets, AreThereForEveryFormatOfTheConvention) {
  for (const char* format : {"onnx", "tensorrt", "coreml", "tflite", "torchscript", "openvino"}) {
    const auto snippets = snippets_for({{"export_format", format}});
    ASSERT_GE(snippets.size(), 2u) << format;
    for (const Snippet& snippet : snippets) EXPECT_GT(snippet.text.size(), 100u) << snippet.name;
  }
  EXPECT_TRUE(snippets_for({{"export_format", "other"}}).empty());
}

}  // namespace
}  // namespace modelport
