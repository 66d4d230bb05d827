#pragma once

#include <string>
#include <vector>

namespace modelport {

/// What tells an exporter from one that was changed: its command, the program, everything in the folders of the files
/// that the command names, and of a Python the names and versions of its environment's packages. Small files count by
/// their content, large ones by size and time. Empty where the program is missing.
std::string program_fingerprint(const std::vector<std::string>& command);

/// Whether the fingerprint can see all that the exporter is: not of one in a container, on another machine or in an
/// environment that a launcher chooses, nor of a folder with more files than are looked at.
bool has_whole_fingerprint(const std::vector<std::string>& command);

}  // namespace modelport
