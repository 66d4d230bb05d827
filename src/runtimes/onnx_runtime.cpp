#include <dlfcn.h>

#include <cstring>
#include <optional>
#include <utility>

#include "runtimes/engine.h"
#include "runtimes/library_search.h"
#include "runtimes/onnx_runtime_api.h"

namespace modelport {

namespace {

using ort::Position;

/// ONNX's element types (TensorProto.DataType) that inputs and outputs may have.
struct ElementType {
  int code;
  DType dtype;
};
constexpr ElementType kElementTypes[] = {{1, DType::kFloat32},  {2, DType::kUInt8},   {3, DType::kInt8},
                                         {6, DType::kInt32},    {7, DType::kInt64},   {9, DType::kBool},
                                         {10, DType::kFloat16}, {11, DType::kFloat64}};

std::optional<int> code_of(DType dtype) {
  for (const ElementType& row : kElementTypes) {
    if (row.dtype == dtype) return row.code;
  }
  return std::nullopt;
}

std::optional<DType> dtype_of(int code) {
  for (const ElementType& row : kElementTypes) {
    if (row.code == code) return row.dtype;
  }
  return std::nullopt;
}

/// The table of functions, and calls into it.
class Api {
 public:
  explicit Api(const void* const* table) : table_(table) {}

  /// A call that answers with a status: null is success.
  template <class... Args>
  Status operator()(std::string_view doing, Position position, Args... args) const {
    auto* status = function<ort::Status*, Args...>(position)(args...);
    if (status == nullptr) return {};
    const std::string message = function<const char*, const ort::Status*>(Position::kGetErrorMessage)(status);
    release(Position::kReleaseStatus, status);
    return fail(ErrorCode::kValidationFailed, "ONNX Runtime cannot {}: {}", doing, message);
  }

  template <class T>
  void release(Position position, T* object) const {
    if (object != nullptr) function<void, T*>(position)(object);
  }

 private:
  template <class R, class... Args>
  auto function(Position position) const {
    return reinterpret_cast<R (*)(Args...)>(const_cast<void*>(table_[position]));
  }
  const void* const* table_;
};

/// An object of the engine that is released with its owner.
template <class T>
class Owned {
 public:
  Owned(const Api& api, Position release) : api_(&api), release_(release) {}
  Owned(Owned&& other) noexcept
      : api_(other.api_), release_(other.release_), object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&&) = delete;
  ~Owned() { api_->release(release_, object_); }
  T* get() const { return object_; }
  T** out() { return &object_; }

 private:
  const Api* api_;
  Position release_;
  T* object_ = nullptr;
};

class Session final : public EngineSession {
 public:
  Session(const Api& api, Owned<ort::Session> session) : api_(api), session_(std::move(session)) {}

  Status read_names() {
    CHECK_OK(read_names(Position::kSessionGetInputCount, Position::kSessionGetInputName, inputs_));
    return read_names(Position::kSessionGetOutputCount, Position::kSessionGetOutputName, outputs_);
  }

  Result<std::vector<EngineTensor>> run(const std::vector<EngineTensor>& inputs) override {
    Owned<ort::MemoryInfo> memory(api_, Position::kReleaseMemoryInfo);
    constexpr int kDeviceAllocator = 0, kDefaultMemory = 0;
    CHECK_OK(api_("describe memory", Position::kCreateCpuMemoryInfo, kDeviceAllocator, kDefaultMemory, memory.out()));
    std::vector<Owned<ort::Value>> values;
    std::vector<const char*> names;
    std::vector<const ort::Value*> operands;
    for (const EngineTensor& input : inputs) {
      TRY(value, wrap(memory.get(), input));
      names.push_back(input.name.c_str());
      operands.push_back(value.get());
      values.push_back(std::move(value));
    }
    std::vector<const char*> output_names;
    for (const std::string& name : outputs_) output_names.push_back(name.c_str());
    std::vector<ort::Value*> results(outputs_.size(), nullptr);
    CHECK_OK(api_("run the model", Position::kRun, session_.get(), static_cast<const void*>(nullptr),
                  static_cast<const char* const*>(names.data()), static_cast<const ort::Value* const*>(operands.data()),
                  operands.size(), static_cast<const char* const*>(output_names.data()), output_names.size(),
                  results.data()));
    std::vector<Owned<ort::Value>> owned;
    for (ort::Value* result : results) {
      owned.emplace_back(api_, Position::kReleaseValue);
      *owned.back().out() = result;
    }
    std::vector<EngineTensor> tensors;
    for (size_t i = 0; i < owned.size(); ++i) {
      TRY(tensor, copy_out(owned[i].get(), outputs_[i]));
      tensors.push_back({outputs_[i], std::move(tensor)});
    }
    return tensors;
  }

