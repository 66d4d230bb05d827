#include "modules/module_ledger.h"

#include <gmock/gmock.h>

#include <functional>

#include "checkpoint/checkpoint.h"
#include "models/ultralytics/names/family.h"
#include "modules/module_view.h"

namespace modelport {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Builds inert modules in memory.
class ModuleMaker {
 public:
  PickleObject* module(std::string_view module_name, std::string_view name) {
    PickleObject* object = arena_.new_object();
    object->type = arena_.global(module_name, name);
    PickleDict* state = arena_.new_dict();
    object->state = PickleValue::dict(state);
    set(object, "training", PickleValue::boolean(true));
    for (const std::string_view slot : {"_parameters", "_buffers", "_modules", "_forward_hooks", "_backward_hooks"}) {
      set(object, slot, PickleValue::dict(arena_.new_dict()));
    }
    return object;
  }
  void set(PickleObject* object, std::string_view name, PickleValue value) {
    object->state.mutable_dict()->set(text(name), value);
  }
  void set_in(PickleObject* object, std::string_view slot, std::string_view name, PickleValue value) {
    object->attribute(slot)->mutable_dict()->set(text(name), value);
  }
  void add_child(PickleObject* parent, std::string_view name, PickleObject* child) {
    set_in(parent, "_modules", name, PickleValue::object(child));
  }
  PickleValue tensor(std::vector<float> values) {
    const auto size = static_cast<int64_t>(values.size());
    return PickleValue::tensor(
        arena_.new_tensor({Tensor::from_floats({size}, std::move(values)), PickleTensor::Role::kParameter}));
  }
  PickleValue tuple(std::vector<PickleValue> items, PickleKind kind = PickleKind::kTuple) {
    PickleSequence* sequence = arena_.new_sequence();
    sequence->items = std::move(items);
    return PickleValue::sequence(kind, sequence);
  }
  PickleValue text(std::string_view value) {
    return PickleValue::text(PickleKind::kString, arena_.new_text(std::string(value)));
  }

 private:
  PickleArena arena_;
};

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() {
    root_ = maker_.module("ultralytics.nn.tasks", "DetectionModel");
    conv_ = maker_.module("torch.nn.modules.conv", "Conv2d");
    maker_.add_child(root_, "conv", conv_);
    maker_.set(conv_, "stride", maker_.tuple({PickleValue::integer(2), PickleValue::integer(1)}));
    maker_.set(conv_, "padding_mode", maker_.text("zeros"));
    maker_.set(conv_, "groups", PickleValue::integer(4));
    maker_.set_in(conv_, "_parameters", "weight", maker_.tensor({1, 2, 3}));
    maker_.set_in(conv_, "_parameters", "bias", PickleValue());
  }
  static void read_conv(Ledger& ledger) {
    const auto conv = ledger.root().child("conv");
    ASSERT_TRUE(conv);
    EXPECT_TRUE(conv->int_pair_attribute("stride"));
    EXPECT_TRUE(conv->string_attribute("padding_mode"));
    EXPECT_TRUE(conv->int_attribute("groups"));
    EXPECT_TRUE(conv->tensor("weight"));
  }
  static std::string complaint(const Ledger& ledger) {
    const Status status = ledger.account().require_everything_accounted_for();
    return status ? "" : status.error().message;
  }

  ModuleMaker maker_;
  PickleObject* root_;
  PickleObject* conv_;
};

TEST_F(LedgerTest, IsSatisfiedWhenEverythingWasRead) {
  Account account;
  Ledger ledger(account, *root_, {});
  read_conv(ledger);
  EXPECT_EQ(complaint(ledger), "");
  EXPECT_TRUE(ledger.unaccounted().empty());
}

TEST_F(LedgerTest, NamesWhatNobodyReadAndTheNearestNameThatWas) {
  maker_.set(conv_, "group", PickleValue::integer(4));
  Account account;
  Ledger ledger(account, *root_, {});
  read_conv(ledger);
  EXPECT_THAT(complaint(ledger), HasSubstr("conv.group (torch.nn.modules.conv.Conv2d) [nearest that is read: groups]"));
}

