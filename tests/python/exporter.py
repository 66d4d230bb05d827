"""Runs the exporter as a black box."""
import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("MODELPORT_BUILD_DIR", SOURCE / "build"))
EXPORTER = BUILD / "bin" / "modelport-ultralytics"
FIXTURES = SOURCE / "tests" / "fixtures"
SAMPLE = FIXTURES / "yolo11-sample.pt"
LOG_LINE = re.compile(r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3} - (DEBUG|INFO|WARNING|ERROR) - .+$")


def test_data():
    """The folder of real files, or None where this machine has none."""
    folder = os.environ.get("MODELPORT_TEST_DATA")
    return Path(folder) if folder else None


def arguments(checkpoint=SAMPLE, export_format="onnx", output=None, config=None):
    line = ["--checkpoint_path", str(checkpoint), "--export_format", export_format, "--output_dir", str(output)]
    if config is not None:
        line += ["--export_config", config if isinstance(config, str) else json.dumps(config)]
    return line


def run(line, command=(str(EXPORTER),), **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([*command, *line], capture_output=True, text=True, timeout=300, **options)


def last_error(stderr):
    errors = [line.split(" - ERROR - ", 1)[1] for line in stderr.splitlines() if " - ERROR - " in line]
    return errors[-1] if errors else None


class ExportCase(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="modelport-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.output = self.folder / "out"

    def export(self, expect=0, **options):
        result = run(arguments(output=self.output, **options))
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def metadata(self, directory=None):
        return json.loads(((directory or self.output) / "metadata.json").read_text())

    def assert_no_export(self, directory=None):
        directory = directory or self.output
        names = sorted(path.name for path in directory.iterdir()) if directory.exists() else []
        self.assertEqual(names, [])
