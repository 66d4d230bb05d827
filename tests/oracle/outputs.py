"""A checkpoint as the real framework loads it, and its outputs in groups of one unit each."""
from copy import deepcopy

import numpy as np
import torch

from framework import YOLO


def load(path, dtype, fused=False):
    """The model of a checkpoint as the framework itself loads it."""
    model = deepcopy(YOLO(str(path)).model).float()
    model = (model.fuse(verbose=False) if fused else model).eval().to(dtype)
    head = model.model[-1]
    if hasattr(head, "anchors"):
        head.shape = None       # anchors of another size or dtype are computed again
    return model


def run(model, x):
    """name -> float64 array: output0 as an export has it, and the logits behind its scores."""
    with torch.no_grad():
        result = model(torch.from_numpy(x).to(next(model.parameters()).dtype))
    output, second = result
    logits = second["scores"] if isinstance(second, dict) else second
    return {"output0": output.double().numpy(), "logits": logits.double().numpy()}


def groups(task, outputs):
    """name -> array of one unit: boxes in pixels, scores or probabilities, logits."""
    if task == "classify":
        return {"scores": outputs["output0"], "logits": outputs["logits"]}
    return {"boxes": outputs["output0"][:, :4], "scores": outputs["output0"][:, 4:], "logits": outputs["logits"]}


def differences(task, exact, rough):
    """Largest difference per group."""
    return {name: float(np.abs(a - b).max()) for (name, a), b in
            zip(groups(task, exact).items(), groups(task, rough).values())}
