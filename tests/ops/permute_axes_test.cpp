#include <algorithm>
#include <set>

#include "evaluated.h"

namespace modelport {
namespace {

struct Case {
  Op op;
  std::vector<Operand> inputs;
};

const Shape kShape = {2, 3, 4, 5};

Operand bits(unsigned seed) {
  Operand out = noise(kShape, seed);
  for (double& value : out.values) value = value > 0 ? 1 : 0;
  out.dtype = DType::kBool;
  return out;
}

Operand indices(Shape shape, int64_t below) {
  Operand out = counting(std::move(shape), DType::kInt64);
  for (double& value : out.values) value = static_cast<double>(static_cast<int64_t>(value) * 7 % below);
  return out;
}

std::vector<Case> cases() {
  const Operand x = noise(kShape, 1), y = noise(kShape, 2), positive = noise(kShape, 3, 0.1, 3.0);
  std::vector<Case> all = {
      {Concat{1}, {x, noise({2, 2, 4, 5}, 4)}},
      {Split{2, {1, 3}}, {x}},
      {Slice{3, 1, 4}, {x}},
      {Permute{{0, 2, 3, 1}}, {x}},
      {Permute{{3, 1, 0, 2}}, {x}},
      {Cast{DType::kInt64}, {x}},
      {TopK{1, 2}, {x}},
      {Softmax{2}, {x}},
      {ReduceMean{{1, 3}}, {x}},
      {Add{}, {x, y}},
      {Sub{}, {x, y}},
      {Mul{}, {x, noise({2, 1, 4, 1}, 5)}},
      {Div{}, {x, positive}},
      {Pow{}, {positive, y}},
      {ReduceMax{{0, 2}}, {x}},
      {ReduceSum{{1, 2}}, {x}},
      {Less{}, {x, noise({2, 1, 4, 1}, 5)}},
      {LogicalAnd{}, {bits(6), bits(7)}},
      {Where{}, {bits(6), x, noise({1, 3, 1, 5}, 8)}},
      {GatherElements{2}, {x, indices({2, 3, 7, 5}, 4)}},
  };
  for (const Op& op :
       std::initializer_list<Op>{Relu{}, LeakyRelu{}, Elu{}, Clip{-1, 1}, Sigmoid{}, Silu{}, HardSigmoid{}, HardSwish{},
                                 Tanh{}, Exp{}, Sin{}, Cos{}, Erf{}, Softplus{}, Mish{}, Gelu{}}) {
    all.push_back({op, {x}});
  }
  all.push_back({Sqrt{}, {positive}});
  all.push_back({Log{}, {positive}});
  return all;
}

TEST(PermuteAxes, TheMovedOperatorOnMovedOperandsGivesTheMovedResult) {
  for (const Case& c : cases()) {
    std::vector<int64_t> permutation = {0, 1, 2, 3};
    do {
      const auto moved_op = op_info(c.op).permute_axes(c.op, permutation);
      ASSERT_TRUE(moved_op) << op_name(c.op);
      std::vector<Operand> moved_inputs;
      for (const Operand& input : c.inputs) moved_inputs.push_back(evaluated(Permute{permutation}, {input})[0]);
      const auto actual = evaluated(*moved_op, moved_inputs);
      const auto expected = evaluated(c.op, c.inputs);
      ASSERT_EQ(actual.size(), expected.size());
      for (size_t i = 0; i < actual.size(); ++i) {
        const Operand wanted = evaluated(Permute{permutation}, {expected[i]})[0];
        ASSERT_EQ(actual[i].shape, wanted.shape) << op_name(c.op);
        for (size_t k = 0; k < wanted.values.size(); ++k) {
          ASSERT_NEAR(actual[i].values[k], wanted.values[k], 1e-6 * (1 + std::abs(wanted.values[k]))) << op_name(c.op);
        }
      }
    } while (std::next_permutation(permutation.begin(), permutation.end()));
  }
}

TEST(PermuteAxes, EveryOperatorThatOffersItHasACase) {
  std::set<size_t> tested;
  for (const Case& c : cases()) tested.insert(c.op.index());
  for (size_t index = 0; index < kOpCount; ++index) {
    EXPECT_EQ(op_info(index).permute_axes != nullptr, tested.contains(index)) << op_name(index);
  }
}

}  // namespace
}  // namespace modelport
