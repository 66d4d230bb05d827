#!/usr/bin/env python3
"""What happens around the service: a full disk, a clock that jumps, a database and a store that go away, long queues, readers that do not read."""
import concurrent.futures
import hashlib
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from exporter import SOURCE
from service import Service, ServiceCase

sys.path.insert(0, str(SOURCE / "tests" / "service" / "kills"))
from kill_serve import POSTGRES, Postgres  # noqa: E402

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
RADOSGW = SOURCE / "tests" / "service" / "s3" / "start_radosgw.py"
WHOLE = "MODELPORT_TEST_ALL" in os.environ


class FaultCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="modelport-faults-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.count = 0

    def started(self, settings="", environment=None, folder=None):
        service = Service(folder or self.folder, settings, environment=environment)

        def end():
            if service.process is not None and service.process.poll() is None:
                service.process.kill()
                service.process.wait()
        self.addCleanup(end)
        return service.start()

    def submit(self, service, behave="", **config):
        """The answer to an export that no other one equals."""
        self.count += 1
        return service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_id": self.checkpoint,
                                                    "export_config": {"behave": behave, "nonce": self.count, **config}})

    def run_job(self, service, behave="", **config):
        answer = self.submit(service, behave, **config)
        self.assertEqual(answer.status, 201, answer.body)
        return service.wait(answer.json["id"])

    def is_ready(self, service, part):
        """What /readyz says of the database or of the artifact store, whatever else is missing here."""
        answer = service.get("/readyz")
        ready = {check["name"]: check["ready"] for check in answer.json["checks"]}
        self.assertTrue(ready[part] or answer.status == 503)
        return ready[part]

    def assert_told_without(self, service, part, code, *words):
        """What is wrong is told by its code; the part's own words are in the log alone, once however often it is asked."""
        check, = (each for each in service.get("/readyz").json["checks"] if each["name"] == part)
        self.assertEqual(check["code"], code)
        for word in words:
            self.assertNotIn(word, check["detail"])
        said = [line for line in service.log().splitlines() if f"not ready: {part}" in line]
        self.assertEqual(len(said), len(set(line.split(" - ", 2)[2] for line in said)), said)
        self.assertTrue(said)

    def eventually(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.1)
        return False


class DiskTest(FaultCase):
    def test_a_full_disk_refuses_and_loses_nothing(self):
        disk = Path(self.folder) / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], capture_output=True).returncode != 0:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)])
        service = self.started(folder=disk)
        self.checkpoint = service.upload(b"weights")["id"]
        before = self.run_job(service)
        self.assertEqual(before["status"], "completed")

        filler = disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        for answer in (service.ask("POST", "/checkpoints?name=a.pt", bytes(3_000_000), {"Content-Type": "application/octet-stream"}), self.submit(service)):
            self.assertIn(answer.status, (503, 507), answer.body)
            self.assertEqual(answer.headers["content-type"], "application/problem+json")
            self.assertNotIn(str(disk), answer.body.decode())
        self.assertFalse(self.is_ready(service, "artifact store"))
        self.assertEqual(service.get("/healthz").status, 200)
        self.assertEqual(service.get(f"/export/jobs/{before['id']}").json["status"], "completed")
        self.assertEqual(service.get(f"/export/jobs/{before['id']}/download").status, 200)

        filler.unlink()
        after = self.run_job(service)
        self.assertEqual(after["status"], "completed", after)
        self.assertTrue(self.is_ready(service, "artifact store"))
        # A disk that an exporter fills fails its job, with a reason.
        large = self.run_job(service, megabytes=40)
        self.assertEqual(large["status"], "failed")
        self.assertTrue(large["error_message"])
        self.assertEqual(self.run_job(service)["status"], "completed")
        service.stop()
        service.start()
        self.assertEqual(service.get(f"/export/jobs/{after['id']}").json["sha256"], after["sha256"])


