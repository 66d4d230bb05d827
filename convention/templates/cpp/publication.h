#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// A directory inside the output directory that holds everything of a run until it is published, and is removed with
/// it: work/ is the current directory of model.cpp's functions, checkpoint/ holds a link to the checkpoint, finished/
/// takes the files under their final names.
class Scratch {
 public:
  explicit Scratch(const std::filesystem::path& output);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path work() const { return root_ / "work"; }
  std::filesystem::path checkpoint() const { return root_ / "checkpoint"; }
  std::filesystem::path finished() const { return root_ / "finished"; }
  /// Where metadata.json waits while the rest is removed.
  std::filesystem::path record() const { return root_.string() + ".json"; }
  void remove() const;

 private:
  std::filesystem::path root_;
};

/// Moves what an export function returned into `folder` under the convention's names; throws std::runtime_error where
/// it is missing, empty or of the wrong kind.
void collect(const std::string& returned, const std::vector<std::string>& names, const std::filesystem::path& folder);

void write_durably(const std::filesystem::path& path, const std::string& text);

/// Moves what is finished to `output` and removes the scratch directory; metadata.json, which says that all is done,
/// gets its name last.
void publish(const Scratch& scratch, const std::vector<std::string>& names, const std::filesystem::path& output);
