#include "reference/interpreter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

#include "base/half.h"
#include "graph/attributes.h"
#include "io/interrupt.h"
#include "kernels/elementwise.h"
#include "kernels/instruction_set.h"
#include "ops/verify_types.h"
#include "reference/arena_plan.h"

namespace modelport {

namespace {

struct Free {
  void operator()(std::byte* bytes) const { std::free(bytes); }
};
using Arena = std::unique_ptr<std::byte[], Free>;

Arena allocate(size_t bytes) {
  if (bytes == 0) return nullptr;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(64, bytes));
  if (memory == nullptr) throw std::bad_alloc();
  return Arena(memory);
}

size_t held_bytes(DType dtype, EvaluationPrecision precision) {
  return is_float(dtype) && precision == EvaluationPrecision::kFloat32 ? sizeof(float) : sizeof(double);
}

Shape fixed_shape(const ValueType& type) {
  Shape shape;
  for (const Dim& size : type.shape) shape.push_back(*size.constant());
  return shape;
}

template <class T>
std::span<T> elements(const Array& array) {
  return {array.as<T>(), static_cast<size_t>(array.size())};
}

/// Rounds values in place to what `dtype` can hold.
void round_to(DType dtype, std::span<float> values, ThreadPool& pool) {
  if (dtype != DType::kFloat16 && dtype != DType::kBFloat16) return;
  in_pieces(static_cast<int64_t>(values.size()), pool, [&](int64_t begin, int64_t end) {
    const auto piece = values.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
    if (dtype == DType::kFloat16) {
      round_to_half(piece);
    } else {
      round_to_bfloat16(piece);
    }
  });
}

/// The largest |value|; infinity where one is not finite. Magnitudes are ordered as their bits are.
template <class Real>
double magnitude(std::span<const Real> values, ThreadPool& pool) {
  using Bits = std::conditional_t<std::is_same_v<Real, float>, uint32_t, uint64_t>;
  std::mutex mutex;
  Bits largest = 0;
  in_pieces(static_cast<int64_t>(values.size()), pool, [&](int64_t begin, int64_t end) {
    Bits of_piece = 0;
    for (int64_t i = begin; i < end; ++i) {
      of_piece = std::max(of_piece, std::bit_cast<Bits>(values[static_cast<size_t>(i)]) << 1);
    }
    const std::lock_guard lock(mutex);
    largest = std::max(largest, of_piece);
  });
  const auto value = static_cast<double>(std::bit_cast<Real>(largest >> 1));
  return std::isfinite(value) ? value : std::numeric_limits<double>::infinity();
}

/// One evaluation: the plan of which buffer holds which value when, and the walk over the nodes.
class Run {
 public:
  Run(const EvaluationRequest& request, const Graph& graph) : request_(request), graph_(graph), pool_(turn_.pool()) {}

  Result<EvaluationResult> operator()() {
    plan();
    CHECK_OK(load_inputs());
    CHECK_OK(check_replay());
    result_.outputs.resize(graph_.outputs.size());
    if (request_.keep == EvaluationRequest::Keep::kOutputsAndProbes) result_.probes.resize(graph_.probes.size());
    if (request_.measure == EvaluationRequest::Measure::kMagnitudes) result_.magnitudes.resize(graph_.values.size());
    for (const Node& node : graph_.nodes) {
      if (interrupt_requested()) return fail(ErrorCode::kInterrupted, "the evaluation was interrupted");
      run(node);
      for (const ValueId id : request_.replay.probes.empty() ? std::vector<ValueId>() : node.outputs) replay(id);
    }
    extract_missing(graph_.outputs, result_.outputs, {});
    extract_missing(graph_.probes, result_.probes, {});
    result_.arena_bytes = arena_plan_.bytes;
    return std::move(result_);
  }

