import {sendFile} from "/assets/api.js";
import {bytes, el, replaceContent, svg} from "/assets/dom.js";
import {Picture, percent} from "/assets/picture.js";

const MOST_BYTES = 32 * 1024 * 1024;
/** Of detections in the table; the picture holds all of them. */
const MOST_ROWS = 100;

function list(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`)).join(", ");
}

const scoreBar = (score) =>
  svg(
    "svg",
    {viewBox: "0 0 100 10", class: "meter score", "aria-hidden": "true", preserveAspectRatio: "none"},
    svg("rect", {class: "track", width: 100, height: 10, rx: 2}),
    svg("rect", {class: "used", width: Math.max(1, score * 100), height: 10, rx: 2}),
  );

const where = (detection) => {
  if (detection.corners) return detection.corners.map(([x, y]) => `${Math.round(x)}, ${Math.round(y)}`).join("; ");
  const [x1, y1, x2, y2] = detection.box.map(Math.round);
  return `${x1}, ${y1} to ${x2}, ${y2}`;
};

function table(caption, heads, rows) {
  return el(
    "div",
    {class: "scroll", role: "region", tabindex: 0, "aria-label": caption},
    el(
      "table",
      {class: "seen"},
      el("caption", {}, caption),
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

/** A photograph is dropped on a finished export, and what the artifact sees is drawn on it. */
export class PredictionView {
  constructor(path) {
    this.path = path;
    this.stop = new AbortController();
    this.input = el("input", {
      id: "photo",
      type: "file",
      accept: "image/jpeg,image/png",
      "aria-describedby": "photo-note",
      onchange: () => this.chosen(),
    });
    this.drop = el(
      "div",
      {class: "drop small"},
      el(
        "div",
        {class: "choose"},
        el("p", {class: "strong"}, "Drop a photograph here"),
        el(
          "span",
          {class: "picks"},
          el("span", {class: "pick"}, this.input, el("label", {for: "photo"}, "Choose a photograph")),
        ),
        el(
          "p",
          {class: "quiet", id: "photo-note"},
          "JPEG or PNG. The exported file looks at it in its own engine; the photograph is not kept.",
        ),
      ),
    );
    this.status = el("p", {class: "quiet", role: "status"});
    this.problem = el("p", {class: "problem", role: "alert"});
    this.canvas = el("canvas", {role: "img", "aria-label": "The photograph"});
    this.stage = el("div", {class: "stage", hidden: true}, this.canvas);
    this.findings = el("div", {class: "predictions"});
    this.node = el(
      "section",
      {class: "trial", "aria-labelledby": "trial-title"},
      el("h3", {id: "trial-title"}, "Try it on a photograph"),
      this.drop,
      this.status,
      this.problem,
      el("div", {class: "seen-side"}, this.stage, this.findings),
    );
    this.listen();
  }

  close() {
    this.stop.abort();
  }

  listen() {
    for (const name of ["dragenter", "dragover"])
      this.drop.addEventListener(name, (event) => {
        event.preventDefault();
        this.drop.classList.add("over");
      });
    for (const name of ["dragleave", "drop"])
      this.drop.addEventListener(name, () => this.drop.classList.remove("over"));
    this.drop.addEventListener("drop", (event) => {
      event.preventDefault();
      const file = event.dataTransfer.files[0];
      if (file) this.take(file);
    });
  }

  chosen() {
    if (this.input.files.length > 0) this.take(this.input.files[0]);
    this.input.value = "";
  }

  showStatus(status, problem = "") {
    this.status.textContent = status;
    this.problem.textContent = problem;
  }

  async take(file) {
    this.stop.abort();
    this.stop = new AbortController();
    const {signal} = this.stop;
    this.stage.hidden = true;
    replaceContent(this.findings);
    if (file.size > MOST_BYTES) {
      this.showStatus("", `${file.name} has ${bytes(file.size)}; at most ${bytes(MOST_BYTES)} are looked at.`);
      return;
    }
    this.showStatus(`Looking at ${file.name}`);
    try {
      const bitmap = await createImageBitmap(file).catch(() => null);
      if (signal.aborted) return;
      if (bitmap) {
        this.picture = new Picture(this.canvas, bitmap);
        this.canvas.setAttribute("aria-label", `${file.name}, not looked at yet`);
        this.stage.hidden = false;
      }
      const answer = await sendFile(this.path, file, signal);
      if (!signal.aborted) this.show(answer, file.name);
    } catch (error) {
      if (!signal.aborted) this.showStatus("", `${file.name}: ${error.message}`);
    }
  }

  show(answer, name) {
    this.showStatus("");
    if (answer.detections) this.showDetections(answer, name);
    else if (answer.classes) this.showClasses(answer.classes, name);
    else this.showPixels(answer, name);
  }

  describe(text, name) {
    this.status.textContent = text;
    this.canvas.setAttribute("aria-label", `${name}. ${text}`);
  }

  showDetections({detections}, name) {
    this.least = 0;
    this.held = null;
    if (detections.length === 0) {
      this.describe("It sees nothing on this photograph.", name);
      return;
    }
    const lowest = Math.min(...detections.map((detection) => detection.score));
    const output = el("output", {for: "least-score"}, percent(lowest));
    const slider = el("input", {
      id: "least-score",
      type: "range",
      min: Math.floor(lowest * 100),
      max: 100,
      value: Math.floor(lowest * 100),
      oninput: () => {
        this.least = slider.value / 100;
        output.textContent = `${slider.value} %`;
        update();
      },
    });
    const body = el("tbody", {});
    const update = () => {
      const shown = detections.filter((detection) => detection.score >= this.least);
      if (!shown.includes(this.held)) this.held = null;
      this.picture?.draw(shown, this.held);
      replaceContent(
        body,
        shown.slice(0, MOST_ROWS).map((detection, index) => this.row(detection, index, shown)),
      );
      this.describe(
        shown.length === 0 ? "Nothing has such a score." : `It sees ${list(shown.map((detection) => detection.name))}.`,
        name,
      );
    };
    replaceContent(
      this.findings,
      el("div", {class: "option slider"}, el("label", {for: "least-score"}, "Show from this score on"), slider, output),
      el(
        "div",
        {class: "scroll", role: "region", tabindex: 0, "aria-label": "What it sees"},
        el(
          "table",
          {class: "seen"},
          el("caption", {}, "What it sees, in pixels of the photograph. A name shows its box alone."),
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              ["Class", "Score", "Box"].map((head) => el("th", {scope: "col"}, head)),
            ),
          ),
          body,
        ),
      ),
    );
    update();
  }

  row(detection, index, shown) {
    const button = el(
      "button",
      {
        type: "button",
        class: "name",
        "aria-pressed": String(detection === this.held),
        onclick: () => {
          this.held = this.held === detection ? null : detection;
          for (const other of button.closest("tbody").querySelectorAll("button"))
            other.setAttribute("aria-pressed", String(other === button && this.held !== null));
          this.picture?.draw(shown, this.held);
        },
      },
      detection.name,
    );
    return el(
      "tr",
      {
        onmouseenter: () => this.picture?.draw(shown, detection),
        onmouseleave: () => this.picture?.draw(shown, this.held),
      },
      el("th", {scope: "row"}, button),
      el("td", {}, percent(detection.score)),
      el("td", {}, where(detection)),
    );
  }

  showClasses(classes, name) {
    replaceContent(
      this.findings,
      table(
        "What it takes the photograph for",
        ["Class", "Score", ""],
        classes.map((row) =>
          el(
            "tr",
            {},
            el("th", {scope: "row"}, row.name),
            el("td", {}, `${(row.score * 100).toFixed(1)} %`),
            el("td", {class: "meter-cell"}, scoreBar(row.score)),
          ),
        ),
      ),
    );
    this.describe(
      classes.length > 0 ? `It takes it for ${classes[0].name}, ${percent(classes[0].score)}.` : "It gives no class.",
      name,
    );
  }

  showPixels({class_pixels: rows, width, height}, name) {
    const sorted = [...rows].sort((a, b) => b.pixels - a.pixels);
    replaceContent(
      this.findings,
      table(
        "How much of the photograph is what",
        ["Class", "Share", ""],
        sorted.map((row) =>
          el(
            "tr",
            {},
            el("th", {scope: "row"}, row.name),
            el("td", {}, `${((row.pixels / (width * height)) * 100).toFixed(1)} %`),
            el("td", {class: "meter-cell"}, scoreBar(row.pixels / (width * height))),
          ),
        ),
      ),
    );
    this.describe(`It sees ${list(sorted.map((row) => row.name))}.`, name);
  }
}
