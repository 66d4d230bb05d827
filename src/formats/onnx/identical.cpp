#include "formats/onnx/identical.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace modelport::onnx {

namespace {

/// Bytes of each side held at once while weights are compared.
constexpr int64_t kCompareBytes = int64_t{1} << 18;

template <class T>
Status require_equal(const T& written, const T& read, std::string_view what) {
  if (written == read) return {};
  return fail(ErrorCode::kValidationFailed, "{} was written as '{}' and reads as '{}'", what, written, read);
}

Status require_same_types(const std::vector<OnnxValueInfo>& written, const std::vector<OnnxValueInfo>& read,
                          std::string_view what) {
  CHECK_OK(require_equal(written.size(), read.size(), fmt::format("the number of {}s", what)));
  for (size_t i = 0; i < written.size(); ++i) {
    CHECK_OK(require_equal(written[i].name, read[i].name, fmt::format("the name of {} {}", what, i)));
    if (written[i] == read[i]) continue;
    return require_equal(print_type(written[i]), print_type(read[i]), fmt::format("{} '{}'", what, read[i].name));
  }
  return {};
}

Status require_same_node(const OnnxNode& written, const OnnxNode& read) {
  CHECK_OK(require_equal(onnx_op_name(written.type), onnx_op_name(read.type), "its operator"));
  const auto joined = [](const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); };
  if (written.inputs != read.inputs) return require_equal(joined(written.inputs), joined(read.inputs), "its inputs");
  if (written.outputs != read.outputs) {
    return require_equal(joined(written.outputs), joined(read.outputs), "its outputs");
  }
  CHECK_OK(require_equal(written.attributes.size(), read.attributes.size(), "the number of its attributes"));
  for (size_t i = 0; i < written.attributes.size(); ++i) {
    if (written.attributes[i] == read.attributes[i]) continue;
    return require_equal(print_attribute(written.attributes[i]), print_attribute(read.attributes[i]), "an attribute");
  }
  return {};
}

Status require_same_bytes(const WeightRecipe& written, const WeightRecipe& read) {
  const int64_t element = dtype_bytes(written.dtype());
  const int64_t count = written.element_count();
  std::vector<std::byte> left(static_cast<size_t>(std::min(kCompareBytes, count * element)));
  std::vector<std::byte> right(left.size());
  for (int64_t begin = 0; begin < count; begin += kCompareBytes / element) {
    const auto bytes = static_cast<size_t>(std::min(kCompareBytes / element, count - begin) * element);
    written.read_bytes(begin, std::span(left).first(bytes));
    read.read_bytes(begin, std::span(right).first(bytes));
    const auto differs = std::mismatch(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(bytes), right.begin());
    if (differs.first == left.begin() + static_cast<std::ptrdiff_t>(bytes)) continue;
    const int64_t at = begin + (differs.first - left.begin()) / element;
    return fail(ErrorCode::kValidationFailed, "element {} of {} differs from what was written", at, count);
  }
  return {};
}

Status require_same_initializer(const OnnxInitializer& written, const OnnxInitializer& read) {
  CHECK_OK(require_equal(written.name, read.name, "its name"));
  CHECK_OK(require_equal(dtype_name(written.data.dtype()), dtype_name(read.data.dtype()), "its element type"));
  CHECK_OK(require_equal(shape_text(written.data.shape()), shape_text(read.data.shape()), "its shape"));
  return require_same_bytes(written.data, read.data);
}

}  // namespace

Status require_identical_onnx(const OnnxModel& written, const OnnxModel& read) {
  CHECK_OK(require_equal(written.ir_version, read.ir_version, "ir_version"));
  CHECK_OK(require_equal(written.opset, read.opset, "the opset"));
  CHECK_OK(require_equal(written.producer_name, read.producer_name, "producer_name"));
  CHECK_OK(require_equal(written.producer_version, read.producer_version, "producer_version"));
  CHECK_OK(require_equal(written.metadata_props, read.metadata_props, "metadata_props"));
  CHECK_OK(require_equal(written.graph_name, read.graph_name, "the graph's name"));
  CHECK_OK(require_same_types(written.inputs, read.inputs, "input"));
  CHECK_OK(require_same_types(written.outputs, read.outputs, "output"));
  CHECK_OK(require_equal(written.nodes.size(), read.nodes.size(), "the number of nodes"));
  for (size_t i = 0; i < written.nodes.size(); ++i) {
    CHECK_OK(require_equal(written.nodes[i].name, read.nodes[i].name, fmt::format("the name of node {}", i)));
    CHECK_OK(require_same_node(written.nodes[i], read.nodes[i]).in(fmt::format("node '{}'", written.nodes[i].name)));
  }
  CHECK_OK(require_equal(written.initializers.size(), read.initializers.size(), "the number of initializers"));
  for (size_t i = 0; i < written.initializers.size(); ++i) {
    CHECK_OK(require_same_initializer(written.initializers[i], read.initializers[i])
                 .in(fmt::format("initializer '{}'", written.initializers[i].name)));
  }
  return {};
}

}  // namespace modelport::onnx
