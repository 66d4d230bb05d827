"""`inspect` foretells what an export then does: yes or no, and the sentence it ends with."""
import json
import os
import pickle
import unittest
import zipfile
from pathlib import Path

from exporter import BUILD, FIXTURES, ExportCase, last_error, run, test_data

MODELPORT = BUILD / "bin/modelport"


class Printer:
    """Pickled, a call that would print."""

    def __reduce__(self):
        return print, ("ran",)


def pickled(path, value):
    """A torch.save archive of this value, as far as a reader looks."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(value, 2))
        archive.writestr("archive/version", "3\n")
    return path


class Foretelling(ExportCase):
    def foretell(self, checkpoint):
        """What the trainer says, and its exit code."""
        said = run(["--checkpoint_path", str(checkpoint), "--inspect"])
        return json.loads(said.stdout), said

    def inspect(self, checkpoint, *arguments):
        return run(["inspect", str(checkpoint), *arguments], command=(str(MODELPORT),))

    def assert_foretold(self, checkpoint):
        """The trainer and `modelport inspect` say what the export then comes to."""
        report, said = self.foretell(checkpoint)
        exported = run(["--checkpoint_path", str(checkpoint), "--export_format", "onnx", "--output_dir", str(self.output),
                        "--export_config", '{"validate": "off"}'])
        if exported.returncode == 2:
            return "numbers"
        self.assertEqual(said.returncode, exported.returncode, checkpoint)
        self.assertEqual(report["exportable"], "yes" if exported.returncode == 0 else "no", checkpoint)
        self.assertEqual(report.get("reason"), last_error(exported.stderr), checkpoint)
        self.assertEqual(last_error(said.stderr), last_error(exported.stderr), checkpoint)
        whole = json.loads(self.inspect(checkpoint, "--json").stdout)
        self.assertEqual(whole["exportable"], report["exportable"], checkpoint)
        if whole.get("framework") in (None, "ultralytics", "yolov5"):
            self.assertEqual(whole.get("reason"), report.get("reason"), checkpoint)
        return report["exportable"]

    def assert_all_foretold(self, checkpoints):
        answers = [self.assert_foretold(path) for path in checkpoints]
        return {answer: answers.count(answer) for answer in set(answers)}

    def test_fixtures(self):
        counts = self.assert_all_foretold(sorted(FIXTURES.glob("*.pt")) + sorted(FIXTURES.glob("*.safetensors"))[:2] +
                                          sorted((FIXTURES / "families").glob("*.pt"))[::4])
        self.assertGreater(counts["yes"], 15)
        self.assertGreater(counts["no"], 2)

    def test_what_is_no_checkpoint_or_damaged_or_calls(self):
        whole = (FIXTURES / "yolov8.pt").read_bytes()
        files = {"text.pt": b"hello", "empty.pt": b"", "cut.pt": whole[:-4000], "half.pt": whole[: len(whole) // 2]}
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        values = {"printer.pt": Printer(), "inside.pt": {"model": [Printer()]}, "number.pt": 7, "tensors.pt": {"model": {}}}
        made = [pickled(self.folder / name, value) for name, value in values.items()]
        counts = self.assert_all_foretold([self.folder / name for name in files] + made)
        self.assertEqual(counts, {"no": 8})

    def test_what_does_not_exist(self):
        report, said = self.foretell(self.folder / "nothing.pt")
        self.assertEqual((report["exportable"], said.returncode), ("no", 1))
        self.assertIn("nothing.pt", report["reason"])

    def test_an_export_config_is_taken(self):
        said = run(["--checkpoint_path", str(FIXTURES / "own-classes.pt"), "--inspect", "--export_config", '{"imgsz": "x"}'])
        self.assertEqual((said.returncode, said.stdout), (3, ""))

    def test_text(self):
        self.assertRegex(self.inspect(FIXTURES / "yolov8.pt").stdout, r"(?m)^exportable +yes$")
        text = self.inspect(FIXTURES / "own-classes.pt")
        self.assertEqual(text.returncode, 0)
        self.assertRegex(text.stdout, r"(?m)^exportable +no\nreason +Not translated: own-classes.pt: .*FieldDetect")

    def test_real_files(self):
        folder = test_data()
        if folder is None:
            self.skipTest("MODELPORT_TEST_DATA is not set")
        files = sorted(Path(folder).glob("malicious/**/*.p*")) + sorted(Path(folder).glob("checkpoints/**/*.pt"))
        step = 1 if os.environ.get("MODELPORT_TEST_ALL") else 7
        self.assertTrue(self.assert_all_foretold([path for path in files[::step] if path.is_file()]))


if __name__ == "__main__":
    unittest.main()
