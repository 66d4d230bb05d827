#include "graph/weight_recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <variant>

#include "base/half.h"

namespace modelport {

struct WeightRecipe::Step {
  /// `views` tells, for text(), the permutations and shapes that `tensor` already has.
  struct Source {
    Tensor tensor;
    std::string name;
    std::string views;
  };
  struct Concat {
    std::vector<WeightRecipe> parts;
    int64_t axis;
  };
  struct Add {
    WeightRecipe a, b;
  };
  struct Convert {
    WeightRecipe from;
  };
  struct Scale {
    WeightRecipe from;
    int64_t axis;
    std::vector<double> factors;
  };
  struct Permute {
    WeightRecipe from;
    std::vector<int64_t> permutation;
  };
  struct Slice {
    WeightRecipe from;
    int64_t axis, begin, end;
  };
  struct Reshape {
    WeightRecipe from;
  };
  struct Pad {
    WeightRecipe from;
    std::vector<int64_t> before, after;
  };

  DType dtype;
  Shape shape;
  int64_t count;
  std::variant<Source, Concat, Add, Convert, Scale, Permute, Slice, Reshape, Pad> what;

  template <class What>
  static std::shared_ptr<const Step> make(DType dtype, Shape shape, What what) {
    const int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
    return std::make_shared<const Step>(Step{dtype, std::move(shape), count, std::move(what)});
  }
  template <class What>
  static std::shared_ptr<const Step> make_source(Tensor tensor, What name, std::string views) {
    const DType dtype = tensor.dtype();
    Shape shape = tensor.shape();
    return make(dtype, std::move(shape), Source{std::move(tensor), std::move(name), std::move(views)});
  }
};

namespace {

using Step = WeightRecipe::Step;

/// Elements in flight between two steps: a chunk and its operand stay in the first-level cache.
constexpr int64_t kChunk = 2048;

/// A recipe that contradicts itself would read outside its tensors: a bug of the caller, never of a checkpoint.
void require(bool holds) {
  if (!holds) std::abort();
}

size_t at(int64_t axis) { return static_cast<size_t>(axis); }

int64_t size_behind(const Shape& shape, int64_t axis) {
  return std::accumulate(shape.begin() + axis + 1, shape.end(), int64_t{1}, std::multiplies<>());
}

int64_t truncated(double value) {
  if (!(value > -0x1p63)) return value != value ? 0 : INT64_MIN;
  return value >= 0x1p63 ? INT64_MAX : static_cast<int64_t>(value);
}

/// The value that an element of this integer or bool type holds.
int64_t wrapped(DType dtype, int64_t value) {
  switch (dtype) {
    case DType::kInt32:
      return static_cast<int32_t>(value);
    case DType::kInt16:
      return static_cast<int16_t>(value);
    case DType::kInt8:
      return static_cast<int8_t>(value);
    case DType::kUInt32:
      return static_cast<uint32_t>(value);
    case DType::kUInt16:
      return static_cast<uint16_t>(value);
    case DType::kUInt8:
      return static_cast<uint8_t>(value);
    case DType::kBool:
      return value != 0 ? 1 : 0;
    default:
      return value;
  }
}

void round_to(DType dtype, std::span<float> values) {
  if (dtype == DType::kFloat16) round_to_half(values);
  if (dtype == DType::kBFloat16) round_to_bfloat16(values);
}
void round_to(DType, std::span<double>) {}
void round_to(DType dtype, std::span<int64_t> values) {
  if (is_float(dtype)) return;
  for (int64_t& value : values) value = wrapped(dtype, value);
}

/// Reads as From in chunks and stores as To.
template <class From, class To, class Convert>
void read_through(const WeightRecipe& recipe, int64_t begin, std::span<To> out, Convert convert) {
  From chunk[kChunk];
  while (!out.empty()) {
    const size_t count = std::min<size_t>(out.size(), kChunk);
    recipe.read(begin, std::span<From>(chunk, count));
    for (size_t i = 0; i < count; ++i) out[i] = convert(chunk[i]);
    begin += static_cast<int64_t>(count);
    out = out.subspan(count);
  }
}

/// Splits [begin, begin + out.size()) at multiples of `run` and calls read_run(index of the run, offset in it, part).
template <class T, class ReadRun>
void for_each_run(int64_t run, int64_t begin, std::span<T> out, ReadRun read_run) {
  while (!out.empty()) {
    const int64_t index = begin / run;
    const int64_t offset = begin % run;
    const size_t count = std::min<size_t>(out.size(), static_cast<size_t>(run - offset));
    read_run(index, offset, out.first(count));
    begin += static_cast<int64_t>(count);
    out = out.subspan(count);
  }
}

template <class T>
void read_step(const Step&, const Step::Source& source, int64_t begin, std::span<T> out) {
  source.tensor.read(begin, out);
}

template <class T>
void read_step(const Step& step, const Step::Concat& concat, int64_t begin, std::span<T> out) {
  const int64_t behind = size_behind(step.shape, concat.axis);
  for_each_run(step.shape[at(concat.axis)] * behind, begin, out, [&](int64_t outer, int64_t offset, std::span<T> rest) {
    for (const WeightRecipe& part : concat.parts) {
      const int64_t block = part.shape()[at(concat.axis)] * behind;
      if (offset < block && !rest.empty()) {
        const size_t count = std::min<size_t>(rest.size(), static_cast<size_t>(block - offset));
        part.read(outer * block + offset, rest.first(count));
        rest = rest.subspan(count);
        offset = 0;
      } else {
        offset = std::max<int64_t>(offset - block, 0);
      }
    }
  });
}

template <class T>
void read_step(const Step& step, const Step::Add& add, int64_t begin, std::span<T> out) {
  add.a.read(begin, out);
  T other[kChunk];
  for (size_t done = 0; done < out.size(); done += kChunk) {
    const size_t count = std::min<size_t>(out.size() - done, kChunk);
    add.b.read(begin + static_cast<int64_t>(done), std::span<T>(other, count));
    for (size_t i = 0; i < count; ++i) out[done + i] += other[i];
  }
  round_to(step.dtype, out);
}

template <class T>
void read_step(const Step& step, const Step::Convert& convert, int64_t begin, std::span<T> out) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!is_float(step.dtype) && is_float(convert.from.dtype())) {
      return read_through<int64_t>(convert.from, begin, out,
                                   [&](int64_t value) { return static_cast<T>(wrapped(step.dtype, value)); });
    }
  }
  convert.from.read(begin, out);
  if (!is_float(step.dtype) && std::is_floating_point_v<T>) {
    for (T& value : out) value = static_cast<T>(wrapped(step.dtype, static_cast<int64_t>(value)));
  } else {
    round_to(step.dtype, out);
  }
}

