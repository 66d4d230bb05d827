#include "graph/weight_recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "base/half.h"

namespace modelport {
namespace {

using testing::ElementsAre;

/// What a recipe means, computed the slow way.
struct Naive {
  Shape shape;
  std::vector<double> values;

  double at(const Shape& index) const {
    const auto strides = contiguous_strides(shape);
    int64_t offset = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis) offset += index[axis] * strides[axis];
    return values[static_cast<size_t>(offset)];
  }
};

template <class F>
Naive by_index(const Shape& shape, F value_at) {
  Naive out{shape, {}};
  Shape index(shape.size());
  for (int64_t i = 0; i < *element_count(shape); ++i) {
    int64_t rest = i;
    for (size_t axis = shape.size(); axis-- > 0; rest /= shape[axis]) index[axis] = rest % shape[axis];
    out.values.push_back(value_at(index));
  }
  return out;
}

struct Pair {
  WeightRecipe recipe;
  Naive naive;
};

double small_integer(std::mt19937& random) { return static_cast<double>(random() % 201) - 100.0; }

Pair random_source(std::mt19937& random, const Shape& shape) {
  Naive naive = by_index(shape, [&](const Shape&) { return small_integer(random); });
  if (random() % 2 == 0) return {WeightRecipe::source(Tensor::from_doubles(shape, naive.values), "source"), naive};
  std::vector<std::byte> halves(naive.values.size() * 2);
  for (size_t i = 0; i < naive.values.size(); ++i) {
    const uint16_t bits = half_from_float(static_cast<float>(naive.values[i]));
    std::memcpy(halves.data() + 2 * i, &bits, 2);
  }
  return {WeightRecipe::source(Tensor::from_bytes(DType::kFloat16, shape, halves), "source").convert(DType::kFloat64),
          naive};
}

Pair random_step(std::mt19937& random, Pair from) {
  const Shape& shape = from.naive.shape;
  const size_t axis = random() % shape.size();
  const auto signed_axis = static_cast<int64_t>(axis);
  switch (random() % 7) {
    case 0: {
      std::vector<double> factors(static_cast<size_t>(shape[axis]));
      for (double& factor : factors) factor = small_integer(random) / 8;
      Naive naive = by_index(shape, [&](const Shape& i) { return from.naive.at(i) * factors[size_t(i[axis])]; });
      return {from.recipe.scale_axis(signed_axis, factors), naive};
    }
    case 1: {
      std::vector<int64_t> permutation(shape.size());
      for (size_t i = 0; i < permutation.size(); ++i) permutation[i] = static_cast<int64_t>(i);
      std::shuffle(permutation.begin(), permutation.end(), random);
      Shape permuted;
      for (const int64_t i : permutation) permuted.push_back(shape[size_t(i)]);
      Naive naive = by_index(permuted, [&](const Shape& i) {
        Shape inner(i.size());
        for (size_t k = 0; k < i.size(); ++k) inner[size_t(permutation[k])] = i[k];
        return from.naive.at(inner);
      });
      return {from.recipe.permute(permutation), naive};
    }
    case 2: {
      const int64_t begin = random() % shape[axis];
      const int64_t end = begin + 1 + random() % (shape[axis] - begin);
      Shape sliced = shape;
      sliced[axis] = end - begin;
      Naive naive = by_index(sliced, [&](Shape i) {
        i[axis] += begin;
        return from.naive.at(i);
      });
      return {from.recipe.slice(signed_axis, begin, end), naive};
    }
    case 3: {
      std::vector<int64_t> before(shape.size()), after(shape.size());
      Shape padded = shape;
      for (size_t i = 0; i < shape.size(); ++i) {
        padded[i] += (before[i] = random() % 3) + (after[i] = random() % 2);
      }
      Naive naive = by_index(padded, [&](Shape i) {
        for (size_t k = 0; k < i.size(); ++k) {
          i[k] -= before[k];
          if (i[k] < 0 || i[k] >= shape[k]) return 0.0;
        }
        return from.naive.at(i);
      });
      return {from.recipe.pad(before, after), naive};
    }
    case 4: {
      const Pair other = random_source(random, shape);
      Naive naive = by_index(shape, [&](const Shape& i) { return from.naive.at(i) + other.naive.at(i); });
      return {WeightRecipe::add(from.recipe, other.recipe), naive};
    }
    case 5: {
      Shape beside = shape;
      beside[axis] = 1 + random() % 3;
      const Pair other = random_source(random, beside);
      Shape joined = shape;
      joined[axis] += beside[axis];
      Naive naive = by_index(joined, [&](Shape i) {
        if (i[axis] < shape[axis]) return from.naive.at(i);
        i[axis] -= shape[axis];
        return other.naive.at(i);
      });
      return {WeightRecipe::concat({from.recipe, other.recipe}, signed_axis), naive};
    }
    default: {
      if (shape.size() < 2) return from;
      Shape merged(shape.begin() + 1, shape.end());
      merged[0] *= shape[0];
      return {from.recipe.reshape(merged), {merged, from.naive.values}};
    }
  }
}

TEST(WeightRecipe, EveryChainOfStepsEqualsTheNaiveOne) {
  std::mt19937 random(11);
  for (int round = 0; round < 400; ++round) {
    Shape shape(1 + random() % 4);
    for (int64_t& size : shape) size = 1 + random() % (shape.size() < 3 ? 70 : 9);
    Pair pair = random_source(random, shape);
    for (int step = 0; step < 4 && pair.naive.values.size() < 20000; ++step) pair = random_step(random, pair);
    ASSERT_EQ(pair.recipe.shape(), pair.naive.shape) << pair.recipe.text();
    ASSERT_EQ(pair.recipe.to_doubles(), pair.naive.values) << pair.recipe.text();
    // The same in odd chunks, and as floats.
    std::vector<double> chunked(pair.naive.values.size());
    for (size_t begin = 0; begin < chunked.size();) {
      const size_t count = std::min<size_t>(1 + random() % 777, chunked.size() - begin);
      pair.recipe.read(static_cast<int64_t>(begin), std::span(chunked).subspan(begin, count));
      begin += count;
    }
    ASSERT_EQ(chunked, pair.naive.values) << pair.recipe.text();
    const std::vector<float> floats = pair.recipe.to_floats();
    for (size_t i = 0; i < floats.size(); ++i) {
      ASSERT_NEAR(floats[i], pair.naive.values[i], 1e-5 * std::abs(pair.naive.values[i]) + 1e-3) << pair.recipe.text();
    }
  }
}

WeightRecipe floats(std::vector<float> values) {
  const auto count = static_cast<int64_t>(values.size());
  return WeightRecipe::source(Tensor::from_floats({count}, std::move(values)), "w");
}

TEST(WeightRecipe, RoundsToItsDtypeWhenReadAsFloatsButNotAsDoubles) {
  const WeightRecipe half = floats({1.0f, 0.1f, 65504.0f, 1e-8f}).convert(DType::kFloat16);
  EXPECT_THAT(half.to_floats(), ElementsAre(1.0f, float_from_half(0x2e66), 65504.0f, 0.0f));
  EXPECT_THAT(half.to_doubles(), ElementsAre(1.0, double{0.1f}, 65504.0, double{1e-8f}));
  const WeightRecipe brain = floats({0.1f}).convert(DType::kBFloat16);
  EXPECT_THAT(brain.to_floats(), ElementsAre(float_from_bfloat16(bfloat16_from_float(0.1f))));
  EXPECT_EQ(half.convert(DType::kFloat32).to_floats(), half.to_floats()) << "the inner rounding stays";
}

TEST(WeightRecipe, ScalingAHalfRoundsTheProduct) {
  const WeightRecipe half = floats({0.1f, 3.0f}).convert(DType::kFloat16).scale_axis(0, {0.3, 1.0});
  EXPECT_EQ(half.dtype(), DType::kFloat16);
  EXPECT_THAT(half.to_floats(), ElementsAre(float_from_half(half_from_float(float_from_half(0x2e66) * 0.3f)), 3.0f));
}

template <class T>
std::vector<T> as(const WeightRecipe& recipe) {
  std::vector<T> out(static_cast<size_t>(recipe.element_count()));
  recipe.read_bytes(0, std::as_writable_bytes(std::span(out)));
  return out;
}

TEST(WeightRecipe, WritesTheBytesOfEveryDtype) {
  const WeightRecipe values = floats({-2.75f, 0.0f, 300.5f});
  EXPECT_THAT(as<double>(values.convert(DType::kFloat64)), ElementsAre(-2.75, 0.0, 300.5));
  EXPECT_THAT(as<float>(values), ElementsAre(-2.75f, 0.0f, 300.5f));
  EXPECT_THAT(as<uint16_t>(values.convert(DType::kFloat16)), ElementsAre(0xc180, 0x0000, 0x5cb2));
  EXPECT_THAT(as<uint16_t>(values.convert(DType::kBFloat16)), ElementsAre(0xc030, 0x0000, 0x4396));
  EXPECT_THAT(as<int64_t>(values.convert(DType::kInt64)), ElementsAre(-2, 0, 300));
  EXPECT_THAT(as<int32_t>(values.convert(DType::kInt32)), ElementsAre(-2, 0, 300));
  EXPECT_THAT(as<int16_t>(values.convert(DType::kInt16)), ElementsAre(-2, 0, 300));
  EXPECT_THAT(as<int8_t>(values.convert(DType::kInt8)), ElementsAre(-2, 0, 44));
  EXPECT_THAT(as<uint8_t>(values.convert(DType::kBool)), ElementsAre(1, 0, 1));
}

TEST(WeightRecipe, WritesBytesFromTheMiddle) {
  std::vector<float> many(10000);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<float>(i) * 0.25f;
  const WeightRecipe half = floats(many).convert(DType::kFloat16);
  std::vector<uint16_t> out(5001);
  half.read_bytes(4999, std::as_writable_bytes(std::span(out)));
  for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], half_from_float(many[4999 + i])) << i;
}