 private:
  /// Step 0 holds the inputs, step i + 1 is node i, the last step reads the results. A constant lives from its first to
  /// its last reader.
  void plan() {
    const size_t end = graph_.nodes.size() + 1;
    lifetimes_.resize(graph_.values.size(), Lifetime{0, end, 0});
    const auto touch = [&](ValueId id, size_t step) {
      Lifetime& lifetime = lifetimes_[static_cast<size_t>(id)];
      lifetime.first = std::min(lifetime.first, step);
      lifetime.last = std::max(lifetime.last, step);
    };
    for (const NamedValue& input : graph_.inputs) touch(input.value, 0);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (const ValueId id : graph_.nodes[i].inputs) touch(id, i + 1);
      for (const ValueId id : graph_.nodes[i].outputs) touch(id, i + 1);
    }
    for (const NamedValue& output : graph_.outputs) touch(output.value, end);
    for (const NamedValue& probe : graph_.probes) touch(probe.value, end);
    arrays_.resize(graph_.values.size());
    for (size_t i = 0; i < graph_.values.size(); ++i) {
      const ValueType& type = graph_.values[i].type;
      arrays_[i] = {type.dtype, fixed_shape(type), nullptr};
      lifetimes_[i].bytes = static_cast<size_t>(arrays_[i].size()) * held_bytes(type.dtype, request_.precision);
      if (lifetimes_[i].first > lifetimes_[i].last) lifetimes_[i] = {0, 0, 0};
    }
    arena_plan_ = plan_arena(lifetimes_);
    arena_ = allocate(arena_plan_.bytes);
    for (size_t i = 0; i < arrays_.size(); ++i) arrays_[i].data = arena_.get() + arena_plan_.offsets[i];
    loaded_.resize(graph_.values.size());
  }

