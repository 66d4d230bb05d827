"""Models at the framework's own scales, n to x, for the tests that take MODELPORT_SCALED: python make_scaled.py DIRECTORY

Weights are random but spread, as every_yaml.py makes them. What is there already is kept.
"""
import sys
from pathlib import Path

from every_yaml import make, size_of
from framework import task_of, yaml_model_load
from formula import model_input

NAMES = ["yolo11n", "yolo11s", "yolo11m", "yolo11l", "yolo11x", "yolo11x-seg", "yolo11x-pose", "yolo11x-obb", "yolo11x-cls", "yolo26x",
         "yolov8x", "rtdetr-x"]


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        path = folder / f"{name}.pt"
        if path.exists():
            continue
        config = {**yaml_model_load(f"{name}.yaml"), "yaml_file": name}
        size = size_of(config, task_of(config))
        making = path.with_suffix(".part")
        make(name, model_input(size, size, [2]), making, "stripped", None)
        making.rename(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
