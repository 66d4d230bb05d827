#include "models/ultralytics/ignore_rules.h"

namespace modelport::ultralytics {

namespace {

constexpr IgnoreRule kRules[] = {
    {"*", "np", "number of parameters, for printing"},
    {"*", "type", "the class name again, for printing"},
    {"torch.nn.modules.activation.*", "inplace", "where the result is stored, not what it is"},
    {"torch.nn.modules.activation.MultiheadAttention", "dropout", "dropout does nothing in evaluation mode"},
    {"torch.nn.modules.batchnorm.BatchNorm2d", "momentum", "how training updates the running statistics"},
    {"torch.nn.modules.batchnorm.BatchNorm2d", "num_batches_tracked", "how training updates the running statistics"},
    {"torch.nn.modules.conv.Conv2d", "_reversed_padding_repeated_twice",
     "read for padding modes other than zeros only"},
    {"torch.nn.modules.dropout.Dropout", "inplace", "dropout does nothing in evaluation mode"},
    {"torch.nn.modules.dropout.Dropout", "p", "dropout does nothing in evaluation mode"},
    {"torch.nn.modules.upsampling.Upsample", "name", "the class name again, for printing"},
    {"torch.nn.modules.upsampling.Upsample", "recompute_scale_factor",
     "makes no difference where scales give whole pixels, and others are refused"},
    {"ultralytics.nn.modules.conv.RepConv", "c1", "how its convolutions were built, which are read"},
    {"ultralytics.nn.modules.conv.RepConv", "c2", "how its convolutions were built, which are read"},
    {"ultralytics.nn.modules.conv.RepConv", "g", "how its convolutions were built, which are read"},
    {"ultralytics.nn.modules.head.Classify", "export", "which of its results forward() returns"},
    {"ultralytics.nn.modules.head.Classify", "format", "for which format it was exported last"},
    {"ultralytics.nn.modules.head.Detect", "agnostic_nms", "only end-to-end heads select detections themselves"},
    {"ultralytics.nn.modules.head.Detect", "anchors",
     "cached for one image size; computed from the levels' sizes here"},
    {"ultralytics.nn.modules.head.Detect", "dynamic", "when to compute the cached anchors again"},
    {"ultralytics.nn.modules.head.Detect", "export", "which of its results forward() returns"},
    {"ultralytics.nn.modules.head.Detect", "format", "for which format it was exported last"},
    {"ultralytics.nn.modules.head.Detect", "inplace", "how augmented predictions are assembled"},
    {"ultralytics.nn.modules.head.Detect", "legacy", "how cv3 was built; the built layers are read"},
    {"ultralytics.nn.modules.head.Detect", "max_det", "only end-to-end heads select detections themselves"},
    {"ultralytics.nn.modules.head.Detect", "shape", "the size for which anchors are cached"},
    {"ultralytics.nn.modules.head.Detect", "strides", "cached with the anchors"},
    {"ultralytics.nn.modules.head.RTDETRDecoder", "box_noise_scale", "noise that training adds to boxes"},
    {"ultralytics.nn.modules.head.RTDETRDecoder", "denoising_class_embed", "queries that only training adds"},
    {"ultralytics.nn.modules.head.RTDETRDecoder", "dynamic", "when to compute the cached proposals again"},
    {"ultralytics.nn.modules.head.RTDETRDecoder", "export", "which of its results forward() returns"},
    {"ultralytics.nn.modules.head.RTDETRDecoder", "format", "for which format it was exported last"},
    {"ultralytics.nn.modules.head.RTDETRDecoder", "label_noise_ratio", "noise that training adds to classes"},
    {"ultralytics.nn.modules.head.RTDETRDecoder", "max_det", "set by each export"},
    {"ultralytics.nn.modules.head.RTDETRDecoder", "nhead", "how the decoder was built; its layers are read"},
    {"ultralytics.nn.modules.head.RTDETRDecoder", "num_decoder_layers",
     "how the decoder was built; its layers are read"},
    {"ultralytics.nn.modules.head.RTDETRDecoder", "num_denoising", "queries that only training adds"},
    {"ultralytics.nn.modules.transformer.DeformableTransformerDecoder", "hidden_dim",
     "how its layers were built, which are read"},
    {"ultralytics.nn.modules.transformer.MSDeformAttn", "im2col_step",
     "how another implementation would split its work"},
    {"ultralytics.nn.tasks.*", "args", "how it was trained; imgsz is taken from it where train_args has none"},
    {"ultralytics.nn.tasks.*", "class_weights", "the loss of training"},
    {"ultralytics.nn.tasks.*", "criterion", "the loss of training"},
    {"ultralytics.nn.tasks.*", "inplace", "how augmented predictions are assembled"},
    {"ultralytics.nn.tasks.*", "pt_path", "where the checkpoint was once loaded from"},
    {"ultralytics.nn.tasks.*", "yaml", "how the modules were built, which are read themselves; it names the model"},
};

}  // namespace

std::span<const IgnoreRule> ignore_rules() { return kRules; }

}  // namespace modelport::ultralytics
