import {el} from "/assets/dom.js";
import {ENDED} from "/assets/job_state.js";
import {between, lasting} from "/assets/time.js";

const STEPS = ["starting", "exporting", "validating", "packaging", "uploading"];

/** Of a job's history what begins or ends a step. */
const MARKS = ["started", "phase", ...ENDED];

/** How long each step of the last attempt took, by name, from the job's history. */
export function stepTimes(events) {
  const begun = events.findLastIndex((event) => event.type === "started");
  if (begun < 0) return {};
  const marks = events
    .slice(begun)
    .filter((event) => MARKS.includes(event.type))
    .map((event, index) => ({name: index === 0 ? "starting" : event.data.phase, at: event.at, type: event.type}));
  const times = {};
  marks.forEach((mark, index) => {
    const next = marks[index + 1];
    if (next && (index === 0 || mark.type === "phase")) times[mark.name] = between(mark.at, next.at);
  });
  return times;
}

/** The steps of a job; `times` says how long they took. */
export function stepsView(job, times = {}) {
  const reached = job.status === "completed" ? STEPS.length : STEPS.indexOf(job.phase),
    ended = ENDED.includes(job.status);
  return el(
    "ol",
    {class: job.status === "failed" ? "steps failed" : "steps", "aria-label": "Steps"},
    STEPS.map((name, index) => {
      const state = index < reached ? "done" : index > reached ? "ahead" : ended ? "stopped" : "now";
      return el(
        "li",
        {class: state, "aria-current": state === "now" ? "step" : null},
        el("span", {class: "step"}, name),
        el("span", {class: "hidden"}, ` (${state})`),
        times[name] !== undefined && el("span", {class: "quiet took"}, ` ${lasting(times[name])}`),
      );
    }),
  );
}
