#include <dlfcn.h>

#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "io/mapped_file.h"
#include "runtimes/engine.h"
#include "runtimes/library_search.h"
#include "runtimes/openvino_api.h"

namespace modelport {

namespace {

/// The element types that inputs and outputs may have, as an IR spells them.
struct ElementType {
  DType dtype;
  std::string_view precision, attribute;
};
constexpr std::array kElementTypes = {
    ElementType{DType::kFloat32, "FP32", "f32"}, ElementType{DType::kFloat16, "FP16", "f16"},
    ElementType{DType::kFloat64, "FP64", "f64"}, ElementType{DType::kInt64, "I64", "i64"},
    ElementType{DType::kInt32, "I32", "i32"},    ElementType{DType::kInt8, "I8", "i8"},
    ElementType{DType::kUInt8, "U8", "u8"},      ElementType{DType::kBool, "BOOL", "boolean"}};
/// This release's number of each, in the same order.
using ElementCodes = std::array<ov::ElementCode, kElementTypes.size()>;

/// Calls, and what their status means.
class Library {
 public:
  ov::Api api{};
  ElementCodes codes{};

  Status check(std::string_view doing, ov::Status status) const {
    if (status == 0) return {};
    const char* last = api.ov_get_last_err_msg != nullptr ? api.ov_get_last_err_msg() : nullptr;
    const char* message = last != nullptr && *last != '\0' ? last : api.ov_get_error_info(status);
    return fail(ErrorCode::kValidationFailed, "OpenVINO cannot {}: {}", doing, message);
  }

  std::optional<ov::ElementCode> code_of(DType dtype) const {
    for (size_t i = 0; i < kElementTypes.size(); ++i) {
      if (kElementTypes[i].dtype == dtype) return codes[i];
    }
    return std::nullopt;
  }
  std::optional<DType> dtype_of(ov::ElementCode code) const {
    for (size_t i = 0; i < kElementTypes.size(); ++i) {
      if (codes[i] == code) return kElementTypes[i].dtype;
    }
    return std::nullopt;
  }
};

/// An object of the engine that is released with its owner.
template <class T>
class Owned {
 public:
  explicit Owned(void (*release)(T*)) : release_(release) {}
  Owned(Owned&& other) noexcept : release_(other.release_), object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&&) = delete;
  ~Owned() {
    if (object_ != nullptr) release_(object_);
  }
  T* get() const { return object_; }
  T** out() { return &object_; }

 private:
  void (*release_)(T*);
  T* object_ = nullptr;
};

/// An IR with one Parameter of every element type, for asking a release how it numbers them.
std::string element_types_ir() {
  std::string layers, edges;
  for (size_t i = 0; i < kElementTypes.size(); ++i) {
    const auto& [dtype, precision, attribute] = kElementTypes[i];
    const size_t result = kElementTypes.size() + i;
    layers += fmt::format(
        R"(<layer id="{0}" name="p{0}" type="Parameter" version="opset1"><data shape="1" element_type="{1}"/>)"
        R"(<output><port id="0" precision="{2}"><dim>1</dim></port></output></layer>)",
        i, attribute, precision);
    edges += fmt::format(R"(<edge from-layer="{}" from-port="0" to-layer="{}" to-port="0"/>)", i, result);
  }
  for (size_t i = 0; i < kElementTypes.size(); ++i) {
    layers += fmt::format(R"(<layer id="{0}" name="r{0}" type="Result" version="opset1">)"
                          R"(<input><port id="0" precision="{1}"><dim>1</dim></port></input></layer>)",
                          kElementTypes.size() + i, kElementTypes[i].precision);
  }
  return fmt::format(
      R"(<?xml version="1.0"?><net name="types" version="11"><layers>{}</layers><edges>{}</edges></net>)", layers,
      edges);
}

class Session final : public EngineSession {
 public:
  Session(const Library& library, Owned<ov::CompiledModel> model, std::shared_ptr<const MappedFile> weights)
      : library_(library), weights_(std::move(weights)), model_(std::move(model)) {}

