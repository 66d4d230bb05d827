#include "checkpoint/hub_directory.h"

#include <gmock/gmock.h>

#include "hub_folder.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kOne = safetensors_file({{"a", {2}, {1, 2}}});
const std::string kTwo = safetensors_file({{"b", {1}, {3}}, {"c", {1}, {4}}});
const std::string kIndex =
    R"({"metadata": {"total_size": 16}, "weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors",
        "c": "model-2.safetensors"}})";

std::vector<std::string> file_names(const Checkpoint& checkpoint) {
  std::vector<std::string> names;
  for (const CheckpointFile& each : checkpoint.files) names.push_back(each.name);
  return names;
}

Error refusal(const HubFolder& folder, const std::string& below = "") {
  const auto opened = open_checkpoint(folder.path() + below);
  return opened ? Error{ErrorCode::kInternal, "it was opened", {}, {}} : opened.error();
}

TEST(HubDirectory, IsConfigAndWeights) {
  const HubFolder folder;
  folder.write("config.json", R"({"model_type": "made-up"})");
  folder.write("model.safetensors", kOne);
  folder.write("optimizer.pt", "never read");
  folder.write("training_args.bin", "never read");
  const auto opened = open_checkpoint(folder.path() + "/");
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(opened->container, Container::kHubDirectory);
  EXPECT_EQ(opened->path, folder.path());
  EXPECT_THAT(file_names(*opened), ElementsAre("config.json", "model.safetensors"));
  EXPECT_EQ(opened->documents.at("config.json")["model_type"], "made-up");
  EXPECT_EQ(opened->find("a")->as_tensor()->to_floats(), (std::vector<float>{1, 2}));
  EXPECT_EQ(opened->byte_count(), static_cast<int64_t>(kOne.size() + 25));
  EXPECT_TRUE(opened->check_intact());
  folder.write("config.json", R"({"model_type": "another"})");
  EXPECT_FALSE(opened->check_intact());
}

TEST(HubDirectory, ShardsAreOneCheckpoint) {
  const HubFolder folder;
  folder.write("config.json", "{}");
  folder.write("preprocessor_config.json", "{}");
  folder.write("model.safetensors.index.json", kIndex);
  folder.write("model-1.safetensors", kOne);
  folder.write("model-2.safetensors", kTwo);
  folder.write("model-3.safetensors", "never read");
  const auto opened = open_checkpoint(folder.path());
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_THAT(file_names(*opened),
              ElementsAre("config.json", "preprocessor_config.json", "model.safetensors.index.json",
                          "model-1.safetensors", "model-2.safetensors"));
  std::vector<std::string> names;
  for (const NamedTensor& tensor : list_tensors(opened->root)) names.push_back(tensor.name);
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
}

TEST(HubDirectory, TheCacheOfTheHubLinksToItsBlobs) {
  const HubFolder folder;
  const std::string revision = "/models--someone--tiny/snapshots/0123";
  folder.write("models--someone--tiny/blobs/c0ffee", "{}");
  folder.write("models--someone--tiny/blobs/beef", kOne);
  folder.link("models--someone--tiny/snapshots/0123/config.json", "../../blobs/c0ffee");
  folder.link("models--someone--tiny/snapshots/0123/model.safetensors", "../../blobs/beef");
  const auto opened = open_checkpoint(folder.path() + revision);
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_THAT(file_names(*opened), ElementsAre("config.json", "model.safetensors"));
  folder.write("elsewhere", kOne);
  std::filesystem::remove(folder.path() + revision + "/model.safetensors");
  folder.link("models--someone--tiny/snapshots/0123/model.safetensors", "../../../elsewhere");
  const Error error = refusal(folder, revision);
  EXPECT_EQ(error.code, ErrorCode::kHostile);
  EXPECT_THAT(error.text(), HasSubstr("model.safetensors is a link that leads out of the directory"));
}

TEST(HubDirectory, NothingElsewhereIsRead) {
  const HubFolder folder;
  folder.write("secret", kOne);
  folder.write("d/config.json", "{}");
  for (const char* name : {"../secret", "/etc/hostname", "..", "", "sub/model.safetensors"}) {
    folder.write("d/model.safetensors.index.json", std::string(R"({"weight_map": {"a": ")") + name + "\"}}");
    EXPECT_EQ(refusal(folder, "/d").code, ErrorCode::kHostile) << name << ": " << refusal(folder, "/d").text();
  }
  folder.link("d/model-1.safetensors", "../secret");
  folder.write("d/model.safetensors.index.json", R"({"weight_map": {"a": "model-1.safetensors"}})");
  EXPECT_THAT(refusal(folder, "/d").text(), HasSubstr("model-1.safetensors is a link that leads out"));
  // Blobs are followed in the hub's cache only.
  folder.write("blobs/beef", kOne);
  folder.link("d/model.safetensors", "../blobs/beef");
  EXPECT_EQ(refusal(folder, "/d").code, ErrorCode::kHostile);
}

TEST(HubDirectory, IndexAndShardsAgree) {
  const HubFolder folder;
  folder.write("config.json", "{}");
  folder.write("model.safetensors.index.json", kIndex);
  folder.write("model-1.safetensors", kOne);
  EXPECT_THAT(refusal(folder).text(),
              HasSubstr("model.safetensors.index.json names model-2.safetensors, which is not"));
  folder.write("model-2.safetensors", safetensors_file({{"b", {1}, {3}}}));
  EXPECT_THAT(refusal(folder).text(), HasSubstr("says that c is in model-2.safetensors, which does not hold it"));
  folder.write("model-2.safetensors", safetensors_file({{"b", {1}, {3}}, {"c", {1}, {4}}, {"d", {1}, {5}}}));
  EXPECT_THAT(refusal(folder).text(), HasSubstr("model-2.safetensors holds 'd', which model.safetensors.index.json"));
  folder.write("model-2.safetensors", kTwo.substr(0, kTwo.size() - 1));
  EXPECT_EQ(refusal(folder).code, ErrorCode::kDamaged);
  for (const char* index : {"[]", "{}", R"({"weight_map": {}})", R"({"weight_map": {"a": 1}})", "{"}) {
    folder.write("model.safetensors.index.json", index);
    EXPECT_EQ(refusal(folder).code, ErrorCode::kDamaged) << index;
  }
}

TEST(HubDirectory, SaysWhatIsMissing) {
  const HubFolder folder;
  EXPECT_EQ(refusal(folder).code, ErrorCode::kUnreadable) << "no config.json: a directory of another kind";
  folder.write("config.json", "{}");
  EXPECT_EQ(refusal(folder).text(),
            folder.path() +
                ": it holds config.json and no weights (model.safetensors, pytorch_model.bin or the index "
                "of their shards is expected beside it)");
  folder.write("config.json", R"({"a": 1, "a": 2})");
  folder.write("model.safetensors", kOne);
  EXPECT_THAT(refusal(folder).text(), HasSubstr("config.json"));
  folder.write("config.json", "{}");
  std::filesystem::remove(folder.path() + "/model.safetensors");
  std::filesystem::create_directory(folder.path() + "/model.safetensors");
  EXPECT_EQ(refusal(folder).code, ErrorCode::kUnreadable) << "weights are a file";
}

}  // namespace
}  // namespace modelport
