#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weights/account.h"
#include "weights/weights.h"

namespace modelport {

/// A tensor under the name that translations ask for.
struct NamedWeight {
  std::string name;  ///< "layers.0.weight"
  Tensor tensor;
  std::string stored_as;  ///< The name in the file, for messages: "state_dict.module.layers.0.weight".
};

/// Why tensors need not be read: a row of a family's table.
struct TensorRule {
  std::string_view name;  ///< '*' stands for any characters.
  std::string_view reason;
};

/// Tensors by name, as state dicts and safetensors hold them. Dots in names are places below one another.
class StateDict final : public NameSource {
 public:
  /// Adds itself to `account`, which must outlive it, as must the strings of `rules`. kInconsistentModel names two
  /// tensors of one name; kHostile for names of more parts than any network has.
  static Result<std::unique_ptr<StateDict>> make(Account& account, std::vector<NamedWeight> tensors,
                                                 std::span<const TensorRule> rules = {});

  Weights root() const;

  /// Accounts for a tensor that inference as built here does not need.
  void ignore(std::string_view name, std::string_view reason) const;

  void list(const Account& account, std::vector<AccountEntry>& entries, std::vector<Error>& problems) const override;

  struct Place;

 private:
  StateDict(Account& account, std::vector<NamedWeight> tensors, std::span<const TensorRule> rules);

  Account& account_;
  std::vector<NamedWeight> tensors_;
  std::span<const TensorRule> rules_;
  std::shared_ptr<Place> root_;
};

}  // namespace modelport
