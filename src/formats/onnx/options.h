#pragma once

#include <vector>

#include "formats/format.h"
#include "formats/onnx/layout.h"

namespace modelport::onnx {

/// What ONNX alone reads of export_config.
struct OnnxOptions {
  int64_t opset_version = 17;
  std::optional<int64_t> ir_version;  ///< Absent: the lowest that carries the opset.
};

inline std::span<const ExportOption<FormatOptions>> onnx_options() {
  using namespace layout;
  static const std::vector<ExportOption<FormatOptions>> kRows = {
      integer_option<FormatOptions>("opset_version", kOldestOpset, kNewestOpset,
                                    of_format(&OnnxOptions::opset_version)),
      integer_option<FormatOptions>("ir_version", lowest_ir_version(kOldestOpset), lowest_ir_version(kNewestOpset),
                                    of_format(&OnnxOptions::ir_version), "default: the lowest that carries the opset"),
  };
  return kRows;
}

}  // namespace modelport::onnx
