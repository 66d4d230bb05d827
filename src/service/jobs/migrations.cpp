#include "service/jobs/migrations.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace modelport {

namespace {

/// Row N is migration N+1. A row that was released is never changed; a change of the schema is a new row.
constexpr std::string_view kMigrations[] = {
    R"sql(
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  framework TEXT NOT NULL,
  export_format TEXT NOT NULL,
  requested_checkpoint_id TEXT NOT NULL,
  checkpoint_path TEXT NOT NULL,
  export_config TEXT NOT NULL,
  training_job_id TEXT NOT NULL,
  version_tag TEXT NOT NULL,
  webhook_url TEXT NOT NULL,
  set_as_default INTEGER NOT NULL CHECK (set_as_default IN (0, 1)),
  force INTEGER NOT NULL CHECK (force IN (0, 1)),
  task_type TEXT NOT NULL DEFAULT '',
  model_name TEXT NOT NULL DEFAULT '',
  checkpoint_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  is_default INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1)),
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
  phase TEXT CHECK (phase IN ('starting', 'exporting', 'validating', 'packaging', 'uploading')),
  progress REAL NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
  cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
  error TEXT,
  metadata TEXT,
  artifact_key TEXT,
  artifact_sha256 TEXT,
  artifact_bytes INTEGER,
  proof TEXT NOT NULL DEFAULT '',
  from_cache INTEGER NOT NULL DEFAULT 0 CHECK (from_cache IN (0, 1)),
  cache_key TEXT,
  exporter_version TEXT NOT NULL DEFAULT '',
  sandbox TEXT NOT NULL DEFAULT '',
  attempt INTEGER NOT NULL DEFAULT 0,
  max_attempts INTEGER NOT NULL CHECK (max_attempts >= 1),
  worker TEXT NOT NULL DEFAULT '',
  process TEXT,
  lease_expires INTEGER,
  retry_of TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  completed_at INTEGER,
  CHECK ((status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)),
  CHECK ((status = 'running') = (lease_expires IS NOT NULL)),
  CHECK ((status = 'completed') = (artifact_key IS NOT NULL AND metadata IS NOT NULL)),
  CHECK ((status = 'failed') = (error IS NOT NULL)),
  CHECK (status <> 'running' OR attempt >= 1),
  CHECK (is_default = 0 OR (status = 'completed' AND training_job_id <> '')),
  CHECK ((version > 0) = (training_job_id <> ''))
);
CREATE UNIQUE INDEX jobs_version ON jobs (training_job_id, version) WHERE training_job_id <> '';
CREATE UNIQUE INDEX jobs_default ON jobs (training_job_id) WHERE is_default = 1;
CREATE INDEX jobs_pending ON jobs (framework, seq) WHERE status = 'pending';
CREATE INDEX jobs_running ON jobs (seq) WHERE status = 'running';
CREATE INDEX jobs_status ON jobs (status, seq);
CREATE INDEX jobs_framework ON jobs (framework, seq);
CREATE INDEX jobs_format ON jobs (export_format, seq);
CREATE INDEX jobs_training ON jobs (training_job_id, seq) WHERE training_job_id <> '';
CREATE INDEX jobs_checkpoint ON jobs (checkpoint_id, seq) WHERE checkpoint_id <> '';
CREATE INDEX jobs_cache ON jobs (cache_key, seq) WHERE cache_key IS NOT NULL;
CREATE INDEX jobs_artifact ON jobs (artifact_key) WHERE artifact_key IS NOT NULL;
CREATE INDEX jobs_completed ON jobs (completed_at) WHERE completed_at IS NOT NULL;
CREATE TRIGGER jobs_terminal_is_final BEFORE UPDATE OF status, phase, error, metadata, artifact_key, artifact_sha256,
    artifact_bytes, attempt, completed_at ON jobs
  WHEN OLD.status IN ('completed', 'failed', 'cancelled')
  BEGIN SELECT RAISE(ABORT, 'a job that ended never changes'); END;