TEST(WeightRecipe, KeepsIntegersExact) {
  const int64_t large = (int64_t{1} << 60) + 1;
  const auto recipe = WeightRecipe::source(Tensor::from_int64s({2}, {large, -large}), "index");
  EXPECT_THAT(recipe.to_int64s(), ElementsAre(large, -large));
  EXPECT_THAT(as<int64_t>(recipe.slice(0, 1, 2)), ElementsAre(-large));
}

TEST(WeightRecipe, SaysWhereItsElementsComeFrom) {
  const auto weight = WeightRecipe::source(Tensor::from_bytes(DType::kFloat16, {2, 1, 1, 1}, std::vector<std::byte>(4)),
                                           "model.0.conv.weight");
  EXPECT_EQ(weight.convert(DType::kFloat32).scale_axis(0, {1, 2}).text(),
            "model.0.conv.weight:float16 |> float32 |> scale_axis(0)");
  EXPECT_EQ(weight.permute({1, 2, 3, 0}).text(), "model.0.conv.weight:float16 |> permute(1, 2, 3, 0)");
  EXPECT_EQ(WeightRecipe::concat({weight, weight}, 1).slice(1, 0, 1).text(),
            "concat(model.0.conv.weight:float16, model.0.conv.weight:float16; 1) |> slice(1, 0, 1)");
}

TEST(WeightRecipe, IsTheSameObjectOnlyAsItsCopies) {
  const WeightRecipe a = floats({1}), b = floats({1}), copy = a;
  EXPECT_TRUE(a.same_object(copy));
  EXPECT_FALSE(a.same_object(b));
  EXPECT_TRUE(a.same_object(a.convert(DType::kFloat32))) << "nothing to convert";
}

}  // namespace
}  // namespace modelport
