#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "evaluated.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Dim kB = Dim::symbol("batch");
const Dim kH = Dim::symbol("h");

ValueType type(SymbolicShape shape, DType dtype = DType::kFloat32) { return {dtype, std::move(shape)}; }

TEST(Concat, JoinsAlongItsAxis) {
  const auto out = evaluated(Concat{1}, {counting({2, 1, 2}), counting({2, 2, 2})});
  EXPECT_EQ(out[0].shape, (Shape{2, 3, 2}));
  EXPECT_THAT(out[0].values, ElementsAre(0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 6, 7));
}
TEST(Concat, AddsSymbolicSizes) {
  EXPECT_EQ(inferred_text(Concat{1}, {type({kB, kH}), type({kB, Dim(2) * kH})}), "float32[batch, 3*h]");
  EXPECT_THAT(inferred_text(Concat{1}, {type({kB, kH}), type({kH, kH})}),
              HasSubstr("size of axis 0 of operands 0 and 1 may differ: batch and h"));
  EXPECT_THAT(inferred_text(Concat{1}, {type({2, 3}), type({4, 3})}), HasSubstr("differs: 2 and 4"));
  EXPECT_THAT(inferred_text(Concat{1}, {type({2, 3}), type({2, 3}, DType::kFloat16)}), HasSubstr("float16"));
  EXPECT_THAT(inferred_text(Concat{2}, {type({2, 3})}), HasSubstr("axis 2 is outside"));
  EXPECT_THAT(inferred_text(Concat{0}, {type({2, 3}), type({2})}), HasSubstr("expected rank 2"));
}

TEST(Split, IsTheInverseOfConcat) {
  const Operand whole = noise({3, 7, 2}, 1);
  const auto parts = evaluated(Split{1, {2, 1, 4}}, {whole});
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[1].shape, (Shape{3, 1, 2}));
  EXPECT_EQ(evaluated(Concat{1}, parts)[0], whole);
}
TEST(Split, RequiresTheSumToFit) {
  EXPECT_EQ(inferred_text(Split{0, {kH, kH}}, {type({Dim(2) * kH})}), "float32[h], float32[h]");
  EXPECT_THAT(inferred_text(Split{0, {2, 3}}, {type({6})}), HasSubstr("6 and 5"));
  EXPECT_THAT(inferred_text(Split{0, {-1, 7}}, {type({6})}), HasSubstr("size of a part"));
}

TEST(Slice, TakesAHalfOpenRange) {
  const auto out = evaluated(Slice{1, 1, 3}, {counting({2, 4})});
  EXPECT_THAT(out[0].values, ElementsAre(1, 2, 5, 6));
  EXPECT_EQ(evaluated(Slice{0, 2, 2}, {counting({3, 4})})[0].shape, (Shape{0, 4}));
}
TEST(Slice, MustProvablyLieInside) {
  EXPECT_EQ(inferred_text(Slice{0, 1, kH}, {type({Dim(2) * kH})}), "float32[h - 1]");
  EXPECT_THAT(inferred_text(Slice{0, 0, kH + Dim(1)}, {type({kH})}), HasSubstr("end and size of the axis"));
  EXPECT_THAT(inferred_text(Slice{0, 3, 2}, {type({4})}), HasSubstr("begin and end"));
  EXPECT_THAT(inferred_text(Slice{0, -1, 2}, {type({4})}), HasSubstr("begin"));
  EXPECT_THAT(inferred_text(Slice{0, 0, kB}, {type({kH})}), HasSubstr("batch must be at most h"));
}

