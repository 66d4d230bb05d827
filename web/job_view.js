import {get, post, remove, saveResult, saveText} from "/assets/api.js";
import {byId, el, facts, fill, say, seconds, when} from "/assets/dom.js";
import {ENDED, badge, isNews, titleOf} from "/assets/job_list.js";
import {LogView} from "/assets/log_view.js";
import {networkView} from "/assets/network.js";
import {PredictionView} from "/assets/prediction.js";
import {resultView} from "/assets/result.js";

const STEPS = ["starting", "exporting", "validating", "packaging", "uploading"];

function steps(job) {
  const reached = job.status === "completed" ? STEPS.length : STEPS.indexOf(job.phase);
  return el("ol", {class: "steps", "aria-label": "Steps"}, STEPS.map((name, index) => {
    const state = index < reached ? "done" : index > reached ? "ahead" : ENDED.includes(job.status) ? "stopped" : "now";
    return el("li", {class: state, "aria-current": state === "now" ? "step" : null}, name, el("span", {class: "hidden"}, ` (${state})`));
  }));
}

function failure(job) {
  const error = job.error ?? {};
  const how = [error.phase && `while ${error.phase}`, error.exit_code !== null && error.exit_code !== undefined && `exit code ${error.exit_code}`, error.signal && `signal ${error.signal}`].filter(Boolean).join(", ");
  return el("div", {class: "failure"}, el("h3", {}, "Why it failed"), el("p", {}, job.error_message), el("p", {class: "quiet"}, [job.error_code, how].filter(Boolean).join(": ")));
}

/** One job: steps, log, failure or result, and what can be done with it. */
export class JobView {
  constructor(onRemoved) {
    this.section = byId("job");
    this.onRemoved = onRemoved;
    this.id = null;
  }

  async show(id) {
    this.hide();
    this.id = id;
    this.job = null;
    this.section.hidden = false;
    this.section.replaceChildren(el("p", {class: "quiet"}, "Loading"));
    try {
      const job = await get(`/export/jobs/${encodeURIComponent(id)}`);
      if (this.id !== id) return;
      this.top = el("div", {});
      this.log = new LogView(id);
      this.trial = el("div", {});
      this.network = el("section", {"aria-labelledby": "network-title", hidden: true});
      this.section.replaceChildren(el("p", {}, el("a", {href: "#/"}, "← All jobs")), this.top, this.trial, this.network, el("h3", {}, "Log"), this.log.node,
        el("button", {type: "button", class: "plain", onclick: () => this.act(() => saveText(`/export/jobs/${id}/logs?download=true`, `${id}.log`))}, "Download the log"));
      this.put(this.job ?? job);
    } catch (error) { this.section.replaceChildren(el("p", {}, el("a", {href: "#/"}, "← All jobs")), el("p", {class: "problem"}, error.message)); }
  }

  hide() {
    this.log?.close();
    this.log = null;
    this.prediction?.close();
    this.prediction = null;
    this.sketched = null;
    this.id = null;
    this.top = null;
    this.section.hidden = true;
  }

  put(job) {
    if (job.id !== this.id || !isNews(this.job, job)) return;
    this.job = job;
    if (!this.top) return;
    const pressed = this.top.contains(document.activeElement) ? document.activeElement.textContent : null;
    fill(this.top,
      el("h2", {id: "job-title"}, titleOf(job), " ", badge(job)),
      steps(job),
      job.status === "running" && el("progress", {max: 1, value: job.progress, "aria-label": "Progress"}),
      this.actions(job),
      job.status === "failed" && failure(job),
      job.status === "completed" && resultView(job),
      el("details", {class: "about"}, el("summary", {}, "About this job"), this.about(job)));
    if (job.links?.predict && !this.prediction) {
      this.prediction = new PredictionView(job.links.predict);
      fill(this.trial, this.prediction.node);
    }
    if (job.checkpoint_id && this.sketched !== job.id) this.sketch(job);
    if (pressed) [...this.top.querySelectorAll("button")].find((button) => button.textContent === pressed)?.focus();
  }

  /** The checkpoint may be gone or unreadable: then there is no sketch, which is no failure of the job. */
  async sketch(job) {
    this.sketched = job.id;
    const checkpoint = await get(`/checkpoints/${encodeURIComponent(job.checkpoint_id)}`).catch(() => null);
    const network = networkView(checkpoint?.inspect?.network);
    if (!network || this.id !== job.id) return;
    fill(this.network, el("h3", {id: "network-title"}, "The network"), network);
    this.network.hidden = false;
  }

  about(job) {
    return facts([
      ["Job", el("code", {}, job.id)], ["Asked for", when(job.created_at)], ["Took", job.started_at && job.completed_at && seconds(job.started_at, job.completed_at)],
      ["Attempt", job.attempt > 0 && `${job.attempt} of ${job.max_attempts}`], ["Options", el("code", {}, JSON.stringify(job.export_config))],
      ["Training", job.training_job_id && el("a", {href: `#/training/${encodeURIComponent(job.training_job_id)}`}, job.training_job_id)],
      ["Version", job.version && [job.version, job.version_tag].filter(Boolean).join(", ")],
      ["Repeats", job.retry_of && el("a", {href: `#/jobs/${job.retry_of}`}, job.retry_of)],
      ["Checkpoint", job.checkpoint_path ?? (job.checkpoint_id && el("code", {}, job.checkpoint_id))],
    ].map(([name, value]) => [name, value || null]));
  }

  actions(job) {
    const path = `/export/jobs/${job.id}`;
    const button = (name, action, main = false) => el("button", {type: "button", class: main ? "main" : "plain", onclick: () => this.act(action)}, name);
    return el("div", {class: "actions"},
      job.status === "completed" && button("Download", () => saveResult(job.id), true),
      job.status === "completed" && job.training_job_id && !job.is_default && button("Make it the default", async () => this.put(await post(`${path}/set-default`))),
      job.is_default && el("span", {class: "badge default"}, "default of its training"),
      job.training_job_id && el("a", {href: `#/training/${encodeURIComponent(job.training_job_id)}`}, "History of the training"),
      !ENDED.includes(job.status) && button(job.cancel_requested ? "End it at once" : "Cancel", async () => this.put(await post(`${path}/cancel?force=${job.cancel_requested}`))),
      ["failed", "cancelled"].includes(job.status) && button("Try again", async () => { location.hash = `#/jobs/${(await post(`${path}/retry`)).id}`; }),
      ENDED.includes(job.status) && button("Delete", async () => {
        if (!confirm("Delete this job with its log and its result?")) return;
        await remove(path);
        this.onRemoved(job.id);
        location.hash = "#/";
      }));
  }

  async act(action) {
    say("");
    try { await action(); } catch (error) { say(error.message); }
  }
}
