#include "operator_cases.h"

namespace modelport {

namespace {

ValueId image(GraphBuilder& b, SymbolicShape shape, DType dtype = DType::kFloat32, const std::string& name = "x") {
  return b.input(name, {dtype, std::move(shape)});
}

/// Convolution of x [2, channels, 7, 9] with an own weight and bias.
OperatorCase conv(const std::string& name, int64_t channels, Shape weight, Conv attributes, bool bias = true) {
  return {"Conv " + name, [=](GraphBuilder& b) {
            const ValueId x = image(b, {2, channels, 7, 9});
            const ValueId w = formula_constant(b, weight, 100);
            const std::optional<ValueId> c = bias ? std::optional(formula_constant(b, {weight[0]}, 101)) : std::nullopt;
            b.output("y", b.conv(x, w, c, attributes));
          }};
}

/// y = op(scale x + shift) on [2, 3, 5].
OperatorCase unary(const std::string& name, Op op, double scale = 4.0, double shift = 0.0) {
  return {name, [=](GraphBuilder& b) {
            const ValueId x = image(b, {2, 3, 5});
            b.output("y", b.unary(op, b.add(b.mul(x, b.scalar(scale)), b.scalar(shift))));
          }};
}

OperatorCase binary(const std::string& name, Op op, Shape a, Shape c) {
  return {name, [=](GraphBuilder& b) {
            const ValueId x = image(b, symbolic(a));
            b.output("y", b.emit(op, {x, formula_constant(b, c, 100, 0.5f, 1.5f)})[0]);
          }};
}

OperatorCase of_image(const std::string& name, SymbolicShape shape,
                      const std::function<ValueId(GraphBuilder&, ValueId)>& apply) {
  return {name, [=](GraphBuilder& b) { b.output("y", apply(b, image(b, shape))); }};
}

std::vector<OperatorCase> make_cases() {
  const Dim batch = Dim::symbol("batch"), h = Dim(4) * Dim::symbol("height/4"), w = Dim(4) * Dim::symbol("width/4");
  std::vector<OperatorCase> cases = {
      conv("3x3", 4, {6, 4, 3, 3}, {.pads = {1, 1, 1, 1}}),
      conv("stride 2", 4, {5, 4, 3, 3}, {.strides = {2, 2}, .pads = {1, 1, 1, 1}}),
      conv("asymmetric", 3, {4, 3, 2, 3}, {.strides = {1, 2}, .pads = {1, 0, 0, 2}, .dilations = {2, 1}}),
      conv("grouped", 6, {9, 2, 3, 3}, {.pads = {1, 1, 1, 1}, .groups = 3}),
      conv("depthwise", 5, {5, 1, 5, 3}, {.pads = {2, 1, 2, 1}, .groups = 5}, false),
      conv("1x1", 7, {3, 7, 1, 1}, {}),
      of_image("Conv varying", {batch, 3, h, w},
               [](GraphBuilder& b, ValueId x) {
                 return b.conv(x, formula_constant(b, {2, 3, 3, 3}, 100), std::nullopt, {.strides = {2, 2}, .pads = {1, 1, 1, 1}});
               }),
      of_image("BatchNorm", {2, 3, 4, 5},
               [](GraphBuilder& b, ValueId x) {
                 return b.batch_norm(x, formula_constant(b, {3}, 100), formula_constant(b, {3}, 101), formula_constant(b, {3}, 102),
                                     formula_constant(b, {3}, 103, 0.5f, 0.6f), 1e-3);
               }),
      of_image("MaxPool 5x5", {1, 2, 6, 7},
               [](GraphBuilder& b, ValueId x) { return b.max_pool(x, {.kernel = {5, 5}, .pads = {2, 2, 2, 2}}); }),
      of_image("MaxPool ceil", {1, 2, 7, 8},
               [](GraphBuilder& b, ValueId x) {
                 return b.max_pool(x, {.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 0, 1, 0}, .rounding = MaxPool::Rounding::kCeil});
               }),
      of_image("MaxPool dilated", {1, 2, 9, 8},
               [](GraphBuilder& b, ValueId x) { return b.max_pool(x, {.kernel = {3, 2}, .strides = {1, 2}, .dilations = {2, 3}}); }),
      of_image("LayerNorm", {2, 4, 6},
               [](GraphBuilder& b, ValueId x) {
                 return b.layer_norm(x, formula_constant(b, {6}, 100), formula_constant(b, {6}, 101), {1, 1e-6});
               }),
      of_image("ReduceMean", {2, 3, 4, 5}, [](GraphBuilder& b, ValueId x) { return b.reduce_mean(x, {2, 3}); }),
      of_image("ReduceMean three axes", {2, 3, 4, 5}, [](GraphBuilder& b, ValueId x) { return b.reduce_mean(x, {1, 2, 3}); }),
      of_image("ReduceMean three axes of five", {2, 3, 4, 5, 2}, [](GraphBuilder& b, ValueId x) { return b.reduce_mean(x, {0, 2, 4}); }),
      of_image("ReduceMean varying", {batch, 3, h, w}, [](GraphBuilder& b, ValueId x) { return b.reduce_mean(x, {2, 3}); }),
      of_image("ReduceMean one axis", {2, 3, 4}, [](GraphBuilder& b, ValueId x) { return b.reduce_mean(x, {1}); }),
      of_image("MatMul", {2, 3, 4, 5}, [](GraphBuilder& b, ValueId x) { return b.matmul(x, formula_constant(b, {3, 5, 2}, 100)); }),
      of_image("MatMul of a constant on the left", {2, 5, 4}, [](GraphBuilder& b, ValueId x) {
        return b.matmul(formula_constant(b, {3, 5}, 100), x);
      }),
      of_image("Linear", {3, 5},
               [](GraphBuilder& b, ValueId x) { return b.linear(x, formula_constant(b, {4, 5}, 100), formula_constant(b, {4}, 101)); }),
      of_image("Linear of rank 3", {2, 3, 5},
               [](GraphBuilder& b, ValueId x) { return b.linear(x, formula_constant(b, {4, 5}, 100), formula_constant(b, {4}, 101)); }),
      of_image("Attention", {2, 3, 4, 5},
               [](GraphBuilder& b, ValueId x) {
                 return b.attention(x, formula_constant(b, {2, 3, 6, 5}, 100), formula_constant(b, {2, 3, 6, 2}, 101), 0.4472136);
               }),
      of_image("Softmax last", {2, 3, 5}, [](GraphBuilder& b, ValueId x) { return b.softmax(x, 2); }),
      of_image("Softmax inner", {2, 6, 3, 4}, [](GraphBuilder& b, ValueId x) { return b.softmax(x, 1); }),
      binary("Add", Add{}, {2, 3, 4}, {2, 3, 4}),
      binary("Add broadcast", Add{}, {2, 1, 4}, {3, 1}),
      binary("Sub", Sub{}, {2, 3, 4}, {3, 1}),
      binary("Mul", Mul{}, {2, 3, 4}, {1, 4}),
      of_image("Mul of a constant row", {2, 3, 4}, [](GraphBuilder& b, ValueId x) { return b.mul(x, formula_constant(b, {1, 4}, 100)); }),
      of_image("Mul of a constant channel", {2, 3, 4, 5},
               [](GraphBuilder& b, ValueId x) { return b.mul(x, formula_constant(b, {3, 1, 1}, 100)); }),
      of_image("Sub from constants in the middle", {2, 3, 4, 5, 2},
               [](GraphBuilder& b, ValueId x) { return b.sub(formula_constant(b, {1, 3, 1, 1, 2}, 100), x); }),
      binary("Div", Div{}, {2, 3, 4}, {2, 3, 4}),
      {"Pow", [](GraphBuilder& b) {
         const ValueId x = b.add(image(b, {2, 3}), b.scalar(1.5));
         b.output("y", b.emit(Pow{}, {x, formula_constant(b, {3}, 100, 2.0f)})[0]);
       }},
      unary("Relu", Relu{}),
      unary("LeakyRelu", LeakyRelu{0.1}),
      unary("Elu", Elu{1.5}),
      unary("Clip", Clip{-1.0, 2.5}),
      unary("Sigmoid", Sigmoid{}, 9.0),
      unary("Silu", Silu{}, 6.0),
      unary("HardSigmoid", HardSigmoid{}),
      unary("HardSwish", HardSwish{}),
      unary("Tanh", Tanh{}, 3.0),
      unary("Exp", Exp{}, 3.0),
      unary("Sqrt", Sqrt{}, 1.0, 1.1),
      unary("Erf", Erf{}, 2.0),
      unary("Softplus", Softplus{}, 9.0),
      unary("Mish", Mish{}, 6.0),
      unary("Gelu erf", Gelu{GeluForm::kErf}),
      unary("Gelu tanh", Gelu{GeluForm::kTanh}),
      of_image("Cast float16", {2, 3}, [](GraphBuilder& b, ValueId x) { return b.cast(b.cast(x, DType::kFloat16), DType::kFloat32); }),
      of_image("Cast int64", {2, 3},
               [](GraphBuilder& b, ValueId x) { return b.cast(b.cast(b.mul(x, b.scalar(9.0)), DType::kInt64), DType::kFloat32); }),
      of_image("Concat", {2, 3, 4}, [](GraphBuilder& b, ValueId x) { return b.concat({x, formula_constant(b, {2, 2, 4}, 100), x}, 1); }),
      {"Split", [](GraphBuilder& b) {
         const std::vector<ValueId> parts = b.split(image(b, {2, 6, 3}), 1, {1, 3, 2});
         for (size_t i = 0; i < parts.size(); ++i) b.output("y" + std::to_string(i), parts[i]);
       }},
      {"Split equal", [](GraphBuilder& b) {
         const std::vector<ValueId> parts = b.split(image(b, {2, 6, 3}), 1, {2, 2, 2});
         for (size_t i = 0; i < parts.size(); ++i) b.output("y" + std::to_string(i), parts[i]);
       }},
      {"Split varying", [=](GraphBuilder& b) {
         const ValueId x = image(b, {batch, h, 3});
         const std::vector<ValueId> parts = b.split(x, 1, {1, b.dim(x, 1) - Dim(1)});
         for (size_t i = 0; i < parts.size(); ++i) b.output("y" + std::to_string(i), parts[i]);
       }},
      of_image("Slice", {2, 7, 3}, [](GraphBuilder& b, ValueId x) { return b.slice(x, 1, 2, 6); }),
      of_image("Slice varying", {batch, h, 3}, [&](GraphBuilder& b, ValueId x) { return b.slice(x, 1, 1, b.dim(x, 1)); }),
      of_image("Permute", {2, 3, 4, 5}, [](GraphBuilder& b, ValueId x) { return b.permute(x, {0, 3, 1, 2}); }),
      of_image("SplitAxis", {2, 12, 3}, [](GraphBuilder& b, ValueId x) { return b.split_axis(x, 1, {4, 3}); }),
      of_image("MergeAxes varying", {batch, 3, h, w}, [](GraphBuilder& b, ValueId x) { return b.merge_axes(x, 2, 2); }),
      of_image("SplitAxis varying", {batch, 12, h}, [](GraphBuilder& b, ValueId x) { return b.split_axis(x, 1, {4, 3}); }),
      of_image("Reshape", {2, 3, 4}, [](GraphBuilder& b, ValueId x) { return b.reshape(x, {4, 6}); }),
      of_image("Expand", {1, 3, 1}, [](GraphBuilder& b, ValueId x) { return b.expand(x, {2, 3, 4}); }),
      of_image("Slice to the smaller size", {1, h, w}, [](GraphBuilder& b, ValueId x) {
        return b.slice(x, 1, 0, min(b.dim(x, 1), b.dim(x, 2)));
      }),
      of_image("Expand to the larger size", {1, h, w}, [](GraphBuilder& b, ValueId x) {
        return b.expand(b.slice(x, 1, 0, 1), {max(b.dim(x, 1), b.dim(x, 2)), 1, b.dim(x, 2)});
      }),
      of_image("Range", {1, 2, h, w},
               [](GraphBuilder& b, ValueId x) {
                 const ValueId columns = b.add(b.range(b.dim(x, 3), DType::kFloat32), b.scalar(0.5));
                 return b.add(x, columns);
               }),
      of_image("Gather", {2, 5, 3},
               [](GraphBuilder& b, ValueId x) {
                 return b.gather(x, b.constant(WeightRecipe::source(Tensor::from_int64s({3}, {4, 0, 2}), "indices")), 1);
               }),
      of_image("Pad constant", {1, 2, 3, 4}, [](GraphBuilder& b, ValueId x) { return b.pad(x, {{1, 0, 2, 3}, PadMode::kConstant, 0.5}); }),
      of_image("Pad before MaxPool", {1, 2, 3, 4}, [](GraphBuilder& b, ValueId x) {
        const ValueId below = b.sub(x, b.scalar(2.0));
        return b.max_pool(b.pad(below, {{1, 0, 1, 2}, PadMode::kConstant, 0.0}), {.kernel = {2, 2}});
      }),
      of_image("Pad before MaxPool varying", {batch, 2, h, w}, [](GraphBuilder& b, ValueId x) {
        return b.max_pool(b.pad(b.sub(x, b.scalar(2.0)), {{0, 0, 1, 1}, PadMode::kConstant, 0.0}), {.kernel = {2, 2}});
      }),
      of_image("Pad reflect", {1, 2, 4, 5}, [](GraphBuilder& b, ValueId x) { return b.pad(x, {{1, 2, 0, 3}, PadMode::kReflect}); }),
      of_image("Pad edge", {1, 2, 3, 4}, [](GraphBuilder& b, ValueId x) { return b.pad(x, {{1, 2, 2, 0}, PadMode::kEdge}); }),
      of_image("Resize nearest", {1, 2, 3, 4}, [](GraphBuilder& b, ValueId x) { return b.resize(x, {6, 8}); }),
      of_image("Resize nearest varying", {batch, 2, h, w},
               [](GraphBuilder& b, ValueId x) { return b.resize(x, {Dim(2) * b.dim(x, 2), Dim(2) * b.dim(x, 3)}); }),
      of_image("Resize nearest odd", {1, 2, 5, 7}, [](GraphBuilder& b, ValueId x) { return b.resize(x, {8, 3}); }),
      of_image("Resize linear", {1, 2, 3, 4},
               [](GraphBuilder& b, ValueId x) { return b.resize(x, {6, 10, ResizeMode::kLinear, ResizeCoordinates::kHalfPixel}); }),
      of_image("Resize linear corners", {1, 2, 3, 4},
               [](GraphBuilder& b, ValueId x) { return b.resize(x, {7, 9, ResizeMode::kLinear, ResizeCoordinates::kAlignCorners}); }),
      {"TopK", [](GraphBuilder& b) {
         const std::vector<ValueId> top = b.emit(TopK{1, 3}, {image(b, {2, 9})});
         b.output("values", top[0]);
         b.output("indices", top[1]);
       }},
      {"TopK place of the largest", [](GraphBuilder& b) { b.output("indices", b.topk(image(b, {2, 3, 4, 5}), 1, 1).indices); }},
      of_image("ConvTranspose", {1, 3, 5, 4}, [](GraphBuilder& b, ValueId x) {
        return b.conv_transpose(x, formula_constant(b, {3, 4, 2, 2}, 100), formula_constant(b, {4}, 101), {.strides = {2, 2}});
      }),
      of_image("ConvTranspose grouped, padded, dilated", {2, 4, 5, 6}, [](GraphBuilder& b, ValueId x) {
        return b.conv_transpose(x, formula_constant(b, {4, 3, 3, 2}, 100), std::nullopt,
                                {.strides = {2, 3}, .pads = {1, 0, 1, 0}, .dilations = {2, 1}, .output_pads = {1, 0}, .groups = 2});
      }),
      of_image("ConvTranspose varying", {batch, 3, h, w}, [](GraphBuilder& b, ValueId x) {
        return b.conv_transpose(x, formula_constant(b, {3, 2, 2, 2}, 100), formula_constant(b, {2}, 101), {.strides = {2, 2}});
      }),
      of_image("AveragePool", {1, 3, 6, 7}, [](GraphBuilder& b, ValueId x) {
        return b.average_pool(x, {.kernel = {2, 2}, .strides = {1, 1}});
      }),
      of_image("AveragePool padding counted", {2, 3, 6, 7}, [](GraphBuilder& b, ValueId x) {
        return b.average_pool(x, {.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}});
      }),
      of_image("AveragePool padding left out", {2, 3, 6, 7}, [](GraphBuilder& b, ValueId x) {
        return b.average_pool(x, {.kernel = {3, 3}, .strides = {2, 1}, .pads = {1, 1, 1, 1}, .padding = AveragePool::Padding::kLeftOut});
      }),
      of_image("ReduceMax", {2, 3, 4, 5}, [](GraphBuilder& b, ValueId x) { return b.reduce_max(x, {1, 3}); }),
      of_image("ReduceMax of an image", {2, 3, 4, 5}, [](GraphBuilder& b, ValueId x) { return b.reduce_max(x, {2, 3}); }),
      of_image("ReduceSum three axes", {2, 3, 4, 5}, [](GraphBuilder& b, ValueId x) { return b.reduce_sum(x, {1, 2, 3}); }),
      of_image("ReduceSum", {2, 3, 4, 5}, [](GraphBuilder& b, ValueId x) { return b.reduce_sum(x, {2}); }),
      of_image("Less, LogicalAnd, Where", {2, 3, 4, 5}, [](GraphBuilder& b, ValueId x) {
        const ValueId low = b.less(formula_constant(b, {5}, 100), x), high = b.less(x, b.scalar(0.5));
        return b.where(b.emit(LogicalAnd{}, {low, high})[0], x, formula_constant(b, {4, 1}, 101));
      }),
      of_image("Log", {1, 2, 3, 4}, [](GraphBuilder& b, ValueId x) { return b.unary(Log{}, b.add(b.mul(x, x), b.scalar(0.125))); }),
      of_image("Sin", {1, 2, 3, 4}, [](GraphBuilder& b, ValueId x) { return b.unary(Sin{}, b.mul(x, b.scalar(4))); }),
      of_image("Cos", {1, 2, 3, 4}, [](GraphBuilder& b, ValueId x) { return b.unary(Cos{}, b.mul(x, b.scalar(4))); }),
      of_image("GatherElements", {2, 6, 3}, [](GraphBuilder& b, ValueId x) { return b.gather_elements(x, b.topk(x, 1, 4).indices, 1); }),
      of_image("integer arithmetic", {2, 7, 3}, [](GraphBuilder& b, ValueId x) {
        const ValueId flat = b.merge_axes(x, 1, 2), three = b.constant(WeightRecipe::source(Tensor::from_int64s({}, {3}), "n"));
        const ValueId at = b.topk(flat, 1, 5).indices, row = b.div(at, three);
        const ValueId column = b.sub(at, b.mul(row, three));
        return b.add(b.mul(b.cast(row, DType::kFloat32), b.scalar(10)), b.cast(column, DType::kFloat32));
      }),
      of_image("GridSample", {2, 3, 5, 4}, [](GraphBuilder& b, ValueId x) {
        return b.grid_sample(x, formula_constant(b, {2, 6, 7, 2}, 100, 1.2F));
      }),
      of_image("NonMaxSuppression", {2, 30, 5}, [](GraphBuilder& b, ValueId x) {
        const std::vector<ValueId> parts = b.split(x, 2, {2, 2, 1});
        const ValueId half = b.add(b.mul(parts[1], b.scalar(0.25)), b.scalar(0.5));
        const ValueId boxes = b.concat({b.sub(parts[0], half), b.add(parts[0], half)}, 2);
        return b.emit(NonMaxSuppression{.iou_threshold = 0.3, .score_threshold = -0.25, .max_output = 7}, {boxes, b.merge_axes(parts[2], 1, 2)})[0];
      }),
      {"float16 block", [](GraphBuilder& b) {
         const ValueId x = b.cast(image(b, {1, 3, 6, 6}), DType::kFloat16);
         const ValueId weight = b.constant(WeightRecipe::source(Tensor::from_floats({4, 3, 3, 3}, operand_values(108, 100)), "w").convert(DType::kFloat16));
         b.output("y", b.cast(b.unary(Silu{}, b.conv(x, weight, std::nullopt, {.pads = {1, 1, 1, 1}})), DType::kFloat32));
       }},
  };
  return cases;
}

}  // namespace

