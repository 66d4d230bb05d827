import {el, replaceContent} from "/assets/dom.js";
import {formatName, formatUse} from "/assets/names.js";
import {OptionsForm} from "/assets/options.js";
import {proofLevel} from "/assets/proof_levels.js";
import {when} from "/assets/time.js";

/** A key that no other request has, so that a repeated one makes no second job. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One format of a framework: whether it is wanted, with which options; or why it is not to be had. */
export class FormatRow {
  constructor(format, {preferred, onChange}) {
    const id = `format-${format.format}`,
      supported = format.supported;
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
          level && el("span", {class: level.green ? null : "weak"}, level.promise),
        ]
      : [format.reason, format.since && [" (found ", when(format.since), ")"]];
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
