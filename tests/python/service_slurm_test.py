"""Exporters as jobs of a real Slurm: what the local runner does with exit codes, cancels, limits and restarts, Slurm's does too."""
import json
import os
import re
import signal
import sys
import tempfile
import time
import unittest

import slurm_cluster
from service import FAKE_EXPORTER, ServiceCase

HUNGRY = """
import sys, time
if "--capabilities" in sys.argv: sys.exit(3)
held = bytearray(500_000_000)
held[::4096] = b"x" * len(held[::4096])
time.sleep(60)
"""


@unittest.skipUnless(slurm_cluster.is_installed(), "Slurm is not on this machine (Debian: slurm-wlm), or this is not root")
class SlurmTest(ServiceCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="modelport-slurm-", ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        cls.cluster = slurm_cluster.Cluster(folder.name).start()
        cls.addClassCleanup(cls.cluster.stop)
        cls.environment = cls.cluster.environment
        python = os.path.realpath(sys.executable)
        hungry = os.path.join(folder.name, "hungry.py")
        with open(hungry, "w") as file:
            file.write(HUNGRY)
        common = 'runner = "slurm"\nslurm_partition = "exports"\nmemory_mb = 200\ngrace_seconds = 1\n'
        cls.trainers = f"""
[[trainer]]
name = "remote"
command = [{json.dumps(python)}, {json.dumps(str(FAKE_EXPORTER))}]
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
            error = self.run_job(behave, status="failed", framework="remote")["error"]
            self.assertEqual((error["code"], error["exit_code"]), (code, exit_code), error)
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

    @unittest.skipUnless(os.environ.get("MODELPORT_TEST_ALL"), "takes longer: MODELPORT_TEST_ALL=1")
    def test_limits(self):
        self.assertEqual(self.run_job("slow", status="failed", framework="short")["error_code"], "timed_out")
        self.assertEqual(self.run_job(status="failed", framework="hungry")["error_code"], "out_of_memory")

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
