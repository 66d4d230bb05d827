#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "../io/zip_builder.h"
#include "checkpoint/checkpoint.h"

namespace modelport {

/// A file that lives as long as the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    std::string pattern = (std::filesystem::temp_directory_path() / "modelport-test-XXXXXX").string();
    const int descriptor = mkstemp(pattern.data());
    if (descriptor >= 0) ::close(descriptor);
    path_ = pattern;
    write(content);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  void write(const std::string& content) const { std::ofstream(path_, std::ios::binary) << content; }

 private:
  std::string path_;
};

inline std::string file_content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The folder of real files, or nothing: the test is then skipped.
inline std::optional<std::string> test_data() {
  const char* folder = std::getenv("MODELPORT_TEST_DATA");
  return folder && *folder ? std::optional<std::string>(folder) : std::nullopt;
}

#define REQUIRE_TEST_DATA(name)                                         \
  const auto name##_folder = test_data();                               \
  if (!name##_folder) GTEST_SKIP() << "MODELPORT_TEST_DATA is not set"; \
  const std::string& name = *name##_folder

/// A torch.save archive of this pickle; storages are members `top/data/KEY`.
inline ZipBuilder torch_zip(const std::string& pickle) {
  ZipBuilder zip;
  zip.add("top/data.pkl", pickle);
  zip.add("top/byteorder", "little");
  zip.add("top/version", "3\n");
  return zip;
}

}  // namespace modelport