  Result<std::vector<EngineInput>> inputs() override {
    std::vector<EngineInput> declared;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      Owned<ort::TypeInfo> type(api_, Position::kReleaseTypeInfo);
      TRY(tensor, input_type(i, type));
      int code = 0;
      CHECK_OK(api_("tell an input's element type", Position::kGetTensorElementType, tensor, &code));
      const auto dtype = dtype_of(code);
      if (!dtype)
        return fail(ErrorCode::kValidationFailed, "ONNX Runtime has element type {} for the input {}", code,
                    inputs_[i]);
      declared.push_back({inputs_[i], *dtype});
    }
    return declared;
  }

  Result<std::vector<Shape>> input_shapes() override {
    std::vector<Shape> shapes;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      Owned<ort::TypeInfo> type(api_, Position::kReleaseTypeInfo);
      TRY(tensor, input_type(i, type));
      size_t rank = 0;
      CHECK_OK(api_("tell an input's rank", Position::kGetDimensionsCount, tensor, &rank));
      Shape shape(rank);
      CHECK_OK(api_("tell an input's shape", Position::kGetDimensions, tensor, shape.data(), rank));
      shapes.push_back(std::move(shape));
    }
    return shapes;
  }

 private:
  /// The tensor type of an input, which lives as long as `type`.
  Result<const ort::TypeAndShape*> input_type(size_t index, Owned<ort::TypeInfo>& type) const {
    CHECK_OK(api_("tell an input's type", Position::kSessionGetInputTypeInfo,
                  static_cast<const ort::Session*>(session_.get()), index, type.out()));
    const ort::TypeAndShape* tensor = nullptr;
    CHECK_OK(api_("tell an input's tensor type", Position::kCastTypeInfoToTensorInfo,
                  static_cast<const ort::TypeInfo*>(type.get()), &tensor));
    return tensor;
  }

  Status read_names(Position count_at, Position name_at, std::vector<std::string>& names) {
    ort::Allocator* allocator = nullptr;
    CHECK_OK(api_("get its allocator", Position::kGetAllocatorWithDefaultOptions, &allocator));
    size_t count = 0;
    CHECK_OK(api_("count values", count_at, static_cast<const ort::Session*>(session_.get()), &count));
    for (size_t i = 0; i < count; ++i) {
      char* name = nullptr;
      CHECK_OK(api_("name a value", name_at, static_cast<const ort::Session*>(session_.get()), i, allocator, &name));
      names.emplace_back(name);
      CHECK_OK(api_("free a name", Position::kAllocatorFree, allocator, static_cast<void*>(name)));
    }
    return {};
  }

  Result<Owned<ort::Value>> wrap(const ort::MemoryInfo* memory, const EngineTensor& input) {
    const auto code = code_of(input.tensor.dtype());
    if (!code || !input.tensor.is_contiguous()) {
      return fail(ErrorCode::kInternal, "{} is {}, or not contiguous: not given to engines", input.name,
                  dtype_name(input.tensor.dtype()));
    }
    Owned<ort::Value> value(api_, Position::kReleaseValue);
    const std::span<const std::byte> bytes = input.tensor.bytes();
    CHECK_OK(api_("take an input", Position::kCreateTensorWithDataAsOrtValue, memory,
                  const_cast<void*>(static_cast<const void*>(bytes.data())), bytes.size(), input.tensor.shape().data(),
                  input.tensor.shape().size(), *code, value.out()));
    return value;
  }

  Result<Tensor> copy_out(ort::Value* value, const std::string& name) {
    Owned<ort::TypeAndShape> type(api_, Position::kReleaseTensorTypeAndShapeInfo);
    CHECK_OK(api_("describe an output", Position::kGetTensorTypeAndShape, static_cast<const ort::Value*>(value),
                  type.out()));
    int code = 0;
    size_t rank = 0;
    CHECK_OK(api_("tell an output's type", Position::kGetTensorElementType,
                  static_cast<const ort::TypeAndShape*>(type.get()), &code));
    CHECK_OK(api_("tell an output's rank", Position::kGetDimensionsCount,
                  static_cast<const ort::TypeAndShape*>(type.get()), &rank));
    Shape shape(rank);
    CHECK_OK(api_("tell an output's shape", Position::kGetDimensions, static_cast<const ort::TypeAndShape*>(type.get()),
                  shape.data(), rank));
    const auto dtype = dtype_of(code);
    const auto count = element_count(shape);
    if (!dtype || !count)
      return fail(ErrorCode::kValidationFailed, "ONNX Runtime gives {} as element type {} and shape {}", name, code,
                  shape_text(shape));
    void* data = nullptr;
    CHECK_OK(api_("give an output", Position::kGetTensorMutableData, value, &data));
    std::vector<std::byte> bytes(static_cast<size_t>(*count * dtype_bytes(*dtype)));
    std::memcpy(bytes.data(), data, bytes.size());
    return Tensor::from_bytes(*dtype, std::move(shape), std::move(bytes));
  }

  const Api& api_;
  Owned<ort::Session> session_;
  std::vector<std::string> inputs_, outputs_;
};

