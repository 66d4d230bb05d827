"""Exports every checkpoint that train_release.py made and holds each artifact to what its own release computed of the file.

    python export_ages.py MADE [--table FILE] [RELEASE[/MODEL]...]

Each export proves itself as it always does; then ONNX Runtime's outputs for the recorded input are compared with the recorded ones: 0.02 px for
boxes and keypoints, 1e-3 for everything else. What was exported before by the same executable is not exported again.
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import onnxruntime

SOURCE = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("MODELPORT_BUILD_DIR", SOURCE / "build"))
EXPORTER = BUILD / "bin/modelport-ultralytics"
PIXELS, OTHERS = 0.02, 1e-3
# What no exporter can do, and what is said of it.
REFUSED = {"depth": "task depth has no task_type"}


def age(name):
    return tuple(int(part) for part in name.split("."))


def class_maps(logits, got):
    """The best class of each pixel, and ours; where two classes are as good as equal, ours twice."""
    order = np.sort(logits, 1)
    undecided = order[:, -1] - order[:, -2] < OTHERS
    return np.where(undecided, got, logits.argmax(1)), got


def differences(session, record):
    """Largest difference of each output in pixels or plain numbers, as text; empty where all are small."""
    outputs = session.run(None, {session.get_inputs()[0].name: record["input"]})
    wanted = [record[key] for key in sorted(record.files) if key != "input"]
    found = []
    for index, (want, got) in enumerate(zip(wanted, outputs)):
        if want.ndim == 4 and got.ndim == 3:
            want, got = class_maps(want, got)       # up to 8.4.60 the release's ONNX gave logits
        if want.ndim == 2 and not np.allclose(want.sum(1), 1, atol=1e-3):
            want = np.exp(want) / np.exp(want).sum(1, keepdims=True)    # up to 8.0.20 the release's classifiers gave logits
        if want.shape != got.shape:
            return f"output{index} is {list(got.shape)}, the release gives {list(want.shape)}"
        error = np.abs(want.astype(np.float64) - got.astype(np.float64))
        limit = np.full(want.shape, OTHERS * max(1.0, float(np.abs(want).max())) if want.ndim != 3 else OTHERS)
        if want.ndim == 3:
            limit[:, :4] = PIXELS
            limit[:, 4:] = np.maximum(OTHERS, 3e-4 * np.abs(want[:, 4:]))
        if not (error <= limit).all():
            found.append(f"output{index} differs by {float(error.max()):.3g}")
    return ", ".join(found)


def export(path, record_path):
    """("agrees" or "proven" or the error, seconds)"""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([EXPORTER, "--checkpoint_path", path, "--export_format", "onnx", "--output_dir", folder,
                              "--export_config", json.dumps({"imgsz": 64})], capture_output=True, text=True)
        errors = [line.split(" - ERROR - ", 1)[1] for line in run.stderr.splitlines() if " - ERROR - " in line]
        if run.returncode != 0:
            return f"exit {run.returncode}: {errors[-1] if errors else run.stderr[-200:]}"
        if not record_path.exists():
            return "proven"
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(f"{folder}/model.onnx", settings, providers=["CPUExecutionProvider"])
        return differences(session, np.load(record_path)) or "agrees"


def outcomes_of(folder, made, digest):
    """state -> outcome of one model of one release, from its outcomes.json where the executable is the same."""
    file = folder / "outcomes.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    found = known["outcomes"] if known.get("exporter") == digest else {}
    for state in made["states"]:
        if state not in found:
            found[state] = export(folder / f"{state}.pt", folder / f"{state}.npz")
    file.write_text(json.dumps({"exporter": digest, "outcomes": found}, indent=1))
    return found


def is_good(made, outcome):
    refusal = REFUSED.get(made["task"])
    return refusal in outcome if refusal else outcome in ("agrees", "proven")


def summary(made, outcomes):
    """One row of the table."""
    counts = Counter("refused: " + REFUSED[made["task"]] if made["task"] in REFUSED and is_good(made, text) else text for text in outcomes.values())
    said = [f"{count} {text}" for text, count in sorted(counts.items())]
    said += [f"{what} failed in the release: {error}" for what, error in made["errors"].items()]
    return "; ".join(said).replace("|", "\\|")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("made", type=Path)
    parser.add_argument("--table", type=Path, help="the page whose rows between the marks of the ages are written anew")
    parser.add_argument("only", nargs="*")
    options = parser.parse_args()
    digest = hashlib.sha256(EXPORTER.read_bytes()).hexdigest()
    rows, bad, good = [], [], 0
    for release in sorted((p.name for p in options.made.iterdir() if p.is_dir()), key=age):
        for file in sorted((options.made / release).glob("*/made.json")):
            folder, made = file.parent, json.loads(file.read_text())
            if options.only and release not in options.only and f"{release}/{folder.name}" not in options.only:
                continue
            outcomes = outcomes_of(folder, made, digest)
            rows.append(f"| {release} | {folder.name} | {made['task']} | {len(outcomes)} | {summary(made, outcomes)} |")
            print(rows[-1], flush=True)
            good += sum(is_good(made, outcome) for outcome in outcomes.values())
            bad += [f"{release}/{folder.name}/{state}: {outcome}" for state, outcome in outcomes.items() if not is_good(made, outcome)]
    print("\n".join(bad))
    print(f"checkpoints of every age: {good} as they should be, {len(bad)} not")
    if options.table:
        before, _, rest = options.table.read_text().partition("<!-- ages -->\n")
        after = rest.partition("<!-- /ages -->\n")[2]
        head = "| release | model | task | checkpoints | what became of them |\n|---|---|---|---|---|\n"
        options.table.write_text(before + "<!-- ages -->\n" + head + "\n".join(rows) + "\n<!-- /ages -->\n" + after)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
