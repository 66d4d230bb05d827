#include <algorithm>

#include "service/api/handlers.h"
#include "service/http/site.h"

namespace modelport {

namespace {

constexpr std::string_view kPictureMarks[] = {"\xFF\xD8\xFF", "\x89PNG\r\n"};
constexpr size_t kLongestMark = 6;

class PictureSink : public BodySink {
 public:
  PictureSink(Api& api, Job job, std::unique_ptr<PredictionPicture> picture, HttpRequest request)
      : api_(api), job_(std::move(job)), picture_(std::move(picture)), request_(std::move(request)) {}

  Status write(std::span<const std::byte> bytes) override {
    for (const std::byte byte : bytes.first(std::min(bytes.size(), kLongestMark - beginning_.size())))
      beginning_ += static_cast<char>(byte);
    return picture_->append(bytes);
  }

  HttpResponse finish() override {
    if (picture_->size() == 0)
      return error_response(fail(ErrorCode::kInvalidArgument, "the body is a JPEG or PNG picture, and it is empty"),
                            request_);
    if (!is_picture()) return problem_response(no_picture(), request_);
    const auto seen = api_.backend.predictions().predict(job_, *picture_);
    return seen ? json_answer(*seen) : place_error(seen.error(), request_);
  }

 private:
  /// By its first bytes; whether it holds what they promise is for the child to see.
  bool is_picture() const {
    return std::ranges::any_of(kPictureMarks, [&](std::string_view mark) { return beginning_.starts_with(mark); });
  }

  static Problem no_picture() {
    Problem problem =
        make_problem(415, "unsupported_media_type", "the body is neither a JPEG nor a PNG; convert it to one of them");
    problem.valid_values = {"image/jpeg", "image/png"};
    return problem;
  }

  Api& api_;
  const Job job_;
  std::unique_ptr<PredictionPicture> picture_;
  const HttpRequest request_;
  std::string beginning_;
};

}  // namespace

Result<std::unique_ptr<BodySink>> open_prediction(Api& api, const HttpRequest& request) {
  TRY(job, api.backend.jobs().find(request.path_parameter("id")));
  TRY(picture, api.backend.predictions().begin(job));
  return std::unique_ptr<BodySink>(std::make_unique<PictureSink>(api, std::move(job), std::move(picture), request));
}

}  // namespace modelport
