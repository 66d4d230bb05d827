#include "io/publication.h"

#include <gmock/gmock.h>
#include <sys/file.h>

#include <cerrno>
#include <csignal>

#include "publication_fixture.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(PublicationTest, MakesTheDirectoryAndWritesFilesAndRecord) {
  directory_ = root_ / "a" / "b";
  ASSERT_TRUE(publish(directory_, kOld));
  EXPECT_EQ(seen(), "old");
  EXPECT_THAT(names_in(directory_), ElementsAre("metadata.json", "model.onnx", "model.onnx.data"));
}

TEST_F(PublicationTest, ReplacesAnExportAndRemovesOnlyWhatItListed) {
  ASSERT_TRUE(publish(directory_, kOld));
  put(directory_ / "notes.txt", "mine");
  ASSERT_TRUE(publish(directory_, kNew));
  EXPECT_EQ(seen(), "new");
  EXPECT_THAT(names_in(directory_), ElementsAre("config.json", "metadata.json", "model.onnx", "notes.txt"));
}

TEST_F(PublicationTest, WithoutCommitLeavesTheOldExportAndNothingElse) {
  ASSERT_TRUE(publish(directory_, kOld));
  const auto before = names_in(directory_);
  {
    auto publication = Publication::begin(directory_);
    ASSERT_TRUE(publication);
    ASSERT_TRUE(write_files(**publication, kNew));
    EXPECT_TRUE(fs::exists(directory_ / ".modelport-new-model.onnx"));
  }
  EXPECT_EQ(names_in(directory_), before);
  EXPECT_EQ(seen(), "old");
}

TEST_F(PublicationTest, WithoutCommitRemovesTheDirectoriesThatItMadeUnlessSomebodyElseUsesThem) {
  directory_ = root_ / "a" / "b";
  { ASSERT_TRUE(Publication::begin(directory_)); }
  EXPECT_FALSE(fs::exists(root_ / "a"));
  {
    auto publication = Publication::begin(directory_);
    ASSERT_TRUE(publication);
    put(root_ / "a" / "notes.txt", "mine");
  }
  EXPECT_FALSE(fs::exists(directory_));
  EXPECT_TRUE(fs::exists(root_ / "a" / "notes.txt"));
}

TEST_F(PublicationTest, RefusesADirectoryThatAnotherRunHolds) {
  auto first = Publication::begin(directory_);
  ASSERT_TRUE(first);
  auto second = Publication::begin(directory_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  EXPECT_EQ(second.error().message, "another export is writing to " + directory_.string());
  ASSERT_TRUE(write_files(**first, kNew));
  ASSERT_TRUE((*first)->commit(record_of(kNew)));
  EXPECT_EQ(seen(), "new");
}

TEST_F(PublicationTest, CommitNeedsEveryFileInTheRecord) {
  auto publication = Publication::begin(directory_);
  ASSERT_TRUE(publication);
  ASSERT_TRUE(write_files(**publication, kNew));
  EXPECT_FALSE((*publication)->commit(record_of({{"model.onnx", "x"}})));
  publication->reset();
  EXPECT_FALSE(fs::exists(directory_));
}

TEST_F(PublicationTest, AfterAbortNothingIsLeftAndNothingCanBeAdded) {
  ASSERT_TRUE(publish(directory_, kOld));
  auto publication = Publication::begin(directory_);
  ASSERT_TRUE(publication);
  ASSERT_TRUE(write_files(**publication, kNew));
  (*publication)->abort();
  EXPECT_FALSE((*publication)->create("more"));
  EXPECT_FALSE((*publication)->commit(record_of(kNew)));
  EXPECT_EQ(seen(), "old");
  EXPECT_THAT(names_in(directory_), ElementsAre("metadata.json", "model.onnx", "model.onnx.data"));
}

TEST_F(PublicationTest, MovesAnOldPackageDirectoryAside) {
  fs::create_directories(directory_ / "model.onnx" / "deep");
  put(directory_ / "model.onnx" / "deep" / "part", "x");
  put(directory_ / "metadata.json", print_json(record_of({{"model.onnx", ""}})));
  ASSERT_TRUE(publish(directory_, kNew));
  EXPECT_EQ(seen(), "new");
  EXPECT_THAT(names_in(directory_), ElementsAre("config.json", "metadata.json", "model.onnx"));
}

TEST_F(PublicationTest, LeavesADirectoryThatNoRecordLists) {
  fs::create_directories(directory_ / "model.onnx");
  put(directory_ / "model.onnx" / "mine", "x");
  auto status = publish(directory_, kNew);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnwritable);
  EXPECT_EQ(content(directory_ / "model.onnx" / "mine"), "x");
  EXPECT_THAT(names_in(directory_), ElementsAre("model.onnx"));
}

