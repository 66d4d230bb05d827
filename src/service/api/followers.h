#pragma once

#include <memory>
#include <string>

#include "service/backend/backend.h"
#include "service/http/event_stream.h"

namespace modelport {

/// A job's log lines with an id above `after` as events "log", until the job has ended: then one event "end" with its
/// status. Resumes by Last-Event-ID.
std::unique_ptr<BodySource> follow_log(Backend& backend, std::string job_id, int64_t after);

/// A job's history likewise; the event's name is its type.
std::unique_ptr<BodySource> follow_history(Backend& backend, std::string job_id, int64_t after);

/// Every job that changes, as it is now: events "job", and "removed" with the id. No history: who connects (again)
/// reads the list first. Changes that come faster than they are taken become one.
std::unique_ptr<BodySource> follow_changes(Backend& backend);

/// A job's whole log as text, a line each: time, stream, text.
std::unique_ptr<BodySource> log_text(Backend& backend, std::string job_id);

}  // namespace modelport
