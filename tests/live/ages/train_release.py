"""Trains every task of one release of the package and keeps each state of the checkpoint that it leaves behind.

    PYTHONPATH=RELEASE:DEPENDENCIES python train_release.py RELEASE OUTPUT [MODEL...]

OUTPUT/MODEL/STATE.pt, beside each STATE.npz what the release itself computes of it (`input`, `output0`, ...), and made.json: the states, or
the error that stood in the way. What is there already is not made again.
"""
import json
import os
import shutil
import sys
import tempfile
import traceback
from copy import deepcopy
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
RELEASE, OUTPUT = sys.argv[1], Path(sys.argv[2]).resolve()
os.environ.update(YOLO_CONFIG_DIR=str(OUTPUT / "home/.config/Ultralytics"), HOME=str(OUTPUT / "home"))
(OUTPUT / "home/.config/Ultralytics").mkdir(parents=True, exist_ok=True)

import old_world  # noqa: F401 (before the package)
import numpy as np
import pictures
import small_models
import torch
import ultralytics
from ultralytics import YOLO

try:
    from ultralytics.engine import trainer as engine
except ImportError:
    from ultralytics.yolo.engine import trainer as engine
if ultralytics.__version__ != RELEASE:
    sys.exit(f"this is {ultralytics.__version__}")


class Interrupted(Exception):
    """Power went off after the first epoch was saved."""


class Saves:
    """Keeps what save_model() writes before strip_optimizer() takes things away."""

    def __init__(self):
        self.folder, self.prefix, self.interrupt = None, "", False
        save = engine.BaseTrainer.save_model

        def save_model(trainer):
            done = save(trainer)
            for path in (trainer.last, trainer.best):
                if path.exists():
                    shutil.copy(path, self.folder / f"{self.prefix}{Path(path).stem}-unstripped.pt")
            if self.interrupt:
                raise Interrupted
            return done

        engine.BaseTrainer.save_model = save_model


SAVES = Saves()


def options(task, data, place):
    """The settings that make training short; those that the release does not know yet are left out."""
    wanted = {"data": data, "epochs": 1, "imgsz": pictures.SIZE, "batch": 4, "workers": 0, "device": "cpu", "project": str(place), "name": "run",
              "exist_ok": True, "amp": False, "plots": False, "verbose": False, "seed": 0, "val": True, "cache": False, "mosaic": 0.0,
              "pretrained": False}
    known = known_settings()
    return {key: value for key, value in wanted.items() if key in known}


def known_settings():
    try:
        from ultralytics.utils import DEFAULT_CFG_DICT
        return DEFAULT_CFG_DICT
    except ImportError:
        pass
    import yaml
    root = Path(ultralytics.__file__).parent / "yolo"
    path = next(p for p in (root / "cfg/default.yaml", root / "configs/default.yaml") if p.exists())
    return yaml.safe_load(path.read_text())


def yolo(source, task):
    """The release's own front door; the first ones told the task by the yaml alone."""
    try:
        return YOLO(str(source), task=task)
    except TypeError:
        return YOLO(str(source))


def train(source, task, settings, prefix, folder, interrupt=False):
    """Folder of the weights that training leaves; an interrupted one leaves its last.pt as it was saved."""
    SAVES.folder, SAVES.prefix, SAVES.interrupt = folder, prefix, interrupt
    try:
        yolo(source, task).train(**settings)
    except Interrupted:
        pass
    return Path(settings.get("project", "")) / settings.get("name", "") / "weights"


def model_of(path):
    checkpoint = torch.load(path, map_location="cpu")
    return (checkpoint.get("ema") or checkpoint["model"]).float().eval()


def is_fused(head):
    """Whether fuse() took the one-to-many branch away."""
    layers = getattr(head, "cv2", None)
    return layers is None or isinstance(layers[0], torch.nn.Identity)


def record(path, size):
    """What the release computes of this file, beside it."""
    model = model_of(path)
    head = model.model[-1]
    # In export mode the pose head of 8.0 takes the visibility of a keypoint from its y.
    head.export, head.format = type(head).__name__ != "Pose", "onnx"
    if hasattr(head, "shape"):
        head.shape = None
    if getattr(head, "end2end", False) and not is_fused(head):
        # An attribute in some releases, a property without a setter in others.
        vars(head).pop("end2end", None)
        head.__class__ = type(type(head).__name__, (type(head),), {"end2end": False})
    x = np.random.default_rng(0).random((1, 3, size, size), np.float32)
    with torch.no_grad():
        outputs = model(torch.from_numpy(x))
    outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    np.savez(path.with_suffix(".npz"), input=x, **{f"output{i}": o.numpy() for i, o in enumerate(outputs) if isinstance(o, torch.Tensor)})


def as_float(path, target):
    """What a script writes that saves the model it uses."""
    torch.save({"model": model_of(path), "version": ultralytics.__version__}, target)


