import {byId} from "/assets/dom.js";

const TOKEN = "modelport-token";

/** What the service refused, in its own words. */
class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `the service answered ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

function headers(more = {}) {
  const token = sessionStorage.getItem(TOKEN);
  return token ? {...more, Authorization: `Bearer ${token}`} : more;
}

let asking = null;
function askForToken() {
  asking ??= new Promise((resolve) => {
    const dialog = byId("token"),
      text = byId("token-text");
    text.value = "";
    byId("token-problem").hidden = !sessionStorage.getItem(TOKEN);
    dialog.addEventListener(
      "close",
      () => {
        sessionStorage.setItem(TOKEN, text.value);
        asking = null;
        resolve();
      },
      {once: true},
    );
    dialog.showModal();
  });
  return asking;
}

async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

async function ask(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Error("The service does not answer. Try again when it is back.");
  }
}

async function send(path, options = {}) {
  for (;;) {
    const response = await ask(path, {...options, headers: headers(options.headers)});
    if (response.status === 401) {
      await askForToken();
      continue;
    }
    if (!response.ok) throw new Refusal(response.status, await problemOf(response));
    return response;
  }
}

export async function get(path) {
  return (await send(path)).json();
}

export async function post(path, body, more = {}) {
  const options = {method: "POST", headers: {...more}};
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  return (await send(path, options)).json();
}

/** Sends a file as it is. Resolves with the answer. */
export async function sendFile(path, file, signal) {
  return (
    await send(path, {method: "POST", body: file, headers: {"Content-Type": "application/octet-stream"}, signal})
  ).json();
}

export async function remove(path) {
  await send(path, {method: "DELETE"});
}

/** Uploads a file; fetch tells no progress of what it sends. Resolves with the checkpoint. */
export function upload(file, kind, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/checkpoints?kind=${kind}&name=${encodeURIComponent(file.name)}`);
    for (const [name, value] of Object.entries(headers({"Content-Type": "application/octet-stream"})))
      request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded, event.total));
    request.addEventListener("load", () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        /* told by the status */
      }
      if (request.status === 201) resolve(answer);
      else if (request.status === 401)
        askForToken()
          .then(() => upload(file, kind, onProgress, signal))
          .then(resolve, reject);
      else reject(new Refusal(request.status, answer));
    });
    request.addEventListener("error", () => reject(new Error("The connection broke while the file was sent.")));
    request.addEventListener("abort", () => reject(new Error("The upload was cancelled.")));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

const pause = (milliseconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      {once: true},
    );
  });

/** Resolves once the page is seen. */
const pageVisible = (signal) =>
  new Promise((resolve) => {
    if (!document.hidden) {
      resolve();
      return;
    }
    const done = new AbortController();
    const end = () => {
      done.abort();
      resolve();
    };
    document.addEventListener(
      "visibilitychange",
      () => {
        if (!document.hidden) end();
      },
      {signal: done.signal},
    );
    signal.addEventListener("abort", end, {signal: done.signal});
  });

/** A signal for one connection: it ends with `signal`, and when the page is no longer seen. */
function whileSeen(signal) {
  const stop = new AbortController();
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.hidden) stop.abort();
    },
    {signal: stop.signal},
  );
  signal.addEventListener("abort", () => stop.abort(), {signal: stop.signal});
  return stop;
}

/** Reads one response's events; the last id that was seen is kept in `position`. */
async function* read(response, position) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop();
    for (const frame of frames) {
      const event = {name: "message", data: []};
      for (const line of frame.split("\n")) {
        const colon = line.indexOf(": ");
        if (colon < 1) continue;
        const name = line.slice(0, colon),
          text = line.slice(colon + 2);
        if (name === "id") position.id = text;
        if (name === "event") event.name = text;
        if (name === "data") event.data.push(text);
      }
      if (event.data.length > 0) yield {name: event.name, data: JSON.parse(event.data.join("\n"))};
    }
  }
}

/**
 * Follows events and goes on where it was when the connection breaks; `onState` hears true and false. Over fetch, since EventSource sends no token.
 * A browser gives a service six connections: a tab that is not looked at gives its own back, and catches up when it is.
 */
export async function* follow(path, signal, onState = () => {}) {
  const position = {id: ""};
  for (let failures = 0; !signal.aborted; ) {
    await pageVisible(signal);
    if (signal.aborted) return;
    const connection = whileSeen(signal);
    try {
      const more = {Accept: "text/event-stream", ...(position.id ? {"Last-Event-ID": position.id} : {})};
      const response = await send(path, {headers: more, signal: connection.signal});
      if (response.status === 204) return;
      failures = 0;
      onState(true);
      yield {name: "connected", data: null};
      yield* read(response, position);
    } catch (error) {
      if (signal.aborted || (error instanceof Refusal && error.status === 404)) return;
    } finally {
      connection.abort();
    }
    if (document.hidden) continue;
    onState(false);
    failures += 1;
    await pause(Math.min(500 * 2 ** failures, 10000), signal);
  }
}

function clickLink(href, name) {
  const link = document.createElement("a");
  link.download = name;
  link.href = href;
  link.click();
}

/** Saves a job's result. A link sends no token, so the service gives one that needs none for a minute; it may lead to another server's. */
export async function saveResult(job) {
  const path = `/export/jobs/${encodeURIComponent(job)}`;
  clickLink(sessionStorage.getItem(TOKEN) ? (await post(`${path}/download-link`)).url : `${path}/download`, "");
}

/** Saves a text of the service, by way of memory. */
export async function saveText(path, name) {
  const blob = await (await send(path)).blob();
  const address = URL.createObjectURL(blob);
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  clickLink(address, name);
}
