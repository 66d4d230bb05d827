#include "models/ultralytics/names/sketched_classes.h"

namespace modelport::ultralytics {

namespace {

using enum SketchedClass::Effect;

/// After ultralytics/nn/modules/block.py and conv.py.
constexpr SketchedClass kClasses[] = {
    {"A2C2f", kLastConvolution},   {"Bottleneck", kLastConvolution},   {"BottleneckCSP", kLastConvolution},
    {"C1", kLastConvolution},      {"C2", kLastConvolution},           {"C2PSA", kLastConvolution},
    {"C2f", kLastConvolution},     {"C2fAttn", kLastConvolution},      {"C2fCIB", kLastConvolution},
    {"C2fPSA", kLastConvolution},  {"C3", kLastConvolution},           {"C3TR", kLastConvolution},
    {"C3k", kLastConvolution},     {"C3k2", kLastConvolution},         {"C3x", kLastConvolution},
    {"C3Ghost", kLastConvolution}, {"ELAN1", kLastConvolution},        {"PSA", kLastConvolution},
    {"RepC3", kLastConvolution},   {"RepNCSPELAN4", kLastConvolution}, {"SCDown", kLastConvolution},
    {"SPP", kLastConvolution},     {"SPPF", kLastConvolution},         {"Conv", kOneConvolution},
    {"DWConv", kOneConvolution},   {"RepConv", kOneConvolution},       {"Focus", kFoldsPixels},
    {"Concat", kConcat},
};

}  // namespace

std::span<const SketchedClass> sketched_classes() { return kClasses; }

}  // namespace modelport::ultralytics
