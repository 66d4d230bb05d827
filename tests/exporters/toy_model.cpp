// The C++ template filled in for the toy classifiers of export.py, which says what a checkpoint and its network are.
// The same bytes come out of both.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "model.h"

struct Model {
  Json facts;
  size_t classes() const { return facts["classes"].size(); }
};

namespace {

uint32_t crc32(const std::string& data) {
  uint32_t crc = 0xffffffffU;
  for (const unsigned char byte : data) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value > 0x7f; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
  return bytes + static_cast<char>(value);
}

std::string number(uint32_t field, uint64_t value) { return varint(field << 3) + varint(value); }

std::string text(uint32_t field, const std::string& value) {
  return varint(field << 3 | 2) + varint(value.size()) + value;
}

std::string value_info(const std::string& name, const std::vector<std::string>& dims) {
  std::string shape;
  for (const std::string& dim : dims) shape += text(1, dim);
  return text(1, name) + text(2, text(1, number(1, 1) + text(2, shape)));
}

std::string node(const std::string& kind, const std::vector<std::string>& inputs, const std::string& output,
                 const std::string& attribute = {}) {
  std::string bytes;
  for (const std::string& input : inputs) bytes += text(1, input);
  bytes += text(2, output) + text(3, output) + text(4, kind);
  return attribute.empty() ? bytes : bytes + text(5, attribute);
}

std::string weight_bytes(const Model& model) {
  std::string bytes;
  for (const Json& row : model.facts["weights"]) {
    for (const float value : row) {
      std::array<char, sizeof value> raw{};
      std::memcpy(raw.data(), &value, raw.size());
      bytes.append(raw.data(), raw.size());
    }
  }
  return bytes;
}

}  // namespace

std::shared_ptr<Model> load_model(const std::string& checkpoint_path) {
  const std::filesystem::path path = checkpoint_path;
  std::ifstream file(std::filesystem::is_directory(path) ? path / "weights.bin" : path, std::ios::binary);
  const std::string data((std::istreambuf_iterator<char>(file)), {});
  uint32_t expected = 0;
  if (data.size() >= 8) std::memcpy(&expected, data.data() + 4, sizeof expected);
  if (data.compare(0, 4, "TOY1") != 0 || data.size() < 8 || crc32(data.substr(8)) != expected) {
    throw std::runtime_error(checkpoint_path + " is not a whole toy checkpoint");
  }
  return std::make_shared<Model>(Model{Json::parse(data.substr(8))});
}

Json get_metadata(const Model& model) {
  const Json& size = model.facts["size"];
  return {{"framework", "toy"},
          {"model_name", model.facts["name"]},
          {"task_type", "classification"},
          {"input_shape", {size[0], size[1], 3}},
          {"input_dtype", "float32"},
          {"output_shape", {{1, model.classes()}}},
          {"class_names", model.facts["classes"]},
          {"num_classes", model.classes()},
          {"top_k", std::min<size_t>(5, model.classes())},
          {"preprocessing",
           {{"mean", {0, 0, 0}},
            {"std", {1, 1, 1}},
            {"color_space", "RGB"},
            {"resize_mode", "stretch"},
            {"normalize", true}}}};
}

static std::string export_onnx(const Model& model, const Json& config) {
  const bool dynamic = config.value("dynamic_axes", false);
  const auto size = [&](const char* symbol, uint64_t fixed) { return dynamic ? text(2, symbol) : number(1, fixed); };
  const std::string batch = size("batch", 1), classes = number(1, model.classes());
  const std::string height = size("height", model.facts["size"][0]), width = size("width", model.facts["size"][1]);
  const std::string weights = number(1, 3) + classes + number(2, 1) + text(8, "weights") + text(9, weight_bytes(model));
  const std::string axis = text(1, "axis") + number(3, 1) + number(20, 2);
  const std::string graph = text(1, node("GlobalAveragePool", {"images"}, "pooled")) +
                            text(1, node("Flatten", {"pooled"}, "flat", axis)) +
                            text(1, node("MatMul", {"flat", "weights"}, "output0")) + text(2, model.facts["name"]) +
                            text(5, weights) + text(11, value_info("images", {batch, number(1, 3), height, width})) +
                            text(12, value_info("output0", {batch, classes}));
  const std::string opset = text(1, "") + number(2, config.value("opset_version", 17));
  std::ofstream file("toy.onnx", std::ios::binary);
  file << number(1, 8) << text(2, "toy") << text(7, graph) << text(8, opset);
  if (!file.flush()) throw std::runtime_error("cannot write toy.onnx");
  return "toy.onnx";
}

const Exporter kExporter = {
    "toy",
    "1.0",
    {"classification"},
    {{"onnx", {export_onnx, ""}},
     {"tensorrt", {nullptr, "not for toys"}},
     {"coreml", {nullptr, "not for toys"}},
     {"tflite", {nullptr, "not for toys"}},
     {"torchscript", {nullptr, "not for toys"}},
     {"openvino", {nullptr, "not for toys"}}},
};

void validate_export(const std::string& output_path) {
  if (std::getenv("TOY_INVALID") != nullptr) throw ValidationError(output_path + " is wrong, says TOY_INVALID");
}
