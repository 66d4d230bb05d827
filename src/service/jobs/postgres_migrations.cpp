#include "service/jobs/postgres_migrations.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace modelport {

namespace {

/// Row N is migration N+1. A row that was released is never changed; a change of the schema is a new row. Times are
/// microseconds since 1970 by the server's clock, as in the SQLite schema.
constexpr std::string_view kPostgresMigrations[] = {
    R"sql(
CREATE FUNCTION microseconds_now() RETURNS BIGINT LANGUAGE sql VOLATILE
  AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT $$;

CREATE TABLE jobs (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  framework TEXT NOT NULL,
  export_format TEXT NOT NULL,
  requested_checkpoint_id TEXT NOT NULL,
  checkpoint_path TEXT NOT NULL,
  export_config TEXT NOT NULL,
  training_job_id TEXT NOT NULL,
  version_tag TEXT NOT NULL,
  webhook_url TEXT NOT NULL,
  set_as_default BOOLEAN NOT NULL,
  force BOOLEAN NOT NULL,
  task_type TEXT NOT NULL DEFAULT '',
  model_name TEXT NOT NULL DEFAULT '',
  checkpoint_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  is_default BOOLEAN NOT NULL DEFAULT FALSE,
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
  phase TEXT CHECK (phase IN ('starting', 'exporting', 'validating', 'packaging', 'uploading')),
  progress DOUBLE PRECISION NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
  cancel_requested BOOLEAN NOT NULL DEFAULT FALSE,
  error TEXT,
  metadata TEXT,
  artifact_key TEXT,
  artifact_sha256 TEXT,
  artifact_bytes BIGINT,
  proof TEXT NOT NULL DEFAULT '',
  from_cache BOOLEAN NOT NULL DEFAULT FALSE,
  cache_key TEXT,
  exporter_version TEXT NOT NULL DEFAULT '',
  sandbox TEXT NOT NULL DEFAULT '',
  attempt BIGINT NOT NULL DEFAULT 0,
  max_attempts BIGINT NOT NULL CHECK (max_attempts >= 1),
  worker TEXT NOT NULL DEFAULT '',
  process TEXT,
  lease_expires BIGINT,
  retry_of TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  completed_at BIGINT,
  CHECK ((status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)),
  CHECK ((status = 'running') = (lease_expires IS NOT NULL)),
  CHECK ((status = 'completed') = (artifact_key IS NOT NULL AND metadata IS NOT NULL)),
  CHECK ((status = 'failed') = (error IS NOT NULL)),
  CHECK (status <> 'running' OR attempt >= 1),
  CHECK (NOT is_default OR (status = 'completed' AND training_job_id <> '')),
  CHECK ((version > 0) = (training_job_id <> ''))
);
CREATE UNIQUE INDEX jobs_version ON jobs (training_job_id, version) WHERE training_job_id <> '';
CREATE UNIQUE INDEX jobs_default ON jobs (training_job_id) WHERE is_default;
CREATE INDEX jobs_pending ON jobs (seq) INCLUDE (framework) WHERE status = 'pending';
CREATE INDEX jobs_running ON jobs (lease_expires) WHERE status = 'running';
CREATE INDEX jobs_status ON jobs (status, seq);
CREATE INDEX jobs_framework ON jobs (framework, seq);
CREATE INDEX jobs_format ON jobs (export_format, seq);
CREATE INDEX jobs_training ON jobs (training_job_id, seq) WHERE training_job_id <> '';
CREATE INDEX jobs_checkpoint ON jobs (checkpoint_id, seq) WHERE checkpoint_id <> '';
CREATE INDEX jobs_cache ON jobs (cache_key, seq) WHERE cache_key IS NOT NULL;
CREATE INDEX jobs_artifact ON jobs (artifact_key) WHERE artifact_key IS NOT NULL;
CREATE INDEX jobs_completed ON jobs (completed_at) WHERE completed_at IS NOT NULL;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN RAISE EXCEPTION 'a job that ended never changes'; END $$;
CREATE TRIGGER jobs_terminal_is_final BEFORE UPDATE ON jobs FOR EACH ROW
  WHEN (OLD.status IN ('completed', 'failed', 'cancelled') AND
        (OLD.status, OLD.phase, OLD.error, OLD.metadata, OLD.artifact_key, OLD.artifact_sha256, OLD.artifact_bytes,
         OLD.attempt, OLD.completed_at) IS DISTINCT FROM
        (NEW.status, NEW.phase, NEW.error, NEW.metadata, NEW.artifact_key, NEW.artifact_sha256, NEW.artifact_bytes,
         NEW.attempt, NEW.completed_at))
  EXECUTE FUNCTION refuse_change();

-- One row: how many jobs there are of each state, and the id of the last event.
CREATE TABLE totals (
  only_row BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (only_row),
  last_event BIGINT NOT NULL DEFAULT 0,
  pending BIGINT NOT NULL DEFAULT 0 CHECK (pending >= 0),
  running BIGINT NOT NULL DEFAULT 0 CHECK (running >= 0),
  completed BIGINT NOT NULL DEFAULT 0 CHECK (completed >= 0),
  failed BIGINT NOT NULL DEFAULT 0 CHECK (failed >= 0),
  cancelled BIGINT NOT NULL DEFAULT 0 CHECK (cancelled >= 0)
);
INSERT INTO totals DEFAULT VALUES;

CREATE TABLE trainings (id TEXT PRIMARY KEY, last_version BIGINT NOT NULL);
CREATE TABLE idempotency_keys (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, job_id TEXT NOT NULL);
CREATE INDEX idempotency_job ON idempotency_keys (job_id);
CREATE TABLE events (
  id BIGINT PRIMARY KEY,
  job_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX events_job ON events (job_id, id);
CREATE TABLE doomed_artifacts (key TEXT PRIMARY KEY);
CREATE TABLE unavailable_formats (
  framework TEXT NOT NULL,
  export_format TEXT NOT NULL,
  reason TEXT NOT NULL,
  since BIGINT NOT NULL,
  job_id TEXT NOT NULL,
  trainer TEXT NOT NULL,
  PRIMARY KEY (framework, export_format)
);
)sql",
    R"sql(
CREATE TABLE workers (
  name TEXT PRIMARY KEY,
  listens_at TEXT NOT NULL,
  program_version TEXT NOT NULL,
  trainers TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
)sql",
    R"sql(
CREATE TABLE webhook_events (status TEXT PRIMARY KEY, event TEXT NOT NULL);
CREATE TABLE webhook_deliveries (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  job_id TEXT NOT NULL,
  event TEXT NOT NULL,
  url TEXT NOT NULL,
  origin TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts BIGINT NOT NULL DEFAULT 0,
  next_attempt_at BIGINT,
  last_status BIGINT NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT '',
  ended_at BIGINT,
  CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL)),
  CHECK ((state = 'pending') = (ended_at IS NULL))
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_state ON webhook_deliveries (state, seq);
CREATE INDEX webhook_deliveries_job ON webhook_deliveries (job_id, seq);
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- Whoever changes a job records what is to be told of it, and cannot forget to. The id is random where the job, its
-- state and its attempt are not, so that nobody can guess it.
CREATE FUNCTION record_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO webhook_deliveries (id, job_id, event, url, origin, data, created_at, next_attempt_at)
  SELECT 'msg_' || left(encode(sha256(convert_to(concat_ws(' ', NEW.id, NEW.status, NEW.attempt, random(), random()),
      'UTF8')), 'hex'), 32), NEW.id, event, NEW.webhook_url,
    substring(lower(NEW.webhook_url) FROM '^[^/]*//[^/]*'),
    json_build_object('id', NEW.id, 'status', NEW.status, 'attempt', NEW.attempt, 'framework', NEW.framework,
      'export_format', NEW.export_format, 'training_job_id', nullif(NEW.training_job_id, ''),
      'version', nullif(NEW.version, 0), 'version_tag', nullif(NEW.version_tag, ''),
      'model_name', nullif(NEW.model_name, ''), 'task_type', nullif(NEW.task_type, ''),
      'proof', nullif(NEW.proof, ''), 'sha256', NEW.artifact_sha256, 'bytes', NEW.artifact_bytes,
      'error', NEW.error::json)::text,
    coalesce(NEW.completed_at, NEW.started_at), coalesce(NEW.completed_at, NEW.started_at)
  FROM webhook_events WHERE status = NEW.status;
  RETURN NULL;
END $$;
CREATE TRIGGER jobs_webhook AFTER UPDATE OF status ON jobs FOR EACH ROW
  WHEN (NEW.webhook_url <> '' AND OLD.status <> NEW.status) EXECUTE FUNCTION record_delivery();

CREATE FUNCTION forget_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM webhook_deliveries WHERE job_id = OLD.id AND state <> 'pending';
  RETURN NULL;
END $$;
CREATE TRIGGER jobs_webhook_gone AFTER DELETE ON jobs FOR EACH ROW
  WHEN (OLD.webhook_url <> '') EXECUTE FUNCTION forget_deliveries();
)sql",
    R"sql(
