#include <cstdint>
#include <vector>

#include "io/zip_reader.h"

/// Opens any bytes as a zip archive and reads every member.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto zip = modelport::ZipReader::open(std::as_bytes(std::span(data, size)));
  if (!zip) return 0;
  for (const modelport::ZipMember& member : zip->members()) {
    if (zip->find(member.name) != &member) __builtin_trap();
    std::vector<std::byte> buffer;
    const auto content = modelport::read_member(member, 1 << 20, buffer);
    if (content && content->size() != member.size) __builtin_trap();
  }
  return 0;
}
