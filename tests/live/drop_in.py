"""Loads our artifacts with the framework's own YOLO(...) and predicts on photographs: the answers must be the checkpoint's.

    python drop_in.py --exporter build/bin/modelport-ultralytics [--photos DIR] [CHECKPOINT...]

Models: one of each task with random weights (every_yaml.make), with both heads where there are two, and the checkpoints named. Every
detection clearly above the threshold must have its equal on the other side, before which at most one in fifty may differ, since overlaps
next to the threshold of suppression hang on rounding. Exit code 0: all of them agree.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]

import framework
import numpy as np
import torch
from every_yaml import export, make, photograph

RAW, END_TO_END = {}, {"nms": False}     # what both the export and the checkpoint's own prediction are asked
MODELS = {"yolo11n": RAW, "yolo11n-seg": RAW, "yolo11n-pose": RAW, "yolo11n-obb": RAW, "yolo11n-cls": RAW, "yolov8n-seg": RAW, "yolov10n": END_TO_END,
          "yolo26n": RAW, "yolo26n-seg": END_TO_END, "yolo26n-pose": END_TO_END, "yolo26n-obb": END_TO_END, "rtdetr-resnet50": RAW}
FILES = {"onnx": "model.onnx", "torchscript": "model.torchscript", "openvino": None}
CONF, PIXELS, SCORES, SPARE = 0.3, 0.5, 2e-3, 0.02


def rows_of(result):
    """[n, ...] of one photograph: coordinates in pixels (and an angle in hundredths), then score and class."""
    if result.obb is not None:
        data = result.obb.data.numpy().copy()
        data[:, 4] *= 100
        return data
    return result.boxes.data.numpy()


def agreement(mine, theirs):
    """What differs between two answers, or nothing."""
    if theirs.probs is not None:
        apart = float((mine.probs.data - theirs.probs.data).abs().max())
        return "" if apart <= 1e-4 else f"probabilities differ by {apart:.1e}"
    ours, reference = rows_of(mine), rows_of(theirs)
    partners = {}
    for i, row in enumerate(reference):
        near = np.abs(ours[:, :-2] - row[:-2]).max(1, initial=0) <= PIXELS
        near &= (np.abs(ours[:, -2] - row[-2]) <= SCORES) & (ours[:, -1] == row[-1])
        if near.any():
            partners[i] = int(np.where(near, np.abs(ours - row).max(1), np.inf).argmin())
    allowed = int(SPARE * len(reference))
    clear = [i for i, row in enumerate(reference) if row[-2] > CONF + SCORES and i not in partners]
    if len(clear) > allowed or abs(len(ours) - len(reference)) > allowed + 1:
        return f"{len(clear)} of {len(reference)} detections are not found, {len(ours)} are"
    for i, j in partners.items():
        if theirs.masks is not None and (mine.masks.data[j] != theirs.masks.data[i]).float().mean() > 5e-3:
            return f"mask {i} differs"
        if theirs.keypoints is not None and (mine.keypoints.xy[j] - theirs.keypoints.xy[i]).abs().max() > PIXELS:
            return f"keypoints {i} differ"
    return ""


def compare(exporter, checkpoint, size, config, photos, folder):
    """Lines of what failed."""
    done = export(exporter, checkpoint, folder / "out", list(FILES), {"imgsz": size, **config})
    if done.returncode:
        return [f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1]}"]
    (folder / "out" / "openvino").rename(folder / "out" / "best_openvino_model")
    loader = framework.ultralytics.RTDETR if "rtdetr" in checkpoint.stem else framework.YOLO
    options = {"imgsz": size, "conf": CONF, "rect": False, "device": "cpu", "verbose": False}
    reference = loader(str(checkpoint))
    answers = [loader(str(checkpoint)).predict(str(photo), **options, **config)[0] for photo in photos]
    failures, found = [], 0
    for name, file in FILES.items():
        path = folder / "out" / name / file if file else folder / "out" / "best_openvino_model"
        try:
            loaded = loader(str(path))
            if loaded.task != reference.task:
                failures.append(f"{name}: task {loaded.task}, not {reference.task}")
            for photo, theirs in zip(photos, answers):
                mine = loaded.predict(str(photo), **options)[0]
                found += len(theirs)
                if mine.names != theirs.names:
                    failures.append(f"{name}: names {mine.names}")
                if difference := agreement(mine, theirs):
                    failures.append(f"{name} on {photo.name}: {difference}")
        except Exception as error:
            failures.append(f"{name}: {type(error).__name__}: {str(error).splitlines()[0][:200]}")
    return failures or ([] if found else ["nothing was detected: nothing is compared"])


def in_float32():
    """OpenVINO computes in bfloat16 on CPUs that have it, and then differs from the checkpoint whoever wrote the file."""
    import openvino
    compile_model = openvino.Core.compile_model
    openvino.Core.compile_model = lambda core, model, device_name=None, config=None: compile_model(
        core, model, "CPU", {**(config or {}), "INFERENCE_PRECISION_HINT": "f32"})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exporter", type=Path, required=True)
    parser.add_argument("--photos", type=Path, help="folder of .jpg files")
    parser.add_argument("--only", default="", help="models whose name contains this")
    parser.add_argument("checkpoints", nargs="*", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(2)
    in_float32()
    photos = sorted(options.photos.glob("[tu]*.jpg")) if options.photos else []
    photos = [path.resolve() for path in photos] or [HERE.parent / "fixtures" / "photo.jpg"]
    exporter, failed = options.exporter.resolve(), 0
    with tempfile.TemporaryDirectory(prefix="modelport-drop-in-") as temporary:
        subjects = [(name, None, config) for name, config in MODELS.items()] + [(path.stem, path.resolve(), {}) for path in options.checkpoints]
        os.chdir(temporary)     # the framework writes where it stands
        for name, checkpoint, config in subjects:
            if options.only not in name:
                continue
            folder = Path(temporary) / name
            folder.mkdir()
            if checkpoint:
                size = int(framework.YOLO(str(checkpoint)).overrides.get("imgsz", 640))
                copy = folder / checkpoint.name
                copy.write_bytes(checkpoint.read_bytes())
                checkpoint = copy
            else:
                task = framework.task_of(framework.config(f"{name}.yaml"))
                checkpoint, size = folder / f"{name}.pt", 96 if task == "classify" else 160
                make(name, np.concatenate([photograph(photo, size, task) for photo in photos]), checkpoint, "stripped", None)
            failures = compare(exporter, checkpoint, size, config, photos, folder)
            print(f"{name:28}", "ok" if not failures else "; ".join(failures), flush=True)
            failed += bool(failures)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
