#pragma once

#include "models/ultralytics/translation.h"

/// The forward() of each module class of the framework (ultralytics/nn/modules/*.py), in the order of those files.
/// Functions of one input take it as `x`; module_table.cpp adapts them to ModuleFunction.
namespace modelport::ultralytics {

// torch.nn containers.
/// torch.nn.Sequential: its children one after another.
Result<ValueId> sequential(Translation& t, const ModuleView& module, ValueId x);

// conv.py
/// Conv and DWConv: act(bn(conv(x))), or act(conv(x)) where fuse() has removed `bn`.
Result<ValueId> conv(Translation& t, const ModuleView& module, ValueId x);
/// Conv2: act(bn(conv(x) + cv2(x))), or Conv where fuse() has removed `cv2`.
Result<ValueId> conv2(Translation& t, const ModuleView& module, ValueId x);
/// Focus: every second pixel, four times, stacked as channels.
Result<ValueId> focus(Translation& t, const ModuleView& module, ValueId x);
/// ConvTranspose: act(bn(conv_transpose(x))), or without `bn` where fuse() has removed it.
Result<ValueId> conv_transpose(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> ghost_conv(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> channel_attention(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> spatial_attention(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> cbam(Translation& t, const ModuleView& module, ValueId x);
/// Index: input number `index`.
Result<ValueId> index(Translation& t, const ModuleView& module, std::span<const ValueId> inputs);
/// Concat along `d`.
Result<ValueId> concat(Translation& t, const ModuleView& module, std::span<const ValueId> inputs);

// block.py
/// Bottleneck and what inherits its forward: RepBottleneck.
Result<ValueId> bottleneck(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> bottleneck_csp(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> ghost_bottleneck(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> res_net_block(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> res_net_layer(Translation& t, const ModuleView& module, ValueId x);
/// RepNCSPELAN4 and what inherits its forward: ELAN1.
Result<ValueId> rep_ncsp_elan4(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> a_conv(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> a_down(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> spp_elan(Translation& t, const ModuleView& module, ValueId x);
/// CBLinear: a tuple of `c2s` channels each; Translation::tuples has the parts.
Result<ValueId> cb_linear(Translation& t, const ModuleView& module, ValueId x);
/// CBFuse: part idx[i] of each input but the last, resized to the last, all added to it.
Result<ValueId> cb_fuse(Translation& t, const ModuleView& module, std::span<const ValueId> inputs);
/// RepVGGDW: two depthwise convolutions of different width, or their sum where fuse() has made it.
Result<ValueId> rep_vgg_dw(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> cib(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> sc_down(Translation& t, const ModuleView& module, ValueId x);
/// AAttn: multi-head attention within each of `area` runs of pixels.
Result<ValueId> area_attention(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> a_block(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> a2c2f(Translation& t, const ModuleView& module, ValueId x);
/// Mask prototypes [N, masks, 2 H, 2 W] of the finest level.
Result<ValueId> proto(Translation& t, const ModuleView& module, ValueId x);
/// The same of all levels, upsampled and added.
Result<ValueId> proto26(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
/// Distribution focal loss decoding: [N, 4 c1, A] bins -> [N, 4, A] distances (https://arxiv.org/abs/2006.04388).
Result<ValueId> dfl(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> spp(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> sppf(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> c1(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> c2(Translation& t, const ModuleView& module, ValueId x);
/// C2f and what inherits its forward: C3k2, C2fPSA, C2fCIB.
Result<ValueId> c2f(Translation& t, const ModuleView& module, ValueId x);
/// C3 and what inherits its forward: C3k, C3x, C3Ghost, RepCSP.
Result<ValueId> c3(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> c3f(Translation& t, const ModuleView& module, ValueId x);
/// Multi-head attention over all pixels, with a depthwise convolution of the values as position code.
Result<ValueId> attention(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> psa_block(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> psa(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> c2psa(Translation& t, const ModuleView& module, ValueId x);

/// HGStem: two branches behind a strided convolution, joined.
Result<ValueId> hg_stem(Translation& t, const ModuleView& module, ValueId x);
/// HGBlock: the results of all its convolutions, squeezed.
Result<ValueId> hg_block(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> light_conv(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> rep_conv(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> rep_c3(Translation& t, const ModuleView& module, ValueId x);

// block.py, guided by text features (Translation::text).
Result<ValueId> c2f_attention(Translation& t, const ModuleView& module, ValueId x);
/// Weighs pixels by their likeness to the most alike class.
Result<ValueId> max_sigmoid_attention(Translation& t, const ModuleView& module, ValueId x);
/// Enriches the guide by pooled levels; returns it.
Result<ValueId> image_pooling_attention(Translation& t, const ModuleView& module, std::span<const ValueId> inputs);
/// Likeness of pixels and classes, [N, C, H, W] -> [N, classes, H, W], both of length 1.
Result<ValueId> contrastive_head(Translation& t, const ModuleView& module, ValueId x);
/// The same with pixels normalised by a batch norm; the identity where fuse() has folded it into the layer before.
Result<ValueId> bn_contrastive_head(Translation& t, const ModuleView& module, ValueId x);

// block.py, TorchVision and what is inside of it.
/// TorchVision: the layers of a network of torchvision, one after another.
Result<ValueId> torchvision_backbone(Translation& t, const ModuleView& module, ValueId x);
/// torchvision.ops.SqueezeExcitation: channels weighed by what two convolutions make of their means.
Result<ValueId> torchvision_squeeze_excitation(Translation& t, const ModuleView& module, ValueId x);
/// torchvision.ops.Permute: axes in the order `dims`.
Result<ValueId> torchvision_permute(Translation& t, const ModuleView& module, ValueId x);
/// torchvision.models.resnet.BasicBlock and Bottleneck.
Result<ValueId> torchvision_basic_block(Translation& t, const ModuleView& module, ValueId x);
Result<ValueId> torchvision_bottleneck(Translation& t, const ModuleView& module, ValueId x);

// transformer.py
/// One encoder layer over all pixels, with sines and cosines as position code.
Result<ValueId> aifi(Translation& t, const ModuleView& module, ValueId x);
/// Layers of attention over all pixels, with a learnt position code.
Result<ValueId> transformer_block(Translation& t, const ModuleView& module, ValueId x);
/// Takes and gives tokens [N, H W, C].
Result<ValueId> transformer_layer(Translation& t, const ModuleView& module, ValueId tokens);
/// Linear layers over the last axis.
Result<ValueId> mlp(Translation& t, const ModuleView& module, ValueId x);

// head.py: these also add the model's outputs, probes and task facts, and return the first output.
/// Detect and v10Detect: levels -> [N, 4 + nc, A], boxes as xywh in input pixels, scores in [0, 1]; or the best rows of
/// the end-to-end branch, [N, D, 6].
Result<ValueId> detect(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
/// WorldDetect: as Detect, with likenesses to the classes' text features as logits.
Result<ValueId> world_detect(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
/// Segment: the same with mask coefficients behind the scores, and prototypes [N, masks, H/4, W/4] as output1.
Result<ValueId> segment(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
Result<ValueId> segment26(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
/// Pose: the same with keypoints behind the scores.
Result<ValueId> pose(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
Result<ValueId> pose26(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
/// OBB: turned boxes, their angle in radians behind the scores.
Result<ValueId> obb(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
Result<ValueId> obb26(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
/// YOLOEDetect, also prompt-free: as Detect, with likenesses to the prompts as logits.
Result<ValueId> yoloe_detect(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
/// YOLOESegment: the same with mask coefficients behind the scores, and prototypes as output1.
Result<ValueId> yoloe_segment(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
Result<ValueId> yoloe_segment26(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
/// SemanticSegment: levels -> logits of every pixel [N, nc, H, W].
Result<ValueId> semantic_segment(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
/// Classify: features (several are concatenated) -> [N, nc] probabilities.
Result<ValueId> classify(Translation& t, const ModuleView& module, std::span<const ValueId> inputs);

/// RTDETRDecoder: levels -> [N, K, 6], the best pairs of query and class: x, y of the middle, width, height as parts of
/// the image, score, class.
Result<ValueId> rtdetr_decoder(Translation& t, const ModuleView& module, std::span<const ValueId> levels);

}  // namespace modelport::ultralytics