template <class T>
void read_step(const Step& step, const Step::Scale& scale, int64_t begin, std::span<T> out) {
  using Real = std::conditional_t<std::is_same_v<T, float>, float, double>;
  scale.from.read(begin, out);
  const auto size = static_cast<int64_t>(scale.factors.size());
  for_each_run(size_behind(step.shape, scale.axis), begin, out, [&](int64_t index, int64_t, std::span<T> run) {
    const Real factor = static_cast<Real>(scale.factors[at(index % size)]);
    for (T& value : run) value = static_cast<T>(static_cast<Real>(value) * factor);
  });
  round_to(step.dtype, out);
}

template <class T>
void read_step(const Step& step, const Step::Permute& permute, int64_t begin, std::span<T> out) {
  const size_t rank = step.shape.size();
  const std::vector<int64_t> strides = contiguous_strides(permute.from.shape());
  // Trailing axes that stay in place are read as one run.
  size_t outer = rank;
  while (outer > 0 && permute.permutation[outer - 1] == static_cast<int64_t>(outer) - 1) --outer;
  const int64_t run = size_behind(step.shape, static_cast<int64_t>(outer) - 1);
  for_each_run(run, begin, out, [&](int64_t index, int64_t offset, std::span<T> part) {
    int64_t from = offset;
    for (size_t axis = outer; axis-- > 0;) {
      from += index % step.shape[axis] * strides[at(permute.permutation[axis])];
      index /= step.shape[axis];
    }
    permute.from.read(from, part);
  });
}

template <class T>
void read_step(const Step& step, const Step::Slice& slice, int64_t begin, std::span<T> out) {
  const int64_t behind = size_behind(step.shape, slice.axis);
  const int64_t whole = slice.from.shape()[at(slice.axis)] * behind;
  for_each_run((slice.end - slice.begin) * behind, begin, out, [&](int64_t outer, int64_t offset, std::span<T> run) {
    slice.from.read(outer * whole + slice.begin * behind + offset, run);
  });
}

template <class T>
void read_step(const Step&, const Step::Reshape& reshape, int64_t begin, std::span<T> out) {
  reshape.from.read(begin, out);
}

