import {bytes, el, facts, number} from "/assets/dom.js";
import {classNames, taskName} from "/assets/names.js";
import {networkView} from "/assets/network.js";

const FEW = 6;

/** All names where they are few, else the first of them and the rest to open. */
export function classList(names) {
  if (names.length === 0) return null;
  if (names.length <= FEW) return `${names.length}: ${names.join(", ")}`;
  return el(
    "details",
    {},
    el("summary", {}, `${names.length}: ${names.slice(0, FEW - 1).join(", ")}, …`),
    el("p", {class: "names"}, names.map((name, index) => `${index} ${name}`).join(", ")),
  );
}

/** Why a checkpoint could not be read, in the reader's words without the file's name before them; null where it could. */
export function refusalOf(checkpoint) {
  const text = checkpoint.inspect_error ?? checkpoint.inspect?.error;
  if (!text) return null;
  return text.startsWith(`${checkpoint.name}: `) ? text.slice(checkpoint.name.length + 2) : text;
}

/** What a checkpoint is, with a button that calls `onClose`. */
export function checkpointCard(checkpoint, onClose) {
  const told = checkpoint.inspect ?? {},
    refusal = refusalOf(checkpoint),
    network = networkView(told.network);
  return [
    el(
      "div",
      {class: "row"},
      el("h3", {id: "checkpoint-title"}, checkpoint.name),
      el(
        "button",
        {type: "button", class: "plain small", "aria-label": `Close ${checkpoint.name}`, onclick: onClose},
        "Close",
      ),
    ),
    refusal &&
      el(
        "div",
        {class: "notice bad"},
        el("p", {class: "strong"}, "This is not a checkpoint that modelport can read"),
        el("p", {}, `${refusal}.`),
        el("p", {}, "Choose the file that the training wrote, as best.pt or model.safetensors."),
      ),
    facts([
      ["Trained with", told.framework && [told.framework, told.version].filter(Boolean).join(" ")],
      ["Architecture", told.architecture ?? told.model_class],
      ["Task", told.task && taskName(told.task)],
      ["Parameters", told.parameters && number(told.parameters)],
      ["Path", checkpoint.path, "wide"],
      ["Size", checkpoint.size && bytes(checkpoint.size)],
      ["Kind", checkpoint.kind === "directory" && "a folder"],
      ["Classes", classList(classNames(told.class_names)), "wide"],
      ["SHA-256", checkpoint.sha256 && el("code", {class: "digest"}, checkpoint.sha256), "wide"],
    ]),
    network && el("details", {}, el("summary", {}, "The network"), network),
  ];
}
