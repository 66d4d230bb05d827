#!/usr/bin/env python3
"""Kills `modelport serve` at random instants and holds it to its promises through HTTP alone.

    kill_serve.py [--minutes 10] [--database sqlite|postgres] [--seed N] [--modelport PATH]

A few clients submit exports, cancel, retry, delete, choose defaults and read logs the whole time; every 0.05 to 3 seconds the service gets SIGKILL
(sometimes right after its start, so that recovery is cut short too) and is started again. What a client was told is kept, and compared after every
start and at the end:

    every accepted job ends; what ended never changes; a key makes one job; a completed job has one result, with the recorded sha256 and length;
    a deleted job stays deleted; one default per training with a completed export, none without; log ids rise by one; no two attempts at one job
    overlap; and at the end no process, work directory, log, unfinished file or artifact is left that no job needs.

Exit code 0: nothing was found; 1: something was (every line that starts with WRONG); 2: it could not be tried."""
import argparse
import collections
import hashlib
import http.client
import json
import os
import pwd
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EXPORTER = ROOT / "tests" / "service" / "exporters" / "exclusive.sh"
POSTGRES = Path("/usr/lib/postgresql/15/bin")
ENDED = ("completed", "failed", "cancelled")
# What a client asks for, and how such a job may end when nobody cancels it.
BEHAVIOURS = {"companion": {"completed"}, "exit1": {"failed"}, "daemon": {"completed"}, "flood": {"completed"}, "slow": set()}
CLIENTS = 4
# The fields of a job that ended which never change again.
FIXED = ("id", "status", "completed_at", "started_at", "error_message", "export_format", "training_job_id", "version", "version_tag", "created_at", "attempt",
         "file_size_mb", "sha256")


class Away(Exception):
    """The service did not answer, or not whole: it was killed, or is not there yet."""


