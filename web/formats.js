import {get, post} from "/assets/api.js";
import {byId, el, fill, say} from "/assets/dom.js";
import {optionsForm} from "/assets/options.js";

const PROOFS = {runtime: "run and compared in its engine", read_back: "read back and compared", structure: "its structure checked"};

/** A key that no other request has, so that a repeated one makes no second job. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function formatRow(format, preferred) {
  const id = `format-${format.format}`;
  const box = el("input", {type: "checkbox", id, value: format.format, disabled: !format.supported, "aria-describedby": `${id}-note`, checked: format.supported && format.format === preferred});
  const note = format.supported ? (PROOFS[format.proof] ?? "") : format.reason;
  const options = format.supported ? optionsForm(format.format, format.export_config) : null;
  const details = options && el("details", {hidden: !box.checked}, el("summary", {}, `Options of ${format.format}`), options.node);
  box.addEventListener("change", () => { if (details) details.hidden = !box.checked; });
  return {format, box, options, node: el("div", {class: format.supported ? "format" : "format off"}, box, el("label", {for: id}, format.format), el("p", {class: "quiet", id: `${id}-note`}, note), details)};
}

/** Shows what can be made of a checkpoint, and asks for it. */
export class ExportForm {
  constructor(onJobs) {
    this.form = byId("export");
    this.onJobs = onJobs;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
  }

  async show(checkpoint) {
    this.checkpoint = checkpoint;
    this.form.hidden = checkpoint === null;
    if (checkpoint === null) return;
    try {
      this.frameworks = (await get("/export/capabilities")).frameworks;
    } catch (error) { say(error.message); return; }
    const told = checkpoint.inspect?.framework;
    const known = this.frameworks.find((row) => row.framework === told) ?? this.frameworks[0];
    if (!known) { this.form.replaceChildren(el("p", {class: "problem"}, "No trainer is configured.")); return; }
    this.training ??= el("input", {id: "training-id", type: "text", autocomplete: "off"});
    this.tag ??= el("input", {id: "version-tag", type: "text", autocomplete: "off"});
    this.preferred ??= el("input", {id: "as-default", type: "checkbox"});
    this.framework = el("select", {id: "framework", onchange: () => this.showFormats()}, this.frameworks.map((row) => el("option", {value: row.framework, selected: row === known}, row.framework)));
    this.formats = el("fieldset", {class: "formats"});
    this.button = el("button", {type: "submit", class: "main"}, "Export");
    this.form.replaceChildren(
      el("div", {class: "option"}, el("label", {for: "framework"}, "Framework"), this.framework),
      this.formats,
      el("details", {}, el("summary", {}, "Training and version"),
        el("div", {class: "option"}, el("label", {for: "training-id"}, "Training job"), this.training),
        el("div", {class: "option"}, el("label", {for: "version-tag"}, "Version tag"), this.tag),
        el("div", {class: "tick"}, this.preferred, el("label", {for: "as-default"}, "Make it the training's default"))),
      this.button);
    this.showFormats();
  }

  showFormats() {
    const framework = this.frameworks.find((row) => row.framework === this.framework.value);
    this.rows = framework.supported_formats.map((format) => formatRow(format, framework.default_format));
    for (const row of this.rows) row.box.addEventListener("change", () => this.count());
    fill(this.formats, el("legend", {}, "Formats"), framework.problem && el("p", {class: "problem"}, framework.problem), this.rows.map((row) => row.node));
    this.count();
  }

  count() {
    const chosen = this.rows.filter((row) => row.box.checked).length;
    this.button.disabled = chosen === 0;
    this.button.textContent = chosen === 1 ? "Export 1 format" : `Export ${chosen} formats`;
  }

  async submit() {
    say("");
    this.button.disabled = true;
    try {
      const wanted = this.rows.filter((row) => row.box.checked).map((row) => ({format: row.format.format, config: row.options.read()}));
      const training = this.training.value.trim(), tag = this.tag.value.trim();
      const jobs = [];
      for (const {format, config} of wanted) {
        jobs.push(await post("/export/jobs", {
          checkpoint_id: this.checkpoint.id, framework: this.framework.value, export_format: format, export_config: config,
          ...(training ? {training_job_id: training, set_as_default: this.preferred.checked} : {}), ...(tag ? {version_tag: tag} : {}),
        }, {"Idempotency-Key": newKey()}));
      }
      this.onJobs(jobs);
    } catch (error) { say(error.message); }
    this.count();
  }
}
