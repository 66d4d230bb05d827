#include "cli/unpacked_export.h"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "io/beneath.h"
#include "service/checkpoints/archive_expansion.h"

namespace modelport {

Result<UnpackedExport> UnpackedExport::open(const std::string& path) {
  std::error_code ignored;
  if (!path.ends_with(".zip") || !std::filesystem::is_regular_file(path, ignored)) return UnpackedExport(path, "");
  const char* named = std::getenv("TMPDIR");
  std::string place =
      (named != nullptr && *named != '\0' ? std::string(named) : std::string("/tmp")) + "/modelport-XXXXXX";
  if (::mkdtemp(place.data()) == nullptr)
    return fail(ErrorCode::kUnwritable, "{} cannot be unpacked: no directory can be made in $TMPDIR", path);
  UnpackedExport unpacked(place + "/export", place);
  CHECK_OK(expand_archive(path, unpacked.artifact_, {}).in(path));
  return unpacked;
}

UnpackedExport::UnpackedExport(UnpackedExport&& other) noexcept
    : artifact_(std::move(other.artifact_)), temporary_(std::exchange(other.temporary_, "")) {}

UnpackedExport::~UnpackedExport() {
  if (!temporary_.empty()) (void)remove_tree(temporary_);
}

}  // namespace modelport
