"""The service as a server: who is let in, what is refused, how it starts, reloads and ends."""
import concurrent.futures
import hashlib
import json
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from service import MODELPORT, Service, ServiceCase

TOKEN = "correct horse battery staple"


def read_metrics(text):
    """Prometheus' exposition format, taken apart and held to its conventions: every family has its help, its type and samples of its own, once."""
    families, name = {}, None
    for line in text.splitlines():
        if found := re.fullmatch(r"# HELP (\S+) (\S.*)", line):
            name = found[1]
            assert name not in families, line
            families[name] = {"samples": {}}
        elif found := re.fullmatch(r"# TYPE (\S+) (counter|gauge|histogram)", line):
            assert found[1] == name and "type" not in families[name], line
            families[name]["type"] = found[2]
            assert (found[2] == "counter") == name.endswith("_total"), line
            assert re.fullmatch(r"(modelport|process)_[a-z_]+", name), line
        else:
            found = re.fullmatch(r'([a-z_]+)(?:\{((?:[a-z_]+="[^"\\]*",?)+)\})? (\S+)', line)
            assert found, line
            suffix = found[1].removeprefix(name)
            assert suffix in (("_bucket", "_sum", "_count") if families[name]["type"] == "histogram" else ("",)), line
            labels = tuple(sorted(re.findall(r'([a-z_]+)="([^"]*)"', found[2] or "")))
            assert (found[1], labels) not in families[name]["samples"], line
            families[name]["samples"][found[1], labels] = float(found[3])
    for name, family in families.items():
        if family["type"] != "histogram":
            continue
        for series in {tuple(pair for pair in labels if pair[0] != "le") for _, labels in family["samples"]}:
            buckets = sorted((float(dict(labels)["le"]), value) for (sample, labels), value in family["samples"].items()
                             if sample == f"{name}_bucket" and tuple(pair for pair in labels if pair[0] != "le") == series)
            counts = [value for _, value in buckets]
            assert counts == sorted(counts) and buckets[-1] == (float("inf"), family["samples"][f"{name}_count", series]), (name, series, buckets)
    return families


