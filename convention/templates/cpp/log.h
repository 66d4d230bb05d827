#pragma once

#include <string>

/// One line on stderr: "2025-11-16 10:30:00,123 - INFO - message". Control characters become spaces, so that whatever
/// a framework says stays one line.
void log(const char* level, const std::string& message);
