import {follow, get} from "/assets/api.js";
import {byId, el, say, when} from "/assets/dom.js";

const FILTERS = [["", "All"], ["pending", "Waiting"], ["running", "Running"], ["completed", "Completed"], ["failed", "Failed"], ["cancelled", "Cancelled"]];

/** What a job's state is called, with what was proven of its result: an unproven success does not look like a proven one. */
export function badge(job) {
  if (job.status === "completed" && (job.proof ?? "none") === "none") return el("span", {class: "badge unproven"}, "completed, not proven");
  const names = {pending: "waiting", running: job.cancel_requested ? "ending" : "running"};
  return el("span", {class: `badge ${job.status}`}, names[job.status] ?? job.status);
}

export const ENDED = ["completed", "failed", "cancelled"];

/** Whether `job` may replace what is shown of it: an answer that was overtaken by an event never takes an end back. */
export const isNews = (shown, job) => !shown || !ENDED.includes(shown.status) || ENDED.includes(job.status);

export const titleOf = (job) => `${job.model_name ?? job.framework} to ${job.export_format}`;

function row(job) {
  const about = [job.version ? `version ${job.version}` : null, job.version_tag, job.is_default ? "default" : null].filter(Boolean).join(", ");
  return el("li", {"data-id": job.id},
    el("a", {href: `#/jobs/${encodeURIComponent(job.id)}`}, titleOf(job)),
    badge(job),
    el("span", {class: "quiet when"}, when(job.created_at), about ? `, ${about}` : ""),
    job.status === "running" && el("progress", {max: 1, value: job.progress, "aria-label": `Progress of ${titleOf(job)}`}),
    job.status === "running" && job.phase && el("span", {class: "quiet"}, job.phase),
    job.status === "failed" && el("p", {class: "problem"}, job.error_message));
}

/** The newest jobs, live. */
export class JobList {
  constructor() {
    this.jobs = new Map();
    this.status = "";
    this.cursor = null;
    this.listeners = [];
    byId("job-filter").replaceChildren(...FILTERS.map(([value, name]) => el("button", {type: "button", "aria-pressed": String(value === ""), onclick: (event) => this.choose(value, event.target)}, name)));
    byId("more-jobs").addEventListener("click", () => this.load(this.cursor));
  }

  listen(listener) { this.listeners.push(listener); }

  choose(status, button) {
    this.status = status;
    for (const other of byId("job-filter").children) other.setAttribute("aria-pressed", String(other === button));
    this.load(null);
  }

  async load(cursor) {
    try {
      const query = new URLSearchParams({limit: "50", ...(this.status ? {status: this.status} : {}), ...(cursor ? {cursor} : {})});
      const page = await get(`/export/jobs?${query}`);
      if (!cursor) this.jobs.clear();
      for (const job of page.jobs) this.jobs.set(job.id, job);
      this.cursor = page.next_cursor;
      this.draw();
    } catch (error) { say(error.message); }
  }

  put(job) {
    if (!isNews(this.jobs.get(job.id), job)) return;
    if (this.status === "" || job.status === this.status) this.jobs.set(job.id, job);
    else this.jobs.delete(job.id);
    this.drawSoon();
    for (const listener of this.listeners) listener(job);
  }

  forget(id) {
    this.jobs.delete(id);
    this.drawSoon();
  }

  drawSoon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); });
  }

  draw() {
    const list = byId("job-list"), focused = document.activeElement?.closest?.("#job-list li")?.dataset.id;
    const jobs = [...this.jobs.values()].sort((a, b) => (a.created_at === b.created_at ? (a.id < b.id ? 1 : -1) : a.created_at < b.created_at ? 1 : -1));
    list.replaceChildren(...jobs.map(row));
    byId("no-jobs").hidden = jobs.length > 0;
    byId("no-jobs-text").textContent = this.status === "" ? "No exports yet. Drop a checkpoint to begin." : "No job is in this state.";
    byId("more-jobs").hidden = !this.cursor;
    if (focused) [...list.children].find((node) => node.dataset.id === focused)?.querySelector("a").focus();
  }

  async start(signal) {
    const live = byId("live");
    const show = (on) => { live.textContent = on ? "live" : "not connected"; live.classList.toggle("on", on); };
    for await (const event of follow("/export/events", signal, show)) {
      // The stream has no history: what changed before it began is in the list.
      if (event.name === "connected") this.load(null);
      if (event.name === "job") this.put(event.data);
      if (event.name === "removed") this.forget(event.data.id);
    }
  }
}
