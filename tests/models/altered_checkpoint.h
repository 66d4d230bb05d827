#pragma once

#include <gtest/gtest.h>

#include "checkpoint/checkpoint.h"
#include "models/ultralytics/names/family.h"
#include "models/ultralytics/trainer.h"
#include "modules/find_model.h"

namespace modelport {

/// A fixture, altered in memory, and what its translation says of it.
class AlteredCheckpoint {
 public:
  /// "families/yolov8-seg"
  explicit AlteredCheckpoint(const std::string& fixture)
      : checkpoint_(*open_checkpoint(std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/" + fixture + ".pt",
                                     ultralytics::families())) {}

  PickleValue tensor(Shape shape) {
    std::vector<float> values(static_cast<size_t>(*element_count(shape)), 0.5f);
    return PickleValue::tensor(
        arena().new_tensor({Tensor::from_floats(std::move(shape), std::move(values)), PickleTensor::Role::kTensor}));
  }

  PickleValue global(std::string_view module, std::string_view name) {
    return PickleValue::global(arena().global(module, name));
  }

  /// As protocol 2 writes the method of a class.
  PickleValue method(std::string_view module, std::string_view type, std::string_view name) {
    PickleObject* call = arena().new_object();
    call->type = arena().global("__builtin__", "getattr");
    call->arguments = {global(module, type), text(name)};
    return PickleValue::object(call);
  }

  /// As dill writes a method of a value.
  PickleValue bound(const PickleValue& function, const PickleValue& value) {
    PickleObject* call = arena().new_object();
    call->type = arena().global("types", "MethodType");
    call->arguments = {function, value};
    return PickleValue::object(call);
  }

  PickleValue text(std::string_view text) {
    return PickleValue::text(PickleKind::kString, arena().new_text(std::string(text)));
  }

  void set_on_head(std::string_view name, const PickleValue& value) { set_attribute(head(), name, value); }
  /// The module at this path from the root.
  PickleValue module(std::initializer_list<std::string_view> path) const {
    PickleValue value = find_model(checkpoint_);
    for (const std::string_view child : path) value = *children(*value.as_object()).find(child);
    return value;
  }
  void set_on_module(std::initializer_list<std::string_view> path, std::string_view name, const PickleValue& value) {
    set_attribute(*module(path).as_object(), name, value);
  }
  void set_in_record(std::string_view key, const PickleValue& value) {
    const_cast<PickleDict*>(checkpoint_.root.as_dict())->set(text(key), value);
  }

  /// What the translation says against it; empty where it is translated.
  std::string refusal() const {
    const auto translated = translate(ultralytics_trainer(), checkpoint_, {});
    return translated ? "" : translated.error().text();
  }

 private:
  PickleArena& arena() { return const_cast<PickleArena&>(*checkpoint_.arena); }

  static const PickleDict& children(const PickleObject& module) { return *module.attribute("_modules")->as_dict(); }

  const PickleObject& head() const {
    const PickleObject& layers = *children(*model_root(checkpoint_)).find("model")->as_object();
    return *children(layers).entries.back().second.as_object();
  }

  void set_attribute(const PickleObject& module, std::string_view name, const PickleValue& value) {
    const_cast<PickleDict*>(module.attributes())->set(text(name), value);
  }

  Checkpoint checkpoint_;
};

}  // namespace modelport
