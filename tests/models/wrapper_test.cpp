#include <gtest/gtest.h>

#include "checkpoint/checkpoint.h"
#include "graph/text.h"
#include "models/ultralytics/names/family.h"
#include "models/ultralytics/trainer.h"
#include "modules/find_model.h"

/// What PyTorch and frameworks put around a network changes nothing; what they leave in it is told.
namespace modelport {
namespace {

enum class Place { kModule, kAttribute };

class Wrappers : public testing::Test {
 protected:
  Wrappers()
      : checkpoint_(*open_checkpoint(std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/yolov8.pt",
                                     ultralytics::families())) {}

  PickleArena& arena() { return const_cast<PickleArena&>(*checkpoint_.arena); }
  PickleValue text(std::string_view content) {
    return PickleValue::text(PickleKind::kString, arena().new_text(std::string(content)));
  }
  PickleDict& network_slots() { return *const_cast<PickleDict*>(model_root(checkpoint_)->attributes()); }

  PickleObject* object_of(std::string_view class_name,
                          std::vector<std::pair<std::string_view, PickleValue>> attributes) {
    const size_t dot = class_name.rfind('.');
    PickleObject* object = arena().new_object();
    object->type = arena().global(class_name.substr(0, dot), class_name.substr(dot + 1));
    PickleDict* state = arena().new_dict();
    for (const auto& [name, value] : attributes) state->set(text(name), value);
    object->state = PickleValue::dict(state);
    return object;
  }

  /// An nn.Module of this class around `inner`.
  PickleValue around(std::string_view class_name, std::string_view name, const PickleValue& inner,
                     Place place = Place::kModule) {
    PickleDict* children = arena().new_dict();
    if (place == Place::kModule) children->set(text(name), inner);
    PickleObject* object = object_of(class_name, {{"_modules", PickleValue::dict(children)},
                                                  {"_parameters", PickleValue::dict(arena().new_dict())},
                                                  {"_buffers", PickleValue::dict(arena().new_dict())}});
    if (place == Place::kAttribute) object->state.mutable_dict()->set(text(name), inner);
    return PickleValue::object(object);
  }

  PickleValue copy_of(const PickleValue& module) {
    PickleObject* copy = arena().new_object();
    *copy = *module.as_object();
    return PickleValue::object(copy);
  }

  /// The graph as text, or the refusal.
  std::string built() {
    const auto translated = translate(ultralytics_trainer(), checkpoint_, {});
    return translated ? print_graph(translated->model.graph) : translated.error().text();
  }

  PickleValue network() { return find_model(checkpoint_); }
  PickleDict& record() { return *const_cast<PickleDict*>(checkpoint_.root.as_dict()); }

