"""Builds every model yaml of the installed framework, exports it to every format and compares with the real model.

    python every_yaml.py --exporter build/bin/modelport-ultralytics [--work DIR] [--photo FILE] [--only TEXT]
                         [--table docs/ultralytics.md] [--fresh]

Weights are random but spread (tests/oracle/spread_weights.py); text embeddings are random, since encoders are downloads.
Every artifact runs in its engine on one photograph, and whatever the head returns is compared (heads.py). Results go to
DIR/yamls.jsonl; what passed with the same exporter is not repeated. --table writes the table. Exit code 0: every row passed.
"""
import argparse
import concurrent.futures
import gc
import hashlib
import json
import re
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "fixtures")]

import cv2
import framework
import numpy as np
import torch
import ultralytics
from engines import ENGINES
from formula import model_input
from heads import Reference
from spread_weights import spread_weights
from ultralytics.data.augment import LetterBox, classify_transforms

REFUSED = {"depth": "task depth has no task_type"}
MORE_SCALES = ["yolo11s", "yolo11m", "yolo11s-seg", "yolo11m-pose", "yolo12s", "yolo12m", "yolo26s", "yolo26m", "yolo26s-seg",
               "yolo26m-pose", "yolo26s-obb", "yolov8s", "yolov8m", "yolov8s-ghost", "yolov8m-seg", "yolov8s-worldv2", "yoloe-11s-seg",
               "yoloe-26m-seg", "yolo11m-cls", "yolov5s"]
# As the framework's own fuse() leaves them, and with the one-to-many head chosen where there are two.
FUSED = ["yolov5n", "yolov6n", "yolov8n-seg", "yolov8n-ghost", "yolov9t", "yolov10n", "yolo11n-pose", "yolo12n", "yolo26n", "yolo26n-seg",
         "yolo26n-obb", "yolo11n-cls", "rtdetr-resnet50"]
ONE_TO_MANY = ["yolov10n", "yolo26n", "yolo26n-seg", "yolo26n-pose", "yolo26n-obb"]


def yaml_names():
    """name as the framework's loader takes it ("yolo11n-seg": yolo11-seg.yaml at scale n) -> yaml file."""
    found = {}
    for path in sorted((Path(ultralytics.__file__).parent / "cfg" / "models").rglob("*.yaml")):
        scales = framework.yaml_model_load(path).get("scales")
        name = path.stem
        if scales and "n" in scales:
            name = re.sub(r"^(yoloe?-?v?\d+)(?![a-z\d])", r"\1n", name)
        found[name] = path.name
    for name in MORE_SCALES:
        found[name] = re.sub(r"^(yoloe?-?v?\d+)[sm]", r"\1", name) + ".yaml"
    return found


def size_of(config, task):
    if task == "classify":
        return 96
    # Stride 64 wants a multiple of it.
    return 192 if "p6" in config["yaml_file"] else 160


def photograph(path, size, task):
    picture = cv2.imread(str(path))
    if task == "classify":
        from PIL import Image
        return classify_transforms(size)(Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))).numpy()[None]
    boxed = LetterBox((size, size), auto=False)(image=picture)
    return (np.ascontiguousarray(boxed[..., ::-1].transpose(2, 0, 1)).astype(np.float32) / np.float32(255))[None]


def variants(name):
    """(form of the checkpoint, end2end) pairs."""
    yield "stripped", None
    if name in FUSED:
        yield "fused", None
    if name in ONE_TO_MANY:
        yield "fused", False


def make(name, x, path, form, end_to_end):
    """Writes a checkpoint of that yaml whose norms were settled on the photograph and on the exporter's own inputs, so that nothing in
    it is wild there."""
    config = framework.config(f"{name}.yaml")
    task = framework.task_of(config)
    model = framework.build(config, task)
    size, photo = x.shape[2], torch.from_numpy(x)
    views = [photo, photo.flip(3), photo.flip(2), photo.roll(size // 3, 3), photo.roll(size // 4, 2), photo.transpose(2, 3),
             *(torch.from_numpy(model_input(size, size, [seed])) for seed in (0, 1))]
    spread_weights(model, 1, torch.cat(views), small_variances=False)
    if end_to_end is not None:
        model.end2end = end_to_end
    framework.save(model, path, {"model": f"{name}.yaml", "imgsz": size, "task": task}, {i: f"class {i}" for i in range(config["nc"])}, form)


def export(exporter, checkpoint, output, formats, config):
    command = [str(exporter), "--checkpoint_path", str(checkpoint), "--export_format", ",".join(formats), "--output_dir", str(output),
               "--export_config", json.dumps(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=900)


def attempt(exporter, name, form, end_to_end, formats, work, photo):
    """One row: {"cells": {format: {head: "proven" or why not}}}."""
    config = framework.yaml_model_load(f"{name}.yaml")
    task = framework.task_of(config)
    row = {"model": name, "task": task, "form": form, "end2end": end_to_end, "head": config["head"][-1][2], "cells": {f: {} for f in formats},
           "differences": {}}
    folder = work / f"{name}-{form}-{end_to_end}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    checkpoint, size = folder / "best.pt", size_of({**config, "yaml_file": name}, task)
    try:
        if task in REFUSED:
            return refused(exporter, row, checkpoint, folder, formats)
        x = photograph(photo, size, task)
        make(name, x, checkpoint, form, end_to_end)
        dual = bool(config.get("end2end")) or row["head"] == "v10Detect"
        only_one = dual and form == "fused" and end_to_end is None
        heads = {"end to end": {"nms": False}} if only_one else {"raw": {}, "end to end": {"nms": False}} if dual and form == "stripped" else {"raw": {}}
        for head, options in heads.items():
            references = {name: Reference(checkpoint, x, head == "end to end", name)
                          for name in (formats if task == "semantic" else formats[:1])}
            done = export(exporter, checkpoint, folder / "out", formats, {"imgsz": size, **options})
            for format_name in formats:
                directory = folder / "out" / format_name if len(formats) > 1 else folder / "out"
                row["cells"][format_name][head] = compare(row, directory, format_name, x, references.get(format_name, references[formats[0]]), done)
            shutil.rmtree(folder / "out", ignore_errors=True)
            del references
    except Exception as error:
        traceback.print_exc(limit=-3)
        for format_name in formats:
            row["cells"][format_name].setdefault("raw", f"{type(error).__name__}: {error}"[:300])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        gc.collect()
    return row


def refused(exporter, row, checkpoint, folder, formats):
    model = framework.tasks.DepthModel(framework.config(f"{row['model']}.yaml"), verbose=False)
    torch.save({"model": model.half(), "train_args": {"task": row["task"], "imgsz": 160}}, checkpoint)
    done = export(exporter, checkpoint, folder / "out", formats, {})
    said = REFUSED[row["task"]] in done.stderr and done.returncode == 1
    for format_name in formats:
        row["cells"][format_name]["raw"] = "refused" if said else f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1][:200]}"
    return row


