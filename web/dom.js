// Elements are built from text alone: nothing that a checkpoint, a log or a server says is ever parsed as HTML.

/** el("a", {href: "#/", class: "plain"}, "text", node, null): attributes by name, `on...` as listeners, children in order. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  setAttributes(node, attributes);
  fill(node, children);
  return node;
}

/** Replaces what a node holds; lists are taken apart, null, undefined and false left out. */
export function fill(node, ...children) {
  const there = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  node.replaceChildren(...there.map((child) => child instanceof Node ? child : String(child)));
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

/** A definition list of the pairs whose value is there. */
export function facts(pairs) {
  return el("dl", {class: "facts"}, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

export function bytes(count) {
  if (count < 1000) return `${count} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = count / 1000, unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1000; unit += 1; }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export function when(text) {
  const time = new Date(text);
  return el("time", {datetime: text, title: text}, time.toLocaleString(undefined, {dateStyle: "medium", timeStyle: "short"}));
}

export function seconds(from, to) {
  const value = (new Date(to) - new Date(from)) / 1000;
  return value < 10 ? `${value.toFixed(2)} s` : value < 120 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`;
}

let hide = 0;
/** Says a sentence at the top of the page; what went wrong stays until the next one. */
export function say(text, kind = "problem") {
  const box = byId("message");
  clearTimeout(hide);
  box.textContent = text;
  box.className = `message ${kind}`;
  box.hidden = text === "";
  if (kind === "done") hide = setTimeout(() => { box.hidden = true; }, 6000);
}
