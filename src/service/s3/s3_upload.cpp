#include "service/s3/s3_upload.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <pugixml.hpp>
#include <thread>
#include <vector>

#include "base/sha256.h"
#include "io/descriptor.h"

namespace modelport {

namespace {

Result<std::string> digest_piece(int file, int64_t offset, int64_t bytes) {
  std::vector<std::byte> buffer(size_t{1} << 20);
  Sha256 hash;
  while (bytes > 0) {
    const ssize_t count =
        ::pread(file, buffer.data(), std::min<size_t>(buffer.size(), static_cast<size_t>(bytes)), offset);
    if (count <= 0) return fail(ErrorCode::kUnreadable, "cannot read the file to store");
    hash.update(std::span(buffer).first(static_cast<size_t>(count)));
    offset += count;
    bytes -= count;
  }
  return hash.hex_digest();
}

Status put_whole(const S3Client& client, const S3Upload& upload, int file, int64_t bytes) {
  S3Call call{.method = "PUT",
              .key = upload.key,
              .headers = upload.headers,
              .body_file = file,
              .body_bytes = bytes,
              .body_sha256 = upload.sha256};
  call.headers["if-none-match"] = "*";
  TRY(reply, client.call(call));
  if (reply.status / 100 != 2) return s3_error(reply, "PUT");
  return {};
}

/// One upload in parts.
class Multipart {
 public:
  Multipart(const S3Client& client, const S3Upload& upload, int file, int64_t bytes)
      : client_(client), upload_(upload), file_(file), bytes_(bytes) {}

  Status run() {
    CHECK_OK(begin());
    Status done = send_parts();
    if (done) done = complete();
    if (!done) (void)client_.call({.method = "DELETE", .key = upload_.key, .query = {{"uploadId", id_}}});
    return done;
  }

 private:
  Status begin() {
    TRY(reply,
        client_.call({.method = "POST", .key = upload_.key, .query = {{"uploads", ""}}, .headers = upload_.headers}));
    if (reply.status / 100 != 2) return s3_error(reply, "POST");
    pugi::xml_document document;
    document.load_buffer(reply.body.data(), reply.body.size());
    id_ = document.child("InitiateMultipartUploadResult").child_value("UploadId");
    if (id_.empty()) return fail(ErrorCode::kUnavailable, "the artifact store gives no id for an upload in parts");
    return {};
  }

  Status send_parts() {
    const int64_t size = client_.config().part_bytes;
    tags_.resize(static_cast<size_t>((bytes_ + size - 1) / size));
    std::vector<std::thread> senders;
    const auto count = std::min<size_t>(tags_.size(), static_cast<size_t>(client_.config().parallel_parts));
    for (size_t i = 0; i < count; ++i) senders.emplace_back([this] { send_until_done(); });
    for (std::thread& sender : senders) sender.join();
    return failure_;
  }

  void send_until_done() {
    for (size_t part; (part = next_++) < tags_.size();) {
      Status sent = send(part);
      if (sent) continue;
      const std::lock_guard lock(mutex_);
      failure_ = std::move(sent);
      next_ = tags_.size();
    }
  }

  Status send(size_t part) {
    const int64_t offset = static_cast<int64_t>(part) * client_.config().part_bytes;
    const int64_t bytes = std::min(client_.config().part_bytes, bytes_ - offset);
    TRY(digest, digest_piece(file_, offset, bytes));
    TRY(reply, client_.call({.method = "PUT",
                             .key = upload_.key,
                             .query = {{"partNumber", std::to_string(part + 1)}, {"uploadId", id_}},
                             .body_file = file_,
                             .body_offset = offset,
                             .body_bytes = bytes,
                             .body_sha256 = digest}));
    if (reply.status / 100 != 2) return s3_error(reply, "PUT");
    tags_[part] = reply.headers["etag"];
    return {};
  }

  Status complete() {
    std::string body = "<CompleteMultipartUpload>";
    for (size_t i = 0; i < tags_.size(); ++i)
      body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1, tags_[i]);
    TRY(reply, client_.call({.method = "POST",
                             .key = upload_.key,
                             .query = {{"uploadId", id_}},
                             .headers = {{"if-none-match", "*"}},
                             .body = body + "</CompleteMultipartUpload>"}));
    // S3 may answer 200 and tell the error in the body.
    if (reply.status / 100 != 2 || reply.body.find("<Error>") != std::string::npos) return s3_error(reply, "POST");
    return {};
  }

  const S3Client& client_;
  const S3Upload& upload_;
  int file_;
  int64_t bytes_;
  std::string id_;
  std::vector<std::string> tags_;
  std::atomic<size_t> next_ = 0;
  std::mutex mutex_;
  Status failure_;
};

}  // namespace

Status abort_uploads(const S3Client& client, const std::string& key) {
  TRY(reply, client.call({.method = "GET", .key = "", .query = {{"uploads", ""}, {"prefix", key}}}));
  if (reply.status / 100 != 2) return s3_error(reply, "GET");
  pugi::xml_document document;
  if (!document.load_buffer(reply.body.data(), reply.body.size()))
    return fail(ErrorCode::kDamaged, "the artifact store's list of uploads is no XML");
  for (const pugi::xml_node upload : document.child("ListMultipartUploadsResult").children("Upload")) {
    if (upload.child_value("Key") != key) continue;
    TRY(aborted,
        client.call({.method = "DELETE", .key = key, .query = {{"uploadId", upload.child_value("UploadId")}}}));
    if (aborted.status / 100 != 2 && aborted.status != 404) return s3_error(aborted, "DELETE");
  }
  return {};
}

Status upload_object(const S3Client& client, const S3Upload& upload) {
  const Descriptor file(::open(upload.file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info {};
  if (!file.is_open() || ::fstat(file.get(), &info) != 0)
    return fail(ErrorCode::kUnreadable, "cannot read the file to store: {}", std::strerror(errno));
  if (info.st_size < client.config().multipart_from) return put_whole(client, upload, file.get(), info.st_size);
  return Multipart(client, upload, file.get(), info.st_size).run();
}

}  // namespace modelport
