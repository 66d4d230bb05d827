"""Starts `modelport serve` with trainers of its own and speaks HTTP with it."""
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

from exporter import BUILD, SAMPLE, SOURCE

MODELPORT = BUILD / "bin" / "modelport"
FAKE_EXPORTER = Path(__file__).resolve().parent / "fake_exporter.py"
PLAIN_EXPORTER = SOURCE / "tests" / "service" / "exporters" / "plain.sh"
ENDED = ("completed", "failed", "cancelled")
PATIENCE = 120


class Answer:
    """An answer, read whole."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


class Service:
    """One running service. `settings` is the text of service.toml after the part about trainers' and roots' places."""

    def __init__(self, folder, settings="", trainers="", listen="127.0.0.1:0", environment=None):
        self.folder = Path(folder)
        self.log_file = self.folder / "service.log"
        (self.folder / "trainers.toml").write_text(f"""
[[trainer]]
name = "fake"
command = [{json.dumps(os.path.realpath(sys.executable))}, {json.dumps(str(FAKE_EXPORTER))}]
concurrency = 4
grace_seconds = 1
timeout_seconds = 60

[[trainer]]
name = "plain"
command = ["/bin/sh", {json.dumps(str(PLAIN_EXPORTER))}]
formats = ["onnx", "coreml"]
task_types = ["classification"]
default_format = "onnx"
concurrency = 2

[[trainer]]
name = "ultralytics"
command = [{json.dumps(str(BUILD / "bin" / "modelport-ultralytics"))}]
concurrency = 2
{trainers}""")
        (self.folder / "roots").mkdir(exist_ok=True)
        self.settings = settings
        self.write_settings(settings)
        self.listen, self.environment = listen, environment or {}
        self.process = None

    def write_settings(self, settings):
        (self.folder / "service.toml").write_text(f'data_dir = "data"\ntrainers = "trainers.toml"\ncheckpoint_roots = ["roots"]\nshutdown_grace_seconds = 5\n{settings}')

    def start(self):
        log = open(self.log_file, "ab")
        begin = log.tell() if self.log_file.exists() else 0
        self.process = subprocess.Popen([str(MODELPORT), "serve", "--config", str(self.folder / "service.toml"), "--listen", self.listen],
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.environment})
        log.close()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = re.findall(r"listening on http://(\S+):(\d+)", self.log()[begin:])
            if found:
                self.host, self.port = found[-1][0].strip("[]"), int(found[-1][1])
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"the service did not start: {self.log()}")

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def stop(self, number=signal.SIGTERM, wait=60):
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else None
        self.process.send_signal(number)
        return self.process.wait(wait)

    def reload(self):
        """SIGHUP, until the log says what came of it: the lines since then."""
        begin = len(self.log())
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while not re.search("read the configuration again|stays as it was|not all of the configuration", told := self.log()[begin:]):
            assert time.monotonic() < deadline and self.process.poll() is None, told
            time.sleep(0.02)
        time.sleep(0.1)
        return self.log()[begin:]

    def connect(self, timeout=PATIENCE):
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def upload(self, content, name="best.pt", kind="file"):
        if isinstance(content, Path):
            content = content.read_bytes()
        answer = self.ask("POST", f"/checkpoints?name={urllib.parse.quote(name)}&kind={kind}", content, {"Content-Type": "application/octet-stream"})
        assert answer.status == 201, answer.body
        return answer.json

    def wait(self, job_id, statuses=ENDED):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            job = self.get(f"/export/jobs/{job_id}").json
            if job["status"] in statuses:
                return job
            time.sleep(0.05)
        raise AssertionError(f"the job is {job['status']} still: {job}")

    def events(self, path, last_id=None, headers=None):
        return EventStream(self, path, last_id, headers)


class EventStream:
    """Server-sent events of one connection, as a browser takes them apart."""

    def __init__(self, service, path, last_id=None, headers=None):
        self.connection = service.connect()
        more = {"Accept": "text/event-stream", **(headers or {})}
        if last_id is not None:
            more["Last-Event-ID"] = str(last_id)
        self.connection.request("GET", path, headers=more)
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.raw = b""
        if self.status != 200:
            self.close()

    def __iter__(self):
        event = {"data": []}
        while True:
            line = self.response.readline()
            if not line:
                self.close()
                return
            self.raw += line
            text = line.decode().rstrip("\n")
            if text == "":
                if event["data"]:
                    yield {"id": event.get("id"), "event": event.get("event", "message"), "data": json.loads("\n".join(event["data"]))}
                event = {"data": []}
            elif not text.startswith(":"):
                name, _, value = text.partition(": ")
                if name == "data":
                    event["data"].append(value)
                else:
                    event[name] = value

    def close(self):
        self.connection.close()


class ServiceCase(unittest.TestCase):
    """Tests that share one service; `settings` and `trainers` are a class's own."""
    settings = ""
    trainers = ""
    environment = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="modelport-service-")
        cls.addClassCleanup(folder.cleanup)
        cls.service = Service(folder.name, cls.settings, cls.trainers, environment=cls.environment)
        cls.addClassCleanup(cls.end_service)
        cls.service.start()

    @classmethod
    def end_service(cls):
        if cls.service.process is not None and cls.service.process.poll() is None:
            cls.service.process.kill()
            cls.service.process.wait()

    def checkpoint(self, content=b"weights"):
        return self.service.upload(content)["id"]

    def create(self, behave="", framework="fake", export_format="onnx", expect=201, headers=None, config=None, **fields):
        """Asks for an export; every one has a configuration of its own, so that no stored artifact answers it."""
        type(self).count = getattr(type(self), "count", 0) + 1
        if config is None:
            config = {"behave": behave, "nonce": self.count}
        if "checkpoint_id" not in fields and "checkpoint_path" not in fields:
            fields["checkpoint_id"] = self.checkpoint()
        answer = self.service.ask("POST", "/export/jobs", {"framework": framework, "export_format": export_format, "export_config": config, **fields}, headers)
        self.assertEqual(answer.status, expect, answer.body)
        return answer.json

    def run_job(self, behave="", status="completed", **fields):
        job = self.service.wait(self.create(behave, **fields)["id"])
        self.assertEqual(job["status"], status, job)
        return job

    def assert_problem(self, answer, status, code=None):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        problem = answer.json
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["detail"])
        self.assertEqual(problem["request_id"], answer.headers["x-request-id"])
        if code:
            self.assertEqual(problem["code"], code)
        return problem
