// Elements are built from text alone: nothing that a checkpoint, a log or a server says is ever parsed as HTML.

/** el("a", {href: "#/", class: "plain"}, "text", node, null): attributes by name, `on...` as listeners, children in order. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  setAttributes(node, attributes);
  replaceContent(node, children);
  return node;
}

/** A value of any shape as text: that of another program may be a list or an object where a text was meant. */
export const textOf = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));

/** Replaces what a node holds; lists are taken apart, null, undefined and false left out. */
export function replaceContent(node, ...children) {
  const there = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  node.replaceChildren(...there.map((child) => (child instanceof Node ? child : textOf(child))));
}

const SVG = "http://www.w3.org/2000/svg";
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  setAttributes(node, attributes);
  node.append(...children);
  return node;
}

function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
}

export const byId = (id) => document.getElementById(id);

/** Characters of a value that does not stand beside others. */
const LONG = 40;

/** A definition list of the [name, value, "wide"?] whose value is there; a wide one, or a long text, takes the whole width. */
export function facts(rows) {
  const there = rows.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "");
  return el(
    "dl",
    {class: "facts"},
    there.map(([name, value, width]) =>
      el(
        "div",
        {class: width ?? (!(value instanceof Node) && textOf(value).length > LONG ? "wide" : null)},
        el("dt", {}, name),
        el("dd", {}, value),
      ),
    ),
  );
}

/** A table that scrolls within itself where the page is narrower. */
export function table(label, heads, rows, more = {}) {
  return el(
    "div",
    {class: "scroll", role: "region", tabindex: 0, "aria-label": label},
    el(
      "table",
      more,
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          heads.map((head) => el("th", {scope: "col"}, head)),
        ),
      ),
      el("tbody", {}, rows),
    ),
  );
}

/** "1.9 MB" */
export function bytes(count) {
  if (count < 1000) return `${count} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = count / 1000,
    unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** 1234567 with narrow spaces between the thousands. */
export const number = (value) => value.toLocaleString("en").replaceAll(",", "\u202f");

let hide = 0;
/** Says a sentence at the top of the window; what went wrong stays until it is dismissed or the next one. */
export function showMessage(text, kind = "problem") {
  const box = byId("message");
  clearTimeout(hide);
  byId("message-text").textContent = text;
  box.className = `message ${kind}`;
  box.hidden = text === "";
  if (kind === "done")
    hide = setTimeout(() => {
      box.hidden = true;
    }, 6000);
}
