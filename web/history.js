import {get, post} from "/assets/api.js";
import {byId, bytes, el, say, when} from "/assets/dom.js";
import {badge} from "/assets/job_list.js";
import {PROVEN} from "/assets/result.js";

/** Every export of one training: a version a row. */
export class TrainingView {
  constructor() {
    this.section = byId("training");
    this.id = null;
  }

  async show(id) {
    this.id = id;
    this.section.hidden = false;
    this.section.replaceChildren(el("p", {}, el("a", {href: "#/"}, "← All jobs")), el("h2", {id: "training-title"}, `Training ${id}`), el("p", {class: "quiet"}, "Loading"));
    try {
      const exports = [];
      let cursor = null;
      do {
        const page = await get(`/training/${encodeURIComponent(id)}/exports?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
        exports.push(...page.exports);
        cursor = page.next_cursor;
      } while (cursor);
      if (this.id === id) this.draw(exports);
    } catch (error) { say(error.message); }
  }

  hide() {
    this.id = null;
    this.section.hidden = true;
  }

  put(job) {
    if (this.id !== null && job.training_job_id === this.id) this.show(this.id);
  }

  draw(exports) {
    const rows = exports.map((job) => el("tr", {},
      el("th", {scope: "row"}, el("a", {href: `#/jobs/${encodeURIComponent(job.id)}`}, job.version ?? ""), job.version_tag ? ` ${job.version_tag}` : ""),
      el("td", {}, job.export_format), el("td", {}, badge(job)), el("td", {}, job.status === "completed" ? PROVEN[job.proof ?? "none"] : ""), el("td", {}, job.file_size_bytes ? bytes(job.file_size_bytes) : ""), el("td", {}, when(job.created_at)),
      el("td", {}, job.is_default ? el("span", {class: "badge default"}, "default") : job.status === "completed" ? el("button", {type: "button", class: "plain", onclick: () => this.choose(job)}, "Make default") : "")));
    this.section.replaceChildren(el("p", {}, el("a", {href: "#/"}, "← All jobs")), el("h2", {id: "training-title"}, `Training ${this.id}`),
      exports.length === 0 ? el("p", {class: "quiet"}, "No exports.") : el("div", {class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "training-title"}, el("table", {},
        el("thead", {}, el("tr", {}, ["Version", "Format", "State", "Proof", "Size", "Asked for", "Default"].map((name) => el("th", {scope: "col"}, name)))),
        el("tbody", {}, rows))));
  }

  async choose(job) {
    try {
      await post(`/export/jobs/${job.id}/set-default`);
      await this.show(this.id);
    } catch (error) { say(error.message); }
  }
}
