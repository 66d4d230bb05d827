#include "tests/service/artifacts/artifact_store_contract.h"

namespace modelport {
namespace {

StoreRow local_row() {
  return {"local", [](const ScratchDirectory& scratch) { return open_local_artifact_store(scratch.path("store")); }};
}

INSTANTIATE_TEST_SUITE_P(Stores, ArtifactStoreContract, testing::Values(local_row()),
                         [](const auto& tested) { return tested.param.name; });

TEST(LocalArtifactStore, FollowsNoLink) {
  const ScratchDirectory scratch;
  auto store = open_local_artifact_store(scratch.path("store"));
  ASSERT_TRUE(store);
  scratch.write("secret", "x");
  std::filesystem::create_symlink(scratch.path("secret"), scratch.path("store/link.zip"));
  EXPECT_FALSE((*store)->open("link.zip", 0, 1));
  EXPECT_FALSE((*store)->stat("link.zip"));
}

}  // namespace
}  // namespace modelport
