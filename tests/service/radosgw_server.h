#pragma once

#include <map>
#include <string>

#include "tests/service/scratch_directory.h"

namespace modelport {

/// A real S3 of the test's own (Ceph's), in memory; ends with this object.
class RadosgwServer {
 public:
  RadosgwServer();
  ~RadosgwServer();

  /// Whether Ceph is installed and answers; where it is not, why.
  bool is_there() const { return !endpoint_.empty(); }
  const std::string& missing() const { return said_; }
  const std::string& endpoint() const { return endpoint_; }
  /// The environment by which a service finds it, with this bucket, which is made.
  std::map<std::string, std::string> environment(const std::string& bucket, const std::string& prefix) const;

 private:
  int run(const std::string& what);

  ScratchDirectory directory_;
  std::string endpoint_, said_;
};

}  // namespace modelport