  Checkpoint checkpoint_;
};

TEST_F(Wrappers, AroundTheNetworkAreTakenOff) {
  const std::string plain = built();
  const PickleValue model = network();
  const PickleValue backend =
      PickleValue::object(object_of("ultralytics.nn.backends.pytorch.PyTorchBackend", {{"model", model}}));
  const PickleValue compiled = around("torch._dynamo.eval_frame.OptimizedModule", "_orig_mod", model);
  const PickleValue kWrapped[] = {
      compiled,
      around("torch.nn.parallel.data_parallel.DataParallel", "module", model),
      around("torch.nn.parallel.distributed.DistributedDataParallel", "module", compiled),
      around("torch.optim.swa_utils.AveragedModel", "module", model),
      around("ultralytics.models.yolo.model.YOLO", "model", model),
      around("ultralytics.yolo.engine.model.YOLO", "model", model),
      around("ultralytics.nn.autobackend.AutoBackend", "backend", backend, Place::kAttribute),
      around("ultralytics.nn.autobackend.AutoBackend", "model", model, Place::kAttribute),
      around("models.common.AutoShape", "model", around("models.common.DetectMultiBackend", "model", model)),
      around("lightning.fabric.wrappers._FabricModule", "_forward_module", compiled),
      around("mmcv.parallel.data_parallel.MMDataParallel", "module", model),
      around("ema_pytorch.ema_pytorch.EMA", "ema_model", model),
      PickleValue::object(object_of("ultralytics.utils.torch_utils.ModelEMA", {{"ema", model}})),
  };
  for (const PickleValue& wrapped : kWrapped) {
    SCOPED_TRACE(wrapped.as_object()->type->qualified_name());
    record().set(text("model"), wrapped);
    EXPECT_EQ(built(), plain);
    const PickleValue whole = std::exchange(checkpoint_.root, wrapped);
    EXPECT_FALSE(built().find("float32") == std::string::npos) << built();
    checkpoint_.root = whole;
  }
}

TEST_F(Wrappers, AroundLayersAreTakenOff) {
  const std::string plain = built();
  PickleDict* children = network_slots().find("_modules")->mutable_dict();
  const PickleValue layers = *children->find("model");
  PickleDict* in_layers = layers.as_object()->attribute("_modules")->mutable_dict();
  for (auto& [name, layer] : in_layers->entries)
    layer = around("torch._dynamo.eval_frame.OptimizedModule", "_orig_mod", layer);
  children->set(text("model"), around("torch._dynamo.eval_frame.OptimizedModule", "_orig_mod", layers));
  EXPECT_EQ(built(), plain);
}

TEST_F(Wrappers, OfTorchCompileThatHoldOnlyArgumentsAreTakenOff) {
  const std::string plain = built();
  const auto compiled = [&](const PickleValue& inner) {
    PickleObject* object = arena().new_object();
    object->type = arena().global("torch._dynamo.eval_frame", "OptimizedModule");
    object->arguments = {inner, PickleValue::object(object_of("torch._dynamo.eval_frame.OptimizeContext", {}))};
    return PickleValue::object(object);
  };
  const auto compile_children = [&](PickleDict* children) {
    for (auto& [name, child] : children->entries) {
      if (child.as_object()) child = compiled(child);
    }
  };
  PickleDict* children = network_slots().find("_modules")->mutable_dict();
  PickleDict* layers = children->find("model")->as_object()->attribute("_modules")->mutable_dict();
  for (auto& [name, layer] : layers->entries) {
    compile_children(layer.as_object()->attribute("_modules")->mutable_dict());
    EXPECT_EQ(built(), plain) << "the children of layer " << name.as_string().value_or("");
  }
  compile_children(layers);
  EXPECT_EQ(built(), plain) << "layers";
  compile_children(children);
  EXPECT_EQ(built(), plain) << "the list of layers";
  record().set(text("model"), compiled(network()));
  EXPECT_EQ(built(), plain) << "the network";
}

TEST_F(Wrappers, MayBeListsOfOneModel) {
  const std::string plain = built();
  const PickleValue model = network();
  const PickleValue list = around("torch.nn.modules.container.ModuleList", "0", model);
  record().set(text("model"), list);
  EXPECT_EQ(built(), plain);
  record().set(text("model"), around("torch.nn.modules.container.Sequential", "net",
                                     around("torch.nn.parallel.data_parallel.DataParallel", "module", list)));
  EXPECT_EQ(built(), plain);
  list.as_object()->attribute("_modules")->mutable_dict()->set(text("1"), copy_of(model));
  record().set(text("model"), list);
  EXPECT_EQ(
      built(),
      "Not translated: it holds 2 models, and which of them is meant cannot be told: "
      "ultralytics.nn.tasks.DetectionModel at 0, ultralytics.nn.tasks.DetectionModel at 1 (save the one to export "
      "alone: torch.save({'model': MODEL}, FILE))");
}

TEST_F(Wrappers, OfUnknownClassesAreToldWhatTheyHold) {
  const PickleValue model = network();
  record().set(text("model"), around("mine.Trained", "net", model));
  EXPECT_EQ(built(),
            "Not translated: one of its classes is unknown: mine.Trained (the root) (it holds the "
            "ultralytics.nn.tasks.DetectionModel net: if that is what is to be exported, save it alone: "
            "torch.save({'model': MODEL.get_submodule('net')}, FILE))");
  const PickleValue sequence = around("torch.nn.modules.container.Sequential", "0",
                                      around("torch.nn.modules.linear.Identity", "", PickleValue()));
  sequence.as_object()->attribute("_modules")->mutable_dict()->set(text("1"), model);
  record().set(text("model"), sequence);
  EXPECT_EQ(built().find("Not translated: its model is a torch.nn.modules.container.Sequential around "
                         "ultralytics.nn.tasks.DetectionModel, and what it computes beside that is not known"),
            0u)
      << built();
}

TEST_F(Wrappers, BesideEachOtherAreNamed) {
  const PickleValue model = network();
  const PickleValue other = around("mine.Critic", "layer", PickleValue());
  record().set(text("model"), PickleValue());
  record().set(text("gen"), model);
  record().set(text("disc"), other);
  EXPECT_NE(built().find("it holds 2 models, and which of them is meant cannot be told: "
                         "ultralytics.nn.tasks.DetectionModel at gen, mine.Critic at disc"),
            std::string::npos)
      << built();
}

/// Every batch norm of the network becomes one of this class, with these attributes.
TEST_F(Wrappers, AreNotNeededForWhatDiffersInTrainingOnly) {
  const std::string plain = built();
  std::vector<PickleObject*> norms;
  std::vector<PickleObject*> pending{network().mutable_object()};
  while (!pending.empty()) {
    PickleObject* module = pending.back();
    pending.pop_back();
    if (module->type->name == "BatchNorm2d") norms.push_back(module);
    for (const auto& [name, child] : module->attribute("_modules")->as_dict()->entries) {
      if (child.as_object()) pending.push_back(child.mutable_object());
    }
  }
  ASSERT_GT(norms.size(), 10u);
  const auto with_class = [&](std::string_view module, std::string_view name, std::string_view attribute,
                              const PickleValue& value) {
    for (PickleObject* norm : norms) {
      norm->type = arena().global(module, name);
      norm->state.mutable_dict()->set(text(attribute), value);
    }
    return built();
  };
  const PickleValue no = PickleValue::boolean(false);
  EXPECT_EQ(with_class("torch.nn.modules.batchnorm", "SyncBatchNorm", "process_group", PickleValue()), plain);
  EXPECT_EQ(with_class("apex.parallel.sync_batchnorm", "SyncBatchNorm", "process_group", PickleValue()), plain);
  EXPECT_EQ(with_class("detectron2.layers.batch_norm", "NaiveSyncBatchNorm", "_stats_mode", text("N")), plain);
  EXPECT_EQ(with_class("horovod.torch.sync_batch_norm", "SyncBatchNorm", "momentum", no), plain);
  EXPECT_EQ(with_class("apex.parallel.optimized_sync_batchnorm", "SyncBatchNorm", "fuse_relu", no), plain);
  EXPECT_NE(
      with_class("apex.parallel.optimized_sync_batchnorm", "SyncBatchNorm", "fuse_relu", PickleValue::boolean(true))
          .find("fuse_relu is True"),
      std::string::npos);
}

TEST_F(Wrappers, AreLookedIntoWhereverTheOneModelStands) {
  const std::string plain = built();
  const PickleValue model = network();
  PickleSequence* list = arena().new_sequence();
  list->items = {PickleValue::integer(1), model};
  record().set(text("model"), PickleValue());
  record().set(text("networks"), PickleValue::sequence(PickleKind::kList, list));
  EXPECT_EQ(built(), plain);
  record().set(text("other"), around("mine.Critic", "model", PickleValue()));
  EXPECT_EQ(model_root(checkpoint_), nullptr) << "which of two is meant cannot be told";
}

TEST_F(Wrappers, ThatHoldThemselvesEnd) {
  const PickleValue wrapper = around("torch.nn.parallel.data_parallel.DataParallel", "module", PickleValue());
  wrapper.as_object()->attribute("_modules")->mutable_dict()->set(text("module"), wrapper);
  record().set(text("model"), wrapper);
  EXPECT_NE(built().find("DataParallel"), std::string::npos);
}

TEST_F(Wrappers, WithHooksAndLeftoversAreToldWhatToCall) {
  const PickleObject& layer = *network_slots()
                                   .find("_modules")
                                   ->as_dict()
                                   ->find("model")
                                   ->as_object()
                                   ->attribute("_modules")
                                   ->as_dict()
                                   ->find("0")
                                   ->as_object();
  const auto hook = [&](std::string_view slot, const PickleValue& value) {
    PickleDict* hooks = arena().new_dict();
    hooks->set(PickleValue::integer(7), value);
    const_cast<PickleDict*>(layer.attributes())->set(text(slot), PickleValue::dict(hooks));
  };
  const std::string plain = built();
  hook("_forward_hooks", PickleValue::global(arena().global("thop.vision.basic_hooks", "count_convNd")));
  EXPECT_EQ(built(), plain);
  hook("_forward_hooks", PickleValue::global(arena().global("mine", "double")));
  EXPECT_EQ(
      built(),
      "model.0 (ultralytics.nn.modules.conv.Conv): _forward_hooks holds mine.double: it may change what the module "
      "computes (call remove() of the handle that registering it returned, or clear the dict, before saving; a "
      "checkpoint does not hold what a function computes)");
  const_cast<PickleDict*>(layer.attributes())->set(text("_forward_hooks"), PickleValue::dict(arena().new_dict()));
  hook("_forward_pre_hooks",
       PickleValue::object(object_of("torch.nn.utils.prune.L1Unstructured", {{"_tensor_name", text("weight")}})));
  EXPECT_EQ(built(),
            "model.0 (ultralytics.nn.modules.conv.Conv): weight is still computed from weight_orig and weight_mask by "
            "torch.nn.utils.prune.L1Unstructured (make pruning permanent before saving: call "
            "torch.nn.utils.prune.remove(module, 'weight') for every pruned module)");
}

}  // namespace
}  // namespace modelport
