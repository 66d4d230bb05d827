#include "export/format_table.h"

#include <array>

#include "formats/onnx/onnx_format.h"
#include "formats/openvino/openvino_format.h"
#include "formats/torchscript/torchscript_format.h"

namespace modelport {

std::span<const FormatRow> format_table() {
  static const std::array<FormatRow, 6> kRows = {{
      {"onnx", &onnx::format(), []() -> Engine* { return &onnx_runtime(); }, ""},
      {"tensorrt",
       nullptr,
       nullptr,
       "this release writes no TensorRT engines; export onnx and build the engine where it will run",
       {"int8", "max_batch_size", "workspace_size"}},
      {"coreml",
       nullptr,
       nullptr,
       "this release writes no CoreML packages",
       {"minimum_deployment_target", "compute_units"}},
      {"tflite", nullptr, nullptr, "this release writes no TFLite files", {"int8", "quantize"}},
      {"torchscript", &torchscript::format(), []() -> Engine* { return &torch(); }, ""},
      {"openvino", &openvino::format(), []() -> Engine* { return &openvino_runtime(); }, ""},
  }};
  return kRows;
}

std::vector<std::string_view> file_names(const Trainer& trainer, const Format& format) {
  std::vector<std::string_view> names = format.files;
  for (const SideFile& file : trainer.side_files) {
    if (file.entries == format.entries) names.push_back(file.name);
  }
  return names;
}

const FormatRow& default_format() { return format_table().front(); }

const FormatRow* find_format(std::string_view name) {
  for (const FormatRow& row : format_table()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace modelport