TEST_F(LedgerTest, NamesAtMostTen) {
  for (int i = 0; i < 15; ++i) maker_.set(conv_, "extra" + std::to_string(i), PickleValue());
  Account account;
  Ledger ledger(account, *root_, {});
  read_conv(ledger);
  EXPECT_THAT(complaint(ledger), HasSubstr("and 5 more"));
}

TEST_F(LedgerTest, CountsTensorsAndWholeModulesThatNobodyVisits) {
  Account account;
  Ledger ledger(account, *root_, {});
  EXPECT_THAT(complaint(ledger), HasSubstr("conv.weight"));
  EXPECT_THAT(complaint(ledger), HasSubstr("conv.stride"));
}

TEST_F(LedgerTest, AsksForAttributesWithoutReadingThem) {
  Account account;
  Ledger ledger(account, *root_, {});
  EXPECT_TRUE(ledger.root().child("conv")->has_attribute("groups"));
  EXPECT_THAT(complaint(ledger), HasSubstr("conv.groups"));
}

TEST_F(LedgerTest, AppliesRulesWithTheirReason) {
  const IgnoreRule rules[] = {{"torch.nn.modules.conv.Conv2d", "group*", "for the test"},
                              {"torch.*", "stride", "also"},
                              {"*", "padding_mode", "also"},
                              {"torch.nn.modules.conv.Conv2d", "weight", "also"}};
  Account account;
  const Ledger ledger(account, *root_, rules);
  EXPECT_EQ(complaint(ledger), "");
  for (const LedgerEntry& entry : ledger.entries()) {
    if (entry.name != "groups") continue;
    EXPECT_EQ(entry.state, NameState::kIgnored);
    EXPECT_EQ(entry.reason, "for the test");
    EXPECT_EQ(entry.path, "conv.groups");
  }
}

TEST_F(LedgerTest, ARuleForAChildCoversAllBelowIt) {
  PickleObject* loss = maker_.module("torch.nn.modules.loss", "BCELoss");
  maker_.set(loss, "reduction", maker_.text("mean"));
  maker_.add_child(root_, "loss", loss);
  const IgnoreRule rules[] = {{"ultralytics.nn.tasks.*Model", "loss", "training only"}};
  Account account;
  Ledger ledger(account, *root_, rules);
  read_conv(ledger);
  EXPECT_EQ(complaint(ledger), "");
  maker_.add_child(conv_, "loss", loss);
  EXPECT_THAT(complaint(ledger), HasSubstr("conv.loss.reduction")) << "it also hangs where no rule covers it";
}

TEST_F(LedgerTest, WhatModulesOfOneClassShareIsAccountedForOnce) {
  PickleObject* copy = maker_.module("torch.nn.modules.conv", "Conv2d");
  copy->state = conv_->state;
  maker_.add_child(root_, "copy", copy);
  Account account;
  Ledger ledger(account, *root_, {});
  EXPECT_NE(complaint(ledger), "");
  read_conv(ledger);
  EXPECT_EQ(complaint(ledger), "");
}

TEST_F(LedgerTest, WhatModulesOfOtherClassesShareIsAccountedForAtEach) {
  PickleObject* other = maker_.module("mine", "Scaled");
  other->state = conv_->state;
  maker_.add_child(root_, "other", other);
  Account account;
  Ledger ledger(account, *root_, {});
  read_conv(ledger);
  EXPECT_THAT(complaint(ledger), HasSubstr("other.weight (mine.Scaled)"));
}

TEST_F(LedgerTest, ATensorThatIsNoneIsMissingAndWhatIsNoTensorIsNot) {
  Account account;
  Ledger ledger(account, *root_, {});
  read_conv(ledger);
  EXPECT_FALSE(ledger.root().child("conv")->optional_tensor("bias"));
  EXPECT_EQ(complaint(ledger), "");
  PickleObject* meta = maker_.module("torch._utils", "_rebuild_meta_tensor_no_storage");
  maker_.set_in(conv_, "_parameters", "bias", PickleValue::object(meta));
  Account others;
  Ledger other(others, *root_, {});
  read_conv(other);
  EXPECT_FALSE(other.root().child("conv")->optional_tensor("bias"));
  EXPECT_THAT(complaint(other), HasSubstr("conv.bias"));
  EXPECT_THAT(
      other.root().child("conv")->tensor("bias").error().text(),
      AllOf(HasSubstr("has a shape and no values"), HasSubstr("load the weights into the model before saving")));
}