CREATE TABLE job_totals (status TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO job_totals VALUES ('pending', 0), ('running', 0), ('completed', 0), ('failed', 0), ('cancelled', 0);
CREATE TRIGGER jobs_count_new AFTER INSERT ON jobs
  BEGIN UPDATE job_totals SET count = count + 1 WHERE status = NEW.status; END;
CREATE TRIGGER jobs_count_gone AFTER DELETE ON jobs
  BEGIN UPDATE job_totals SET count = count - 1 WHERE status = OLD.status; END;
CREATE TRIGGER jobs_count_moved AFTER UPDATE OF status ON jobs WHEN OLD.status <> NEW.status
  BEGIN
    UPDATE job_totals SET count = count - 1 WHERE status = OLD.status;
    UPDATE job_totals SET count = count + 1 WHERE status = NEW.status;
  END;

CREATE TABLE trainings (id TEXT PRIMARY KEY, last_version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE idempotency_keys (
  key TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  job_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX idempotency_job ON idempotency_keys (job_id);
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX events_job ON events (job_id, id);
CREATE TABLE doomed_artifacts (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE unavailable_formats (
  framework TEXT NOT NULL,
  export_format TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  job_id TEXT NOT NULL,
  trainer TEXT NOT NULL,
  PRIMARY KEY (framework, export_format)
) WITHOUT ROWID;
)sql",
    R"sql(
CREATE TABLE webhook_events (status TEXT PRIMARY KEY, event TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE webhook_deliveries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  job_id TEXT NOT NULL,
  event TEXT NOT NULL,
  url TEXT NOT NULL,
  origin TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER,
  last_status INTEGER NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT '',
  ended_at INTEGER,
  CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL)),
  CHECK ((state = 'pending') = (ended_at IS NULL))
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_state ON webhook_deliveries (state, seq);
CREATE INDEX webhook_deliveries_job ON webhook_deliveries (job_id, seq);
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;
CREATE TRIGGER jobs_webhook AFTER UPDATE OF status ON jobs WHEN NEW.webhook_url <> '' AND OLD.status <> NEW.status
  BEGIN
    INSERT INTO webhook_deliveries (id, job_id, event, url, origin, data, created_at, next_attempt_at)
    SELECT 'msg_' || lower(hex(randomblob(16))), NEW.id, event, NEW.webhook_url,
      lower(substr(NEW.webhook_url, 1, 7 + instr(substr(NEW.webhook_url, 9) || '/', '/'))),
      json_object('id', NEW.id, 'status', NEW.status, 'attempt', NEW.attempt, 'framework', NEW.framework,
        'export_format', NEW.export_format, 'training_job_id', nullif(NEW.training_job_id, ''),
        'version', nullif(NEW.version, 0), 'version_tag', nullif(NEW.version_tag, ''),
        'model_name', nullif(NEW.model_name, ''), 'task_type', nullif(NEW.task_type, ''),
        'proof', nullif(NEW.proof, ''), 'sha256', NEW.artifact_sha256, 'bytes', NEW.artifact_bytes,
        'error', json(NEW.error)),
      coalesce(NEW.completed_at, NEW.started_at), coalesce(NEW.completed_at, NEW.started_at)
    FROM webhook_events WHERE status = NEW.status;
  END;
CREATE TRIGGER jobs_webhook_gone AFTER DELETE ON jobs WHEN OLD.webhook_url <> ''
  BEGIN DELETE FROM webhook_deliveries WHERE job_id = OLD.id AND state <> 'pending'; END;
)sql",
    R"sql(
CREATE TABLE signing_keys (id TEXT PRIMARY KEY, secret TEXT NOT NULL, made_at INTEGER NOT NULL) WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE jobs ADD COLUMN proof_document TEXT;
ALTER TABLE jobs ADD COLUMN reused_from TEXT NOT NULL DEFAULT '';
)sql",
    R"sql(
