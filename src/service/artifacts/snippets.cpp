#include "service/artifacts/snippets.h"

#include <algorithm>

#include "service/artifacts/snippet_text.h"

namespace modelport {

namespace {

/// One row per snippet; the empty format is every format that has a Python program.
struct SnippetRow {
  std::string_view format, name, language, needs, usage;
};
constexpr SnippetRow kSnippets[] = {
    {"onnx", "run_onnx.py", "Python", "pip install onnxruntime numpy pillow", "python3 snippets/run_onnx.py PICTURE"},
    {"onnx", "run_onnx.cpp", "C++", "ONNX Runtime's C++ package", "./run_onnx model.onnx"},
    {"openvino", "run_openvino.py", "Python", "pip install openvino numpy pillow",
     "python3 snippets/run_openvino.py PICTURE"},
    {"torchscript", "run_torchscript.py", "Python", "pip install torch numpy pillow",
     "python3 snippets/run_torchscript.py PICTURE"},
    {"tflite", "run_tflite.py", "Python", "pip install ai-edge-litert numpy pillow",
     "python3 snippets/run_tflite.py PICTURE"},
    {"tflite", "Predictor.kt", "Kotlin", "an Android project", "Predictor(context).predict(input)"},
    {"coreml", "run_coreml.py", "Python", "macOS, pip install coremltools numpy pillow",
     "python3 snippets/run_coreml.py PICTURE"},
    {"coreml", "Predictor.swift", "Swift", "Xcode", "try Predictor(compiledModel: url).predict(picture)"},
    {"tensorrt", "run_tensorrt.py", "Python", "TensorRT 10, torch with CUDA",
     "python3 snippets/run_tensorrt.py PICTURE"},
    {"", "vision.py", "Python", "", ""},
};

std::string_view text_of(std::string_view name) {
  const auto texts = snippet_texts();
  const auto found = std::ranges::find(texts, name, &SnippetText::name);
  return found == texts.end() ? std::string_view() : found->text;
}

}  // namespace

std::vector<Snippet> snippets_for(const Json& metadata) {
  const std::string format = metadata.value("export_format", "");
  std::vector<Snippet> found;
  for (const SnippetRow& row : kSnippets) {
    const bool fits = row.format == format || (row.format.empty() && !found.empty());
    if (fits) found.push_back({row.name, row.language, row.needs, row.usage, text_of(row.name)});
  }
  return found;
}

}  // namespace modelport
