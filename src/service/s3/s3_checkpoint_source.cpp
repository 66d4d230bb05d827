#include "service/s3/s3_checkpoint_source.h"

#include <algorithm>
#include <charconv>

#include "base/sha256.h"
#include "service/checkpoints/checkpoint_store.h"
#include "service/s3/s3_client.h"
#include "service/s3/s3_listing.h"
#include "service/s3/tar_stream.h"

namespace modelport {

namespace {

constexpr std::string_view kScheme = "s3://";
constexpr int64_t kPiece = int64_t{8} << 20;
/// Of a prefix; the store has its own, lower bound.
constexpr size_t kMostObjects = 100'000;

struct S3Place {
  std::string bucket;
  std::string key;  ///< Of a directory with its last slash; may be empty.
};

/// Names as every S3 has them: lower-case letters, digits, dots and hyphens.
bool is_bucket_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 63 && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

Result<S3Place> place_of(std::string_view url) {
  const auto wrong = [](std::string_view why) {
    return fail(ErrorCode::kInvalidArgument, "{}; a checkpoint on S3 is s3://BUCKET/KEY, a directory ends in \"/\"",
                why);
  };
  if (!url.starts_with(kScheme)) return wrong("only s3:// is known");
  url.remove_prefix(kScheme.size());
  const size_t slash = std::min(url.find('/'), url.size());
  S3Place place{std::string(url.substr(0, slash)), std::string(url.substr(std::min(slash + 1, url.size())))};
  if (!is_bucket_name(place.bucket)) return wrong("the URL names no bucket");
  // A client or proxy on the way may take such parts out, and would then ask for another key than was allowed.
  const std::string parts = "/" + place.key + (place.key.empty() || place.key.ends_with('/') ? "" : "/");
  for (const std::string_view part : {"//", "/./", "/../"}) {
    if (parts.find(part) != std::string::npos) return wrong("the key has an empty part, \".\" or \"..\"");
  }
  return place;
}

bool is_below(const S3Place& place, const S3Place& allowed) {
  if (place.bucket != allowed.bucket) return false;
  return allowed.key.empty() || place.key.starts_with(allowed.key.ends_with('/') ? allowed.key : allowed.key + "/");
}

int64_t length_of(const HttpReply& reply) {
  const auto found = reply.headers.find("content-length");
  int64_t value = 0;
  if (found != reply.headers.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  return value;
}

/// A refusal is about the request, which names a place that this service may not read.
Error refusal_of(const Error& error) {
  if (error.code != ErrorCode::kUnwritable) return error;
  return fail(ErrorCode::kInvalidArgument, "S3 gives this service no access to checkpoint_path");
}

/// Appends an object, piece by piece, each of the same version.
Status copy_object(const S3Client& client, const S3Object& object, CheckpointUpload& upload) {
  for (int64_t at = 0; at < object.bytes; at += kPiece) {
    const int64_t bytes = std::min(kPiece, object.bytes - at);
    TRY(reply, client.call({.method = "GET",
                            .key = object.key,
                            .headers = {{"range", fmt::format("bytes={}-{}", at, at + bytes - 1)},
                                        {"if-match", object.etag}}}));
    if (reply.status == 412 || reply.status == 404 || reply.status == 416)
      return fail(ErrorCode::kBusy, "the checkpoint was changed on S3 while it was being read");
    if (reply.status != 206 && reply.status != 200) return s3_error(reply, "GET");
    if (static_cast<int64_t>(reply.body.size()) != bytes)
      return fail(ErrorCode::kUnavailable, "S3 gave {} bytes in place of {}", reply.body.size(), bytes);
    CHECK_OK(upload.append(std::as_bytes(std::span(reply.body))));
  }
  return {};
}

Status append_text(CheckpointUpload& upload, const std::string& text) {
  return upload.append(std::as_bytes(std::span(text)));
}

class S3CheckpointSource final : public CheckpointSource {
 public:
  S3CheckpointSource(S3Config config, std::vector<S3Place> allowed)
      : config_(std::move(config)), allowed_(std::move(allowed)) {}

  Result<std::string> stamp(std::string_view url) override {
    TRY(place, allowed_place(url));
    TRY(objects, objects_of(place));
    return stamp_of(objects);
  }

  Result<CheckpointInfo> fetch(std::string_view url, const std::string& stamp, CheckpointStore& into) override {
    TRY(place, allowed_place(url));
    const S3Client client = client_of(place);
    TRY(objects, objects_of(place));
    if (stamp_of(objects) != stamp)
      return fail(ErrorCode::kBusy, "the checkpoint was changed on S3 while it was being read");
    const bool is_directory = is_directory_key(place.key);
    std::string name = place.key;
    while (name.ends_with('/')) name.pop_back();
    name = name.empty() ? place.bucket : name.substr(name.rfind('/') + 1);
    TRY(upload, into.begin_upload(is_directory ? name + ".tar" : name,
                                  is_directory ? UploadKind::kDirectory : UploadKind::kFile, system_clock().now()));
    for (const S3Object& object : objects) {
      const std::string inner = object.key.substr(is_directory ? place.key.size() : 0);
      if (is_directory) CHECK_OK(append_text(*upload, tar_header(inner, object.bytes)));
      CHECK_OK(copy_object(client, object, *upload));
      if (is_directory) CHECK_OK(append_text(*upload, tar_padding(object.bytes)));
    }
    if (is_directory) CHECK_OK(append_text(*upload, tar_end()));
    return upload->finish();
  }

 private:
  static bool is_directory_key(const std::string& key) { return key.empty() || key.ends_with('/'); }

  static std::string stamp_of(const std::vector<S3Object>& objects) {
    std::string text;
    for (const S3Object& object : objects) text += fmt::format("{}\n{}\n{}\n", object.key, object.bytes, object.etag);
    return sha256_hex(std::as_bytes(std::span(text)));
  }

  Result<S3Place> allowed_place(std::string_view url) const {
    TRY(place, place_of(url));
    if (std::ranges::any_of(allowed_, [&](const S3Place& row) { return is_below(place, row); })) return place;
    Error error = fail(ErrorCode::kInvalidArgument, "checkpoint_path lies under none of the configured buckets");
    error.hint = "upload the checkpoint, or have its bucket and prefix added to checkpoint_sources";
    return error;
  }

  S3Client client_of(const S3Place& place) const {
    S3Config config = config_;
    config.bucket = place.bucket;
    config.prefix.clear();
    return S3Client(std::move(config));
  }

  Result<std::vector<S3Object>> objects_of(const S3Place& place) const {
    const S3Client client = client_of(place);
    if (!is_directory_key(place.key)) {
      TRY(reply, client.call({.method = "HEAD", .key = place.key}));
      if (reply.status == 404) return fail(ErrorCode::kNotFound, "there is no such object on S3");
      if (reply.status / 100 != 2) return refusal_of(s3_error(reply, "HEAD"));
      return std::vector<S3Object>{{place.key, length_of(reply), reply.headers["etag"], Timestamp()}};
    }
    auto listed = list_objects(client, place.key, "", kMostObjects);
    if (!listed) return refusal_of(listed.error());
    std::vector<S3Object> objects = *std::move(listed);
    // Consoles make such objects to show a folder.
    std::erase_if(objects, [](const S3Object& object) { return object.key.ends_with('/') && object.bytes == 0; });
    if (objects.empty()) return fail(ErrorCode::kNotFound, "there is nothing below this prefix on S3");
    return objects;
  }

  const S3Config config_;
  const std::vector<S3Place> allowed_;
};

}  // namespace

Status check_s3_source(std::string_view entry) {
  const auto place = place_of(entry);
  return place ? Status() : place.error();
}

Result<std::unique_ptr<CheckpointSource>> make_s3_checkpoint_source(const S3Config& config,
                                                                    const std::vector<std::string>& allowed) {
  std::vector<S3Place> places;
  for (const std::string& entry : allowed) {
    TRY(place, place_of(entry));
    places.push_back(std::move(place));
  }
  return std::unique_ptr<CheckpointSource>(std::make_unique<S3CheckpointSource>(config, std::move(places)));
}

}  // namespace modelport
