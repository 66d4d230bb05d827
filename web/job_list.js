import {follow, get} from "/assets/api.js";
import {byId, el, replaceContent, showMessage} from "/assets/dom.js";
import {jobRow, slim} from "/assets/job_row.js";
import {isNews} from "/assets/job_state.js";
import {FORMAT_IDS, formatName} from "/assets/names.js";

const FILTERS = [
  ["", "All"],
  ["pending", "Waiting"],
  ["running", "Running"],
  ["completed", "Completed"],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
];
const PAGE = 50;

const newestFirst = (a, b) =>
  a.created_at === b.created_at ? (a.id < b.id ? 1 : -1) : a.created_at < b.created_at ? 1 : -1;

const STEPS = [
  "Drop a checkpoint, or choose it.",
  "Choose formats and options.",
  "Follow the export here, and download the result with the figures that prove it.",
];

/** The newest jobs, live. Of all that it knows it shows the first pages; the rest are drawn when they are asked for. */
export class JobList {
  constructor() {
    this.jobs = new Map();
    this.rows = new Map();
    this.status = this.format = "";
    this.cursor = null;
    this.most = PAGE;
    this.turn = 0;
    this.listeners = [];
    byId("job-filter").replaceChildren(
      ...FILTERS.map(([value, name]) =>
        el(
          "button",
          {
            type: "button",
            "aria-pressed": String(value === ""),
            onclick: (event) => this.chooseStatus(value, event.target),
          },
          name,
        ),
      ),
    );
    const formats = byId("format-filter");
    replaceContent(
      formats,
      el("option", {value: ""}, "All formats"),
      FORMAT_IDS.map((id) => el("option", {value: id}, formatName(id))),
    );
    formats.addEventListener("change", () => {
      this.format = formats.value;
      this.begin();
    });
    byId("more-jobs").addEventListener("click", () => this.more());
  }

  /** `listener.updateJob(job)` hears of changes, `listener.renew()` that some may have been missed. */
  listen(listener) {
    this.listeners.push(listener);
  }

  chooseStatus(status, button) {
    this.status = status;
    for (const other of byId("job-filter").children) other.setAttribute("aria-pressed", String(other === button));
    this.begin();
  }

  begin() {
    this.most = PAGE;
    return this.load(null);
  }

  async more() {
    this.most += PAGE;
    if (this.jobs.size < this.most && this.cursor) await this.load(this.cursor);
    else this.draw();
  }

  async load(cursor) {
    const mine = ++this.turn;
    try {
      const query = new URLSearchParams({
        limit: String(cursor ? PAGE : Math.min(this.most, 200)),
        ...(this.status ? {status: this.status} : {}),
        ...(this.format ? {export_format: this.format} : {}),
        ...(cursor ? {cursor} : {}),
      });
      const page = await get(`/export/jobs?${query}`);
      if (mine !== this.turn) return;
      if (!cursor) {
        this.jobs.clear();
        this.most = Math.min(this.most, 200);
      }
      for (const job of page.jobs) this.jobs.set(job.id, slim(job));
      this.cursor = page.next_cursor;
      this.draw();
    } catch (error) {
      if (mine === this.turn) showMessage(error.message);
    }
  }

  updateJob(job) {
    if (!isNews(this.jobs.get(job.id), job)) return;
    if ((this.status === "" || job.status === this.status) && (this.format === "" || job.export_format === this.format))
      this.jobs.set(job.id, slim(job));
    else this.jobs.delete(job.id);
    this.drawSoon();
    for (const listener of this.listeners) listener.updateJob(job);
  }

  forget(id) {
    this.jobs.delete(id);
    this.drawSoon();
  }

  drawSoon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  /** Rows that say what they said before stay as they are: with their focus, and what is marked of their text. */
  draw() {
    const list = byId("job-list"),
      shown = [...this.jobs.values()].sort(newestFirst).slice(0, this.most),
      kept = new Map();
    let last = null;
    for (const job of shown) {
      const text = JSON.stringify(job),
        before = this.rows.get(job.id);
      const row = before?.text === text ? before : {text, node: jobRow(job)};
      if (before && row !== before) replaceRow(before.node, row.node);
      const nextNode = last ? last.nextSibling : list.firstChild;
      if (row.node !== nextNode) list.insertBefore(row.node, nextNode);
      last = row.node;
      kept.set(job.id, row);
    }
    for (const [id, row] of this.rows) if (!kept.has(id)) row.node.remove();
    this.rows = kept;
    byId("no-jobs").hidden = shown.length > 0;
    if (shown.length === 0) this.sayNone();
    byId("more-jobs").hidden = !this.cursor && this.jobs.size <= this.most;
  }

  sayNone() {
    if (this.status !== "" || this.format !== "")
      replaceContent(
        byId("no-jobs"),
        el("p", {}, "No job is like this."),
        el("p", {class: "quiet"}, "All jobs are under “All” and “All formats”."),
      );
    else
      replaceContent(
        byId("no-jobs"),
        el("p", {class: "strong"}, "No exports yet."),
        el(
          "ol",
          {},
          STEPS.map((step) => el("li", {}, step)),
        ),
      );
  }

  async start(signal) {
    const live = byId("live");
    const show = (on) => {
      live.textContent = on ? "live" : "offline";
      live.classList.toggle("on", on);
      byId("offline").hidden = on;
    };
    for await (const event of follow("/export/events", signal, show)) {
      // The stream has no history: what changed before it began is in the list.
      if (event.name === "connected") {
        this.load(null);
        for (const listener of this.listeners) listener.renew();
      }
      if (event.name === "job") this.updateJob(event.data);
      if (event.name === "removed") this.forget(event.data.id);
    }
  }
}

function replaceRow(before, after) {
  const focused = before.contains(document.activeElement);
  before.replaceWith(after);
  if (focused) after.querySelector("a").focus();
}
