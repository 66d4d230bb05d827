"""Exporters as jobs of a real Slurm: what the local runner does with exit codes, cancels, limits and restarts, Slurm's does too."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import slurm_cluster
from service import FAKE_EXPORTER, ServiceCase

MANY = """
import os, sys, time
if "--capabilities" in sys.argv: sys.exit(3)
for number in range(int(os.environ["CHILDREN"])):
    if os.fork() == 0:
        if number % 2:
            os.setsid()
            if os.fork():
                os._exit(0)
        time.sleep(30)
        os._exit(0)
print("all are there", flush=True)
# Of somebody else's children it would wait as well.
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
time.sleep(30 if int(os.environ["CHILDREN"]) else 0)
sys.exit(1)
"""

# The real one, but as a network has it: told to, its job arrives late, or its answer is lost.
SBATCH = """#!/bin/sh
if [ -e "{folder}/late" ]; then rm "{folder}/late"; sleep 3; fi
if [ -e "{folder}/lost" ]; then
  rm "{folder}/lost"
  "{sbatch}" "$@" > /dev/null
  echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2
  exit 1
fi
exec "{sbatch}" "$@"
"""

HUNGRY = """
import sys, time
if "--capabilities" in sys.argv: sys.exit(3)
held = bytearray(500_000_000)
held[::4096] = b"x" * len(held[::4096])
time.sleep(60)
"""


def processes_of(job_id, file="cmdline"):
    """What runs with an attempt's mark: of each process this file of /proc."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"MODELPORT_RUN={job_id}.".encode() in (process / "environ").read_bytes():
                found.append((process / file).read_text())
        except OSError:
            pass
    return found


