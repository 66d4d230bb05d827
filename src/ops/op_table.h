#pragma once

#include "ops/op_info.h"

/// One declaration per operator file; op_table.cpp puts them in the order of the variant.
namespace modelport {

extern const OpInfo kConvInfo, kBatchNormInfo, kMaxPoolInfo, kLayerNormInfo, kReduceMeanInfo, kMatMulInfo, kLinearInfo,
    kAttentionInfo, kSoftmaxInfo, kAddInfo, kSubInfo, kMulInfo, kDivInfo, kPowInfo, kReluInfo, kLeakyReluInfo, kEluInfo,
    kClipInfo, kSigmoidInfo, kSiluInfo, kHardSigmoidInfo, kHardSwishInfo, kTanhInfo, kExpInfo, kSqrtInfo, kErfInfo,
    kSoftplusInfo, kMishInfo, kGeluInfo, kCastInfo, kConcatInfo, kSplitInfo, kSliceInfo, kPermuteInfo, kSplitAxisInfo,
    kMergeAxesInfo, kReshapeInfo, kExpandInfo, kRangeInfo, kGatherInfo, kPadInfo, kResizeInfo, kTopKInfo,
    kConvTransposeInfo, kAveragePoolInfo, kReduceMaxInfo, kReduceSumInfo, kLessInfo, kLogicalAndInfo, kWhereInfo,
    kLogInfo, kSinInfo, kCosInfo, kGatherElementsInfo, kGridSampleInfo, kNonMaxSuppressionInfo;

}  // namespace modelport
