#include "modules/network_sketch.h"

#include <gmock/gmock.h>

#include "models/ultralytics/names/family.h"
#include "modules/checkpoint_facts.h"

namespace modelport {
namespace {

using Order = NetworkSketch::Order;

class NetworkSketchTest : public testing::Test {
 protected:
  NetworkSketch sketch(const std::string& fixture) {
    auto opened =
        open_checkpoint(std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/" + fixture, ultralytics::families());
    EXPECT_TRUE(opened) << fixture;
    checkpoint_ = *std::move(opened);
    return sketch_network(checkpoint_);
  }
  int64_t parameters(const NetworkSketch& sketch) {
    int64_t sum = 0;
    for (const SketchBlock& block : sketch.blocks) sum += block.parameters;
    return sum;
  }
  Checkpoint checkpoint_;
};

TEST_F(NetworkSketchTest, AccountsForEveryParameter) {
  for (const char* fixture : {"yolo11-sample.pt", "two-level.pt", "resnet-cls.pt", "yolo11-cls.pt", "yolov5-2021.pt",
                              "transformer-mean-tanh.safetensors"}) {
    const NetworkSketch told = sketch(fixture);
    EXPECT_EQ(parameters(told), describe_checkpoint(checkpoint_).parameter_count) << fixture;
  }
}

/// What a block takes was read from its own convolutions, what reaches it from those before: they must be the same.
TEST_F(NetworkSketchTest, WhatABlockTakesIsWhatItsSourcesGive) {
  for (const char* fixture : {"yolo11-sample.pt", "two-level.pt", "yolov5-2021.pt", "yolo11-deep.pt"}) {
    const NetworkSketch told = sketch(fixture);
    ASSERT_EQ(told.order, Order::kConnected) << fixture;
    int compared = 0;
    for (const SketchBlock& block : told.blocks) {
      if (!block.channels_in || block.from.empty()) continue;
      int64_t given = 0;
      for (const size_t source : block.from) given += told.blocks[source].channels_out.value_or(-1000000);
      EXPECT_EQ(*block.channels_in, given) << fixture << " " << block.name;
      ++compared;
    }
    EXPECT_GE(compared, static_cast<int>(told.blocks.size()) - 2) << fixture;
  }
}

TEST_F(NetworkSketchTest, FollowsTheSizeThroughStridesAndUpsampling) {
  const NetworkSketch told = sketch("two-level.pt");
  std::vector<double> reductions;
  for (const SketchBlock& block : told.blocks) reductions.push_back(block.reduction.value_or(0));
  EXPECT_THAT(reductions, testing::ElementsAre(2, 4, 4, 8, 8, 16, 16, 16, 16, 4, 4, 4, 8, 8, 16, 16, 16, 0));
  EXPECT_THAT(told.blocks.back().from, testing::SizeIs(2));
  EXPECT_EQ(told.blocks[0].kernel, (std::array<int64_t, 2>{3, 3}));
}

TEST_F(NetworkSketchTest, LeavesOutWhatDoesNotFollow) {
  const NetworkSketch told = sketch("resnet-cls.pt");
  ASSERT_EQ(told.blocks.size(), 2u);
  EXPECT_EQ(told.blocks[0].class_name, "TorchVision");
  EXPECT_EQ(told.blocks[0].channels_out, std::nullopt);
  EXPECT_EQ(told.blocks[1].reduction, std::nullopt);
}

TEST_F(NetworkSketchTest, GroupsTensorsThatComeWithoutAModel) {
  const NetworkSketch told = sketch("transformer-mean-tanh.safetensors");
  EXPECT_EQ(told.order, Order::kTensors);
  EXPECT_EQ(told.blocks[0].name, "block.0.fc1");
  EXPECT_EQ(told.blocks[0].tensors, 2);
  EXPECT_EQ(told.blocks[0].class_name, "");
}

}  // namespace
}  // namespace modelport
