import {get} from "/assets/api.js";
import {byId, replaceContent} from "/assets/dom.js";

/** The line at the foot of the page: which service this is, and what it lacks now. */
export async function showService() {
  const [health, readiness] = await Promise.all(
    [get("/healthz"), get("/readyz").catch((error) => error.problem)].map((answer) => answer.catch(() => null)),
  );
  if (!health) return;
  const missing = (readiness?.checks ?? [])
    .filter((check) => !check.ready)
    .map((check) => `${check.name}${check.detail ? `: ${check.detail}` : ""}`);
  replaceContent(
    byId("about-service"),
    `modelport ${health.version}, `,
    missing.length === 0 ? "ready." : `not ready: ${missing.join("; ")}.`,
  );
}
