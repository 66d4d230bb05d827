#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "checkpoint/pickle_value.h"
#include "modules/module_ledger.h"
#include "tensor/tensor.h"

namespace modelport {

/// The dotted class name as the newest release of its framework has it, by the families that it was read with.
std::string canonical_class_name(const PickleGlobal& type);
/// The same after what the user says of classes that only their project knows.
std::string canonical_class_name(const PickleGlobal& type, const ClassAliases& aliases);

/// One nn.Module of a checkpoint, seen at one path: what a translation reads from, after candle's VarBuilder. Every
/// access is recorded in the ledger. Errors are kUnsupportedModel and carry the path and class as context, such as
/// "model.22 (ultralytics.nn.modules.head.Detect): attribute reg_max is a list, an integer is expected".
/// Cheap to copy; valid as long as its ledger and checkpoint.
class ModuleView {
 public:
  /// "model.22.cv3.0.2"; empty for the root.
  const std::string& path() const { return path_; }
  /// "ultralytics.nn.modules.conv.Conv", after aliases.
  const std::string& class_name() const { return class_name_; }
  /// "Conv".
  std::string_view short_class_name() const;
  /// "model.22 (ultralytics.nn.modules.head.Detect)" for messages and node names' provenance.
  std::string where() const;
  const PickleObject& object() const { return *object_; }

  /// A child module by name; an error that names the nearest child when there is none or it is None.
  Result<ModuleView> child(std::string_view name) const;
  /// A descendant: "conv.bn".
  Result<ModuleView> descendant(std::string_view dotted_path) const;
  /// Whether a child module of this name exists and is not None.
  bool has_child(std::string_view name) const;
  /// All children that are not None, in order, with their names.
  Result<std::vector<std::pair<std::string, ModuleView>>> children() const;

  /// A parameter or buffer; missing or None is an error.
  Result<Tensor> tensor(std::string_view name) const;
  /// A parameter or buffer; missing or None is nothing.
  std::optional<Tensor> optional_tensor(std::string_view name) const;

  /// Attributes: whatever the instance's `__dict__` holds beside parameters, buffers and children. Class-level defaults
  /// are not in the file: ask `has_attribute` or use the forms with a default.
  bool has_attribute(std::string_view name) const;
  Result<PickleValue> attribute(std::string_view name) const;
  Result<int64_t> int_attribute(std::string_view name) const;
  Result<int64_t> int_attribute(std::string_view name, int64_t if_missing) const;
  /// A float or an integer; also a one-element tensor.
  Result<double> float_attribute(std::string_view name) const;
  Result<double> float_attribute(std::string_view name, double if_missing) const;
  Result<bool> bool_attribute(std::string_view name) const;
  Result<bool> bool_attribute(std::string_view name, bool if_missing) const;
  Result<std::string> string_attribute(std::string_view name) const;
  Result<std::string> string_attribute(std::string_view name, std::string_view if_missing) const;
  /// A tuple or list of two integers, or one integer that stands for both.
  Result<std::array<int64_t, 2>> int_pair_attribute(std::string_view name) const;
  /// A tuple, list or torch.Size of integers, or one integer as a list of one.
  Result<std::vector<int64_t>> int_list_attribute(std::string_view name) const;
  /// A list, tuple or tensor of numbers, such as the head's `stride`.
  Result<std::vector<double>> float_list_attribute(std::string_view name) const;
  Result<Tensor> tensor_attribute(std::string_view name) const;
  /// Whether the attribute is missing or None.
  bool is_none(std::string_view name) const;

  /// Accounts for an attribute, a tensor, or a child with all below it that inference as built here does not need.
  void ignore(std::string_view name, std::string_view reason) const;

  /// An error at this module: `return view.fail("head declares nc={}", nc);`
  template <class... Args>
  Error fail(fmt::format_string<Args...> format, Args&&... args) const {
    return modelport::fail(ErrorCode::kUnsupportedModel, format, std::forward<Args>(args)...).in(where());
  }

 private:
  friend class Ledger;
  ModuleView(Ledger* ledger, const PickleObject* object, std::string path);
  const PickleValue* find_tensor(std::string_view name) const;
  const PickleValue* find_attribute(std::string_view name) const;
  Error wrong_kind(std::string_view name, const PickleValue& value, std::string_view expected) const;

  Ledger* ledger_;
  const PickleObject* object_;
  std::string path_;
  std::string class_name_;
};

}  // namespace modelport