  Status read_names() {
    const ov::Api& api = library_.api;
    size_t count = 0;
    CHECK_OK(library_.check("count outputs", api.ov_compiled_model_outputs_size(model_.get(), &count)));
    for (size_t i = 0; i < count; ++i) {
      Owned<ov::ConstPort> port(api.ov_output_const_port_free);
      CHECK_OK(library_.check("find an output", api.ov_compiled_model_output_by_index(model_.get(), i, port.out())));
      char* name = nullptr;
      // An output needs no name.
      if (api.ov_port_get_any_name(port.get(), &name) == 0) {
        outputs_.emplace_back(name);
        api.ov_free(name);
      } else {
        outputs_.push_back(fmt::format("output{}", i));
      }
    }
    return {};
  }

  Result<std::vector<EngineInput>> inputs() override {
    const ov::Api& api = library_.api;
    size_t count = 0;
    CHECK_OK(library_.check("count inputs", api.ov_compiled_model_inputs_size(model_.get(), &count)));
    std::vector<EngineInput> declared;
    for (size_t i = 0; i < count; ++i) {
      Owned<ov::ConstPort> port(api.ov_output_const_port_free);
      CHECK_OK(library_.check("find an input", api.ov_compiled_model_input_by_index(model_.get(), i, port.out())));
      ov::ElementCode code = 0;
      CHECK_OK(library_.check("tell an element type", api.ov_port_get_element_type(port.get(), &code)));
      const auto dtype = library_.dtype_of(code);
      if (!dtype) return fail(ErrorCode::kValidationFailed, "OpenVINO has element type {} for input {}", code, i);
      char* name = nullptr;
      declared.push_back({"", *dtype});
      if (api.ov_port_get_any_name(port.get(), &name) != 0) continue;
      declared.back().name = name;
      api.ov_free(name);
    }
    return declared;
  }

  Result<std::vector<Shape>> input_shapes() override {
    const ov::Api& api = library_.api;
    size_t count = 0;
    CHECK_OK(library_.check("count inputs", api.ov_compiled_model_inputs_size(model_.get(), &count)));
    std::vector<Shape> shapes;
    for (size_t i = 0; i < count; ++i) {
      Owned<ov::ConstPort> port(api.ov_output_const_port_free);
      CHECK_OK(library_.check("find an input", api.ov_compiled_model_input_by_index(model_.get(), i, port.out())));
      ov::PartialShape partial;
      CHECK_OK(library_.check("tell an input's shape", api.ov_port_get_partial_shape(port.get(), &partial)));
      shapes.emplace_back();
      const bool ranked = partial.rank.min == partial.rank.max;
      for (int64_t axis = 0; ranked && axis < partial.rank.min; ++axis) {
        const auto& [low, high] = partial.dims[axis];
        shapes.back().push_back(low == high ? low : -1);
      }
      api.ov_partial_shape_free(&partial);
    }
    return shapes;
  }

  Result<std::vector<EngineTensor>> run(const std::vector<EngineTensor>& inputs) override {
    const ov::Api& api = library_.api;
    Owned<ov::InferRequest> request(api.ov_infer_request_free);
    CHECK_OK(library_.check("make a request", api.ov_compiled_model_create_infer_request(model_.get(), request.out())));
    for (size_t i = 0; i < inputs.size(); ++i) CHECK_OK(copy_in(request.get(), inputs[i], i));
    CHECK_OK(library_.check("run the model", api.ov_infer_request_infer(request.get())));
    std::vector<EngineTensor> tensors;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      Owned<ov::Tensor> tensor(api.ov_tensor_free);
      CHECK_OK(library_.check("give an output",
                              api.ov_infer_request_get_output_tensor_by_index(request.get(), i, tensor.out())));
      TRY(copied, copy_out(tensor.get(), outputs_[i]));
      tensors.push_back({outputs_[i], std::move(copied)});
    }
    return tensors;
  }

