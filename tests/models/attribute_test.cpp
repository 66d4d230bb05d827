#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <map>
#include <set>

#include "base/half.h"
#include "base/sha256.h"
#include "checkpoint/checkpoint.h"
#include "graph/text.h"
#include "models/ultralytics/names/family.h"
#include "models/ultralytics/trainer.h"
#include "modules/find_model.h"
#include "modules/module_view.h"

/// Nothing in a checkpoint may be overlooked: each attribute and tensor of each module class is altered in turn, and
/// the result must be a refusal or another model, unless the table of ignored attributes lists it, and then the same
/// model to the last bit.
namespace modelport {
namespace {

/// What a translation gives: the graph with every weight, and every fact; "refused: ..." where it gives none.
struct Outcome {
  std::string digest;
  std::vector<AccountEntry> entries;
};

std::string digest_of(const SourceModel& model) {
  Sha256 hash;
  const auto add = [&](std::string_view text) { hash.update(std::as_bytes(std::span(text))); };
  add(print_graph(model.graph));
  for (const Value& value : model.graph.values) {
    if (!value.constant) continue;
    const std::vector<double> elements = value.constant->to_doubles();
    hash.update(std::as_bytes(std::span(elements)));
  }
  for (const std::string& name : model.facts.class_names) add(name + "\n");
  for (const std::string& note : model.notes) add(note + "\n");
  for (const auto& [key, text] : model.facts.framework_metadata) add(key + "=" + text + "\n");
  const auto add_numbers = [&](const std::vector<double>& values) { hash.update(std::as_bytes(std::span(values))); };
  add_numbers(model.facts.preprocessing.mean);
  add_numbers(model.facts.preprocessing.std);
  add(model.facts.model_name + model.facts.source_task + std::to_string(model.sizes.height) + "x" +
      std::to_string(model.sizes.width));
  return hash.hex_digest();
}

Outcome translate(const Checkpoint& checkpoint) {
  const auto translated = translate(ultralytics_trainer(), checkpoint, {});
  if (!translated) return {"refused: " + translated.error().text(), {}};
  return {digest_of(translated->model), translated->source->account.entries()};
}

class Alteration {
 public:
  explicit Alteration(const Checkpoint& checkpoint) : arena_(const_cast<PickleArena&>(*checkpoint.arena)) {}

  /// A tensor where a module has none: a bias that nobody expects.
  PickleValue unexpected_tensor() {
    return PickleValue::tensor(arena_.new_tensor({Tensor::from_floats({1}, {0.5f}), PickleTensor::Role::kParameter}));
  }

  /// Another value of the same kind, or nothing where there is none to speak of (empty containers).
  std::optional<PickleValue> of(const PickleValue& value) {
    switch (value.kind()) {
      case PickleKind::kNone:
        return PickleValue::integer(2);
      case PickleKind::kBool:
        return PickleValue::boolean(!*value.as_bool());
      case PickleKind::kInteger:
        return PickleValue::integer(*value.as_integer() + 1);
      case PickleKind::kFloat:
        return PickleValue::real(*value.as_number() * 2 + 0.125);
      case PickleKind::kString:
        return PickleValue::text(PickleKind::kString, arena_.new_text(other_word(*value.as_string())));
      case PickleKind::kList:
      case PickleKind::kTuple:
        return of_sequence(value);
      case PickleKind::kDict:
        return of_dict(value);
      case PickleKind::kTensor:
        return PickleValue::tensor(arena_.new_tensor({shifted(*value.as_tensor()), value.tensor_node()->role}));
      case PickleKind::kObject:
        return of_another_class(*value.as_object());
      default:
        return PickleValue();
    }
  }

 private:
  static std::string other_word(std::string_view word) {
    if (word == "zeros") return "reflect";
    if (word == "nearest") return "bilinear";
    return std::string(word) + "x";
  }

  PickleValue of_another_class(const PickleObject& object) {
    PickleObject* copy = arena_.new_object();
    copy->type = arena_.global("altered", "Altered");
    copy->arguments = object.arguments;
    copy->state = object.state;
    return PickleValue::object(copy);
  }

  std::optional<PickleValue> of_sequence(const PickleValue& value) {
    if (value.as_sequence()->empty()) return std::nullopt;
    PickleSequence* copy = arena_.new_sequence();
    copy->items = *value.as_sequence();
    const auto item = of(copy->items[0]);
    if (!item) return std::nullopt;
    copy->items[0] = *item;
    return PickleValue::sequence(value.kind(), copy);
  }

  std::optional<PickleValue> of_dict(const PickleValue& value) {
    if (value.as_dict()->entries.empty()) return std::nullopt;
    PickleDict* copy = arena_.new_dict();
    for (const auto& [key, item] : value.as_dict()->entries) copy->set(key, item);
    const auto item = of(copy->entries[0].second);
    if (!item) return std::nullopt;
    copy->entries[0].second = *item;
    return PickleValue::dict(copy);
  }