TEST_F(PublicationTest, RefusesARecordThatIsADirectory) {
  fs::create_directories(directory_ / "metadata.json");
  put(directory_ / "metadata.json" / "mine", "x");
  auto status = publish(directory_, kNew);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnwritable);
  EXPECT_EQ(content(directory_ / "metadata.json" / "mine"), "x");
}

TEST_F(PublicationTest, BelievesNoRecordThatPointsElsewhere) {
  fs::create_directories(directory_ / "sub");
  fs::create_directories(root_ / "far");
  fs::create_directory_symlink(root_ / "far", directory_ / "link");
  const std::vector<fs::path> kept = {root_ / "outside", root_ / "far" / "file", directory_ / "sub" / "file",
                                      directory_ / "sub" / "not listed", directory_ / ".modelport"};
  for (const fs::path& path : kept) put(path, "mine");
  Json record = record_of({});
  for (const char* name : {"../outside", "sub/../../outside", "sub/file", "link/file", "sub//file", "/sub", "..", ".",
                           "", "/etc/hostname", "./.modelport", "metadata.json"}) {
    record["extra_metadata"]["files"].push_back({{"name", name}});
  }
  record["extra_metadata"]["files"].push_back({{"name", (root_ / "outside").string()}});
  record["extra_metadata"]["files"].push_back(7);
  record["extra_metadata"]["files"].push_back({{"name", 7}});
  put(directory_ / "metadata.json", print_json(record));
  ASSERT_TRUE(publish(directory_, kNew));
  for (const fs::path& path : kept) EXPECT_EQ(content(path), "mine") << path;
}

TEST_F(PublicationTest, ReplacesAnUnreadableRecord) {
  for (const char* text : {"", "{", "[]", "{\"extra_metadata\": 7}", "{\"extra_metadata\": {\"files\": {}}}"}) {
    fs::create_directories(directory_);
    put(directory_ / "metadata.json", text);
    ASSERT_TRUE(publish(directory_, kNew)) << text;
    EXPECT_EQ(seen(), "new") << text;
  }
}

TEST_F(PublicationTest, FollowsNoLinkUnderATemporaryName) {
  fs::create_directories(directory_);
  put(root_ / "outside", "mine");
  fs::create_symlink(root_ / "outside", directory_ / ".modelport-new-model.onnx");
  fs::create_directory_symlink(root_, directory_ / ".modelport-aside-model.onnx");
  ASSERT_TRUE(publish(directory_, kNew));
  EXPECT_EQ(content(root_ / "outside"), "mine");
  EXPECT_EQ(seen(), "new");
}

TEST_F(PublicationTest, ResolvesParentsOfLinksAsTheSystemDoes) {
  fs::create_directories(root_ / "far" / "deep");
  fs::create_directory_symlink(root_ / "far" / "deep", root_ / "link");
  ASSERT_TRUE(publish(root_ / "link" / ".." / "out" / "", kNew));
  EXPECT_TRUE(fs::exists(root_ / "far" / "out" / "metadata.json"));
}