const std::vector<OperatorCase>& operator_cases() {
  static const std::vector<OperatorCase> kCases = make_cases();
  return kCases;
}

std::vector<float> operand_values(int64_t count, uint32_t operand) {
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t hash = static_cast<uint32_t>(i) * 2654435761u + operand * 40503u;
    values[i] = static_cast<float>(static_cast<double>(hash) / 2147483648.0 - 1.0);
  }
  return values;
}

ValueId formula_constant(GraphBuilder& builder, const Shape& shape, uint32_t operand, float scale, float shift) {
  std::vector<float> values = operand_values(*element_count(shape), operand);
  for (float& value : values) value = value * scale + shift;
  return builder.floats(shape, std::move(values));
}

Result<BuiltCase> build_case(const OperatorCase& operator_case) {
  GraphBuilder builder;
  operator_case.build(builder);
  TRY(graph, std::move(builder).finish());
  BuiltCase built;
  built.graph = std::move(graph);
  for (size_t i = 0; i < built.graph.inputs.size(); ++i) {
    const ValueType& type = built.graph[built.graph.inputs[i].value].type;
    TRY(shape, evaluate_shape(type.shape, built.symbols));
    const int64_t count = *element_count(shape);
    built.inputs.push_back(
        {built.graph.inputs[i].name, type.dtype, shape, operand_values(count, static_cast<uint32_t>(i)), {}, {}});
  }
  return built;
}

}  // namespace modelport
