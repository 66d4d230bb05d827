#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "formats/format.h"
#include "formats/onnx/onnx_op.h"

namespace modelport::onnx {

/// AttributeProto: a float, an int, a string or a list of ints.
struct OnnxAttribute {
  std::string name;
  std::variant<float, int64_t, std::string, std::vector<int64_t>> value;
  friend bool operator==(const OnnxAttribute&, const OnnxAttribute&) = default;
};

/// NodeProto of the standard domain. Values are named; "" is an absent optional input.
struct OnnxNode {
  OnnxOpType type = OnnxOpType::kIdentity;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<OnnxAttribute> attributes;
  std::string name;
};

/// One size in a declared type: a number, or the name of a size that may vary.
using OnnxDim = std::variant<int64_t, std::string>;

/// ValueInfoProto: a declared input or output.
struct OnnxValueInfo {
  std::string name;
  DType dtype = DType::kFloat32;
  std::vector<OnnxDim> shape;
  friend bool operator==(const OnnxValueInfo&, const OnnxValueInfo&) = default;
};

/// TensorProto: a named constant. The recipe's dtype and shape are the tensor's; read from a file, it is a view of the
/// mapped bytes.
struct OnnxInitializer {
  std::string name;
  WeightRecipe data;
};

/// ModelProto with its one graph: what is written, and what is read back.
struct OnnxModel final : LoweredModel {
  int64_t ir_version = 8;
  int64_t opset = 17;
  std::string producer_name;
  std::string producer_version;
  std::vector<std::pair<std::string, std::string>> metadata_props;

  std::string graph_name;
  std::vector<OnnxValueInfo> inputs;
  std::vector<OnnxValueInfo> outputs;
  std::vector<OnnxInitializer> initializers;
  std::vector<OnnxNode> nodes;

  /// Inner values worth comparing, in the order of Graph::probes. Not in the file: its twin declares them as outputs.
  std::vector<OnnxValueInfo> probes;
};

/// One line per field of the model, for messages and goldens; elements of up to eight-element initializers are shown.
std::string print_onnx(const OnnxModel& model);

/// "strides=[2, 2]", "mode=\"nearest\"".
std::string print_attribute(const OnnxAttribute& attribute);

/// "float32[batch, 3, 640, 640]".
std::string print_type(const OnnxValueInfo& info);

}  // namespace modelport::onnx
