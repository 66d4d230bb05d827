import {get, post} from "/assets/api.js";
import {byId, bytes, el, replaceContent, showMessage, table} from "/assets/dom.js";
import {badge} from "/assets/job_state.js";
import {formatName} from "/assets/names.js";
import {when} from "/assets/time.js";

/** Events come in crowds; the table is read anew once after each. */
const PAUSE = 300;

/** Where each format's default is downloaded, whichever version that is. */
function addresses(id, exports) {
  const formats = [...new Set(exports.filter((job) => job.is_default).map((job) => job.export_format))].sort();
  const path = (format) => `/training/${encodeURIComponent(id)}/default/${format}/download`;
  return (
    formats.length > 0 &&
    el(
      "details",
      {},
      el("summary", {}, "Addresses that stay"),
      formats.map((format) =>
        el("p", {}, `${formatName(format)}: `, el("code", {}, `${location.origin}${path(format)}`)),
      ),
    )
  );
}

/** Every export of one training, a row each. */
export class TrainingView {
  constructor() {
    this.section = byId("training");
    this.id = null;
  }

  async show(id) {
    this.id = id;
    this.section.hidden = false;
    this.body = el("div", {}, el("p", {class: "quiet"}, "Loading"));
    replaceContent(
      this.section,
      el("p", {}, el("a", {href: "#/"}, "← All jobs")),
      el("h2", {id: "training-title"}, `Training ${id}`),
      this.body,
    );
    document.title = `Training ${id} – modelport`;
    await this.renew();
  }

  hide() {
    this.id = null;
    this.section.hidden = true;
  }

  updateJob(job) {
    if (this.id === null || job.training_job_id !== this.id || this.waiting) return;
    this.waiting = setTimeout(() => {
      this.waiting = 0;
      this.renew();
    }, PAUSE);
  }

  async renew() {
    const id = this.id;
    if (id === null) return;
    try {
      const exports = [];
      let cursor = null;
      do {
        const page = await get(
          `/training/${encodeURIComponent(id)}/exports?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`,
        );
        exports.push(...page.exports);
        cursor = page.next_cursor;
      } while (cursor);
      if (this.id === id) this.draw(exports);
    } catch (error) {
      showMessage(error.message);
    }
  }

  draw(exports) {
    const focused = this.body.contains(document.activeElement)
      ? document.activeElement.closest("tr")?.dataset.id
      : null;
    replaceContent(
      this.body,
      exports.length === 0
        ? el(
            "p",
            {class: "quiet"},
            "No export has this training job. Exports get it under “Training and version”, before they are asked for.",
          )
        : [
            el(
              "p",
              {class: "quiet"},
              `${exports.length === 1 ? "1 export" : `${exports.length} exports`}. A version is one checkpoint. The default of a format is the one that is meant where no version is named.`,
            ),
            addresses(this.id, exports),
            table(
              "Exports of this training",
              ["Version", "Format", "State", "Size", "Asked for", "Default"],
              exports.map((job) => this.row(job)),
              {class: "versions"},
            ),
          ],
    );
    if (focused) this.body.querySelector(`tr[data-id="${CSS.escape(focused)}"] a`)?.focus();
  }

  row(job) {
    const name = `Version ${job.version}`;
    return el(
      "tr",
      {"data-id": job.id},
      el(
        "th",
        {scope: "row"},
        el("a", {href: `#/jobs/${encodeURIComponent(job.id)}`}, name),
        job.version_tag ? ` ${job.version_tag}` : "",
      ),
      el("td", {}, formatName(job.export_format)),
      el(
        "td",
        {class: "state"},
        badge(job),
        job.status === "failed" && el("p", {class: "problem short"}, job.error_message),
      ),
      el("td", {class: "figure"}, job.file_size_bytes ? bytes(job.file_size_bytes) : ""),
      el("td", {}, when(job.created_at)),
      el(
        "td",
        {},
        job.is_default
          ? el("span", {class: "badge default"}, "default")
          : job.status === "completed"
            ? el(
                "button",
                {
                  type: "button",
                  class: "plain small",
                  "aria-label": `Make ${name} to ${formatName(job.export_format)} the default`,
                  onclick: () => this.choose(job),
                },
                "Make default",
              )
            : "",
      ),
    );
  }

  async choose(job) {
    try {
      await post(`/export/jobs/${job.id}/set-default`);
      await this.renew();
    } catch (error) {
      showMessage(error.message);
    }
  }
}
