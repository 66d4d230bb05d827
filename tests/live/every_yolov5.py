"""Exports every yaml of the original YOLOv5's package, and named checkpoints, and compares with the real network.

    MODELPORT_YOLOV5=DIR python every_yolov5.py --exporter build/bin/modelport-ultralytics [--formats onnx,openvino] [--work DIR]
                                                [--only TEXT] [CHECKPOINT...]

DIR as tests/oracle/yolov5_framework.py says. Every output is compared, element by element: boxes within 0.02 px, scores 1e-4,
mask coefficients, prototypes and logits 2e-5 of their largest magnitude, or four times the framework's own float32-against-float64
difference where that is larger. With suppression inside, every image of a batch against the package's own non_max_suppression.
Exit code 0: all agree.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]

import numpy as np
import torch
import yaml
import yolov5_framework as yolov5
from engines import ENGINES
from formula import model_input
from spread_weights import calibration_images, spread_weights

HEIGHT, WIDTH, CONF, IOU = 256, 384, 0.2, 0.6


def spread_head(model, images):
    """Logits of scores around -1 with a deviation of 1.5; of boxes around 0 with 0.5, so that none is thinner than rounding."""
    def before(layer, inputs):
        y = torch.nn.functional.conv2d(inputs[0], layer.weight).transpose(0, 1).flatten(1)
        of_box = torch.arange(len(y)) % model.model[-1].no < 4
        scale = torch.where(of_box, 0.5, 1.5) / y.std(1).clamp(min=1e-3)
        layer.weight.mul_(scale.view(-1, 1, 1, 1))
        layer.bias.copy_(torch.where(of_box, 0.0, -1.0) - y.mean(1) * scale)
    hooks = [layer.register_forward_pre_hook(before) for layer in getattr(model.model[-1], "m", ())]
    with torch.no_grad():
        model(images)
    for hook in hooks:
        hook.remove()


def models(work, only):
    """(name, checkpoint, task) of every yaml of the package that has a head, and of one classifier."""
    root = Path(sys.modules["yolov5"].__path__[0]) / "models"
    for path in sorted(root.rglob("*.yaml")):
        config = yaml.safe_load(path.read_text())
        if "head" not in config or only not in path.stem:
            continue
        task = "segment" if config["head"][-1][2] == "Segment" else "detect"
        config |= {"nc": 3, "width_multiple": min(config["width_multiple"], 0.25), "depth_multiple": 0.33}
        if isinstance(config["anchors"], int):      # found by training; until then some are 0 wide
            levels = len(config["head"][-1][0])
            config["anchors"] = [[side << i for side in (5, 6, 8, 15, 17, 12)] for i in range(levels)]
        kinds = [(path.stem, task)] + [(f"{path.stem}-cls", "classify")] * (path.stem == "yolov5n")
        for name, kind in kinds:
            checkpoint = work / f"{name}.pt"
            model = yolov5.build({**config, "cutoff": 10}, kind)
            images = calibration_images(HEIGHT)
            spread_weights(model, 1, images, small_variances=False)
            spread_head(model, images)
            yolov5.save(model, checkpoint, ["a", "b", "c"], HEIGHT)
            yield name, checkpoint, kind


def groups(task, classes, outputs):
    """name -> (array, bar; None: 2e-5 of the largest magnitude)."""
    first = outputs["output0"]
    if task == "classify":
        return {"logits": (first, None)}
    found = {"boxes": (first[..., :4], 0.02), "scores": (first[..., 4:5 + classes], 1e-4)}
    if "output1" in outputs:
        found |= {"coefficients": (first[..., 5 + classes:], None), "prototypes": (outputs["output1"], None)}
    return found


def export(exporter, checkpoint, output, format, settings):
    done = subprocess.run([str(exporter), "--checkpoint_path", str(checkpoint), "--export_format", format, "--output_dir", str(output),
                           "--export_config", json.dumps(settings)], capture_output=True, text=True)
    return None if done.returncode == 0 else f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1]}"


def compare(path, task, x, outputs):
    """Lines about what differs."""
    exact = yolov5.load(path, torch.float64)
    classes = len(exact.names)
    want = yolov5.run(exact, x)
    want.pop("logits", None)
    rough = [yolov5.run(yolov5.load(path, torch.float32, fused), x) for fused in (False, True)]
    got = dict(zip(want, outputs, strict=True))
    lines = []
    for name, (theirs, bar) in groups(task, classes, want).items():
        ours = groups(task, classes, got)[name][0]
        if ours.shape != theirs.shape:
            lines.append(f"{name} {ours.shape}, expected {theirs.shape}")
            continue
        noise = max(np.abs(groups(task, classes, r)[name][0] - theirs).max() for r in rough)
        allowed = max(2e-5 * max(1.0, np.abs(theirs).max()) if bar is None else bar, 4 * noise)
        apart = np.abs(ours - theirs).max()
        if not apart <= allowed:
            lines.append(f"{name} differ by {apart:.2e}, allowed {allowed:.2e}")
    return lines


def compare_suppressed(path, x, rows, least):
    """The same detections as the package's, image by image; those next to the threshold may be missing on either side.

    Fewer than `least` prove nothing.
    """
    model = yolov5.load(path, torch.float32)
    raw = torch.from_numpy(yolov5.run(model, x)["output0"]).float()
    wanted = yolov5.non_max_suppression(raw, CONF, IOU, max_det=300, nm=raw.shape[2] - 5 - len(model.names))
    lines = []
    for image, (want, got) in enumerate(zip(wanted, rows)):
        want, got = want.numpy(), got[got[:, 4] > 0]
        lost = [r for a, b in ((want, got), (got, want)) for r in a
                if r[4] > CONF + 1e-3 and not (np.abs(b[:, :6] - r[:6]) <= [0.1] * 4 + [1e-3, 0]).all(1).any()]
        if len(lost) > len(want) // 50 or len(want) < least:
            lines.append(f"image {image}: {len(lost)} of {len(want)} detections unmatched")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exporter", type=Path, required=True)
    parser.add_argument("--formats", default="onnx")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("checkpoints", nargs="*", type=Path)
    options = parser.parse_args()
    work = options.work or Path(tempfile.mkdtemp(prefix="modelport-yolov5-"))
    work.mkdir(parents=True, exist_ok=True)
    chosen = [(path.stem, path, "detect") for path in options.checkpoints] or models(work, options.only)
    failed = 0
    for name, checkpoint, task in chosen:
        x = model_input(HEIGHT, WIDTH, [3, 7], 3)
        settings = {"imgsz": [HEIGHT, WIDTH], "batch_size": 2}
        for format in options.formats.split(","):
            for kind, extra in {"raw": {}, "nms": {"nms": True, "conf": CONF, "iou": IOU}}.items():
                if kind == "nms" and task == "classify":
                    continue
                output = work / "exports" / name / format / kind
                error = export(options.exporter, checkpoint, output, format, {**settings, **extra})
                lines = [error] if error else None
                if not error:
                    outputs = ENGINES[format](output, x)
                    lines = compare_suppressed(checkpoint, x, outputs[0], 0 if options.checkpoints else 3) if kind == "nms" else compare(checkpoint, task, x, outputs)
                failed += bool(lines)
                print(f"{name:24} {format:12} {kind:4} {'; '.join(lines) or 'agrees'}", flush=True)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