template <class T>
void read_step(const Step& step, const Step::Pad& pad, int64_t begin, std::span<T> out) {
  const Shape& inner = pad.from.shape();
  const std::vector<int64_t> strides = contiguous_strides(inner);
  const size_t last = step.shape.size() - 1;
  std::fill(out.begin(), out.end(), T{});
  for_each_run(step.shape[last], begin, out, [&](int64_t row, int64_t offset, std::span<T> run) {
    int64_t from = 0;
    for (size_t axis = last; axis-- > 0;) {
      const int64_t index = row % step.shape[axis] - pad.before[axis];
      row /= step.shape[axis];
      if (index < 0 || index >= inner[axis]) return;
      from += index * strides[axis];
    }
    const int64_t first = std::max(offset, pad.before[last]);
    const int64_t end = std::min(offset + static_cast<int64_t>(run.size()), pad.before[last] + inner[last]);
    if (first >= end) return;
    pad.from.read(from + first - pad.before[last], run.subspan(at(first - offset), at(end - first)));
  });
}

/// Large ranges in chunks, so that what one step wrote is still cached when the next step reads it.
template <class T>
void read_chunked(const Step& step, int64_t begin, std::span<T> out) {
  require(begin >= 0 && begin + static_cast<int64_t>(out.size()) <= step.count);
  const bool copies = std::holds_alternative<Step::Source>(step.what);
  while (!out.empty()) {
    const size_t count = copies ? out.size() : std::min<size_t>(out.size(), kChunk);
    std::visit([&](const auto& what) { read_step(step, what, begin, out.first(count)); }, step.what);
    begin += static_cast<int64_t>(count);
    out = out.subspan(count);
  }
}

template <class T>
std::vector<T> all_of(const WeightRecipe& recipe) {
  std::vector<T> values(static_cast<size_t>(recipe.element_count()));
  recipe.read(0, std::span<T>(values));
  return values;
}

/// Chunks of T, each stored as Bits at the next place of `out`.
template <class Bits, class T, class Encode>
void write_chunks(const WeightRecipe& recipe, int64_t begin, std::span<std::byte> out, Encode encode) {
  T values[kChunk];
  Bits bits[kChunk];
  while (!out.empty()) {
    const size_t count = std::min<size_t>(out.size() / sizeof(Bits), kChunk);
    recipe.read(begin, std::span<T>(values, count));
    encode(std::span<const T>(values, count), std::span<Bits>(bits, count));
    std::memcpy(out.data(), bits, count * sizeof(Bits));
    begin += static_cast<int64_t>(count);
    out = out.subspan(count * sizeof(Bits));
  }
}

template <class Bits, class T>
void write_as(const WeightRecipe& recipe, int64_t begin, std::span<std::byte> out) {
  write_chunks<Bits, T>(recipe, begin, out, [](std::span<const T> values, std::span<Bits> bits) {
    for (size_t i = 0; i < values.size(); ++i) bits[i] = static_cast<Bits>(values[i]);
  });
}

std::string step_text(const Step& step, const Step::Source& source) {
  return fmt::format("{}:{}{}", source.name, dtype_name(step.dtype), source.views);
}
std::string step_text(const Step&, const Step::Concat& concat) {
  std::string parts;
  for (const WeightRecipe& part : concat.parts) parts += (parts.empty() ? "" : ", ") + part.text();
  return fmt::format("concat({}; {})", parts, concat.axis);
}
std::string step_text(const Step&, const Step::Add& add) {
  return fmt::format("add({}, {})", add.a.text(), add.b.text());
}
std::string step_text(const Step& step, const Step::Convert& convert) {
  return fmt::format("{} |> {}", convert.from.text(), dtype_name(step.dtype));
}
std::string step_text(const Step&, const Step::Scale& scale) {
  return fmt::format("{} |> scale_axis({})", scale.from.text(), scale.axis);
}
std::string step_text(const Step&, const Step::Permute& permute) {
  return fmt::format("{} |> permute({})", permute.from.text(), fmt::join(permute.permutation, ", "));
}
std::string step_text(const Step&, const Step::Slice& slice) {
  return fmt::format("{} |> slice({}, {}, {})", slice.from.text(), slice.axis, slice.begin, slice.end);
}
std::string step_text(const Step& step, const Step::Reshape& reshape) {
  return fmt::format("{} |> reshape({})", reshape.from.text(), fmt::join(step.shape, ", "));
}
std::string step_text(const Step&, const Step::Pad& pad) {
  return fmt::format("{} |> pad({}; {})", pad.from.text(), fmt::join(pad.before, ", "), fmt::join(pad.after, ", "));
}

}  // namespace

WeightRecipe WeightRecipe::source(Tensor tensor, std::string name) {
  return WeightRecipe(Step::make_source(std::move(tensor), std::move(name), ""));
}

