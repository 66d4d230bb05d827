#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "io/publication.h"
#include "step_faults.h"

namespace modelport {

namespace fs = std::filesystem;

/// An export: names and contents of its files.
using Files = std::map<std::string, std::string>;

inline const Files kOld = {{"model.onnx", "the old model"}, {"model.onnx.data", "weights"}};
inline const Files kNew = {{"model.onnx", "the new and longer model"}, {"config.json", "{}"}};

inline Json record_of(const Files& files) {
  Json listed = Json::array();
  for (const auto& [name, text] : files) {
    listed.push_back({{"name", name}, {"size", text.size()}, {"sha256", sha256_hex(std::as_bytes(std::span(text)))}});
  }
  return {{"framework", "test"}, {"extra_metadata", {{"files", listed}}}};
}

inline Status write_files(Publication& publication, const Files& files) {
  for (const auto& [name, text] : files) {
    TRY(file, publication.create(name));
    CHECK_OK(file->append(std::as_bytes(std::span(text))));
    CHECK_OK(file->finish());
  }
  return {};
}

inline constexpr std::string_view kReplaceable[] = {"model.onnx", "model.onnx.data", "config.json"};

inline Status reject(const std::string& directory, const Files& files) {
  TRY(publication, Publication::begin(directory));
  CHECK_OK(write_files(*publication, files));
  const Result<std::string> kept = publication->reject(kReplaceable);
  return kept ? Status() : kept.error();
}

inline Status publish(const std::string& directory, const Files& files) {
  TRY(publication, Publication::begin(directory));
  CHECK_OK(write_files(*publication, files));
  return publication->commit(record_of(files));
}

inline std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

inline void put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

inline std::set<std::string> names_in(const fs::path& directory) {
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) names.insert(entry.path().filename());
  return names;
}

class PublicationTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "modelport-publication-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    directory_ = root_ / "out";
  }
  void TearDown() override {
    StepFaults::disarm();
    fs::remove_all(root_);
  }

  /// What a reader of the directory sees: "old", "new", "none", or what is wrong.
  std::string seen() const {
    if (!fs::exists(directory_ / "metadata.json")) return "none";
    const std::string record = content(directory_ / "metadata.json");
    for (const auto& [name, files] : {std::pair("old", old_), std::pair("new", new_)}) {
      if (record != print_json(record_of(files))) continue;
      for (const auto& [file, text] : files) {
        if (content(directory_ / file) != text) return std::string(name) + " record beside another " + file;
      }
      return name;
    }
    return "unknown record";
  }

  /// Runs `action` in a child that dies at its step-th change of the file system; false when it had fewer.
  template <class Action>
  bool killed_at(int step, Action action) {
    const pid_t child = ::fork();
    if (child == 0) {
      StepFaults::arm_kill(step);
      const bool succeeded = static_cast<bool>(action());
      StepFaults::disarm();
      ::_exit(succeeded ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return true;
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return false;
  }

  Files old_ = kOld, new_ = kNew;
  fs::path root_, directory_;
};

}  // namespace modelport
