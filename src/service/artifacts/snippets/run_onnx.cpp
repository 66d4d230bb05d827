// Runs model.onnx on zeros and prints the shapes of its outputs: run_onnx model.onnx
// g++ -std=c++17 run_onnx.cpp -o run_onnx -I ONNXRUNTIME/include -L ONNXRUNTIME/lib -lonnxruntime
// How a picture becomes the input stands in metadata.json under "preprocessing".
#include <onnxruntime_cxx_api.h>

#include <cstdio>
#include <string>
#include <vector>

int main(int count, char** values) {
  const std::string path = count > 1 ? values[1] : "model.onnx";
  Ort::Env env(ORT_LOGGING_LEVEL_WARNING, "example");
  Ort::Session session(env, path.c_str(), Ort::SessionOptions());
  Ort::AllocatorWithDefaultOptions allocator;
  const auto input = session.GetInputNameAllocated(0, allocator);
  std::vector<int64_t> shape = session.GetInputTypeInfo(0).GetTensorTypeAndShapeInfo().GetShape();
  size_t elements = 1;
  for (int64_t& size : shape) {
    // A size that is open: a batch of one, a picture of 640 pixels.
    if (size < 0) size = &size == &shape[0] ? 1 : 640;
    elements *= static_cast<size_t>(size);
  }
  std::vector<float> pixels(elements, 0.0f);
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const Ort::Value tensor =
      Ort::Value::CreateTensor<float>(memory, pixels.data(), elements, shape.data(), shape.size());
  std::vector<Ort::AllocatedStringPtr> held;
  std::vector<const char*> names;
  for (size_t i = 0; i < session.GetOutputCount(); ++i) {
    held.push_back(session.GetOutputNameAllocated(i, allocator));
    names.push_back(held.back().get());
  }
  const char* input_name = input.get();
  const auto outputs = session.Run(Ort::RunOptions(), &input_name, &tensor, 1, names.data(), names.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::printf("%s:", names[i]);
    for (const int64_t size : outputs[i].GetTensorTypeAndShapeInfo().GetShape())
      std::printf(" %lld", static_cast<long long>(size));
    std::printf("\n");
  }
}
