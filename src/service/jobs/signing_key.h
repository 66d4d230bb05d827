#pragma once

#include <string>

#include "base/result.h"
#include "service/jobs/clock.h"

namespace modelport {

/// A secret that all processes on one database share: what one of them signs, another knows for its own.
struct SigningKey {
  std::string id;      ///< By which a signature names it: 16 hexadecimal digits, no secret.
  std::string secret;  ///< 32 bytes in hexadecimal. In no log and no answer.
  Timestamp made_at;
};

/// With random bytes of the kernel; `made_at` is the store's to say.
Result<SigningKey> new_signing_key();

/// HMAC-SHA256 of `text` under the key's secret, in hexadecimal.
std::string signature(const SigningKey& key, std::string_view text);

/// Whether two signatures are the same, in a time that does not depend on where they differ.
bool is_same_signature(std::string_view one, std::string_view other);

}  // namespace modelport
