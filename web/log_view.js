import {follow} from "/assets/api.js";
import {el} from "/assets/dom.js";

/** More lines than these would make the page slow; all of them are in the download. */
const MOST_LINES = 5000;

/** A job's log while it is written. It scrolls along unless the reader has scrolled up. */
export class LogView {
  constructor(jobId) {
    this.lines = el("ol", {class: "log", tabindex: 0, role: "log", "aria-label": "The exporter's log", "aria-live": "off"});
    this.node = el("div", {}, this.lines);
    this.stop = new AbortController();
    this.read(jobId);
  }

  async read(jobId) {
    for await (const event of follow(`/export/jobs/${encodeURIComponent(jobId)}/logs`, this.stop.signal)) {
      if (event.name === "end") return;
      if (event.name === "log") this.add(event.data);
    }
  }

  add(line) {
    const following = this.lines.scrollTop + this.lines.clientHeight >= this.lines.scrollHeight - 8;
    this.lines.append(el("li", {class: [line.stream, line.level].filter(Boolean).join(" "), title: `${line.at}, ${line.stream}`}, line.text));
    while (this.lines.childElementCount > MOST_LINES) this.lines.firstElementChild.remove();
    if (following) this.lines.scrollTop = this.lines.scrollHeight;
  }

  close() { this.stop.abort(); }
}
