#include "service/jobs/signing_key.h"

#include <openssl/crypto.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/hmac.h"

namespace modelport {

namespace {

constexpr size_t kIdBytes = 8, kSecretBytes = 32;

}  // namespace

Result<SigningKey> new_signing_key() {
  std::array<char, kIdBytes + kSecretBytes> random;
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    return fail(ErrorCode::kInternal, "the kernel gives no random bytes: {}", std::strerror(errno));
  const std::string_view bytes(random.data(), random.size());
  return SigningKey{hexadecimal(bytes.substr(0, kIdBytes)), hexadecimal(bytes.substr(kIdBytes)), Timestamp()};
}

std::string signature(const SigningKey& key, std::string_view text) {
  return hexadecimal(hmac_sha256(key.secret, text));
}

bool is_same_signature(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace modelport
