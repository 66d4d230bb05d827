#include "service/api/followers.h"
#include "service/api/handlers.h"
#include "service/api/job_json.h"

namespace modelport {

namespace {

HttpResponse event_stream(std::unique_ptr<BodySource> source) {
  HttpResponse response = text_response(200, "text/event-stream", "");
  // A proxy that collects an answer before it passes it on would hold events back.
  response.set("X-Accel-Buffering", "no");
  response.body = std::move(source);
  return response;
}

/// Where a follower begins: Last-Event-ID, which a browser sends when it connects again, before the query.
int64_t resume_after(const HttpRequest& request) {
  return last_event_id(request.header("last-event-id")).value_or(integer_parameter(request, "after", 0));
}

/// To a follower that has seen all of a job that ended: 204, which tells browsers not to come again.
HttpResponse nothing_more() {
  HttpResponse response;
  response.status = 204;
  return response;
}

}  // namespace

ApiAnswer get_logs(Api& api, const HttpRequest& request) {
  TRY(job, api.backend.jobs().find(request.path_parameter("id")));
  LogStore& logs = api.backend.logs();
  if (request.target.parameter("download") == "true") {
    HttpResponse response = text_response(200, "text/plain; charset=utf-8", "");
    response.set("Content-Disposition", "attachment; filename=\"" + job.id + ".log\"");
    response.body = log_text(api.backend, job.id);
    return response;
  }
  const int64_t after = resume_after(request);
  if (wants_events(request)) {
    const bool resumed = !request.header("last-event-id").empty();
    if (resumed && info(job.status).is_terminal && after >= logs.last_id(job.id)) return nothing_more();
    return event_stream(follow_log(api.backend, job.id, after));
  }
  const auto tail = integer_parameter(request, "tail", 0);
  TRY(lines, tail > 0 ? logs.tail(job.id, static_cast<size_t>(tail))
                      : logs.read(job.id, after, static_cast<size_t>(integer_parameter(request, "limit", 1000))));
  Json array = Json::array();
  for (const LogLine& line : lines) array.push_back(log_line_json(line));
  const int64_t last = lines.empty() ? after : lines.back().id;
  return json_answer({{"lines", std::move(array)},
                      {"next_after", last},
                      {"complete", info(job.status).is_terminal && last >= logs.last_id(job.id)}});
}

ApiAnswer get_events(Api& api, const HttpRequest& request) {
  TRY(job, api.backend.jobs().find(request.path_parameter("id")));
  const int64_t after = resume_after(request);
  TRY(events, api.backend.jobs().events(job.id, after, static_cast<int>(integer_parameter(request, "limit", 1000))));
  if (wants_events(request)) {
    const bool resumed = !request.header("last-event-id").empty();
    if (resumed && info(job.status).is_terminal && events.empty()) return nothing_more();
    return event_stream(follow_history(api.backend, job.id, after));
  }
  Json array = Json::array();
  for (const JobEvent& event : events) array.push_back(event_json(event));
  return json_answer({{"events", std::move(array)}, {"next_after", events.empty() ? after : events.back().id}});
}

ApiAnswer follow_jobs(Api& api, const HttpRequest&) { return event_stream(follow_changes(api.backend)); }

}  // namespace modelport
