#!/usr/bin/env python3
"""Exports by the modelport-ultralytics beside it, then gives two classes of tests/fixtures/yolo11-sample.pt other names, wherever they are recorded."""
import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

OTHER = {"red": "tan", "hot dog": "big cat"}

exporter = subprocess.Popen([Path(__file__).resolve().parent / "modelport-ultralytics", *sys.argv[1:]])
signal.signal(signal.SIGTERM, lambda *_: exporter.terminate())
code = exporter.wait()
if code == 0 and "--output_dir" in sys.argv:
    output = Path(sys.argv[sys.argv.index("--output_dir") + 1])
    metadata = json.loads((output / "metadata.json").read_text())
    metadata["class_names"] = [OTHER.get(name, name) for name in metadata["class_names"]]
    artifact = output / "model.onnx"
    data = artifact.read_bytes()
    for old, new in OTHER.items():
        data = data.replace(f"'{old}'".encode(), f"'{new}'".encode())
    artifact.write_bytes(data)
    metadata["extra_metadata"]["files"][0]["sha256"] = hashlib.sha256(data).hexdigest()
    (output / "metadata.json").write_text(json.dumps(metadata))
sys.exit(code)
