import {get, post, remove, saveResult, saveText} from "/assets/api.js";
import {byId, el, facts, replaceContent, showMessage} from "/assets/dom.js";
import {failureOf} from "/assets/failures.js";
import {ENDED, badge, isNews, stateWords} from "/assets/job_state.js";
import {stepTimes, stepsView} from "/assets/job_steps.js";
import {LogView} from "/assets/log_view.js";
import {titleOf} from "/assets/names.js";
import {networkView} from "/assets/network.js";
import {PredictionView} from "/assets/prediction.js";
import {resultView} from "/assets/result.js";
import {between, lasting, moment, since, when} from "/assets/time.js";

const back = () => el("p", {}, el("a", {href: "#/"}, "← All jobs"));
const jobLink = (id) => el("a", {href: `#/jobs/${encodeURIComponent(id)}`}, id);

const formOf = (job) =>
  job.checkpoint_path
    ? `#/path/${encodeURIComponent(job.checkpoint_path)}`
    : `#/new/${encodeURIComponent(job.checkpoint_id)}`;

function failureView(job) {
  const error = job.error ?? {},
    {title, next} = failureOf(job);
  const how = [
    job.error_code && `code ${job.error_code}`,
    error.phase && `while ${error.phase}`,
    Number.isInteger(error.exit_code) && `exit code ${error.exit_code}`,
    error.signal && `signal ${error.signal}`,
  ]
    .filter(Boolean)
    .join(", ");
  return el(
    "section",
    {class: "failure", "aria-labelledby": "failure-title"},
    el("h3", {id: "failure-title"}, "Why it failed"),
    el("p", {class: "strong"}, title),
    el("p", {class: "said"}, job.error_message),
    el("p", {}, next),
    el("p", {class: "quiet"}, how),
  );
}

/** Those that count: an end of the service is none. */
const attemptsOf = (job) => job.attempt - (job.interruptions ?? 0);

/** What is told of a job beside its title, as "waiting since 3 s". */
function subtitle(job) {
  const took = job.started_at && job.completed_at && ENDED.includes(job.status);
  const parts = [
    job.model_name && job.checkpoint_name,
    job.framework,
    job.task_type,
    ["asked for ", when(job.created_at)],
    job.status === "running" && job.started_at && ["running for ", since(job.started_at)],
    job.status === "pending" && ["waiting for ", since(job.created_at)],
    took && `took ${lasting(between(job.started_at, job.completed_at))}`,
    attemptsOf(job) > 1 && `attempt ${attemptsOf(job)} of ${job.max_attempts}`,
  ];
  return el(
    "p",
    {class: "quiet"},
    parts.filter(Boolean).map((part, index) => [index > 0 && " · ", part]),
  );
}

function about(job) {
  const options = Object.entries(job.export_config ?? {});
  return facts([
    ["Job", el("code", {}, job.id)],
    ["Asked for", moment(job.created_at)],
    ["Attempt", attemptsOf(job) > 0 && `${attemptsOf(job)} of ${job.max_attempts}`],
    ["Version", job.version && [job.version, job.version_tag].filter(Boolean).join(", ")],
    ["Repeats", job.retry_of && jobLink(job.retry_of)],
    ["Exporter", job.exporter_version],
    ["Isolation", job.sandbox],
    [
      "Training",
      job.training_job_id &&
        el("a", {href: `#/training/${encodeURIComponent(job.training_job_id)}`}, job.training_job_id),
      "wide",
    ],
    [
      "Options",
      options.length > 0
        ? options.map(([name, value]) => el("div", {}, el("code", {}, `${name} = ${JSON.stringify(value)}`)))
        : "all as they are by default",
      "wide",
    ],
    [
      "Checkpoint",
      job.checkpoint_path ??
        (job.checkpoint_id && [job.checkpoint_name, " ", el("code", {class: "digest"}, job.checkpoint_id)]),
      "wide",
    ],
  ]);
}

