"""The framework's own ONNX of each subject, the yardstick: export_framework.py FOLDER OPSET, by the environment of tools/make_oracle_venv.

Leaves FOLDER/NAME-OPSET.onnx, or .txt that says why there is none; what is there already stays.
"""
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]

import framework
import torch
from subjects import SUBJECTS


def export(subject, opset, to):
    with tempfile.TemporaryDirectory(prefix="modelport-theirs-") as folder:
        checkpoint = Path(folder) / "best.pt"
        shutil.copy(HERE.parent / "fixtures" / subject.checkpoint, checkpoint)
        model = (framework.ultralytics.RTDETR if "rtdetr" in subject.name else framework.YOLO)(str(checkpoint))
        size = model.ckpt["train_args"]["imgsz"]
        path = model.export(format="onnx", opset=opset, imgsz=size, **({"nms": False} if subject.end_to_end else {}))
        shutil.move(path, to)


def main():
    folder, opset = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for subject in SUBJECTS:
        to = folder / f"{subject.name.replace(' ', '-')}-{opset}.onnx"
        if not subject.framework or to.exists() or to.with_suffix(".txt").exists():
            continue
        try:
            export(subject, opset, to)
        except Exception as error:      # each has its own kinds
            to.with_suffix(".txt").write_text(f"{type(error).__name__}: {error}")


main()