def after_use(path, task, picture, target):
    """After a prediction: fused, or with what forward() left behind."""
    user = yolo(path, task)
    user.predict(picture, imgsz=pictures.SIZE, save=False, verbose=False) if RELEASE != "8.0.0" else user.predict(source=picture, imgsz=pictures.SIZE)
    torch.save({"model": deepcopy(user.model), "version": ultralytics.__version__}, target)


def require_numbers(folder):
    """With the torch of today some losses of 8.0.0 give NaN: such files are taken away."""
    bad = []
    for path in folder.glob("*.pt"):
        if not all(torch.isfinite(v).all() for v in model_of(path).state_dict().values() if v.is_floating_point()):
            path.unlink()
            bad.append(path.stem)
    if bad:
        raise ArithmeticError(f"NaN weights in {len(bad)} checkpoints, so that an untrained one after validation stands for them")


def validated(source, task, folder):
    """What validation of the untrained model leaves, saved as the trainer saves."""
    torch.manual_seed(0)
    model = yolo(source, task).model.float().eval()
    with torch.no_grad():
        model(torch.rand(1, 3, pictures.SIZE, pictures.SIZE))
    record = {"epoch": 0, "best_fitness": 0.0, "updates": 1, "optimizer": None, "version": ultralytics.__version__,
              "train_args": {"task": task, "imgsz": pictures.SIZE}, "date": "2023-01-10T12:00:00"}
    half = deepcopy(model).half()
    torch.save({**record, "epoch": -1, "model": half, "ema": None}, folder / "best.pt")
    torch.save({**record, "model": half, "ema": deepcopy(half)}, folder / "last-unstripped.pt")


class Attempts:
    """Runs steps and keeps what stood in their way."""

    def __init__(self, errors):
        self.errors = errors

    def __call__(self, what, step):
        try:
            return step()
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            lines = str(error).strip().splitlines() or [""]
            self.errors[what] = f"{type(error).__name__}: {lines[0]}"[:300]


def train_in_every_way(name, task, yaml, data, folder, attempt):
    place = Path(tempfile.mkdtemp(prefix="train-"))
    try:
        source = place / f"{name}.yaml"
        source.write_text(json.dumps(yaml))
        settings = options(task, data, place)

        def once():
            weights = train(source, task, settings, "", folder)
            for stem in ("best", "last"):
                shutil.copy(weights / f"{stem}.pt", folder / f"{stem}.pt")

        def resumed():
            weights = train(source, task, {**settings, "name": "again", "epochs": 2}, "interrupted-", folder, interrupt=True)
            resume = str(weights / "last.pt") if RELEASE.startswith("8.0.0") else True
            train(weights / "last.pt", task, {"resume": resume, **({"data": data} if RELEASE == "8.0.20" else {})}, "resumed-", folder)
            for stem in ("best", "last"):
                shutil.copy(weights / f"{stem}.pt", folder / f"resumed-{stem}.pt")

        attempt("train", once)
        attempt("resume", resumed)
        attempt("diverged", lambda: require_numbers(folder))
        if "diverged" in attempt.errors:
            validated(source, task, folder)
        if (folder / "best.pt").exists():
            attempt("float", lambda: as_float(folder / "best.pt", folder / "best-float.pt"))
            picture = next((Path(data).parent if Path(data).is_file() else Path(data)).rglob("*.png"))
            attempt("use", lambda: after_use(folder / "best.pt", task, str(picture), folder / "best-used.pt"))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def make(name, task, yaml, data, folder):
    """Trains where made.json says nothing yet, and records what has no record."""
    file = folder / "made.json"
    made = json.loads(file.read_text()) if file.exists() else None
    if not made:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        made = {"release": RELEASE, "model": name, "task": task, "states": [], "errors": {}}
    attempt = Attempts(made["errors"])
    if not made["states"]:
        train_in_every_way(name, task, yaml, data, folder, attempt)
        made["states"] = sorted(path.stem for path in folder.glob("*.pt"))
    for state in made["states"]:
        if not (folder / f"{state}.npz").exists() and f"run {state}" not in made["errors"]:
            attempt(f"run {state}", lambda: record(folder / f"{state}.pt", pictures.SIZE))
    file.write_text(json.dumps(made, indent=1))
    print(f"{RELEASE} {name}: {len(made['states'])} states {made['errors'] or ''}", flush=True)


def lay_font():
    """Old releases look for a font before they train, and would download it."""
    import matplotlib
    font = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
    for folder in (Path(os.environ["YOLO_CONFIG_DIR"]), Path(os.environ["YOLO_CONFIG_DIR"]) / "Ultralytics"):
        folder.mkdir(exist_ok=True)
        shutil.copy(font, folder / "Arial.ttf")


def main():
    data = pictures.write(OUTPUT / "data")
    lay_font()
    os.chdir(OUTPUT)
    for name, (task, yaml) in small_models.models_of(RELEASE).items():
        if not sys.argv[3:] or name in sys.argv[3:]:
            make(name, task, yaml, data[task], OUTPUT / name)


if __name__ == "__main__":
    main()
