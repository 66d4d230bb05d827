#include <iostream>
#include <iterator>

#include "base/json.h"
#include "service/s3/sigv4.h"

/// Signs the requests that stand as a JSON array on standard input and prints what it made of each, for a test that
/// lets another signer do the same.
namespace modelport {
namespace {

std::map<std::string, std::string> texts_of(const Json& object) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : object.items()) texts[name] = value.get<std::string>();
  return texts;
}

Json signed_by_us(const Json& row) {
  const S3RequestToSign request{
      row["method"], row["host"], row["path"], texts_of(row["query"]), texts_of(row["headers"]), row["payload_sha256"]};
  const S3Credentials credentials{row["access_key"], row["secret_key"], row["session_token"]};
  const Timestamp now = *timestamp_from_text(row["time"].get<std::string>());
  const std::string region = row["region"];
  if (const int64_t seconds = row["link_seconds"]; seconds > 0)
    return {{"query", presigned_query(request, credentials, region, now, std::chrono::seconds(seconds))}};
  return {{"headers", sign_headers(request, credentials, region, now)}};
}

}  // namespace
}  // namespace modelport

int main() {
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  const auto rows = modelport::parse_json(text, modelport::ErrorCode::kDamaged);
  if (!rows) return 1;
  modelport::Json answers = modelport::Json::array();
  for (const modelport::Json& row : *rows) answers.push_back(modelport::signed_by_us(row));
  std::cout << answers.dump() << "\n";
}
