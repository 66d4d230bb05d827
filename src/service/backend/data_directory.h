#pragma once

#include <string>

#include "base/result.h"
#include "io/descriptor.h"

namespace modelport {

/// Where the service keeps everything, held by one process.
class DataDirectory {
 public:
  /// Makes it where need be. kBusy when another process holds it.
  static Result<DataDirectory> hold(const std::string& path);

  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/jobs.sqlite"; }
  std::string logs() const { return path_ + "/logs"; }
  std::string artifacts() const { return path_ + "/artifacts"; }
  std::string checkpoints() const { return path_ + "/checkpoints"; }
  /// Of attempts that run; emptied at every start.
  std::string work() const { return path_ + "/work"; }

 private:
  DataDirectory(std::string path, Descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  Descriptor lock_;
};

}  // namespace modelport
