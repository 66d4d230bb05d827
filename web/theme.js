import {byId} from "/assets/dom.js";

const NAMES = ["system", "light", "dark"];

function show(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  byId("theme").textContent = `Theme: ${name}`;
}

export function startTheme() {
  let name = localStorage.getItem("modelport-theme") ?? "system";
  show(NAMES.includes(name) ? name : "system");
  byId("theme").addEventListener("click", () => {
    name = NAMES[(NAMES.indexOf(name) + 1) % NAMES.length];
    localStorage.setItem("modelport-theme", name);
    show(name);
  });
}