TEST_F(PublicationTest, KilledAtAnyStepLeavesTheOldTheNewOrNone) {
  std::set<std::string> outcomes;
  int step = 0;
  for (bool killed = true; killed; ++step) {
    ASSERT_LT(step, 200);
    fs::remove_all(directory_);
    ASSERT_TRUE(publish(directory_, kOld));
    put(directory_ / "notes.txt", "mine");
    killed = killed_at(step, [&] { return publish(directory_, kNew); });
    const std::string left = seen();
    outcomes.insert(left);
    ASSERT_THAT((std::set<std::string>{"old", "new", "none"}), testing::Contains(left)) << "step " << step;
    ASSERT_TRUE(publish(directory_, kOld)) << "step " << step;
    ASSERT_EQ(seen(), "old") << "step " << step;
    ASSERT_THAT(names_in(directory_), ElementsAre("metadata.json", "model.onnx", "model.onnx.data", "notes.txt"))
        << "step " << step;
  }
  EXPECT_THAT(outcomes, ElementsAre("new", "none", "old"));
  EXPECT_GT(step, 15) << "the steps of writing, renaming and cleaning up";
}

TEST_F(PublicationTest, ACleanupThatIsItselfKilledIsFinishedByTheNextRun) {
  for (int first = 0; first < 30; ++first) {
    for (int second = 0; second < 12; ++second) {
      fs::remove_all(directory_);
      ASSERT_TRUE(publish(directory_, kOld));
      if (!killed_at(first, [&] { return publish(directory_, kNew); })) return;
      const std::string before = seen();
      if (!killed_at(second, [&] { return Publication::begin(directory_); })) break;
      ASSERT_EQ(seen(), before) << first << ", " << second;
      { ASSERT_TRUE(Publication::begin(directory_)); }
      ASSERT_EQ(seen(), before) << first << ", " << second;
      for (const std::string& name : names_in(directory_)) {
        ASSERT_FALSE(name.starts_with(".modelport-")) << name << " after " << first << ", " << second;
        ASSERT_NE(before, "none") << name << " after " << first << ", " << second;
      }
    }
  }
}

TEST_F(PublicationTest, ACallThatFailsAtAnyStepLeavesOneExportAndNoTemporaryFile) {
  for (const int error : {ENOSPC, EIO}) {
    int step = 0;
    for (bool reached = true; reached; ++step) {
      ASSERT_LT(step, 200);
      fs::remove_all(directory_);
      ASSERT_TRUE(publish(directory_, kOld));
      StepFaults::arm_failure(step, error);
      const Status status = publish(directory_, kNew);
      reached = StepFaults::disarm() > step;
      if (!status) {
        EXPECT_EQ(status.error().code, ErrorCode::kUnwritable) << "step " << step;
        ASSERT_EQ(seen(), "old") << "step " << step << ": " << status.error().text();
      } else {
        ASSERT_EQ(seen(), "new") << "step " << step;
      }
      { ASSERT_TRUE(Publication::begin(directory_)); }
      const auto expected = status ? kNew : kOld;
      ASSERT_EQ(names_in(directory_).size(), expected.size() + 1) << "step " << step;
    }
  }
}

TEST_F(PublicationTest, KeepsWhatWasRejectedBesideTheOldExport) {
  ASSERT_TRUE(publish(directory_, kOld));
  ASSERT_TRUE(reject(directory_, kNew));
  EXPECT_EQ(seen(), "old");
  EXPECT_THAT(names_in(directory_), ElementsAre("metadata.json", "model.onnx", "model.onnx.data", "rejected"));
  EXPECT_THAT(names_in(directory_ / "rejected"), ElementsAre("config.json", "model.onnx"));
  EXPECT_EQ(content(directory_ / "rejected/model.onnx"), kNew.at("model.onnx"));
  ASSERT_TRUE(reject(directory_, kOld));
  EXPECT_THAT(names_in(directory_ / "rejected"), ElementsAre("model.onnx", "model.onnx.data"));
}

TEST_F(PublicationTest, KeepsWhatWasRejectedInADirectoryThatItMade) {
  ASSERT_TRUE(reject(directory_ / "deeper", kNew));
  EXPECT_THAT(names_in(directory_ / "deeper"), ElementsAre("rejected"));
}

