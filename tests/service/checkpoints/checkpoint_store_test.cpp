#include "service/checkpoints/checkpoint_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/sha256.h"
#include "io/zip_writer.h"
#include "process/process_runner.h"
#include "tests/service/scratch_directory.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string digest(const std::string& text) { return sha256_hex(std::as_bytes(std::span(text))); }

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string out;
  ZipWriter writer([&](std::span<const std::byte> bytes) -> Status {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  });
  for (const auto& [name, content] : members) EXPECT_TRUE(writer.add_member(name, std::as_bytes(std::span(content))));
  EXPECT_TRUE(writer.finish());
  return out;
}

class CheckpointStoreTest : public testing::Test {
 protected:
  void SetUp() override { open({}); }
  void open(CheckpointLimits limits) {
    std::filesystem::create_directories(scratch_.path("roots"));
    auto opened = CheckpointStore::open(scratch_.path("store"), {scratch_.path("roots")}, limits);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
  }
  Result<CheckpointInfo> upload(const std::string& content, const std::string& name = "best.pt",
                                UploadKind kind = UploadKind::kFile) {
    TRY(upload, store_->begin_upload(name, kind, Timestamp(std::chrono::microseconds(++now_))));
    for (size_t at = 0; at < content.size(); at += 1000)
      CHECK_OK(
          upload->append(std::as_bytes(std::span(content).subspan(at, std::min<size_t>(1000, content.size() - at)))));
    return upload->finish();
  }
  ErrorCode refusal(const Result<CheckpointInfo>& result) {
    EXPECT_FALSE(result);
    EXPECT_THAT(left_over(), IsEmpty());
    return result ? ErrorCode::kInternal : result.error().code;
  }
  std::vector<std::string> left_over() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.path("store")))
      names.push_back(entry.path().filename());
    return names;
  }
  ScratchDirectory scratch_;
  std::unique_ptr<CheckpointStore> store_;
  int now_ = 0;
};

TEST_F(CheckpointStoreTest, KeepsAnUploadUnderItsDigest) {
  const std::string content(5000, 'w');
  auto info = upload(content, "../../runs/best weights.pt");
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->id, digest(content));
  EXPECT_EQ(info->bytes, 5000);
  EXPECT_EQ(info->name, "best_weights.pt");
  EXPECT_EQ(file_text(info->path), content);
  open({});
  auto found = store_->find(info->id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, info->path);
  EXPECT_EQ(found->stored_at, info->stored_at);
  auto again = upload(content, "other.pt");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->path, info->path) << "the same content is one checkpoint";
  EXPECT_EQ(store_->list()->size(), 1u);
  ASSERT_TRUE(store_->remove(info->id));
  EXPECT_EQ(store_->find(info->id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->find("../../etc").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(store_->remove(".."));
}

TEST_F(CheckpointStoreTest, KeepsLettersOfEveryScript) {
  const auto info = upload("weights", "runs/Gewichte für Bäume – 重み\u202e.pt");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->name, "Gewichte_für_Bäume_–_重み_.pt");
  EXPECT_EQ(file_text(info->path), "weights");
  EXPECT_EQ(upload("weights", "b\xff\xc3.pt")->name, "b__.pt");
  EXPECT_LE(upload("weights", std::string(119, 'x') + "重み")->name.size(), 120u);
  EXPECT_EQ(file_text(store_->find(info->id)->path), "weights");
}

TEST_F(CheckpointStoreTest, CountsWhatIsSentAgainAsStoredNow) {
  const auto first = upload("same", "first.pt");
  const auto other = upload("other");
  const auto again = upload("same", "again.pt");
  ASSERT_TRUE(first && other && again) << again.error().text();
  EXPECT_EQ(again->id, first->id);
  EXPECT_EQ(again->name, "again.pt") << "a name is its request's";
  EXPECT_EQ(store_->find(first->id)->name, "again.pt");
  EXPECT_EQ(file_text(again->path), "same");
  EXPECT_GT(again->stored_at, other->stored_at);
  const auto listed = store_->list();
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ(listed->back().id, first->id) << "it goes last";
  EXPECT_EQ(left_over().size(), 2u);
}

TEST_F(CheckpointStoreTest, TakesTheContentAgainWhoseRemovalWasCutShort) {
  const auto info = upload("content");
  ASSERT_TRUE(info);
  std::filesystem::remove(scratch_.path("store/" + info->id + "/record.json"));
  ASSERT_FALSE(store_->find(info->id));
  const auto again = upload("content");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(file_text(again->path), "content");
  ASSERT_TRUE(store_->remove(info->id));
  EXPECT_TRUE(store_->remove(info->id));
  EXPECT_THAT(left_over(), IsEmpty());
}

