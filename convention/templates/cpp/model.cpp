#include "model.h"

struct Model {};

std::shared_ptr<Model> load_model(const std::string&) {
  throw NotImplemented("load_model is not filled in yet: load the checkpoint there and return the model");
}

Json get_metadata(const Model&) {
  throw NotImplemented(
      "get_metadata is not filled in yet: return framework, model_name, task_type, input_shape, input_dtype, "
      "output_shape and, for detection and classification, class_names and num_classes there");
}

const Exporter kExporter = {
    "your_framework",
    "1.0",
    {"detection", "classification", "segmentation", "pose"},
    {{"onnx", {nullptr, "not filled in yet: write a function that exports it and name it here"}},
     {"tensorrt", {nullptr, "TensorRT export not supported for this framework"}},
     {"coreml", {nullptr, "CoreML export not supported for this framework"}},
     {"tflite", {nullptr, "TFLite export not supported for this framework"}},
     {"torchscript", {nullptr, "TorchScript export not supported for this framework"}},
     {"openvino", {nullptr, "OpenVINO export not supported for this framework"}}},
};

void validate_export(const std::string&) {}
