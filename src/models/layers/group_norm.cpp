#include "models/layers/group_norm.h"

#include <numeric>

namespace modelport {

namespace {

/// Statistics stay out of half precision: squares leave its range.
class Float32Scope {
 public:
  explicit Float32Scope(GraphBuilder& builder) : builder_(builder), outer_(builder.set_numerics(Numerics::kFloat32)) {}
  ~Float32Scope() { builder_.set_numerics(outer_); }
  Float32Scope(const Float32Scope&) = delete;
  Float32Scope& operator=(const Float32Scope&) = delete;

 private:
  GraphBuilder& builder_;
  Numerics outer_;
};

/// (x - mean) / sqrt(variance + epsilon) over `axes`.
ValueId standardise(GraphBuilder& b, ValueId x, const std::vector<int64_t>& axes, double epsilon) {
  const ValueId centred = b.sub(x, b.reduce_mean(x, axes));
  const ValueId variance = b.reduce_mean(b.mul(centred, centred), axes);
  return b.div(centred, b.unary(Sqrt{}, b.add(variance, b.scalar(epsilon))));
}

Status require_image_axes(const GraphBuilder& b, ValueId x) {
  if (b.shape(x).size() >= 3) return {};
  return unsupported("a value of {} axes arrives, channels with positions behind them are expected", b.shape(x).size());
}

/// The mean of `squares` over `before` channels in front of each, itself and `after` behind; zeros beyond the ends.
ValueId neighbour_mean(GraphBuilder& b, ValueId squares, int64_t before, int64_t after) {
  const SymbolicShape shape = b.shape(squares);
  // Channels become rows, so that the mean over neighbours is a pooling.
  const ValueId rows = b.merge_axes(b.split_axis(squares, 1, {1, shape[1]}), 3, static_cast<int64_t>(shape.size()) - 2);
  const ValueId means =
      b.average_pool(b.pad(rows, {.pads = {before, 0, after, 0}}), {.kernel = {before + after + 1, 1}});
  return b.merge_axes(b.split_axis(means, 3, {shape.begin() + 2, shape.end()}), 1, 2);
}

/// x / (k + shares)^beta.
ValueId respond(GraphBuilder& b, ValueId x, ValueId shares, const ResponseNormLayer& settings) {
  const ValueId base = b.add(shares, b.scalar(settings.k));
  return b.div(x, b.emit(Pow{}, {base, b.scalar(settings.beta)})[0]);
}

}  // namespace

Result<ValueId> group_norm(GraphBuilder& b, const Weights& weights, ValueId x, const GroupNormLayer& layer) {
  const auto [groups, channels, epsilon, parameters] = layer;
  if (channels % groups != 0) return contradiction(weights, "{} groups of {} channels", groups, channels);
  CHECK_OK(expect_channels(b, x, channels).in(weights.where()));
  TRY(affine, channel_affine(weights, channels, parameters));
  const Float32Scope scope(b);
  const SymbolicShape shape = b.shape(x);
  const auto rank = static_cast<int64_t>(shape.size());
  const ValueId members = b.merge_axes(b.split_axis(x, 1, {groups, channels / groups}), 2, rank - 1);
  const ValueId standard = standardise(b, members, {2}, epsilon);
  std::vector<Dim> inner(shape.begin() + 1, shape.end());
  inner[0] = channels / groups;
  return scaled_channels(b, b.merge_axes(b.split_axis(standard, 2, inner), 1, 2), affine);
}

Result<ValueId> instance_norm(GraphBuilder& b, const Weights& weights, ValueId x, const InstanceNormLayer& layer) {
  CHECK_OK(require_image_axes(b, x).in(weights.where()));
  TRY(affine, channel_affine(weights, layer.channels, layer.affine));
  // Without parameters torch takes any number of channels.
  if (affine) CHECK_OK(expect_channels(b, x, layer.channels).in(weights.where()));
  const Float32Scope scope(b);
  std::vector<int64_t> axes(b.shape(x).size() - 2);
  std::iota(axes.begin(), axes.end(), 2);
  return scaled_channels(b, standardise(b, x, axes, layer.epsilon), affine);
}

Result<ValueId> local_response_norm(GraphBuilder& b, ValueId x, const ResponseNormLayer& layer) {
  CHECK_OK(require_image_axes(b, x));
  const Float32Scope scope(b);
  const ValueId mean = neighbour_mean(b, b.mul(x, x), layer.size / 2, (layer.size - 1) / 2);
  return respond(b, x, b.mul(mean, b.scalar(layer.alpha)), layer);
}

Result<ValueId> cross_map_lrn(GraphBuilder& b, ValueId x, const ResponseNormLayer& layer) {
  CHECK_OK(require_image_axes(b, x));
  TRY(channels, fixed_size(b, x, 1));
  const int64_t side = (layer.size - 1) / 2;
  const double share = layer.alpha / static_cast<double>(layer.size);
  // Its running sum never lets go of the first channel.
  std::vector<float> first_share(static_cast<size_t>(channels), 0.0F);
  for (int64_t channel = side + 1; channel < channels; ++channel)
    first_share[static_cast<size_t>(channel)] = static_cast<float>(share);
  Shape shape(b.shape(x).size() - 1, 1);
  shape[0] = channels;
  const Float32Scope scope(b);
  const ValueId squares = b.mul(x, x);
  const ValueId sums =
      b.mul(neighbour_mean(b, squares, side, side), b.scalar(share * static_cast<double>(2 * side + 1)));
  const ValueId first = b.mul(b.slice(squares, 1, 0, 1), b.floats(std::move(shape), std::move(first_share)));
  return respond(b, x, b.add(sums, first), layer);
}

}  // namespace modelport
