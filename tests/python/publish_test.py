"""All or nothing: kills at any instant, signals, concurrent runs, cleanup of what was left."""
import fcntl
import hashlib
import json
import os
import random
import signal
import subprocess
import time
import unittest

from exporter import EXPORTER, SAMPLE, FIXTURES, ExportCase, arguments, last_error, run

CONFIGS = ({"opset_version": 13, "validate": "off"}, {"opset_version": 17, "validate": "off"})


def start(line):
    return subprocess.Popen([EXPORTER, *line], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Publishing(ExportCase):
    def assert_consistent(self):
        """Either no export, or a record whose every file is there with its digest."""
        record = self.output / "metadata.json"
        if not record.exists():
            return None
        metadata = json.loads(record.read_text())
        for file in metadata["extra_metadata"]["files"]:
            content = (self.output / file["name"]).read_bytes()
            self.assertEqual((len(content), hashlib.sha256(content).hexdigest()), (file["size"], file["sha256"]))
        return metadata["export_config"]["opset_version"]

    def test_kills_at_random_instants(self):
        runs = 200 if os.environ.get("MODELPORT_TEST_ALL") else 50
        began = time.monotonic()
        self.export(config=CONFIGS[0])
        whole = time.monotonic() - began
        chance = random.Random(20251116)
        seen = set()
        for i in range(runs):
            child = start(arguments(output=self.output, config=CONFIGS[i % 2]))
            # Most instants lie in the second half, where files are written and renamed.
            time.sleep(whole * (1.0 - chance.random() ** 2) * 1.1)
            child.kill()
            child.communicate()
            seen.add(self.assert_consistent())
        self.assertTrue(seen & {13, 17})
        (self.output / "mine.txt").write_text("not listed anywhere")
        self.export(config=CONFIGS[1])
        self.assertEqual(sorted(path.name for path in self.output.iterdir()), ["metadata.json", "mine.txt", "model.onnx"])

    def test_signals_end_the_run_soon_and_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            for delay in (0.0, 0.05, 0.1):
                child = start(arguments(output=self.output, config={"imgsz": 1280, "validate": "reference"}))
                child.stderr.readline()
                time.sleep(delay)
                sent = time.monotonic()
                child.send_signal(number)
                _, stderr = child.communicate(timeout=30)
                self.assertLess(time.monotonic() - sent, 0.2)
                self.assertEqual(child.returncode, 128 + number, stderr)
                self.assertIn(signal.Signals(number).name, last_error(stderr))
                self.assert_no_export()

    def test_busy_directory(self):
        self.output.mkdir()
        descriptor = os.open(self.output, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        result = run(arguments(output=self.output))
        self.assertEqual((result.returncode, last_error(result.stderr)),
                         (1, f"another export is writing to {self.output} (wait for it or choose another --output_dir)"))

    def test_concurrent_runs_into_one_directory(self):
        children = [start(arguments(output=self.output, config=CONFIGS[i % 2])) for i in range(6)]
        codes = [(child.communicate(), child.returncode)[1] for child in children]
        self.assertIn(0, codes)
        self.assertTrue(set(codes) <= {0, 1})
        self.assertIsNotNone(self.assert_consistent())

    def test_replaces_what_the_old_record_listed_and_nothing_else(self):
        self.export()
        metadata = self.metadata()
        for name in ("model.onnx.data", "../escaped.txt"):
            metadata["extra_metadata"]["files"].append({"name": name, "size": 1, "sha256": "0" * 64})
        (self.output / "metadata.json").write_text(json.dumps(metadata))
        (self.output / "model.onnx.data").write_text("x")
        (self.output / "mine.txt").write_text("mine")
        (self.folder / "escaped.txt").write_text("mine")
        self.export(config={"opset_version": 13})
        self.assertEqual(sorted(path.name for path in self.output.iterdir()), ["metadata.json", "mine.txt", "model.onnx"])
        self.assertTrue((self.folder / "escaped.txt").exists())

    def test_finishes_a_cleanup_that_it_finds(self):
        self.export()
        os.rename(self.output / "metadata.json", self.output / ".modelport-previous.json")
        (self.output / ".modelport-new-model.onnx").write_text("half")
        result = run(arguments(output=self.output, checkpoint=self.folder / "missing.pt"))
        self.assertEqual(result.returncode, 1)
        self.export()
        self.assertEqual(sorted(path.name for path in self.output.iterdir()), ["metadata.json", "model.onnx"])

    def test_same_input_same_bytes(self):
        self.export()
        first = (self.output / "model.onnx").read_bytes(), self.metadata()
        self.export()
        second = (self.output / "model.onnx").read_bytes(), self.metadata()
        self.assertEqual(first[0], second[0])
        for metadata in (first[1], second[1]):
            del metadata["created_at"]
        self.assertEqual(first[1], second[1])
        fixed = dict(os.environ, SOURCE_DATE_EPOCH="1000000000")
        self.assertEqual(run(arguments(output=self.output), env=fixed).returncode, 0)
        self.assertEqual(self.metadata()["created_at"], "2001-09-09T01:46:40Z")

    def test_odd_places(self):
        odd = self.folder / "Ausgabe für 模型" / "deep"
        self.output = odd
        self.export()
        relative = run(arguments(output="here"), cwd=self.folder)
        self.assertEqual(relative.returncode, 0, relative.stderr)
        self.assertTrue((self.folder / "here" / "model.onnx").exists())
        plain = run(arguments(output=self.folder / "c-locale"), env={"LC_ALL": "C"})
        self.assertEqual(plain.returncode, 0, plain.stderr)


if __name__ == "__main__":
    unittest.main()
