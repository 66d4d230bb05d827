"""Copies the checkpoints of tests/fixtures/ages from what run_ages made: python make_fixtures.py MADE

One for each fault that the ages revealed, with what its release computes of it (NAME.npz: outputs; the input is of numpy's default_rng(0)).
"""
import shutil
import sys
from pathlib import Path

import numpy as np

TARGET = Path(__file__).resolve().parents[2] / "fixtures/ages"
FIXTURES = {"segment-8.0.20": "8.0.20/segment/best", "obb-8.1.0": "8.1.0/obb/best", "pose-8.2.0": "8.2.0/pose/best", "used-8.2.0": "8.2.0/detect/best-used"}


def main():
    TARGET.mkdir(exist_ok=True)
    for name, made in FIXTURES.items():
        source = Path(sys.argv[1]) / made
        shutil.copy(source.with_suffix(".pt"), TARGET / f"{name}.pt")
        record = np.load(source.with_suffix(".npz"))
        np.savez_compressed(TARGET / f"{name}.npz", **{key: record[key] for key in record.files if key != "input"})


if __name__ == "__main__":
    main()
