#pragma once

#include <sys/types.h>

#include <atomic>
#include <string>

#include "service/jobs/postgres.h"
#include "tests/service/scratch_directory.h"

namespace modelport {

/// A real PostgreSQL of the test's own: in a temporary directory, on a socket in it, by an unprivileged user, without
/// fsync. Ends with the test's process.
class PostgresServer {
 public:
  /// Why there can be none here; empty: there can.
  static std::string missing();
  /// One for all tests of this process, started when it is first asked for.
  static PostgresServer& shared();
  ~PostgresServer();

  /// A database for this scratch directory, made when it is first asked for.
  PostgresConfig database(const ScratchDirectory& scratch);
  const std::string& password() const { return password_; }

  void start();
  /// As a crash would: connections are cut and nothing is put in order.
  void stop();

 private:
  PostgresServer();
  PostgresConfig config(const std::string& database) const;

  ScratchDirectory directory_;
  const std::string password_ = "correct horse battery staple";
  pid_t process_ = -1;
};

}  // namespace modelport
