"""The page at the edges: nothing there yet, wrong files and options, a service that goes, crowds of jobs and lines, hostile names."""
import json
import re
import tempfile
import time
import unittest
import unittest.mock
from pathlib import Path

from browser import CONTRAST, BrowserCase
from exporter import FIXTURES, SAMPLE, SOURCE
from service import Service

try:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import Select
except ImportError:
    By = None

HOSTILE = "<img src=x onerror='window.broken = true'><script>window.broken = true</script><b>bold</b>"

# How long the page last did not react, at its worst, while something went on: window.worst, in milliseconds.
WATCH = """
  window.worst = 0;
  let last = performance.now();
  setInterval(() => { const now = performance.now(); window.worst = Math.max(window.worst, now - last); last = now; }, 10);"""

# A service of ten thousand jobs: the first page, and a stream that tells of all of them.
CROWD = """
  const job = (number) => ({id: `job_${String(number).padStart(5, "0")}`, framework: "fake", model_name: `model ${number}`, export_format: "onnx", status: "completed", proof: {by: null, level: "none", checks: [], reason: null},
    created_at: new Date(1.7e12 + number * 1000).toISOString(), started_at: new Date(1.7e12).toISOString(), completed_at: new Date(1.7e12 + 500).toISOString(), progress: 1, links: {}, export_results: {}});
  const real = window.fetch;
  window.fetch = (path, options) => {
    if (String(path).startsWith("/export/jobs?")) return Promise.resolve(Response.json({jobs: Array.from({length: 50}, (_, row) => job(9999 - row)), next_cursor: "s1"}));
    if (path !== "/export/events") return real(path, options);
    const text = Array.from({length: 10000}, (_, number) => `event: job\\ndata: ${JSON.stringify(job(number))}\\n\\n`);
    return Promise.resolve(new Response(new ReadableStream({async start(stream) {
      for (let at = 0; at < text.length; at += 500) { stream.enqueue(new TextEncoder().encode(text.slice(at, at + 500).join(""))); await new Promise((next) => setTimeout(next, 5)); }
      window.all = true;
    }}), {headers: {"Content-Type": "text/event-stream"}}));
  };"""


