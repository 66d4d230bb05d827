#include <algorithm>

#include "base/printable.h"
#include "service/api/handlers.h"
#include "service/http/problem.h"
#include "service/http/site.h"

namespace modelport {

namespace {

Json checkpoint_json(const CheckpointInfo& checkpoint) {
  return {{"id", checkpoint.id},
          {"name", printable(checkpoint.name)},
          {"kind", checkpoint.kind == CheckpointInfo::Kind::kFile ? "file" : "directory"},
          {"size", checkpoint.bytes},
          {"sha256", checkpoint.id},
          {"stored_at", timestamp_text(checkpoint.stored_at)}};
}

/// A sentence about a checkpoint, by its name: where it lies is this machine's affair.
std::string without_place(std::string text, const CheckpointInfo& checkpoint) {
  for (size_t at = 0; !checkpoint.path.empty() && (at = text.find(checkpoint.path)) != std::string::npos;)
    text.replace(at, checkpoint.path.size(), checkpoint.name);
  return text;
}

class CheckpointSink : public BodySink {
 public:
  CheckpointSink(std::unique_ptr<CheckpointUpload> upload, HttpRequest request)
      : upload_(std::move(upload)), request_(std::move(request)) {}

  Status write(std::span<const std::byte> bytes) override {
    is_empty_ = is_empty_ && bytes.empty();
    return upload_->append(bytes);
  }

  HttpResponse finish() override {
    if (is_empty_)
      return error_response(fail(ErrorCode::kInvalidArgument, "the body is the checkpoint, and it is empty"), request_);
    const auto stored = upload_->finish();
    if (!stored) return place_error(stored.error(), request_);
    HttpResponse response = json_answer(checkpoint_json(*stored), 201);
    response.set("Location", "/checkpoints/" + stored->id);
    return response;
  }

 private:
  std::unique_ptr<CheckpointUpload> upload_;
  const HttpRequest request_;
  bool is_empty_ = true;
};

}  // namespace

HttpResponse place_error(const Error& error, const HttpRequest& request) {
  if (error.code != ErrorCode::kBusy) return error_response(error, request);
  Problem problem = make_problem(503, "busy", error.text());
  problem.headers.push_back({"Retry-After", "5"});
  return problem_response(problem, request);
}

Result<std::unique_ptr<BodySink>> open_checkpoint_upload(Api& api, const HttpRequest& request) {
  const std::string name = text_parameter(request, "name");
  const UploadKind kind = request.target.parameter("kind") == "directory" ? UploadKind::kDirectory : UploadKind::kFile;
  TRY(upload, api.backend.checkpoints().begin_upload(name.empty() ? "checkpoint" : name, kind, system_clock().now()));
  return std::unique_ptr<BodySink>(std::make_unique<CheckpointSink>(std::move(upload), request));
}

ApiAnswer get_checkpoint(Api& api, const HttpRequest& request) {
  TRY(checkpoint, api.backend.checkpoints().find(request.path_parameter("id")));
  Json document = checkpoint_json(checkpoint);
  auto said = api.backend.inspect_checkpoint(checkpoint.id);
  if (!said && said.error().code == ErrorCode::kBusy) return place_error(said.error(), request);
  for (const char* key : {"file", "error", "reason"}) {
    if (said && said->contains(key)) (*said)[key] = without_place((*said)[key].get<std::string>(), checkpoint);
  }
  document["inspect"] = said ? *said : Json();
  document["inspect_error"] =
      said ? Json() : Json(printable(without_place(problem_from(said.error()).detail, checkpoint)));
  return json_answer(document);
}

ApiAnswer list_checkpoints(Api& api, const HttpRequest& request) {
  TRY(stored, api.backend.checkpoints().list());
  std::ranges::reverse(stored);
  const std::string cursor = text_parameter(request, "cursor");
  auto from = stored.begin();
  if (!cursor.empty()) {
    from = std::ranges::find(stored, cursor, &CheckpointInfo::id);
    if (from == stored.end())
      return fail(ErrorCode::kInvalidArgument, "the checkpoint of this cursor is gone; begin at the first page");
    ++from;
  }
  const int64_t limit = integer_parameter(request, "limit", 50);
  Json shown = Json::array();
  for (; from != stored.end() && static_cast<int64_t>(shown.size()) < limit; ++from)
    shown.push_back(checkpoint_json(*from));
  const Json next = from == stored.end() ? Json() : shown.back()["id"];
  return json_answer({{"checkpoints", std::move(shown)}, {"next_cursor", next}});
}

ApiAnswer delete_checkpoint(Api& api, const HttpRequest& request) {
  CHECK_OK(api.backend.remove_checkpoint(std::string(request.path_parameter("id"))));
  HttpResponse response;
  response.status = 204;
  return response;
}

}  // namespace modelport