def compare(row, directory, format_name, x, reference, done):
    metadata = directory / "metadata.json"
    if not metadata.exists():
        errors = [line for line in done.stderr.splitlines() if " - ERROR - " in line] or [f"exit {done.returncode}"]
        return next((line for line in errors if format_name in line.lower()), errors[-1])[-300:]
    found, failures = reference.failures(ENGINES[format_name](directory, x))
    row["differences"] |= {f"{format_name} output{i} {group}": value for (i, group), value in found.items()}
    return "; ".join(failures) or "proven"


def passed(row):
    return all(cell in ("proven", "refused") for cells in row["cells"].values() for cell in cells.values())


def cell(row, format_name):
    said = set(row["cells"][format_name].values())
    return said.pop() if said in ({"proven"}, {"refused"}) else "**not proven**"


AGES = "## Checkpoints of every age\n"     # what follows it in the page is written by ages/export_ages.py


def table(rows, formats):
    head = f"""# Every model of the framework

What `tests/live/every_yaml.py` proved last, with ultralytics {ultralytics.__version__}: each yaml of the package was built by the package, at the scale in its
name (where a yaml has none, as it is), with random weights whose scores spread, saved as a checkpoint of the named form and exported. Each file then ran in its own
engine on a photograph, and everything that the head returns (boxes, scores, prototypes and mask coefficients, keypoints, angles) was held to what the real
model computes there: 0.02 px, 1e-4 of a score, 2e-5 of anything else's magnitude, or four times the model's own float32 rounding where that is more. Text
embeddings are random, since their encoders are downloads.

| model | yaml | task | head | checkpoint | outputs | {' | '.join(formats)} |
|---|---|---|---|---|---|{'---|' * len(formats)}
"""
    names, lines = yaml_names(), []
    for row in rows:
        form = row["form"] + ("" if row["end2end"] is None else f", end2end {str(row['end2end']).lower()}")
        outputs = ", ".join(next(iter(row["cells"].values())))
        lines.append("| " + " | ".join([row["model"], names[row["model"]], row["task"], row["head"], form, outputs,
                                        *(cell(row, f) for f in formats)]) + " |\n")
    return head + "".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exporter", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/sweep"))
    parser.add_argument("--photo", type=Path, default=HERE.parent / "fixtures" / "photo.jpg")
    parser.add_argument("--only", default="", help="models whose name matches this regular expression")
    parser.add_argument("--table", type=Path)
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    options = parser.parse_args()
    torch.set_num_threads(1)
    exporter, work = options.exporter.resolve(), options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    capabilities = json.loads(subprocess.run([str(exporter), "--capabilities"], capture_output=True, text=True, check=True).stdout)
    formats = [f["format"] for f in capabilities["formats"] if f["supported"] and f["format"] in ENGINES]
    identity = hashlib.sha256(exporter.read_bytes()).hexdigest()[:16]
    state = work / "yamls.jsonl"
    if options.fresh:
        state.unlink(missing_ok=True)
    known = {}
    for line in state.read_text().splitlines() if state.exists() else ():
        row = json.loads(line)
        if row["exporter"] == identity and passed(row) and list(row["cells"]) == formats:
            known[row["model"], row["form"], row["end2end"]] = row
    wanted = [(name, *variant) for name in yaml_names() if re.search(options.only, name) for variant in variants(name)]
    rows = {key: known[key] for key in wanted if key in known}
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        running = {pool.submit(attempt, exporter, *key, formats, work, options.photo.resolve()): key for key in wanted if key not in known}
        for done in concurrent.futures.as_completed(running):
            row = rows[running[done]] = done.result() | {"exporter": identity}
            with state.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(f"{row['model']:24} {row['task']:9} {row['form']:9}", "ok" if passed(row) else json.dumps(row["cells"]), flush=True)
    rows = [rows[key] for key in wanted]
    if options.table:
        ages = options.table.read_text().partition(AGES)
        options.table.write_text(table(rows, formats) + "\n" + ages[1] + ages[2])
    failed = [row for row in rows if not passed(row)]
    print(f"\n{len(rows) - len(failed)} of {len(rows)} rows passed")
    for row in failed:
        print(f"{row['model']} ({row['form']}): {json.dumps(row['cells'])}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