class ServerTest(ServiceCase):
    settings = "[http]\nmax_body_kb = 4\nmax_header_kb = 4\n"

    def test_tells_how_it_is(self):
        self.assertEqual(self.service.get("/healthz").json["status"], "ok")
        ready = self.service.get("/readyz")
        self.assertEqual(ready.status, 200, ready.body)
        self.assertIn("sandbox", " ".join(check["name"] for check in ready.json["checks"]))
        self.assertNotIn(str(self.service.folder), ready.body.decode())
        self.run_job()
        metrics = self.service.get("/metrics")
        self.assertTrue(metrics.headers["content-type"].startswith("text/plain; version=0.0.4"))
        families = read_metrics(metrics.body.decode())
        for name in ("modelport_database_up", "modelport_oldest_pending_job_age_seconds", "modelport_webhook_deliveries", "modelport_attempts_total", "modelport_exporter_seconds",
                     "modelport_job_overhead_seconds", "modelport_webhook_attempts_total", "modelport_artifact_store_errors_total", "modelport_artifact_store_seconds",
                     "modelport_framework_usable", "modelport_data_directory_free_bytes", "process_start_time_seconds", "process_open_fds", "modelport_http_request_seconds"):
            self.assertIn(name, families)
        value = lambda name, **labels: families[name]["samples"][name, tuple(sorted(labels.items()))]
        self.assertGreaterEqual(value("modelport_jobs", status="completed"), 1)
        self.assertGreaterEqual(value("modelport_attempts_total", end="completed"), 1)
        self.assertEqual(value("modelport_database_up"), 1)
        self.assertEqual(value("modelport_framework_usable", framework="fake"), 1)
        self.assertGreaterEqual(families["modelport_exporter_seconds"]["samples"]["modelport_exporter_seconds_count", ()], 1)
        self.assertGreaterEqual(families["modelport_artifact_store_seconds"]["samples"]["modelport_artifact_store_seconds_count", (("operation", "put"),)], 1)
        self.assertLess(abs(time.time() - value("process_start_time_seconds")), 600)

    def test_what_nobody_has_named_adds_no_series(self):
        before = set(self.series())
        for number in range(20):
            self.service.get(f"/nothing/{number}")
            self.service.get(f"/export/jobs/job_{number}")
            self.service.ask(f"METHOD{number}", "/healthz")
        self.assertLess(len(set(self.series()) - before), 40)
        self.assertFalse([line for line in self.series() if re.search("nothing|job_1|METHOD", line)])

    def series(self):
        return [line.rsplit(" ", 1)[0] for line in self.service.get("/metrics").body.decode().splitlines() if not line.startswith("#")]

    def test_its_figures_are_taken_by_prometheus(self):
        if not (promtool := shutil.which("promtool")):
            self.skipTest("promtool is not installed (Debian: prometheus)")
        checked = subprocess.run([promtool, "check", "metrics"], input=self.service.get("/metrics").body, capture_output=True, timeout=60)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, b""))

    def test_every_refusal_is_a_problem(self):
        self.assert_problem(self.service.get("/nothing"), 404, "no_such_path")
        answer = self.service.ask("PUT", "/export/jobs")
        self.assertIn("POST", self.assert_problem(answer, 405, "method_not_allowed")["valid_values"])
        self.assertEqual(answer.headers["allow"], "POST, GET, HEAD, OPTIONS")
        self.assertIn("failed", self.assert_problem(self.service.get("/export/jobs?status=done"), 400)["valid_values"])
        self.assertIn("limit", self.assert_problem(self.service.get("/export/jobs?limt=5"), 400)["valid_values"])
        self.assert_problem(self.service.ask("POST", "/export/jobs", "a=b", {"Content-Type": "application/x-www-form-urlencoded"}), 415)
        self.assert_problem(self.service.ask("POST", "/export/jobs", {"framework": "x" * 5000}), 413)
        self.assert_problem(self.service.get("/healthz", X_Long="x" * 5000), 431)
        self.assert_problem(self.service.get("/export/jobs/no-such-job"), 404, "not_found")

    def test_no_path_leads_out(self):
        for path in ("/assets/../service.toml", "/assets/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fetc/passwd", "//etc/passwd", "/export/jobs/..%2f..", "/export/jobs/%2e%2e/logs",
                     "/checkpoints/..%2f..%2fdata", "/checkpoints/%2e%2e", "/assets/index.html%00.js", "/assets/"):
            answer = self.service.get(path)
            self.assertIn(answer.status, (400, 404), path)
            self.assertNotIn(b"root:", answer.body)

    def test_is_not_for_pages_of_others(self):
        self.assertNotIn("access-control-allow-origin", self.service.get("/healthz", Origin="http://other.example").headers)
        self.assert_problem(self.service.ask("POST", "/export/jobs", {}, {"Origin": "http://other.example"}), 403, "foreign_origin")
        self.assert_problem(self.service.get("/healthz", Host="rebound.example"), 421, "unknown_host")
        headers = self.service.get("/").headers
        self.assertIn("script-src 'self'", headers["content-security-policy"])
        self.assertNotIn("unsafe", headers["content-security-policy"])
        self.assertEqual(headers["x-content-type-options"], "nosniff")
        self.assertIn("sandbox", self.service.get("/healthz").headers["content-security-policy"])

    def test_the_page_and_its_files_are_there(self):
        page = self.service.get("/")
        self.assertEqual(page.headers["content-type"], "text/html; charset=utf-8")
        names = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.body.decode()))
        todo, seen = list(names), set()
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            answer = self.service.get(name)
            self.assertEqual(answer.status, 200, name)
            self.assertEqual(self.service.get(name, If_None_Match=answer.headers["etag"]).status, 304)
            todo += re.findall(r'from "(/assets/[^"]+)"', answer.body.decode())
        self.assertGreater(len(seen), 8)

    def test_the_description_names_every_route(self):
        document = self.service.get("/openapi.json").json
        operations = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
        for operation in ("GET /export/capabilities", "POST /export/jobs", "GET /export/jobs", "GET /export/jobs/{id}", "GET /export/jobs/{id}/logs", "GET /export/jobs/{id}/events",
                          "GET /export/jobs/{id}/metadata", "GET /export/jobs/{id}/download", "POST /export/jobs/{id}/cancel", "POST /export/jobs/{id}/retry", "DELETE /export/jobs/{id}",
                          "GET /training/{training_job_id}/exports", "POST /export/jobs/{id}/set-default", "POST /checkpoints", "GET /checkpoints/{id}", "GET /healthz", "GET /readyz",
                          "GET /metrics", "GET /openapi.json"):
            self.assertIn(operation, operations)
        schemas = document["components"]["schemas"]
        for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)):
            self.assertIn(name, schemas)

    def test_many_clients_at_once(self):
        checkpoint = self.checkpoint()

        def create(number):
            return self.service.ask("POST", "/export/jobs", {"framework": "plain", "export_format": "onnx", "checkpoint_id": checkpoint, "export_config": {"nonce": number // 2}},
                                    {"Idempotency-Key": f"many-{number // 2}"}).json["id"]

        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            ids = list(pool.map(create, range(64)))
        self.assertEqual(len(set(ids)), 32)
        for job_id in set(ids):
            self.assertEqual(self.service.wait(job_id)["status"], "completed")


class TokenTest(ServiceCase):
    settings = f'[http]\ntoken_sha256 = ["{hashlib.sha256(TOKEN.encode()).hexdigest()}"]\nallowed_origins = ["https://platform.example"]\n'

    def test_lets_in_who_has_the_token_and_writes_it_nowhere(self):
        for path in ("/export/jobs", "/export/capabilities", "/metrics", "/nothing", "/export/events"):
            answer = self.service.get(path)
            self.assert_problem(answer, 401, "unauthorized")
            self.assertTrue(answer.headers["www-authenticate"].startswith("Bearer"))
        self.assert_problem(self.service.get("/export/jobs", Authorization="Bearer wrong-token-text"), 401)
        allowed = {"Authorization": f"Bearer {TOKEN}"}
        self.assertEqual(self.service.get("/export/jobs", **allowed).status, 200)
        self.assertEqual(self.service.ask("POST", "/export/jobs", {}, allowed).status, 400)
        self.assertEqual(self.service.get(f"/export/jobs?cursor={TOKEN.replace(' ', '+')}", **allowed).status, 400)
        for path in ("/healthz", "/readyz", "/", "/openapi.json"):
            self.assertEqual(self.service.get(path).status, 200)
        log = self.service.log()
        self.assertIn("401", log)
        for secret in (TOKEN, TOKEN.replace(" ", "+"), "wrong-token-text", hashlib.sha256(TOKEN.encode()).hexdigest()):
            self.assertNotIn(secret, log)

    def test_pages_of_allowed_origins_may_call(self):
        origin = {"Origin": "https://platform.example"}
        preflight = self.service.ask("OPTIONS", "/export/jobs", headers={**origin, "Access-Control-Request-Method": "POST"})
        self.assertEqual(preflight.status, 204)
        self.assertEqual(preflight.headers["access-control-allow-origin"], "https://platform.example")
        self.assertIn("Authorization", preflight.headers["access-control-allow-headers"])
        self.assertNotIn("access-control-allow-origin", self.service.ask("OPTIONS", "/export/jobs", headers={"Origin": "https://other.example"}).headers)


NAMING = """#!/bin/sh
[ "$1" = --capabilities ] && exit 3
echo "2026-01-01 00:00:00,000 - ERROR - cannot write $6/model.onnx, read from '$2'" >&2
exit 1
"""


class PlacesTest(unittest.TestCase):
    """No answer tells where on its machine the service keeps things; its own log does."""

    def test_no_answer_names_one(self):
        with tempfile.TemporaryDirectory(prefix="modelport-service-") as folder:
            for name in ("naming.sh", "leaving.sh"):
                Path(folder, name).write_text(NAMING)
                Path(folder, name).chmod(0o755)
            trainers = "".join(f'[[trainer]]\nname = "{name}"\ncommand = ["{command}"]\nformats = ["onnx"]\n'
                               for name, command in (("gone", f"{folder}/gone.sh"), ("naming", "./naming.sh"), ("leaving", "./leaving.sh")))
            service = Service(folder, "[http]\nmax_body_kb = 1024\n", trainers).start()
            self.addCleanup(service.stop)
            checkpoint = service.upload(b"weights", "best.pt")["id"]
            asked = {"export_format": "onnx", "checkpoint_id": checkpoint}
            Path(folder, "leaving.sh").unlink()
            ended = {name: service.wait(service.ask("POST", "/export/jobs", {"framework": name, **asked}).json["id"]) for name in ("naming", "leaving")}
            self.assertEqual(ended["naming"]["error_message"], "cannot write output/model.onnx, read from 'best.pt'")
            self.assertEqual(ended["leaving"]["error_code"], "cannot_start")
            ready = service.get("/readyz")
            check, = (each for each in ready.json["checks"] if each["name"] == "framework gone")
            self.assertEqual((ready.status, check["ready"], check["code"]), (503, False, "unavailable"))
            answers = [ready, service.get("/export/capabilities"), service.ask("POST", "/export/jobs", {"framework": "gone", **asked}), service.get("/export/jobs"),
                       *(service.get(f"/export/jobs/{job['id']}/events") for job in ended.values()), service.get(f"/checkpoints/{checkpoint}"),
                       service.ask("POST", "/export/jobs", {"framework": "naming", "export_format": "onnx", "checkpoint_path": f"{service.folder}/roots/../service.toml"}),
                       service.ask("POST", "/export/jobs", {"framework": "naming", "export_format": "onnx", "checkpoint_path": "/etc/shadow"}), service.get("/metrics")]
            for answer in answers:
                text = answer.body.decode()
                for word in (folder, "/data/", "/work/", "/sys/fs/cgroup"):
                    self.assertNotIn(word, text)
            self.assertIn(f"{folder}/gone.sh", service.log())


class LifeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="modelport-service-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def started(self, settings=""):
        service = Service(self.folder, settings).start()
        self.addCleanup(lambda: service.process.poll() is None and (service.process.kill(), service.process.wait()))
        return service

    def test_ends_in_order_and_takes_its_work_up_again(self):
        service = self.started("")
        checkpoint = service.upload(b"weights")["id"]
        job = service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_id": checkpoint, "export_config": {"nonce": 1}}).json
        done = service.wait(job["id"])
        follower = service.events("/export/events")
        self.assertEqual(service.stop(), 0)
        self.assertEqual(list(follower), [])
        self.assertIn("stopped", service.log())
        again = self.started("")
        self.assertEqual(again.get(f"/export/jobs/{job['id']}").json, done)
        self.assertEqual(hashlib.sha256(again.get(f"/export/jobs/{job['id']}/download").body).hexdigest(), done["sha256"])

    def test_survives_being_killed(self):
        service = self.started()
        checkpoint = service.upload(b"weights")["id"]
        ids = [service.ask("POST", "/export/jobs", {"framework": "plain", "export_format": "onnx", "checkpoint_id": checkpoint, "export_config": {"nonce": number}}).json["id"] for number in range(10)]
        service.process.kill()
        service.process.wait()
        again = self.started()
        for job_id in ids:
            self.assertEqual(again.wait(job_id)["status"], "completed")

    def test_reads_its_configuration_again(self):
        service = self.started()
        self.assertEqual(service.get("/export/jobs").status, 200)
        service.write_settings(f'[http]\ntoken_sha256 = ["{hashlib.sha256(b"t").hexdigest()}"]\n')
        service.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while service.get("/export/jobs").status != 401 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(service.get("/export/jobs").status, 401)
        self.assertEqual(service.get("/export/jobs", Authorization="Bearer t").status, 200)
        service.write_settings("nonsense = 1\n")
        service.process.send_signal(signal.SIGHUP)
        while "stays as it was" not in service.log() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertIn("there is no key nonsense", service.log())
        self.assertEqual(service.get("/export/jobs", Authorization="Bearer t").status, 200)

    def submit(self, service, behave, number, framework="fake", **config):
        asked = {"framework": framework, "export_format": "onnx", "checkpoint_id": service.upload(b"weights")["id"], "export_config": {"behave": behave, "nonce": number, **config}}
        return service.ask("POST", "/export/jobs", asked)

    def test_what_does_not_end_within_the_grace_is_run_again(self):
        service = self.started("max_attempts = 2\n")
        quick, slow = self.submit(service, "timed", 1, lines=40).json["id"], self.submit(service, "slow", 2).json["id"]
        for job in (quick, slow):
            service.wait(job, ("running",))
        waiting = [self.submit(service, "slow", number).json["id"] for number in range(3, 7)]
        began = time.monotonic()
        self.assertEqual(service.stop(), 0)
        self.assertLess(time.monotonic() - began, 30)
        service = self.started("max_attempts = 2\n")
        self.assertEqual({name: service.get(f"/export/jobs/{quick}").json[name] for name in ("status", "attempt")}, {"status": "completed", "attempt": 1})
        again = service.wait(slow, ("running",))
        self.assertEqual(again["attempt"], 2)
        lines = [line["text"] for line in service.get(f"/export/jobs/{slow}/logs").json["lines"]]
        self.assertIn("the service is ending; the job will be run again", lines)
        for job in (slow, *waiting):
            service.ask("POST", f"/export/jobs/{job}/cancel?force=true")
            self.assertEqual(service.wait(job)["status"], "cancelled")

    def test_a_reload_leaves_what_runs_alone(self):
        service = self.started()
        trainers = (self.folder / "trainers.toml").read_text()
        jobs = [self.submit(service, "slow", number).json["id"] for number in range(5)]
        for job in jobs[:4]:
            service.wait(job, ("running",))
        fake, = re.findall(r'\[\[trainer\]\]\nname = "fake".*?\n\n', trainers, re.DOTALL)
        (self.folder / "trainers.toml").write_text(trainers.replace(fake, ""))
        service.reload()
        self.assertNotIn("fake", [row["framework"] for row in service.get("/export/capabilities").json["frameworks"]])
        refused = self.submit(service, "slow", 9)
        self.assertEqual(refused.status, 400)
        self.assertIn("plain", refused.json["valid_values"])
        for job in jobs[:4]:
            self.assertEqual(service.get(f"/export/jobs/{job}").json["status"], "running")
            service.ask("POST", f"/export/jobs/{job}/cancel?force=true")
            self.assertEqual(service.wait(job)["status"], "cancelled")
        self.assertEqual(service.wait(self.submit(service, "", 10, "plain").json["id"])["status"], "completed")
        self.assertEqual(service.get(f"/export/jobs/{jobs[4]}").json["status"], "pending")
        (self.folder / "trainers.toml").write_text("[[trainer]]\nname = 5\n")
        self.assertIn("stays as it was", service.reload())
        (self.folder / "trainers.toml").write_text(trainers)
        service.reload()
        service.wait(jobs[4], ("running",))
        service.ask("POST", f"/export/jobs/{jobs[4]}/cancel?force=true")
        self.assertEqual(service.wait(jobs[4])["status"], "cancelled")

    def test_says_what_a_reload_did_not_take(self):
        service = self.started("workers = 8\nmax_pending_jobs = 10\n")
        self.assertNotIn("restart", service.reload())
        service.write_settings('workers = 9\nmax_pending_jobs = 1\nmax_log_mb = 2\nlisten = "0.0.0.0:1"\n[http]\nmax_body_kb = 64\n')
        self.assertIn("changed and not taken before a restart: max_log_mb, workers\n", re.sub("workers, max_log_mb", "max_log_mb, workers", service.reload()))
        checkpoint = service.upload(b"weights")["id"]
        ask = lambda number: service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_id": checkpoint, "export_config": {"behave": "slow", "nonce": number}}).status
        self.assertIn(409, [ask(number) for number in range(8)])
        self.assertEqual(service.get("/healthz", Host="rebound.example").status, 421)
        service.write_settings("workers = 8\nmax_pending_jobs = 10\n")
        self.assertNotIn("restart", service.reload())

    def test_a_link_to_a_download_outlives_a_restart_and_is_in_no_log(self):
        settings = f'[http]\ntoken_sha256 = ["{hashlib.sha256(b"t").hexdigest()}"]\n'
        allowed = {"Authorization": "Bearer t"}
        service = self.started(settings)
        checkpoint = service.ask("POST", "/checkpoints", b"weights", allowed).json["id"]
        job = service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_id": checkpoint}, allowed).json["id"]
        while service.get(f"/export/jobs/{job}", **allowed).json["status"] != "completed":
            time.sleep(0.05)
        link = service.ask("POST", f"/export/jobs/{job}/download-link", headers=allowed).json["url"]
        ticket = link.split("ticket=")[1]
        self.assertEqual(service.get(link).status, 200)
        service.stop()
        service = self.started(settings)
        self.assertEqual(service.get(link).status, 200)
        for wrong in (link[:-1], link.replace(ticket[:16], "0" * 16), link.replace(job, job[:-1] + "_"), f"/export/jobs/{job}/logs?ticket={ticket}", f"/export/jobs/{job}?ticket={ticket}"):
            self.assertEqual(service.get(wrong).status, 401, wrong)
        self.assertNotIn(ticket.rsplit(".", 1)[1], service.log())

    def test_limits_how_often_a_client_asks(self):
        service = self.started("[http]\nrequests_per_second = 1\nburst = 5\n")
        answers = [service.get("/healthz") for _ in range(20)]
        limited = [answer for answer in answers if answer.status == 429]
        self.assertTrue(limited)
        self.assertGreaterEqual(int(limited[0].headers["retry-after"]), 1)

    def test_what_is_not_http_does_no_harm(self):
        service = self.started()
        for content in (b"\x00" * 1000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000, b"POST /checkpoints HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        b"\xff\xfe" * 500, b"GET /%ff HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            with socket.create_connection((service.host, service.port), 10) as connection:
                connection.sendall(content)
                connection.shutdown(socket.SHUT_WR)
                self.assertNotIn(b" 200 ", connection.recv(65536).split(b"\r\n")[0])
        self.assertEqual(service.get("/healthz").status, 200)

    def run_serve(self, *line):
        return subprocess.run([str(MODELPORT), "serve", *line], capture_output=True, text=True, timeout=60, cwd=self.folder)

    def test_wrong_arguments_are_told(self):
        (self.folder / "bad.toml").write_text("[http]\nmax_body = 5\n")
        for line, word in ((["--listen", "localhost:1"], "127.0.0.1:8080"), (["--lisen", "x"], "--listen"), (["here"], "here"), (["--config", "bad.toml"], "line 2"), (["--config", "bad.toml"], "did you mean http.max_body_kb"),
                           (["--config", "bad.toml"], "there are http.token_sha256, http.allowed_origins")):
            result = self.run_serve(*line)
            self.assertEqual(result.returncode, 3, result.stderr)
            self.assertIn(word, result.stderr)
        self.assertEqual(self.run_serve("--config", "none.toml").returncode, 1)
        self.assertEqual(self.run_serve("--help").returncode, 0)

    def test_one_process_holds_a_data_directory_and_a_port(self):
        service = self.started()
        second = self.run_serve("--data-dir", str(self.folder / "data"), "--listen", "127.0.0.1:0")
        self.assertEqual(second.returncode, 1, second.stderr)
        third = self.run_serve("--data-dir", str(self.folder / "other"), "--listen", f"127.0.0.1:{service.port}")
        self.assertIn("cannot listen", third.stderr)


if __name__ == "__main__":
    unittest.main()
