#include <gmock/gmock.h>

#include <cerrno>

#include "publication_fixture.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Files kPackage = {{"model.mlpackage/Manifest.json", "{}"},
                        {"model.mlpackage/Data/model.mlmodel", "the old network"},
                        {"model.mlpackage/Data/weights/weight.bin", "the old weights"}};
const Files kNewPackage = {{"model.mlpackage/Manifest.json", "{}"},
                           {"model.mlpackage/Data/model.mlmodel", "the new and longer network"},
                           {"model.mlpackage/Data/other/weight.bin", "the new weights"},
                           {"config.json", "{}"}};

/// Every file below the directory, relative to it.
std::set<std::string> files_below(const fs::path& directory) {
  std::set<std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_directory()) files.insert(entry.path().lexically_relative(directory));
  }
  return files;
}

std::set<std::string> names_of(const Files& files) {
  std::set<std::string> names = {"metadata.json"};
  for (const auto& [name, text] : files) names.insert(name);
  return names;
}

/// From what to what a directory goes.
struct Change {
  const char* name;
  const Files& from;
  const Files& to;
};
constexpr Change kChanges[] = {{"PackageToPackage", kPackage, kNewPackage},
                               {"FilesToPackage", kOld, kNewPackage},
                               {"PackageToFiles", kPackage, kNew}};

class PackageTest : public PublicationTest, public testing::WithParamInterface<Change> {
 protected:
  void SetUp() override {
    PublicationTest::SetUp();
    old_ = GetParam().from;
    new_ = GetParam().to;
  }
};

TEST_P(PackageTest, TakesThePlaceOfTheOldExport) {
  ASSERT_TRUE(publish(directory_, old_));
  EXPECT_EQ(seen(), "old");
  ASSERT_TRUE(publish(directory_, new_));
  EXPECT_EQ(seen(), "new");
  EXPECT_EQ(files_below(directory_), names_of(new_));
}

TEST_P(PackageTest, WithoutCommitLeavesTheOldExportAndNothingElse) {
  ASSERT_TRUE(publish(directory_, old_));
  {
    auto publication = Publication::begin(directory_);
    ASSERT_TRUE(publication);
    ASSERT_TRUE(write_files(**publication, new_));
  }
  EXPECT_EQ(seen(), "old");
  EXPECT_EQ(files_below(directory_), names_of(old_));
  EXPECT_EQ(names_in(directory_).size(), old_ == kPackage ? 2u : 3u) << "no empty folder is left";
}

TEST_P(PackageTest, KilledAtAnyStepLeavesTheOldTheNewOrNone) {
  std::set<std::string> outcomes;
  int step = 0;
  for (bool killed = true; killed; ++step) {
    ASSERT_LT(step, 200);
    fs::remove_all(directory_);
    ASSERT_TRUE(publish(directory_, old_));
    put(directory_ / "notes.txt", "mine");
    killed = killed_at(step, [&] { return publish(directory_, new_); });
    const std::string left = seen();
    outcomes.insert(left);
    ASSERT_THAT((std::set<std::string>{"old", "new", "none"}), testing::Contains(left)) << "step " << step;
    { ASSERT_TRUE(Publication::begin(directory_)) << "step " << step; }
    std::set<std::string> expected = left == "none" ? std::set<std::string>() : names_of(left == "old" ? old_ : new_);
    expected.insert("notes.txt");
    ASSERT_EQ(files_below(directory_), expected) << "step " << step << ", " << left;
    if (left == "none") {
      ASSERT_THAT(names_in(directory_), ElementsAre("notes.txt")) << "step " << step;
    }
  }
  EXPECT_THAT(outcomes, ElementsAre("new", "none", "old"));
  EXPECT_GT(step, 20);
}