CREATE TABLE signing_keys (id TEXT PRIMARY KEY, secret TEXT NOT NULL, made_at BIGINT NOT NULL);
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
);
-- Marks of earlier releases were made by any job's sentence.
DELETE FROM unavailable_formats;
)sql",
    R"sql(
ALTER TABLE jobs ADD COLUMN interruptions BIGINT NOT NULL DEFAULT 0;
)sql",
    R"sql(
ALTER TABLE jobs ADD COLUMN default_chosen_at BIGINT;
UPDATE jobs SET default_chosen_at = (SELECT max(at) FROM events WHERE events.job_id = jobs.id AND type = 'default')
  WHERE is_default;

-- A version is a checkpoint of a training: of what were several versions of one checkpoint the first number stays.
CREATE TABLE training_versions (
  training_job_id TEXT NOT NULL,
  checkpoint TEXT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (training_job_id, checkpoint)
);
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
UPDATE jobs SET is_default = TRUE WHERE seq IN (
  SELECT max(j.seq) FROM jobs j WHERE j.training_job_id <> '' AND j.status = 'completed'
    AND NOT EXISTS (SELECT 1 FROM jobs d WHERE d.training_job_id = j.training_job_id
      AND d.export_format = j.export_format AND d.is_default)
    AND j.version = (SELECT max(k.version) FROM jobs k WHERE k.training_job_id = j.training_job_id
      AND k.export_format = j.export_format AND k.status = 'completed')
  GROUP BY j.training_job_id, j.export_format);