TEST(Permute, MovesAxes) {
  const auto out = evaluated(Permute{{2, 0, 1}}, {counting({2, 3, 4})});
  EXPECT_EQ(out[0].shape, (Shape{4, 2, 3}));
  EXPECT_EQ(out[0].values[1 * 6 + 1 * 3 + 2], 1 * 12 + 2 * 4 + 1);
  EXPECT_THAT(inferred_text(Permute{{0, 0}}, {type({2, 3})}), HasSubstr("[0, 0] is not a permutation of 2 axes"));
  EXPECT_THAT(inferred_text(Permute{{0}}, {type({2, 3})}), HasSubstr("not a permutation"));
}
TEST(Permute, AgreesWithIndexingForEveryRank) {
  for (size_t rank = 1; rank <= 5; ++rank) {
    std::vector<int64_t> permutation(rank);
    Shape shape(rank);
    for (size_t i = 0; i < rank; ++i) {
      permutation[i] = static_cast<int64_t>(i);
      shape[i] = i == 1 ? 1 : static_cast<int64_t>(2 + i);
    }
    const Operand x = noise(shape, static_cast<unsigned>(rank));
    const auto strides = contiguous_strides(shape);
    do {
      const auto out = evaluated(Permute{permutation}, {x}, EvaluationPrecision::kFloat64)[0];
      const auto out_strides = contiguous_strides(out.shape);
      for (int64_t i = 0; i < static_cast<int64_t>(out.values.size()); ++i) {
        int64_t from = 0;
        for (size_t axis = 0; axis < rank; ++axis) {
          from += i / out_strides[axis] % out.shape[axis] * strides[static_cast<size_t>(permutation[axis])];
        }
        ASSERT_EQ(out.values[static_cast<size_t>(i)], x.values[static_cast<size_t>(from)]);
      }
    } while (std::next_permutation(permutation.begin(), permutation.end()));
  }
}

TEST(SplitAxis, AndMergeAxesAreInverse) {
  EXPECT_EQ(inferred_text(SplitAxis{1, {4, 16}}, {type({kB, 64, kH})}), "float32[batch, 4, 16, h]");
  EXPECT_EQ(inferred_text(MergeAxes{1, 2}, {type({kB, 4, 16, kH})}), "float32[batch, 64, h]");
  EXPECT_EQ(inferred_text(MergeAxes{2, 2}, {type({kB, 4, kH, kH})}), "float32[batch, 4, h*h]");
  EXPECT_THAT(inferred_text(SplitAxis{0, {4, 5}}, {type({21})}), HasSubstr("21 and 20"));
  EXPECT_THAT(inferred_text(MergeAxes{1, 2}, {type({2, 3})}), HasSubstr("axis 2"));
  EXPECT_THAT(inferred_text(MergeAxes{0, 0}, {type({2, 3})}), HasSubstr("cannot become one"));
  EXPECT_THAT(inferred_text(MergeAxes{1, std::numeric_limits<int64_t>::max()}, {type({2, 3})}),
              HasSubstr("cannot become one"));
  const Operand x = noise({2, 12, 3}, 5);
  EXPECT_EQ(evaluated(MergeAxes{1, 2}, evaluated(SplitAxis{1, {3, 4}}, {x}))[0], x);
}

TEST(Reshape, KeepsTheElementCount) {
  EXPECT_EQ(inferred_text(Reshape{{kB, kH * Dim(4)}}, {type({kB, 4, kH})}), "float32[batch, 4*h]");
  EXPECT_THAT(inferred_text(Reshape{{kB, kH}}, {type({kB, 4, kH})}), HasSubstr("element count before and after"));
  EXPECT_EQ(evaluated(Reshape{{3, 2}}, {counting({2, 3})})[0].values, counting({6}).values);
}

TEST(Expand, RepeatsSizesOfOne) {
  const auto out = evaluated(Expand{{2, 2, 3}}, {counting({2, 1})});
  EXPECT_THAT(out[0].values, ElementsAre(0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1));
  EXPECT_THAT(inferred_text(Expand{{kB, 4}}, {type({3})}), HasSubstr("3 and 4"));
  EXPECT_THAT(inferred_text(Expand{{4}}, {type({1, 4})}), HasSubstr("cannot be broadcast"));
}

