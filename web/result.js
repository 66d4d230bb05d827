import {bytes, el, facts, svg} from "/assets/dom.js";

const LEVELS = {
  runtime: "Run in the engine and compared with the checkpoint.",
  read_back: "Read back from the file and compared with the checkpoint.",
  structure: "Only the file's structure was checked; no numbers were compared.",
  none: "Nothing was proven: the exporter says that it succeeded, nobody compared the numbers.",
};

/** The same in a table. */
export const PROVEN = {runtime: "run in its engine", read_back: "read back", structure: "structure only", none: "nothing"};

const short = (value) => (value === 0 ? "0" : Math.abs(value) >= 0.01 && Math.abs(value) < 1000 ? value.toPrecision(2) : value.toExponential(1));

const used = (figure) => (figure.allowed > 0 ? figure.max_difference / figure.allowed : figure.max_difference > 0 ? Infinity : 0);

/** "12 %" of what is allowed. */
function usedText(figure) {
  const share = used(figure);
  if (share === 0) return "nothing";
  return share === Infinity ? "more than nothing" : share < 0.001 ? "< 0.1 %" : `${(share * 100).toPrecision(2)} %`;
}

/** A bar of how much of the allowed difference was used, on a scale of ten thousandths to all of it. */
function bar(figure) {
  const share = used(figure);
  const width = share === 0 ? 0 : Math.max(1, Math.min(1, (Math.log10(Math.max(share, 1e-4)) + 4) / 4) * 100);
  return svg("svg", {viewBox: "0 0 100 10", class: share > 1 ? "meter over" : "meter", role: "img", "aria-label": `${usedText(figure)} of what is allowed`, preserveAspectRatio: "none"},
    svg("rect", {class: "track", width: 100, height: 10, rx: 2}),
    svg("rect", {class: "used", width, height: 10, rx: 2}),
    svg("line", {class: "limit", x1: 99.5, x2: 99.5, y1: 0, y2: 10}));
}

function check(row) {
  const figures = row.figures ?? [];
  return el("li", {},
    el("p", {}, el("strong", {}, row.verdict ?? "", ": "), row.what, row.engine ? ` (${row.engine})` : ""),
    figures.length > 0 && el("div", {class: "scroll", role: "region", tabindex: 0, "aria-label": `Figures: ${row.what}`}, el("table", {class: "figures"},
      el("thead", {}, el("tr", {}, ["Output", "Used of what is allowed", "Difference", "Allowed", "Agreement"].map((name) => el("th", {scope: "col"}, name)))),
      el("tbody", {}, figures.map((figure) => el("tr", {},
        el("th", {scope: "row"}, [figure.value, figure.group].filter(Boolean).join(" ")),
        el("td", {class: "meter-cell"}, bar(figure), el("span", {class: "share"}, usedText(figure))), el("td", {}, short(figure.max_difference)), el("td", {}, short(figure.allowed)),
        el("td", {}, figure.cosine === undefined ? "" : `${(figure.cosine * 100).toFixed(4)} %`)))))));
}

const shapes = (list) => (list ?? []).map((shape) => (Array.isArray(shape) ? shape.join("×") : String(shape))).join(", ");

/** What a completed export is and what was compared. */
export function resultView(job) {
  const metadata = job.export_results ?? {};
  const proof = metadata.extra_metadata?.proof ?? {};
  const level = job.proof ?? "none";
  const checks = Array.isArray(proof.checks) ? proof.checks : [];
  return [
    el("h3", {}, "Result"),
    el("p", {class: level === "none" || level === "structure" ? "proof weak" : "proof strong"}, LEVELS[level] ?? level),
    facts([
      ["Task", metadata.task_type], ["Input", metadata.input_shape && `${metadata.input_shape.join("×")} ${metadata.input_dtype ?? ""}`],
      ["Outputs", shapes(metadata.output_shape)], ["Classes", metadata.num_classes], ["Size", job.file_size_bytes && bytes(job.file_size_bytes)],
      ["SHA-256", job.sha256 && el("code", {}, job.sha256)], ["Made by", job.exporter_version], ["Kept apart by", job.sandbox],
      ["From", job.from_cache && "an earlier export of the same checkpoint with the same options"],
    ].map(([name, value]) => [name, value || null])),
    checks.length > 0 && el("h3", {}, "What was compared"),
    checks.some((row) => row.figures?.length > 0) && el("p", {class: "quiet"}, "The largest difference of every output against what is allowed of it. Bars are logarithmic: a full one is all that is allowed, half of one is a hundredth of it."),
    checks.length > 0 && el("ol", {class: "checks"}, checks.map(check)),
  ];
}
