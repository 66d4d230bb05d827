"""What the service itself finds of an export, whatever its exporter claims, and when the store may answer for it."""
import io
import json
import os
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

from exporter import BUILD, SAMPLE, SOURCE
from service import ServiceCase

REAL = BUILD / "bin" / "modelport-ultralytics"
ARTIFACTS = SOURCE / "tests" / "service" / "exporters" / "artifacts"

# An exporter whose export_config says what it does to an honest export of its own, before it claims that all is proven.
LIAR = f"""
import json, os, pathlib, subprocess, sys
import helper
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
if "--checkpoint_path" not in given:
    sys.exit(3)
output, config = pathlib.Path(given["--output_dir"]), json.loads(given.get("--export_config", "{{}}"))
lie = config.get("lie", "")
if lie == "framework":
    helper.tiny(output, "another")
elif lie == "claim" or lie == "names":
    helper.tiny(output, os.environ.get("FRAMEWORK", "liar"))
    for name in config.get("names", []):
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / name).write_text("x")
else:
    code = subprocess.run([{str(REAL)!r}, "--checkpoint_path", given["--checkpoint_path"], "--export_format", given["--export_format"], "--output_dir", str(output), "--export_config", '{{"validate": "off"}}']).returncode
    if code != 0:
        sys.exit(code)
    metadata = json.loads((output / "metadata.json").read_text())
    metadata["framework"] = "liar"
    metadata["extra_metadata"] = {{"proof": {{"level": "runtime"}}}}
    (output / "metadata.json").write_text(json.dumps(metadata))
    if lie == "weights":
        model = bytearray((output / "model.onnx").read_bytes())
        at = len(model) * 6 // 10
        model[at:at + 2000] = bytes(2000)
        (output / "model.onnx").write_bytes(model)
"""
HELPER = f"""
import json, shutil
MADE_BY = "the first release"
def tiny(output, framework):
    shutil.copyfile({str(ARTIFACTS / "model.onnx")!r}, output / "model.onnx")
    (output / "metadata.json").write_text(json.dumps({{"framework": framework, "model_name": MADE_BY, "export_format": "onnx", "task_type": "classification", "input_shape": [3, 8, 8], "input_dtype": "float32",
        "output_shape": [[1, 3]], "class_names": ["a", "b", "c"], "num_classes": 3, "created_at": "2026-01-01T00:00:00Z", "extra_metadata": {{"proof": {{"level": "runtime"}}}}}}))
"""


