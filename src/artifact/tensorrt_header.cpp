#include <cstring>
#include <nlohmann/json.hpp>

#include "artifact/readers.h"
#include "base/json.h"

namespace modelport {

namespace {

constexpr std::string_view kPlanMark = "ftrt";
constexpr size_t kLengthBytes = 4;
constexpr uint32_t kMaxNoteBytes = uint32_t{16} << 20;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<ArtifactHeader> recognise_tensorrt(std::span<const std::byte> file) {
  ArtifactHeader header;
  header.depth = ArtifactHeader::Depth::kRecognised;
  if (text_of(file).starts_with(kPlanMark)) return header;
  uint32_t length = 0;
  if (file.size() > kLengthBytes) std::memcpy(&length, file.data(), kLengthBytes);
  if (length > 0 && length <= kMaxNoteBytes && length < file.size() - kLengthBytes &&
      text_of(file.subspan(kLengthBytes + length)).starts_with(kPlanMark)) {
    TRY(note, parse_json(text_of(file.subspan(kLengthBytes, length)), ErrorCode::kDamaged));
    if (!note.is_object()) return fail(ErrorCode::kDamaged, "the note before the plan is no JSON object");
    for (const auto& [key, value] : note.items())
      header.facts.emplace_back(key, value.is_string() ? value.get<std::string>() : value.dump());
    return header;
  }
  return fail(ErrorCode::kDamaged, "it is no TensorRT plan: it does not begin with \"ftrt\"");
}

}  // namespace modelport
