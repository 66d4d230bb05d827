#pragma once

#include <map>
#include <string>

#include "service/s3/s3_client.h"

namespace modelport {

/// A file to become an object that must not be there yet.
struct S3Upload {
  std::string key;  ///< With the prefix.
  std::string file;
  std::string sha256;
  std::map<std::string, std::string> headers;  ///< x-amz-meta-* and content-type.
};

/// In one piece, or in parallel parts from S3Config::multipart_from on; an upload in parts that fails is aborted. Every
/// piece is sent with its sha256, which S3 compares. kConflict when the key is taken.
Status upload_object(const S3Client& client, const S3Upload& upload);

/// Ends what a process that was killed had begun to upload in parts to this key: its parts lie in the store, and are
/// paid for, until somebody does.
Status abort_uploads(const S3Client& client, const std::string& key);

}  // namespace modelport