TEST_F(LedgerTest, ASharedModuleIsOneAccount) {
  maker_.add_child(root_, "again", conv_);
  Account account;
  Ledger ledger(account, *root_, {});
  EXPECT_EQ(ledger.root().child("again")->path(), "again");
  read_conv(ledger);
  EXPECT_EQ(complaint(ledger), "");
}

TEST_F(LedgerTest, IgnoresEqualTensorsOnly) {
  Account account;
  Ledger ledger(account, *root_, {});
  EXPECT_TRUE(ledger.ignore_equal(ledger.root(), "conv.weight", Tensor::from_doubles({3}, {1, 2, 3})));
  const auto differs = ledger.ignore_equal(ledger.root(), "conv.weight", Tensor::from_floats({3}, {1, 2, 4}));
  ASSERT_FALSE(differs);
  EXPECT_EQ(differs.error().code, ErrorCode::kInconsistentModel);
  EXPECT_THAT(differs.error().text(), HasSubstr("weight has 3 at element 2, 4 is expected"));
  EXPECT_THAT(ledger.ignore_equal(ledger.root(), "conv.weight", Tensor::from_floats({2}, {1, 2})).error().text(),
              HasSubstr("[2] is expected"));
}

TEST_F(LedgerTest, RefusesForwardHooks) {
  Account account;
  Ledger ledger(account, *root_, {});
  read_conv(ledger);
  maker_.set_in(conv_, "_backward_hooks", "0", PickleValue::integer(1));
  EXPECT_EQ(complaint(ledger), "") << "backward hooks do not run in inference";
  maker_.set_in(conv_, "_forward_hooks", "0", PickleValue::integer(1));
  EXPECT_THAT(complaint(ledger), HasSubstr("conv._forward_hooks"));
}

TEST_F(LedgerTest, RefusesNamesThatShadowEachOther) {
  maker_.set(conv_, "weight", PickleValue::integer(1));
  Account account;
  Ledger ledger(account, *root_, {});
  read_conv(ledger);
  EXPECT_THAT(complaint(ledger), HasSubstr("conv.weight (torch.nn.modules.conv.Conv2d) is there twice"));
}

TEST_F(LedgerTest, ModulesThatContainThemselvesEnd) {
  maker_.add_child(conv_, "self", root_);
  Account account;
  Ledger ledger(account, *root_, {});
  read_conv(ledger);
  EXPECT_EQ(complaint(ledger), "");
  ModuleView view = ledger.root();
  Result<ModuleView> next = view;
  for (int i = 0; i < 100 && next; ++i) next = next->child(i % 2 == 0 ? "conv" : "self");
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, ErrorCode::kHostile);
}

TEST_F(LedgerTest, TreesThatUnfoldWithoutEndAreHostile) {
  PickleObject* below = maker_.module("torch.nn.modules.container", "Sequential");
  for (int i = 0; i < 40; ++i) {
    PickleObject* above = maker_.module("torch.nn.modules.container", "Sequential");
    maker_.add_child(above, "0", below);
    maker_.add_child(above, "1", below);
    below = above;
  }
  Account account;
  Ledger ledger(account, *below, {});
  const std::function<Status(const ModuleView&)> visit = [&](const ModuleView& view) -> Status {
    TRY(children, view.children());
    for (const auto& [name, child] : children) CHECK_OK(visit(child));
    return {};
  };
  const Status status = visit(ledger.root());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kHostile);
}

TEST_F(LedgerTest, ReadsTypedAttributes) {
  maker_.set(root_, "eps", PickleValue::real(0.5));
  maker_.set(root_, "flag", PickleValue::boolean(true));
  maker_.set(root_, "none", PickleValue());
  maker_.set(root_, "scales", maker_.tuple({PickleValue::integer(8), PickleValue::real(0.5)}, PickleKind::kList));
  maker_.set(root_, "stride", maker_.tensor({8, 16}));
  Account account;
  Ledger ledger(account, *root_, {});
  const ModuleView root = ledger.root();
  const ModuleView conv = *root.child("conv");
  EXPECT_EQ(*root.float_attribute("eps"), 0.5);
  EXPECT_TRUE(*root.bool_attribute("flag"));
  EXPECT_TRUE(root.is_none("none"));
  EXPECT_TRUE(root.is_none("missing"));
  EXPECT_THAT(*root.float_list_attribute("scales"), ElementsAre(8, 0.5));
  EXPECT_THAT(*root.float_list_attribute("stride"), ElementsAre(8, 16));
  EXPECT_THAT(*conv.int_pair_attribute("stride"), ElementsAre(2, 1));
  EXPECT_THAT(*conv.int_pair_attribute("groups"), ElementsAre(4, 4));
  EXPECT_EQ(*root.int_attribute("missing", 7), 7);
  EXPECT_EQ(conv.optional_tensor("bias"), std::nullopt);
  EXPECT_EQ(conv.short_class_name(), "Conv2d");
}