@unittest.skipUnless(slurm_cluster.is_installed(), "Slurm is not on this machine (Debian: slurm-wlm), or this is not root")
class SlurmTest(ServiceCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="modelport-slurm-", ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        cls.cluster = slurm_cluster.Cluster(folder.name).start()
        cls.addClassCleanup(cls.cluster.stop)
        cls.network = Path(folder.name, "network")
        cls.network.mkdir()
        (cls.network / "sbatch").write_text(SBATCH.format(folder=cls.network, sbatch=shutil.which("sbatch")))
        (cls.network / "sbatch").chmod(0o755)
        cls.environment = {**cls.cluster.environment, "PATH": f"{cls.network}:{os.environ['PATH']}"}
        python = os.path.realpath(sys.executable)
        hungry = os.path.join(folder.name, "hungry.py")
        with open(hungry, "w") as file:
            file.write(HUNGRY)
        many = os.path.join(folder.name, "many.py")
        with open(many, "w") as file:
            file.write(MANY)
        common = 'runner = "slurm"\nslurm_partition = "exports"\nmemory_mb = 200\ngrace_seconds = 1\n'
        cls.trainers = f"""
[[trainer]]
name = "remote"
command = [{json.dumps(python)}, {json.dumps(str(FAKE_EXPORTER))}]
environment = {{ FRAMEWORK = "remote" }}
concurrency = 4
timeout_seconds = 60
{common}
[[trainer]]
name = "short"
command = [{json.dumps(python)}, {json.dumps(str(FAKE_EXPORTER))}]
timeout_seconds = 2
{common}
[[trainer]]
name = "hungry"
command = [{json.dumps(python)}, {json.dumps(hungry)}]
formats = ["onnx"]
{common}
[[trainer]]
name = "many"
command = [{json.dumps(python)}, {json.dumps(many)}]
formats = ["onnx"]
processes = 12
environment = {{ CHILDREN = "16" }}
{common.replace("200", "600")}
[[trainer]]
name = "none"
command = [{json.dumps(python)}, {json.dumps(many)}]
formats = ["onnx"]
processes = 4
environment = {{ CHILDREN = "0" }}
{common}
[[trainer]]
name = "nowhere"
command = [{json.dumps(python)}, {json.dumps(str(FAKE_EXPORTER))}]
{common.replace("exports", "moon")}"""
        super().setUpClass()

    def lines(self, job):
        return [line["text"] for line in self.service.get(f"/export/jobs/{job['id']}/logs").json["lines"]]

    def until(self, condition, message=""):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.1)
        self.fail(f"{message}; {self.cluster.jobs()}")

    def test_runs_to_a_result_with_its_log(self):
        job = self.run_job("lines", framework="remote", config={"behave": "lines", "lines": 50})
        told = self.lines(job)
        self.assertTrue(any(re.fullmatch(r"Slurm job \d+", line) for line in told), told)
        self.assertEqual([line for line in told if line.startswith("line ")], [f"line {number}" for number in range(50)])
        self.assertEqual(self.service.get(f"/export/jobs/{job['id']}/download").status, 200)
        self.assertEqual([path.name for path in (self.service.folder / "data" / "work").iterdir() if path.suffix == ".slurm"], [])

    def test_exit_codes_mean_what_they_mean_here(self):
        for behave, code, exit_code in (("fail", "export_failed", 1), ("invalid", "validation_failed", 2), ("configuration", "configuration_error", 3)):
            job = self.run_job(behave, status="failed", framework="remote")
            self.assertEqual((job["error"]["code"], job["error"]["exit_code"], job["attempt"]), (code, exit_code, 1), job)
        self.assertIn("layer 7 holds", self.run_job("fail", status="failed", framework="remote")["error_message"])

    def test_arguments_are_no_shell_text(self):
        config = {"behave": "", "note": "it's $(touch never) `id` \"x\" \\ \n;"}
        job = self.run_job(framework="remote", config=config)
        self.assertEqual(job["export_config"], config)
        self.assertEqual(job["export_results"]["export_config"], config)

    def test_a_cancel_reaches_it(self):
        job = self.create("slow", framework="remote")
        self.until(lambda: any("still at it" in line for line in self.lines(job)), "the log is not followed")
        self.service.ask("POST", f"/export/jobs/{job['id']}/cancel")
        self.assertEqual(self.service.wait(job["id"])["status"], "cancelled")
        self.until(lambda: not any(job["id"] in line for line in self.cluster.jobs()), "it runs on")
        self.assertEqual(processes_of(job["id"]), [])

    def test_too_many_processes_end_it(self):
        error = self.run_job(status="failed", framework="many")["error"]
        self.assertEqual(error["code"], "too_many_processes", error)
        # One that waits for all its children waits for none of ours.
        began = time.monotonic()
        self.assertEqual(self.run_job(status="failed", framework="none")["error"]["exit_code"], 1)
        self.assertLess(time.monotonic() - began, 25)
        self.until(lambda: not subprocess.run(["pgrep", "-f", "many.py"], capture_output=True).stdout, "some of it runs on")

    @unittest.skipUnless(os.environ.get("MODELPORT_TEST_ALL"), "takes longer: MODELPORT_TEST_ALL=1")
    def test_limits(self):
        self.assertEqual(self.run_job("slow", status="failed", framework="short")["error_code"], "timed_out")
        self.assertEqual(self.run_job(status="failed", framework="hungry")["error_code"], "out_of_memory")

    def test_a_job_whose_number_was_lost_is_found(self):
        (self.network / "lost").touch()
        job = self.run_job(framework="remote")
        self.assertFalse((self.network / "lost").exists())
        told = [line for line in self.lines(job) if re.fullmatch(r"Slurm job \d+", line)]
        self.assertEqual((job["attempt"], len(told)), (1, 1), self.lines(job))

    @unittest.skipUnless(os.environ.get("MODELPORT_TEST_ALL"), "takes longer: MODELPORT_TEST_ALL=1")
    def test_a_job_that_arrives_after_a_kill_exports_nothing(self):
        (self.network / "late").touch()
        job = self.create("slow", framework="remote")
        self.until(lambda: not (self.network / "late").exists(), "it is not submitted")
        self.service.stop(signal.SIGKILL)
        self.service.start()
        self.until(lambda: any(f"{job['id']}.2 RUNNING" == line for line in self.cluster.jobs()), "it is not run again")
        time.sleep(4)
        self.assertFalse([line for line in self.cluster.jobs() if f"{job['id']}.1 RUNNING" == line])
        attempts = {word for line in processes_of(job["id"], "environ") for word in line.split("\0") if word.startswith("MODELPORT_RUN=")}
        self.assertEqual(attempts, {f"MODELPORT_RUN={job['id']}.2"})
        self.service.ask("POST", f"/export/jobs/{job['id']}/cancel?force=true")
        self.assertEqual(self.service.wait(job["id"])["status"], "cancelled")

    @unittest.skipUnless(os.environ.get("MODELPORT_TEST_ALL"), "takes longer: MODELPORT_TEST_ALL=1")
    def test_a_node_that_fails_has_it_run_again(self):
        job = self.create("slow", framework="remote")
        self.until(lambda: any(f"{job['id']}.1 RUNNING" == line for line in self.cluster.jobs()), "it does not run")
        node = self.cluster.ask("sinfo", "--noheader", "--format=%n").stdout.strip()
        self.cluster.ask("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=test")
        self.until(lambda: any("NODE_FAIL" in line for line in self.lines(job)), "nothing is said of the node")
        self.cluster.ask("scontrol", "update", f"NodeName={node}", "State=RESUME")
        self.until(lambda: any(f"{job['id']}.2" in line for line in self.cluster.jobs()), "it is not run again")
        self.service.ask("POST", f"/export/jobs/{job['id']}/cancel?force=true")
        self.assertEqual(self.service.wait(job["id"])["status"], "cancelled")

    @unittest.skipUnless(os.environ.get("MODELPORT_TEST_ALL"), "takes longer: MODELPORT_TEST_ALL=1")
    def test_a_controller_that_is_away_is_asked_again(self):
        self.cluster.daemons[0].terminate()
        self.cluster.daemons[0].wait(30)
        job = self.create(framework="remote")
        self.until(lambda: any("does not answer" in line for line in self.lines(job)), "nothing is said of it")
        self.cluster.start_daemon("slurmctld", 0)
        done = self.service.wait(job["id"])
        self.assertEqual((done["status"], done["attempt"]), ("completed", 1), self.lines(job))

    def test_what_slurm_refuses_is_told(self):
        error = self.run_job(status="failed", framework="nowhere")["error"]
        self.assertEqual(error["code"], "cannot_start")
        self.assertIn("partition", error["message"])

    @unittest.skipUnless(os.environ.get("MODELPORT_TEST_ALL"), "takes longer: MODELPORT_TEST_ALL=1")
    def test_a_restart_ends_it_and_runs_it_again(self):
        job = self.create("slow", framework="remote")
        self.until(lambda: any(job["id"] in line and "RUNNING" in line for line in self.cluster.jobs()), "it does not run")
        self.service.stop(signal.SIGKILL)
        self.service.start()
        self.until(lambda: [line.split()[0] for line in self.cluster.jobs() if job["id"] in line] == [f"{job['id']}.2"], "the first attempt runs on, or the second does not")
        self.service.ask("POST", f"/export/jobs/{job['id']}/cancel?force=true")
        self.assertEqual(self.service.wait(job["id"])["status"], "cancelled")


if __name__ == "__main__":
    unittest.main()
