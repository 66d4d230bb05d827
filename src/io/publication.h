#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "io/output_file.h"

namespace modelport {

/// One export on its way into a directory that holds one export, all or nothing. metadata.json is the commit record:
/// whoever reads the directory takes its absence for "no export".
///
/// begin() takes an exclusive flock on the directory for the publication's whole life and finishes the cleanup of a run
/// that was killed. Files are written under names that start with ".modelport-new-". commit() syncs them, renames the
/// old metadata.json to ".modelport-previous.json", moves each file or package directory that is to be replaced aside,
/// renames the new ones into place, renames metadata.json last, then removes what the previous record listed and the
/// new one does not, and what was moved aside. A rename that fails is undone together with those before it. Killed at
/// any moment, the directory holds the old export, the new one, or no metadata.json. Files that no record lists are
/// never touched.
///
/// reject() keeps what was written, unpublished, in the folder "rejected": whole, or as it was before.
///
/// Destroyed without commit, it removes what it wrote (and a directory that it made, if empty).
class Publication {
 public:
  /// kBusy when another run holds the directory; kUnwritable when it cannot be made or written. Missing parents are
  /// made.
  static Result<std::unique_ptr<Publication>> begin(const std::string& directory);
  ~Publication();
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  /// A new file of the export, under its temporary name until commit: "model.onnx", or a part of a package
  /// ("model.mlpackage/Manifest.json"), whose directories are made and which is renamed, replaced and removed as a
  /// whole. kInterrupted after abort(); kUnwritable where a directory has that name of which no export lists every
  /// file.
  Result<std::shared_ptr<OutputFile>> create(const std::string& name);

  /// Publishes every finished file with this record, which must list them under extra_metadata.files. What is removed
  /// because only the previous record lists it is named in a warning.
  Status commit(const Json& metadata);

  /// In place of commit(): moves every finished file into the folder "rejected" under its own name, in the place of
  /// what an earlier run left there; what is published stays. Gives the folder's path. kUnwritable where the folder
  /// holds anything but files of these names.
  Result<std::string> reject(std::span<const std::string_view> replaceable);

  /// After commit(): removes the folder "rejected" of an earlier run, if it holds nothing but files of these names.
  void remove_rejected(std::span<const std::string_view> replaceable);

  /// Removes what was written; later calls of create() and commit() fail. Waits for a commit that has begun. Safe from
  /// another thread.
  void abort();

 private:
  struct Pending {
    std::string name;
    std::shared_ptr<OutputFile> file;
  };
  struct Renamed {
    std::string from, to;
  };

  Publication(std::string directory, int descriptor, std::vector<std::string> made)
      : directory_(std::move(directory)), descriptor_(descriptor), made_directories_(std::move(made)) {}
  std::string path(std::string_view name) const;
  std::string staged_path(std::string_view name) const;
  Status finish_interrupted_run();
  Status write_record(const Json& metadata);
  Status replace_files(const Json& metadata);
  Status move_into_rejected(const std::string& staging) const;
  Status sync_packages() const;
  Status rename_into_place(std::vector<Renamed>& done) const;
  void remove_listed(const Json& record, const Json* kept_by) const;
  void remove_whole(const std::string& entry) const;
  void remove_leftovers(std::string_view prefix) const;
  void discard();

  std::string directory_;
  int descriptor_ = -1;
  std::vector<std::string> made_directories_;
  std::vector<Pending> pending_;
  std::vector<std::string> entries_;              ///< Files and packages of the directory that pending files lie in.
  std::vector<std::string> package_directories_;  ///< Under their temporary names.
  std::mutex mutex_;
  enum class State { kOpen, kCommitted, kAborted } state_ = State::kOpen;
};

}  // namespace modelport
