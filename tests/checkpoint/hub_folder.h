#pragma once

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace modelport {

/// The bytes of a safetensors file of these float32 tensors, each with its shape.
struct StoredFloats {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;
};
inline std::string safetensors_file(const std::vector<StoredFloats>& tensors) {
  std::string header = "{", data;
  for (const StoredFloats& tensor : tensors) {
    std::string shape;
    for (const int64_t size : tensor.shape) shape += (shape.empty() ? "" : ",") + std::to_string(size);
    const size_t begin = data.size(), size = tensor.values.size() * sizeof(float);
    data.append(reinterpret_cast<const char*>(tensor.values.data()), size);
    header += (header.size() > 1 ? ",\"" : "\"") + tensor.name + "\":{\"dtype\":\"F32\",\"shape\":[" + shape +
              "],\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(begin + size) + "]}";
  }
  header += "}";
  const uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), sizeof(size)) + header + data;
}

/// A directory that lives as long as the test.
class HubFolder {
 public:
  HubFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "modelport-hub-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~HubFolder() { std::filesystem::remove_all(path_); }
  HubFolder(const HubFolder&) = delete;
  HubFolder& operator=(const HubFolder&) = delete;

  const std::string& path() const { return path_; }
  void write(const std::string& name, const std::string& content) const {
    const std::filesystem::path path = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }
  void link(const std::string& name, const std::string& target) const {
    const std::filesystem::path path = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::create_symlink(target, path);
  }

 private:
  std::string path_;
};

}  // namespace modelport
