#include "formats/torchscript/torch_model.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "formats/constant_pool.h"

namespace modelport::torchscript {

namespace {

template <class T>
Status require_equal(const T& written, const T& read, std::string_view what) {
  if (written == read) return {};
  return fail(ErrorCode::kValidationFailed, "{} was written as '{}' and reads as '{}'", what, written, read);
}

}  // namespace

std::string torch_value_name(const TorchModel& model, const TorchExpression& value) {
  const std::string text = print_torch_expression(value);
  for (size_t i = 0; i < model.code.results.size(); ++i) {
    if (print_torch_expression(model.code.results[i]) == text) return model.outputs[i];
  }
  return text;
}

std::string torch_signature(const TorchModel& model) {
  Json inputs = Json::array();
  for (const TorchInput& input : model.inputs) {
    Json shape = Json::array();
    for (const Dim& size : input.shape) {
      const auto constant = size.constant();
      shape.push_back(constant ? Json(*constant) : Json(size.text()));
    }
    inputs.push_back({{"name", input.name}, {"dtype", dtype_name(input.dtype)}, {"shape", shape}});
  }
  return Json{{"producer", "modelport " MODELPORT_VERSION}, {"inputs", inputs}, {"outputs", model.outputs}}.dump(2) +
         "\n";
}

Status read_torch_signature(std::string_view text, TorchModel& model) {
  TRY(json, parse_json(text, ErrorCode::kDamaged).in("extra/modelport.json"));
  const auto damaged = [] {
    return fail(ErrorCode::kDamaged, "extra/modelport.json does not describe inputs and outputs");
  };
  if (!json.is_object() || !json.contains("inputs") || !json["inputs"].is_array() || !json.contains("outputs") ||
      !json["outputs"].is_array())
    return damaged();
  for (const Json& entry : json["inputs"]) {
    if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string() || !entry.contains("dtype") ||
        !entry["dtype"].is_string() || !entry.contains("shape") || !entry["shape"].is_array())
      return damaged();
    TorchInput input;
    input.name = entry["name"];
    const auto dtype = dtype_from_name(entry["dtype"].get<std::string>());
    if (!dtype) return damaged();
    input.dtype = *dtype;
    for (const Json& size : entry["shape"]) {
      if (size.is_number_integer()) {
        input.shape.emplace_back(size.get<int64_t>());
      } else if (size.is_string()) {
        TRY(dim, parse_dim(size.get<std::string>()));
        input.shape.push_back(std::move(dim));
      } else {
        return damaged();
      }
    }
    model.inputs.push_back(std::move(input));
  }
  for (const Json& entry : json["outputs"]) {
    if (!entry.is_string()) return damaged();
    model.outputs.push_back(entry);
  }
  return {};
}

TorchCode torch_twin_code(const TorchModel& model) {
  TorchCode code = model.code;
  std::set<std::string> given;
  for (const TorchExpression& result : code.results) given.insert(print_torch_expression(result));
  for (const TorchExpression& probe : model.probes) {
    if (given.insert(print_torch_expression(probe)).second) code.results.push_back(probe);
  }
  return code;
}

Status require_identical_torch(const TorchModel& written, const TorchModel& read) {
  CHECK_OK(require_equal(written.code.statements.size(), read.code.statements.size(), "the number of statements"));
  for (size_t i = 0; i < written.code.statements.size(); ++i) {
    CHECK_OK(require_equal(print_torch_statement(written.code.statements[i]),
                           print_torch_statement(read.code.statements[i]), fmt::format("statement {}", i)));
  }
  CHECK_OK(require_equal(print_torch_code(written.code), print_torch_code(read.code), "the code"));
  CHECK_OK(require_equal(torch_signature(written), torch_signature(read), "the signature"));
  CHECK_OK(require_equal(written.config, read.config, "extra/config.txt"));
  CHECK_OK(require_equal(written.buffers.size(), read.buffers.size(), "the number of buffers"));
  for (size_t i = 0; i < written.buffers.size(); ++i) {
    const TorchBuffer &one = written.buffers[i], &other = read.buffers[i];
    CHECK_OK(require_equal(one.name, other.name, fmt::format("the name of buffer {}", i)));
    const auto type = [](const TorchBuffer& buffer) {
      return fmt::format("{}{}", dtype_name(buffer.data.dtype()), shape_text(buffer.data.shape()));
    };
    CHECK_OK(require_equal(type(one), type(other), fmt::format("the type of buffer {}", one.name)));
    if (!same_bytes(one.data, other.data))
      return fail(ErrorCode::kValidationFailed, "the elements of buffer {} differ from what was written", one.name);
  }
  return {};
}

}  // namespace modelport::torchscript