TEST_F(CheckpointStoreTest, LeavesNothingOfAnUploadThatWasNotFinished) {
  {
    auto begun = store_->begin_upload("x.pt", UploadKind::kFile, {});
    ASSERT_TRUE(begun);
    ASSERT_TRUE((*begun)->append(std::as_bytes(std::span("abc"))));
  }
  EXPECT_THAT(left_over(), IsEmpty());
  scratch_.write("store/.arriving-XYZ/content/x.pt", "of a process that was killed");
  open({});
  EXPECT_THAT(left_over(), IsEmpty());
  open({.upload_bytes = 1500});
  EXPECT_EQ(refusal(upload(std::string(1501, 'x'))), ErrorCode::kInvalidArgument);
}

TEST_F(CheckpointStoreTest, ExpandsAZipToADirectoryWithTheDigestOfItsManifest) {
  const std::string manifest = fmt::format("{}  2  config.json\n{}  3  sub/a.txt\n", digest("{}"), digest("abc"));
  auto flat = upload(zip_of({{"sub/a.txt", "abc"}, {"config.json", "{}"}}), "model.zip", UploadKind::kDirectory);
  ASSERT_TRUE(flat) << flat.error().text();
  EXPECT_EQ(flat->id, digest(manifest));
  EXPECT_EQ(flat->kind, CheckpointInfo::Kind::kDirectory);
  EXPECT_EQ(flat->name, "model");
  EXPECT_EQ(flat->bytes, 5);
  EXPECT_EQ(file_text(flat->path + "/sub/a.txt"), "abc");
  auto wrapped = upload(zip_of({{"vit/config.json", "{}"}, {"vit/sub/a.txt", "abc"}}), "x.zip", UploadKind::kDirectory);
  ASSERT_TRUE(wrapped);
  EXPECT_EQ(wrapped->id, flat->id) << "an archive of one folder is what is in the folder";

  scratch_.write("roots/vit/config.json", "{}");
  scratch_.write("roots/vit/sub/a.txt", "abc");
  auto under_root = store_->resolve_path(scratch_.path("roots/vit"));
  ASSERT_TRUE(under_root);
  EXPECT_EQ(under_root->id, flat->id);
}

TEST_F(CheckpointStoreTest, ExpandsATar) {
  const std::string deep =
      "a-name-that-is-longer-than-the-hundred-bytes-of-the-old-field/" + std::string(80, 'x') + "/file.txt";
  scratch_.write("in/config.json", "{}");
  scratch_.write("in/" + deep, "deep");
  for (const char* format : {"gnu", "pax", "ustar"}) {
    const auto outcome = system_process_runner().run(
        {.arguments = {"tar", "--format", format, "-C", scratch_.path("in"), "-cf", scratch_.path("x.tar"), "."}});
    ASSERT_TRUE(outcome && outcome->exit_code == 0) << format;
    auto info = upload(file_text(scratch_.path("x.tar")), "x.tar", UploadKind::kDirectory);
    ASSERT_TRUE(info) << format << ": " << info.error().text();
    EXPECT_EQ(file_text(info->path + "/" + deep), "deep");
    EXPECT_EQ(store_->list()->size(), 1u) << "three ways to write one directory";
  }
}

TEST_F(CheckpointStoreTest, RefusesArchivesThatLeadElsewhere) {
  const auto zip_refusal = [&](const std::vector<std::pair<std::string, std::string>>& members) {
    return refusal(upload(zip_of(members), "x.zip", UploadKind::kDirectory));
  };
  for (const char* name : {"../x", "a/../../x", "/etc/x", "a//b", "a/./b", "a\\b", "a\nb",
                           "a\x01"
                           "b"})
    EXPECT_EQ(zip_refusal({{name, "x"}}), ErrorCode::kHostile) << name;
  EXPECT_EQ(zip_refusal({{"a", "x"}, {"A", "y"}}), ErrorCode::kHostile) << "one name in two cases";
  EXPECT_EQ(zip_refusal({{"a", "x"}, {"a/b", "y"}}), ErrorCode::kHostile);
  EXPECT_EQ(zip_refusal({{"a/b", "x"}, {"a", "y"}}), ErrorCode::kHostile);
  EXPECT_EQ(refusal(upload("no archive", "x.zip", UploadKind::kDirectory)), ErrorCode::kDamaged);
  std::string cut = zip_of({{"a", std::string(3000, 'x')}});
  cut.resize(cut.size() - 10);
  EXPECT_NE(refusal(upload(cut, "x.zip", UploadKind::kDirectory)), ErrorCode::kInternal);
}

