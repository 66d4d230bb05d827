import {classList} from "/assets/checkpoint_card.js";
import {bytes, el, facts, svg, table} from "/assets/dom.js";
import {classNames, taskName} from "/assets/names.js";
import {proofLevel} from "/assets/proof_levels.js";

const short = (value) =>
  !Number.isFinite(value)
    ? "no number"
    : value === 0
      ? "0"
      : Math.abs(value) >= 0.01 && Math.abs(value) < 1000
        ? value.toPrecision(2)
        : value.toExponential(1);

const isMeasured = (figure) => Number.isFinite(figure.allowed) && Number.isFinite(figure.max_difference);

const used = (figure) =>
  !isMeasured(figure)
    ? Infinity
    : figure.allowed > 0
      ? figure.max_difference / figure.allowed
      : figure.max_difference > 0
        ? Infinity
        : 0;

/** "12 %" of what is allowed. */
function usedText(share) {
  if (share === 0) return "nothing";
  return share === Infinity
    ? "more than nothing"
    : share < 0.001
      ? "< 0.1 %"
      : `${share < 1 ? (share * 100).toPrecision(2) : Math.round(share * 100)} %`;
}

/** A bar of how much of the allowed difference was used, on a scale of ten thousandths to all of it, with a mark at each power of ten. */
function bar(share) {
  const width = share === 0 ? 0 : Math.max(1, Math.min(1, (Math.log10(Math.max(share, 1e-4)) + 4) / 4) * 100);
  return svg(
    "svg",
    {
      viewBox: "0 0 100 10",
      class: share > 1 ? "meter over" : "meter",
      role: "img",
      "aria-label": `${usedText(share)} of what is allowed`,
      preserveAspectRatio: "none",
    },
    svg("rect", {class: "track", width: 100, height: 10}),
    svg("rect", {class: "used", width, height: 10}),
    ...[25, 50, 75].map((x) => svg("line", {class: "mark", x1: x, x2: x, y1: 0, y2: 10})),
    svg("line", {class: "limit", x1: 99.5, x2: 99.5, y1: 0, y2: 10}),
  );
}

/** Cells carry their column's name for the narrow layout, where a row is a block. */
function figureRow(figure, name, last) {
  const share = used(figure),
    cell = (name, value) => el("td", {"data-name": name}, value);
  return el(
    "tr",
    {},
    el("th", {scope: "row"}, [figure.value, figure.group].filter(Boolean).join(" ")),
    el("td", {class: "meter-cell"}, bar(share), el("span", {class: "share"}, `${usedText(share)} of what is allowed`)),
    cell("Difference", short(figure.max_difference)),
    cell("Allowed", short(figure.allowed)),
    cell(name, last),
  );
}

const agreementRow = (figure) =>
  figureRow(figure, "Agreement", Number.isFinite(figure.cosine) ? `${(figure.cosine * 100).toFixed(4)} %` : "");

/** How far the file as a whole is from the checkpoint. */
function wholeFile(figures) {
  return (
    figures.length > 0 && [
      el("h3", {}, "The file against the checkpoint"),
      table(
        "The file against the checkpoint",
        ["Output", "Used", "Difference", "Allowed", "Computed by"],
        figures.map((figure) => figureRow(figure, "Computed by", figure.in)),
        {class: "figures"},
      ),
    ]
  );
}

const percent = (value) => (Number.isFinite(value) ? `${(value * 100).toPrecision(3)} %` : null);

function check(row) {
  const figures = row.figures ?? [];
  return el(
    "li",
    {},
    el(
      "p",
      {},
      el("strong", {class: row.verdict === "agrees" ? "agrees" : "differs"}, row.verdict ?? "", ": "),
      row.what,
      row.engine && !String(row.what).includes(row.engine) ? ` (${row.engine})` : "",
    ),
    figures.length > 0 &&
      table(
        `Figures: ${row.what}`,
        ["Output", "Used", "Difference", "Allowed", "Agreement"],
        figures.map(agreementRow),
        {class: "figures"},
      ),
  );
}

const shapes = (list) =>
  (list ?? []).map((shape) => (Array.isArray(shape) ? shape.join("×") : String(shape))).join(", ");

/** A level alone makes no proof: a figure beyond what is allowed, or without a finite limit, or a check that differs, takes it back. */
function proofBanner(job, checks, figures) {
  if (!figures.every(isMeasured))
    return el(
      "div",
      {class: "proof weak"},
      el("p", {class: "proof-title"}, "Nothing was proven"),
      el(
        "p",
        {},
        "A difference or a limit below is no finite number, which proves nothing. Compare it with the checkpoint before you rely on it.",
      ),
    );
  const worst = Math.max(0, ...figures.map(used));
  if (worst > 1 || checks.some((row) => row.verdict === "differs"))
    return el(
      "div",
      {class: "proof weak"},
      el("p", {class: "proof-title"}, "It differs from the checkpoint"),
      el("p", {}, "A check below differs by more than is allowed."),
    );
  const {title, sentence, green} = proofLevel(job);
  return el(
    "div",
    {class: green ? "proof strong" : "proof weak"},
    el("p", {class: "proof-title"}, title),
    el(
      "p",
      {},
      sentence,
      green &&
        figures.length > 0 &&
        ` Its outputs differ by at most ${worst === 0 ? "nothing" : `${usedText(worst)} of what is allowed`}.`,
    ),
  );
}

/** What a completed export is and what was compared. */
export function resultView(job) {
  const metadata = job.export_results ?? {},
    proof = metadata.extra_metadata?.proof ?? {};
  const list = (value) => (Array.isArray(value) ? value : []),
    checks = list(proof.checks),
    whole = list(proof.artifact_against_checkpoint);
  const figures = [...checks.flatMap((row) => row.figures ?? []), ...whole],
    precision = proof.precision ?? {};
  const names = classNames(metadata.class_names);
  return [
    el("h3", {}, "Result"),
    proofBanner(job, checks, figures),
    job.from_cache &&
      el(
        "p",
        {class: "quiet"},
        "This is the result of an earlier export of the same checkpoint with the same options.",
      ),
    facts([
      ["Task", metadata.task_type && taskName(metadata.task_type)],
      ["Input", metadata.input_shape && `${metadata.input_shape.join("×")} ${metadata.input_dtype ?? ""}`],
      ["Outputs", shapes(metadata.output_shape)],
      ["Size of the download", job.file_size_bytes && bytes(job.file_size_bytes)],
      ["Made by", job.exporter_version],
      ["Classes", names.length > 0 ? classList(names) : metadata.num_classes, "wide"],
      ["Weights in float16", percent(precision.float16_weight_share)],
      ["Multiplications in float16", percent(precision.float16_multiplication_share)],
      [
        "Kept in float32",
        list(precision.kept_float32)
          .map(({layer, reason}) => `${layer}: ${reason}`)
          .join("; "),
        "wide",
      ],
      ["SHA-256 of the download", job.sha256 && el("code", {class: "digest"}, job.sha256), "wide"],
    ]),
    wholeFile(whole),
    checks.length > 0 && [
      el("h3", {}, "What was compared"),
      figures.length > 0 &&
        el(
          "p",
          {class: "quiet"},
          "The largest difference of every output against what is allowed of it; agreement is the cosine between the outputs. Bars are logarithmic: a full one is all that is allowed, each mark before it a tenth of the next.",
        ),
      el("ol", {class: "checks"}, checks.map(check)),
    ],
  ];
}
