#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace modelport {

/// What stands before a file's content in a tar (POSIX.1-2017, pax): with an extension header where name or size are
/// too long for the old one.
std::string tar_header(std::string_view name, int64_t bytes);
/// What follows the content: up to the next block.
std::string tar_padding(int64_t bytes);
/// What ends the whole.
std::string tar_end();

}  // namespace modelport
