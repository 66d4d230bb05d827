#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"

namespace modelport {

/// Everything `modelport inspect` tells of an opened checkpoint.
Json checkpoint_report(const Checkpoint& checkpoint);

/// What can be told of a file that does not open: its container, what its pickles name and would call, the error.
Json refusal_report(const std::string& path, const CheckpointSurvey& survey, const Error& error);

/// Either report as lines for people.
std::string report_text(const Json& report);

}  // namespace modelport
