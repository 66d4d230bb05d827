#pragma once

#include <gtest/gtest.h>

#include <random>

#include "graph/text.h"
#include "kernels/thread_pool.h"
#include "ops/op_info.h"

namespace modelport {

/// A whole array as doubles, whatever its dtype.
struct Operand {
  Shape shape;
  std::vector<double> values;
  DType dtype = DType::kFloat32;

  friend bool operator==(const Operand&, const Operand&) = default;
};

/// shape filled with 0, 1, 2 ...
inline Operand counting(Shape shape, DType dtype = DType::kFloat32) {
  Operand out{std::move(shape), {}, dtype};
  for (int64_t i = 0; i < *element_count(out.shape); ++i) out.values.push_back(static_cast<double>(i));
  return out;
}

/// Distinct-looking values in [low, high), the same for the same seed.
inline Operand noise(Shape shape, unsigned seed, double low = -2.0, double high = 2.0) {
  Operand out{std::move(shape), {}, DType::kFloat32};
  std::mt19937 random(seed);
  for (int64_t i = 0; i < *element_count(out.shape); ++i) {
    const double unit = static_cast<double>(random() >> 8) / (1 << 24);
    out.values.push_back(static_cast<float>(low + unit * (high - low)));
  }
  return out;
}

namespace evaluated_detail {

inline std::vector<std::byte> store(const Operand& operand, EvaluationPrecision precision) {
  std::vector<std::byte> bytes(operand.values.size() * sizeof(double));
  for (size_t i = 0; i < operand.values.size(); ++i) {
    if (!is_float(operand.dtype)) {
      reinterpret_cast<int64_t*>(bytes.data())[i] = static_cast<int64_t>(operand.values[i]);
    } else if (precision == EvaluationPrecision::kFloat32) {
      reinterpret_cast<float*>(bytes.data())[i] = static_cast<float>(operand.values[i]);
    } else {
      reinterpret_cast<double*>(bytes.data())[i] = operand.values[i];
    }
  }
  return bytes;
}

inline void load(const std::vector<std::byte>& bytes, EvaluationPrecision precision, Operand& operand) {
  for (size_t i = 0; i < operand.values.size(); ++i) {
    if (!is_float(operand.dtype)) {
      operand.values[i] = static_cast<double>(reinterpret_cast<const int64_t*>(bytes.data())[i]);
    } else if (precision == EvaluationPrecision::kFloat32) {
      operand.values[i] = reinterpret_cast<const float*>(bytes.data())[i];
    } else {
      operand.values[i] = reinterpret_cast<const double*>(bytes.data())[i];
    }
  }
}

}  // namespace evaluated_detail

/// Infers and evaluates one operator; a failing inference fails the test.
inline std::vector<Operand> evaluated(const Op& op, const std::vector<Operand>& inputs,
                                      EvaluationPrecision precision = EvaluationPrecision::kFloat32) {
  std::vector<ValueType> types;
  std::vector<std::vector<std::byte>> input_bytes, output_bytes;
  std::vector<Array> in, out;
  for (const Operand& input : inputs) {
    types.push_back({input.dtype, symbolic(input.shape)});
    input_bytes.push_back(evaluated_detail::store(input, precision));
    in.push_back({input.dtype, input.shape, input_bytes.back().data()});
  }
  const auto inferred = op_info(op).infer(op, types);
  if (!inferred) {
    ADD_FAILURE() << op_name(op) << ": " << inferred.error().text();
    return {};
  }
  std::vector<Operand> results;
  for (const ValueType& type : *inferred) {
    Operand& result = results.emplace_back(Operand{*evaluate_shape(type.shape, {}), {}, type.dtype});
    result.values.resize(static_cast<size_t>(*element_count(result.shape)));
    output_bytes.emplace_back(result.values.size() * sizeof(double), std::byte{0xa5});
    out.push_back({type.dtype, result.shape, output_bytes.back().data()});
  }
  ThreadPool pool(1);
  op_info(op).evaluate(op, {in, out, precision, pool});
  for (size_t i = 0; i < results.size(); ++i) evaluated_detail::load(output_bytes[i], precision, results[i]);
  return results;
}

/// The inferred types as text, or the error: "float32[2, 3]".
inline std::string inferred_text(const Op& op, const std::vector<ValueType>& inputs) {
  const auto types = op_info(op).infer(op, inputs);
  if (!types) return types.error().text();
  std::string text;
  for (const ValueType& type : *types) {
    text += (text.empty() ? "" : ", ") + std::string(dtype_name(type.dtype)) + shape_text(type.shape);
  }
  return text;
}

}  // namespace modelport
