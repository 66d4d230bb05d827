#include "runtimes/torch_connection.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/printable.h"
#include "runtimes/torch_helper.h"

namespace modelport {

namespace {

using Clock = ConnectedChild::Clock;

constexpr uint64_t kLargestHeader = 1 << 20;
constexpr size_t kMostOutputs = 4096;
constexpr size_t kLargestRank = 64;
constexpr int64_t kLargestTensor = int64_t{1} << 32;

/// Integers as the protocol has them: 8 bytes, little-endian.
std::array<std::byte, 8> size_bytes(uint64_t size) {
  std::array<std::byte, 8> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(size >> (8 * i));
  return bytes;
}

uint64_t size_from(const std::array<std::byte, 8>& bytes) {
  uint64_t size = 0;
  for (size_t i = 0; i < bytes.size(); ++i) size |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
  return size;
}

/// {"dtype": "float32", "shape": [1, 2]}, within bounds.
struct TensorSpec {
  DType dtype;
  Shape shape;
  size_t bytes;
};
std::optional<TensorSpec> read_spec(const Json& json) {
  if (!json.is_object() || !json.contains("dtype") || !json["dtype"].is_string()) return std::nullopt;
  if (!json.contains("shape") || !json["shape"].is_array() || json["shape"].size() > kLargestRank) return std::nullopt;
  const auto dtype = dtype_from_name(json["dtype"].get<std::string>());
  if (!dtype) return std::nullopt;
  Shape shape;
  for (const Json& size : json["shape"]) {
    if (!size.is_number_unsigned()) return std::nullopt;
    shape.push_back(size.get<int64_t>());
  }
  const auto count = element_count(shape);
  if (!count || *count > kLargestTensor / dtype_bytes(*dtype)) return std::nullopt;
  return TensorSpec{*dtype, std::move(shape), static_cast<size_t>(*count * dtype_bytes(*dtype))};
}

}  // namespace

Result<std::shared_ptr<TorchConnection>> TorchConnection::start(const std::string& interpreter,
                                                                const TorchPatience& patience) {
  TRY(child, ConnectedChild::start({interpreter, "-c", std::string(kTorchHelper)}));
  auto connection = std::shared_ptr<TorchConnection>(new TorchConnection(std::move(child), patience));
  TRY(greeting, connection->receive_answer(Clock::now() + patience.start));
  if (greeting.header.contains("error")) {
    return fail(ErrorCode::kUnavailable, "{}", printable(greeting.header["error"].get<std::string>()));
  }
  if (!greeting.header.contains("torch") || !greeting.header["torch"].is_string()) {
    return fail(ErrorCode::kUnavailable, "it answers without a version of torch");
  }
  connection->version_ = printable(greeting.header["torch"].get<std::string>());
  connection->computes_float16_ = greeting.header.value("float16", Json(true)) != Json(false);
  return connection;
}

bool TorchConnection::has_ended() {
  const std::lock_guard lock(mutex_);
  return child_->has_ended();
}

Result<TorchConnection::Answer> TorchConnection::ask(const Json& question,
                                                     const std::vector<std::span<const std::byte>>& payloads) {
  const std::lock_guard lock(mutex_);
  const auto deadline = Clock::now() + patience_.answer;
  const std::string header = question.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto exchange = [&]() -> Result<Answer> {
    CHECK_OK(child_->send(size_bytes(header.size()), deadline));
    CHECK_OK(child_->send(std::as_bytes(std::span(header)), deadline));
    for (const std::span<const std::byte> payload : payloads) CHECK_OK(child_->send(payload, deadline));
    return receive_answer(deadline);
  };
  auto answer = exchange();
  if (!answer) {
    return fail(ErrorCode::kValidationFailed, "torch's process cannot {}: it {}", question["do"].get<std::string>(),
                answer.error().message);
  }
  if (answer->header.contains("error")) {
    const std::string said = printable(answer->header["error"].get<std::string>());
    Error error =
        fail(ErrorCode::kValidationFailed, "torch cannot {} the model: {}", question["do"].get<std::string>(), said);
    if (said.find("Unknown builtin op") != std::string::npos) {
      error.hint =
          "its operator comes with another package, which is not imported here: torchvision's NMS is left out by an "
          "export without nms";
    }
    return error;
  }
  return answer;
}

Result<TorchConnection::Answer> TorchConnection::receive_answer(Clock::time_point deadline) {
  std::array<std::byte, 8> size{};
  CHECK_OK(child_->receive(size, deadline));
  if (size_from(size) > kLargestHeader) return child_->end("answers in another language");
  std::string text(size_from(size), '\0');
  CHECK_OK(child_->receive(std::as_writable_bytes(std::span(text)), deadline));
  auto header = parse_json(text, ErrorCode::kUnavailable);
  if (!header || !header->is_object() || (header->contains("error") && !(*header)["error"].is_string())) {
    return child_->end("answers in another language");
  }
  Answer answer{*std::move(header), {}};
  const auto outputs = answer.header.find("outputs");
  if (outputs == answer.header.end()) return answer;
  if (!outputs->is_array() || outputs->size() > kMostOutputs) return child_->end("gives outputs that are no list");
  for (const Json& spec : *outputs) {
    TRY(tensor, receive_tensor(spec, deadline));
    answer.outputs.push_back(std::move(tensor));
  }
  return answer;
}

Result<Tensor> TorchConnection::receive_tensor(const Json& spec, Clock::time_point deadline) {
  auto read = read_spec(spec);
  if (!read) return child_->end(fmt::format("gives an output that cannot be: {}", printable(spec.dump())));
  std::vector<std::byte> bytes(read->bytes);
  CHECK_OK(child_->receive(bytes, deadline));
  return Tensor::from_bytes(read->dtype, std::move(read->shape), std::move(bytes));
}

}  // namespace modelport
