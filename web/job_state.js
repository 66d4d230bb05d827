import {el} from "/assets/dom.js";
import {proofLevel} from "/assets/proof_levels.js";

/** What the service found; the exporter's claim does not count. */
const foundLevel = (job) => proofLevel({proof: job.proof?.level});

export const ENDED = ["completed", "failed", "cancelled"];

/** Whether `job` may replace what is shown of it: an answer that was overtaken by an event never takes an end back. */
export const isNews = (shown, job) => !shown || !ENDED.includes(shown.status) || ENDED.includes(job.status);

/** What a job's state is called; of a completed one also what was proven. */
export function stateWords(job) {
  if (job.status === "completed") return `completed, ${foundLevel(job).short}`;
  const names = {pending: "waiting", running: job.cancel_requested ? "ending" : "running"};
  return names[job.status] ?? job.status;
}

/** An unproven success never looks like a proven one. */
export function badge(job) {
  return el(
    "span",
    {class: `badge ${job.status === "completed" && !foundLevel(job).green ? "unproven" : job.status}`},
    stateWords(job),
  );
}