class StatesTest(BrowserCase):
    def before_the_page(self, script):
        """A script that runs before the page's own, with each load of this test."""
        identifier = self.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})["identifier"]
        self.addCleanup(self.browser.execute_cdp_cmd, "Page.removeScriptToEvaluateOnNewDocument", {"identifier": identifier})

    def open_anew(self, place):
        """With a load of the page, which another place on the same page is not."""
        self.browser.get("about:blank")
        self.open(place)

    def test_a_file_that_is_no_checkpoint_is_not_offered_for_export(self):
        self.find("#file").send_keys(str(FIXTURES / "photo.jpg"))
        self.until(lambda: "JPEG" in self.text("#checkpoint .notice"))
        self.assertFalse(self.find("#export button.main").is_displayed())
        self.find("#export summary").click()
        # Which trainer could read it is not guessed.
        self.assertEqual(Select(self.find("#framework")).first_selected_option.text, "Choose one")
        self.assertFalse(self.find("#export button.main").is_enabled())
        Select(self.find("#framework")).select_by_visible_text("fake")
        self.assertEqual(self.find("#export button.main").text, "Export 1 format")

    def form_of_fake(self):
        self.choose(SAMPLE)
        Select(self.find("#framework")).select_by_visible_text("fake")
        self.assertIn("No proof", self.text("#format-onnx-note"))

    def test_what_is_wrong_with_an_option_is_said_at_the_option(self):
        self.form_of_fake()
        summary = self.find("#export .of-format summary")
        summary.click()
        self.find("#option-onnx-opset_version").send_keys("99")
        self.find("#option-onnx-scale").send_keys("0")
        self.assertIn("2 changed", summary.text)
        summary.click()
        self.find("#export button.main").click()
        self.assertEqual(self.browser.switch_to.active_element.get_attribute("id"), "option-onnx-opset_version")
        self.assertEqual(self.find("#option-onnx-opset_version").get_attribute("aria-invalid"), "true")
        self.assertEqual(self.text("#option-onnx-opset_version-problem"), "must be at most 21")
        self.assertIn("11 to 21", self.text("#option-onnx-opset_version-hint"))
        self.find("#option-onnx-opset_version").clear()
        self.find("#option-onnx-opset_version").send_keys("18")
        self.assertEqual(self.text("#option-onnx-opset_version-problem"), "")
        # This one only the service knows to refuse.
        self.find("#export button.main").click()
        self.until(lambda: "0" in self.text("#option-onnx-scale-problem"))
        self.assertEqual(self.browser.switch_to.active_element.get_attribute("id"), "option-onnx-scale")
        self.find("#message-close").click()
        self.assertFalse(self.find("#message").is_displayed())

    def test_what_was_asked_for_is_named_and_not_asked_for_twice(self):
        self.form_of_fake()
        self.find("#export button.main").click()
        self.until(lambda: self.all("#export .asked a"))
        self.assertFalse(self.find("#export button.main").is_enabled())
        self.find("#export .asked a").click()
        self.until(lambda: self.all("#job .badge.unproven"))
        self.assertIn("not compared", self.browser.title)
        # From a job back to its checkpoint, and that survives a reload.
        self.browser.find_element(By.LINK_TEXT, "Export to other formats").click()
        self.until(lambda: SAMPLE.name in self.text("#checkpoint"))
        self.browser.refresh()
        self.until(lambda: SAMPLE.name in self.text("#checkpoint"))
        self.find("#checkpoint button").click()
        self.assertFalse(self.find("#export").is_displayed())
        self.assertTrue(self.browser.current_url.endswith("#/"))

    def test_a_folder_is_sent_as_it_is(self):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "saved"
            (folder / ("deep" * 20) / ("deeper" * 20)).mkdir(parents=True)
            (folder / ".git").mkdir()
            (folder / ".git" / "index").write_text("no part of it")
            (folder / "config.json").write_text("{}")
            (folder / ("deep" * 20) / ("deeper" * 20) / "weights.bin").write_bytes(bytes(range(256)) * 5)
            self.find("#folder").send_keys(str(folder))
            self.until(lambda: "saved" in self.text("#checkpoint"))
        self.assertIn("a folder", self.text("#checkpoint"))
        stored = next((self.service.folder / "data" / "checkpoints").glob("*/content/saved"))
        self.assertEqual(sorted(path.name for path in stored.rglob("*") if path.is_file()), ["config.json", "weights.bin"])
        self.assertEqual((stored / ("deep" * 20) / ("deeper" * 20) / "weights.bin").read_bytes(), bytes(range(256)) * 5)

    def test_a_dropped_folder_is_read_to_its_end(self):
        """A browser gives a folder's entries in portions, and a folder within by another reader."""
        told = self.call("tar", """(async () => {
          const file = (name) => ({name, isDirectory: false, file: (done) => done(new File([name], name))});
          const folder = (name, ...portions) => ({name, isDirectory: true, createReader: () => ({readEntries: (done) => done(portions.shift() ?? [])})});
          const entry = folder("saved", [file("config.json"), folder("deep", [file("weights.bin")])], [file("labels.txt"), file(".DS_Store")]);
          const tar = await m.droppedFile({items: [{kind: "file", webkitGetAsEntry: () => entry}], files: []});
          const text = await tar.text();
          return [tar.name, tar.size, ["config.json", "deep/weights.bin", "labels.txt", ".DS_Store"].map((name) => text.includes(name))];
        })()""")
        self.assertEqual(told, ["saved.tar", 3 * 1024 + 1024, [True, True, True, False]])

    def test_a_file_that_the_service_can_reach_is_not_sent(self):
        place = self.service.folder / "roots" / "run <b>8" / "best.pt"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"weights")
        self.find("#elsewhere summary").click()
        self.find("#path").send_keys(str(place))
        self.button("Use it").click()
        self.until(lambda: "best.pt" in self.text("#checkpoint"))
        Select(self.until(lambda: self.find("#framework"))).select_by_visible_text("fake")
        self.find("#export button.main").click()
        self.until(lambda: self.all("#export .asked a"))
        self.find("#export .asked a").click()
        self.until(lambda: self.all("#job .badge.unproven"))
        self.assertIn("best.pt", self.text("#job .job-title"))
        self.browser.find_element(By.LINK_TEXT, "Export to other formats").click()
        self.until(lambda: str(place) in self.text("#checkpoint"))
        place.unlink()
        self.find("#format-onnx").click()
        self.find("#export button.main").click()
        self.until(lambda: "ONNX: " in self.text("#message"))

    def test_a_file_can_be_dropped_anywhere_and_only_one(self):
        drop = """
          const transfer = new DataTransfer();
          for (const name of arguments[0]) transfer.items.add(new File(["weights"], name));
          document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true}));"""
        self.browser.execute_script(drop, ["one.pt", "two.pt"])
        self.until(lambda: "one file or one folder" in self.text("#message"))
        self.browser.execute_script(drop, ["dropped.pt"])
        self.until(lambda: "dropped.pt" in self.text("#checkpoint"))
        self.assertFalse(self.find("#message").is_displayed())

    def test_every_failure_has_a_next_step(self):
        codes = re.findall(r'\{FailureCode::k\w+, "(\w+)"', (SOURCE / "src" / "service" / "jobs" / "job_state.cpp").read_text())
        self.assertGreater(len(codes), 20)
        told = self.call("failures", f"{json.dumps(codes)}.map((code) => m.failureOf({{error_code: code}}).title)")
        self.assertEqual(len(set(told)), len(codes), told)
        self.assertNotIn(self.call("failures", "m.failureOf({error_code: 'unheard of'}).title"), told)

    def result(self, proof, claim=None):
        """The HTML of a finished job of which the service found `proof`."""
        job = {"status": "completed", "proof": proof, "export_results": {"extra_metadata": {"proof": claim}}}
        return self.call("result", f"m.resultView({json.dumps(job)}).flat().map((node) => node ? node.outerHTML : '').join('')")

    def test_only_what_the_service_compared_looks_proven(self):
        colours = self.call("job_state", "['runtime', 'read_back', 'specification', 'structure', 'prepared', 'loads', 'none', null, 'rumour'].map((level) => m.badge({status: 'completed', proof: {level}}).className)")
        self.assertEqual(colours, ["badge completed"] * 3 + ["badge unproven"] * 6)
        banner = lambda level, checks: "proof strong" in self.result({"by": "a verifier", "level": level, "checks": checks, "reason": None})
        agreed = {"verdict": "agrees", "what": "a run", "engine": "an engine"}
        self.assertEqual([banner(level, [agreed]) for level in ("runtime", "read_back", "specification", "structure", "prepared", "loads", "none", "rumour")], [True] * 3 + [False] * 5)
        self.assertFalse(banner("runtime", []), "a level without a check is a word")
        figure = {"value": "output0", "allowed": 0.1, "max_difference": 0.09}
        self.assertTrue(banner("runtime", [{**agreed, "figures": [figure]}]))
        self.assertFalse(banner("runtime", [{**agreed, "figures": [{**figure, "max_difference": 0.2}]}]))
        self.assertFalse(banner("runtime", [{**agreed, "verdict": "differs"}]))

    def test_a_claim_is_never_green(self):
        found = {"by": None, "level": "none", "checks": [], "reason": "nobody looked"}
        for claim in ("runtime", {"level": "runtime"}, {"level": "runtime", "checks": [{"verdict": "agrees", "what": "a run", "figures": [{"value": "o", "group": "", "role": "scores", "allowed": 1, "max_difference": 0}]}]}):
            said = self.result(found, claim)
            self.assertNotIn("proof strong", said)
            self.assertIn("What the exporter claims: proven in its engine", said)
            self.assertIn("Why no more: nobody looked", said)
        job = {"status": "completed", "proof": found, "export_results": {"extra_metadata": {"proof": {"level": "runtime"}}}}
        self.assertEqual(self.call("job_state", f"m.badge({json.dumps(job)}).className"), "badge unproven")

    def test_an_ill_typed_claim_is_shown_with_a_warning(self):
        figure = {"value": "output0", "group": "boxes", "allowed": None, "max_difference": 18.2}
        for broken in ({"checks": [{"verdict": "agrees", "what": "a run", "figures": [figure]}]}, {"checks": [None]}, {"checks": {"a": 1}}, {"checks": [{"what": 7, "engine": {}, "verdict": []}]},
                       {"artifact_against_checkpoint": [{"allowed": "1e9", "max_difference": {}}]}, {"precision": 3}, {"precision": {"kept_float32": [{"layer": []}]}}, 7, [1]):
            self.assertIn("does not follow the schema", self.result(None, broken), broken)
        said = self.result(None, {"level": "runtime", "checks": [{"verdict": "agrees", "what": "a run", "figures": [figure]}]})
        self.assertIn("no number", said)
        self.assertNotIn("does not follow the schema", self.result(None, {"level": "structure", "checks": [{"kind": "structure", "what": "a look", "verdict": "agrees"}]}))

    def test_no_metadata_makes_a_page_unreachable(self):
        """Thousands of documents, each of them a good one in which values were replaced by others of any shape."""
        good = {"framework": "fake", "model_name": "tiny", "export_format": "onnx", "task_type": "detection", "input_shape": [3, 8, 8], "input_dtype": "float32", "output_shape": [[1, 3]], "class_names": ["a"], "num_classes": 1,
                "extra_metadata": {"proof": {"level": "runtime", "checks": [{"kind": "runtime", "what": "a run", "engine": "e", "verdict": "agrees", "figures": [{"value": "o", "group": "g", "role": "scores", "allowed": 1, "max_difference": 0.5, "cosine": 1}]}],
                                             "artifact_against_checkpoint": [{"value": "o", "group": "g", "role": "scores", "allowed": 1, "max_difference": 0.5, "in": "e"}], "precision": {"float16_weight_share": 0.5, "kept_float32": [{"layer": "l", "reason": "r"}]}}}}
        odd = [None, True, 0, -1, 1e308, "", "text", "__proto__", "constructor", [], {}, [None], [[]], [[["deep"]]], {"toString": 1, "valueOf": 2}, {"length": -1}, {"__proto__": None}, {"map": 1}, ["x"] * 3000]
        broken = self.call("result", f"""(() => {{
          const good = {json.dumps(good)}, odd = {json.dumps(odd)}, main = document.querySelector("main"), before = [...main.childNodes], failed = [];
          let state = 20261201;
          const random = (count) => {{ state = (Math.imul(state, 1103515245) + 12345) >>> 0; return (state >>> 8) % count; }};
          const places = (value, path = []) => [path, ...(typeof value === "object" && value !== null ? Object.keys(value).flatMap((key) => places(value[key], [...path, key])) : [])];
          const replace = (value, path, by) => {{ if (path.length === 0) return by; const copy = Array.isArray(value) ? [...value] : {{...value}}; copy[path[0]] = replace(value[path[0]], path.slice(1), by); return copy; }};
          const show = (metadata, proof) => {{
            const job = {{id: "job_x", status: "completed", proof, export_results: metadata, from_cache: true, reused_from: "job_y"}};
            try {{ main.replaceChildren(...m.resultView(job).flat(9).filter(Boolean)); if (!main.textContent.includes("Result")) throw new Error("nothing shown"); }}
            catch (error) {{ failed.push(`${{error}}: ${{JSON.stringify(job).slice(0, 300)}}`); }}
          }};
          const every = places(good);
          for (const path of every) for (const value of odd) show(replace(good, path, value), null);
          for (let round = 0; round < 1000; ++round) {{
            let metadata = good;
            for (let times = 1 + random(4); times > 0; --times) {{ const there = places(metadata); metadata = replace(metadata, there[random(there.length)], odd[random(odd.length)]); }}
            show(metadata, metadata?.extra_metadata?.proof ?? null);
          }}
          main.replaceChildren(...before);
          return failed.slice(0, 5);
        }})()""")
        self.assertEqual(broken, [])

    def test_the_file_as_a_whole_is_shown_as_the_exporter_claims_it(self):
        whole = {"value": "output0", "group": "boxes", "role": "boxes_px", "allowed": 0.5, "max_difference": 0.21, "in": "ONNX Runtime 1.32.0"}
        claim = {"checks": [], "artifact_against_checkpoint": [whole], "precision": {"float16_weight_share": 0.981, "kept_float32": [{"layer": "model.22.dfl", "reason": "an activation of 70213"}]}}
        said = self.result({"by": "a verifier", "level": "runtime", "checks": [{"what": "a run", "engine": "an engine", "verdict": "agrees", "figures": [whole]}], "reason": None}, claim)
        for text in ("proof strong", "The file against the checkpoint", "ONNX Runtime 1.32.0", "42 % of what is allowed", "98.1 %", "model.22.dfl: an activation of 70213", "Judged by a verifier"):
            self.assertIn(text, said)

    def test_a_word_of_proof_that_is_not_known_is_shown_and_counts_as_none(self):
        self.assertIn("What the exporter claims: not proven (\"rumour\")", self.result(None, {"level": "rumour", "checks": []}))
        self.assertEqual(self.call("proof_levels", "['__proto__', 'constructor', 'x'.repeat(1e5)].map((proof) => [m.proofLevel({proof}).green, m.proofLevel({proof}).short.length < 200])"), [[False, True]] * 3)

    def test_times_and_sizes_are_said_as_people_say_them(self):
        self.assertEqual(self.call("time", "[0.001, 0.336, 12.4, 59.6, 185, 3599.6, 3600, 7500].map(m.lasting)"), ["< 0.01 s", "0.34 s", "12 s", "1 min", "3 min 5 s", "1 h", "1 h", "2 h 5 min"])
        self.assertEqual(self.call("time", "[0, 300, 7200].map((age) => m.when(new Date(Date.now() - age * 1000).toISOString()).textContent)"), ["just now", "5 min. ago", "2 hr. ago"])

    def test_steps_tell_how_long_they_took(self):
        at = lambda seconds: f"2026-01-01T00:00:{seconds:02}Z"
        events = [(0, "created", {}), (1, "started", {}), (2, "phase", {"phase": "exporting"}), (3, "requeued", {}), (10, "started", {}), (11, "phase", {"phase": "exporting"}), (15, "cancel_requested", {}), (20, "cancelled", {})]
        self.assertEqual(self.call("job_steps", f"m.stepTimes({json.dumps([{'at': at(seconds), 'type': kind, 'data': data} for seconds, kind, data in events])})"), {"starting": 1, "exporting": 9})

    def test_options_are_made_of_every_kind_of_schema(self):
        kinds = {"integer": {"type": "integer", "minimum": 1}, "nullable": {"type": ["integer", "null"], "maximum": 5}, "boolean": {"type": "boolean", "default": True}, "enum": {"enum": ["a", 2, None], "default": "a"}, "text": {"type": "string"},
                 "size": {"anyOf": [{"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}]}, {"type": "null"}]}, "any": {}}
        values = {"integer": "0", "nullable": "6", "size": "[1, 2.5]", "text": "7", "any": "{\"a\": 1}"}
        told = self.call("options", f"""(() => {{
          const form = new m.OptionsForm("x", {{properties: {json.dumps(kinds)}}}, () => {{}});
          const set = (name, value) => {{ form.field(name).control.node.value = value; }};
          for (const [name, value] of Object.entries({json.dumps(values)})) set(name, value);
          const problems = Object.fromEntries(form.fields.map((field) => [field.name, field.check()]).filter(([, text]) => text));
          const tags = form.fields.map((field) => field.control.node.type);
          set("integer", ""); set("nullable", "5"); set("size", "[480, 640]"); set("boolean", "false"); set("enum", "null");
          return {{problems, tags, first: form.problem(), read: form.read()}};
        }})()""")
        self.assertEqual(told["problems"], {"integer": "must be at least 1", "nullable": "must be at most 5", "size": "value 2: must be a whole number"})
        self.assertEqual(told["tags"], ["number", "number", "select-one", "select-one", "text", "text", "text"])
        self.assertEqual(told["read"], {"nullable": 5, "boolean": False, "enum": None, "text": "7", "size": [480, 640], "any": {"a": 1}})
        self.assertIsNone(told["first"])

    def test_hostile_names_are_text_everywhere(self):
        job = self.run_job(config={"model_name": HOSTILE, "nonce": 1}, training_job_id=HOSTILE, version_tag=HOSTILE)
        for place in ("", f"#/jobs/{job['id']}", f"#/training/{HOSTILE.replace('<', '%3C').replace(' ', '%20').replace('/', '%2F')}"):
            self.open(place)
            self.until(lambda: "<b>bold</b>" in self.text("main"), place)
            self.assertEqual(self.all("main img, main script, main b"), [], place)
        views = {"result": f"m.resultView({{proof: {{by: H, level: H, reason: H, checks: [{{what: H, engine: H, verdict: H}}]}}, reused_from: H, from_cache: true, exporter_version: H, export_results: {{task_type: H, class_names: [H], output_shape: [H], extra_metadata: {{proof: {{checks: [{{what: H, verdict: H, engine: H, figures: [{{value: H, group: H, allowed: 1, max_difference: 0}}]}}]}}}}}}}})",
                 "job_row": "[m.jobRow({id: H, status: 'failed', framework: H, export_format: H, error_message: H, created_at: '2026-01-01T00:00:00Z', version: 1, version_tag: H, training_job_id: H})]",
                 "checkpoint_card": "m.checkpointCard({id: '0', name: H, kind: 'file', size: 1, sha256: H, inspect: {error: H, framework: H, version: H, architecture: H, task: H, class_names: {0: H}, network: {order: 'registered', blocks: [{name: H, class: H, parameters: 1}]}}})"}
        for module, made in views.items():
            shown = self.call(module, f"((H) => {{ const main = document.querySelector('main'); main.replaceChildren(...{made}.flat(9).filter(Boolean)); return [main.textContent, main.querySelectorAll('img, script, b').length]; }})({json.dumps(HOSTILE)})")
            self.assertIn("<b>bold</b>", shown[0], module)
            self.assertEqual(shown[1], 0, module)

    def test_a_log_of_a_hundred_thousand_lines_does_not_hold_the_page_up(self):
        job = self.run_job(config={"behave": "lines", "lines": 100000, "nonce": 2})
        self.before_the_page(WATCH)
        self.open_anew(f"#/jobs/{job['id']}")
        self.until(lambda: "line 99999" in self.browser.execute_script("return [...(document.querySelector('#job .log')?.children ?? [])].slice(-4).map((line) => line.textContent).join(' ')"))
        self.assertEqual(self.browser.execute_script("return document.querySelector('#job .log').childElementCount"), 5000)
        self.assertIn("earlier ones are in the download", self.text("#job"))
        self.assertLess(self.browser.execute_script("return window.worst"), 1500)
        # Who scrolls up stays there until he goes to the end.
        self.browser.execute_script("document.querySelector('#job .log').scrollTop = 0")
        self.until(lambda: self.button("Go to the end")).click()
        self.until(lambda: not self.find("#job .to-end").is_displayed())

    def test_ten_thousand_jobs_do_not_hold_the_page_up(self):
        self.before_the_page(WATCH + CROWD)
        self.open_anew("")
        self.until(lambda: self.browser.execute_script("return window.all === true"))
        self.until(lambda: self.all("#job-list li")[0].get_attribute("data-id") == "job_09999")
        self.assertEqual(self.browser.execute_script("return document.querySelectorAll('#job-list li').length"), 50)
        self.button("Older jobs").click()
        self.until(lambda: self.browser.execute_script("return document.querySelectorAll('#job-list li').length") == 100)
        self.assertLess(self.browser.execute_script("return window.worst"), 1500)

    def test_a_row_that_says_the_same_stays_as_it_is(self):
        first = self.run_job("fail", status="failed")
        self.open("")
        row = self.until(lambda: self.find(f'#job-list li[data-id="{first["id"]}"]'))
        self.browser.execute_script("arguments[0].marked = true", row)
        second = self.run_job("fail", status="failed")
        self.until(lambda: self.all(f'#job-list li[data-id="{second["id"]}"] .badge.failed'))
        self.assertTrue(self.browser.execute_script("return document.querySelector(`li[data-id='${arguments[0]}']`).marked", first["id"]))

    def test_a_tab_that_is_not_looked_at_gives_its_connections_back(self):
        job = self.create("slow")
        self.open(f"#/jobs/{job['id']}")
        self.until(lambda: self.all("#job .log li"))
        streams = lambda: next(int(line.split()[1]) for line in self.service.get("/metrics").body.decode().splitlines() if line.startswith("modelport_http_event_streams "))
        self.assertEqual(streams(), 2)
        mine = self.browser.current_window_handle
        self.browser.switch_to.new_window("tab")
        try:
            self.until_true(lambda: streams() == 0)
        finally:
            self.browser.close()
            self.browser.switch_to.window(mine)
        self.until_true(lambda: streams() == 2)
        before = len(self.all("#job .log li"))
        self.until(lambda: len(self.all("#job .log li")) > before, "the log does not go on")
        self.service.ask("POST", f"/export/jobs/{job['id']}/cancel?force=true")

    def until_true(self, condition):
        deadline = time.monotonic() + 15
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_fits_every_width_and_can_be_read(self):
        done = self.run_job(training_job_id="t" * 200, version_tag="v" * 100, config={"model_name": "m" * 300, "nonce": 3})
        failed = self.run_job("fail", status="failed", training_job_id="t" * 200)
        for scheme, widths in (("light", (320, 768, 1440)), ("dark", (390, 1024))):
            for place, there in (("", "#job-list li"), (f"#/jobs/{done['id']}", "#job .proof"), (f"#/jobs/{failed['id']}", "#job .failure"), (f"#/training/{'t' * 200}", "#training tbody tr")):
                self.open(place)
                self.until(lambda: self.all(there))
                for width in widths:
                    self.width(width, scheme)
                    self.assertLessEqual(self.browser.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth"), 0, (place, width))
                worst = self.browser.execute_script(CONTRAST)
                self.assertGreaterEqual(worst[0], 4.5, (place, scheme, worst))

    def test_nothing_moves_for_who_wants_it_so(self):
        job = self.create("slow")
        moving = "return document.getAnimations().filter((one) => one.animationName).length"
        for motion, expected in (("no-preference", 1), ("reduce", 0)):
            self.width(1280, motion=motion)
            self.open(f"#/jobs/{job['id']}")
            self.until(lambda: self.all("#job .steps .now"))
            self.assertEqual(self.browser.execute_script(moving), expected, motion)
        self.service.ask("POST", f"/export/jobs/{job['id']}/cancel?force=true")


class GoneAndBackTest(BrowserCase):
    expected_errors = ("status of 4", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")

    def test_an_empty_service_says_what_it_is_for(self):
        self.until(lambda: "No exports yet" in self.text("#no-jobs"))
        self.until(lambda: "ultralytics to ONNX" in self.text("#available"))
        self.until(lambda: "ready" in self.text("footer"))
        self.button("Failed").click()
        self.until(lambda: "No job is like this" in self.text("#no-jobs"))

    def test_the_page_outlives_its_service(self):
        job = self.create("slow")
        self.open(f"#/jobs/{job['id']}")
        self.until(lambda: self.all("#job .badge.running"))
        self.service.stop(9)
        self.until(lambda: self.find("#offline").is_displayed())
        self.button("Cancel").click()
        self.until(lambda: "does not answer" in self.text("#message"))
        self.service.listen = f"127.0.0.1:{self.service.port}"
        self.service.start()
        self.service.ask("POST", f"/export/jobs/{job['id']}/cancel?force=true")
        self.until(lambda: self.all("#job .badge.cancelled"), "it does not hear what happened meanwhile")
        self.assertFalse(self.find("#offline").is_displayed())


class NoTrainerTest(BrowserCase):
    @classmethod
    def setUpClass(cls):
        start = Service.start

        def without_trainers(service):
            (service.folder / "trainers.toml").write_text("")
            return start(service)
        with unittest.mock.patch.object(Service, "start", without_trainers):
            super().setUpClass()

    def test_says_so_before_anything_is_chosen(self):
        self.until(lambda: "has no trainer" in self.text("#available"))
        self.find("#file").send_keys(str(SAMPLE))
        self.until(lambda: "has no trainer" in self.text("#export"))
        self.assertEqual(self.all("#export button"), [])


if __name__ == "__main__":
    unittest.main()