WeightRecipe WeightRecipe::concat(std::vector<WeightRecipe> parts, int64_t axis) {
  require(!parts.empty());
  Shape shape = parts[0].shape();
  const DType dtype = parts[0].dtype();
  require(axis >= 0 && axis < static_cast<int64_t>(shape.size()));
  int64_t size = 0;
  for (const WeightRecipe& part : parts) {
    require(part.dtype() == dtype && part.shape().size() == shape.size());
    size += part.shape()[at(axis)];
    shape[at(axis)] = part.shape()[at(axis)];
    require(part.shape() == shape);
  }
  shape[at(axis)] = size;
  return WeightRecipe(Step::make(dtype, std::move(shape), Step::Concat{std::move(parts), axis}));
}

WeightRecipe WeightRecipe::add(WeightRecipe a, WeightRecipe b) {
  require(a.shape() == b.shape());
  const DType dtype = a.dtype();
  Shape shape = a.shape();
  return WeightRecipe(Step::make(dtype, std::move(shape), Step::Add{std::move(a), std::move(b)}));
}

WeightRecipe WeightRecipe::convert(DType dtype) const {
  if (dtype == this->dtype()) return *this;
  return WeightRecipe(Step::make(dtype, shape(), Step::Convert{*this}));
}

WeightRecipe WeightRecipe::scale_axis(int64_t axis, std::vector<double> factors) const {
  require(axis >= 0 && axis < static_cast<int64_t>(shape().size()));
  require(static_cast<int64_t>(factors.size()) == shape()[at(axis)]);
  return WeightRecipe(Step::make(dtype(), shape(), Step::Scale{*this, axis, std::move(factors)}));
}

std::optional<WeightRecipe::Scaled> WeightRecipe::as_scaled() const {
  if (const auto* scale = std::get_if<Step::Scale>(&step_->what))
    return Scaled{scale->from, scale->axis, scale->factors};
  const auto* convert = std::get_if<Step::Convert>(&step_->what);
  if (convert == nullptr || dtype() != DType::kFloat32 || !is_float(convert->from.dtype())) return std::nullopt;
  return convert->from.as_scaled();
}

WeightRecipe WeightRecipe::permute(std::vector<int64_t> permutation) const {
  const size_t rank = shape().size();
  require(permutation.size() == rank);
  Shape permuted(rank);
  std::vector<int64_t> position(rank, -1);
  for (size_t axis = 0; axis < rank; ++axis) {
    require(permutation[axis] >= 0 && permutation[axis] < static_cast<int64_t>(rank));
    require(position[at(permutation[axis])] == -1);
    position[at(permutation[axis])] = static_cast<int64_t>(axis);
    permuted[axis] = shape()[at(permutation[axis])];
  }
  if (std::is_sorted(permutation.begin(), permutation.end())) return *this;
  const auto moved = [&](const std::vector<int64_t>& by_axis) {
    std::vector<int64_t> out(rank);
    for (size_t axis = 0; axis < rank; ++axis) out[axis] = by_axis[at(permutation[axis])];
    return out;
  };
  // A permutation moves towards the source, where it is a matter of strides.
  if (const auto* source = std::get_if<Step::Source>(&step_->what)) {
    return WeightRecipe(
        Step::make_source(source->tensor.permute(permutation), source->name,
                          fmt::format("{} |> permute({})", source->views, fmt::join(permutation, ", "))));
  }
  if (const auto* convert = std::get_if<Step::Convert>(&step_->what)) {
    return convert->from.permute(std::move(permutation)).convert(dtype());
  }
  if (const auto* scale = std::get_if<Step::Scale>(&step_->what)) {
    return scale->from.permute(std::move(permutation)).scale_axis(position[at(scale->axis)], scale->factors);
  }
  if (const auto* sum = std::get_if<Step::Add>(&step_->what)) {
    return add(sum->a.permute(permutation), sum->b.permute(permutation));
  }
  if (const auto* slice = std::get_if<Step::Slice>(&step_->what)) {
    return slice->from.permute(std::move(permutation)).slice(position[at(slice->axis)], slice->begin, slice->end);
  }
  if (const auto* pad = std::get_if<Step::Pad>(&step_->what)) {
    return pad->from.permute(permutation).pad(moved(pad->before), moved(pad->after));
  }
  if (const auto* joint = std::get_if<Step::Concat>(&step_->what)) {
    std::vector<WeightRecipe> parts;
    for (const WeightRecipe& part : joint->parts) parts.push_back(part.permute(permutation));
    return concat(std::move(parts), position[at(joint->axis)]);
  }
  return WeightRecipe(Step::make(dtype(), std::move(permuted), Step::Permute{*this, std::move(permutation)}));
}

