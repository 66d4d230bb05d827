#include "formats/openvino/identical.h"

#include <fmt/ranges.h>

#include "formats/constant_pool.h"

namespace modelport::openvino {

namespace {

template <class T>
Status require_equal(const T& written, const T& read, std::string_view what) {
  if (written == read) return {};
  return fail(ErrorCode::kValidationFailed, "{} was written as '{}' and reads as '{}'", what, written, read);
}

std::string print_attributes(const std::vector<OpenvinoAttribute>& attributes) {
  std::string text;
  for (const OpenvinoAttribute& each : attributes) text += fmt::format("{}=\"{}\" ", each.name, each.value);
  return text;
}

std::string print_inputs(const std::vector<OpenvinoSource>& inputs) {
  std::string text;
  for (const OpenvinoSource& each : inputs) text += fmt::format("{}.{} ", each.layer, each.output);
  return text;
}

std::string print_outputs(const std::vector<OpenvinoOutput>& outputs) {
  std::string text;
  for (const OpenvinoOutput& each : outputs)
    text += fmt::format("{} {}; ", print_type(each.type), fmt::join(each.names, ","));
  return text;
}

std::string print_info(const OpenvinoInfo& info) {
  std::string text = fmt::format("{}={}", info.name, info.value);
  for (const OpenvinoInfo& child : info.children) text += fmt::format(" ({})", print_info(child));
  return text;
}

Status require_same_layer(const OpenvinoLayer& written, const OpenvinoLayer& read) {
  CHECK_OK(require_equal(openvino_op(written.type).name, openvino_op(read.type).name, "its operation"));
  CHECK_OK(require_equal(print_attributes(written.attributes), print_attributes(read.attributes), "its attributes"));
  CHECK_OK(require_equal(written.marks, read.marks, "its marks"));
  CHECK_OK(require_equal(print_inputs(written.inputs), print_inputs(read.inputs), "its inputs"));
  if (written.outputs != read.outputs)
    return require_equal(print_outputs(written.outputs), print_outputs(read.outputs), "its outputs");
  if (written.type != OpenvinoOpType::kConst) return {};
  CHECK_OK(require_equal(written.offset, read.offset, "its offset"));
  if (same_bytes(written.data, read.data)) return {};
  return fail(ErrorCode::kValidationFailed, "its elements differ from what was written");
}

}  // namespace

Status require_identical_openvino(const OpenvinoModel& written, const OpenvinoModel& read) {
  CHECK_OK(require_equal(written.name, read.name, "the model's name"));
  CHECK_OK(require_equal(written.layers.size(), read.layers.size(), "the number of layers"));
  for (size_t i = 0; i < written.layers.size(); ++i) {
    CHECK_OK(require_equal(written.layers[i].name, read.layers[i].name, fmt::format("the name of layer {}", i)));
    CHECK_OK(
        require_same_layer(written.layers[i], read.layers[i]).in(fmt::format("layer '{}'", written.layers[i].name)));
  }
  CHECK_OK(require_equal(written.info.size(), read.info.size(), "the number of rt_info entries"));
  for (size_t i = 0; i < written.info.size(); ++i)
    CHECK_OK(require_equal(print_info(written.info[i]), print_info(read.info[i]), "rt_info"));
  return {};
}

}  // namespace modelport::openvino
