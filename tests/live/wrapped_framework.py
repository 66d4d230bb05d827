"""The real Ultralytics package behind the Python template, under `modelport check`: nothing but what is true may be held against it.

    python wrapped_framework.py --modelport build/bin/modelport CHECKPOINT...

Exit code 0: every checkpoint's exports are conformant, warnings included, in all formats that the wrapped framework has here.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "exporters")]
sys.dont_write_bytecode = True

import fill_template

FORMATS = ["onnx", "coreml", "torchscript", "openvino"]


def check(modelport, checkpoint, folder):
    """What is wrong, line by line."""
    report = folder / "report.json"
    result = subprocess.run([modelport, "check", "--checkpoint", checkpoint, "--json", report, "--", sys.executable, folder / "trainer/export.py"],
                            stdin=subprocess.DEVNULL, capture_output=True, text=True)
    told = json.loads(report.read_text()) if report.exists() else {"findings": [], "formats": []}
    wrong = [f"{row['id']} {row.get('format', '')}: {row['evidence']}" for row in told["findings"] if row["verdict"] == "fail"]
    if told["formats"] != FORMATS:
        wrong.append(f"formats are {told['formats']}, expected {FORMATS}")
    if result.returncode:
        wrong.append(f"exit code {result.returncode}: {result.stdout[-2000:]}{result.stderr[-500:]}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--modelport", required=True)
    parser.add_argument("checkpoints", nargs="+")
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory(prefix="modelport-wrapped-") as name:
        folder = Path(name)
        (folder / "trainer").mkdir()
        functions = fill_template.functions_of((HERE / "ultralytics_functions.py").read_text())
        (folder / "trainer/export.py").write_text(fill_template.fill(functions))
        for checkpoint in arguments.checkpoints:
            wrong = check(arguments.modelport, checkpoint, folder)
            failures += bool(wrong)
            print(f"{Path(checkpoint).name}: {'conformant in ' + ', '.join(FORMATS) if not wrong else ''}", *wrong, sep="\n  " if wrong else "", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
