"""The original YOLOv5, from the registry's package of it: models, checkpoints as its trainer saves them, and loading.

    pip install --no-deps --target DIR yolov5==7.0.14        and DIR in the environment variable MODELPORT_YOLOV5

The package wants pandas, seaborn, huggingface_hub and others for its plots and downloads; inert stand-ins take their
place. Its classes live in yolov5.models, the repository's in models: checkpoints are written and read under the latter.
"""
import importlib.abc
import importlib.machinery
import os
import pathlib
import sys
import types
from copy import deepcopy

_STANDINS = ("pandas", "seaborn", "huggingface_hub", "thop", "IPython", "fire", "sahi", "boto3", "gitpython", "git",
             "roboflow", "requests", "tqdm", "psutil", "comet_ml", "wandb", "clearml")


class _Inert(types.ModuleType):
    """Has every attribute, can be called, does nothing."""
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Inert(name)

    def __call__(self, *_, **__):
        return self


class _StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Comes last, so what is installed wins."""
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] in _STANDINS else None

    def create_module(self, spec):
        return _Inert(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.append(_StandIn())
sys.path.insert(0, os.environ["MODELPORT_YOLOV5"])

import torch
import yolov5.models.common
import yolov5.models.experimental
import yolov5.models.yolo
from yolov5.models.yolo import ClassificationModel, DetectionModel, SegmentationModel
from yolov5.utils.general import LOGGER, non_max_suppression

LOGGER.setLevel("WARNING")
_HOMES = {"models": yolov5.models, "models.common": yolov5.models.common, "models.yolo": yolov5.models.yolo,
          "models.experimental": yolov5.models.experimental}


def build(config, task):
    """A model with stock weights; a classifier is the first layers of a detector and a head, as classify/train.py does."""
    torch.manual_seed(1)
    kind = SegmentationModel if task == "segment" else DetectionModel
    model = kind(deepcopy(config))
    if task == "classify":
        return ClassificationModel(model=model, nc=config["nc"], cutoff=config["cutoff"])
    return model


def save(model, path, names, image_size, era="7.0"):
    """Writes best.pt after training: half precision, everything but `model` emptied. For era "5.0": the classes and
    attributes of that time (root class Model, given boxes a second time in pixels, no caches)."""
    model = deepcopy(model).eval()
    model.names = names
    model.hyp = {"box": 0.05, "cls": 0.5}
    head = model.model[-1]
    moved = {type(m) for m in model.modules() if type(m).__module__.startswith("yolov5.")}
    homes = {kind: (kind.__module__, kind.__qualname__) for kind in moved}
    if hasattr(head, "anchors"):
        model.class_weights = torch.ones(head.nc)
    if era == "5.0":
        del head.grid, head.anchor_grid
        head.grid = [torch.zeros(1)] * head.nl
        head.register_buffer("anchor_grid", (head.anchors * head.stride.view(-1, 1, 1)).view(head.nl, 1, -1, 1, 1, 2))
        model.gr = 1.0
    for kind in moved:
        kind.__module__ = kind.__module__.removeprefix("yolov5.")
    previous = {name: sys.modules.get(name) for name in _HOMES}
    sys.modules.update(_HOMES)
    if era == "5.0":
        yolov5.models.yolo.Model = DetectionModel
        DetectionModel.__name__ = DetectionModel.__qualname__ = "Model"
    try:
        half = model.half()
        if era == "5.0":
            half.model[-1].anchor_grid = half.model[-1].anchor_grid.half()
        torch.save({"epoch": -1, "best_fitness": None, "model": half, "ema": None, "updates": None, "optimizer": None,
                    "opt": {"weights": "yolov5n.pt", "cfg": "", "data": "own.yaml", "imgsz": image_size, "task": "train"},
                    "git": {"remote": None, "branch": None, "commit": None}, "date": "2023-01-02T03:04:05.678901"}, path)
    finally:
        for kind, (home, name) in homes.items():
            kind.__module__, kind.__qualname__, kind.__name__ = home, name, name.rsplit(".")[-1]
        for name, module in previous.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def load(path, dtype=torch.float32, fused=False):
    """The model of a checkpoint as attempt_load() of the repository gives it, in `dtype`."""
    pathlib.WindowsPath = pathlib.PosixPath
    previous = {name: sys.modules.get(name) for name in _HOMES}
    sys.modules.update(_HOMES)
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=False)
    finally:
        for name, module in previous.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    model = (checkpoint.get("ema") or checkpoint["model"]).float()
    head = model.model[-1]
    if hasattr(head, "anchors"):
        if not isinstance(head.anchor_grid, list):
            del head.anchor_grid
        head.anchor_grid = [torch.zeros(1)] * head.nl
        head.grid = [torch.zeros(1)] * head.nl
    for module in model.modules():
        if isinstance(module, torch.nn.Upsample) and not hasattr(module, "recompute_scale_factor"):
            module.recompute_scale_factor = None
    model = (model.fuse() if fused else model).eval().to(dtype)
    if isinstance(model.names, (list, tuple)):
        model.names = dict(enumerate(model.names))
    return model


def run(model, x):
    """name -> float64 array: what its own export gives, and the logits behind the scores."""
    captured = []
    head = model.model[-1]
    hooks = [m.register_forward_hook(lambda _, __, y: captured.append(y.clone())) for m in getattr(head, "m", ())]
    with torch.no_grad():
        result = model(torch.from_numpy(x).to(next(model.parameters()).dtype))
    for hook in hooks:
        hook.remove()
    if not hooks:
        return {"output0": result.double().numpy(), "logits": result.double().numpy()}
    out = {"output0": result[0].double().numpy()}
    if len(result) == 3:
        out["output1"] = result[1].double().numpy()
    rows = [y.view(len(y), head.na, head.no, -1).transpose(2, 3).flatten(1, 2)[..., 4:5 + head.nc] for y in captured]
    return out | {"logits": torch.cat(rows, 1).double().numpy()}
