"""The processes of compose.yaml without Docker: its commands, its configuration, on a PostgreSQL and ports of the test's own."""
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile
from pathlib import Path

import dockerfile
import postgres
from exporter import BUILD, SAMPLE, SOURCE
from service import PATIENCE, Service
from toy_exporter import MODEL, toy, write_python_exporter

YAML = BUILD / "containers-venv" / "bin" / "python"
PASSWORD = "correct horse battery staple"
# The convention's services whose trainers do not exist yet; toy exporters made from the Python template stand in for them.
TO_COME = ("timm", "huggingface")


def read_yaml(path):
    program = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)"
    return json.loads(subprocess.run([YAML, "-c", program, path], check=True, capture_output=True).stdout)


class Process(Service):
    """One service of the file: its entrypoint and command, with the containers' paths replaced by the test's."""

    def __init__(self, folder, command):
        self.folder, self.command, self.process = folder, command, None
        self.log_file = folder / "log"
        folder.mkdir()

    def start(self):
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(r"listening on (?:http://)?127\.0\.0\.1(?::|, port )(\d+)", self.log()):
                self.host, self.port = "127.0.0.1", int(found[1])
                return self
            time.sleep(0.05)
        raise AssertionError(f"{' '.join(self.command)} did not start: {self.log()}")


