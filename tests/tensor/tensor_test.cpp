#include "tensor/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace modelport {
namespace {

using testing::ElementsAre;

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

/// A float32 storage 0, 1, 2, ... of `count` elements and a view of it.
Result<Tensor> view_of_counting(size_t count, Shape shape, std::vector<int64_t> strides, int64_t offset) {
  auto storage = std::make_shared<std::vector<float>>(count);
  for (size_t i = 0; i < count; ++i) (*storage)[i] = static_cast<float>(i);
  return Tensor::view(DType::kFloat32, std::move(shape), std::move(strides), offset, std::as_bytes(std::span(*storage)),
                      storage);
}

TEST(Shape, CountsElementsUnlessTheyOverflow) {
  EXPECT_EQ(element_count(Shape{}), 1);
  EXPECT_EQ(element_count(Shape{2, 0, 5}), 0);
  EXPECT_EQ(element_count(Shape{1, 3, 640, 640}), 1228800);
  EXPECT_EQ(element_count(Shape{-1, 3}), std::nullopt);
  EXPECT_EQ(element_count(Shape{int64_t{1} << 32, int64_t{1} << 31}), std::nullopt);
  EXPECT_THAT(contiguous_strides(Shape{2, 3, 4}), ElementsAre(12, 4, 1));
  EXPECT_EQ(shape_text(Shape{1, 3, 640}), "[1, 3, 640]");
}

TEST(DType, RowsStandInTheOrderOfTheEnumAndAreFoundByName) {
  for (const DTypeInfo& row : kDTypes) {
    EXPECT_EQ(&dtype_info(row.dtype), &row) << row.name;
    EXPECT_EQ(dtype_from_name(row.name), row.dtype);
    EXPECT_EQ(dtype_bytes(row.dtype) * 8, row.bits);
  }
  EXPECT_EQ(dtype_from_name("float"), std::nullopt);
}

TEST(Tensor, ReadsThroughStrides) {
  const auto transposed = view_of_counting(6, {3, 2}, {1, 3}, 0);
  ASSERT_TRUE(transposed);
  EXPECT_FALSE(transposed->is_contiguous());
  EXPECT_THAT(transposed->to_floats(), ElementsAre(0, 3, 1, 4, 2, 5));
  const auto every_other = view_of_counting(10, {2, 2}, {4, 2}, 1);
  ASSERT_TRUE(every_other);
  EXPECT_THAT(every_other->to_floats(), ElementsAre(1, 3, 5, 7));
  const auto repeated = view_of_counting(2, {2, 3}, {1, 0}, 0);
  ASSERT_TRUE(repeated);
  EXPECT_THAT(repeated->to_floats(), ElementsAre(0, 0, 0, 1, 1, 1));
  const auto scalar = view_of_counting(3, {}, {}, 2);
  ASSERT_TRUE(scalar);
  EXPECT_THAT(scalar->to_floats(), ElementsAre(2));
}

TEST(Tensor, ReadsAnyRangeOfAnyView) {
  const auto tensor = view_of_counting(60, {3, 4, 5}, {1, 15, 3}, 0);
  ASSERT_TRUE(tensor);
  const std::vector<float> all = tensor->to_floats();
  for (int64_t begin = 0; begin < 60; ++begin) {
    for (int64_t count = 0; begin + count <= 60; ++count) {
      std::vector<float> part(static_cast<size_t>(count));
      tensor->read(begin, std::span(part));
      ASSERT_TRUE(std::equal(part.begin(), part.end(), all.begin() + begin)) << begin << ", " << count;
    }
  }
}

TEST(Tensor, OfNoElementsNeedsNoStorage) {
  const auto empty = Tensor::view(DType::kFloat32, {0, 4}, {4, 1}, 0, {}, nullptr);
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->to_floats().empty());
  EXPECT_TRUE(empty->is_contiguous());
}

TEST(Tensor, RefusesViewsThatReachOutside) {
  EXPECT_TRUE(view_of_counting(6, {2, 3}, {3, 1}, 0));
  EXPECT_FALSE(view_of_counting(6, {2, 3}, {3, 1}, 1));
  EXPECT_FALSE(view_of_counting(6, {2, 3}, {4, 1}, 0));
  EXPECT_FALSE(view_of_counting(6, {2, 3}, {3, -1}, 2));
  EXPECT_FALSE(view_of_counting(6, {2, 3}, {3, 1}, -1));
  EXPECT_FALSE(view_of_counting(6, {2, 3}, {1}, 0));
  EXPECT_FALSE(view_of_counting(6, {-2, 3}, {3, 1}, 0));
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  EXPECT_FALSE(view_of_counting(6, {2, 3}, {kHuge, 1}, 0));
  EXPECT_FALSE(view_of_counting(6, {2, 3}, {3, 1}, kHuge));
  EXPECT_FALSE(view_of_counting(6, {kHuge, kHuge}, {0, 0}, 0));
  const auto outside = view_of_counting(6, {2, 3}, {4, 1}, 0);
  EXPECT_EQ(outside.error().code, ErrorCode::kDamaged);
  EXPECT_EQ(outside.error().text(),
            "tensor [2, 3] with strides [4, 1] at offset 0 reaches outside its storage of 6 elements");
}

TEST(Tensor, KeepsItsOwnerAlive) {
  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2});
  const std::weak_ptr<std::vector<float>> watched = owner;
  auto tensor = *Tensor::view(DType::kFloat32, {2}, {1}, 0, std::as_bytes(std::span(*owner)), owner);
  owner.reset();
  EXPECT_FALSE(watched.expired());
  EXPECT_THAT(tensor.to_floats(), ElementsAre(1, 2));
  tensor = Tensor();
  EXPECT_TRUE(watched.expired());
}

