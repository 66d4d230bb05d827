#include "modules/wrappers.h"

#include <algorithm>

#include "modules/module_view.h"

namespace modelport {
namespace {

constexpr std::string_view kFirstArgument = "()";

constexpr Wrapper kWrappers[] = {
    {"torch._dynamo.eval_frame.OptimizedModule", "_orig_mod"},
    // As newer releases pickle it: a call of its class, without a state.
    {"torch._dynamo.eval_frame.OptimizedModule", kFirstArgument},
    {"torch.ao.quantization.stubs.QuantWrapper", "module"},
    {"torch.distributed.algorithms._checkpoint.checkpoint_wrapper.CheckpointWrapper", "_checkpoint_wrapped_module"},
    {"torch.distributed.algorithms._checkpoint.checkpoint_wrapper.OffloadWrapper", "_checkpoint_wrapped_module"},
    {"torch.nn.parallel.data_parallel.DataParallel", "module"},
    {"torch.nn.parallel.distributed.DistributedDataParallel", "module"},
    {"torch.optim.swa_utils.AveragedModel", "module"},
    {"apex.parallel.distributed.DistributedDataParallel", "module"},
    {"ema_pytorch.ema_pytorch.EMA", "ema_model"},
    {"lightning.fabric.wrappers._FabricModule", "_original_module"},
    {"lightning.fabric.wrappers._FabricModule", "_forward_module"},
    {"lightning_fabric.wrappers._FabricModule", "_original_module"},
    {"lightning_fabric.wrappers._FabricModule", "_forward_module"},
    {"mmcv.parallel.data_parallel.MMDataParallel", "module"},
    {"mmcv.parallel.distributed.MMDistributedDataParallel", "module"},
    {"mmengine.model.averaged_model.ExponentialMovingAverage", "module"},
    {"mmengine.model.averaged_model.MomentumAnnealingEMA", "module"},
    {"mmengine.model.averaged_model.StochasticWeightAverage", "module"},
    {"mmengine.model.wrappers.distributed.MMDistributedDataParallel", "module"},
    {"timm.utils.model_ema.ModelEma", "ema"},
    {"timm.utils.model_ema.ModelEmaV2", "module"},
    {"timm.utils.model_ema.ModelEmaV3", "module"},
};

constexpr size_t kDeepestWrapping = 16;

const PickleObject* member(const PickleObject& object, std::string_view name) {
  if (name == kFirstArgument) return object.arguments.empty() ? nullptr : object.arguments.front().as_object();
  const PickleValue* modules = object.attribute("_modules");
  const PickleDict* children = modules ? modules->as_dict() : nullptr;
  const PickleValue* value = children ? children->find(name) : nullptr;
  if (!value) value = object.attribute(name);
  return value ? value->as_object() : nullptr;
}

const PickleObject* inner_module(const PickleObject& object, std::string_view path) {
  const PickleObject* at = &object;
  while (at && !path.empty()) {
    const size_t dot = path.find('.');
    at = member(*at, path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return at && at->type ? at : nullptr;
}

bool has_forward_hooks(const PickleObject& object) {
  for (const std::string_view name : {"_forward_hooks", "_forward_pre_hooks"}) {
    const PickleValue* hooks = object.attribute(name);
    if (hooks && hooks->as_dict() && !hooks->as_dict()->entries.empty()) return true;
  }
  return false;
}

}  // namespace

const Wrapper* find_wrapper(const PickleObject& object) {
  if (!object.type || has_forward_hooks(object)) return nullptr;
  const std::string name = canonical_class_name(*object.type);
  const auto find = [&](std::span<const Wrapper> rows) {
    const auto row = std::ranges::find_if(
        rows, [&](const Wrapper& each) { return each.class_name == name && inner_module(object, each.inner); });
    return row == rows.end() ? nullptr : &*row;
  };
  const Wrapper* wrapper = find(kWrappers);
  for (const CheckpointFamily* family : object.type->families) wrapper = wrapper ? wrapper : find(family->wrappers);
  return wrapper;
}

const PickleObject& unwrapped(const PickleObject& object) {
  const PickleObject* at = &object;
  for (size_t depth = 0; depth < kDeepestWrapping; ++depth) {
    const Wrapper* wrapper = find_wrapper(*at);
    if (!wrapper) break;
    at = inner_module(*at, wrapper->inner);
  }
  return *at;
}

}  // namespace modelport