 private:
  Result<Shape> shape_of(const ov::Tensor* tensor) const {
    ov::Shape shape;
    CHECK_OK(library_.check("tell a shape", library_.api.ov_tensor_get_shape(tensor, &shape)));
    Shape out(shape.dims, shape.dims + shape.rank);
    library_.api.ov_shape_free(&shape);
    return out;
  }

  Result<DType> dtype_of(const ov::Tensor* tensor, const std::string& name) const {
    ov::ElementCode code = 0;
    CHECK_OK(library_.check("tell an element type", library_.api.ov_tensor_get_element_type(tensor, &code)));
    const auto dtype = library_.dtype_of(code);
    if (!dtype) return fail(ErrorCode::kValidationFailed, "OpenVINO has {} as element type {}", name, code);
    return *dtype;
  }

  Status copy_in(const ov::InferRequest* request, const EngineTensor& input, size_t position) {
    const ov::Api& api = library_.api;
    if (!input.tensor.is_contiguous()) return fail(ErrorCode::kInternal, "{} is not contiguous", input.name);
    Owned<ov::Tensor> tensor(api.ov_tensor_free);
    CHECK_OK(library_.check(fmt::format("find the input '{}'", input.name),
                            input.name.empty()
                                ? api.ov_infer_request_get_input_tensor_by_index(request, position, tensor.out())
                                : api.ov_infer_request_get_tensor(request, input.name.c_str(), tensor.out())));
    TRY(dtype, dtype_of(tensor.get(), input.name));
    if (dtype != input.tensor.dtype()) {
      return fail(ErrorCode::kValidationFailed, "OpenVINO wants {} as {}, it is {}", input.name, dtype_name(dtype),
                  dtype_name(input.tensor.dtype()));
    }
    TRY(shape, shape_of(tensor.get()));
    if (shape != input.tensor.shape()) {
      std::vector<int64_t> sizes = input.tensor.shape();
      CHECK_OK(
          library_.check(fmt::format("take '{}' as {}", input.name, shape_text(sizes)),
                         api.ov_tensor_set_shape(tensor.get(), {static_cast<int64_t>(sizes.size()), sizes.data()})));
    }
    void* data = nullptr;
    CHECK_OK(library_.check("take an input", api.ov_tensor_data(tensor.get(), &data)));
    const std::span<const std::byte> bytes = input.tensor.bytes();
    std::memcpy(data, bytes.data(), bytes.size());
    return {};
  }

  Result<Tensor> copy_out(const ov::Tensor* tensor, const std::string& name) const {
    TRY(dtype, dtype_of(tensor, name));
    TRY(shape, shape_of(tensor));
    size_t size = 0;
    CHECK_OK(library_.check("tell an output's size", library_.api.ov_tensor_get_byte_size(tensor, &size)));
    const auto count = element_count(shape);
    if (!count || static_cast<size_t>(*count * dtype_bytes(dtype)) != size) {
      return fail(ErrorCode::kValidationFailed, "OpenVINO gives {} of shape {} in {} bytes", name, shape_text(shape),
                  size);
    }
    void* data = nullptr;
    CHECK_OK(library_.check("give an output", library_.api.ov_tensor_data(tensor, &data)));
    std::vector<std::byte> bytes(size);
    std::memcpy(bytes.data(), data, size);
    return Tensor::from_bytes(dtype, std::move(shape), std::move(bytes));
  }

  const Library& library_;
  std::shared_ptr<const MappedFile> weights_;  ///< The model may read its constants from here as long as it lives.
  Owned<ov::CompiledModel> model_;
  std::vector<std::string> outputs_;
};

/// NAME.xml -> NAME.bin.
std::string weights_path(const std::string& path) {
  const size_t dot = path.rfind('.');
  return path.substr(0, dot) + ".bin";
}

class OpenVino final : public Engine {
 public:
  std::string_view name() const override { return "OpenVINO"; }

