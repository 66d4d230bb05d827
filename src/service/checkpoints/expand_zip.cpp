#include <sys/stat.h>

#include "io/zip_reader.h"
#include "service/checkpoints/archive_expansion.h"

namespace modelport {

Status expand_zip(std::span<const std::byte> bytes, Expansion& into) {
  TRY(archive, ZipReader::open(bytes));
  CHECK_OK(into.check_count(archive.members().size()));
  for (const ZipMember& member : archive.members()) {
    const mode_t type = member.unix_mode & S_IFMT;
    if (type != 0 && !S_ISREG(type) && !S_ISDIR(type))
      return fail(ErrorCode::kHostile, "member {} is neither a file nor a directory", member.name);
    if (member.name.ends_with('/')) {
      CHECK_OK(into.add_directory(member.name));
      continue;
    }
    TRY(file, into.open_file(member.name, member.size));
    CHECK_OK(read_member_in_pieces(member, member.size,
                                   [&](std::span<const std::byte> piece) { return file.append(piece); }));
    CHECK_OK(file.finish());
  }
  return {};
}

}  // namespace modelport
