"""Compares an exported model.onnx with the real framework's own model, and loads it with YOLO("model.onnx").

    python compare_with_framework.py CHECKPOINT MODEL_ONNX [PHOTO...]

Needs the environment of tests/oracle/requirements-oracle.lock. Exit code 0: every check passed, 1: one did not; the
table names it. Bars, for float32: boxes within 0.02 px and scores within 1e-4 of the fused or the unfused model,
whichever is closer, or within 4 times the framework's own float32-against-float64 difference on that input; every
detection above 0.25 matched, before and after NMS. For float16 the framework's own float16 takes float32's place in
that rule, and 2 times is the limit.
"""
import ast
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "oracle")]

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from formula import model_input
from framework import YOLO, non_max_suppression
from outputs import differences, groups, load, run
from PIL import Image
from ultralytics.data.augment import LetterBox, classify_transforms

BARS = {"boxes": 0.02, "scores": 1e-4}
CONF, IOU = 0.25, 0.7


@dataclass
class Report:
    """What was checked: figures per input, and one line per failure (none: passed)."""
    rows: list = field(default_factory=list)
    failures: list = field(default_factory=list)

    def expect(self, holds, text):
        if not holds:
            self.failures.append(text)


def session(path, level):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def preprocess(photo, size, channels, task):
    """[1, C, H, W] float32 as the framework prepares it for an exported model of that size."""
    picture = cv2.imread(str(photo))
    if task == "classify":
        x = classify_transforms(tuple(size))(Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))).numpy()
    else:
        boxed = LetterBox(tuple(size), auto=False)(image=picture)
        x = np.ascontiguousarray(boxed[..., ::-1].transpose(2, 0, 1)).astype(np.float32) / np.float32(255)
    return x[[0, 1, 2, 0, 1, 2, 0, 1][:channels]][None] if channels != 3 else x[None]


def inputs(photos, shape, dynamic, stride, task):
    """(label, array) pairs for the declared shape; with dynamic axes also another batch and another, oblong size."""
    batch, channels, height, width = shape
    pictures = [(Path(p).name, preprocess(p, (height, width), channels, task)) for p in photos]
    pictures += [(f"formula {s}", model_input(height, width, [s], channels)) for s in (3, 7)]
    for start in range(0, len(pictures), batch):
        chosen = [pictures[(start + k) % len(pictures)] for k in range(batch)]
        yield "+".join(label for label, _ in chosen), np.concatenate([x for _, x in chosen])
    if dynamic:
        yield "batch of 3", model_input(height, width, [3, 7, 11], channels)
    if dynamic == "size":
        # Not a smaller one: a classifier's feature map must not vanish.
        yield "oblong", model_input(height + stride, width + 3 * stride, [12], channels)


def detections(output):
    return [rows.double().numpy() for rows in non_max_suppression(torch.from_numpy(output.copy()), CONF, IOU)]


def unmatched(rows, others, bars):
    """Rows (x1 y1 x2 y2 score class) clearly above the threshold that have no equal among the others."""
    lost = []
    for row in rows:
        if row[4] <= CONF + bars["scores"]:
            continue
        near = ((np.abs(others[:, :4] - row[:4]).max(1, initial=0) <= bars["boxes"]) & (others[:, 5] == row[5])
                & (np.abs(others[:, 4] - row[4]) <= bars["scores"])) if len(others) else np.zeros(0, bool)
        if not near.any():
            lost.append(row)
    return lost


def compare_outputs(report, label, task, mine, models, x, half):
    """One input: element by element against the closer of fused and unfused, then by detections."""
    exact = run(models["float64"], x)
    rough = {kind: run(models[kind], x) for kind in (("half",) if half else ("fused", "unfused"))}
    noise = [differences(task, exact, outputs) for outputs in rough.values()]
    reference = {kind: run(models[kind], x) for kind in ("fused", "unfused")}
    row = {"input": label}
    bars = {}
    for group, base in BARS.items():
        theirs = {kind: groups(task, outputs).get(group) for kind, outputs in reference.items()}
        if next(iter(theirs.values())) is None:
            continue
        got = groups(task, {"output0": mine, "logits": mine})[group]
        report.expect(got.shape == theirs["fused"].shape, f"{label}: {group} {got.shape}, expected {theirs['fused'].shape}")
        if got.shape != theirs["fused"].shape:
            return
        # Two suffice for float16: the framework's own decodes boxes in float16 too, which an export must not.
        bars[group] = max(base, (2 if half else 4) * max(n[group] for n in noise))
        row[group] = min(float(np.abs(got - t).max()) for t in theirs.values())
        row[f"{group}_bar"] = bars[group]
        report.expect(np.isfinite(got).all(), f"{label}: {group} not finite")
        report.expect(row[group] <= bars[group], f"{label}: {group} differ by {row[group]:.2e}, allowed {bars[group]:.2e}")
    if task == "detect":
        ours = detections(mine)
        lost = [sum(len(unmatched(a, b, bars)) + len(unmatched(b, a, bars)) for a, b in zip(detections(outputs["output0"]), ours))
                for outputs in (*reference.values(), exact)]
        row["detections"] = sum(map(len, ours))
        # The framework's own float32 and float64 may disagree about an overlap next to the threshold: one match is enough.
        report.expect(min(lost) == 0 or half, f"{label}: {min(lost)} detections above {CONF} unmatched")
        row["unmatched"] = min(lost)
    else:
        theirs = reference["fused"]["output0"]
        clear = np.diff(np.sort(theirs, 1)[:, -2:])[:, 0] > 2 * bars["scores"]
        report.expect((mine.argmax(1) == theirs.argmax(1))[clear].all(), f"{label}: another first class")
    report.rows.append(row)