class Services(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if why := postgres.missing() or ("" if YAML.exists() else f"no {YAML} (./test makes it)"):
            raise unittest.SkipTest(why)
        folder = tempfile.TemporaryDirectory(prefix="modelport-services-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.compose = read_yaml(SOURCE / "compose.yaml")
        told = cls.compose["services"]["database"]["environment"]
        cls.database = postgres.PostgresServer(told["POSTGRES_USER"], told["POSTGRES_DB"], PASSWORD)
        cls.addClassCleanup(cls.database.stop)
        for name in ("data", "secrets", "modelport"):
            (cls.folder / name).mkdir()
        (cls.folder / "secrets/database-password").write_text(PASSWORD)
        cls.write_configuration("service.toml")
        cls.processes = {}
        cls.addClassCleanup(cls.end)
        for name, service in cls.compose["services"].items():
            if "build" in service:
                cls.start(name, cls.command_of(service))
        for name in TO_COME:
            cls.start(f"{name}-trainer", cls.command_of_a_trainer_to_come(name))
        cls.await_frameworks({"ultralytics", *TO_COME})

    @classmethod
    def await_frameworks(cls, wanted):
        """Until the Backend has heard of every service."""
        deadline = time.monotonic() + PATIENCE
        while not wanted <= (known := cls.frameworks_of("backend")):
            if time.monotonic() > deadline:
                raise AssertionError(f"the Backend knows {known} only: {cls.processes['backend'].log()}")
            time.sleep(0.2)

    @classmethod
    def frameworks_of(cls, name):
        path = "/export/capabilities" if name == "backend" else "/capabilities"
        return {row["framework"] for row in cls.processes[name].get(path).json["frameworks"]}

    @classmethod
    def end(cls):
        for process in cls.processes.values():
            process.process.send_signal(signal.SIGTERM)
        for process in cls.processes.values():
            try:
                process.process.wait(60)
            except subprocess.TimeoutExpired:
                process.process.kill()
                process.process.wait()

    @classmethod
    def start(cls, name, command):
        process = Process(cls.folder / name, command)
        process.start()
        cls.processes[name] = process

    @classmethod
    def here(cls, text):
        """A text of the file with what it says of its containers as it is here."""
        for there, here in (("/run/secrets/", f"{cls.folder}/secrets/"), ("/etc/modelport/", f"{cls.folder}/modelport/"), ("/data/", f"{cls.folder}/data/"),
                            ("/opt/modelport/bin/modelport", f"{BUILD}/bin/modelport"), ("/opt/trainer/modelport", f"{BUILD}/bin/modelport"),
                            ("@database/modelport", f"@/modelport?host={cls.database.folder}")):
            text = text.replace(there, here)
        return re.sub(r"^0\.0\.0\.0:\d+$", "127.0.0.1:0", text)

    @classmethod
    def write_configuration(cls, name, more=""):
        path = cls.folder / "modelport" / name
        path.write_text(more + cls.here(cls.compose["configs"]["service"]["content"]))
        return path

    @classmethod
    def command_of(cls, service):
        build = {"context": service["build"]} if isinstance(service["build"], str) else service["build"]
        image = dockerfile.read(SOURCE / build["context"] / build.get("dockerfile", "Dockerfile"))[-1]
        return [cls.here(word) for word in (*service.get("entrypoint", image.command("ENTRYPOINT")), *service["command"])]

    @classmethod
    def command_of_a_trainer_to_come(cls, name):
        """The Ultralytics service's, with another trainer."""
        exporter = write_python_exporter(cls.folder / f"{name}-exporter")
        text = Path(exporter[1]).read_text()
        Path(exporter[1]).write_text(text.replace('FRAMEWORK = "toy"', f'FRAMEWORK = "{name}"').replace('"framework": "toy"', f'"framework": "{name}"'))
        trainers = cls.folder / f"{name}.toml"
        trainers.write_text(f'[[trainer]]\nname = "{name}"\ncommand = [{json.dumps(os.path.realpath(sys.executable))}, {json.dumps(exporter[1])}]\n')
        cls.write_configuration(f"{name}-service.toml", f'trainers = "{trainers}"\n')
        words = cls.command_of(cls.compose["services"]["ultralytics-trainer"])
        return [word.replace("service.toml", f"{name}-service.toml").replace("/data/ultralytics", f"/data/{name}") for word in words]

    def test_every_process_is_well(self):
        self.assertEqual(set(self.processes), {"backend", "ultralytics-trainer", "timm-trainer", "huggingface-trainer"})
        for name, process in self.processes.items():
            with self.subTest(service=name):
                self.assertEqual(process.get("/healthz").status, 200, process.log())
                self.assertEqual(process.get("/readyz").status, 200, process.log())

    def test_each_reads_its_configuration_again(self):
        for name in ("backend", "ultralytics-trainer"):
            process, path = self.processes[name], self.folder / "modelport" / "service.toml"
            before = path.read_text()
            self.addCleanup(path.write_text, before)
            path.write_text(f"max_log_mb = 3\n{before}")
            told = process.reload()
            self.assertIn("read the configuration again", told, name)
            self.assertIn("changed and not taken before a restart: max_log_mb\n", told, name)
            path.write_text(before)
            self.assertNotIn("restart", process.reload(), name)

    def test_each_tells_its_own_capabilities(self):
        for name in TO_COME:
            self.assertEqual(self.frameworks_of(f"{name}-trainer"), {name})
        self.assertEqual(self.frameworks_of("ultralytics-trainer"), {"ultralytics", "yolov5"})

    def test_a_job_of_every_framework(self):
        backend = self.processes["backend"]
        checkpoints = {"ultralytics": SAMPLE.read_bytes(), **{name: toy.pack_checkpoint({**MODEL, "name": name}) for name in TO_COME}}
        jobs = {}
        for framework, content in checkpoints.items():
            asked = {"framework": framework, "export_format": "onnx", "checkpoint_id": backend.upload(content)["id"], "export_config": {}}
            answer = backend.ask("POST", "/export/jobs", asked)
            self.assertEqual(answer.status, 201, answer.body)
            jobs[framework] = answer.json["id"]
        for framework, job in jobs.items():
            with self.subTest(framework=framework):
                ended = backend.wait(job)
                self.assertEqual(ended["status"], "completed", ended)
                with zipfile.ZipFile(io.BytesIO(backend.get(f"/export/jobs/{job}/download").body)) as archive:
                    self.assertEqual(set(archive.namelist()) >= {"model.onnx", "metadata.json"}, True, archive.namelist())
                    self.assertEqual(json.loads(archive.read("metadata.json"))["framework"], framework)
                # Counted by the worker just after the end is on record.
                counted = b"modelport_jobs_completed_total 1\n"
                until = time.monotonic() + 30
                while counted not in (metrics := self.processes[f"{framework}-trainer"].get("/metrics").body) and time.monotonic() < until:
                    time.sleep(0.05)
                self.assertIn(counted, metrics)


if __name__ == "__main__":
    unittest.main()