/** One job: steps, log, failure or result, and what can be done with it. */
export class JobView {
  constructor(onRemoved) {
    this.section = byId("job");
    this.onRemoved = onRemoved;
    this.id = null;
  }

  async show(id) {
    this.hide();
    this.id = id;
    this.job = null;
    this.times = {};
    this.renderedParts = {};
    this.section.hidden = false;
    replaceContent(this.section, el("p", {class: "quiet"}, "Loading"));
    try {
      const job = await get(`/export/jobs/${encodeURIComponent(id)}`);
      if (this.id !== id) return;
      this.build(id);
      this.updateJob(this.job ?? job);
    } catch (error) {
      if (this.id === id)
        replaceContent(
          this.section,
          back(),
          el("h2", {id: "job-title"}, "This job cannot be shown"),
          el("p", {class: "problem"}, error.message),
        );
    }
  }

  build(id) {
    this.parts = {};
    for (const name of ["title", "steps", "actions", "outcome", "trial"])
      this.parts[name] = el("div", {class: `job-${name}`});
    this.parts.about = el(
      "details",
      {class: "about"},
      el("summary", {}, "About this job"),
      (this.parts.facts = el("div", {})),
    );
    this.network = el("section", {"aria-labelledby": "network-title", hidden: true});
    this.log = new LogView(id, () => this.act(() => saveText(`/export/jobs/${id}/logs?download=true`, `${id}.log`)));
    replaceContent(
      this.section,
      back(),
      this.parts.title,
      this.parts.steps,
      this.parts.actions,
      this.parts.outcome,
      this.parts.about,
      this.parts.trial,
      this.log.node,
      this.network,
    );
  }

  hide() {
    this.log?.close();
    this.prediction?.close();
    this.log = this.prediction = this.sketched = this.id = this.parts = null;
    this.section.hidden = true;
  }

  /** After a time without a connection. */
  async renew() {
    const id = this.id;
    if (id === null || !this.parts) return;
    const job = await get(`/export/jobs/${encodeURIComponent(id)}`).catch(() => null);
    if (job) this.updateJob(job);
  }

  /** Fills a part where what it shows has changed, so that what a reader marks or opens stays. */
  renderPart(name, shown, make) {
    const text = JSON.stringify(shown);
    if (this.renderedParts[name] === text) return;
    this.renderedParts[name] = text;
    const part = this.parts[name],
      pressed = part.contains(document.activeElement) ? document.activeElement.textContent : null;
    replaceContent(part, make());
    if (pressed === null) return;
    const same = [...part.querySelectorAll("button, a")].find((node) => node.textContent === pressed);
    (same ?? byId("job-title")).focus();
  }

  updateJob(job) {
    if (job.id !== this.id || !isNews(this.job, job)) return;
    this.job = job;
    if (!this.parts) return;
    const title = titleOf(job),
      {status} = job,
      ended = ENDED.includes(status);
    document.title = `${title}, ${stateWords(job)} – modelport`;
    this.renderPart(
      "title",
      [title, status, job.proof, job.cancel_requested, job.attempt, job.started_at, job.completed_at],
      () => [el("div", {class: "row"}, el("h2", {id: "job-title", tabindex: -1}, title), badge(job)), subtitle(job)],
    );
    this.renderPart("steps", [status, job.phase, job.progress, this.times], () => [
      stepsView(job, this.times),
      status === "running" && el("progress", {max: 1, value: job.progress, "aria-label": "Progress"}),
    ]);
    this.renderPart("actions", [status, job.is_default, job.cancel_requested, job.error_code], () => this.actions(job));
    this.renderPart("outcome", [status, job.sha256, job.error], () =>
      status === "failed"
        ? failureView(job)
        : status === "completed"
          ? resultView(job, () => this.act(() => this.exportAnew(job)))
          : null,
    );
    this.renderPart("facts", [job.attempt, job.is_default, job.sandbox, job.exporter_version, job.checkpoint_id], () =>
      about(job),
    );
    if (job.links?.predict && !this.prediction) {
      this.prediction = new PredictionView(job.links.predict);
      replaceContent(this.parts.trial, this.prediction.node);
    }
    if (job.checkpoint_id && this.sketched !== job.id) this.sketch(job);
    if (ended && Object.keys(this.times).length === 0 && !job.from_cache) this.readTimes(job.id);
  }

