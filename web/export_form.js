import {post} from "/assets/api.js";
import {refusalOf} from "/assets/checkpoint_card.js";
import {byId, el, replaceContent, showMessage} from "/assets/dom.js";
import {FormatRow, mayBeAsked} from "/assets/format_row.js";
import {frameworks, noTrainer} from "/assets/frameworks.js";
import {titleOf} from "/assets/names.js";

const OPTION = "export_config.";

/** Shows what can be made of a checkpoint, and asks for it. */
export class ExportForm {
  constructor(onJobs) {
    this.form = byId("export");
    this.onJobs = onJobs;
    this.rows = [];
    this.asked = el("p", {class: "asked", role: "status"});
    this.training = el("input", {
      id: "training-id",
      type: "text",
      autocomplete: "off",
      "aria-describedby": "training-hint",
      oninput: () => this.followTraining(),
    });
    this.tag = el("input", {id: "version-tag", type: "text", autocomplete: "off", "aria-describedby": "tag-hint"});
    this.preferred = el("input", {id: "as-default", type: "checkbox"});
    this.force = el("input", {id: "force", type: "checkbox", "aria-describedby": "force-hint"});
    this.extras = this.makeExtras();
    this.followTraining();
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  makeExtras() {
    return el(
      "details",
      {},
      el("summary", {}, "Training and version"),
      el(
        "div",
        {class: "extras"},
        el(
          "div",
          {class: "option"},
          el("label", {for: "training-id"}, "Training job"),
          this.training,
          el(
            "p",
            {class: "quiet", id: "training-hint"},
            "Exports with the same name here share a history, with versions and a default.",
          ),
        ),
        el(
          "div",
          {class: "option"},
          el("label", {for: "version-tag"}, "Version tag"),
          this.tag,
          el("p", {class: "quiet", id: "tag-hint"}, "Your own name of it, as best or epoch-40."),
        ),
        el("div", {class: "tick"}, this.preferred, el("label", {for: "as-default"}, "Make it the training's default")),
        el(
          "div",
          {class: "tick"},
          this.force,
          el("label", {for: "force"}, "Run the exporter even if the same export is stored"),
        ),
        el(
          "p",
          {class: "quiet", id: "force-hint"},
          "Otherwise the same checkpoint with the same options gives the stored result at once.",
        ),
      ),
    );
  }

  followTraining() {
    this.preferred.disabled = this.training.value.trim() === "";
  }

  /** Null hides it. */
  async show(checkpoint, signal) {
    this.checkpoint = checkpoint;
    this.form.hidden = true;
    byId("available").hidden = checkpoint !== null;
    if (checkpoint === null) return;
    try {
      this.frameworks = await frameworks();
    } catch (error) {
      showMessage(error.message);
      return;
    }
    if (signal.aborted) return;
    this.form.hidden = false;
    if (this.frameworks.length === 0) {
      replaceContent(this.form, noTrainer());
      return;
    }
    this.draw(checkpoint.inspect?.framework);
  }

  /** `told` is what the checkpoint says of itself; another framework is never guessed. */
  draw(told) {
    const names = this.frameworks.map((row) => row.framework),
      known = names.length === 1 ? names[0] : names.find((name) => name === told);
    this.framework = el(
      "select",
      {id: "framework", onchange: () => this.showFormats()},
      !known && el("option", {value: ""}, "Choose one"),
      names.map((name) => el("option", {value: name, selected: name === known}, name)),
    );
    this.formats = el("fieldset", {class: "formats"});
    this.button = el("button", {type: "submit", class: "main"}, "Export");
    replaceContent(this.asked);
    const fields = [
      told &&
        !names.includes(told) &&
        el(
          "div",
          {class: "notice warn"},
          el(
            "p",
            {},
            `It was trained with ${told}, and this service has no trainer for that. Another trainer may refuse it.`,
          ),
        ),
      el("div", {class: "option"}, el("label", {for: "framework"}, "Framework"), this.framework),
      this.formats,
      this.extras,
      this.button,
      this.asked,
    ];
    replaceContent(
      this.form,
      refusalOf(this.checkpoint)
        ? el(
            "details",
            {},
            el("summary", {}, "Export it all the same"),
            el(
              "div",
              {class: "all-the-same"},
              el("p", {class: "quiet"}, "A trainer may read files that modelport itself cannot."),
              fields,
            ),
          )
        : fields,
    );
    this.showFormats();
  }

  showFormats() {
    const framework = this.frameworks.find((row) => row.framework === this.framework.value);
    this.formats.hidden = this.extras.hidden = !framework;
    this.rows = (framework?.supported_formats ?? []).map(
      (format) =>
        new FormatRow(format, {
          framework: framework.framework,
          preferred: framework.default_format,
          onChange: () => this.count(),
          onCleared: async () => {
            this.frameworks = await frameworks();
            this.showFormats();
          },
        }),
    );
    this.rows.sort((a, b) => Number(mayBeAsked(b.format)) - Number(mayBeAsked(a.format)));
    replaceContent(
      this.formats,
      el("legend", {}, "Formats"),
      framework?.problem && el("p", {class: "problem"}, `This trainer cannot be used now: ${framework.problem}`),
      this.rows.map((row) => row.node),
    );
    this.count();
  }

  count() {
    const chosen = this.rows.filter((row) => row.wanted).length;
    this.button.disabled = chosen === 0;
    this.button.textContent =
      this.framework.value === ""
        ? "Choose a framework"
        : !this.rows.some((row) => mayBeAsked(row.format))
          ? "No format is available"
          : chosen === 0
            ? "Choose a format"
            : chosen === 1
              ? "Export 1 format"
              : `Export ${chosen} formats`;
  }

  bodyOf(row) {
    const training = this.training.value.trim(),
      tag = this.tag.value.trim();
    return {
      ...(this.checkpoint.path
        ? {checkpoint_path: this.checkpoint.path}
        : {checkpoint_id: this.checkpoint.id, checkpoint_name: this.checkpoint.name}),
      framework: this.framework.value,
      export_format: row.format.format,
      export_config: row.options.read(),
      ...(training ? {training_job_id: training, set_as_default: this.preferred.checked} : {}),
      ...(tag ? {version_tag: tag} : {}),
      ...(this.force.checked ? {force: true} : {}),
    };
  }

  async submit() {
    showMessage("");
    const wanted = this.rows.filter((row) => row.wanted);
    const wrong = wanted.map((row) => ({row, field: row.options.problem()})).find(({field}) => field);
    if (wrong) {
      showMessage(wrong.row.leadTo(wrong.field, wrong.field.problem.textContent));
      return;
    }
    this.button.disabled = true;
    replaceContent(this.button, "Asking");
    const jobs = [],
      problems = [];
    for (const row of wanted) {
      try {
        const body = this.bodyOf(row);
        jobs.push(await post("/export/jobs", body, {"Idempotency-Key": row.keyFor(body)}));
        row.accepted();
      } catch (error) {
        problems.push(this.refused(row, error));
      }
    }
    if (jobs.length > 0) this.onJobs(jobs);
    this.tell(jobs);
    showMessage(problems.join(" "));
    this.count();
  }

  /** What the service refused is shown where it was written. */
  refused(row, error) {
    const parameter = error.problem?.parameter ?? "";
    const field = parameter.startsWith(OPTION)
      ? row.options.field(parameter.slice(OPTION.length).split(/[.[]/)[0])
      : null;
    if (!field) return `${row.name}: ${error.message}`;
    const sentence = error.message.replace(`${parameter} is `, "is ");
    field.mark(sentence);
    return row.leadTo(field, sentence);
  }

  tell(jobs) {
    replaceContent(
      this.asked,
      jobs.length > 0 && [
        "Asked for: ",
        jobs.map((job, index) => [
          index > 0 && ", ",
          el("a", {href: `#/jobs/${encodeURIComponent(job.id)}`}, titleOf(job)),
        ]),
      ],
    );
  }
}