class ProofTest(ServiceCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="modelport-programs-")
        cls.addClassCleanup(folder.cleanup)
        cls.programs = Path(folder.name)
        (cls.programs / "export.py").write_text(LIAR)
        (cls.programs / "helper.py").write_text(HELPER)
        (cls.programs / "box").mkdir()
        # What only looks as if it ran in a container.
        docker = cls.programs / "box" / "docker"
        docker.write_text(f"#!/bin/sh\nexec {os.path.realpath(sys.executable)} {cls.programs / 'export.py'} \"$@\"\n")
        docker.chmod(0o755)
        python, script = json.dumps(os.path.realpath(sys.executable)), json.dumps(str(cls.programs / "export.py"))
        readable = f"readable = {json.dumps([str(ARTIFACTS), str(BUILD / 'bin'), str(cls.programs)])}"
        cls.trainers = f"""
[[trainer]]
name = "liar"
command = [{python}, {script}]
verifier = {json.dumps(str(REAL))}
{readable}
[[trainer]]
name = "unjudged"
frameworks = ["unjudged", "another"]
command = [{python}, {script}]
{readable}
[[trainer]]
name = "boxed"
frameworks = ["boxed", "another-box"]
command = [{json.dumps(str(docker))}, "--checkpoint_path", "{{checkpoint_path}}", "--export_format", "{{export_format}}", "--output_dir", "{{output_dir}}", "--export_config", "{{export_config}}"]
environment = {{FRAMEWORK = "boxed"}}
{readable}
"""
        super().setUpClass()

    def package_of(self, job):
        return zipfile.ZipFile(io.BytesIO(self.service.get(f"/export/jobs/{job['id']}/download").body))

    def export(self, lie="", framework="liar", **more):
        config = {"lie": lie, **more.pop("config", {})}
        return self.run_job(framework=framework, checkpoint_id=self.service.upload(SAMPLE)["id"], config=config, **more)

    def test_an_honest_export_is_judged_by_the_verifier(self):
        job = self.run_job(framework="ultralytics", checkpoint_id=self.service.upload(SAMPLE)["id"], config={})
        proof = job["proof"]
        self.assertEqual(proof["level"], "runtime", proof)
        self.assertRegex(proof["by"], r"^modelport-ultralytics \d")
        self.assertIsNone(proof["reason"])
        [check] = proof["checks"]
        self.assertEqual((check["kind"], check["verdict"]), ("runtime", "agrees"))
        self.assertIn("ONNX Runtime", check["engine"])
        self.assertGreater(len(check["figures"]), 0)
        self.assertEqual(job["export_results"]["extra_metadata"]["proof"]["level"], "structure", "the exporter need not do the same again")
        self.assertEqual(job["export_config"], {})
        package = self.package_of(job)
        self.assertEqual(json.loads(package.read("proof.json")), proof)
        self.assertEqual(json.loads(package.read("metadata.json")), job["export_results"])
        self.assertIn("What was proven: runtime", package.read("README.md").decode())
        self.assertIn("Judged by modelport-ultralytics", package.read("README.md").decode())

    def test_a_validate_that_is_asked_for_is_left_alone(self):
        job = self.run_job(framework="ultralytics", checkpoint_id=self.service.upload(SAMPLE)["id"], config={"validate": "reference"})
        self.assertEqual(job["export_results"]["extra_metadata"]["proof"]["level"], "read_back")
        self.assertEqual(job["proof"]["level"], "runtime")

    def test_an_honest_artifact_of_a_foreign_exporter_is_judged_too(self):
        job = self.export()
        self.assertEqual((job["status"], job["proof"]["level"]), ("completed", "runtime"), job)

    def test_other_weights_are_never_published(self):
        job = self.export("weights", status="failed")
        self.assertEqual((job["status"], job["error_code"]), ("failed", "validation_failed"), job)
        self.assertIn("ran the artifact against the checkpoint", job["error_message"])
        self.assertIn("allowed is", job["error_message"])

    def test_a_claim_alone_proves_nothing(self):
        job = self.export("claim")
        self.assertEqual(job["proof"]["level"], "loads")
        self.assertRegex(job["proof"]["by"], r"^modelport \d")
        self.assertIn("did not compare it", job["proof"]["reason"])
        self.assertEqual(job["export_results"]["extra_metadata"]["proof"], {"level": "runtime"})
        readme = self.package_of(job).read("README.md").decode()
        self.assertIn("What was proven: loads", readme)
        self.assertIn("The exporter's own claim, which nobody checked: runtime", readme)

    def test_without_a_verifier_the_artifact_is_only_run(self):
        job = self.export("framework", framework="unjudged")
        self.assertEqual((job["proof"]["level"], job["proof"]["reason"]), ("loads", "no verifier is configured for this framework"))

    def test_a_framework_that_is_not_the_jobs_is_refused(self):
        job = self.export("framework", status="failed")
        self.assertEqual((job["status"], job["error_code"]), ("failed", "invalid_metadata"), job)
        self.assertIn("of the framework another, the job of liar", job["error_message"])

    def test_names_that_mean_another_file_elsewhere_are_refused(self):
        for names in (["Model.onnx"], ["a/x", "A/y"], ["aux.txt"], ["COM1"], ["c:x"], ["a\\..\\x"], ["dot."], ["space /x"], ["what?"], ["proof.json"], ["Proof.JSON"]):
            with self.subTest(names=names):
                job = self.export("names", config={"names": names}, status="failed")
                self.assertEqual((job["status"], job["error_code"]), ("failed", "unsafe_output"), job)
        self.assertEqual(self.export("names", config={"names": ["a/x", "b/x", "console.txt", "com10"]})["status"], "completed")

    def test_the_store_answers_only_for_the_same_exporter(self):
        first = self.export("claim", config={"round": 1})
        again = self.export("claim", config={"round": 1})
        self.assertEqual((again["from_cache"], again["reused_from"], again["sha256"]), (True, first["id"], first["sha256"]))
        self.assertEqual(again["proof"], first["proof"])
        helper = self.programs / "helper.py"
        before = helper.stat()
        helper.write_text(HELPER.replace("the first release", "the later releas"))
        os.utime(helper, ns=(before.st_atime_ns, before.st_mtime_ns))
        repaired = self.export("claim", config={"round": 1})
        self.assertFalse(repaired["from_cache"])
        self.assertIsNone(repaired["reused_from"])
        self.assertEqual(repaired["model_name"], "the later releas")
        self.assertFalse(self.export("claim", config={"round": 1}, force=True)["from_cache"])

    def test_the_store_does_not_answer_for_what_cannot_be_looked_into(self):
        first, again = (self.export("framework", framework="unjudged", config={"round": 2}) for _ in range(2))
        self.assertEqual((first["status"], again["from_cache"]), ("completed", True))
        for _ in range(2):
            job = self.export("claim", framework="boxed", config={"round": 2})
            self.assertFalse(job["from_cache"])


if __name__ == "__main__":
    unittest.main()
