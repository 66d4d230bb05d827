#include "models/layers/group_norm.h"

#include <numeric>

#include "models/layers/batch_norm.h"
#include "models/layers/weights.h"

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

Status require_image_axes(const GraphBuilder& b, const ModuleView& module, ValueId x) {
  if (b.shape(x).size() >= 3) return {};
  return module.fail("a value of {} axes arrives, channels with positions behind them are expected", b.shape(x).size());
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

struct ResponseSettings {
  int64_t size;
  double alpha, beta, k;
};

Result<ResponseSettings> response_settings(const ModuleView& module) {
  TRY(size, bounded_int(module, "size", 1));
  TRY(alpha, module.float_attribute("alpha"));
  TRY(beta, module.float_attribute("beta"));
  TRY(k, module.float_attribute("k"));
  return ResponseSettings{size, alpha, beta, k};
}

/// x / (k + shares)^beta.
ValueId respond(GraphBuilder& b, ValueId x, ValueId shares, const ResponseSettings& settings) {
  const ValueId base = b.add(shares, b.scalar(settings.k));
  return b.div(x, b.emit(Pow{}, {base, b.scalar(settings.beta)})[0]);
}

}  // namespace

Result<ValueId> group_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(groups, bounded_int(module, "num_groups", 1));
  TRY(channels, bounded_int(module, "num_channels", 1));
  TRY(epsilon, epsilon_attribute(module));
  if (channels % groups != 0) return contradiction(module, "{} groups of {} channels", groups, channels);
  CHECK_OK(expect_channels(b, module, x, channels));
  TRY(affine, optional_channel_affine(module, channels));
  const Float32Scope scope(b);
  const SymbolicShape shape = b.shape(x);
  const auto rank = static_cast<int64_t>(shape.size());
  const ValueId members = b.merge_axes(b.split_axis(x, 1, {groups, channels / groups}), 2, rank - 1);
  const ValueId standard = standardise(b, members, {2}, epsilon);
  std::vector<Dim> inner(shape.begin() + 1, shape.end());
  inner[0] = channels / groups;
  return scaled_channels(b, b.merge_axes(b.split_axis(standard, 2, inner), 1, 2), affine);
}

Result<ValueId> instance_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(tracked, module.bool_attribute("track_running_stats"));
  if (tracked) return batch_norm(b, module, x);
  TRY(features, bounded_int(module, "num_features", 1));
  TRY(epsilon, epsilon_attribute(module));
  CHECK_OK(require_image_axes(b, module, x));
  TRY(affine, optional_channel_affine(module, features));
  // Without parameters torch takes any number of channels.
  if (affine) CHECK_OK(expect_channels(b, module, x, features));
  const Float32Scope scope(b);
  std::vector<int64_t> axes(b.shape(x).size() - 2);
  std::iota(axes.begin(), axes.end(), 2);
  return scaled_channels(b, standardise(b, x, axes, epsilon), affine);
}

Result<ValueId> local_response_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(settings, response_settings(module));
  CHECK_OK(require_image_axes(b, module, x));
  const Float32Scope scope(b);
  const ValueId mean = neighbour_mean(b, b.mul(x, x), settings.size / 2, (settings.size - 1) / 2);
  return respond(b, x, b.mul(mean, b.scalar(settings.alpha)), settings);
}

Result<ValueId> cross_map_lrn(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(settings, response_settings(module));
  CHECK_OK(require_image_axes(b, module, x));
  TRY(channels, fixed_size(b, module, x, 1));
  const int64_t side = (settings.size - 1) / 2;
  const double share = settings.alpha / static_cast<double>(settings.size);
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
  return respond(b, x, b.add(sums, first), settings);
}

}  // namespace modelport