TEST_F(PublicationTest, ReplacesNoFolderOfSomebodyElse) {
  ASSERT_TRUE(publish(directory_, kOld));
  fs::create_directories(directory_ / "rejected");
  put(directory_ / "rejected" / "thoughts.txt", "mine");
  EXPECT_EQ(reject(directory_, kNew).error().code, ErrorCode::kUnwritable);
  const auto remove = [&] {
    auto publication = Publication::begin(directory_);
    ASSERT_TRUE(publication);
    (*publication)->remove_rejected(kReplaceable);
  };
  remove();
  EXPECT_EQ(content(directory_ / "rejected" / "thoughts.txt"), "mine");
  fs::remove_all(directory_ / "rejected");
  fs::create_directory(root_ / "elsewhere");
  put(root_ / "elsewhere" / "model.onnx", "mine");
  fs::create_directory_symlink(root_ / "elsewhere", directory_ / "rejected");
  EXPECT_EQ(reject(directory_, kNew).error().code, ErrorCode::kUnwritable);
  remove();
  EXPECT_EQ(content(root_ / "elsewhere" / "model.onnx"), "mine");
  EXPECT_THAT(names_in(directory_), ElementsAre("metadata.json", "model.onnx", "model.onnx.data", "rejected"));
  EXPECT_EQ(seen(), "old");
}

TEST_F(PublicationTest, RemovesWhatAnEarlierRunRejected) {
  ASSERT_TRUE(reject(directory_, kNew));
  {
    auto publication = Publication::begin(directory_);
    ASSERT_TRUE(publication);
    ASSERT_TRUE(write_files(**publication, kOld));
    ASSERT_TRUE((*publication)->commit(record_of(kOld)));
    (*publication)->remove_rejected(kReplaceable);
  }
  EXPECT_THAT(names_in(directory_), ElementsAre("metadata.json", "model.onnx", "model.onnx.data"));
}

TEST_F(PublicationTest, KilledAtAnyStepOfARejectionLeavesTheOldExportAndAWholeFolderOrNone) {
  const auto kept = [&]() -> std::string {
    if (!fs::exists(directory_ / "rejected")) return "none";
    for (const auto& [name, files] : {std::pair("old", kOld), std::pair("new", kNew)}) {
      std::set<std::string> names;
      for (const auto& [file, text] : files) names.insert(file);
      if (names_in(directory_ / "rejected") == names) return name;
    }
    return "a part";
  };
  std::set<std::string> outcomes;
  for (const bool failing : {false, true}) {
    int step = 0;
    for (bool struck = true; struck; ++step) {
      ASSERT_LT(step, 200);
      fs::remove_all(directory_);
      ASSERT_TRUE(publish(directory_, kOld));
      ASSERT_TRUE(reject(directory_, kOld));
      if (failing) {
        StepFaults::arm_failure(step, EIO);
        (void)reject(directory_, kNew);
        struck = StepFaults::disarm() > step;
      } else {
        struck = killed_at(step, [&] { return reject(directory_, kNew); });
      }
      ASSERT_EQ(seen(), "old") << "step " << step;
      ASSERT_NE(kept(), "a part") << "step " << step;
      outcomes.insert(kept());
      { ASSERT_TRUE(Publication::begin(directory_)); }
      for (const std::string& name : names_in(directory_)) ASSERT_FALSE(name.starts_with(".")) << name << " " << step;
    }
    EXPECT_GT(step, 8);
  }
  EXPECT_THAT(outcomes, testing::IsSupersetOf({"new", "old"}));
}

TEST_F(PublicationTest, SaysOnceWhatAnotherExportLosesByIt) {
  ASSERT_TRUE(publish(directory_, kOld));
  const auto warnings_of = [&](const Files& files) {
    testing::internal::CaptureStderr();
    EXPECT_TRUE(publish(directory_, files));
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(warnings_of(kOld), "");
  EXPECT_THAT(warnings_of({{"model.torchscript", "another"}}),
              HasSubstr("out held another export: removed model.onnx, model.onnx.data ("));
  EXPECT_THAT(names_in(directory_), ElementsAre("metadata.json", "model.torchscript"));
}

}  // namespace
}  // namespace modelport
