"""Exports many models under many settings and compares each with the real framework. Resumable.

    python sweep.py --exporter build/bin/modelport-ultralytics [--work DIR] [--photos DIR] [--scales nsmlx]
                    [--only TEXT] [--fresh] [CHECKPOINT...]

Models: every yaml of YAMLS at each scale with random weights (tests/oracle/spread_weights.py), the fixtures' own
recipes, and the checkpoints named. Results go to DIR/results.jsonl, one line each; a run that passed with the same
exporter (by its sha256) is not repeated. Exit code 0: every line passed.
"""
import argparse
import hashlib
import json
import subprocess
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "fixtures")]

from compare_with_framework import compare
import framework
from spread_weights import calibration_images, spread_weights

YAMLS = {"detect": ["yolo11{}.yaml", "yolov8{}.yaml", "yolov8{}-p2.yaml", "yolov8{}-p6.yaml"],
         "classify": ["yolo11{}-cls.yaml", "yolov8{}-cls.yaml"]}
OPSETS = (11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21)
SETTINGS = [{}, {"simplify": False}, {"batch_size": 2, "imgsz": [192, 256]}, {"dynamic_axes": True}, {"dynamic_axes": "batch"},
            {"half": True}, {"half": True, "dynamic_axes": True, "opset_version": 13}, {"half": True, "opset_version": 21},
            *({"opset_version": o} for o in OPSETS if o != 17), {"dynamic_axes": True, "opset_version": 14},
            {"dynamic_axes": True, "opset_version": 18}, {"opset_version": 18, "ir_version": 10}]
# Large enough that no feature map of a p6 model vanishes, small enough that 100 exports are quick.
SIZE = {"detect": 256, "classify": 96}


def models(work, scales):
    """(name, checkpoint, task) of every model, built where it is not there yet."""
    from recipes import RECIPES
    folder = work / "models"
    folder.mkdir(parents=True, exist_ok=True)
    for task, yamls in YAMLS.items():
        for pattern in yamls:
            for scale in scales:
                name = pattern.format(scale).removesuffix(".yaml")
                path = folder / f"{name}.pt"
                if not path.exists():
                    nc = 80 if task == "detect" else 100
                    config = framework.config(f"{name}.yaml", nc=nc)
                    model = framework.build(config, task)
                    spread_weights(model, 1, calibration_images(SIZE[task]))
                    framework.save(model, path, {"model": f"{name}.yaml", "imgsz": SIZE[task], "task": task},
                                   {i: f"class {i}" for i in range(nc)})
                yield name, path, task
    for name, recipe in RECIPES.items():
        yield f"fixture {name}", HERE.parent / "fixtures" / f"{name}.pt", recipe.task


def export(exporter, checkpoint, output, settings):
    """(seconds, exit code, the last lines of stderr)."""
    command = [str(exporter), "--checkpoint_path", str(checkpoint), "--export_format", "onnx", "--output_dir", str(output),
               "--export_config", json.dumps(settings)]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    return time.perf_counter() - start, done.returncode, " | ".join(done.stderr.strip().splitlines()[-2:])


def attempt(exporter, name, checkpoint, task, settings, work, photos):
    size = {} if name.startswith("fixture") and not settings else {"imgsz": SIZE[task]}
    settings = {**size, **settings}
    if task == "classify" and isinstance(settings.get("imgsz"), list):
        settings["imgsz"] = [96, 128]
    output = work / "exports" / hashlib.sha256(f"{name}{settings}".encode()).hexdigest()[:16]
    line = {"model": name, "settings": settings}
    try:
        line["seconds"], line["exit"], text = export(exporter, checkpoint, output, settings)
        if line["exit"]:
            return line | {"passed": False, "failures": [text]}
        report = compare(checkpoint, output / "model.onnx", photos, half=bool(settings.get("half")))
        for figure in ("boxes", "scores"):
            line[figure] = max((row[figure] for row in report.rows if figure in row), default=0.0)
        return line | {"passed": not report.failures, "failures": report.failures[:5]}
    except Exception as error:
        traceback.print_exc()
        return line | {"passed": False, "failures": [f"{type(error).__name__}: {str(error).splitlines()[0][:300]}"]}
    finally:
        for file in output.glob("*"):
            file.unlink()


def table_line(line):
    settings = " ".join(f"{k}={v}" for k, v in line["settings"].items())
    figures = "  ".join(f"{k} {line[k]:.1e}" for k in ("boxes", "scores") if k in line)
    verdict = "ok" if line["passed"] else "FAILED " + "; ".join(line["failures"][:2])
    return f"{line['model']:28} {settings:48} {line.get('seconds', 0):6.2f} s  {figures:28} {verdict}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exporter", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/sweep"))
    parser.add_argument("--photos", type=Path, help="folder of .jpg files")
    parser.add_argument("--scales", default="n")
    parser.add_argument("--only", default="", help="models whose name contains this")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("checkpoints", nargs="*", type=Path)
    options = parser.parse_args()
    exporter, work = options.exporter.resolve(), options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    photos = sorted(options.photos.glob("*.jpg"))[:2] if options.photos else []
    photos = photos or [HERE.parent / "fixtures" / "photo.jpg"]
    state = work / "results.jsonl"
    if options.fresh:
        state.unlink(missing_ok=True)
    identity = hashlib.sha256(exporter.read_bytes()).hexdigest()[:16]
    known = {}
    for text in state.read_text().splitlines() if state.exists() else ():
        line = json.loads(text)
        if line["exporter"] == identity and line["passed"]:
            known[line["key"]] = line
    chosen = [(p.stem, p, framework.YOLO(str(p)).task) for p in options.checkpoints] or models(work, options.scales)
    lines = []
    for name, checkpoint, task in chosen:
        if options.only not in name:
            continue
        for settings in SETTINGS:
            key = f"{name} {json.dumps(settings, sort_keys=True)}"
            line = known.get(key)
            if line is None:
                line = attempt(exporter, name, checkpoint, task, settings, work, photos) | {"key": key, "exporter": identity}
                with state.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                print(table_line(line), flush=True)
            lines.append(line)
    failed = [line for line in lines if not line["passed"]]
    print(f"\n{len(lines) - len(failed)} of {len(lines)} passed")
    for line in failed:
        print(table_line(line))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
