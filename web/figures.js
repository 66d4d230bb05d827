import {el, svg, table} from "/assets/dom.js";

const short = (value) =>
  !Number.isFinite(value)
    ? "no number"
    : value === 0
      ? "0"
      : Math.abs(value) >= 0.01 && Math.abs(value) < 1000
        ? value.toPrecision(2)
        : value.toExponential(1);

export const isMeasured = (figure) => Number.isFinite(figure.allowed) && Number.isFinite(figure.max_difference);

export const used = (figure) =>
  !isMeasured(figure)
    ? Infinity
    : figure.allowed > 0
      ? figure.max_difference / figure.allowed
      : figure.max_difference > 0
        ? Infinity
        : 0;

/** "12 %" of what is allowed. */
export function usedText(share) {
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
export function wholeFile(figures) {
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

export const percent = (value) => (Number.isFinite(value) ? `${(value * 100).toPrecision(3)} %` : null);

export function checkItem(row) {
  const {figures} = row;
  return el(
    "li",
    {},
    el(
      "p",
      {},
      el("strong", {class: row.verdict === "agrees" ? "agrees" : "differs"}, row.verdict, ": "),
      row.what,
      row.engine && !row.what.includes(row.engine) ? ` (${row.engine})` : "",
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