  /// Every element 0.5 larger, in the same dtype.
  static Tensor shifted(const Tensor& tensor) {
    if (!is_float(tensor.dtype())) {
      std::vector<int64_t> values = tensor.to_int64s();
      for (int64_t& value : values) ++value;
      return Tensor::from_int64s(tensor.shape(), std::move(values));
    }
    std::vector<float> values = tensor.to_floats();
    for (float& value : values) value += 0.5f;
    if (tensor.dtype() != DType::kFloat16) return Tensor::from_floats(tensor.shape(), std::move(values));
    std::vector<std::byte> bytes(values.size() * 2);
    for (size_t i = 0; i < values.size(); ++i) {
      const uint16_t bits = half_from_float(values[i]);
      std::memcpy(bytes.data() + 2 * i, &bits, 2);
    }
    return Tensor::from_bytes(DType::kFloat16, tensor.shape(), std::move(bytes));
  }

  PickleArena& arena_;
};

/// One place in a module's pickled state: an attribute, or an entry of `_parameters` or `_buffers`.
struct Place {
  std::string module_class;
  std::string name;
  PickleValue* value;
  AccountEntry::Kind kind;
};

void collect(const PickleObject& module, std::set<const PickleObject*>& seen, std::vector<Place>& places) {
  if (!seen.insert(&module).second) return;
  const std::string type = canonical_class_name(*module.type);
  const auto* attributes = const_cast<PickleDict*>(module.attributes());
  for (const auto& [key, value] : attributes->entries) {
    const std::string name(*key.as_string());
    auto* mutable_value = const_cast<PickleValue*>(&value);
    if (name == "_modules") {
      for (const auto& [child_name, child] : value.as_dict()->entries) {
        if (const PickleObject* object = child.as_object(); object != nullptr && object->is_module())
          collect(*object, seen, places);
      }
    } else if (name == "_parameters" || name == "_buffers") {
      for (const auto& [tensor_name, tensor] : value.as_dict()->entries) {
        places.push_back({type, std::string(*tensor_name.as_string()), const_cast<PickleValue*>(&tensor),
                          AccountEntry::Kind::kTensor});
      }
    } else {
      places.push_back({type, name, mutable_value, AccountEntry::Kind::kAttribute});
    }
  }
}

TEST(Attributes, EachIsReadOrRefusedOrIgnoredForAReason) {
  std::set<std::string> done;
  size_t changed = 0, refused = 0, ignored = 0;
  for (const char* name : {"yolo11-sample", "yolov8", "yolo11-cls", "yolov8-cls", "two-level", "yolo11-deep",
                           "yolo11-fused", "yolov8-2023"}) {
    const auto checkpoint =
        open_checkpoint(std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/" + name + ".pt", ultralytics::families());
    ASSERT_TRUE(checkpoint) << checkpoint.error().text();
    const Outcome honest = translate(*checkpoint);
    ASSERT_FALSE(honest.digest.starts_with("refused")) << honest.digest;
    std::set<std::string> ignored_keys;
    for (const AccountEntry& entry : honest.entries) {
      if (entry.state == NameState::kIgnored) ignored_keys.insert(entry.owner + " " + entry.name);
    }
    std::set<const PickleObject*> seen;
    std::vector<Place> places;
    collect(*model_root(*checkpoint), seen, places);
    Alteration alteration(*checkpoint);
    for (const Place& place : places) {
      const std::string key = place.module_class + " " + place.name;
      if (done.contains(key)) continue;
      const bool absent_tensor = place.kind == AccountEntry::Kind::kTensor && place.value->is_none();
      const auto other = absent_tensor ? alteration.unexpected_tensor() : alteration.of(*place.value);
      if (!other) continue;
      done.insert(key);
      const PickleValue original = std::exchange(*place.value, *other);
      const Outcome altered = translate(*checkpoint);
      *place.value = original;
      if (altered.digest.starts_with("refused")) {
        ++refused;
      } else if (altered.digest != honest.digest) {
        ++changed;
      } else {
        ++ignored;
      }
      const bool same = altered.digest == honest.digest;
      EXPECT_EQ(same, ignored_keys.contains(key))
          << name << ": " << key
          << (same ? " makes no difference and is not listed as ignored"
                   : " is listed as ignored and makes a difference: " + altered.digest);
    }
    EXPECT_EQ(translate(*checkpoint).digest, honest.digest);
  }
  std::cout << "attributes altered: " << done.size() << "; " << changed << " change the model, " << refused
            << " are refused, " << ignored << " are ignored with a reason\n";
  EXPECT_GT(changed, 15u);
  EXPECT_GT(refused, 20u);
}

}  // namespace
}  // namespace modelport