CREATE TABLE completed_formats (
  framework TEXT NOT NULL,
  export_format TEXT NOT NULL,
  trainer TEXT NOT NULL,
  PRIMARY KEY (framework, export_format, trainer)
) WITHOUT ROWID;
-- Marks of earlier releases were made by any job's sentence.
DELETE FROM unavailable_formats;
)sql",
    R"sql(
ALTER TABLE jobs ADD COLUMN interruptions INTEGER NOT NULL DEFAULT 0;
)sql",
    R"sql(
ALTER TABLE jobs ADD COLUMN default_chosen_at INTEGER;
UPDATE jobs SET default_chosen_at = (SELECT max(at) FROM events WHERE events.job_id = jobs.id AND type = 'default')
  WHERE is_default = 1;

-- A version is a checkpoint of a training: of what were several versions of one checkpoint the first number stays.
CREATE TABLE training_versions (
  training_job_id TEXT NOT NULL,
  checkpoint TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (training_job_id, checkpoint)
) WITHOUT ROWID;
DROP INDEX jobs_version;
INSERT INTO training_versions (training_job_id, checkpoint, version)
  SELECT training_job_id, CASE WHEN checkpoint_id <> '' THEN checkpoint_id ELSE 'path:' || checkpoint_path END, min(version)
  FROM jobs WHERE training_job_id <> '' GROUP BY 1, 2;
UPDATE jobs SET version = (SELECT v.version FROM training_versions v WHERE v.training_job_id = jobs.training_job_id
    AND v.checkpoint = CASE WHEN checkpoint_id <> '' THEN checkpoint_id ELSE 'path:' || checkpoint_path END)
  WHERE training_job_id <> '';
INSERT INTO training_versions (training_job_id, checkpoint, version)
  SELECT training_job_id, 'path:' || checkpoint_path, max(version)
  FROM jobs WHERE training_job_id <> '' AND checkpoint_path <> '' GROUP BY 1, 2
  ON CONFLICT (training_job_id, checkpoint) DO NOTHING;
CREATE INDEX jobs_version ON jobs (training_job_id, version, export_format) WHERE training_job_id <> '';

-- A default each training and format. Formats that had none get their latest version's.
DROP INDEX jobs_default;
UPDATE jobs SET is_default = 1 WHERE seq IN (
  SELECT max(j.seq) FROM jobs j WHERE j.training_job_id <> '' AND j.status = 'completed'
    AND NOT EXISTS (SELECT 1 FROM jobs d WHERE d.training_job_id = j.training_job_id
      AND d.export_format = j.export_format AND d.is_default = 1)
    AND j.version = (SELECT max(k.version) FROM jobs k WHERE k.training_job_id = j.training_job_id
      AND k.export_format = j.export_format AND k.status = 'completed')
  GROUP BY j.training_job_id, j.export_format);
CREATE UNIQUE INDEX jobs_default ON jobs (training_job_id, export_format) WHERE is_default = 1;
)sql",
    R"sql(
ALTER TABLE jobs ADD COLUMN checkpoint_name TEXT NOT NULL DEFAULT '';
)sql",
};

}  // namespace

Status migrate(SqliteDatabase& database, int64_t up_to) {
  int64_t version = 0;
  {
    TRY(rows, database.query("PRAGMA user_version"));
    CHECK_OK(rows.next());
    version = rows.integer(0);
  }
  const auto latest = static_cast<int64_t>(std::size(kMigrations));
  if (version > latest)
    return fail(ErrorCode::kConflict, "the job database has version {}, this program knows {} at most", version,
                latest);
  for (; version < std::min(latest, up_to); ++version) {
    const std::string script(kMigrations[version]);
    Status done =
        database.execute("BEGIN IMMEDIATE;" + script + fmt::format("PRAGMA user_version={};COMMIT", version + 1));
    if (done) continue;
    (void)database.execute("ROLLBACK");
    return std::move(done).in(fmt::format("migration {}", version + 1));
  }
  return {};
}

}  // namespace modelport