class OnnxRuntime final : public Engine {
 public:
  std::string_view name() const override { return "ONNX Runtime"; }

  const EnginePresence& presence() override {
    if (!looked_) look();
    return presence_;
  }

  Result<std::unique_ptr<EngineSession>> load(const std::string&, std::span<const std::byte> model,
                                              Optimization optimization) override {
    return load_with(optimization, [&](const ort::SessionOptions* options, ort::Session** session) {
      return (*api_)("load the model", Position::kCreateSessionFromArray, static_cast<const ort::Env*>(env_),
                     static_cast<const void*>(model.data()), model.size(), options, session);
    });
  }

  Result<std::unique_ptr<EngineSession>> load_file(const std::string& path, Optimization optimization) override {
    return load_with(optimization, [&](const ort::SessionOptions* options, ort::Session** session) {
      return (*api_)("load the model", Position::kCreateSession, static_cast<const ort::Env*>(env_), path.c_str(),
                     options, session);
    });
  }

 private:
  static constexpr int kThreads = 2;

  void look() {
    looked_ = true;
    const LibrarySearch search{"MODELPORT_ONNXRUNTIME", "libonnxruntime.so", {"onnxruntime/capi"}};
    for (const LibraryCandidate& candidate : library_candidates(search)) {
      const std::string problem = candidate.library.empty() ? "no libonnxruntime.so there" : open(candidate.library);
      presence_.looked_at.push_back(candidate.place + (problem.empty() ? "" : ": " + problem));
      if (problem.empty()) return;
    }
    presence_.hint =
        "pip install onnxruntime into the active virtual environment, or set MODELPORT_ONNXRUNTIME to the library";
  }

  /// Loads the library and makes its environment; what went wrong, or "".
  std::string open(const std::string& library) {
    void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return ::dlerror();
    const auto get_base = reinterpret_cast<const ort::ApiBase* (*)()>(::dlsym(handle, "OrtGetApiBase"));
    if (get_base == nullptr) return "has no OrtGetApiBase";
    const void* const* table = get_base()->get_api(ort::kApiVersion);
    if (table == nullptr)
      return std::string("is version ") + get_base()->version_string() + ", 1.17 or newer is needed";
    api_.emplace(table);
    const Status made = (*api_)("start", Position::kCreateEnv, ort::kLoggingLevelFatal, "modelport", &env_);
    if (!made) return made.error().text();
    presence_.found = true;
    presence_.version = get_base()->version_string();
    presence_.library = library;
    return "";
  }

  template <class Create>
  Result<std::unique_ptr<EngineSession>> load_with(Optimization optimization, Create create) {
    if (!presence().found) return fail(ErrorCode::kUnavailable, "ONNX Runtime is not on this machine");
    Owned<ort::SessionOptions> options(*api_, Position::kReleaseSessionOptions);
    CHECK_OK((*api_)("take options", Position::kCreateSessionOptions, options.out()));
    const int level = optimization == Optimization::kAll ? ort::kEnableAllOptimizations : ort::kDisableAllOptimizations;
    CHECK_OK((*api_)("set its optimisation", Position::kSetSessionGraphOptimizationLevel, options.get(), level));
    CHECK_OK((*api_)("set its threads", Position::kSetIntraOpNumThreads, options.get(), kThreads));
    // One run a session: an arena and a memory pattern would only cost.
    CHECK_OK((*api_)("leave out its arena", Position::kDisableCpuMemArena, options.get()));
    CHECK_OK((*api_)("leave out memory patterns", Position::kDisableMemPattern, options.get()));
    CHECK_OK((*api_)("stop its threads from spinning", Position::kAddSessionConfigEntry, options.get(),
                     "session.intra_op.allow_spinning", "0"));
    Owned<ort::Session> handle(*api_, Position::kReleaseSession);
    CHECK_OK(create(static_cast<const ort::SessionOptions*>(options.get()), handle.out()));
    auto session = std::make_unique<Session>(*api_, std::move(handle));
    CHECK_OK(session->read_names());
    return std::unique_ptr<EngineSession>(std::move(session));
  }

  bool looked_ = false;
  EnginePresence presence_;
  std::optional<Api> api_;
  ort::Env* env_ = nullptr;
};

}  // namespace

Engine& onnx_runtime() {
  static OnnxRuntime engine;
  return engine;
}

}  // namespace modelport
