#include "weights/weights.h"

#include <gmock/gmock.h>

#include <limits>

#include "weights/account.h"
#include "weights/state_dict.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class WeightsTest : public testing::Test {
 protected:
  void hold(const std::string& name, Shape shape, float value = 0.5F) {
    const auto count = static_cast<size_t>(*element_count(shape));
    tensors_.push_back(
        {name, Tensor::from_floats(std::move(shape), std::vector<float>(count, value)), "state_dict.module." + name});
  }
  Weights root(std::span<const TensorRule> rules = {}) {
    auto made = StateDict::make(account_, tensors_, rules);
    EXPECT_TRUE(made) << made.error().text();
    dict_ = *std::move(made);
    return dict_->root();
  }
  std::string complaint() const {
    const Status status = account_.require_everything_accounted_for();
    return status ? "" : status.error().message;
  }

  Account account_;
  std::vector<NamedWeight> tensors_;
  std::unique_ptr<StateDict> dict_;
};

TEST_F(WeightsTest, AreReadByNameBelowPlaces) {
  hold("layers.0.weight", {2, 3});
  hold("layers.1.weight", {2, 3});
  hold("scale", {4});
  const Weights w = root();
  EXPECT_TRUE((w / "layers" / 0).recipe("weight", {2, 3}));
  EXPECT_EQ((w / "layers" / 1).path(), "layers.1");
  EXPECT_THAT((w / "layers").children(), ElementsAre("0", "1"));
  EXPECT_TRUE(w.optional_recipe("scale", {4})->has_value());
  EXPECT_FALSE(w.optional_recipe("bias", {4})->has_value());
  EXPECT_THAT(complaint(), HasSubstr("does not read: state_dict.module.layers.1.weight [nearest"));
  EXPECT_TRUE((w / "layers" / 1).tensor("weight"));
  EXPECT_EQ(complaint(), "");
}

TEST_F(WeightsTest, SayWhatIsMissingAndWhatIsNearest) {
  hold("layers.0.wieght", {2, 3});
  const Error error = (root() / "layers" / 0).recipe("weight", {2, 3}).error();
  EXPECT_EQ(error.text(), "there is no tensor layers.0.weight (the nearest is layers.0.wieght)");
  EXPECT_EQ(error_info(error.code).exit_code, 1);
  EXPECT_EQ((root() / "no" / "such").tensor("bias").error().message, "there is no tensor no.such.bias");
}

TEST_F(WeightsTest, AreHeldToTheirShapes) {
  hold("head.weight", {2, 3});
  const Error error = (root() / "head").recipe("weight", {3, 3}).error();
  EXPECT_EQ(error.text(), "head: weight is [2, 3], the architecture says [3, 3]");
  EXPECT_EQ(error.code, ErrorCode::kInconsistentModel);
}

TEST_F(WeightsTest, RulesAndReasonsAccountForTheRest) {
  constexpr TensorRule kRules[] = {{"*.num_batches_tracked", "counts batches in training"}};
  hold("bn.num_batches_tracked", {1});
  hold("extra", {1});
  root(kRules);
  EXPECT_THAT(complaint(), HasSubstr("state_dict.module.extra"));
  EXPECT_THAT(complaint(), testing::Not(HasSubstr("num_batches_tracked")));
  dict_->ignore("extra", "for the test");
  EXPECT_EQ(complaint(), "");
  EXPECT_EQ(account_.entries()[0].reason, "counts batches in training");
  EXPECT_EQ(account_.entries()[1].reason, "for the test");
}

TEST_F(WeightsTest, OfOneNameAreNoStateDict) {
  hold("a.b", {1});
  tensors_.push_back({"a.b", tensors_[0].tensor, "state_dict._orig_mod.a.b"});
  EXPECT_EQ(StateDict::make(account_, tensors_).error().message,
            "state_dict.module.a.b and state_dict._orig_mod.a.b are both a.b");
}

TEST_F(WeightsTest, NamesWithoutEndAreHostile) {
  std::string deep = "a";
  for (int i = 0; i < 100'000; ++i) deep += ".a";
  hold(deep, {1});
  EXPECT_EQ(StateDict::make(account_, tensors_).error().code, ErrorCode::kHostile);
}

TEST_F(WeightsTest, ThatAreReadMustBeFinite) {
  hold("good", {2});
  hold("bad", {2}, std::numeric_limits<float>::quiet_NaN());
  const Weights w = root();
  ASSERT_TRUE(w.tensor("good"));
  EXPECT_TRUE(require_finite_weights(account_)) << "what nobody reads may hold anything";
  ASSERT_TRUE(w.tensor("bad"));
  EXPECT_EQ(require_finite_weights(account_).error().message, "state_dict.module.bad is NaN at element 0 of 2");
}

}  // namespace
}  // namespace modelport
