#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace modelport {

/// SHA-256 (FIPS 180-4) of bytes that arrive in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  /// Lower-case hexadecimal digest, 64 characters. Ends the computation.
  std::string hex_digest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Digest of one piece.
std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace modelport
