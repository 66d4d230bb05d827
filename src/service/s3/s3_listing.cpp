#include "service/s3/s3_listing.h"

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>

namespace modelport {

namespace {

int64_t size_from(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Result<std::vector<S3Object>> list_objects(const S3Client& client, const std::string& prefix, const std::string& after,
                                           size_t limit) {
  std::vector<S3Object> found;
  std::map<std::string, std::string> query = {{"list-type", "2"}, {"prefix", prefix}};
  if (!after.empty()) query["start-after"] = after;
  while (found.size() < limit) {
    query["max-keys"] = std::to_string(std::min<size_t>(limit - found.size(), 1000));
    TRY(reply, client.call({.method = "GET", .key = "", .query = query}));
    if (reply.status / 100 != 2) return s3_error(reply, "GET");
    pugi::xml_document document;
    if (!document.load_buffer(reply.body.data(), reply.body.size()))
      return fail(ErrorCode::kDamaged, "the artifact store's list is no XML");
    const pugi::xml_node result = document.child("ListBucketResult");
    for (const pugi::xml_node object : result.children("Contents")) {
      const auto modified = timestamp_from_text(object.child_value("LastModified"));
      found.push_back({object.child_value("Key"), size_from(object.child_value("Size")), object.child_value("ETag"),
                       modified.value_or(Timestamp())});
    }
    const std::string next = result.child_value("NextContinuationToken");
    if (next.empty()) break;
    query.erase("start-after");
    query["continuation-token"] = next;
  }
  return found;
}

}  // namespace modelport
