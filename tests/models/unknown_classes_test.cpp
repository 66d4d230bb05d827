#include "models/ultralytics/unknown_classes.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "../checkpoint/hub_folder.h"
#include "checkpoint/checkpoint.h"
#include "models/ultralytics/ignore_rules.h"
#include "models/ultralytics/names/family.h"
#include "models/ultralytics/trainer.h"
#include "modules/find_model.h"

namespace modelport::ultralytics {
namespace {

const std::string kRoot = MODELPORT_SOURCE_DIR;

std::vector<UnknownClass> unknown_in(const std::string& path) {
  const auto checkpoint = open_checkpoint(path, ultralytics::families());
  if (!checkpoint) return {{checkpoint.error().text(), "", 0}};
  Account account;
  const Ledger ledger(account, *model_root(*checkpoint), ignore_rules(), {});
  return unknown_classes(ledger, {});
}

TEST(UnknownClasses, AreNoneOfWhatIsTranslated) {
  size_t checked = 0;
  for (const std::string folder : {"/tests/fixtures", "/tests/fixtures/families"}) {
    for (const auto& entry : std::filesystem::directory_iterator(kRoot + folder)) {
      if (entry.path().extension() != ".pt" || entry.path().stem() == "own-classes") continue;
      for (const UnknownClass& unknown : unknown_in(entry.path().string()))
        ADD_FAILURE() << entry.path() << ": " << unknown.name << " at " << unknown.first_path;
      ++checked;
    }
  }
  EXPECT_GE(checked, 30u);
}

TEST(UnknownClasses, AreEachNamedOnceWithTheNearestKnown) {
  const auto checkpoint = open_checkpoint(kRoot + "/tests/fixtures/own-classes.pt", ultralytics::families());
  ASSERT_TRUE(checkpoint) << checkpoint.error().text();
  EXPECT_EQ(ultralytics_trainer().architecture_of(*checkpoint, {}).error().text(),
            "Not translated: 4 of its classes are unknown: "
            "field.blocks.OtherC2f (4 times, first model.2; the nearest known is ultralytics.nn.modules.block.C2f), "
            "field.blocks.Separable (model.3), "
            "field.blocks.FieldC2f (4 times, first model.4; the nearest known is ultralytics.nn.modules.block.C2f), "
            "field.blocks.FieldDetect (model.22; the nearest known is ultralytics.nn.modules.head.Detect) "
            "(a class that is built from known parts under another name can be mapped by the option module_aliases, "
            "such as {\"module_aliases\": {\"field.blocks.OtherC2f\": \"ultralytics.nn.modules.block.C2f\"}} if it "
            "computes the same; docs/known_classes.md lists what is known)");
}

TEST(Directories, OfConfigAndWeightsAreTakenByOtherTrainers) {
  const HubFolder folder;
  folder.write("config.json", "{}");
  folder.write("model.safetensors", safetensors_file({{"a", {1}, {1}}}));
  const auto checkpoint = open_checkpoint(folder.path(), ultralytics::families());
  ASSERT_TRUE(checkpoint) << checkpoint.error().text();
  const Error error = ultralytics_trainer().architecture_of(*checkpoint, {}).error();
  EXPECT_EQ(error_info(error.code).exit_code, 1);
  EXPECT_EQ(error.message,
            "it is a directory of config.json and weights; an Ultralytics checkpoint is one file that carries its "
            "modules: give that file, such as best.pt or last.pt");
}

TEST(UnknownClasses, SayWhyTheyHaveNoTranslation) {
  const Error error = refuse_unknown_classes({{"torch.nn.modules.pooling.FractionalMaxPool2d", "model.3", 1},
                                              {"torch.ao.nn.quantized.modules.conv.Conv2d", "model.4", 2}});
  EXPECT_EQ(
      error.message,
      "Not translated: 2 of its classes are unknown: torch.nn.modules.pooling.FractionalMaxPool2d (model.3; it draws "
      "its windows at random, in evaluation too), torch.ao.nn.quantized.modules.conv.Conv2d (2 times, first model.4; "
      "it is quantised or prepared for that: export the float model that it was made from)");
}

TEST(UnknownClasses, ThatRunTheirChildrenInOrderCanBeSaid) {
  EXPECT_NE(refuse_unknown_classes({{"mine.ConvBN", "model.3.conv", 1, 2}})
                .hint.find(R"({"module_aliases": {"mine.ConvBN": ["0", "1"]}} if it runs its children in order)"),
            std::string::npos);
  const Error layers = refuse_unknown_classes({{"mine.Layers", "model", 1, 6}});
  EXPECT_NE(
      layers.message.find("mine.Layers (model; the layers must lie in a torch.nn.Sequential itself: set __class__"),
      std::string::npos);
  EXPECT_EQ(layers.hint.find("such as"), std::string::npos);
}

TEST(UnknownClasses, AreWhatThePageDoesNotList) {
  std::ifstream file(kRoot + "/docs/known_classes.md");
  std::stringstream page;
  page << file.rdbuf();
  if (const char* write = std::getenv("MODELPORT_WRITE_PAGES"); write && *write)
    std::ofstream(kRoot + "/docs/known_classes.md") << known_classes_page();
  EXPECT_EQ(page.str(), known_classes_page()) << "MODELPORT_WRITE_PAGES=1 writes it";
}

}  // namespace
}  // namespace modelport::ultralytics
