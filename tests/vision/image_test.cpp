#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "recorded_vision.h"
#include "vision/exif.h"
#include "vision/image_file.h"
#include "vision/preprocess.h"

namespace modelport {
namespace {

/// Largest difference of any byte, -1 where the sizes differ.
int worst_byte(const Image& image, const Tensor& recorded) {
  const std::vector<float> expected = recorded.to_floats();
  if (recorded.shape() != Shape{image.height, image.width, image.channels}) return -1;
  int worst = 0;
  for (size_t i = 0; i < expected.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<int>(expected[i]) - image.pixels[i]));
  return worst;
}

Image photo() {
  auto image = read_image(test_file("fixtures/photo.jpg"), Colors::kRgb);
  EXPECT_TRUE(image) << (image ? "" : image.error().text());
  return image ? *std::move(image) : Image();
}

class RecordedPicture : public testing::TestWithParam<std::string> {};

TEST_P(RecordedPicture, IsDecodedAsOpenCvDoes) {
  const auto colored = read_image(test_file("vision/pictures/") + GetParam(), Colors::kRgb);
  ASSERT_TRUE(colored) << colored.error().text();
  EXPECT_EQ(worst_byte(*colored, recorded_vision("rgb/" + GetParam())), 0);
  const auto gray = read_image(test_file("vision/pictures/") + GetParam(), Colors::kGray);
  ASSERT_TRUE(gray) << gray.error().text();
  // libpng's and OpenCV's own gray of a coloured PNG round differently.
  const int allowed = GetParam().ends_with(".png") ? 1 : 0;
  const int worst = worst_byte(*gray, recorded_vision("gray/" + GetParam()));
  EXPECT_GE(worst, 0);
  EXPECT_LE(worst, allowed);
}

INSTANTIATE_TEST_SUITE_P(Pictures, RecordedPicture, testing::ValuesIn(recorded_vision_names("rgb/")),
                         [](const auto& picture) {
                           std::string name = picture.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

std::pair<int64_t, int64_t> size_from(const std::string& text) {
  return {std::stoll(text), std::stoll(text.substr(text.find('x') + 1))};
}

TEST(Resize, BilinearIsOpenCvs) {
  for (const std::string& name : recorded_vision_names("bilinear/")) {
    if (name == "halved") continue;
    const auto [width, height] = size_from(name);
    EXPECT_EQ(worst_byte(resize(photo(), width, height, Interpolation::kBilinear), recorded_vision("bilinear/" + name)),
              0)
        << name;
  }
  const auto even = read_image(test_file("vision/pictures/even.png"), Colors::kRgb);
  ASSERT_TRUE(even);
  EXPECT_EQ(worst_byte(resize(*even, 20, 15, Interpolation::kBilinear), recorded_vision("bilinear/halved")), 0);
}

TEST(Resize, AntialiasedIsPillows) {
  for (const std::string& name : recorded_vision_names("antialias/")) {
    const auto [width, height] = size_from(name);
    const int worst = worst_byte(resize(photo(), width, height, Interpolation::kBilinearAntialias),
                                 recorded_vision("antialias/" + name));
    // Wider and lower: Pillow 13 goes down first.
    EXPECT_EQ(worst, name == "220x100" ? 1 : 0) << name;
  }
}

InputContract input_of(int64_t height, int64_t width) {
  InputContract input = recorded_contract(PredictionKind::kBoxes, 1).input;
  input.height = height;
  input.width = width;
  return input;
}

std::vector<float> prepared(const InputContract& input) {
  const std::vector<FittedImage> fitted = {fit(photo(), input)};
  return input_tensor(fitted, input).to_floats();
}

TEST(Preprocess, LetterboxIsTheFrameworks) {
  for (const std::string& name : recorded_vision_names("letterbox/")) {
    const auto [height, width] = size_from(name);
    const std::vector<float> expected = recorded_vision("letterbox/" + name).to_floats();
    EXPECT_EQ(largest_difference(prepared(input_of(height, width)), expected), 0.0) << name;
  }
}

TEST(Preprocess, StretchIsTheFrameworks) {
  InputContract input = input_of(32, 48);
  input.mode = FitMode::kStretch;
  EXPECT_EQ(largest_difference(prepared(input), recorded_vision("stretch/32x48").to_floats()), 0.0);
}

TEST(Preprocess, CentreCropIsTheFrameworks) {
  for (const std::string& name : recorded_vision_names("crop/")) {
    InputContract input = input_of(std::stoll(name), std::stoll(name));
    input.mode = FitMode::kShortestEdgeCenterCrop;
    input.interpolation = Interpolation::kBilinearAntialias;
    EXPECT_EQ(largest_difference(prepared(input), recorded_vision("crop/" + name).to_floats()), 0.0) << name;
  }
}

TEST(Preprocess, NormalisesAndOrdersAsTheContractSays) {
  InputContract input = input_of(1, 2);
  input.order = ColorOrder::kBgr;
  input.mean = {0.1, 0.2, 0.3};
  input.std = {0.5, 0.25, 2.0};
  FittedImage fitted{Image(2, 1, 3), {}};
  fitted.image.pixels = {255, 0, 51, 0, 102, 255};
  const std::vector<FittedImage> batch = {fitted};
  const std::vector<float> expected = {0.2F, 1.8F, -0.8F, 0.8F, 0.35F, -0.15F};
  EXPECT_LT(largest_difference(input_tensor(batch, input).to_floats(), expected), 1e-6);

  input.layout = InputLayout::kNhwc;
  input.dtype = DType::kUInt8;
  input.normalization = Normalization::kByArtifact;
  const Tensor raw = input_tensor(batch, input);
  EXPECT_EQ(raw.shape(), (Shape{1, 1, 2, 3}));
  EXPECT_THAT(raw.to_int64s(), testing::ElementsAre(51, 0, 255, 255, 102, 0));
}

TEST(Preprocess, PlacementLeadsBack) {
  const FittedImage fitted = fit(Image(200, 149, 3), input_of(64, 96));
  const Placement& placement = fitted.placement;
  EXPECT_DOUBLE_EQ(placement.left, 5.0);
  EXPECT_DOUBLE_EQ(placement.image_x(placement.left), 0.0);
  EXPECT_DOUBLE_EQ(placement.image_x(placement.left + 100.0 * placement.scale_x), 100.0);
  EXPECT_DOUBLE_EQ(placement.image_y(1000.0), 149.0);
}

TEST(ImageFile, WhatIsWrittenIsReadAgain) {
  const Image image = photo();
  const std::string folder = testing::TempDir();
  for (const char* name : {"again.png", "again.jpg"}) {
    const std::string path = folder + name;
    ASSERT_TRUE(write_image(path, image));
    const auto read = read_image(path, Colors::kRgb);
    ASSERT_TRUE(read) << read.error().text();
    int worst = 0;
    for (size_t i = 0; i < image.pixels.size(); ++i)
      worst = std::max(worst, std::abs(image.pixels[i] - read->pixels[i]));
    EXPECT_LE(worst, std::string(name) == "again.png" ? 0 : 80) << name;
  }
  const Status refused = write_image(folder + "again.bmp", image);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
}

/// The bytes of a file as another file, from the front.
std::string cut_copy(const std::string& from, size_t size) {
  std::ifstream in(from, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const std::string path = testing::TempDir() + "cut" + std::filesystem::path(from).extension().string();
  std::ofstream(path, std::ios::binary) << bytes.substr(0, size);
  return path;
}

TEST(ImageFile, DamagedAndForeignFilesAreErrors) {
  for (const char* name : {"vision/pictures/rgb.png", "vision/pictures/exif6.jpg"}) {
    for (const size_t size : {size_t{0}, size_t{3}, size_t{10}, size_t{60}}) {
      const auto read = read_image(cut_copy(test_file(name), size), Colors::kRgb);
      ASSERT_FALSE(read) << name << " " << size;
      EXPECT_FALSE(read.error().message.empty());
    }
  }
  const auto text = read_image(test_file("vision/CMakeLists.txt"), Colors::kRgb);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kInvalidArgument);
  const auto absent = read_image(test_file("vision/absent.jpg"), Colors::kRgb);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
}

TEST(Exif, DamagedOrientationsCountAsUpright) {
  const auto orientation_of = [](std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return exif_orientation(bytes);
  };
  EXPECT_EQ(orientation_of({'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0}), 6);
  EXPECT_EQ(orientation_of({'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 9, 0, 0}), 1);
  EXPECT_EQ(orientation_of({'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3}), 1);
  EXPECT_EQ(orientation_of({'I', 'I', 42, 0, 255, 255, 255, 255}), 1);
  EXPECT_EQ(orientation_of({}), 1);
}

}  // namespace
}  // namespace modelport
