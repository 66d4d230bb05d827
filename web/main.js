import {startTheme} from "/assets/theme.js";
import {startUpload} from "/assets/upload.js";
import {ExportForm} from "/assets/formats.js";
import {JobList} from "/assets/job_list.js";
import {JobView} from "/assets/job_view.js";
import {TrainingView} from "/assets/history.js";
import {byId, say} from "/assets/dom.js";

startTheme();
const list = new JobList();
const form = new ExportForm((jobs) => {
  for (const job of jobs) list.put(job);
  say(jobs.length === 1 ? "The export has been asked for." : `${jobs.length} exports have been asked for.`, "done");
});
startUpload((checkpoint) => form.show(checkpoint));
const job = new JobView((path) => list.forget(path));
const training = new TrainingView();
list.listen((changed) => { job.put(changed); training.put(changed); });

/** The part of the address after "#" says what is shown: "/", "/jobs/ID" or "/training/ID". */
function route() {
  const [, kind, id] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const views = {jobs: job, training};
  for (const [name, view] of Object.entries(views)) {
    if (name === kind && id) view.show(id);
    else view.hide();
  }
  byId("home").hidden = Boolean(views[kind] && id);
}
window.addEventListener("hashchange", () => {
  say("");
  route();
  byId("main").focus();
});
route();
// The browser keeps a page that was left, for its back button, and would keep its connections with it.
const left = new AbortController();
window.addEventListener("pagehide", () => { left.abort(); job.hide(); });
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
list.start(left.signal);
