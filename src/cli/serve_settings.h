#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/config/service_config.h"
#include "service/http/server.h"

namespace modelport {

/// What `modelport serve` is told: by its configuration file (docs/backend.md has every key), then by its options.
struct ServeSettings {
  ListenAddress listen;
  ServiceConfig service;
  AccessRules access;
  HttpLimits limits;
  /// Absent: none on loopback, 100 requests a second and client elsewhere.
  std::optional<RateLimit> rate;
  enum class Store { kLocal, kS3 } store = Store::kLocal;  ///< S3's place and keys are in the environment.
  int workers = 32;                                        ///< Threads that run handlers.
  std::chrono::seconds shutdown_grace{10};
  /// Of the file's keys that only a start takes, what it says; no key of these is a secret.
  std::map<std::string, std::string> taken_at_start;
};

/// Reads service.toml. Relative paths are from the file's folder. kInvalidArgument with the line for an unknown key
/// (with the nearest) or a value out of bounds.
Result<ServeSettings> parse_serve_settings(std::string_view toml, const std::string& file_name);

/// The keys that differ and that only a restart takes.
std::vector<std::string> settings_that_wait(const ServeSettings& at_start, const ServeSettings& now);

/// parse_serve_settings() of a file; kNotFound, kUnreadable.
Result<ServeSettings> read_serve_settings(const std::string& path);

}  // namespace modelport