TEST_F(LedgerTest, NamesPathClassAndNearestInErrors) {
  Account account;
  Ledger ledger(account, *root_, {});
  const ModuleView conv = *ledger.root().child("conv");
  EXPECT_EQ(conv.int_attribute("padding_mode").error().text(),
            "conv (torch.nn.modules.conv.Conv2d): attribute padding_mode is 'zeros', an integer is expected");
  EXPECT_EQ(conv.attribute("strides").error().text(),
            "conv (torch.nn.modules.conv.Conv2d): it has no attribute strides (the nearest is stride)");
  EXPECT_EQ(ledger.root().child("cony").error().text(),
            "the root module (ultralytics.nn.tasks.DetectionModel): it has no child module cony (the nearest is conv)");
  EXPECT_THAT(conv.tensor("bias").error().text(), HasSubstr("tensor bias is None"));
  EXPECT_THAT(conv.tensor("weights").error().text(), HasSubstr("the nearest is weight"));
  EXPECT_FALSE(ledger.root().descendant("conv.bn"));
}

TEST(FiniteWeights, WhatWasReadAndIsNoNumberIsNamed) {
  const float huge = std::numeric_limits<float>::infinity(), none = std::numeric_limits<float>::quiet_NaN();
  const struct {
    std::vector<float> weight;
    std::string said;
  } cases[] = {{{1, 2, 3}, ""},
               {{1, none, 3}, "weight (own.Layer) is NaN at element 1 of 3"},
               {{1, 2, -huge}, "weight (own.Layer) is infinite at element 2 of 3"},
               {std::vector<float>(5000, 1.0f), ""}};
  for (const auto& [weight, said] : cases) {
    ModuleMaker make;
    PickleObject* layer = make.module("own", "Layer");
    make.set_in(layer, "_parameters", "weight", make.tensor(weight));
    make.set_in(layer, "_buffers", "unread", make.tensor({none}));
    Account account;
    Ledger ledger(account, *layer, {});
    ASSERT_TRUE(ledger.root().tensor("weight"));
    const Status finite = require_finite_weights(account);
    EXPECT_EQ(finite ? "" : finite.error().message, said);
  }
}

TEST(CanonicalClassName, TranslatesOlderNames) {
  const auto name = [](std::string module, std::string type) {
    return canonical_class_name({std::move(module), std::move(type), ultralytics::families()});
  };
  EXPECT_EQ(name("ultralytics.nn.modules.conv", "Conv"), "ultralytics.nn.modules.conv.Conv");
  EXPECT_EQ(name("ultralytics.nn.modules", "Conv"), "ultralytics.nn.modules.conv.Conv");
  EXPECT_EQ(name("ultralytics.nn.modules", "C2f"), "ultralytics.nn.modules.block.C2f");
  EXPECT_EQ(name("ultralytics.nn.modules", "Detect"), "ultralytics.nn.modules.head.Detect");
  EXPECT_EQ(name("ultralytics.yolo.utils.loss", "v8DetectionLoss"), "ultralytics.utils.loss.v8DetectionLoss");
  EXPECT_EQ(name("ultralytics.nn.modules.block", "Silence"), "torch.nn.modules.linear.Identity");
  EXPECT_EQ(name("ultralytics.nn.tasks", "YOLOv10DetectionModel"), "ultralytics.nn.tasks.DetectionModel");
  EXPECT_EQ(name("torch.nn.modules.conv", "Conv2d"), "torch.nn.modules.conv.Conv2d");
}

}  // namespace
}  // namespace modelport
