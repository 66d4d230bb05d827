#include "service/jobs/signing_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

namespace modelport {

namespace {

constexpr size_t kIdBytes = 8, kSecretBytes = 32;

std::string hexadecimal(std::span<const unsigned char> bytes) {
  std::string out;
  for (const unsigned char byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

}  // namespace

Result<SigningKey> new_signing_key() {
  std::array<unsigned char, kIdBytes + kSecretBytes> random;
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    return fail(ErrorCode::kInternal, "the kernel gives no random bytes: {}", std::strerror(errno));
  const std::span<const unsigned char> bytes(random);
  return SigningKey{hexadecimal(bytes.first(kIdBytes)), hexadecimal(bytes.subspan(kIdBytes)), Timestamp()};
}

std::string signature(const SigningKey& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  HMAC(EVP_sha256(), key.secret.data(), static_cast<int>(key.secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return hexadecimal(std::span<const unsigned char>(digest).first(size));
}

bool is_same_signature(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace modelport