  const EnginePresence& presence() override {
    if (!std::exchange(looked_, true)) look();
    return presence_;
  }

  Result<std::unique_ptr<EngineSession>> load(const std::string& path, std::span<const std::byte> model,
                                              Optimization) override {
    CHECK_OK(require_presence());
    const ov::Api& api = library_.api;
    TRY(weights, MappedFile::open(weights_path(path)));
    Owned<ov::Tensor> tensor(api.ov_tensor_free);
    const std::span<const std::byte> bytes = weights->bytes();
    if (!bytes.empty()) {
      int64_t size = static_cast<int64_t>(bytes.size());
      CHECK_OK(library_.check("take the weights",
                              api.ov_tensor_create_from_host_ptr(*library_.code_of(DType::kUInt8), {1, &size},
                                                                 const_cast<std::byte*>(bytes.data()), tensor.out())));
    }
    Owned<ov::Model> read(api.ov_model_free);
    CHECK_OK(library_.check(
        "load the model", api.ov_core_read_model_from_memory_buffer(core_, reinterpret_cast<const char*>(model.data()),
                                                                    model.size(), tensor.get(), read.out())));
    return compile(read.get(), std::move(weights));
  }

  Result<std::unique_ptr<EngineSession>> load_file(const std::string& path, Optimization) override {
    CHECK_OK(require_presence());
    Owned<ov::Model> read(library_.api.ov_model_free);
    CHECK_OK(library_.check("load the model", library_.api.ov_core_read_model(core_, path.c_str(),
                                                                              weights_path(path).c_str(), read.out())));
    return compile(read.get(), nullptr);
  }

 private:
  Status require_presence() {
    if (presence().found) return {};
    return fail(ErrorCode::kUnavailable, "OpenVINO is not on this machine");
  }

  void look() {
    const LibrarySearch search{"MODELPORT_OPENVINO", "libopenvino_c.so", {"openvino/libs"}};
    for (const LibraryCandidate& candidate : library_candidates(search)) {
      const std::string problem = candidate.library.empty() ? "no libopenvino_c.so there" : open(candidate.library);
      presence_.looked_at.push_back(candidate.place + (problem.empty() ? "" : ": " + problem));
      if (problem.empty()) return;
    }
    presence_.hint =
        "pip install openvino into the active virtual environment, or set MODELPORT_OPENVINO to the library";
  }