/// One row per dtype: the bytes of two elements and their values.
struct Elements {
  DType dtype;
  std::vector<std::byte> bytes;
  double first, second;
};

std::vector<Elements> elements_of_every_dtype() {
  return {
      {DType::kFloat64, bytes_of({0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0}), 1.5, -2},
      {DType::kFloat32, bytes_of({0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0}), 1.5, -2},
      {DType::kFloat16, bytes_of({0, 0x3e, 1, 0x80}), 1.5, -0x1p-24},
      {DType::kBFloat16, bytes_of({0xc0, 0x3f, 0, 0xc0}), 1.5, -2},
      // Micikevicius et al., "FP8 formats for deep learning" (2022), table 1.
      {DType::kFloat8E4M3, bytes_of({0x7e, 0x81}), 448, -0x1p-9},
      {DType::kFloat8E5M2, bytes_of({0x7b, 0x81}), 57344, -0x1p-16},
      {DType::kInt64, bytes_of({1, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), 4294967297.0,
       -1},
      {DType::kInt32, bytes_of({0, 0, 1, 0, 0xfe, 0xff, 0xff, 0xff}), 65536, -2},
      {DType::kInt16, bytes_of({0, 1, 0xff, 0xff}), 256, -1},
      {DType::kInt8, bytes_of({0x7f, 0x80}), 127, -128},
      {DType::kUInt64, bytes_of({2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80}), 2, 0x1p63},
      {DType::kUInt32, bytes_of({1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}), 1, 4294967295.0},
      {DType::kUInt16, bytes_of({1, 0, 0xff, 0xff}), 1, 65535},
      {DType::kUInt8, bytes_of({1, 0xff}), 1, 255},
      {DType::kBool, bytes_of({0, 2}), 0, 1},
  };
}

TEST(Tensor, ConvertsEveryDTypeByValue) {
  const std::vector<Elements> rows = elements_of_every_dtype();
  ASSERT_EQ(rows.size() + 2, std::size(kDTypes)) << "all but the two complex types";
  for (const Elements& row : rows) {
    const Tensor tensor = Tensor::from_bytes(row.dtype, {2}, row.bytes);
    EXPECT_THAT(tensor.to_doubles(), ElementsAre(row.first, row.second)) << dtype_name(row.dtype);
    EXPECT_EQ(tensor.to_floats()[0], static_cast<float>(row.first)) << dtype_name(row.dtype);
    if (!is_float(row.dtype)) {
      EXPECT_EQ(tensor.to_int64s()[0], static_cast<int64_t>(row.first)) << dtype_name(row.dtype);
    }
  }
}

TEST(Tensor, KeepsInfinitiesAndNotANumbers) {
  EXPECT_TRUE(std::isnan(Tensor::from_bytes(DType::kFloat8E4M3, {1}, bytes_of({0x7f})).to_floats()[0]));
  EXPECT_TRUE(std::isnan(Tensor::from_bytes(DType::kFloat8E5M2, {1}, bytes_of({0x7d})).to_floats()[0]));
  EXPECT_EQ(Tensor::from_bytes(DType::kFloat8E5M2, {1}, bytes_of({0xfc})).to_floats()[0], -INFINITY);
  EXPECT_EQ(Tensor::from_bytes(DType::kFloat16, {1}, bytes_of({0, 0x7c})).to_floats()[0], INFINITY);
}

TEST(Tensor, ReadsElementsThatAreNotAligned) {
  auto storage = std::make_shared<std::vector<std::byte>>(9);
  const float values[2] = {1.25f, -7.0f};
  std::memcpy(storage->data() + 1, values, sizeof values);
  const auto tensor =
      Tensor::view(DType::kFloat32, {2}, {1}, 0, std::span<const std::byte>(*storage).subspan(1), storage);
  ASSERT_TRUE(tensor);
  EXPECT_THAT(tensor->to_floats(), ElementsAre(1.25f, -7.0f));
}

TEST(Tensor, PermutesAndReshapesWithoutCopying) {
  const auto tensor = view_of_counting(24, {2, 3, 4}, {12, 4, 1}, 0);
  ASSERT_TRUE(tensor);
  const int64_t order[] = {2, 0, 1};
  const Tensor permuted = tensor->permute(order);
  EXPECT_EQ(permuted.data(), tensor->data());
  EXPECT_THAT(permuted.shape(), ElementsAre(4, 2, 3));
  EXPECT_THAT(permuted.strides(), ElementsAre(1, 12, 4));
  EXPECT_EQ(permuted.to_floats()[1], 4);
  EXPECT_EQ(tensor->reshape({6, 4}).to_floats(), tensor->to_floats());
}

TEST(Tensor, EqualValuesMayHaveOtherStrides) {
  const auto transposed = view_of_counting(6, {3, 2}, {1, 3}, 0);
  ASSERT_TRUE(transposed);
  const Tensor copy = Tensor::from_floats({3, 2}, transposed->to_floats());
  EXPECT_TRUE(same_values(*transposed, copy));
  EXPECT_FALSE(same_values(copy, copy.reshape({2, 3})));
  EXPECT_FALSE(same_values(copy, Tensor::from_floats({3, 2}, {0, 3, 1, 4, 2, 6})));
  EXPECT_FALSE(same_values(Tensor::from_floats({1}, {0.0f}), Tensor::from_floats({1}, {-0.0f}))) << "bytes decide";
}

}  // namespace
}  // namespace modelport