@unittest.skipUnless(FAKETIME.exists(), "libfaketime is not installed")
class ClockTest(FaultCase):
    def test_jumps_of_the_clock_end_no_job_and_hold_none_up(self):
        offset = Path(self.folder) / "offset"
        offset.write_text("+0")
        service = self.started(environment={"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
                                            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"})
        self.checkpoint = service.upload(b"weights")["id"]
        self.assertEqual(self.run_job(service)["status"], "completed")
        for jump in ("+400d", "-30d", "+1h", "-5y"):
            slow = self.submit(service, "slow").json["id"]
            service.wait(slow, ("running",))
            offset.write_text(jump)
            job = self.run_job(service)
            self.assertEqual(job["status"], "completed", f"after {jump}: {job}")
            self.assertEqual(service.get(f"/export/jobs/{slow}").json["status"], "running", jump)
            service.ask("POST", f"/export/jobs/{slow}/cancel?force=true")
            self.assertEqual(service.wait(slow)["status"], "cancelled")
            lines = service.get(f"/export/jobs/{job['id']}/logs").json["lines"]
            self.assertEqual([line["id"] for line in lines], list(range(1, len(lines) + 1)))
        # Set back, it starts again, and forgets no upload that was broken off.
        (Path(self.folder) / "data" / "checkpoints" / ".arriving-left").mkdir()
        service.stop(signal.SIGKILL)
        offset.write_text("-20y")
        service.start()
        self.assertFalse((Path(self.folder) / "data" / "checkpoints" / ".arriving-left").exists())
        self.assertEqual(self.run_job(service)["status"], "completed")
        newest = service.get("/export/jobs?limit=1").json["jobs"][0]
        self.assertEqual(newest["export_config"]["nonce"], self.count, "the order is that of acceptance")


@unittest.skipUnless((POSTGRES / "postgres").exists(), "PostgreSQL is not installed")
class DatabaseTest(FaultCase):
    def test_a_database_that_goes_and_returns_loses_nothing(self):
        Path(self.folder, "database").mkdir()
        os.chmod(self.folder, 0o755)
        postgres = Postgres(str(Path(self.folder, "database")))
        self.addCleanup(lambda: postgres.stop())
        time.sleep(1)
        service = self.started(postgres.settings().replace("lease_seconds = 6", "lease_seconds = 60"))
        self.checkpoint = service.upload(b"weights")["id"]
        before = self.run_job(service)
        self.assertEqual(before["status"], "completed")
        running = self.submit(service, "lines", lines=50).json["id"]
        slow = self.submit(service, "slow").json["id"]
        service.wait(slow, ("running",))
        postgres.stop()
        answer = service.get(f"/export/jobs/{slow}")
        self.assertEqual(answer.status, 503, answer.body)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        self.assertEqual(self.submit(service).status, 503)
        self.assertFalse(self.is_ready(service, "database"))
        self.assert_told_without(service, "database", "unavailable", self.folder, ".s.PGSQL", "server")
        self.assertEqual(service.get("/healthz").status, 200)
        postgres.start()
        self.assertTrue(self.eventually(lambda: self.is_ready(service, "database")))
        self.assertEqual(service.wait(running)["status"], "completed")
        self.assertEqual(service.get(f"/export/jobs/{slow}").json["status"], "running")
        service.ask("POST", f"/export/jobs/{slow}/cancel?force=true")
        self.assertEqual(service.wait(slow)["status"], "cancelled")
        self.assertEqual(self.run_job(service)["status"], "completed")
        self.assertEqual(service.get(f"/export/jobs/{before['id']}").json["sha256"], before["sha256"])


@unittest.skipUnless((POSTGRES / "postgres").exists(), "PostgreSQL is not installed")
class TwoServicesTest(FaultCase):
    def test_a_link_that_one_gave_is_good_at_the_other(self):
        Path(self.folder, "database").mkdir()
        os.chmod(self.folder, 0o755)
        postgres = Postgres(str(Path(self.folder, "database")))
        self.addCleanup(lambda: postgres.stop())
        time.sleep(1)
        settings = postgres.settings().replace('"shared"', json.dumps(f"{self.folder}/shared")) + f'[http]\ntoken_sha256 = ["{hashlib.sha256(b"t").hexdigest()}"]\n'
        folders = [Path(self.folder, name) for name in ("one", "other")]
        for folder in folders:
            folder.mkdir()
        one, other = (self.started(settings, folder=folder) for folder in folders)
        allowed = {"Authorization": "Bearer t"}
        asked = {"framework": "fake", "export_format": "onnx", "checkpoint_id": one.ask("POST", "/checkpoints", b"weights", allowed).json["id"]}
        job = one.ask("POST", "/export/jobs", asked, allowed).json["id"]
        self.assertTrue(self.eventually(lambda: one.get(f"/export/jobs/{job}", **allowed).json["status"] == "completed"))
        for giver, taker in ((one, other), (other, one)):
            link = giver.ask("POST", f"/export/jobs/{job}/download-link", headers=allowed).json["url"]
            self.assertEqual([service.get(link).status for service in (giver, taker)], [200, 200])
            self.assertEqual(taker.get(link[:-1]).status, 401)


class Gate:
    """A TCP proxy that can be closed and opened."""

    def __init__(self, port):
        self.target, self.is_open = port, True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if not self.is_open:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.target))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    def pump(self, source, sink):
        try:
            while self.is_open:
                data = source.recv(65536)
                if not data:
                    break
                sink.sendall(data)
        except OSError:
            pass
        for each in (source, sink):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class StoreTest(FaultCase):
    def test_a_finished_export_waits_for_a_store_that_is_away(self):
        cluster = Path(self.folder) / "cluster"
        started = subprocess.run([sys.executable, str(RADOSGW), "start", str(cluster)], capture_output=True, text=True)
        if started.returncode == 77:
            self.skipTest("radosgw is not installed")
        self.addCleanup(subprocess.run, [sys.executable, str(RADOSGW), "stop", str(cluster)])
        gate = Gate(int(started.stdout.strip().rsplit(":", 1)[1]))
        self.addCleanup(gate.listener.close)
        service = self.started('artifacts = "s3"', {"S3_ENDPOINT": f"http://127.0.0.1:{gate.port}", "S3_BUCKET": "faults", "AWS_ACCESS_KEY_ID": "access",
                                                   "AWS_SECRET_ACCESS_KEY": "secret"})
        self.make_bucket(gate.port)
        self.checkpoint = service.upload(b"weights")["id"]
        self.assertEqual(self.run_job(service)["status"], "completed")
        gate.is_open = False
        waiting = self.submit(service).json["id"]
        self.assertTrue(self.eventually(lambda: service.get(f"/export/jobs/{waiting}").json["phase"] == "uploading"))
        self.assertFalse(self.is_ready(service, "artifact store"))
        self.assert_told_without(service, "artifact store", "unavailable", str(gate.port), "faults", "connect")
        self.assertTrue(self.eventually(lambda: "waits for the store" in service.get(f"/export/jobs/{waiting}/logs").body.decode()))
        gate.is_open = True
        job = service.wait(waiting)
        self.assertEqual((job["status"], job["attempt"]), ("completed", 1), job)
        # Whoever cancels need not wait for the store.
        gate.is_open = False
        given_up = self.submit(service).json["id"]
        self.assertTrue(self.eventually(lambda: service.get(f"/export/jobs/{given_up}").json["phase"] == "uploading"))
        service.ask("POST", f"/export/jobs/{given_up}/cancel?force=true")
        self.assertEqual(service.wait(given_up)["status"], "cancelled")

    def make_bucket(self, port):
        import datetime
        import hashlib
        import hmac
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        empty = hashlib.sha256(b"").hexdigest()
        host = f"127.0.0.1:{port}"
        canonical = f"PUT\n/faults\n\nhost:{host}\nx-amz-content-sha256:{empty}\nx-amz-date:{now}\n\nhost;x-amz-content-sha256;x-amz-date\n{empty}"
        scope = f"{now[:8]}/us-east-1/s3/aws4_request"
        key = b"AWS4secret"
        for part in (now[:8], "us-east-1", "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.request("PUT", "/faults", headers={"x-amz-content-sha256": empty, "x-amz-date": now, "Authorization":
                           f"AWS4-HMAC-SHA256 Credential=access/{scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200, answer.read())


class CrowdTest(FaultCase):
    def test_two_hundred_readers_that_do_not_read_cost_little_and_miss_nothing(self):
        count, lines = (200, 20000) if WHOLE else (200, 3000)
        service = self.started()
        self.checkpoint = service.upload(b"weights")["id"]
        job = self.submit(service, "lines", lines=lines).json["id"]
        readers = []
        for _ in range(count):
            reader = socket.socket()
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect((service.host, service.port))
            self.addCleanup(reader.close)
            reader.sendall(f"GET /export/jobs/{job}/logs HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode())
            readers.append(reader)
        self.assertEqual(service.wait(job)["status"], "completed")
        started = time.monotonic()
        for _ in range(20):
            self.assertEqual(service.get("/export/jobs?limit=1").status, 200, "others are answered meanwhile")
        each = (time.monotonic() - started) / 20
        resident = int((Path("/proc") / str(service.process.pid) / "statm").read_text().split()[1]) * resource.getpagesize()
        self.assertLess(resident, 100e6, "bytes of memory")
        # Half of them wake up and read all of it, half go away.
        for reader in readers[::2]:
            reader.close()
        for reader in readers[1:8:2]:
            text = b""
            reader.settimeout(120)
            while b"event: end" not in text[-400:] and (data := reader.recv(65536)):
                text += data
            ids = [int(line[4:]) for line in text.splitlines() if line.startswith(b"id: ")]
            self.assertEqual(ids, list(range(1, len(ids) + 1)))
            self.assertGreaterEqual(len(ids), lines)
        print(f"slow readers: {count} of {lines} lines, {resident / 1e6:.0f} MB, {each * 1000:.1f} ms for a page of jobs")

    def test_ten_thousand_jobs_wait_their_turn(self):
        count = 10000
        service = self.started("http.burst = 1000000\nhttp.requests_per_second = 1000000\n")
        self.checkpoint = service.upload(b"weights")["id"]
        # Four that do not end keep the rest waiting.
        running = [self.submit(service, "slow").json["id"] for _ in range(4)]
        for job in running:
            service.wait(job, ("running",))

        def accept(numbers):
            connection = service.connect()
            for number in numbers:
                body = json.dumps({"framework": "fake", "export_format": "onnx", "checkpoint_id": self.checkpoint, "export_config": {"nonce": 100000 + number}})
                connection.request("POST", "/export/jobs", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                if answer.status != 201:
                    return answer.read()
                answer.read()
            connection.close()
            return None

        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual([error for error in pool.map(accept, [range(i, count, 8) for i in range(8)]) if error], [])
        accepted = time.monotonic() - started
        oldest = service.get("/export/jobs?status=pending&limit=200")
        self.assertEqual(oldest.status, 200)
        service.stop(signal.SIGKILL)
        started = time.monotonic()
        service.start()
        restarted = time.monotonic() - started
        self.assertLess(restarted, 30)
        metrics = service.get("/metrics").body.decode()
        pending = sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("modelport_jobs{") and "pending" in line)
        self.assertGreaterEqual(pending, count - 8)
        # Those that were interrupted come first again: they were accepted first.
        self.assertTrue(self.eventually(lambda: all(service.get(f"/export/jobs/{job}").json["status"] == "running" for job in running)))
        for job in running:
            service.ask("POST", f"/export/jobs/{job}/cancel?force=true")
        self.assertTrue(self.eventually(lambda: service.get("/export/jobs?status=completed&limit=5").json["jobs"], 120))
        print(f"queue: {count} jobs accepted in {accepted:.1f} s by 8 clients, {restarted:.1f} s to start again with them")


class UnrulyTest(ServiceCase):
    trainers = f"""
[[trainer]]
name = "unruly"
command = ["/bin/sh", "{SOURCE}/tests/service/hostile_exporters/hostile.sh"]
environment = {{ FRAMEWORK = "unruly" }}
formats = ["onnx"]
readable = ["{SOURCE}/tests/service"]
timeout_seconds = 5
grace_seconds = 1
processes = 40
output_mb = 64
"""

    def test_what_never_ends_forks_or_floods_ends_with_its_reason(self):
        for behave, codes in (("ignores_all", ("timed_out",)), ("fork_tree", ("too_many_processes",)), ("log_flood", (None, "timed_out"))):
            with self.subTest(behave):
                job = self.service.wait(self.create(behave, framework="unruly")["id"])
                self.assertIn(job["error_code"], codes, job)
        self.assertEqual(self.run_job()["status"], "completed")


if __name__ == "__main__":
    unittest.main()
