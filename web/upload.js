import {get, upload} from "/assets/api.js";
import {checkpointCard} from "/assets/checkpoint_card.js";
import {byId, bytes, el, replaceContent, showMessage} from "/assets/dom.js";
import {chosenFolder, droppedFile} from "/assets/tar.js";
import {lasting} from "/assets/time.js";

const ARCHIVE = /\.(zip|tar)$/i;

/** "3.1 MB of 9.0 MB, 34 %, 12 s left": the rest at the speed so far. */
function progressText(sent, all, elapsed) {
  const left = elapsed > 1 && sent > 0 ? (all - sent) / (sent / elapsed) : null;
  return [
    `${bytes(sent)} of ${bytes(all)}`,
    `${Math.floor((sent / all) * 100)} %`,
    left !== null && `${lasting(Math.max(1, Math.round(left))).replace(/\.\d+ s/, " s")} left`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** The field that a checkpoint is dropped on, and what the checkpoint is. */
export class CheckpointPicker {
  /** Calls `onCheckpoint` with each checkpoint that was uploaded and told of, and with null when it goes. */
  constructor(onCheckpoint) {
    this.onCheckpoint = onCheckpoint;
    this.stop = new AbortController();
    /** The id of the checkpoint that is shown, or its path. */
    this.id = null;
    byId("upload-cancel").addEventListener("click", () => {
      this.stop.abort();
      this.end();
      byId("file").focus();
    });
    for (const [id, made] of [
      ["file", (files) => files[0]],
      ["folder", chosenFolder],
    ]) {
      const input = byId(id);
      input.addEventListener("change", () => {
        if (input.files.length > 0) this.takeWhatIs(() => made(input.files));
        input.value = "";
      });
    }
    byId("elsewhere-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.point(byId("path").value.trim());
    });
    this.listen();
  }

  /** A checkpoint that is not sent: the service looks for it when the export is asked for. */
  point(path) {
    if (path === "") {
      byId("path").focus();
      return;
    }
    if (this.id === path) return;
    this.clear();
    this.id = path;
    history.replaceState(null, "", `#/path/${encodeURIComponent(path)}`);
    this.present({path, name: path.replace(/\/+$/, "").split("/").at(-1)}, this.stop);
  }

  /** Anywhere on the page: a file that misses a field would otherwise replace the page. */
  listen() {
    const drop = byId("drop"),
      home = byId("home");
    window.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    window.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) drop.classList.remove("over");
    });
    window.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (!home.hidden && event.dataTransfer) this.takeWhatIs(() => droppedFile(event.dataTransfer));
    });
  }

  async takeWhatIs(found) {
    try {
      await this.take(await found());
    } catch (error) {
      showMessage(error.message);
    }
  }

  end() {
    byId("upload").hidden = true;
  }

  async take(file) {
    this.clear();
    const mine = this.stop,
      bar = byId("upload-progress"),
      begun = performance.now();
    replaceContent(byId("upload-name"), file.name);
    replaceContent(byId("upload-step"), "Uploading");
    replaceContent(byId("upload-text"), "");
    bar.value = 0;
    byId("upload").hidden = false;
    try {
      const stored = await upload(
        file,
        ARCHIVE.test(file.name) ? "directory" : "file",
        (sent, all) => {
          if (sent < all) {
            bar.value = sent / all;
            replaceContent(byId("upload-text"), progressText(sent, all, (performance.now() - begun) / 1000));
          } else {
            bar.removeAttribute("value");
            replaceContent(byId("upload-step"), "Reading what it is");
            replaceContent(byId("upload-text"), bytes(all));
          }
        },
        mine.signal,
      );
      if (!mine.signal.aborted) await this.show(await get(`/checkpoints/${stored.id}`), mine);
    } catch (error) {
      if (!mine.signal.aborted) this.fail(file, error);
    }
    if (mine === this.stop) this.end();
  }

  fail(file, error) {
    const box = byId("upload-failed");
    replaceContent(
      box,
      el("p", {}, el("strong", {}, file.name), `: ${error.message}`),
      el("button", {type: "button", class: "plain", onclick: () => this.take(file)}, "Send it again"),
    );
    box.hidden = false;
  }

  /** Shows a checkpoint that the service has. */
  async load(id) {
    if (this.id === id) return;
    this.clear();
    const mine = this.stop;
    try {
      const checkpoint = await get(`/checkpoints/${encodeURIComponent(id)}`);
      if (!mine.signal.aborted) await this.show(checkpoint, mine);
    } catch (error) {
      if (!mine.signal.aborted)
        showMessage(
          error.status === 404
            ? "This checkpoint is gone: uploads are kept for a while only. Upload it again."
            : error.message,
        );
    }
  }

  async show(checkpoint, mine) {
    this.id = checkpoint.id;
    history.replaceState(null, "", `#/new/${encodeURIComponent(checkpoint.id)}`);
    await this.present(checkpoint, mine);
  }

  async present(checkpoint, mine) {
    byId("elsewhere").open = false;
    replaceContent(byId("drop-title"), "Another checkpoint");
    byId("drop").classList.add("small");
    replaceContent(
      byId("checkpoint"),
      checkpointCard(checkpoint, () => {
        this.clear();
        history.replaceState(null, "", "#/");
        byId("file").focus();
      }),
    );
    byId("checkpoint").hidden = false;
    await this.onCheckpoint(checkpoint, mine.signal);
  }

  clear() {
    this.stop.abort();
    this.stop = new AbortController();
    this.id = null;
    showMessage("");
    replaceContent(byId("drop-title"), "Drop a checkpoint here");
    byId("drop").classList.remove("small");
    for (const name of ["checkpoint", "upload-failed", "upload"]) byId(name).hidden = true;
    this.onCheckpoint(null);
  }
}
