"""Eight generated pictures with the labels of every task, in the layouts that the package reads."""
import json
from pathlib import Path

import cv2
import numpy as np

SIZE, CLASSES = 64, ("disc", "bar")
KEYPOINTS = 3


def _picture(seed):
    """A picture, and of each thing in it: class, corners of its box [4, 2] in shares of the size."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 90, (SIZE, SIZE, 3), np.uint8)
    things = []
    for number in range(2):
        kind = (seed + number) % 2
        centre = np.array([18 + 28 * number, random.integers(20, 44)])
        half = np.array([9, 9]) if kind == 0 else np.array([12, 5])
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half + centre
        colour = tuple(int(v) for v in random.integers(130, 255, 3))
        if kind == 0:
            cv2.circle(image, tuple(int(v) for v in centre), 9, colour, -1)
        else:
            cv2.fillPoly(image, [corners.astype(np.int32)], colour)
        things.append((kind, corners / SIZE))
    return image, things


def _row(task, kind, corners):
    low, high = corners.min(0), corners.max(0)
    box = [*((low + high) / 2), *(high - low)]
    if task in ("segment", "obb"):
        numbers = corners.reshape(-1)
    elif task == "pose":
        numbers = [*box, *(v for corner in corners[:KEYPOINTS] for v in (*corner, 2))]
    else:
        numbers = box
    return " ".join([str(kind), *(f"{float(v):.6f}" for v in numbers)])


def write(folder):
    """Writes every task's data below `folder`; task -> what the package takes as `data`."""
    sources = {}
    for task in ("detect", "segment", "pose", "obb", "semantic", "depth"):
        root = folder / task
        for part in ("train", "val"):
            for kind in ("images", "labels", "masks", "depth"):
                (root / kind / part).mkdir(parents=True, exist_ok=True)
            for number in range(4):
                image, things = _picture(number + (10 if part == "val" else 0))
                cv2.imwrite(str(root / "images" / part / f"{number}.png"), image)
                (root / "labels" / part / f"{number}.txt").write_text("\n".join(_row(task, *thing) for thing in things))
                mask = np.zeros((SIZE, SIZE), np.uint8)
                for kind, corners in things:
                    cv2.fillPoly(mask, [(corners * SIZE).astype(np.int32)], kind)
                cv2.imwrite(str(root / "masks" / part / f"{number}.png"), mask)
                np.save(root / "depth" / part / f"{number}.npy", 1 + mask.astype(np.float32))
        settings = {"path": str(root), "train": "images/train", "val": "images/val", "nc": len(CLASSES), "names": list(CLASSES)}
        settings |= {"pose": {"kpt_shape": [KEYPOINTS, 3], "flip_idx": [0, 1, 2]}, "semantic": {"masks_dir": "masks"},
                     "depth": {"nc": 1, "names": ["depth"]}}.get(task, {})
        (root / "data.yaml").write_text(json.dumps(settings))
        sources[task] = str(root / "data.yaml")
    root = folder / "classify"
    for part in ("train", "val", "test"):
        for number in range(8):
            target = root / part / CLASSES[number % 2]
            target.mkdir(parents=True, exist_ok=True)
            image, _ = _picture(number + (10 if part != "train" else 0))
            cv2.imwrite(str(target / f"{number}.png"), image)
    return sources | {"classify": str(root)}
