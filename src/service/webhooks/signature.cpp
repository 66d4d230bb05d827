#include "service/webhooks/signature.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/hmac.h"

namespace modelport {

namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr size_t kShortestKey = 24, kLongestKey = 64;

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  const bool is_alphabet = std::ranges::all_of(
      text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '/' || c == '='; });
  if (text.empty() || text.size() % 4 != 0 || text.size() > 1000 || !is_alphabet) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  // OpenSSL counts the padding as bytes.
  const auto padding = static_cast<size_t>(std::ranges::count(text, '='));
  out.resize(static_cast<size_t>(size) - padding);
  return out;
}

}  // namespace

Result<WebhookSecret> WebhookSecret::parse(std::string_view text) {
  if (text.starts_with(kPrefix)) {
    auto key = from_base64(text.substr(kPrefix.size()));
    if (key && key->size() >= kShortestKey && key->size() <= kLongestKey) return WebhookSecret(*std::move(key));
  }
  return fail(ErrorCode::kInvalidArgument, "a webhook secret is \"{}\" and {} to {} bytes in base64", kPrefix,
              kShortestKey, kLongestKey);
}

std::string WebhookSecret::sign(std::string_view id, int64_t unix_seconds, std::string_view body) const {
  const std::string text = fmt::format("{}.{}.{}", id, unix_seconds, body);
  return "v1," + base64(hmac_sha256(key_, text));
}

}  // namespace modelport
