#include "service/checkpoints/digest.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/sha256.h"
#include "io/beneath.h"

namespace modelport {

namespace {
constexpr size_t kReadAtOnce = size_t{1} << 20;
}

Result<ContentDigest> digest_file(int descriptor) {
  std::vector<std::byte> buffer(kReadAtOnce);
  Sha256 hash;
  ContentDigest digest;
  while (true) {
    const ssize_t count = ::pread(descriptor, buffer.data(), buffer.size(), digest.bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(ErrorCode::kUnreadable, "cannot read the checkpoint: {}", std::strerror(errno));
    if (count == 0) break;
    hash.update(std::span(buffer).first(static_cast<size_t>(count)));
    digest.bytes += count;
  }
  digest.id = hash.hex_digest();
  return digest;
}

Result<ContentDigest> digest_directory(int descriptor) {
  struct Line {
    std::string name, text;
  };
  std::vector<Line> lines;
  ContentDigest digest;
  CHECK_OK(walk_tree(descriptor, {}, [&](const TreeEntry& entry) -> Status {
    if (!S_ISREG(entry.info.st_mode)) return {};
    TRY(file, open_beneath(entry.directory, entry.base, O_RDONLY));
    TRY(content, digest_file(file.get()));
    digest.bytes += content.bytes;
    lines.push_back({entry.name, fmt::format("{}  {}  {}\n", content.id, content.bytes, entry.name)});
    return {};
  }));
  std::ranges::sort(lines, {}, &Line::name);
  Sha256 hash;
  for (const Line& line : lines) hash.update(std::as_bytes(std::span(line.text)));
  digest.id = hash.hex_digest();
  return digest;
}

}  // namespace modelport