TEST_F(CheckpointStoreTest, RefusesLinksAndDevicesInTars) {
  std::filesystem::create_directories(scratch_.path("in"));
  const auto tar_refusal = [&](const std::string& make) {
    const auto outcome =
        system_process_runner().run({.arguments = {"sh", "-c", "rm -rf ./* && " + make + " && tar -cf ../x.tar ."},
                                     .working_directory = scratch_.path("in")});
    EXPECT_TRUE(outcome && outcome->exit_code == 0);
    return refusal(upload(file_text(scratch_.path("x.tar")), "x.tar", UploadKind::kDirectory));
  };
  EXPECT_EQ(tar_refusal("ln -s /etc/passwd link"), ErrorCode::kHostile);
  EXPECT_EQ(tar_refusal("echo x > a; ln a b"), ErrorCode::kHostile);
  EXPECT_EQ(tar_refusal("mkfifo pipe"), ErrorCode::kHostile);
}

TEST_F(CheckpointStoreTest, HoldsTheLimitsOfWhatAnArchiveBecomes) {
  open({.expanded_bytes = 1000, .members = 3});
  EXPECT_EQ(refusal(upload(zip_of({{"a", std::string(600, 'x')}, {"b", std::string(600, 'x')}}), "x.zip",
                           UploadKind::kDirectory)),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal(upload(zip_of({{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}}), "x.zip", UploadKind::kDirectory)),
            ErrorCode::kInvalidArgument);
}

TEST_F(CheckpointStoreTest, RefusesAnArchiveWithoutAFile) {
  EXPECT_EQ(refusal(upload(zip_of({}), "x.zip", UploadKind::kDirectory)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal(upload(zip_of({{"only/", ""}}), "x.zip", UploadKind::kDirectory)), ErrorCode::kInvalidArgument);
}

// A few kilobytes that expand to gigabytes go to the disk, under its limit, and never into memory.
TEST_F(CheckpointStoreTest, ExpandsLargeMembersWithoutHoldingThem) {
  constexpr int kMegabytes = 64;
  const auto outcome = system_process_runner().run(
      {.arguments = {"python3", "-c",
                     fmt::format("import zipfile\nwith zipfile.ZipFile('{}', 'w', zipfile.ZIP_DEFLATED) as z: "
                                 "z.writestr('weights', bytes({} << 20))",
                                 scratch_.path("x.zip"), kMegabytes)}});
  ASSERT_TRUE(outcome && outcome->exit_code == 0);
  const std::string archive = file_text(scratch_.path("x.zip"));
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  auto info = upload(archive, "x.zip", UploadKind::kDirectory);
  getrusage(RUSAGE_SELF, &after);
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->bytes, int64_t{kMegabytes} << 20);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, kMegabytes * 1024 / 2) << "kilobytes";
}

TEST_F(CheckpointStoreTest, OpensPathsUnderItsRootsAndNoOthers) {
  const std::string file = scratch_.write("roots/runs/best.pt", "weights");
  scratch_.write("secret/best.pt", "secret");
  EXPECT_TRUE(store_->check_path(file));
  EXPECT_TRUE(store_->check_path(scratch_.path("roots/runs/")));
  EXPECT_TRUE(store_->check_path(scratch_.path("roots//runs/./best.pt")));
  const auto code = [&](const std::string& path) {
    const Status refused = store_->check_path(path);
    return refused ? ErrorCode::kInternal : refused.error().code;
  };
  EXPECT_EQ(code(scratch_.path("secret/best.pt")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(scratch_.path("roots/../secret/best.pt")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(scratch_.path("roots")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(scratch_.path("roots-beside/x")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("runs/best.pt"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(scratch_.path("roots/none")), ErrorCode::kNotFound);
  std::filesystem::create_symlink(scratch_.path("secret"), scratch_.path("roots/link"));
  EXPECT_EQ(code(scratch_.path("roots/link/best.pt")), ErrorCode::kHostile);
  EXPECT_EQ(code(scratch_.path("roots/link")), ErrorCode::kHostile);
  EXPECT_EQ(::mkfifo(scratch_.path("roots/pipe").c_str(), 0600), 0);
  EXPECT_EQ(code(scratch_.path("roots/pipe")), ErrorCode::kHostile);
}

TEST_F(CheckpointStoreTest, SeesThatAFileUnderARootChanged) {
  const std::string file = scratch_.write("roots/best.pt", "weights");
  EXPECT_EQ(store_->resolve_path(file)->id, digest("weights"));
  EXPECT_EQ(store_->resolve_path(file)->id, digest("weights"));
  scratch_.write("roots/best.pt", "WEIGHTS");
  EXPECT_EQ(store_->resolve_path(file)->id, digest("WEIGHTS"));
}

}  // namespace
}  // namespace modelport
