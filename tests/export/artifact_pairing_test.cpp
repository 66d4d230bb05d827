#include "export/artifact_pairing.h"

#include <gmock/gmock.h>

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::Optional;

const Port kBoxes{"output0", DType::kFloat32, {1, 84, 100}}, kMasks{"output1", DType::kFloat32, {1, 32, 40, 40}};

Port named(Port port, std::string name) {
  port.name = std::move(name);
  return port;
}

TEST(ArtifactPairing, ByNameWhereverTheyStand) {
  EXPECT_THAT(pair_ports(std::vector{kBoxes, kMasks}, std::vector{kMasks, kBoxes}), Optional(ElementsAre(1, 0)));
  const Port twin = named(kBoxes, "other");
  EXPECT_THAT(pair_ports(std::vector{kBoxes, twin}, std::vector{twin, kBoxes}), Optional(ElementsAre(1, 0)));
}

TEST(ArtifactPairing, ByShapeWhereThatIsUnambiguous) {
  EXPECT_THAT(pair_ports(std::vector{kBoxes}, std::vector{named(kBoxes, "x.1")}), Optional(ElementsAre(0)));
  EXPECT_THAT(pair_ports(std::vector{kBoxes, kMasks}, std::vector{named(kMasks, "a"), named(kBoxes, "b")}),
              Optional(ElementsAre(1, 0)));
  // A name on another shape says less than the shapes do.
  EXPECT_THAT(pair_ports(std::vector{kBoxes, kMasks}, std::vector{named(kMasks, "output0"), named(kBoxes, "output1")}),
              Optional(ElementsAre(1, 0)));
  // One of two by its name, which leaves one.
  const Port twin = named(kBoxes, "other");
  EXPECT_THAT(pair_ports(std::vector{kBoxes, twin}, std::vector{named(kBoxes, "y"), kBoxes}),
              Optional(ElementsAre(1, 0)));
}

TEST(ArtifactPairing, FloatsOfEveryWidthAreAlikeIntegersAreNot) {
  EXPECT_THAT(pair_ports(std::vector{kBoxes}, std::vector{Port{"y", DType::kFloat16, kBoxes.shape}}),
              Optional(ElementsAre(0)));
  EXPECT_THAT(pair_ports(std::vector{kBoxes}, std::vector{Port{"y", DType::kInt64, kBoxes.shape}}), Eq(std::nullopt));
}

TEST(ArtifactPairing, NothingWhereItIsAmbiguousOrSomethingIsLeft) {
  const Port twin = named(kBoxes, "other");
  EXPECT_THAT(pair_ports(std::vector{kBoxes, twin}, std::vector{named(kBoxes, "a"), named(kBoxes, "b")}),
              Eq(std::nullopt));
  EXPECT_THAT(pair_ports(std::vector{kBoxes}, std::vector{kBoxes, kMasks}), Eq(std::nullopt));
  EXPECT_THAT(pair_ports(std::vector{kBoxes, kMasks}, std::vector{kBoxes}), Eq(std::nullopt));
  EXPECT_THAT(pair_ports(std::vector{kBoxes}, std::vector{Port{"output0", DType::kFloat32, {1, 6, 100}}}),
              Eq(std::nullopt));
}

TEST(ArtifactPairing, ListsAreSpelled) {
  EXPECT_EQ(ports_text(std::vector{kBoxes, named(kMasks, "")}),
            "output0 float32[1, 84, 100], (no name) float32[1, 32, 40, 40]");
  EXPECT_EQ(ports_text({}), "none");
}

}  // namespace
}  // namespace modelport
