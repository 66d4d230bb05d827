import {el} from "/assets/dom.js";
import {proofWords} from "/assets/names.js";

export const ENDED = ["completed", "failed", "cancelled"];

/** Whether `job` may replace what is shown of it: an answer that was overtaken by an event never takes an end back. */
export const isNews = (shown, job) => !shown || !ENDED.includes(shown.status) || ENDED.includes(job.status);

/** What a job's state is called; of a completed one also what was proven. */
export function stateWords(job) {
  if (job.status === "completed") return `completed, ${proofWords(job)[0]}`;
  const names = {pending: "waiting", running: job.cancel_requested ? "ending" : "running"};
  return names[job.status] ?? job.status;
}

export function badge(job) {
  return el("span", {class: `badge ${job.status === "completed" ? proofWords(job)[1] : job.status}`}, stateWords(job));
}