WeightRecipe WeightRecipe::slice(int64_t axis, int64_t begin, int64_t end) const {
  require(axis >= 0 && axis < static_cast<int64_t>(shape().size()));
  require(0 <= begin && begin <= end && end <= shape()[at(axis)]);
  Shape sliced = shape();
  sliced[at(axis)] = end - begin;
  return WeightRecipe(Step::make(dtype(), std::move(sliced), Step::Slice{*this, axis, begin, end}));
}

WeightRecipe WeightRecipe::reshape(Shape shape) const {
  require(modelport::element_count(shape) == element_count());
  if (shape == this->shape()) return *this;
  if (const auto* source = std::get_if<Step::Source>(&step_->what); source && source->tensor.is_contiguous()) {
    std::string views = fmt::format("{} |> reshape({})", source->views, fmt::join(shape, ", "));
    return WeightRecipe(Step::make_source(source->tensor.reshape(std::move(shape)), source->name, std::move(views)));
  }
  if (const auto* convert = std::get_if<Step::Convert>(&step_->what)) {
    return convert->from.reshape(std::move(shape)).convert(dtype());
  }
  return WeightRecipe(Step::make(dtype(), std::move(shape), Step::Reshape{*this}));
}

WeightRecipe WeightRecipe::pad(std::vector<int64_t> before, std::vector<int64_t> after) const {
  Shape padded = shape();
  require(!padded.empty() && before.size() == padded.size() && after.size() == padded.size());
  for (size_t axis = 0; axis < padded.size(); ++axis) {
    require(before[axis] >= 0 && after[axis] >= 0);
    padded[axis] += before[axis] + after[axis];
  }
  return WeightRecipe(Step::make(dtype(), std::move(padded), Step::Pad{*this, std::move(before), std::move(after)}));
}

DType WeightRecipe::dtype() const { return step_->dtype; }
const Shape& WeightRecipe::shape() const { return step_->shape; }
int64_t WeightRecipe::element_count() const { return step_->count; }

void WeightRecipe::read(int64_t begin, std::span<float> out) const { read_chunked(*step_, begin, out); }
void WeightRecipe::read(int64_t begin, std::span<double> out) const { read_chunked(*step_, begin, out); }
void WeightRecipe::read(int64_t begin, std::span<int64_t> out) const {
  if (is_float(dtype())) return read_through<double>(*this, begin, out, truncated);
  read_chunked(*step_, begin, out);
}

void WeightRecipe::read_bytes(int64_t begin, std::span<std::byte> out) const {
  const int64_t width = dtype_bytes(dtype());
  if (const auto* source = std::get_if<Step::Source>(&step_->what); source && source->tensor.is_contiguous()) {
    require(begin >= 0 && begin * width + static_cast<int64_t>(out.size()) <= step_->count * width);
    const std::span<const std::byte> bytes = source->tensor.bytes();
    if (!out.empty()) std::memcpy(out.data(), bytes.data() + begin * width, out.size());
    return;
  }
  switch (dtype()) {
    case DType::kFloat64:
      return write_as<double, double>(*this, begin, out);
    case DType::kFloat32:
      return write_as<float, float>(*this, begin, out);
    case DType::kFloat16:
      return write_chunks<uint16_t, float>(*this, begin, out, float_to_half);
    case DType::kBFloat16:
      return write_chunks<uint16_t, float>(*this, begin, out, [](std::span<const float> in, std::span<uint16_t> bits) {
        for (size_t i = 0; i < in.size(); ++i) bits[i] = bfloat16_from_float(in[i]);
      });
    case DType::kInt64:
    case DType::kUInt64:
      return write_as<int64_t, int64_t>(*this, begin, out);
    case DType::kInt32:
    case DType::kUInt32:
      return write_as<uint32_t, int64_t>(*this, begin, out);
    case DType::kInt16:
    case DType::kUInt16:
      return write_as<uint16_t, int64_t>(*this, begin, out);
    case DType::kInt8:
    case DType::kUInt8:
    case DType::kBool:
      return write_as<uint8_t, int64_t>(*this, begin, out);
    case DType::kFloat8E4M3:
    case DType::kFloat8E5M2:
    case DType::kComplex64:
    case DType::kComplex128:
      break;
  }
  require(false);
}

std::vector<float> WeightRecipe::to_floats() const { return all_of<float>(*this); }
std::vector<double> WeightRecipe::to_doubles() const { return all_of<double>(*this); }
std::vector<int64_t> WeightRecipe::to_int64s() const { return all_of<int64_t>(*this); }

std::string WeightRecipe::text() const {
  return std::visit([this](const auto& what) { return step_text(*step_, what); }, step_->what);
}

}  // namespace modelport
