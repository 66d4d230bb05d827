#include "service/backend/artifact_copies.h"

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "tests/service/artifacts/wrapped_artifact_store.h"
#include "tests/service/scratch_directory.h"

namespace modelport {
namespace {

/// Says how often it was read from.
class CountingStore final : public WrappedArtifactStore {
 public:
  using WrappedArtifactStore::WrappedArtifactStore;
  int opened = 0;

  Result<std::unique_ptr<ObjectReader>> open(std::string_view key, int64_t offset, int64_t length) override {
    ++opened;
    return WrappedArtifactStore::open(key, offset, length);
  }
};

class ArtifactCopiesTest : public testing::Test {
 protected:
  StoredArtifact stored(const std::string& key, const std::string& content) {
    const StoredArtifact artifact{key, sha256_hex(std::as_bytes(std::span(content))),
                                  static_cast<int64_t>(content.size())};
    EXPECT_TRUE(store_.put({key, scratch_.write("new", content), artifact.sha256, {}, ""}));
    return artifact;
  }
  /// The content that is given, and how often the store was asked for it.
  std::pair<std::string, int> given(const StoredArtifact& artifact) {
    const int before = store_.opened;
    const std::string path = scratch_.path(fmt::format("given-{}", ++given_));
    const Status done = copies_.put_at(path, artifact);
    EXPECT_TRUE(done) << done.error().text();
    return {file_text(path), store_.opened - before};
  }
  size_t kept() {
    using Files = std::filesystem::directory_iterator;
    return static_cast<size_t>(std::distance(Files(scratch_.path("copies")), Files()));
  }

  ScratchDirectory scratch_;
  CountingStore store_{*open_local_artifact_store(scratch_.path("artifacts"))};
  ArtifactCopies copies_{store_, scratch_.path("copies"), 100};
  int given_ = 0;
};

using Given = std::pair<std::string, int>;

TEST_F(ArtifactCopiesTest, FetchesWhatIsAskedForAgainOnce) {
  const StoredArtifact one = stored("one.zip", "first"), two = stored("two.zip", "second");
  EXPECT_EQ(given(one), Given("first", 1));
  EXPECT_EQ(given(two), Given("second", 1));
  EXPECT_EQ(given(one), Given("first", 0));
  EXPECT_EQ(given(two), Given("second", 0));
}

TEST_F(ArtifactCopiesTest, LetsTheOneGoThatWasUsedLongestAgo) {
  const StoredArtifact one = stored("one.zip", std::string(40, '1')), two = stored("two.zip", std::string(40, '2')),
                       three = stored("three.zip", std::string(60, '3'));
  given(one);
  given(two);
  given(one);
  given(three);
  EXPECT_EQ(kept(), 2u);
  EXPECT_EQ(given(one), Given(std::string(40, '1'), 0));
  EXPECT_EQ(given(two).second, 1);
  EXPECT_EQ(file_text(scratch_.path("given-2")), std::string(40, '2')) << "whoever has it keeps it";
}

TEST_F(ArtifactCopiesTest, KeepsNothingThatIsLargerThanItsRoom) {
  const StoredArtifact small = stored("small.zip", "small"), large = stored("large.zip", std::string(101, 'x'));
  given(small);
  EXPECT_EQ(given(large), Given(std::string(101, 'x'), 1));
  EXPECT_EQ(given(large), Given(std::string(101, 'x'), 1));
  EXPECT_EQ(given(small).second, 0);
}

TEST_F(ArtifactCopiesTest, GivesAndKeepsNothingElseThanWhatWasStored) {
  StoredArtifact artifact = stored("one.zip", "content");
  artifact.sha256 = std::string(64, '0');
  const Status refused = copies_.put_at(scratch_.path("given"), artifact);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kDamaged);
  EXPECT_FALSE(std::filesystem::exists(scratch_.path("copies")));
  EXPECT_EQ(copies_.put_at(scratch_.path("given"), {"none.zip", "", 0}).error().code, ErrorCode::kNotFound);
}

TEST_F(ArtifactCopiesTest, FetchesAgainWhatSomebodyElseRemoved) {
  const StoredArtifact one = stored("one.zip", "first");
  given(one);
  std::filesystem::remove_all(scratch_.path("copies"));
  EXPECT_EQ(given(one), Given("first", 1));
  EXPECT_EQ(given(one), Given("first", 0));
}

}  // namespace
}  // namespace modelport
