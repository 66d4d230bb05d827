#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/tensor.h"

namespace modelport {

/// A named dense tensor given to or got from an engine.
struct EngineTensor {
  std::string name;
  Tensor tensor;
};

/// An input that a loaded model declares. An IR need not name its ports.
struct EngineInput {
  std::string name;
  DType dtype;
};

/// A model loaded in a real engine.
class EngineSession {
 public:
  virtual ~EngineSession() = default;
  /// Runs once; outputs in the file's order, float dtypes as the engine gives them. kValidationFailed with the engine's
  /// own words when it refuses.
  virtual Result<std::vector<EngineTensor>> run(const std::vector<EngineTensor>& inputs) = 0;
  /// The inputs in the file's order; empty where the engine takes them by position.
  virtual Result<std::vector<EngineInput>> inputs() { return std::vector<EngineInput>{}; }
  /// The declared shape of each input in the file's order, -1 where it may vary; empty where the engine does not tell.
  virtual Result<std::vector<Shape>> input_shapes() { return std::vector<Shape>{}; }
};

/// Where an engine was found, or why not.
struct EnginePresence {
  bool found = false;
  std::string version;                 ///< "1.32.0"
  std::string library;                 ///< Path of what was opened.
  std::vector<std::string> looked_at;  ///< Every place tried, in order, with what was wrong there.
  std::string hint;                    ///< The command that would bring it.
  bool computes_float16 = true;        ///< false: it has no float16 convolution on this machine.
};

/// One row per engine; virtual seam so that tests can stand in.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;     ///< "ONNX Runtime"
  virtual const EnginePresence& presence() = 0;  ///< Loads the library on first use.
  /// Whether presence() is likely to find it, for lists that must be quick: true may be wrong, false is not.
  virtual bool is_likely() { return presence().found; }
  enum class Optimization { kNone, kAll };
  /// Loads a model from memory, which must stay alive until the session is gone: `model` in place of the content of the
  /// first file at `path`, beside which companions still lie.
  virtual Result<std::unique_ptr<EngineSession>> load(const std::string& path, std::span<const std::byte> model,
                                                      Optimization optimization) = 0;
  /// Loads a model from its first file.
  virtual Result<std::unique_ptr<EngineSession>> load_file(const std::string& path, Optimization optimization) = 0;
};

/// ONNX Runtime through its C interface, found at run time: $MODELPORT_ONNXRUNTIME (a file or directory), then `lib/`
/// beside and above the executable, a virtual environment named by $VIRTUAL_ENV or `venv` in the build directory of the
/// executable, then the system's library path.
Engine& onnx_runtime();

/// OpenVINO's CPU plugin through its C interface, found like ONNX Runtime: $MODELPORT_OPENVINO, the same folders,
/// `openvino` in the same virtual environments. It computes in float32 (INFERENCE_PRECISION_HINT=f32; by default it
/// would in bfloat16 where the CPU has that) with two threads; there is no unoptimised run. An input given without a
/// name is the one at its position: an IR need not name its ports.
Engine& openvino_runtime();

/// PyTorch running TorchScript archives in a helper process: a Python interpreter that imports torch, named by
/// $MODELPORT_TORCH_PYTHON, else that of a virtual environment as above. One process, started on first use, serves all
/// sessions until this one ends; it computes in float32 with two threads. kAll freezes the model and optimizes it for
/// inference. Inputs are matched by position; outputs, in order and out of their tuples, lists and dicts, are called
/// "output0", "output1"..., since an archive names none.
Engine& torch();

}  // namespace modelport