TEST_P(PackageTest, ACleanupThatIsItselfKilledIsFinishedByTheNextRun) {
  for (int first = 0; first < 60; ++first) {
    for (int second = first % 3; second < 21; second += 3) {
      fs::remove_all(directory_);
      ASSERT_TRUE(publish(directory_, old_));
      if (!killed_at(first, [&] { return publish(directory_, new_); })) return;
      const std::string before = seen();
      if (!killed_at(second, [&] { return Publication::begin(directory_); })) break;
      ASSERT_EQ(seen(), before) << first << ", " << second;
      { ASSERT_TRUE(Publication::begin(directory_)); }
      ASSERT_EQ(seen(), before) << first << ", " << second;
      if (before == "none") {
        ASSERT_THAT(names_in(directory_), testing::IsEmpty()) << first << ", " << second;
      }
    }
  }
}

TEST_P(PackageTest, ACallThatFailsAtAnyStepLeavesOneExport) {
  for (const int error : {ENOSPC, EIO}) {
    int step = 0;
    for (bool reached = true; reached; ++step) {
      ASSERT_LT(step, 200);
      fs::remove_all(directory_);
      ASSERT_TRUE(publish(directory_, old_));
      StepFaults::arm_failure(step, error);
      const Status status = publish(directory_, new_);
      reached = StepFaults::disarm() > step;
      if (!status) {
        EXPECT_EQ(status.error().code, ErrorCode::kUnwritable) << "step " << step;
      }
      ASSERT_EQ(seen(), status ? "new" : "old") << "step " << step;
      { ASSERT_TRUE(Publication::begin(directory_)); }
      ASSERT_EQ(files_below(directory_), names_of(status ? new_ : old_)) << "step " << step;
    }
  }
}

TEST_P(PackageTest, IsRejectedAndTidiedUpAsAWhole) {
  std::vector<std::string_view> names;
  for (const auto& [name, text] : new_) names.push_back(name);
  ASSERT_TRUE(publish(directory_, old_));
  for (int run = 0; run < 2; ++run) {
    auto publication = Publication::begin(directory_);
    ASSERT_TRUE(publication);
    ASSERT_TRUE(write_files(**publication, new_));
    ASSERT_TRUE((*publication)->reject(names));
    EXPECT_EQ(seen(), "old");
    std::set<std::string> kept = names_of(new_);
    kept.erase("metadata.json");
    EXPECT_EQ(files_below(directory_ / "rejected"), kept);
  }
  { (*Publication::begin(directory_))->remove_rejected(names); }
  EXPECT_EQ(files_below(directory_), names_of(old_));
}

INSTANTIATE_TEST_SUITE_P(Publication, PackageTest, testing::ValuesIn(kChanges),
                         [](const auto& tested) { return tested.param.name; });

class ForeignPackageTest : public PublicationTest {};

TEST_F(ForeignPackageTest, WithAFileThatNoRecordListsIsNeverTouched) {
  ASSERT_TRUE(publish(directory_, kPackage));
  put(directory_ / "model.mlpackage" / "Data" / "mine", "x");
  const Status refused = publish(directory_, kNewPackage);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnwritable);
  EXPECT_THAT(refused.error().text(), HasSubstr("model.mlpackage: it is a directory of no earlier export"));
  ASSERT_TRUE(publish(directory_, kNew));
  EXPECT_EQ(content(directory_ / "model.mlpackage" / "Data" / "mine"), "x");
  EXPECT_EQ(content(directory_ / "model.mlpackage" / "Data" / "model.mlmodel"), "the old network");
}

TEST_F(ForeignPackageTest, ThatHoldsALinkIsNeverTouched) {
  fs::create_directories(root_ / "outside");
  put(root_ / "outside" / "weight.bin", "mine");
  ASSERT_TRUE(publish(directory_, kPackage));
  fs::remove_all(directory_ / "model.mlpackage" / "Data" / "weights");
  fs::create_directory_symlink(root_ / "outside", directory_ / "model.mlpackage" / "Data" / "weights");
  EXPECT_FALSE(publish(directory_, kNewPackage));
  ASSERT_TRUE(publish(directory_, kNew));
  EXPECT_EQ(content(root_ / "outside" / "weight.bin"), "mine");
  EXPECT_TRUE(fs::is_symlink(directory_ / "model.mlpackage" / "Data" / "weights"));
}

}  // namespace
}  // namespace modelport