CREATE UNIQUE INDEX jobs_default ON jobs (training_job_id, export_format) WHERE is_default;
)sql",
    R"sql(
ALTER TABLE jobs ADD COLUMN checkpoint_name TEXT NOT NULL DEFAULT '';
)sql",
};

Result<int64_t> present_version(PostgresConnection& database) {
  // A scan of the catalog: to_regclass would answer from what this connection saw before it waited for the lock.
  TRY(there, database.query("SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
                            "c.relnamespace WHERE n.nspname = 'modelport' AND c.relname = 'migrations'"));
  there.next();
  if (there.integer(0) == 0) return 0;
  TRY(rows, database.query("SELECT coalesce(max(version), 0) FROM migrations"));
  rows.next();
  return rows.integer(0);
}

Status run_missing(PostgresConnection& database, int64_t latest) {
  // Of this transaction: whoever starts at the same time waits here.
  CHECK_OK(database.query("SELECT pg_advisory_xact_lock(x'6d6f64656c706f72'::bigint)"));
  TRY(version, present_version(database));
  if (version == 0)
    CHECK_OK(
        database.execute("CREATE SCHEMA IF NOT EXISTS modelport; CREATE TABLE migrations (version BIGINT PRIMARY "
                         "KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())"));
  for (; version < latest; ++version) {
    CHECK_OK(database.execute(std::string(kPostgresMigrations[version])).in(fmt::format("migration {}", version + 1)));
    CHECK_OK(database.run("INSERT INTO migrations (version) VALUES ($1)", version + 1));
  }
  return {};
}

}  // namespace

Status migrate(PostgresConnection& database, int64_t up_to) {
  TRY(version, present_version(database));
  const auto latest = static_cast<int64_t>(std::size(kPostgresMigrations));
  if (version > latest)
    return fail(ErrorCode::kConflict, "the job database has version {}, this program knows {} at most", version,
                latest);
  if (version >= std::min(latest, up_to)) return {};
  CHECK_OK(database.execute("BEGIN"));
  Status done = run_missing(database, std::min(latest, up_to));
  if (done) return database.execute("COMMIT");
  (void)database.execute("ROLLBACK");
  return done;
}

}  // namespace modelport