  async readTimes(id) {
    const history = await get(`/export/jobs/${encodeURIComponent(id)}/events`).catch(() => null);
    if (!history || this.id !== id || !this.parts) return;
    this.times = stepTimes(history.events);
    this.renderPart("steps", [this.job.status, this.job.phase, this.times], () => stepsView(this.job, this.times));
  }

  /** The checkpoint may be gone or unreadable: then there is no sketch, which is no failure of the job. */
  async sketch(job) {
    this.sketched = job.id;
    const checkpoint = await get(`/checkpoints/${encodeURIComponent(job.checkpoint_id)}`).catch(() => null);
    const network = networkView(checkpoint?.inspect?.network);
    if (!network || this.id !== job.id) return;
    replaceContent(this.network, el("h3", {id: "network-title"}, "The network"), network);
    this.network.hidden = false;
  }

  actions(job) {
    const path = `/export/jobs/${job.id}`,
      {status} = job,
      step = status === "failed" ? failureOf(job).step : null;
    const button = (name, action, kind = "plain") =>
      el("button", {type: "button", class: kind, onclick: () => this.act(action)}, name);
    return el(
      "div",
      {class: "actions"},
      status === "completed" && button("Download", () => saveResult(job.id), "main"),
      status === "completed" &&
        job.training_job_id &&
        !job.is_default &&
        button("Make it the default", async () => this.updateJob(await post(`${path}/set-default`))),
      job.is_default && el("span", {class: "badge default"}, "default of its training"),
      !ENDED.includes(status) &&
        button(job.cancel_requested ? "End it at once" : "Cancel", async () =>
          this.updateJob(await post(`${path}/cancel?force=${job.cancel_requested}`)),
        ),
      job.cancel_requested &&
        status === "running" &&
        el("span", {class: "quiet"}, "The exporter was told to end, and is given a moment for that."),
      ["failed", "cancelled"].includes(status) &&
        button(
          "Try again",
          async () => {
            location.hash = `#/jobs/${encodeURIComponent((await post(`${path}/retry`)).id)}`;
          },
          step === "again" || status === "cancelled" ? "main" : "plain",
        ),
      step === "upload" && el("a", {href: "#/", class: "button main"}, "Upload it again"),
      ENDED.includes(status) &&
        step !== "upload" &&
        el(
          "a",
          {href: formOf(job), class: step === "options" ? "button main" : "button"},
          status === "completed" ? "Export to other formats" : "Export with other options",
        ),
      job.training_job_id &&
        el("a", {href: `#/training/${encodeURIComponent(job.training_job_id)}`}, "History of the training"),
      ENDED.includes(status) &&
        button(
          "Delete",
          async () => {
            if (!confirm("Delete this job with its log and its result?")) return;
            await remove(path);
            this.onRemoved(job.id);
            location.hash = "#/";
          },
          "plain danger",
        ),
    );
  }

  /** The same request, which the store may not answer. */
  async exportAnew(job) {
    const checkpoint = job.checkpoint_path
      ? {checkpoint_path: job.checkpoint_path}
      : {checkpoint_id: job.checkpoint_id};
    const {framework, export_format, export_config, training_job_id, version_tag} = job;
    const request = {...checkpoint, framework, export_format, export_config, force: true};
    if (training_job_id) request.training_job_id = training_job_id;
    if (version_tag) request.version_tag = version_tag;
    location.hash = `#/jobs/${encodeURIComponent((await post("/export/jobs", request)).id)}`;
  }

  async act(action) {
    showMessage("");
    try {
      await action();
    } catch (error) {
      showMessage(error.message);
    }
  }
}
