#include "models/layers/softmax.h"

namespace modelport {

ValueId log_softmax(GraphBuilder& b, ValueId x, int64_t axis) {
  const ValueId below = b.sub(x, b.reduce_max(x, {axis}));
  return b.sub(below, b.unary(Log{}, b.reduce_sum(b.unary(Exp{}, below), {axis})));
}

ValueId softmin(GraphBuilder& b, ValueId x, int64_t axis) { return b.softmax(b.mul(x, b.scalar(-1)), axis); }

}  // namespace modelport
