#pragma once

#include <memory>

#include "service/api/api.h"

namespace modelport {

/// One function per route of routes.cpp. An error is answered by its code's status; an answer with more to say (the
/// valid values, 422) is made by the handler itself.
using ApiAnswer = Result<HttpResponse>;

ApiAnswer get_capabilities(Api& api, const HttpRequest& request);
ApiAnswer clear_unavailable_mark(Api& api, const HttpRequest& request);

Result<std::unique_ptr<BodySink>> open_checkpoint_upload(Api& api, const HttpRequest& request);
ApiAnswer get_checkpoint(Api& api, const HttpRequest& request);
ApiAnswer list_checkpoints(Api& api, const HttpRequest& request);
ApiAnswer delete_checkpoint(Api& api, const HttpRequest& request);

ApiAnswer create_job(Api& api, const HttpRequest& request);
ApiAnswer list_jobs(Api& api, const HttpRequest& request);
ApiAnswer get_job(Api& api, const HttpRequest& request);
ApiAnswer delete_job(Api& api, const HttpRequest& request);
ApiAnswer cancel_job(Api& api, const HttpRequest& request);
ApiAnswer retry_job(Api& api, const HttpRequest& request);
ApiAnswer set_default_job(Api& api, const HttpRequest& request);
ApiAnswer list_training_exports(Api& api, const HttpRequest& request);

ApiAnswer list_deliveries(Api& api, const HttpRequest& request);
ApiAnswer list_job_deliveries(Api& api, const HttpRequest& request);
ApiAnswer resend_delivery(Api& api, const HttpRequest& request);

ApiAnswer get_logs(Api& api, const HttpRequest& request);
ApiAnswer get_events(Api& api, const HttpRequest& request);
ApiAnswer follow_jobs(Api& api, const HttpRequest& request);
ApiAnswer get_metadata(Api& api, const HttpRequest& request);
/// Takes a picture for the artifact of a completed job.
Result<std::unique_ptr<BodySink>> open_prediction(Api& api, const HttpRequest& request);
ApiAnswer make_download_link(Api& api, const HttpRequest& request);
/// Whether `ticket` of the query is one of that job's.
bool has_download_ticket(Api& api, const HttpRequest& request);
ApiAnswer download(Api& api, const HttpRequest& request);
/// The same of a training's default of a format, and of one of its versions: addresses that stay.
ApiAnswer download_default(Api& api, const HttpRequest& request);
ApiAnswer download_version(Api& api, const HttpRequest& request);

ApiAnswer get_health(Api& api, const HttpRequest& request);
ApiAnswer get_readiness(Api& api, const HttpRequest& request);
ApiAnswer get_metrics(Api& api, const HttpRequest& request);

/// 503 and Retry-After for kBusy, where a place was not to be had at once; else as the error's code says.
HttpResponse place_error(const Error& error, const HttpRequest& request);
/// 200 with a document.
HttpResponse json_answer(const Json& document, int status = 200);
/// A header that asks for text/event-stream.
bool wants_events(const HttpRequest& request);
/// `limit` of the query, or the default.
int64_t integer_parameter(const HttpRequest& request, std::string_view name, int64_t otherwise);
std::string text_parameter(const HttpRequest& request, std::string_view name);

}  // namespace modelport
