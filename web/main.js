import {startTheme} from "/assets/theme.js";
import {CheckpointPicker} from "/assets/upload.js";
import {ExportForm} from "/assets/export_form.js";
import {showFrameworks} from "/assets/frameworks.js";
import {JobList} from "/assets/job_list.js";
import {JobView} from "/assets/job_view.js";
import {showService} from "/assets/service_line.js";
import {startClock} from "/assets/time.js";
import {TrainingView} from "/assets/history.js";
import {byId, showMessage} from "/assets/dom.js";

startTheme();
startClock();
byId("message-close").addEventListener("click", () => {
  showMessage("");
  byId("main").focus();
});
const list = new JobList();
const form = new ExportForm((jobs) => {
  for (const job of jobs) list.updateJob(job);
});
const picker = new CheckpointPicker((checkpoint, signal) => form.show(checkpoint, signal));
const job = new JobView((id) => list.forget(id));
const training = new TrainingView();
list.listen(job);
list.listen(training);
list.listen({
  updateJob() {},
  renew() {
    showFrameworks();
    showService();
  },
});

/** The part of the address after "#" says what is shown: "/", "/new/CHECKPOINT", "/path/PATH", "/jobs/ID" or "/training/ID". */
function route() {
  const [, kind, id] = location.hash.slice(1).split("/").map(decoded);
  const views = {jobs: job, training};
  for (const [name, view] of Object.entries(views)) {
    if (name === kind && id) view.show(id);
    else view.hide();
  }
  byId("home").hidden = Boolean(views[kind] && id);
  if (!byId("home").hidden) document.title = "Exports – modelport";
  if (kind === "new" && id) picker.load(id);
  if (kind === "path" && id) picker.point(id);
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

let scrollPosition = 0;
window.addEventListener(
  "scroll",
  () => {
    if (!byId("home").hidden) scrollPosition = window.scrollY;
  },
  {passive: true},
);
window.addEventListener("hashchange", () => {
  const before = scrollPosition;
  showMessage("");
  route();
  byId("main").focus({preventScroll: true});
  window.scrollTo(0, byId("home").hidden ? 0 : before);
});
route();
// The browser keeps a page that was left, for its back button, and would keep its connections with it.
const left = new AbortController();
window.addEventListener("pagehide", () => {
  left.abort();
  job.hide();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
list.start(left.signal);
