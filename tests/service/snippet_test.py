"""The programs that a package brings run on real exports, and see in a photograph what the framework saw."""
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "python"))
sys.path.insert(0, str(SOURCE / "tests" / "oracle"))
from exporter import FIXTURES, SAMPLE, arguments, run
from safetensors_file import read

SNIPPETS = SOURCE / "src" / "service" / "artifacts" / "snippets"
PHOTO = FIXTURES / "photo.jpg"


class Snippets(unittest.TestCase):
    def output_of(self, checkpoint, export_format, program):
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        exported = run(arguments(checkpoint, export_format, folder))
        self.assertEqual(exported.returncode, 0, exported.stderr)
        shutil.copytree(SNIPPETS, folder / "snippets", ignore=shutil.ignore_patterns("__pycache__"))
        finished = subprocess.run([sys.executable, f"snippets/{program}", str(PHOTO)], cwd=folder, capture_output=True, text=True, timeout=300)
        self.assertEqual(finished.returncode, 0, finished.stderr)
        return finished.stdout

    def check_detector(self, export_format, program):
        printed = self.output_of(SAMPLE, export_format, program)
        self.assertRegex(printed, r"output 0: shape \[1, \d+, \d+\]")
        found = re.findall(r"^(\d\.\d{4}) (.+) at ", printed, re.M)
        answer = read(FIXTURES / f"{SAMPLE.stem}.ref.safetensors")[0]["photo.answer"]
        best = max(row[4] for row in answer)
        self.assertTrue(found, printed)
        # Pillow's resize smooths where the framework's does not.
        self.assertLess(abs(float(found[0][0]) - best), 0.1, printed)

    def test_onnx(self):
        self.check_detector("onnx", "run_onnx.py")

    def test_openvino(self):
        self.check_detector("openvino", "run_openvino.py")

    def test_torchscript(self):
        self.check_detector("torchscript", "run_torchscript.py")

    def test_classifier(self):
        printed = self.output_of(FIXTURES / "yolo11-cls.pt", "onnx", "run_onnx.py")
        rows = re.findall(r"^(\d\.\d{4}) (.+)$", printed, re.M)
        answer = list(read(FIXTURES / "yolo11-cls.ref.safetensors")[0]["photo.answer"])
        self.assertLess(abs(float(rows[0][0]) - max(answer)), 0.001, printed)

    def test_programs_for_engines_that_are_not_here_compile(self):
        for path in SNIPPETS.glob("*.py"):
            compile(path.read_text(encoding="utf-8"), path.name, "exec")
