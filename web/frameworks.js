import {get} from "/assets/api.js";
import {byId, el, replaceContent} from "/assets/dom.js";
import {formatName} from "/assets/names.js";

const GUIDE = "Whoever runs the service adds one to trainers.toml and reloads the service.";

/** What the service's trainers can do now. */
export async function frameworks() {
  return (await get("/export/capabilities")).frameworks;
}

function line(framework) {
  const formats = framework.supported_formats
    .filter((format) => format.supported !== false)
    .map((format) => `${formatName(format.format)}${format.supported === null ? " (not known)" : ""}`);
  if (framework.problem)
    return el(
      "li",
      {},
      el("strong", {}, framework.framework),
      el("span", {class: "problem"}, ` cannot be used now: ${framework.problem}`),
    );
  return el(
    "li",
    {},
    el("strong", {}, framework.framework),
    formats.length > 0 ? ` to ${formats.join(", ")}` : " to no format at present",
  );
}

export const noTrainer = () =>
  el(
    "div",
    {class: "notice bad"},
    el("p", {class: "strong"}, "This service has no trainer"),
    el("p", {}, `Nothing can be exported until one is configured. ${GUIDE}`),
  );

/** Says below the field for checkpoints what can be exported here, before anything was chosen. */
export async function showFrameworks() {
  const rows = await frameworks().catch(() => null);
  if (rows === null) return;
  replaceContent(
    byId("available"),
    rows.length === 0 ? noTrainer() : [el("h3", {}, "What can be exported here"), el("ul", {}, rows.map(line))],
  );
}
