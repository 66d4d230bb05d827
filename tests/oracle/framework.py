"""The real framework: quiet import, models from its yamls, and checkpoints saved as its own trainer saves them."""
import os
import tempfile
from copy import deepcopy
from pathlib import Path

os.environ.setdefault("YOLO_CONFIG_DIR", str(Path(tempfile.gettempdir()) / "modelport-ultralytics-settings"))
os.environ.setdefault("YOLO_OFFLINE", "True")
os.environ.setdefault("YOLO_AUTOINSTALL", "False")
os.environ.setdefault("YOLO_VERBOSE", "False")
Path(os.environ["YOLO_CONFIG_DIR"]).mkdir(parents=True, exist_ok=True)

import torch
import ultralytics
from ultralytics import YOLO
from ultralytics.nn import tasks
from ultralytics.nn.tasks import guess_model_task, yaml_model_load
from ultralytics.utils import DEFAULT_CFG_DICT
from ultralytics.utils.nms import non_max_suppression
from ultralytics.utils.torch_utils import convert_optimizer_state_dict_to_fp16, strip_optimizer


def config(name, **changes):
    """A yaml of the package as its own loader reads it ("yolo11n.yaml" is yolo11.yaml at scale n), changed."""
    return {**yaml_model_load(name), "yaml_file": name, **changes}


_KINDS = {"classify": tasks.ClassificationModel, "detect": tasks.DetectionModel, "segment": tasks.SegmentationModel,
          "pose": tasks.PoseModel, "obb": tasks.OBBModel, "semantic": tasks.SemanticSegmentationModel}


def kind_of(yaml_dict, task):
    """The class that the framework itself builds such a yaml with."""
    head = yaml_dict["head"][-1][2]
    if head == "RTDETRDecoder":
        return tasks.RTDETRDetectionModel
    if head == "WorldDetect":
        return tasks.WorldModel
    if head.startswith("YOLOE"):
        return tasks.YOLOESegModel if task == "segment" else tasks.YOLOEModel
    return _KINDS[task]


def task_of(yaml_dict):
    """As the framework guesses it from a yaml; of RT-DETR's it says nothing."""
    return guess_model_task(yaml_dict) if yaml_dict["head"][-1][2] != "RTDETRDecoder" else "detect"


def build(yaml_dict, task, channels=3):
    """A model with stock weights; one that is guided by text, with random features of its classes."""
    torch.manual_seed(1)
    yaml_dict = deepcopy(yaml_dict)
    for row in yaml_dict["backbone"]:
        if row[2] == "TorchVision":
            row[3][2] = None    # trained weights, which are a download
    model = kind_of(yaml_dict, task)(yaml_dict, ch=channels, nc=yaml_dict["nc"], verbose=False)
    model.task = task
    features = torch.nn.functional.normalize(torch.randn(1, yaml_dict["nc"], 512), dim=-1)
    if hasattr(model, "txt_feats"):
        model.txt_feats = features
    elif isinstance(model, tasks.YOLOEModel):
        model.eval().set_classes([f"thing {i}" for i in range(yaml_dict["nc"])], features)
    return model


def _checkpoint(model, arguments):
    return {"epoch": 99, "best_fitness": 0.5, "stopper": {"best_fitness": 0.5, "best_epoch": 99}, "model": None,
            "ema": deepcopy(model).half(), "updates": 100, "modelopt": None, "optimizer": None, "scaler": None,
            "train_args": {**DEFAULT_CFG_DICT, **arguments}, "train_metrics": {"metrics/mAP50(B)": 0.5, "fitness": 0.5},
            "train_results": {"epoch": [1, 2], "train/box_loss": [1.5, 1.25]}, "date": "2026-01-02T03:04:05.678901+00:00",
            "version": ultralytics.__version__,
            "git": {"root": None, "branch": None, "commit": None, "message": None, "origin": None},
            "license": "AGPL-3.0 (https://ultralytics.com/license)", "docs": "https://docs.ultralytics.com"}


def _optimizer_state(model):
    """SGD as the trainer groups it, after one step, so that every parameter has a momentum buffer."""
    model = deepcopy(model).float().train()
    weights, norms, biases = [], [], []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.requires_grad:
                group = biases if name == "bias" else norms if isinstance(module, torch.nn.BatchNorm2d) else weights
                group.append(parameter)
                parameter.grad = torch.full_like(parameter, 0.5)
    optimizer = torch.optim.SGD(biases, lr=0.01, momentum=0.937, nesterov=True)
    optimizer.add_param_group({"params": weights, "weight_decay": 0.0005})
    optimizer.add_param_group({"params": norms, "weight_decay": 0.0})
    optimizer.step()
    return convert_optimizer_state_dict_to_fp16(optimizer.state_dict())


def save(model, path, arguments, names, form="stripped"):
    """Writes the checkpoint as `form` says.

    stripped   best.pt after training: `model` in half precision, everything else None
    unstripped last.pt of an interrupted training: `ema` in half precision, optimizer, `model` None
    float32    `model` in float32, nothing else (what a script that saves its own model writes)
    fused      the same, with every batch norm already folded by the framework's fuse()
    """
    model = deepcopy(model)
    model.names = names
    model.args = {**DEFAULT_CFG_DICT, **arguments}
    checkpoint = _checkpoint(model, arguments)
    if form == "unstripped":
        checkpoint["optimizer"] = _optimizer_state(model)
        checkpoint["scaler"] = {"scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 2000,
                                "_growth_tracker": 100}
    elif form in ("float32", "fused"):
        plain = model.eval().float()
        checkpoint |= {"model": plain.fuse(verbose=False) if form == "fused" else plain, "ema": None, "updates": None}
    torch.save(checkpoint, path)
    if form == "stripped":
        strip_optimizer(path, updates={"date": checkpoint["date"]})
