import {el} from "/assets/dom.js";

const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat(undefined, {numeric: "auto", style: "short"});
const absolute = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "short"});
const exact = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "long"});

/** "2 min. ago" for a week, then the date. A clock that runs ahead of this one makes no future. */
function agoText(text) {
  const age = (Date.now() - new Date(text)) / 1000;
  if (age < 45) return "just now";
  if (age > 7 * 86400) return absolute.format(new Date(text));
  const [unit, length] = UNITS.find(([, seconds]) => age >= seconds) ?? UNITS.at(-1);
  return relative.format(-Math.max(1, Math.round(age / length)), unit);
}

/** "0.34 s", "12 s", "3 min 5 s", "1 h 4 min" of a number of seconds. */
export function lasting(value) {
  if (value < 0.005) return "< 0.01 s";
  if (value < 10) return `${value.toFixed(2)} s`;
  const whole = Math.round(value);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600)
    return [`${Math.floor(whole / 60)} min`, whole % 60 > 0 && `${whole % 60} s`].filter(Boolean).join(" ");
  return [
    `${Math.floor(whole / 3600)} h`,
    Math.round((whole % 3600) / 60) > 0 && `${Math.round((whole % 3600) / 60)} min`,
  ]
    .filter(Boolean)
    .join(" ");
}

export const between = (from, to) => (new Date(to) - new Date(from)) / 1000;

/** How long ago something was; the full time stands in its title. */
export function when(text) {
  return el("time", {datetime: text, title: exact.format(new Date(text)), "data-ago": true}, agoText(text));
}

export const moment = (text) => el("time", {datetime: text, title: text}, exact.format(new Date(text)));

const sinceText = (text) => lasting(Math.max(1, Math.floor(between(text, Date.now())))).replace(/\.\d+ s/, " s");

/** How long something has been going on, counting. */
export function since(text) {
  return el("time", {datetime: text, class: "count", "data-since": true}, sinceText(text));
}

const renew = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};

/** Keeps what when() and since() show true. */
export function startClock() {
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-since]")) renew(node, sinceText(node.dateTime));
  }, 1000);
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-ago]")) renew(node, agoText(node.dateTime));
  }, 20000);
}
