#include <algorithm>

#include "convention/schema.h"
#include "service/api/api.h"
#include "service/api/handlers.h"
#include "service/api/openapi.h"
#include "service/api/page.h"

namespace modelport {

namespace {

using enum HttpMethod;
using Type = Parameter::Type;
using In = Parameter::In;
using Access = Route::Access;

constexpr std::string_view kEvents = "text/event-stream";

/// A handler as a route holds it: its error becomes the answer.
auto with(Api& api, ApiAnswer (*handler)(Api&, const HttpRequest&)) {
  return [&api, handler](const HttpRequest& request) {
    auto answer = handler(api, request);
    return answer ? *std::move(answer) : error_response(answer.error(), request);
  };
}

std::vector<std::string> status_names() {
  std::vector<std::string> names;
  for (const JobStatusInfo& row : job_status_table()) names.emplace_back(row.name);
  return names;
}

std::vector<std::string> format_names() { return {std::begin(kConventionFormats), std::end(kConventionFormats)}; }

const Parameter kIdempotencyKey = {
    .in = In::kHeader,
    .name = "Idempotency-Key",
    .description = "The same key with the same request gives the first answer's job again; with another one, 422."};
const Parameter kLastEventId = {.in = In::kHeader,
                                .name = "Last-Event-ID",
                                .description = "Where an interrupted stream goes on, before `after`.",
                                .type = Type::kInteger};
const Parameter kAfter = {
    .name = "after", .description = "Only what has an id above this one.", .type = Type::kInteger};
const Parameter kCursor = {.name = "cursor", .description = "next_cursor of the page before."};

Parameter limit_up_to(int64_t maximum) {
  return {
      .name = "limit", .description = "How many at most.", .type = Type::kInteger, .minimum = 1, .maximum = maximum};
}

const std::vector<Answer> kOneJob = {{200, "The job as it is now.", "application/json", "Job"}};
const std::vector<Answer> kCreatedJob = {
    {201, "The job; Location is its address. Idempotency-Replayed: true where the key was used before.",
     "application/json", "Job"}};

const std::vector<Answer> kDownload = {{200, "All of it.", "application/zip"},
                                       {206, "The range that was asked for.", "application/zip"},
                                       {304, "The client has it."},
                                       {307, "Where it can be fetched for 15 minutes."}};

}  // namespace

std::vector<Route> make_routes(Api& api) {
  std::vector<Route> routes = {
      {kGet,
       "/export/capabilities",
       "getCapabilities",
       "What each framework can be exported to, why not, and the options of every format.",
       {{200, "Frameworks, formats and the JSON Schema of their export_config.", "application/json", "Capabilities"}},
       with(api, get_capabilities),
       {{.name = "framework", .description = "Only this one."},
        {.name = "task_type", .description = "Only frameworks that have this task."}}},
      {kDelete,
       "/export/capabilities/{framework}/{export_format}/mark",
       "clearUnavailableMark",
       "A format that a run showed to be unavailable may be asked for again.",
       {{204, "It may be asked for."}},
       with(api, clear_unavailable_mark)},

      {kPost,
       "/checkpoints",
       "uploadCheckpoint",
       "Takes a checkpoint: the body is the file.",
       {{201, "It is stored; the same content twice is one checkpoint.", "application/json", "Checkpoint"}},
       nullptr,
       {{.name = "name", .description = "The file's name, for people."},
        {.name = "kind",
         .description = "What the body is: one file, or a zip or tar of a directory.",
         .values = {"file", "directory"}}},
       "",
       [&api](const HttpRequest& request) { return open_checkpoint_upload(api, request); }},
      {kGet,
       "/checkpoints/{id}",
       "getCheckpoint",
       "A checkpoint and what it is, told without running any of it.",
       {{200, "inspect is null where inspect_error says why.", "application/json", "InspectedCheckpoint"}},
       with(api, get_checkpoint)},
      {kGet,
       "/checkpoints",
       "listCheckpoints",
       "Uploaded checkpoints, the last one first.",
       {{200, "One page; next_cursor is null on the last.", "application/json", "CheckpointPage"}},
       with(api, list_checkpoints),
       {kCursor, limit_up_to(200)}},
      {kDelete,
       "/checkpoints/{id}",
       "deleteCheckpoint",
       "Removes an upload that no job is waiting for or working on; results stay.",
       {{204, "It is gone."}},
       with(api, delete_checkpoint)},

      {kPost,
       "/export/jobs",
       "createJob",
       "Asks for an export.",
       kCreatedJob,
       with(api, create_job),
       {kIdempotencyKey},
       "JobRequest"},
      {kGet,
       "/export/jobs",
       "listJobs",
       "Jobs, newest first.",
       {{200, "One page; next_cursor is null on the last.", "application/json", "JobPage"}},
       with(api, list_jobs),
       {{.name = "status", .description = "Only jobs in this state.", .values = status_names()},
        {.name = "framework", .description = "Only of this framework."},
        {.name = "export_format", .description = "Only to this format.", .values = format_names()},
        {.name = "task_type", .description = "Only of this task."},
        {.name = "training_job_id", .description = "Only of this training."},
        {.name = "checkpoint_id", .description = "Only of this checkpoint."},
        {.name = "created_after", .description = "RFC 3339, UTC."},
        {.name = "created_before", .description = "RFC 3339, UTC."},
        kCursor,
        limit_up_to(200)}},
      {kGet, "/export/jobs/{id}", "getJob", "One job.", kOneJob, with(api, get_job)},
      {kDelete,
       "/export/jobs/{id}",
       "deleteJob",
       "Removes a job that has ended, with its log and artifact.",
       {{204, "It is gone."}},
       with(api, delete_job)},
      {kPost,
       "/export/jobs/{id}/cancel",
       "cancelJob",
       "Asks a job to end; its exporter gets its grace unless forced.",
       {{200, "It was pending and is cancelled.", "application/json", "Job"},
        {202, "It runs and was asked to end; it may still complete.", "application/json", "Job"}},
       with(api, cancel_job),
       {{.name = "force", .description = "End the exporter at once.", .type = Type::kFlag}}},
      {kPost,
       "/export/jobs/{id}/retry",
       "retryJob",
       "A failed or cancelled job once more, as a new one.",
       kCreatedJob,
       with(api, retry_job),
       {kIdempotencyKey}},
      {kPost, "/export/jobs/{id}/set-default", "setDefault", "Makes a completed export its training's default.",
       kOneJob, with(api, set_default_job)},
      {kGet,
       "/export/jobs/{id}/deliveries",
       "listJobDeliveries",
       "What its webhook_url was told of a job, newest first.",
       {{200, "One page; next_cursor is null on the last.", "application/json", "DeliveryPage"}},
       with(api, list_job_deliveries),
       {kCursor, limit_up_to(200)}},
      {kGet,
       "/export/deliveries",
       "listDeliveries",
       "Webhook messages of all jobs, newest first; those of state dead were given up.",
       {{200, "One page; next_cursor is null on the last.", "application/json", "DeliveryPage"}},
       with(api, list_deliveries),
       {{.name = "state", .description = "Only in this state.", .values = {"pending", "delivered", "dead"}},
        kCursor,
        limit_up_to(200)}},
      {kPost,
       "/export/deliveries/{id}/resend",
       "resendDelivery",
       "Sends a message that was delivered or given up once more, under the same webhook-id.",
       {{202, "It is to be sent, with all its attempts before it.", "application/json", "Delivery"}},
       with(api, resend_delivery)},
      {kGet,
       "/export/jobs/{id}/logs",
       "getLogs",
       "The exporter's lines; as text/event-stream live, with events \"log\" and one \"end\".",
       {{200, "Lines above `after`; complete when there will be no more.", "application/json", "LogPage"},
        {200, "Live.", kEvents},
        {200, "With download=true.", "text/plain"},
        {204, "A stream that goes on has nothing more to come."}},
       with(api, get_logs),
       {kAfter,
        limit_up_to(5000),
        {.name = "tail",
         .description = "The last lines instead.",
         .type = Type::kInteger,
         .minimum = 1,
         .maximum = 5000},
        {.name = "download", .description = "All of it as a text file.", .type = Type::kFlag},
        kLastEventId}},
      {kGet,
       "/export/jobs/{id}/events",
       "getEvents",
       "A job's history; as text/event-stream live.",
       {{200, "Events above `after`.", "application/json", "EventPage"},
        {200, "Live.", kEvents},
        {204, "A stream that goes on has nothing more to come."}},
       with(api, get_events),
       {kAfter, limit_up_to(1000), kLastEventId}},
      {kGet,
       "/export/events",
       "followJobs",
       "Every job that changes, as it is then: events \"job\" and \"removed\". Read the list after connecting.",
       {{200, "Live, without an end.", kEvents}},
       with(api, follow_jobs)},
      {kGet,
       "/export/jobs/{id}/metadata",
       "getMetadata",
       "metadata.json of a completed export.",
       {{200, "As the exporter wrote it.", "application/json", "Metadata"}},
       with(api, get_metadata)},
      {kGet,
       "/export/jobs/{id}/download",
       "download",
       "The result as a zip; takes Range, If-Range, If-None-Match.",
       kDownload,
       with(api, download),
       {{.name = "ticket", .description = "Of download-link, in place of a token."}}},
      {kPost,
       "/export/jobs/{id}/download-link",
       "makeDownloadLink",
       "A link to the download for a browser, which sends no token with one; for a minute.",
       {{200, "Relative to this service.", "application/json", "DownloadLink"}},
       with(api, make_download_link)},
      {.method = kPost,
       .path = "/export/jobs/{id}/predict",
       .operation = "predict",
       .summary = "What a completed export sees on a picture: the body is a JPEG or PNG file of at most 32 MiB.",
       .answers = {{200, "In pixels of the picture, turned upright by its EXIF orientation.", "application/json",
                    "Prediction"}},
       .open = [&api](const HttpRequest& request) { return open_prediction(api, request); },
       .body_bytes = int64_t{32} << 20},
      {kGet,
       "/training/{training_job_id}/exports",
       "listTrainingExports",
       "The exports of one training, newest first.",
       {{200, "One page; is_default marks the default.", "application/json", "TrainingExports"}},
       with(api, list_training_exports),
       {kCursor, limit_up_to(200)}},
      {kGet, "/training/{training_job_id}/default/{export_format}/download", "downloadDefault",
       "The result of a training's default of this format: an address that stays while the default moves on.",
       kDownload, with(api, download_default)},
      {kGet, "/training/{training_job_id}/versions/{version}/{export_format}/download", "downloadVersion",
       "The latest result of a version, which is one checkpoint of the training, in this format.", kDownload,
       with(api, download_version)},

      {.method = kGet,
       .path = "/healthz",
       .operation = "getHealth",
       .summary = "Whether the process answers.",
       .answers = {{200, "It does.", "application/json", "Health"}},
       .handle = with(api, get_health),
       .access = Access::kOpen},
      {.method = kGet,
       .path = "/readyz",
       .operation = "getReadiness",
       .summary = "Whether jobs can run.",
       .answers = {{200, "They can.", "application/json", "Readiness"},
                   {503, "Some check fails and says why.", "application/json", "Readiness"}},
       .handle = with(api, get_readiness),
       .access = Access::kOpen},
      {kGet,
       "/metrics",
       "getMetrics",
       "Figures for Prometheus.",
       {{200, "Text format 0.0.4.", "text/plain"}},
       with(api, get_metrics)},
  };
  std::ranges::find(routes, "download", &Route::operation)->lets_in = [&api](const HttpRequest& request) {
    return has_download_ticket(api, request);
  };
  // Their own threads: whatever others wait for, these are answered.
  for (const std::string_view quick : {"getHealth", "getReadiness", "getMetrics", "listJobs", "getJob",
                                       "getCapabilities", "listTrainingExports", "listCheckpoints"})
    std::ranges::find(routes, quick, &Route::operation)->lane = Route::Lane::kQuick;
  add_openapi_route(routes);
  add_page_routes(routes);
  return routes;
}

}  // namespace modelport
