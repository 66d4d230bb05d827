#include "service/s3/s3_config.h"

namespace modelport {

namespace {

std::string without_slashes_around(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

Result<S3Config> s3_config_from(const std::function<std::string(const char* name)>& variable) {
  const auto first_of = [&](std::initializer_list<const char*> names) {
    for (const char* name : names) {
      if (std::string value = variable(name); !value.empty()) return value;
    }
    return std::string();
  };
  S3Config config;
  if (std::string region = first_of({"AWS_REGION", "AWS_DEFAULT_REGION"}); !region.empty()) config.region = region;
  config.endpoint = first_of({"S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  const bool is_amazon = config.endpoint.empty();
  if (is_amazon) config.endpoint = fmt::format("https://s3.{}.amazonaws.com", config.region);
  while (config.endpoint.ends_with('/')) config.endpoint.pop_back();
  const size_t scheme = config.endpoint.find("://");
  if (!(config.endpoint.starts_with("http://") || config.endpoint.starts_with("https://")) ||
      config.endpoint.find('/', scheme + 3) != std::string::npos)
    return fail(ErrorCode::kInvalidArgument, "the S3 endpoint is http://HOST[:PORT] or https://HOST[:PORT]");
  if (std::string bucket = variable("S3_BUCKET"); !bucket.empty()) config.bucket = bucket;
  if (std::string prefix = variable("S3_PREFIX"); !prefix.empty()) config.prefix = without_slashes_around(prefix);
  const std::string style = variable("S3_STYLE");
  if (!style.empty() && style != "path" && style != "virtual")
    return fail(ErrorCode::kInvalidArgument, "S3_STYLE is \"path\" or \"virtual\"");
  const bool is_virtual = style == "virtual" || (style.empty() && is_amazon);
  config.style = is_virtual ? S3Config::Style::kVirtualHost : S3Config::Style::kPath;
  config.credentials = {variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
                        variable("AWS_SESSION_TOKEN")};
  if (config.credentials.access_key.empty() || config.credentials.secret_key.empty())
    return fail(ErrorCode::kInvalidArgument, "S3 needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  return config;
}

}  // namespace modelport
