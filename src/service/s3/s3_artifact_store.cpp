#include "service/s3/s3_artifact_store.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "service/artifacts/object_key.h"
#include "service/s3/s3_client.h"
#include "service/s3/s3_listing.h"
#include "service/s3/s3_upload.h"

namespace modelport {

namespace {

const std::string kDigestHeader = "x-amz-meta-sha256";
constexpr std::string_view kSibling = ".metadata.json";
/// A piece of an object is fetched in ranges of this size, so that a reader that is slow holds no connection.
constexpr int64_t kRange = int64_t{4} << 20;

int64_t number_of(const std::string& text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Header values are ASCII without control characters.
std::string header_text(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 200)) out += c >= ' ' && c < '\x7f' ? c : '?';
  return out;
}

class RangeReader final : public ObjectReader {
 public:
  RangeReader(const S3Client& client, std::string key, int64_t offset, int64_t left)
      : client_(client), key_(std::move(key)), offset_(offset), left_(left) {}

  Result<size_t> read(std::span<std::byte> buffer) override {
    if (at_ == piece_.size()) CHECK_OK(fetch());
    const size_t count = std::min(buffer.size(), piece_.size() - at_);
    std::memcpy(buffer.data(), piece_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  Status fetch() {
    piece_.clear();
    at_ = 0;
    if (left_ == 0) return {};
    const int64_t bytes = std::min(left_, kRange);
    TRY(reply, client_.call({.method = "GET",
                             .key = key_,
                             .headers = {{"range", fmt::format("bytes={}-{}", offset_, offset_ + bytes - 1)}}}));
    if (reply.status != 206 && reply.status != 200) return s3_error(reply, "GET");
    if (static_cast<int64_t>(reply.body.size()) != bytes)
      return fail(ErrorCode::kDamaged, "the artifact store gave {} bytes in place of {}", reply.body.size(), bytes);
    piece_ = std::move(reply.body);
    offset_ += bytes;
    left_ -= bytes;
    return {};
  }

  const S3Client& client_;
  std::string key_;
  int64_t offset_, left_;
  std::string piece_;
  size_t at_ = 0;
};

class S3ArtifactStore final : public ArtifactStore {
 public:
  explicit S3ArtifactStore(S3Config config) : client_(std::move(config)) {}

  Status put(const NewObject& object) override {
    CHECK_OK(check_object_key(object.key));
    S3Upload upload{full(object.key), object.file, object.sha256, {{"content-type", "application/zip"}}};
    for (const auto& [name, value] : object.metadata) upload.headers["x-amz-meta-" + name] = header_text(value);
    // radosgw compares no precondition of an upload in parts.
    if (stat(object.key)) return fail(ErrorCode::kConflict, "object {} exists already", object.key);
    // First the lesser one: where the object is, what it is stands beside it.
    if (!object.metadata_json.empty()) CHECK_OK(put_text(full(sibling_of(object.key)), object.metadata_json));
    upload.headers[kDigestHeader] = object.sha256;
    // A reply that was lost makes the second attempt fail over what the first one stored.
    if (Status done = upload_object(client_, upload); !done && !is_stored(upload)) return done;
    ::unlink(object.file.c_str());
    return {};
  }

  Result<ObjectInfo> stat(std::string_view key) override {
    CHECK_OK(check_object_key(key));
    TRY(reply, client_.call({.method = "HEAD", .key = full(key)}));
    if (reply.status == 404) return fail(ErrorCode::kNotFound, "there is no object {}", key);
    if (reply.status / 100 != 2) return s3_error(reply, "HEAD");
    return ObjectInfo{std::string(key), number_of(reply.headers["content-length"]), Timestamp()};
  }

  Result<std::unique_ptr<ObjectReader>> open(std::string_view key, int64_t offset, int64_t length) override {
    TRY(info, stat(key));
    if (offset < 0 || length < 0 || offset > info.bytes || length > info.bytes - offset)
      return fail(ErrorCode::kInvalidArgument, "object {} has {} bytes, not {} from {} on", key, info.bytes, length,
                  offset);
    return std::unique_ptr<ObjectReader>(std::make_unique<RangeReader>(client_, full(key), offset, length));
  }

  Status remove(std::string_view key) override {
    CHECK_OK(check_object_key(key));
    for (const std::string& each : {std::string(key), sibling_of(key)}) {
      TRY(reply, client_.call({.method = "DELETE", .key = full(each)}));
      if (reply.status / 100 != 2 && reply.status != 404) return s3_error(reply, "DELETE");
    }
    return abort_uploads(client_, full(key));
  }

  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view after, size_t limit) override {
    std::vector<ObjectInfo> found;
    std::string last = after.empty() ? "" : full(after);
    while (found.size() < limit) {
      const size_t wanted = limit - found.size();
      TRY(objects, list_objects(client_, full(prefix), last, wanted));
      for (const S3Object& object : objects) {
        last = object.key;
        if (!object.key.ends_with(kSibling))
          found.push_back({object.key.substr(full("").size()), object.bytes, object.modified});
      }
      if (objects.size() < wanted) break;
    }
    return found;
  }

  std::optional<std::string> presigned_url(std::string_view key, const std::string& file_name,
                                           std::chrono::seconds valid) override {
    if (!check_object_key(key)) return std::nullopt;
    return client_.link(
        full(key),
        {{"response-content-disposition", fmt::format("attachment; filename=\"{}\"", header_text(file_name))}}, valid);
  }

  std::optional<std::string> local_path(std::string_view) override { return std::nullopt; }

  Status check() override {
    TRY(reply, client_.call({.method = "HEAD", .key = ""}));
    if (reply.status / 100 != 2) return s3_error(reply, "HEAD");
    return {};
  }

 private:
  Status put_text(const std::string& key, const std::string& text) {
    TRY(reply,
        client_.call({.method = "PUT", .key = key, .headers = {{"content-type", "application/json"}}, .body = text}));
    if (reply.status / 100 != 2) return s3_error(reply, "PUT");
    return {};
  }

  bool is_stored(const S3Upload& upload) {
    auto reply = client_.call({.method = "HEAD", .key = upload.key});
    return reply && reply->status == 200 && reply->headers[kDigestHeader] == upload.sha256;
  }

  static std::string sibling_of(std::string_view key) {
    if (key.ends_with(".zip")) key.remove_suffix(4);
    return std::string(key) + std::string(kSibling);
  }

  std::string full(std::string_view key) const {
    const std::string& prefix = client_.config().prefix;
    return prefix.empty() ? std::string(key) : fmt::format("{}/{}", prefix, key);
  }

  S3Client client_;
};

}  // namespace

std::unique_ptr<ArtifactStore> make_s3_artifact_store(S3Config config) {
  return std::make_unique<S3ArtifactStore>(std::move(config));
}

}  // namespace modelport
