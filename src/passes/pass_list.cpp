#include <array>

#include "passes/pass.h"

namespace modelport {

Result<Graph> append_nms(const Graph& graph, PassContext& context);
Result<Graph> embed_preprocessing(const Graph& graph, PassContext& context);
Result<Graph> append_class_map(const Graph& graph, PassContext& context);
Result<Graph> fold_batch_norm(const Graph& graph, PassContext& context);
Result<Graph> merge_parallel_convolutions(const Graph& graph, PassContext& context);
Result<Graph> fold_constants(const Graph& graph, PassContext& context);
Result<Graph> eliminate_identities(const Graph& graph, PassContext& context);
Result<Graph> multiply_distributions(const Graph& graph, PassContext& context);
Result<Graph> compose_rows(const Graph& graph, PassContext& context);
Result<Graph> merge_reshapes(const Graph& graph, PassContext& context);

bool has_pixel_logits(const PassContext& context);

namespace {

bool suppresses(const PassContext& context) { return context.request.head == HeadChoice::kNmsInside; }
bool takes_pixels(const PassContext& context) { return context.request.image_input != ImageInput::kNormalised; }
bool rounds(const PassContext& context) { return context.choose_precisions != nullptr; }

Result<Graph> legalize(const Graph& graph, PassContext& context) { return context.legalize(graph); }

Result<Graph> round_where_chosen(const Graph& graph, PassContext& context) {
  TRY(nodes, context.choose_precisions(graph));
  return to_half(graph, nodes);
}

constexpr std::array<Pass, 12> kPasses = {{
    {"append_nms", "Non-maximum suppression follows a detector's one-to-many head.", Pass::Kind::kModel, append_nms,
     suppresses},
    {"embed_preprocessing", "The input becomes the pixels that a camera gives.", Pass::Kind::kModel,
     embed_preprocessing, takes_pixels},
    {"append_class_map", "The number of its best class follows the logits of every pixel.", Pass::Kind::kModel,
     append_class_map, has_pixel_logits},
    {"fold_batch_norm", "Batch norm behind a convolution becomes part of its weight and bias.", Pass::Kind::kAlways,
     fold_batch_norm},
    {"merge_parallel_convolutions", "The sum of two convolutions of one value becomes one.", Pass::Kind::kAlways,
     merge_parallel_convolutions},
    {"fold_constants", "What depends on constants alone is computed once, here.", Pass::Kind::kAlways, fold_constants},
    {"eliminate_identities", "Operators that return their operand unchanged are left out.", Pass::Kind::kOptional,
     eliminate_identities},
    {"multiply_distributions", "DFL decoding (softmax and 1x1 convolution over bins) becomes one MatMul.",
     Pass::Kind::kOptional, multiply_distributions},
    {"compose_rows",
     "Add, Sub, Mul, Div, Split and Concat on the rows of a constant MatMul are folded into its weight and bias.",
     Pass::Kind::kOptional, compose_rows},
    {"merge_reshapes", "Consecutive splits and merges of axes become one reshape.", Pass::Kind::kOptional,
     merge_reshapes},
    {"legalize", "Operators that the format has no node for are decomposed.", Pass::Kind::kAlways, legalize},
    {"to_half", "Weights, and arithmetic where the format's half means that too, become float16 where limits allow it.",
     Pass::Kind::kAlways, round_where_chosen, rounds},
}};

}  // namespace

std::span<const Pass> pass_list() { return kPasses; }

}  // namespace modelport
