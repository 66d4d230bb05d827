import {bytes, el} from "/assets/dom.js";
import {badge} from "/assets/job_state.js";
import {titleOf} from "/assets/names.js";
import {between, lasting, since, when} from "/assets/time.js";

/** Of a job only what its row shows: thousands are kept. */
const SHOWN = [
  "id",
  "status",
  "phase",
  "progress",
  "cancel_requested",
  "proof",
  "model_name",
  "checkpoint_name",
  "framework",
  "export_format",
  "created_at",
  "started_at",
  "completed_at",
  "version",
  "version_tag",
  "is_default",
  "training_job_id",
  "file_size_bytes",
  "error_message",
];
export const slim = (job) => ({
  ...Object.fromEntries(SHOWN.map((name) => [name, job[name]])),
  proof: job.proof && {level: job.proof.level},
});

const separated = (parts) => parts.filter(Boolean).map((part, index) => [index > 0 && " · ", part]);

export function jobRow(job) {
  const title = titleOf(job),
    running = job.status === "running";
  const version =
    job.version && `version ${job.version}${job.version_tag ? ` (${job.version_tag})` : ""} of ${job.training_job_id}`;
  return el(
    "li",
    {"data-id": job.id},
    el("div", {class: "row"}, el("a", {href: `#/jobs/${encodeURIComponent(job.id)}`}, title), badge(job)),
    el(
      "p",
      {class: "quiet when"},
      separated([
        when(job.created_at),
        job.model_name && job.checkpoint_name,
        job.framework,
        job.status === "completed" && job.started_at && `took ${lasting(between(job.started_at, job.completed_at))}`,
        job.file_size_bytes && bytes(job.file_size_bytes),
        version,
        job.is_default && "default",
      ]),
    ),
    running &&
      el(
        "div",
        {class: "row"},
        el("progress", {max: 1, value: job.progress, "aria-label": `Progress of ${title}`}),
        el("span", {class: "quiet"}, job.phase ?? "", " ", job.started_at && since(job.started_at)),
      ),
    job.status === "failed" && el("p", {class: "problem"}, job.error_message),
  );
}
