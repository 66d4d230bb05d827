import {follow} from "/assets/api.js";
import {el, replaceContent, number} from "/assets/dom.js";

/** More lines, or longer ones, would make the page slow; all of them are in the download. */
const MOST_LINES = 5000;
const MOST_CHARACTERS = 4000;
/** Lines that are drawn in one frame. */
const PORTION = 500;

const cut = (text) =>
  text.length <= MOST_CHARACTERS
    ? text
    : `${text.slice(0, MOST_CHARACTERS)} … and ${number(text.length - MOST_CHARACTERS)} more characters`;

const lineNode = (line) =>
  el(
    "li",
    {class: [line.stream, line.level].filter(Boolean).join(" "), title: `${line.at}, ${line.stream}`},
    cut(line.text),
  );

/** A job's log while it is written. It scrolls along unless the reader has scrolled up. */
export class LogView {
  constructor(jobId, onDownload) {
    this.lines = el("ol", {
      class: "log",
      tabindex: 0,
      role: "log",
      "aria-label": "The exporter's log",
      "aria-live": "off",
      onscroll: () => this.scrolled(),
    });
    this.note = el("p", {class: "quiet"}, "Nothing was written yet.");
    this.toEnd = el(
      "button",
      {type: "button", class: "plain small to-end", hidden: true, onclick: () => this.follow()},
      "Go to the end",
    );
    this.node = el(
      "section",
      {"aria-labelledby": "log-title"},
      el(
        "div",
        {class: "row"},
        el("h3", {id: "log-title"}, "Log"),
        el("button", {type: "button", class: "plain small", onclick: onDownload}, "Download the log"),
      ),
      this.note,
      el("div", {class: "log-frame"}, this.lines, this.toEnd),
    );
    this.stop = new AbortController();
    this.arrived = [];
    this.dropped = 0;
    this.following = true;
    this.read(jobId);
  }

  async read(jobId) {
    for await (const event of follow(`/export/jobs/${encodeURIComponent(jobId)}/logs`, this.stop.signal)) {
      if (event.name === "log") this.add(event.data);
      if (event.name === "end") break;
    }
    this.ended = true;
    this.describe();
  }

  /** Lines come one by one and are drawn together, some a frame: thousands a second do not hold the page up. */
  add(line) {
    this.arrived.push(line);
    if (this.arrived.length > 2 * MOST_LINES) this.skip();
    this.drawSoon();
  }

  /** Of what has arrived and is not drawn, only the last lines will be seen. */
  skip() {
    this.dropped += this.arrived.splice(0, Math.max(0, this.arrived.length - MOST_LINES)).length;
  }

  drawSoon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    this.skip();
    const fresh = this.arrived.splice(0, PORTION),
      over = Math.max(0, this.lines.childElementCount + fresh.length - MOST_LINES);
    this.dropped += over;
    if (this.arrived.length > 0) this.drawSoon();
    for (let left = over; left > 0; left -= 1) this.lines.firstElementChild.remove();
    this.lines.append(...fresh.map(lineNode));
    this.describe();
    if (this.following) this.lines.scrollTop = this.lines.scrollHeight;
  }

  describe() {
    const none = this.lines.childElementCount === 0 && this.arrived.length === 0;
    this.lines.hidden = none;
    replaceContent(
      this.note,
      none
        ? this.ended
          ? "Nothing was written."
          : "Nothing was written yet."
        : this.dropped > 0 &&
            `The last ${number(MOST_LINES)} lines; ${number(this.dropped)} earlier ones are in the download.`,
    );
  }

  scrolled() {
    this.following = this.lines.scrollTop + this.lines.clientHeight >= this.lines.scrollHeight - 8;
    this.toEnd.hidden = this.following;
  }

  follow() {
    this.following = true;
    this.lines.scrollTop = this.lines.scrollHeight;
    this.lines.focus();
  }

  close() {
    this.stop.abort();
  }
}
