"""Makes the checkpoints of the benchmark: the package's own yamls, the framework's own random initial
weights, saved as its trainer saves them. Their values do not matter to a speed, except that a model in which rounding is amplified makes the
proof evaluate its reference in float64 too; a fresh model, like a trained one, does not.

    python bench/make_models.py [--output build/bench-models] [NAME...]

Needs the environment of tests/oracle/requirements-oracle.lock. Existing files are kept.
"""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "oracle"))

import framework

NAMES = ["yolo11n", "yolo11m", "yolo11x", "yolov8n", "yolov8s", "yolo11n-cls", "yolo26n", "yolov8n-seg"]

TASKS = {"cls": "classify", "seg": "segment"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("build/bench-models"))
    parser.add_argument("names", nargs="*", default=NAMES)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for name in options.names:
        path = options.output / f"{name}.pt"
        if path.exists():
            continue
        task = TASKS.get(name.partition("-")[2], "detect")
        config = framework.config(f"{name}.yaml")
        model = framework.build(config, task)
        size = 224 if task == "classify" else 640
        framework.save(model, path, {"model": f"{name}.yaml", "data": "coco.yaml", "imgsz": size, "task": task},
                       {i: f"class {i}" for i in range(config["nc"])})
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
