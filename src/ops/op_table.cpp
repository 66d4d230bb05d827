#include "ops/op_table.h"

#include <array>

namespace modelport {

namespace {
const std::array<const OpInfo*, kOpCount> kTable = {
    &kConvInfo,        &kBatchNormInfo,
    &kMaxPoolInfo,     &kLayerNormInfo,
    &kReduceMeanInfo,  &kMatMulInfo,
    &kLinearInfo,      &kAttentionInfo,
    &kSoftmaxInfo,     &kAddInfo,
    &kSubInfo,         &kMulInfo,
    &kDivInfo,         &kPowInfo,
    &kReluInfo,        &kLeakyReluInfo,
    &kEluInfo,         &kClipInfo,
    &kSigmoidInfo,     &kSiluInfo,
    &kHardSigmoidInfo, &kHardSwishInfo,
    &kTanhInfo,        &kExpInfo,
    &kSqrtInfo,        &kErfInfo,
    &kSoftplusInfo,    &kMishInfo,
    &kGeluInfo,        &kCastInfo,
    &kConcatInfo,      &kSplitInfo,
    &kSliceInfo,       &kPermuteInfo,
    &kSplitAxisInfo,   &kMergeAxesInfo,
    &kReshapeInfo,     &kExpandInfo,
    &kRangeInfo,       &kGatherInfo,
    &kPadInfo,         &kResizeInfo,
    &kTopKInfo,        &kConvTransposeInfo,
    &kAveragePoolInfo, &kReduceMaxInfo,
    &kReduceSumInfo,   &kLessInfo,
    &kLogicalAndInfo,  &kWhereInfo,
    &kLogInfo,         &kSinInfo,
    &kCosInfo,         &kGatherElementsInfo,
    &kGridSampleInfo,  &kNonMaxSuppressionInfo,
};
}  // namespace

const OpInfo& op_info(const Op& op) { return *kTable[op.index()]; }
const OpInfo& op_info(size_t index) { return *kTable[index]; }

}  // namespace modelport