TEST(Range, CountsInItsDtype) {
  EXPECT_THAT(evaluated(Range{4, DType::kInt64}, {})[0].values, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(evaluated(Range{3, DType::kFloat16}, {}, EvaluationPrecision::kFloat64)[0].values, ElementsAre(0, 1, 2));
  EXPECT_EQ(inferred_text(Range{Dim(2) * kH, DType::kInt64}, {}), "int64[2*h]");
  EXPECT_THAT(inferred_text(Range{-1, DType::kInt64}, {}), HasSubstr("size"));
}

TEST(Gather, PicksAlongItsAxis) {
  const Operand indices{{2, 2}, {2, 0, 1, 2}, DType::kInt64};
  const auto out = evaluated(Gather{1}, {counting({2, 3, 2}), indices});
  EXPECT_EQ(out[0].shape, (Shape{2, 2, 2, 2}));
  EXPECT_THAT(out[0].values, ElementsAre(4, 5, 0, 1, 2, 3, 4, 5, 10, 11, 6, 7, 8, 9, 10, 11));
  EXPECT_THAT(inferred_text(Gather{0}, {type({3}), type({2})}), HasSubstr("dtype of the indices"));
}
TEST(Gather, ShowsAnIndexOutsideAsNan) {
  const Operand indices{{2}, {3, -1}, DType::kInt64};
  const auto out = evaluated(Gather{0}, {counting({3}), indices});
  for (const double value : out[0].values) EXPECT_TRUE(std::isnan(value));
}

TEST(Pad, FillsByItsMode) {
  const Operand x = counting({1, 1, 2, 3});
  EXPECT_THAT(evaluated(Pad{{1, 0, 0, 1}, PadMode::kConstant, 9}, {x})[0].values,
              ElementsAre(9, 9, 9, 9, 0, 1, 2, 9, 3, 4, 5, 9));
  EXPECT_THAT(evaluated(Pad{{0, 2, 0, 1}, PadMode::kReflect, 0}, {x})[0].values,
              ElementsAre(2, 1, 0, 1, 2, 1, 5, 4, 3, 4, 5, 4));
  EXPECT_THAT(evaluated(Pad{{0, 1, 1, 0}, PadMode::kEdge, 0}, {x})[0].values,
              ElementsAre(0, 0, 1, 2, 3, 3, 4, 5, 3, 3, 4, 5));
}
TEST(Pad, RefusesWhatCannotBeReflected) {
  EXPECT_EQ(inferred_text(Pad{{1, 1, 1, 1}, PadMode::kReflect, 0}, {type({kB, 3, Dim(2) * kH, 5})}),
            "float32[batch, 3, 2*h + 2, 7]");
  EXPECT_THAT(inferred_text(Pad{{3, 0, 0, 0}, PadMode::kReflect, 0}, {type({1, 1, 3, 3})}), HasSubstr("height"));
  EXPECT_THAT(inferred_text(Pad{{0, -1, 0, 0}, PadMode::kConstant, 0}, {type({1, 1, 3, 3})}), HasSubstr("negative"));
}

TEST(TopK, BreaksTiesByIndex) {
  const auto out = evaluated(TopK{1, 3}, {Operand{{2, 4}, {1, 5, 5, 0, 2, 2, 2, 9}}});
  EXPECT_THAT(out[0].values, ElementsAre(5, 5, 1, 9, 2, 2));
  EXPECT_THAT(out[1].values, ElementsAre(1, 2, 0, 3, 0, 1));
  EXPECT_EQ(out[1].dtype, DType::kInt64);
}
TEST(TopK, WorksAlongAnyAxisAndPutsNanFirst) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto out = evaluated(TopK{0, 2}, {Operand{{3, 2}, {1, 7, nan, 8, 3, 6}}});
  EXPECT_TRUE(std::isnan(out[0].values[0]));
  EXPECT_THAT(out[1].values, ElementsAre(1, 1, 2, 0));
  EXPECT_THAT(inferred_text(TopK{0, kH}, {type({Dim(3)})}), HasSubstr("k and size of the axis"));
  EXPECT_EQ(inferred_text(TopK{0, min(Dim(300), kH)}, {type({kH})}), "float32[min(300, h)], int64[min(300, h)]");
}

TEST(Cast, TruncatesTowardsZero) {
  const Operand x{{4}, {-1.75, 1.75, 0.0, 1e30}};
  EXPECT_THAT(evaluated(Cast{DType::kInt64}, {x})[0].values, ElementsAre(-1, 1, 0, 0x1p63));
  EXPECT_THAT(evaluated(Cast{DType::kBool}, {x})[0].values, ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(evaluated(Cast{DType::kFloat32}, {Operand{{2}, {-3, 4}, DType::kInt64}})[0].values, ElementsAre(-3, 4));
  EXPECT_EQ(inferred_text(Cast{DType::kFloat16}, {type({kH})}), "float16[h]");
}

}  // namespace
}  // namespace modelport
