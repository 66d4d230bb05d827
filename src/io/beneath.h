#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/descriptor.h"

namespace modelport {

/// Opens `path` (relative, parts between slashes) starting from `directory` (a descriptor) without following a link or
/// leaving it: a part that is "..", empty or a link is kHostile, a missing one kNotFound. `flags` are those of open(2)
/// for the last part.
Result<Descriptor> open_beneath(int directory, std::string_view path, int flags);

/// One entry of a tree.
struct TreeEntry {
  std::string name;  ///< From the tree's root, with slashes.
  struct stat info;
  int directory;     ///< Descriptor of the directory that holds it.
  std::string base;  ///< Its name in there.
};
struct TreeLimits {
  size_t entries = 100000;
  int depth = 32;
};

/// Calls `visit` for every regular file and directory beneath `directory`, each directory before its content and in
/// bytewise order of names. Anything else (links, devices, sockets, pipes), a file with more than one hard link and
/// trees beyond the limits are kHostile with the name.
Status walk_tree(int directory, const TreeLimits& limits, const std::function<Status(const TreeEntry&)>& visit);

/// Removes a directory with everything beneath it, following no link. A missing one is removed already.
Status remove_tree(const std::string& path);

/// Makes what was renamed, linked or made in this directory durable.
Status sync_directory(const std::string& path);

}  // namespace modelport
