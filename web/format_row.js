import {remove} from "/assets/api.js";
import {el, replaceContent, showMessage} from "/assets/dom.js";
import {formatName, formatUse} from "/assets/names.js";
import {OptionsForm} from "/assets/options.js";
import {proofLevel} from "/assets/proof_levels.js";
import {when} from "/assets/time.js";

/** A key that no other request has, so that a repeated one makes no second job. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Of a format that nobody speaks of `supported` is null: it may be tried. */
export const mayBeAsked = (format) => format.supported !== false;

/** When and by which job a format was found not to be there, and how to take that back. */
function markOf(format, framework, onCleared) {
  const path = `/export/capabilities/${encodeURIComponent(framework)}/${format.format}/mark`;
  const clear = async () => {
    try {
      await remove(path);
      onCleared();
    } catch (error) {
      showMessage(error.message);
    }
  };
  return [
    " (found ",
    when(format.since),
    format.marked_by && [" by ", el("a", {href: `#/jobs/${encodeURIComponent(format.marked_by)}`}, "this job")],
    ") ",
    el(
      "button",
      {type: "button", class: "plain small", "aria-label": `Offer ${formatName(format.format)} again`, onclick: clear},
      "Offer it again",
    ),
  ];
}

/** One format of a framework: whether it is wanted, with which options; or why it is not to be had. */
export class FormatRow {
  constructor(format, {framework, preferred, onChange, onCleared}) {
    const id = `format-${format.format}`,
      supported = mayBeAsked(format);
    this.format = format;
    this.name = formatName(format.format);
    this.box = el("input", {
      type: "checkbox",
      id,
      value: format.format,
      disabled: !supported,
      "aria-describedby": `${id}-note`,
      checked: supported && format.format === preferred,
      onchange: () => {
        this.follow();
        onChange();
      },
    });
    this.summary = el("summary", {});
    this.options = supported ? new OptionsForm(format.format, format.export_config, () => this.follow()) : null;
    this.details = supported ? el("details", {class: "of-format"}, this.summary, this.options.node) : null;
    const level = format.proof && proofLevel(format);
    const note = supported
      ? [
          el("span", {}, formatUse(format.format)),
          format.supported === null && el("span", {class: "weak"}, format.reason),
          level && el("span", {class: level.green ? null : "weak"}, level.promise),
        ]
      : [format.reason, format.since && markOf(format, framework, onCleared)];
    this.node = el(
      "div",
      {class: supported ? "format" : "format off"},
      this.box,
      el("label", {for: id}, this.name, !supported && el("span", {class: "off-word"}, "not available")),
      el("p", {class: "quiet", id: `${id}-note`}, note),
      this.details,
    );
    this.follow();
  }

  get wanted() {
    return this.box.checked;
  }

  follow() {
    if (!this.details) return;
    this.details.hidden = !this.wanted;
    const changed = this.options.changed();
    replaceContent(
      this.summary,
      `Options of ${this.name}`,
      changed > 0 && el("span", {class: "quiet"}, ` ${changed} changed`),
    );
  }

  /** Leads to a field that is wrong; gives the sentence. */
  leadTo(field, sentence) {
    this.details.open = true;
    field.control.node.focus();
    return `${this.name}, ${field.name}: ${sentence}`;
  }

  /** The same request again, after an answer that was lost, is the same job. */
  keyFor(body) {
    const text = JSON.stringify(body);
    if (text !== this.asked) {
      this.asked = text;
      this.key = newKey();
    }
    return this.key;
  }

  accepted() {
    this.asked = null;
    this.box.checked = false;
    this.follow();
  }
}
