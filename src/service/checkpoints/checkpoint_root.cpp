#include "service/checkpoints/checkpoint_root.h"

#include <fcntl.h>

#include <filesystem>

#include "io/beneath.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

/// What follows `root` in `path`; nothing where it does not lie under it.
std::optional<std::string> below(const fs::path& root, const fs::path& path) {
  const fs::path relative = path.lexically_relative(root);
  if (relative.empty() || relative == "." || *relative.begin() == "..") return std::nullopt;
  return relative.string();
}

}  // namespace

Result<OpenedCheckpoint> open_under_roots(const std::vector<std::string>& roots, std::string_view path) {
  const fs::path asked(path);
  if (!asked.is_absolute() || path.find('\0') != std::string_view::npos)
    return fail(ErrorCode::kInvalidArgument, "checkpoint_path is not absolute");
  for (const fs::path& part : asked) {
    if (part == "..") return fail(ErrorCode::kInvalidArgument, "checkpoint_path holds \"..\"");
  }
  fs::path plain = asked.lexically_normal();
  if (!plain.has_filename()) plain = plain.parent_path();
  for (const std::string& root : roots) {
    const auto inside = below(fs::path(root).lexically_normal(), plain);
    if (!inside) continue;
    const Descriptor top(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!top.is_open()) continue;
    TRY(file, open_beneath(top.get(), *inside, O_RDONLY | O_NONBLOCK));
    return OpenedCheckpoint{std::move(file), plain.string()};
  }
  Error error = fail(ErrorCode::kInvalidArgument, "checkpoint_path lies under none of the configured directories");
  error.hint = "upload the checkpoint, or have its directory added to checkpoint_roots";
  return error;
}

}  // namespace modelport
