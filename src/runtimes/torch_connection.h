#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "process/connected_child.h"
#include "tensor/tensor.h"

namespace modelport {

/// How long the helper process may take to start (to import torch) and to answer.
struct TorchPatience {
  std::chrono::milliseconds start{60'000};
  std::chrono::milliseconds answer{120'000};
};

/// A helper process (torch_helper.h) and the questions to it, one at a time whatever the thread. Errors are
/// kValidationFailed in torch's own words where torch refuses, else they say how the process ended, that it did not
/// answer in time or not as a helper answers; then it has ended for good.
class TorchConnection {
 public:
  /// Waits until torch is imported there; kUnavailable when it cannot be.
  static Result<std::shared_ptr<TorchConnection>> start(const std::string& interpreter, const TorchPatience& patience);

  /// "2.13.0+cpu"
  const std::string& version() const { return version_; }
  bool computes_float16() const { return computes_float16_; }
  bool has_ended();

  /// Sends a question with the bytes that go with it; its answer, with the tensors under "outputs".
  struct Answer {
    Json header;
    std::vector<Tensor> outputs;
  };
  Result<Answer> ask(const Json& question, const std::vector<std::span<const std::byte>>& payloads);

 private:
  TorchConnection(std::unique_ptr<ConnectedChild> child, const TorchPatience& patience)
      : child_(std::move(child)), patience_(patience) {}
  Result<Answer> receive_answer(ConnectedChild::Clock::time_point deadline);
  Result<Tensor> receive_tensor(const Json& spec, ConnectedChild::Clock::time_point deadline);

  std::mutex mutex_;
  std::unique_ptr<ConnectedChild> child_;
  TorchPatience patience_;
  std::string version_;
  bool computes_float16_ = true;
};

}  // namespace modelport