class Postgres:
    """A server of its own, unprivileged, on a socket in a temporary directory."""

    def __init__(self, folder):
        self.folder = Path(folder) / "postgres"
        self.folder.mkdir()
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        os.chmod(folder, 0o755)
        os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        (self.folder / "password").write_text("correct horse\n")
        os.chown(self.folder / "password", self.user.pw_uid, self.user.pw_gid)
        self.run("initdb", "--no-sync", "--auth=scram-sha-256", f"--pwfile={self.folder}/password", "--username=tester", "--encoding=UTF8", "--locale=C.UTF-8",
                 str(self.folder / "data")).wait()
        self.start()

    def start(self):
        self.process = self.run("postgres", "-D", str(self.folder / "data"), "-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}", "-c", "fsync=off")

    def run(self, program, *arguments):
        def become():
            if os.geteuid() == 0:
                os.setgid(self.user.pw_gid)
                os.setuid(self.user.pw_uid)
        with open(self.folder.parent / "postgres.log", "ab") as log:
            return subprocess.Popen([str(POSTGRES / program), *arguments], preexec_fn=become, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def settings(self):
        return f'shared_dir = "shared"\nlease_seconds = 6\n[database]\nurl = "host={self.folder} user=tester dbname=postgres"\npassword_file = "{self.folder}/password"\n'

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()


class Service:
    def __init__(self, folder, modelport, settings):
        self.folder, self.modelport = Path(folder), modelport
        self.marks = self.folder / "marks"
        self.marks.mkdir()
        (self.folder / "trainers.toml").write_text(f"""[[trainer]]
name = "plain"
command = ["/bin/sh", "{EXPORTER}"]
formats = ["onnx"]
task_types = ["classification"]
default_format = "onnx"
concurrency = 3
grace_seconds = 1
sandbox = "process"
environment = {{ MARKS = "{self.marks}", PAUSE = "0.1" }}
""")
        (self.folder / "service.toml").write_text('data_dir = "data"\ntrainers = "trainers.toml"\nmax_attempts = 100\n' + settings)
        self.port, self.process, self.starts = 0, None, 0

    def start(self):
        """Gives whether it came as far as listening."""
        self.starts += 1
        log = open(self.folder / "service.log", "ab")
        begin = log.tell()
        self.process = subprocess.Popen([self.modelport, "serve", "--config", str(self.folder / "service.toml"), "--listen", f"127.0.0.1:{self.port}"],
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()

    def wait_until_it_listens(self, begin):
        while self.process.poll() is None:
            found = re.findall(r"listening on http://127.0.0.1:(\d+)", self.log()[begin:])
            if found:
                self.port = int(found[-1])
                return True
            time.sleep(0.01)
        return False

    def log(self):
        file = self.folder / "service.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, method, path, body=None, headers=None):
        """Status and body; Away unless all of it came."""
        headers = dict(headers or {})
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Away(str(error)) from error
        finally:
            connection.close()

    def job(self, job_id):
        status, body = self.ask("GET", f"/export/jobs/{job_id}")
        return json.loads(body) if status == 200 else status


class Ledger:
    """What clients were told. Every method may be called from any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.wrong = []
        self.jobs = {}  # Accepted: id -> behaviour.
        self.keys = {}  # Idempotency key -> (request, id or None while no answer came).
        self.ends = {}  # Id -> the fixed part of a job that was seen to have ended.
        self.cancelled, self.removing, self.removed = set(), set(), set()
        self.counts = collections.Counter()

    def complain(self, text):
        with self.lock:
            self.wrong.append(text)
        print(f"WRONG: {text}", flush=True)

    def accepted(self, key, job_id, behaviour):
        with self.lock:
            before = self.keys[key][1]
            self.keys[key] = (self.keys[key][0], job_id)
            self.jobs[job_id] = behaviour
        if before not in (None, job_id):
            self.complain(f"key {key} made {before} and {job_id}")

    def see(self, job):
        """A job as it was answered."""
        if job["status"] not in ENDED:
            with self.lock:
                was = self.ends.get(job["id"])
            if was:
                self.complain(f"{job['id']} had ended {was['status']} and is {job['status']}")
            return
        fixed = {name: job.get(name) for name in FIXED}
        with self.lock:
            before = self.ends.setdefault(job["id"], fixed)
            behaviour = self.jobs.get(job["id"])
            may = BEHAVIOURS[behaviour] | ({"cancelled"} if job["id"] in self.cancelled else set()) if behaviour else set(ENDED)
        if before != fixed:
            self.complain(f"{job['id']} has changed since it ended: {before} -> {fixed}")
        if job["status"] not in may:
            self.complain(f"{job['id']} ({behaviour}) is {job['status']}: {job.get('error_message')}")


class Client(threading.Thread):
    """Does at random what a client may do, until it is told to end."""

    def __init__(self, number, service, ledger, seed):
        super().__init__(daemon=True)
        self.number, self.service, self.ledger = number, service, ledger
        self.random = random.Random(f"{seed}-{number}")
        self.ending = threading.Event()
        self.asked = 0

    def run(self):
        steps = [(self.submit, 5), (self.look, 6), (self.repeat, 2), (self.cancel, 2), (self.download, 3), (self.read_log, 2), (self.set_default, 1), (self.remove, 1)]
        while not self.ending.is_set():
            step = self.random.choices([each for each, _ in steps], [weight for _, weight in steps])[0]
            try:
                step()
            except Away:
                time.sleep(0.02)
            except Exception as error:  # A fault of this script must not end the client silently.
                self.ledger.complain(f"client: {type(error).__name__}: {error}")
            time.sleep(self.random.uniform(0, 0.1))

    def checkpoint(self):
        status, body = self.service.ask("POST", "/checkpoints?name=model.pt", f"weights {self.random.randrange(5)}".encode(), {"Content-Type": "application/octet-stream"})
        if status != 201:
            raise Away(body)
        return json.loads(body)["id"]

    def submit(self):
        with self.ledger.lock:
            active = len(self.ledger.jobs) - len(self.ledger.ends)
        if active > 30:
            return self.look()
        self.asked += 1
        key, behaviour = f"client-{self.number}-{self.asked}", self.random.choice(list(BEHAVIOURS))
        request = {"framework": "plain", "export_format": "onnx", "checkpoint_id": self.checkpoint(), "training_job_id": f"training-{self.random.randrange(8)}",
                   "version_tag": key, "set_as_default": self.random.random() < 0.2, "export_config": {"behave": behaviour, "variant": self.random.randrange(20)}}
        with self.ledger.lock:
            self.ledger.keys[key] = (request, None)
        self.send(key, request)

    def send(self, key, request):
        status, body = self.service.ask("POST", "/export/jobs", request, {"Idempotency-Key": key})
        if status in (200, 201):
            self.ledger.counts["submissions answered"] += 1
            self.ledger.accepted(key, json.loads(body)["id"], request["export_config"]["behave"])
        elif status not in (429, 503):
            self.ledger.complain(f"a submission was answered {status}: {body[:300]!r}")

    def repeat(self):
        """The same again with the same key: of a submission that was cut off, or of one that was not."""
        with self.ledger.lock:
            own = [(key, request) for key, (request, job_id) in self.ledger.keys.items()
                   if key.startswith(f"client-{self.number}-") and job_id not in self.ledger.removing]
        if own:
            self.send(*self.random.choice(own))

    def pick(self, among):
        with self.ledger.lock:
            known = [job_id for job_id in among() if job_id not in self.ledger.removing]
        return self.random.choice(known) if known else None

    def look(self):
        job_id = self.pick(lambda: self.ledger.jobs)
        if job_id is None:
            return
        job = self.service.job(job_id)
        if isinstance(job, dict):
            self.ledger.see(job)
        elif job == 404 and job_id not in self.ledger.removing:
            self.ledger.complain(f"{job_id} was accepted and is not known")

    def cancel(self):
        job_id = self.pick(lambda: [job for job in self.ledger.jobs if job not in self.ledger.ends])
        if job_id is None:
            return
        with self.ledger.lock:
            self.ledger.cancelled.add(job_id)
        self.service.ask("POST", f"/export/jobs/{job_id}/cancel{self.random.choice(['', '?force=true'])}")

    def completed(self):
        return self.pick(lambda: [job_id for job_id, end in self.ledger.ends.items() if end["status"] == "completed"])

    def download(self):
        job_id = self.completed()
        if job_id:
            check_result(self.service, self.ledger, job_id)

    def read_log(self):
        job_id = self.pick(lambda: self.ledger.jobs)
        if job_id:
            check_log(self.service, self.ledger, job_id)

    def set_default(self):
        job_id = self.completed()
        if job_id:
            self.service.ask("POST", f"/export/jobs/{job_id}/set-default")

    def remove(self):
        job_id = self.pick(lambda: self.ledger.ends)
        if job_id is None:
            return
        with self.ledger.lock:
            self.ledger.removing.add(job_id)
        status, body = self.service.ask("DELETE", f"/export/jobs/{job_id}")
        if status in (200, 204):
            with self.ledger.lock:
                self.ledger.removed.add(job_id)
        elif status not in (404, 503):
            self.ledger.complain(f"removing {job_id} was answered {status}: {body[:300]!r}")


def check_result(service, ledger, job_id):
    job = service.job(job_id)
    if not isinstance(job, dict):
        return
    ledger.see(job)
    status, body = service.ask("GET", f"/export/jobs/{job_id}/download")
    if job_id in ledger.removing or status == 503:
        return
    if status != 200:
        return ledger.complain(f"the result of {job_id} is answered {status}: {body[:200]!r}")
    ledger.counts["downloads compared"] += 1
    if hashlib.sha256(body).hexdigest() != sha256_of(job):
        ledger.complain(f"the result of {job_id} is not what was recorded")


def sha256_of(job):
    return job.get("sha256") or (job.get("artifact") or {}).get("sha256")


def check_log(service, ledger, job_id):
    status, body = service.ask("GET", f"/export/jobs/{job_id}/logs?limit=1000")
    if status != 200:
        return
    ids = [line["id"] for line in json.loads(body)["lines"]]
    if ids != list(range(1, len(ids) + 1)):
        ledger.complain(f"the log of {job_id} counts {ids[:20]}")


def all_jobs(service):
    jobs, cursor = [], ""
    while True:
        status, body = service.ask("GET", f"/export/jobs?limit=200{'&cursor=' + urllib.parse.quote(cursor) if cursor else ''}")
        if status != 200:
            raise Away(body)
        page = json.loads(body)
        jobs += page["jobs"]
        cursor = page.get("next_cursor")
        if not cursor:
            return jobs


def settle(service, ledger):
    """Ends what would not end by itself and waits for the rest; gives all jobs."""
    deadline = time.monotonic() + 300
    while True:
        jobs = all_jobs(service)
        active = [job for job in jobs if job["status"] not in ENDED]
        for job in active:
            if ledger.jobs.get(job["id"]) == "slow" or job["export_config"].get("behave") == "slow":
                ledger.cancelled.add(job["id"])
                service.ask("POST", f"/export/jobs/{job['id']}/cancel?force=true")
        if not active:
            return jobs
        if time.monotonic() > deadline:
            ledger.complain(f"after five minutes of rest {len(active)} jobs have not ended: {[(job['id'], job['status'], job.get('phase')) for job in active[:5]]}")
            return jobs
        time.sleep(0.2)


def processes_of_runs(folder):
    """Processes that carry a run's mark, or were started beneath the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in entry.read_bytes() and b"MODELPORT_RUN=" in entry.read_bytes():
                found.append((entry.parent.name, (entry.parent / "cmdline").read_bytes().replace(b"\0", b" ")))
        except OSError:
            continue
    return found


def check_everything(service, ledger, has_shared):
    jobs = settle(service, ledger)
    known = {job["id"]: job for job in jobs}
    for job in jobs:
        ledger.see(job)
    for job_id in ledger.jobs:
        if job_id not in known and job_id not in ledger.removing:
            ledger.complain(f"{job_id} was accepted and is gone")
    for job_id in ledger.removed & set(known):
        ledger.complain(f"{job_id} was deleted and is back")
    tags = collections.Counter(job["version_tag"] for job in jobs)
    for tag, count in tags.items():
        if count > 1:
            ledger.complain(f"key {tag} made {count} jobs")
    checkpoints = collections.defaultdict(set)
    for job in jobs:
        checkpoints[job["training_job_id"], job["version"]].add(job["checkpoint_id"] or job["checkpoint_path"])
    for version, known_as in checkpoints.items():
        if len(known_as) > 1:
            ledger.complain(f"{version} is the version of {len(known_as)} checkpoints")
    for training, export_format in {(job["training_job_id"], job["export_format"]) for job in jobs}:
        own = [job for job in jobs if (job["training_job_id"], job["export_format"]) == (training, export_format)]
        defaults, completed = sum(job["is_default"] for job in own), any(job["status"] == "completed" for job in own)
        if defaults != int(completed):
            ledger.complain(f"{training} has {defaults} defaults for {export_format}")
    for job in jobs:
        if job["status"] == "completed":
            check_result(service, ledger, job["id"])
        check_log(service, ledger, job["id"])
    if (service.marks / "overlap").exists():
        ledger.complain(f"attempts overlapped: {(service.marks / 'overlap').read_text()}")
    return known


def check_leftovers(service, ledger, known, data, shared):
    """After an orderly end and one more start, which collects what there is to collect."""
    for process in processes_of_runs(service.folder):
        ledger.complain(f"a process lived on: {process}")
    left = [path.name for path in (data / "work").iterdir()] if (data / "work").exists() else []
    if left:
        ledger.complain(f"work directories are left: {left}")
    for log in (shared / "logs").glob("*.log"):
        if log.stem not in known:
            ledger.complain(f"a log of no job: {log}")
    keys = [path.relative_to(shared / "artifacts").as_posix() for path in (shared / "artifacts").rglob("*") if path.is_file()]
    made = {key.split(".")[0] for key in keys}
    for key in keys:
        # The job that made it may be gone while another one was given the same artifact.
        if not re.fullmatch(r"job_\w+\.\d+\.zip", key):
            ledger.complain(f"an unfinished file: {key}")
    digests = {hashlib.sha256((shared / "artifacts" / key).read_bytes()).hexdigest() for key in keys}
    wanted = {sha256_of(job) for job in known.values() if job["status"] == "completed"}
    if wanted - digests:
        ledger.complain(f"results are missing: {wanted - digests}")
    if digests - wanted:
        ledger.complain(f"artifacts of no job: {digests - wanted}")
    if len(made) != len(keys):
        ledger.complain("a job has more than one artifact")
    unfinished = [str(path) for path in data.rglob(".arriving-*")]
    if unfinished:
        ledger.complain(f"unfinished files: {unfinished}")


def try_it(options, folder):
    postgres = Postgres(folder) if options.database == "postgres" else None
    service = Service(folder, options.modelport, postgres.settings() if postgres else "")
    ledger, chance = Ledger(), random.Random(options.seed)
    clients = [Client(number, service, ledger, options.seed) for number in range(CLIENTS)]
    until, kills, early = time.monotonic() + options.minutes * 60, 0, 0
    try:
        deadline, begin = time.monotonic() + 60, 0
        service.start()
        while not service.wait_until_it_listens(begin):  # PostgreSQL may not answer yet.
            if time.monotonic() > deadline:
                print(f"the service does not start: {service.log()}", file=sys.stderr)
                return 2
            begin = (service.folder / "service.log").stat().st_size
            service.start()
        for client in clients:
            client.start()
        next_check = time.monotonic() + 60
        while time.monotonic() < until and len(ledger.wrong) < 20:
            time.sleep(chance.choice([chance.uniform(0.05, 0.4), chance.uniform(0.3, 3)]))
            if service.process.poll() is not None:
                ledger.complain(f"the service ended by itself with {service.process.returncode}: {service.log()[-2000:]}")
            service.kill()
            kills += 1
            begin = (service.folder / "service.log").stat().st_size
            service.start()
            if chance.random() < 0.2:  # Again while it starts.
                time.sleep(chance.uniform(0, 0.4))
                service.kill()
                kills, early = kills + 1, early + 1
                begin = (service.folder / "service.log").stat().st_size
                service.start()
            if not service.wait_until_it_listens(begin):
                ledger.complain(f"it does not start again: {service.log()[begin:]}")
                break
            if time.monotonic() > next_check:
                next_check = time.monotonic() + 60
                print(f"{kills} kills, {early} of them while it started; {len(ledger.jobs)} jobs accepted, {len(ledger.ends)} ended, {dict(ledger.counts)}", flush=True)
        for client in clients:
            client.ending.set()
        for client in clients:
            client.join()
        known = check_everything(service, ledger, postgres is not None)
        # An orderly end and another start, which collects what was left behind.
        service.process.send_signal(signal.SIGTERM)
        if service.process.wait(60) != 0:
            ledger.complain(f"an orderly end gives {service.process.returncode}")
        begin = (service.folder / "service.log").stat().st_size
        service.start()
        service.wait_until_it_listens(begin)
        time.sleep(1)
        check_leftovers(service, ledger, known, service.folder / "data", service.folder / ("shared" if postgres else "data"))
        print(f"random kills survived: {kills}, {early} of them during a start, in {options.minutes:g} minutes on {options.database}; "
              f"{len(ledger.jobs)} jobs accepted, {len(ledger.removed)} deleted, {ledger.counts['downloads compared']} downloads compared; {len(ledger.wrong)} wrong")
    finally:
        for client in clients:
            client.ending.set()
        if service.process is not None and service.process.poll() is None:
            service.kill()
        if postgres:
            postgres.stop()
        if ledger.wrong:
            kept = Path(tempfile.mkdtemp(prefix="modelport-kills-kept-"))
            shutil.copy(service.folder / "service.log", kept)
            print(f"the service's log is kept in {kept}")
    return 1 if ledger.wrong else 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    arguments.add_argument("--modelport", default=str(ROOT / "build" / "bin" / "modelport"))
    options = arguments.parse_args()
    if not Path(options.modelport).exists() or (options.database == "postgres" and not (POSTGRES / "postgres").exists()):
        print("modelport or PostgreSQL is missing", file=sys.stderr)
        return 2
    print(f"seed {options.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="modelport-kills-"))
    try:
        return try_it(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