  Status load_inputs() {
    if (request_.inputs.size() != graph_.inputs.size()) {
      return fail(ErrorCode::kInternal, "{} inputs given, the graph has {}", request_.inputs.size(),
                  graph_.inputs.size());
    }
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      const EvaluatedValue& given = request_.inputs[i];
      const Array& array = at(graph_.inputs[i].value);
      if (given.shape != array.shape) {
        return fail(ErrorCode::kInternal, "input {} is {}, {} is given", graph_.inputs[i].name, shape_text(array.shape),
                    shape_text(given.shape));
      }
      if (!is_float(array.dtype)) {
        std::copy(given.integers.begin(), given.integers.end(), array.as<int64_t>());
        continue;
      }
      with_real(request_.precision, [&](auto real) {
        using Real = decltype(real);
        std::copy(given.floats.begin(), given.floats.end(), array.as<Real>());
      });
      if (request_.precision == EvaluationPrecision::kFloat32) round_to(array.dtype, elements<float>(array), pool_);
    }
    return {};
  }

  Status check_replay() const {
    const auto& given = request_.replay.probes;
    if (given.empty()) return {};
    if (given.size() != graph_.probes.size()) {
      return fail(ErrorCode::kInternal, "{} values are to be replayed, the graph has {} probes", given.size(),
                  graph_.probes.size());
    }
    for (size_t i = 0; i < graph_.probes.size(); ++i) {
      const Shape& shape = at(graph_.probes[i].value).shape;
      if (given[i].shape == shape) continue;
      return fail(ErrorCode::kValidationFailed, "probe {} is {}, {} is to be replayed", graph_.probes[i].name,
                  shape_text(shape), shape_text(given[i].shape));
    }
    return {};
  }

  bool is_replayed(size_t probe) const {
    const auto& only = request_.replay.only;
    return only.empty() || std::ranges::find(only, probe) != only.end();
  }

  /// Where the value is a probe: keeps what was computed, and puts in its place what is to be replayed.
  void replay(ValueId id) {
    for (size_t i = 0; i < graph_.probes.size(); ++i) {
      if (graph_.probes[i].value != id || !is_replayed(i)) continue;
      extract_missing(graph_.outputs, result_.outputs, id);
      extract_missing(graph_.probes, result_.probes, id);
      const Array& array = at(id);
      with_held(request_.replay.probes[i], [&](const auto& given) {
        if (!is_float(array.dtype)) {
          std::ranges::transform(given, array.as<int64_t>(), [](auto x) { return static_cast<int64_t>(x); });
        } else {
          with_real(request_.precision, [&](auto real) {
            using Real = decltype(real);
            std::ranges::transform(given, array.as<Real>(), [](auto x) { return static_cast<Real>(x); });
          });
        }
      });
    }
  }

  /// Calls f with the elements, whatever they are held as.
  template <class F>
  static void with_held(const EvaluatedValue& value, F f) {
    if (!value.doubles.empty()) return f(value.doubles);
    if (!value.floats.empty()) return f(value.floats);
    f(value.integers);
  }

  /// Of what was asked for (`only`: of this value), what has not been extracted yet.
  void extract_missing(const std::vector<NamedValue>& asked, std::vector<EvaluatedValue>& results,
                       std::optional<ValueId> only) {
    for (size_t i = 0; i < results.size(); ++i) {
      if (results[i].name.empty() && (!only || asked[i].value == *only)) results[i] = extract(asked[i]);
    }
  }

  void load_constant(ValueId id) {
    const auto index = static_cast<size_t>(id);
    const Value& value = graph_.values[index];
    if (!value.constant || loaded_[index]) return;
    loaded_[index] = true;
    const Array& array = arrays_[index];
    const auto count = static_cast<size_t>(array.size());
    if (!is_float(array.dtype)) {
      value.constant->read(0, std::span(array.as<int64_t>(), count));
      return;
    }
    const std::span<double> doubles(array.as<double>(), count);
    if (request_.precision == EvaluationPrecision::kFloat32) {
      value.constant->read(0, elements<float>(array));
      round_to(array.dtype, elements<float>(array), pool_);
    } else if (request_.constants == EvaluationRequest::Constants::kRounded) {
      // As a writer computes them: in float32, then rounded.
      std::vector<float> floats = value.constant->to_floats();
      round_to(array.dtype, floats, pool_);
      std::copy(floats.begin(), floats.end(), doubles.begin());
    } else {
      value.constant->read(0, doubles);
    }
  }

  void run(const Node& node) {
    std::vector<Array> inputs, outputs;
    for (const ValueId id : node.inputs) {
      load_constant(id);
      inputs.push_back(at(id));
    }
    for (const ValueId id : node.outputs) outputs.push_back(at(id));
    op_info(node.op).evaluate(node.op, {inputs, outputs, request_.precision, pool_});
    for (size_t i = 0; i < outputs.size(); ++i) finish(node.outputs[i], outputs[i]);
  }

  void finish(ValueId id, const Array& array) {
    if (!is_float(array.dtype)) return;
    if (request_.precision == EvaluationPrecision::kFloat32) round_to(array.dtype, elements<float>(array), pool_);
    if (result_.magnitudes.empty()) return;
    with_real(request_.precision, [&](auto real) {
      using Real = decltype(real);
      result_.magnitudes[static_cast<size_t>(id)] = magnitude<Real>(elements<Real>(array), pool_);
    });
  }

  EvaluatedValue extract(const NamedValue& named) {
    load_constant(named.value);
    const Array& array = at(named.value);
    EvaluatedValue value{named.name, array.dtype, array.shape, {}, {}, {}};
    const auto count = static_cast<size_t>(array.size());
    if (!is_float(array.dtype)) {
      value.integers.assign(array.as<int64_t>(), array.as<int64_t>() + count);
    } else if (request_.precision == EvaluationPrecision::kFloat32) {
      value.floats.assign(array.as<float>(), array.as<float>() + count);
    } else {
      value.doubles.assign(array.as<double>(), array.as<double>() + count);
    }
    return value;
  }

  const Array& at(ValueId id) const { return arrays_[static_cast<size_t>(id)]; }

  const EvaluationRequest& request_;
  const Graph& graph_;
  ComputingTurn turn_;
  ThreadPool& pool_;
  std::vector<Lifetime> lifetimes_;
  ArenaPlan arena_plan_;
  Arena arena_;
  std::vector<Array> arrays_;
  std::vector<bool> loaded_;
  EvaluationResult result_;
};

}  // namespace

Result<EvaluationResult> evaluate(const EvaluationRequest& request) {
  TRY(fixed, concrete(request.graph, request.symbols));
  if (request.constants == EvaluationRequest::Constants::kRounded) round_attributes(fixed);
  const bool rounded = request.products == EvaluationRequest::Products::kRounded;
  const InstructionSetLimit limit(rounded ? InstructionSet::kAvx2Unfused : InstructionSet::kAvx512);
  return Run(request, fixed)();
}

}  // namespace modelport
