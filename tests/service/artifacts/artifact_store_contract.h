#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/sha256.h"
#include "service/artifacts/artifact_store.h"
#include "tests/service/scratch_directory.h"

/// What every ArtifactStore does, whatever it is made of: included by the one test of each store that names its rows.
namespace modelport {

struct StoreRow {
  std::string name;
  std::function<Result<std::unique_ptr<ArtifactStore>>(const ScratchDirectory&)> open;
};

class ArtifactStoreContract : public testing::TestWithParam<StoreRow> {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    auto opened = GetParam().open(scratch_);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
  }
  Status put(const std::string& key, const std::string& content) {
    const std::string file = scratch_.write("new-object", content);
    return store_->put({key, file, sha256_hex(std::as_bytes(std::span(content))), {{"format", "onnx"}}});
  }
  std::string get(const std::string& key, int64_t offset, int64_t length) {
    auto reader = store_->open(key, offset, length);
    EXPECT_TRUE(reader) << reader.error().text();
    if (!reader) return "";
    std::string text;
    std::array<std::byte, 5> buffer;
    while (true) {
      auto count = (*reader)->read(buffer);
      EXPECT_TRUE(count);
      if (!count || *count == 0) return text;
      text.append(reinterpret_cast<const char*>(buffer.data()), *count);
    }
  }
  std::vector<std::string> keys(std::string_view prefix, std::string_view after = "", size_t limit = 100) {
    std::vector<std::string> found;
    auto objects = store_->list(prefix, after, limit);
    EXPECT_TRUE(objects);
    for (const ObjectInfo& object : *objects) found.push_back(object.key);
    return found;
  }
  ScratchDirectory scratch_;
  std::unique_ptr<ArtifactStore> store_;
};

TEST_P(ArtifactStoreContract, KeepsWhatItIsGiven) {
  ASSERT_TRUE(put("job_a.1.zip", "0123456789abcdef"));
  EXPECT_FALSE(std::filesystem::exists(scratch_.path("new-object"))) << "the store takes the file";
  reopen();
  EXPECT_EQ(store_->stat("job_a.1.zip")->bytes, 16);
  EXPECT_EQ(get("job_a.1.zip", 0, 16), "0123456789abcdef");
  EXPECT_EQ(get("job_a.1.zip", 10, 3), "abc");
  EXPECT_EQ(get("job_a.1.zip", 16, 0), "");
  EXPECT_FALSE(store_->open("job_a.1.zip", 10, 7));
  EXPECT_FALSE(store_->open("job_a.1.zip", -1, 3));
}

TEST_P(ArtifactStoreContract, NeverChangesAKey) {
  ASSERT_TRUE(put("a/b.zip", "first"));
  const Status again = put("a/b.zip", "second");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(get("a/b.zip", 0, 5), "first");
}

TEST_P(ArtifactStoreContract, TellsWhatIsNotThere) {
  EXPECT_EQ(store_->stat("none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->open("none", 0, 0).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(store_->remove("none"));
}

TEST_P(ArtifactStoreContract, RemovesAndTakesAKeyAgain) {
  ASSERT_TRUE(put("a/b.zip", "first"));
  ASSERT_TRUE(store_->remove("a/b.zip"));
  EXPECT_EQ(store_->stat("a/b.zip").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(put("a/b.zip", "second"));
}

TEST_P(ArtifactStoreContract, ListsByPrefixInPages) {
  for (const char* key : {"b.zip", "a/2.zip", "a/1.zip", "a.zip"}) ASSERT_TRUE(put(key, "x"));
  EXPECT_THAT(keys(""), testing::ElementsAre("a.zip", "a/1.zip", "a/2.zip", "b.zip"));
  EXPECT_THAT(keys("a/"), testing::ElementsAre("a/1.zip", "a/2.zip"));
  EXPECT_THAT(keys("", "a.zip", 2), testing::ElementsAre("a/1.zip", "a/2.zip"));
}

TEST_P(ArtifactStoreContract, RefusesKeysThatLeadElsewhere) {
  for (const char* key : {"", "/a", "../a", "a/../b", "a//b", "a/", ".a", "a/.b", "a b", "a\\b", "a%2fb"}) {
    EXPECT_EQ(put(key, "x").error().code, ErrorCode::kInvalidArgument) << key;
    EXPECT_FALSE(store_->open(key, 0, 0)) << key;
    EXPECT_FALSE(store_->stat(key)) << key;
  }
}

TEST_P(ArtifactStoreContract, SaysThatItWorks) { EXPECT_TRUE(store_->check()); }

}  // namespace modelport
