#pragma once

#include <string>

#include "base/result.h"
#include "io/descriptor.h"

namespace modelport {

/// Where the service keeps everything, held by one process; what several processes use may lie elsewhere.
class DataDirectory {
 public:
  /// Makes it where need be. kBusy when another process holds it for seconds on end.
  static Result<DataDirectory> hold(const std::string& path, const std::string& shared = "");

  const std::string& path() const { return path_; }
  const std::string& shared() const { return shared_; }
  /// A name that nobody else has and that stays: the machine's and one kept in the directory.
  Result<std::string> worker_name() const;
  std::string database() const { return path_ + "/jobs.sqlite"; }
  std::string logs() const { return shared_ + "/logs"; }
  std::string artifacts() const { return shared_ + "/artifacts"; }
  std::string checkpoints() const { return shared_ + "/checkpoints"; }
  /// Of attempts that run; emptied at every start.
  std::string work() const { return path_ + "/work"; }

 private:
  DataDirectory(std::string path, std::string shared, Descriptor lock)
      : path_(std::move(path)), shared_(std::move(shared)), lock_(std::move(lock)) {}
  std::string path_;
  std::string shared_;
  Descriptor lock_;
};

}  // namespace modelport
