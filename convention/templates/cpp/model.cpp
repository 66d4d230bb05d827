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

std::string export_onnx(const Model&, const Json&) { throw NotImplemented("export_onnx is not filled in yet"); }

std::string export_tensorrt(const Model&, const Json&) {
  throw NotImplemented("TensorRT export not supported for this framework");
}

std::string export_coreml(const Model&, const Json&) {
  throw NotImplemented("CoreML export not supported for this framework");
}

std::string export_tflite(const Model&, const Json&) {
  throw NotImplemented("TFLite export not supported for this framework");
}

std::string export_torchscript(const Model&, const Json&) {
  throw NotImplemented("TorchScript export not supported for this framework");
}

std::string export_openvino(const Model&, const Json&) {
  throw NotImplemented("OpenVINO export not supported for this framework");
}

void validate_export(const std::string&) {}
