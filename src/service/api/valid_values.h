#pragma once

#include <optional>
#include <span>
#include <string>

#include "service/backend/capabilities.h"
#include "service/http/problem.h"

namespace modelport {

/// 400 with the frameworks that there are, unless `name` is empty or one of them.
std::optional<Problem> unknown_framework(std::span<const FrameworkCapability> all, const std::string& name);

/// 400 with the formats that this framework can be exported to, where `format` is not one of them.
std::optional<Problem> unavailable_format(std::span<const FrameworkCapability> all, const std::string& framework,
                                          const std::string& format);

/// 422 with the key that the exporter's schema of this format forbids, and what it lists in its place.
std::optional<Problem> wrong_export_config(std::span<const FrameworkCapability> all, const JobRequest& request);

}  // namespace modelport