  /// Loads the library and starts it; what went wrong, or "".
  std::string open(const std::string& library) {
    void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return ::dlerror();
    std::string missing;
    const auto find = [&](auto& function, const char* symbol) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(handle, symbol));
      if (function == nullptr) missing += std::string(missing.empty() ? "has no " : ", ") + symbol;
    };
    ov::Api& api = library_.api;
    find(api.ov_get_openvino_version, "ov_get_openvino_version");
    find(api.ov_version_free, "ov_version_free");
    find(api.ov_get_error_info, "ov_get_error_info");
    find(api.ov_get_last_err_msg, "ov_get_last_err_msg");
    find(api.ov_free, "ov_free");
    find(api.ov_core_create, "ov_core_create");
    find(api.ov_core_read_model, "ov_core_read_model");
    find(api.ov_core_read_model_from_memory_buffer, "ov_core_read_model_from_memory_buffer");
    find(api.ov_core_compile_model, "ov_core_compile_model");
    find(api.ov_model_free, "ov_model_free");
    find(api.ov_model_const_input_by_index, "ov_model_const_input_by_index");
    find(api.ov_compiled_model_inputs_size, "ov_compiled_model_inputs_size");
    find(api.ov_compiled_model_input_by_index, "ov_compiled_model_input_by_index");
    find(api.ov_compiled_model_outputs_size, "ov_compiled_model_outputs_size");
    find(api.ov_compiled_model_output_by_index, "ov_compiled_model_output_by_index");
    find(api.ov_compiled_model_create_infer_request, "ov_compiled_model_create_infer_request");
    find(api.ov_compiled_model_free, "ov_compiled_model_free");
    find(api.ov_port_get_any_name, "ov_port_get_any_name");
    find(api.ov_port_get_partial_shape, "ov_port_get_partial_shape");
    find(api.ov_partial_shape_free, "ov_partial_shape_free");
    find(api.ov_port_get_element_type, "ov_port_get_element_type");
    find(api.ov_output_const_port_free, "ov_output_const_port_free");
    find(api.ov_infer_request_get_tensor, "ov_infer_request_get_tensor");
    find(api.ov_infer_request_get_input_tensor_by_index, "ov_infer_request_get_input_tensor_by_index");
    find(api.ov_infer_request_get_output_tensor_by_index, "ov_infer_request_get_output_tensor_by_index");
    find(api.ov_infer_request_infer, "ov_infer_request_infer");
    find(api.ov_infer_request_free, "ov_infer_request_free");
    find(api.ov_tensor_create_from_host_ptr, "ov_tensor_create_from_host_ptr");
    find(api.ov_tensor_set_shape, "ov_tensor_set_shape");
    find(api.ov_tensor_get_shape, "ov_tensor_get_shape");
    find(api.ov_tensor_get_element_type, "ov_tensor_get_element_type");
    find(api.ov_tensor_get_byte_size, "ov_tensor_get_byte_size");
    find(api.ov_tensor_data, "ov_tensor_data");
    find(api.ov_tensor_free, "ov_tensor_free");
    find(api.ov_shape_free, "ov_shape_free");
    if (!missing.empty()) return missing + "; 2023.1 or newer is needed";
    if (const Status started = start(); !started) return started.error().text();
    presence_.found = true;
    presence_.library = library;
    return "";
  }

  Status start() {
    const ov::Api& api = library_.api;
    ov::Version version;
    CHECK_OK(library_.check("tell its version", api.ov_get_openvino_version(&version)));
    // "2026.4.1-22982-e213a147257-releases/2026/4": the release is before the first dash.
    const std::string_view build = version.build_number;
    presence_.version = build.substr(0, build.find('-'));
    api.ov_version_free(&version);
    CHECK_OK(library_.check("start", api.ov_core_create(&core_)));
    const std::string ir = element_types_ir();
    Owned<ov::Model> model(api.ov_model_free);
    CHECK_OK(library_.check(
        "read an IR", api.ov_core_read_model_from_memory_buffer(core_, ir.c_str(), ir.size(), nullptr, model.out())));
    for (size_t i = 0; i < kElementTypes.size(); ++i) {
      Owned<ov::ConstPort> port(api.ov_output_const_port_free);
      CHECK_OK(library_.check("find an input", api.ov_model_const_input_by_index(model.get(), i, port.out())));
      CHECK_OK(library_.check("tell an element type", api.ov_port_get_element_type(port.get(), &library_.codes[i])));
    }
    return {};
  }

  Result<std::unique_ptr<EngineSession>> compile(const ov::Model* model, std::shared_ptr<const MappedFile> weights) {
    Owned<ov::CompiledModel> compiled(library_.api.ov_compiled_model_free);
    // Without the hint, CPUs that have bfloat16 compute in it.
    constexpr size_t kStrings = 6;
    CHECK_OK(library_.check(
        "compile the model",
        library_.api.ov_core_compile_model(core_, model, "CPU", kStrings, compiled.out(), "INFERENCE_PRECISION_HINT",
                                           "f32", "INFERENCE_NUM_THREADS", "2", "PERFORMANCE_HINT", "LATENCY")));
    auto session = std::make_unique<Session>(library_, std::move(compiled), std::move(weights));
    CHECK_OK(session->read_names());
    return std::unique_ptr<EngineSession>(std::move(session));
  }

  bool looked_ = false;
  EnginePresence presence_;
  Library library_;
  ov::Core* core_ = nullptr;
};

}  // namespace

Engine& openvino_runtime() {
  static OpenVino engine;
  return engine;
}

}  // namespace modelport