def compare_loading(report, checkpoint, path, model, photos, shape, half):
    """The framework loads the artifact under its plain name and answers as with the checkpoint."""
    stored = {p.key: p.value for p in onnx.load(str(path), load_external_data=False).metadata_props}
    names = dict(enumerate(model.names)) if isinstance(model.names, list) else model.names
    for key, want in {"task": model.task, "stride": str(int(max(model.stride))), "names": names,
                      "channels": str(shape[1]), "batch": str(shape[0]), "imgsz": list(shape[2:])}.items():
        got = stored.get(key)
        got = ast.literal_eval(got) if key in ("names", "imgsz") and got else got
        report.expect(got == want, f"metadata_props {key} is {got!r}, expected {want!r}")
    for key in ("description", "author", "date", "version", "license", "docs", "args"):
        report.expect(key in stored, f"metadata_props has no {key}")
    if shape[1] != 3 or shape[0] != 1:
        return
    loaded = YOLO(str(path))
    report.expect(loaded.task == model.task, f"YOLO(model.onnx).task is {loaded.task}")
    options = {"imgsz": list(shape[2:]), "conf": CONF, "iou": IOU, "rect": False, "device": "cpu", "verbose": False}
    for photo in photos:
        mine, theirs = (y.predict(str(photo), **options)[0] for y in (loaded, YOLO(str(checkpoint))))
        report.expect(mine.names == theirs.names, f"{photo}: YOLO(model.onnx) has names {mine.names}")
        report.expect(half or mine.boxes is None or abs(len(mine.boxes) - len(theirs.boxes)) <= 1 + len(theirs.boxes) // 50,
                      f"{photo}: YOLO(model.onnx) finds {len(mine.boxes or [])}, the checkpoint {len(theirs.boxes or [])}")
        if model.task == "classify":
            gap = float((mine.probs.data - theirs.probs.data).abs().max())
            report.expect(gap < (0.05 if half else 1e-3), f"{photo}: YOLO(model.onnx) probabilities differ by {gap:.1e}")


def compare(checkpoint, path, photos, half=False, load_too=True):
    report = Report()
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except onnx.checker.ValidationError as error:
        report.failures.append(f"onnx.checker: {str(error).splitlines()[0]}")
    models = {"float64": load(checkpoint, torch.float64), "unfused": load(checkpoint, torch.float32),
              "fused": load(checkpoint, torch.float32, fused=True)}
    if half:
        models["half"] = load(checkpoint, torch.float16, fused=True)
    model, levels = models["unfused"], onnxruntime.GraphOptimizationLevel
    sessions = {"all": session(path, levels.ORT_ENABLE_ALL), "none": session(path, levels.ORT_DISABLE_ALL)}
    declared = sessions["all"].get_inputs()[0]
    report.expect(declared.name == "images" and declared.type == "tensor(float)", f"input {declared.name} {declared.type}")
    report.expect(sessions["all"].get_outputs()[0].name == "output0", "the output is not called output0")
    dynamic = "size" if isinstance(declared.shape[2], str) else "batch" if isinstance(declared.shape[0], str) else ""
    stored = {p.key: p.value for p in onnx.load(str(path), load_external_data=False).metadata_props}
    size = ast.literal_eval(stored["imgsz"]) if dynamic == "size" else declared.shape[2:]
    shape = [int(stored.get("batch", 1)) if dynamic else declared.shape[0], declared.shape[1], *size]
    stride = 32 if model.task == "classify" else int(max(model.stride))
    for label, x in inputs(photos, shape, dynamic, stride, model.task):
        outputs = {name: s.run(None, {"images": x})[0] for name, s in sessions.items()}
        compare_outputs(report, label, model.task, outputs["all"].astype(np.float64), models, x, half)
        compare_outputs(report, f"{label} (unoptimised)", model.task, outputs["none"].astype(np.float64), models, x, half)
    if load_too:
        compare_loading(report, checkpoint, path, model, photos, shape, half)
    return report


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    checkpoint, path, *photos = sys.argv[1:]
    beside = Path(path).with_name("metadata.json")
    config = json.loads(beside.read_text()).get("export_config", {}) if beside.exists() else {}
    report = compare(checkpoint, path, photos, half=bool(config.get("half") or config.get("fp16")))
    for row in report.rows:
        print("  ".join(f"{k} {v:.2e}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()))
    for line in report.failures:
        print("FAILED", line)
    print("passed" if not report.failures else f"{len(report.failures)} checks failed")
    sys.exit(bool(report.failures))


if __name__ == "__main__":
    main()
