"""The service as a server: who is let in, what is refused, how it starts, reloads and ends."""
import concurrent.futures
import hashlib
import json
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from service import MODELPORT, Service, ServiceCase

TOKEN = "correct horse battery staple"


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
        for line in metrics.body.decode().splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) \S+ .+|[a-z_]+(\{(\w+="[^"]*",?)+\})? -?[0-9.e+-]+)$')
        self.assertIn('modelport_jobs{status="completed"}', metrics.body.decode())

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
        for line, word in ((["--listen", "localhost:1"], "127.0.0.1:8080"), (["--lisen", "x"], "--listen"), (["here"], "here"), (["--config", "bad.toml"], "line 2"), (["--config", "bad.toml"], "http.max_body_kb")):
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
