#include "base/error.h"

#include <array>
#include <utility>

namespace modelport {

namespace {
using Retryable = ErrorInfo::Retryable;
constexpr std::array<ErrorInfo, 16> kErrorInfo = {{
    {ErrorCode::kInvalidArgument, "invalid_argument", 3, 400, Retryable::kNo},
    {ErrorCode::kUnsupportedFormat, "unsupported_format", 3, 400, Retryable::kNo},
    {ErrorCode::kUnavailable, "unavailable", 3, 503, Retryable::kYes},
    {ErrorCode::kNotFound, "not_found", 1, 404, Retryable::kNo},
    {ErrorCode::kUnreadable, "unreadable", 1, 422, Retryable::kNo},
    {ErrorCode::kDamaged, "damaged", 1, 422, Retryable::kNo},
    {ErrorCode::kHostile, "hostile", 1, 422, Retryable::kNo},
    {ErrorCode::kUnknownContent, "unknown_content", 1, 422, Retryable::kNo},
    {ErrorCode::kUnsupportedModel, "unsupported_model", 1, 422, Retryable::kNo},
    {ErrorCode::kInconsistentModel, "inconsistent_model", 1, 422, Retryable::kNo},
    {ErrorCode::kUnwritable, "unwritable", 1, 507, Retryable::kYes},
    {ErrorCode::kBusy, "busy", 1, 409, Retryable::kYes},
    {ErrorCode::kConflict, "conflict", 1, 409, Retryable::kNo},
    {ErrorCode::kValidationFailed, "validation_failed", 2, 422, Retryable::kNo},
    {ErrorCode::kInterrupted, "interrupted", 1, 503, Retryable::kYes},
    {ErrorCode::kInternal, "internal", 1, 500, Retryable::kNo},
}};
}  // namespace

const ErrorInfo& error_info(ErrorCode code) { return kErrorInfo[static_cast<size_t>(code)]; }

Error Error::in(std::string where) && {
  context.insert(context.begin(), std::move(where));
  return std::move(*this);
}

std::string Error::text() const {
  std::string out;
  for (const std::string& where : context) out += where + ": ";
  out += message;
  if (!hint.empty()) out += " (" + hint + ")";
  return out;
}

}  // namespace modelport
