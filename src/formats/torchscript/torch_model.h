#pragma once

#include <string>
#include <vector>

#include "formats/format.h"
#include "formats/torchscript/torch_code.h"

namespace modelport::torchscript {

/// A tensor attribute of the class.
struct TorchBuffer {
  std::string name;  ///< "model_0_conv_weight"
  WeightRecipe data;
  size_t storage = 0;  ///< Number of the storage that holds its elements; buffers of equal bytes share one.
};

/// What the code does not say of an input.
struct TorchInput {
  std::string name;
  DType dtype = DType::kFloat32;
  SymbolicShape shape;
};

/// A whole archive: what is written, and what is read back.
struct TorchModel final : LoweredModel {
  TorchCode code;
  std::vector<TorchBuffer> buffers;  ///< As code.buffers names them.
  std::vector<TorchInput> inputs;    ///< As code.parameters names them.
  std::vector<std::string> outputs;  ///< Names of code.results.
  std::string config;                ///< The text of extra/config.txt.

  /// Inner values worth comparing, in the order of Graph::probes: expressions that hold in forward. Not in the file:
  /// its twin returns them too.
  std::vector<TorchExpression> probes;
};

/// The output's name where forward returns this expression, else its own text.
std::string torch_value_name(const TorchModel& model, const TorchExpression& value);

/// The text of extra/modelport.json.
std::string torch_signature(const TorchModel& model);
/// Reads it into `inputs` and `outputs`. kDamaged for anything else.
Status read_torch_signature(std::string_view text, TorchModel& model);

/// The code of the file's twin: forward returns the probes behind its results, those that are results already, or were
/// named before, not once more.
TorchCode torch_twin_code(const TorchModel& model);

/// kValidationFailed naming the first difference: code, signature, metadata, every byte of every buffer.
Status require_identical_torch(const TorchModel& written, const TorchModel& read);

}  // namespace modelport::torchscript
