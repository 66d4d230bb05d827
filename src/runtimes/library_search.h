#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace modelport {

/// Where an engine's library is looked for, in order.
struct LibrarySearch {
  std::string environment_variable;  ///< Names a library or a directory: "MODELPORT_ONNXRUNTIME". When set, nothing
                                     ///< else is looked at.
  std::string file_prefix;           ///< "libonnxruntime.so"
  std::vector<std::string> package_directories;  ///< Below a virtual environment's site-packages: "onnxruntime/capi".
};

/// A place, and the library found there or why none was.
struct LibraryCandidate {
  std::string place;
  std::string library;  ///< Empty when there is none.
};

/// The virtual environments that may hold an engine, in order: the one named by $VIRTUAL_ENV, `venv` above the
/// executable (in its build directory).
std::vector<std::filesystem::path> virtual_environments();

/// Every place of the search: the variable alone, or lib/ beside and above the executable, the virtual
/// environments, and finally the system's library path (then `library` is the bare file prefix, for dlopen to find).
std::vector<LibraryCandidate> library_candidates(const LibrarySearch& search);

}  // namespace modelport
