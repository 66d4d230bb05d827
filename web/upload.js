import {get, upload} from "/assets/api.js";
import {byId, bytes, el, facts, say} from "/assets/dom.js";
import {networkView} from "/assets/network.js";

const ARCHIVE = /\.(zip|tar)$/i;

function showFacts(checkpoint) {
  const told = checkpoint.inspect ?? {};
  const box = byId("checkpoint");
  const names = told.class_names ?? [];
  const shown = Array.isArray(names) ? names : Object.values(names);
  box.replaceChildren(
    el("h3", {}, checkpoint.name),
    facts([
      ["Architecture", told.architecture ?? told.model_class],
      ["Task", told.task],
      ["Trained with", told.framework && [told.framework, told.version].filter(Boolean).join(" ")],
      ["Classes", shown.length > 0 && `${shown.length}: ${shown.slice(0, 6).join(", ")}${shown.length > 6 ? ", …" : ""}`],
      ["Parameters", told.parameters && told.parameters.toLocaleString()],
      ["Size", bytes(checkpoint.size)],
      ["SHA-256", el("code", {}, checkpoint.sha256.slice(0, 16), "…")],
    ].map(([name, value]) => [name, value || null])));
  if (checkpoint.inspect_error) box.append(el("p", {class: "problem"}, `It could not be read: ${checkpoint.inspect_error}`));
  else if (told.error) box.append(el("p", {class: "problem"}, `An export would refuse it: ${told.error}`));
  const network = networkView(told.network);
  if (network) box.append(el("details", {}, el("summary", {}, "The network"), network));
  box.hidden = false;
}

/** Calls `onCheckpoint` with each checkpoint that was uploaded and told of. */
export function startUpload(onCheckpoint) {
  const drop = byId("drop"), input = byId("file"), box = byId("upload"), bar = byId("upload-progress"), text = byId("upload-text");
  let stop = new AbortController();

  async function take(file) {
    stop.abort();
    stop = new AbortController();
    const mine = stop;
    say("");
    box.hidden = false;
    byId("checkpoint").hidden = true;
    onCheckpoint(null);
    try {
      const stored = await upload(file, ARCHIVE.test(file.name) ? "directory" : "file", (sent, all) => {
        bar.value = all > 0 ? sent / all : 0;
        text.textContent = sent < all ? `${bytes(sent)} of ${bytes(all)}` : "Looking at it";
      }, mine.signal);
      const checkpoint = await get(`/checkpoints/${stored.id}`);
      if (mine.signal.aborted) return;
      showFacts(checkpoint);
      onCheckpoint(checkpoint);
    } catch (error) {
      if (mine === stop) say(`${file.name}: ${error.message}`);
    }
    if (mine === stop) box.hidden = true;
  }

  byId("upload-cancel").addEventListener("click", () => { stop.abort(); box.hidden = true; });
  input.addEventListener("change", () => { if (input.files.length > 0) take(input.files[0]); input.value = ""; });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer.files[0];
    if (file) take(file);
  });
  // A file that misses the field would otherwise replace the page.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
}
