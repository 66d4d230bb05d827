#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "export/prepare.h"
#include "ops/graph_builder.h"

namespace modelport {
namespace {

using testing::Contains;

std::vector<const Format*> formats() {
  std::vector<const Format*> available;
  for (const FormatRow& row : format_table()) {
    if (row.format != nullptr) available.push_back(row.format);
  }
  return available;
}

TEST(Preparation, NamesEveryPassAndNoneTwice) {
  std::set<std::string_view> rows, named;
  for (const Pass& pass : pass_list()) EXPECT_TRUE(rows.insert(pass.name).second) << pass.name;
  for (const Format* format : formats()) {
    std::set<std::string_view> once;
    for (const std::string_view name : preparation(*format)) {
      EXPECT_THAT(rows, Contains(name)) << format->name;
      EXPECT_TRUE(once.insert(name).second) << format->name << " runs " << name << " twice";
    }
    named.merge(once);
  }
  EXPECT_EQ(named, rows) << "a pass that no format runs";
}

TEST(Preparation, MergesReshapesBehindWhateverReadsAxes) {
  for (const Format* format : formats()) {
    const std::vector<std::string_view> names = preparation(*format);
    const auto at = [&](std::string_view name) { return std::ranges::find(names, name) - names.begin(); };
    for (const std::string_view reader : {"append_nms", "embed_preprocessing", "multiply_distributions"})
      EXPECT_LT(at(reader), at("merge_reshapes")) << format->name;
    EXPECT_LT(at("legalize"), at("to_half")) << format->name << ": the precision is of the format's own operators";
  }
}

/// [1, 6, 4, 4] of logits: split and merged axes, and a composite operator.
SourceModel pixel_classifier() {
  GraphBuilder b;
  const ValueId x = b.input("images", {DType::kFloat32, {1, 6, 4, 4}});
  const ValueId split = b.split_axis(x, 1, {2, 3});
  b.output("output0", b.unary(Silu{}, b.merge_axes(b.split_axis(b.merge_axes(split, 1, 3), 1, {6, 4}), 2, 1)));
  auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().text();
  SourceModel model;
  model.graph = *std::move(graph);
  model.inputs = {{"images", "NCHW", Role::kImage, {}}};
  model.outputs = {{"output0", "NCHW", Role::kLogits, {}}};
  model.facts.class_map = "argmax";
  return model;
}

size_t count_reshapes(const Graph& graph) {
  return static_cast<size_t>(std::ranges::count_if(graph.nodes, [](const Node& node) {
    return std::holds_alternative<SplitAxis>(node.op) || std::holds_alternative<MergeAxes>(node.op) ||
           std::holds_alternative<Reshape>(node.op);
  }));
}

TEST(Prepare, RunsWhatOptionsAndFormatAskFor) {
  const SourceModel model = pixel_classifier();
  const Format& onnx = *find_format("onnx")->format;
  ExportOptions options;
  const auto merged = prepare(model, options, onnx);
  ASSERT_TRUE(merged) << merged.error().text();
  EXPECT_EQ(count_reshapes(merged->model.graph), 1u);
  EXPECT_FALSE(merged->precision);
  options.simplify = Simplify::kRequiredOnly;
  const auto unmerged = prepare(model, options, onnx);
  ASSERT_TRUE(unmerged) << unmerged.error().text();
  EXPECT_GT(count_reshapes(unmerged->model.graph), 1u);
  for (const auto* prepared : {&merged, &unmerged}) {
    EXPECT_TRUE(std::ranges::none_of((*prepared)->model.graph.nodes, [](const Node& node) {
      return std::holds_alternative<Silu>(node.op);
    })) << "the graph is in the format's own operators";
  }
}

TEST(AdaptToFormat, AppendsAClassMapWhereTheFormatHoldsOne) {
  for (const Format* format : formats()) {
    SourceModel model = pixel_classifier();
    const auto ran = adapt_to_format(model, *format);
    ASSERT_TRUE(ran) << ran.error().text();
    const bool numbers = format->name != "torchscript";
    EXPECT_EQ(*ran, numbers ? std::vector<std::string_view>{"append_class_map"} : std::vector<std::string_view>());
    EXPECT_EQ(model.outputs[0].role, numbers ? Role::kClassNumbers : Role::kLogits) << format->name;
    const auto again = adapt_to_format(model, *format);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->empty()) << "what has one needs none";
  }
}

TEST(AdaptToRequest, SaysWhatAModelCannotHave) {
  SourceModel model = pixel_classifier();
  BuildRequest request;
  ASSERT_TRUE(adapt_to_request(model, request));
  request.head = HeadChoice::kNmsInside;
  const Status status = adapt_to_request(model, request);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().text().find("append_nms"), std::string::npos) << "the option is named, not the pass";
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace modelport
