#include "modules/pickled_config.h"

#include <gtest/gtest.h>

#include "weights/config_view.h"

namespace modelport {
namespace {

class PickledConfig : public testing::Test {
 protected:
  PickleValue text(const char* value) { return PickleValue::text(PickleKind::kString, value); }

  PickleArena arena_;
};

TEST_F(PickledConfig, OfANamespaceIsReadAndAccountedForByKeys) {
  PickleDict* attributes = arena_.new_dict();
  attributes->set(text("model"), text("resnet18"));
  attributes->set(text("num_classes"), PickleValue::integer(5));
  attributes->set(text("lr"), PickleValue::real(0.05));
  attributes->set(text("dtype"), PickleValue::global(arena_.global("torch", "float16")));
  PickleObject* args = arena_.new_object();
  args->type = arena_.global("argparse", "Namespace");
  args->state = PickleValue::dict(attributes);
  Account account;
  const auto config = Config::make(account, "args", *pickled_config(PickleValue::object(args)));
  ASSERT_TRUE(config) << config.error().text();
  const ConfigView view = (*config)->root();
  EXPECT_EQ(*view.text("model"), "resnet18");
  EXPECT_EQ(*view.integer("num_classes"), 5);
  EXPECT_TRUE(view.text("dtype"));
  EXPECT_EQ(account.require_everything_accounted_for().error().message,
            "the checkpoint holds what the translation does not read: args: lr");
}

TEST_F(PickledConfig, ThatHoldsItselfIsHostile) {
  PickleDict* dict = arena_.new_dict();
  dict->set(text("again"), PickleValue::dict(dict));
  EXPECT_EQ(pickled_config(PickleValue::dict(dict)).error().code, ErrorCode::kHostile);
}

}  // namespace
}  // namespace modelport
