#include "models/ultralytics/module_table.h"

#include <algorithm>

#include "models/torch_modules/activations.h"
#include "models/torch_modules/batch_norm.h"
#include "models/torch_modules/conv2d.h"
#include "models/torch_modules/conv_transpose2d.h"
#include "models/torch_modules/flatten.h"
#include "models/torch_modules/group_norm.h"
#include "models/torch_modules/layer_norm.h"
#include "models/torch_modules/linear.h"
#include "models/torch_modules/padding.h"
#include "models/torch_modules/pixel_shuffle.h"
#include "models/torch_modules/pooling.h"
#include "models/torch_modules/softmax.h"
#include "models/torch_modules/upsample.h"
#include "models/ultralytics/modules.h"
#include "models/ultralytics/yolov5.h"

namespace modelport::ultralytics {

namespace {

Result<ValueId> only(const ModuleView& module, std::span<const ValueId> inputs) {
  if (inputs.size() == 1) return inputs[0];
  return module.fail("{} inputs arrive, it takes one", inputs.size());
}

/// A module of this framework with one input.
template <Result<ValueId> (*function)(Translation&, const ModuleView&, ValueId)>
Result<ValueId> module(Translation& t, const ModuleView& view, std::span<const ValueId> inputs) {
  TRY(x, only(view, inputs));
  return function(t, view, x);
}

/// A layer that families share.
template <Result<ValueId> (*function)(GraphBuilder&, const ModuleView&, ValueId)>
Result<ValueId> layer(Translation& t, const ModuleView& view, std::span<const ValueId> inputs) {
  TRY(x, only(view, inputs));
  return function(t.b, view, x);
}

constexpr ModuleRow kModules[] = {
    // The original YOLOv5 repository.
    {"apex.parallel.optimized_sync_batchnorm.SyncBatchNorm", layer<apex_batch_norm>},
    {"apex.parallel.sync_batchnorm.SyncBatchNorm", layer<apex_batch_norm>},
    {"detectron2.layers.batch_norm.NaiveSyncBatchNorm", layer<batch_norm>},
    {"horovod.torch.sync_batch_norm.SyncBatchNorm", layer<batch_norm>},
    {"mobile_cv.arch.layers.batch_norm.NaiveSyncBatchNorm", layer<batch_norm>},
    {"models.common.Bottleneck", module<bottleneck>},
    {"models.common.BottleneckCSP", module<bottleneck_csp>},
    {"models.common.C3", module<c3>},
    {"models.common.C3Ghost", module<c3>},
    {"models.common.C3SPP", module<c3>},
    {"models.common.C3TR", module<c3>},
    {"models.common.C3x", module<c3>},
    {"models.common.Classify", yolov5_classify},
    {"models.common.Concat", concat},
    {"models.common.Contract", module<contract>},
    {"models.common.Conv", module<conv>},
    {"models.common.CrossConv", module<bottleneck>},
    {"models.common.DWConv", module<conv>},
    {"models.common.DWConvTranspose2d", layer<conv_transpose2d>},
    {"models.common.Expand", module<expand>},
    {"models.common.Focus", module<focus>},
    {"models.common.GhostBottleneck", module<ghost_bottleneck>},
    {"models.common.GhostConv", module<ghost_conv>},
    {"models.common.Proto", module<proto>},
    {"models.common.SPP", module<spp>},
    {"models.common.SPPF", module<sppf>},
    {"models.common.TransformerBlock", module<transformer_block>},
    {"models.common.TransformerLayer", module<transformer_layer>},
    {"models.experimental.CrossConv", module<bottleneck>},
    {"models.experimental.GhostBottleneck", module<ghost_bottleneck>},
    {"models.experimental.GhostConv", module<ghost_conv>},
    {"models.yolo.Detect", yolov5_detect},
    {"models.yolo.Segment", yolov5_segment},
    {"timm.layers.drop.DropBlock2d", layer<identity>},
    {"timm.layers.drop.DropPath", layer<identity>},
    {"timm.models.layers.drop.DropBlock2d", layer<identity>},
    {"timm.models.layers.drop.DropPath", layer<identity>},
    {"torch.ao.quantization.stubs.DeQuantStub", layer<identity>},
    {"torch.ao.quantization.stubs.QuantStub", layer<identity>},
    {"torch.nn.modules.activation.CELU", layer<celu>},
    {"torch.nn.modules.activation.ELU", layer<elu>},
    {"torch.nn.modules.activation.GELU", layer<gelu>},
    {"torch.nn.modules.activation.GLU", layer<glu>},
    {"torch.nn.modules.activation.Hardshrink", layer<hard_shrink>},
    {"torch.nn.modules.activation.Hardsigmoid", layer<hard_sigmoid>},
    {"torch.nn.modules.activation.Hardswish", layer<hard_swish>},
    {"torch.nn.modules.activation.Hardtanh", layer<hard_tanh>},
    {"torch.nn.modules.activation.LeakyReLU", layer<leaky_relu>},
    {"torch.nn.modules.activation.LogSigmoid", layer<log_sigmoid>},
    {"torch.nn.modules.activation.LogSoftmax", layer<log_softmax>},
    {"torch.nn.modules.activation.Mish", layer<mish>},
    {"torch.nn.modules.activation.PReLU", layer<prelu>},
    {"torch.nn.modules.activation.RReLU", layer<rrelu>},
    {"torch.nn.modules.activation.ReLU", layer<relu>},
    {"torch.nn.modules.activation.ReLU6", layer<hard_tanh>},
    {"torch.nn.modules.activation.SELU", layer<selu>},
    {"torch.nn.modules.activation.SiLU", layer<silu>},
    {"torch.nn.modules.activation.Sigmoid", layer<sigmoid>},
    {"torch.nn.modules.activation.Softmax", layer<softmax>},
    {"torch.nn.modules.activation.Softmax2d", layer<softmax2d>},
    {"torch.nn.modules.activation.Softmin", layer<softmin>},
    {"torch.nn.modules.activation.Softplus", layer<softplus>},
    {"torch.nn.modules.activation.Softshrink", layer<soft_shrink>},
    {"torch.nn.modules.activation.Softsign", layer<softsign>},
    {"torch.nn.modules.activation.Tanh", layer<tanh>},
    {"torch.nn.modules.activation.Tanhshrink", layer<tanh_shrink>},
    {"torch.nn.modules.activation.Threshold", layer<threshold>},
    {"torch.nn.modules.batchnorm.BatchNorm1d", layer<batch_norm>},
    {"torch.nn.modules.batchnorm.BatchNorm2d", layer<batch_norm>},
    {"torch.nn.modules.batchnorm.BatchNorm3d", layer<batch_norm>},
    {"torch.nn.modules.batchnorm.SyncBatchNorm", layer<batch_norm>},
    {"torch.nn.modules.channelshuffle.ChannelShuffle", layer<channel_shuffle>},
    {"torch.nn.modules.container.Sequential", module<sequential>},
    {"torch.nn.modules.conv.Conv2d", layer<conv2d>},
    {"torch.nn.modules.conv.ConvTranspose2d", layer<conv_transpose2d>},
    {"torch.nn.modules.dropout.AlphaDropout", layer<identity>},
    {"torch.nn.modules.dropout.Dropout", layer<identity>},
    {"torch.nn.modules.dropout.Dropout1d", layer<identity>},
    {"torch.nn.modules.dropout.Dropout2d", layer<identity>},
    {"torch.nn.modules.dropout.Dropout3d", layer<identity>},
    {"torch.nn.modules.dropout.FeatureAlphaDropout", layer<identity>},
    {"torch.nn.modules.flatten.Flatten", layer<flatten>},
    {"torch.nn.modules.flatten.Unflatten", layer<unflatten>},
    {"torch.nn.modules.fold.Fold", layer<fold>},
    {"torch.nn.modules.fold.Unfold", layer<unfold>},
    {"torch.nn.modules.instancenorm.InstanceNorm1d", layer<instance_norm>},
    {"torch.nn.modules.instancenorm.InstanceNorm2d", layer<instance_norm>},
    {"torch.nn.modules.instancenorm.InstanceNorm3d", layer<instance_norm>},
    {"torch.nn.modules.linear.Identity", layer<identity>},
    {"torch.nn.modules.linear.Linear", layer<linear>},
    {"torch.nn.modules.normalization.CrossMapLRN2d", layer<cross_map_lrn>},
    {"torch.nn.modules.normalization.GroupNorm", layer<group_norm>},
    {"torch.nn.modules.normalization.LayerNorm", layer<layer_norm>},
    {"torch.nn.modules.normalization.LocalResponseNorm", layer<local_response_norm>},
    {"torch.nn.modules.normalization.RMSNorm", layer<rms_norm>},
    {"torch.nn.modules.padding.CircularPad2d", layer<circular_pad2d>},
    {"torch.nn.modules.padding.ConstantPad1d", layer<constant_pad2d>},
    {"torch.nn.modules.padding.ConstantPad2d", layer<constant_pad2d>},
    {"torch.nn.modules.padding.ReflectionPad2d", layer<reflection_pad2d>},
    {"torch.nn.modules.padding.ReplicationPad2d", layer<replication_pad2d>},
    {"torch.nn.modules.padding.ZeroPad1d", layer<constant_pad2d>},
    {"torch.nn.modules.padding.ZeroPad2d", layer<constant_pad2d>},
    {"torch.nn.modules.pixelshuffle.PixelShuffle", layer<pixel_shuffle>},
    {"torch.nn.modules.pixelshuffle.PixelUnshuffle", layer<pixel_unshuffle>},
    {"torch.nn.modules.pooling.AdaptiveAvgPool2d", layer<adaptive_avg_pool2d>},
    {"torch.nn.modules.pooling.AdaptiveMaxPool2d", layer<adaptive_max_pool2d>},
    {"torch.nn.modules.pooling.AvgPool2d", layer<avg_pool2d>},
    {"torch.nn.modules.pooling.LPPool2d", layer<lp_pool2d>},
    {"torch.nn.modules.pooling.MaxPool2d", layer<max_pool2d>},
    {"torch.nn.modules.upsampling.Upsample", layer<upsample>},
    {"torch.nn.modules.upsampling.UpsamplingBilinear2d", layer<upsample>},
    {"torch.nn.modules.upsampling.UpsamplingNearest2d", layer<upsample>},
    {"torchvision.models.resnet.BasicBlock", module<torchvision_basic_block>},
    {"torchvision.models.resnet.Bottleneck", module<torchvision_bottleneck>},
    {"torchvision.ops.drop_block.DropBlock2d", layer<identity>},
    {"torchvision.ops.misc.Conv2dNormActivation", module<sequential>},
    {"torchvision.ops.misc.ConvNormActivation", module<sequential>},
    {"torchvision.ops.misc.FrozenBatchNorm2d", layer<frozen_batch_norm>},
    {"torchvision.ops.misc.MLP", module<sequential>},
    {"torchvision.ops.misc.Permute", module<torchvision_permute>},
    {"torchvision.ops.misc.SqueezeExcitation", module<torchvision_squeeze_excitation>},
    {"torchvision.ops.stochastic_depth.StochasticDepth", layer<identity>},
    {"ultralytics.nn.modules.block.A2C2f", module<a2c2f>},
    {"ultralytics.nn.modules.block.AAttn", module<area_attention>},
    {"ultralytics.nn.modules.block.ABlock", module<a_block>},
    {"ultralytics.nn.modules.block.AConv", module<a_conv>},
    {"ultralytics.nn.modules.block.ADown", module<a_down>},
    {"ultralytics.nn.modules.block.Attention", module<attention>},
    {"ultralytics.nn.modules.block.BNContrastiveHead", module<bn_contrastive_head>},
    {"ultralytics.nn.modules.block.Bottleneck", module<bottleneck>},
    {"ultralytics.nn.modules.block.BottleneckCSP", module<bottleneck_csp>},
    {"ultralytics.nn.modules.block.C1", module<c1>},
    {"ultralytics.nn.modules.block.C2", module<c2>},
    {"ultralytics.nn.modules.block.C2PSA", module<c2psa>},
    {"ultralytics.nn.modules.block.C2f", module<c2f>},
    {"ultralytics.nn.modules.block.C2fAttn", module<c2f_attention>},
    {"ultralytics.nn.modules.block.C2fCIB", module<c2f>},
    {"ultralytics.nn.modules.block.C2fPSA", module<c2f>},
    {"ultralytics.nn.modules.block.C3", module<c3>},
    {"ultralytics.nn.modules.block.C3Ghost", module<c3>},
    {"ultralytics.nn.modules.block.C3TR", module<c3>},
    {"ultralytics.nn.modules.block.C3f", module<c3f>},
    {"ultralytics.nn.modules.block.C3k", module<c3>},
    {"ultralytics.nn.modules.block.C3k2", module<c2f>},
    {"ultralytics.nn.modules.block.C3x", module<c3>},
    {"ultralytics.nn.modules.block.CBFuse", cb_fuse},
    {"ultralytics.nn.modules.block.CBLinear", module<cb_linear>},
    {"ultralytics.nn.modules.block.CIB", module<cib>},
    {"ultralytics.nn.modules.block.ContrastiveHead", module<contrastive_head>},
    {"ultralytics.nn.modules.block.DFL", module<dfl>},
    {"ultralytics.nn.modules.block.ELAN1", module<rep_ncsp_elan4>},
    {"ultralytics.nn.modules.block.GhostBottleneck", module<ghost_bottleneck>},
    {"ultralytics.nn.modules.block.HGBlock", module<hg_block>},
    {"ultralytics.nn.modules.block.HGStem", module<hg_stem>},
    {"ultralytics.nn.modules.block.ImagePoolingAttn", image_pooling_attention},
    {"ultralytics.nn.modules.block.MaxSigmoidAttnBlock", module<max_sigmoid_attention>},
    {"ultralytics.nn.modules.block.PSA", module<psa>},
    {"ultralytics.nn.modules.block.PSABlock", module<psa_block>},
    {"ultralytics.nn.modules.block.Proto", module<proto>},
    {"ultralytics.nn.modules.block.Proto26", proto26},
    {"ultralytics.nn.modules.block.RepBottleneck", module<bottleneck>},
    {"ultralytics.nn.modules.block.RepC3", module<rep_c3>},
    {"ultralytics.nn.modules.block.RepCSP", module<c3>},
    {"ultralytics.nn.modules.block.RepNCSPELAN4", module<rep_ncsp_elan4>},
    {"ultralytics.nn.modules.block.RepVGGDW", module<rep_vgg_dw>},
    {"ultralytics.nn.modules.block.ResNetBlock", module<res_net_block>},
    {"ultralytics.nn.modules.block.ResNetLayer", module<res_net_layer>},
    {"ultralytics.nn.modules.block.SCDown", module<sc_down>},
    {"ultralytics.nn.modules.block.SPP", module<spp>},
    {"ultralytics.nn.modules.block.SPPELAN", module<spp_elan>},
    {"ultralytics.nn.modules.block.SPPF", module<sppf>},
    {"ultralytics.nn.modules.block.TorchVision", module<torchvision_backbone>},
    {"ultralytics.nn.modules.conv.CBAM", module<cbam>},
    {"ultralytics.nn.modules.conv.ChannelAttention", module<channel_attention>},
    {"ultralytics.nn.modules.conv.Concat", concat},
    {"ultralytics.nn.modules.conv.Conv", module<conv>},
    {"ultralytics.nn.modules.conv.Conv2", module<conv2>},
    {"ultralytics.nn.modules.conv.ConvTranspose", module<conv_transpose>},
    {"ultralytics.nn.modules.conv.DWConv", module<conv>},
    {"ultralytics.nn.modules.conv.DWConvTranspose2d", layer<conv_transpose2d>},
    {"ultralytics.nn.modules.conv.Focus", module<focus>},
    {"ultralytics.nn.modules.conv.GhostConv", module<ghost_conv>},
    {"ultralytics.nn.modules.conv.Index", index},
    {"ultralytics.nn.modules.conv.LightConv", module<light_conv>},
    {"ultralytics.nn.modules.conv.RepConv", module<rep_conv>},
    {"ultralytics.nn.modules.conv.SpatialAttention", module<spatial_attention>},
    {"ultralytics.nn.modules.head.Classify", classify},
    {"ultralytics.nn.modules.head.Detect", detect},
    {"ultralytics.nn.modules.head.OBB", obb},
    {"ultralytics.nn.modules.head.OBB26", obb26},
    {"ultralytics.nn.modules.head.Pose", pose},
    {"ultralytics.nn.modules.head.Pose26", pose26},
    {"ultralytics.nn.modules.head.RTDETRDecoder", rtdetr_decoder},
    {"ultralytics.nn.modules.head.Segment", segment},
    {"ultralytics.nn.modules.head.Segment26", segment26},
    {"ultralytics.nn.modules.head.SemanticSegment", semantic_segment},
    {"ultralytics.nn.modules.head.WorldDetect", world_detect},
    {"ultralytics.nn.modules.head.v10Detect", detect},
    {"ultralytics.nn.modules.head.YOLOEDetect", yoloe_detect},
    {"ultralytics.nn.modules.head.YOLOESegment", yoloe_segment},
    {"ultralytics.nn.modules.head.YOLOESegment26", yoloe_segment26},
    {"ultralytics.nn.modules.transformer.AIFI", module<aifi>},
    {"ultralytics.nn.modules.transformer.MLP", module<mlp>},
    {"ultralytics.nn.modules.transformer.TransformerBlock", module<transformer_block>},
    {"ultralytics.nn.modules.transformer.TransformerLayer", module<transformer_layer>},
};

}  // namespace

std::span<const ModuleRow> module_table() { return kModules; }

ModuleFunction find_module_function(std::string_view class_name) {
  const auto row = std::ranges::find(kModules, class_name, &ModuleRow::class_name);
  return row == std::end(kModules) ? nullptr : row->function;
}

}  // namespace modelport::ultralytics
