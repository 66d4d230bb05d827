"""The real framework's model as its own exporter prepares it, and the comparison of an engine's outputs with it.

Everything that a head returns is compared: boxes, scores, mask coefficients, prototypes, keypoints, angles. Bars: 0.02 px
for boxes and keypoints, 1e-4 for scores, 2e-5 of the largest magnitude (at least of 1) for the rest, or four times the
framework's own float32-against-float64 difference on that input where that is larger.
"""
from dataclasses import dataclass

import numpy as np
import torch
from framework import tasks

PIXELS, SCORES, OTHERS, NOISE = 0.02, 1e-4, 2e-5, 4.0
COARSEST = 0.1      # a bar above it proves nothing


def prepare(checkpoint, dtype, fused, end_to_end, format_name="onnx"):
    """The model of a checkpoint with its head in export mode; `end_to_end`: nms false was asked for.

    `format_name`: only semantic segmentation returns other things to other formats.
    """
    model = torch.load(checkpoint, map_location="cpu", weights_only=False)
    model = (model.get("ema") or model["model"]).float().eval()
    if hasattr(model, "end2end"):
        model.end2end = end_to_end
    if fused:
        model = model.fuse(verbose=False)
    head = model.model[-1]
    head.export, head.dynamic, head.format, head.shape = True, False, format_name, None
    if hasattr(model, "pe") and not hasattr(head, "lrpc"):
        head.fuse(model.pe)
    model = model.to(dtype)
    for name in ("pe", "txt_feats"):
        if hasattr(model, name):
            setattr(model, name, getattr(model, name).to(dtype))
    return model


def run(model, x):
    with torch.no_grad():
        result = model(torch.from_numpy(x).to(next(model.parameters()).dtype))
    return [part.double().numpy() for part in (result if isinstance(result, (tuple, list)) else (result,))]


@dataclass
class Group:
    name: str
    bar: float      # absolute; None: OTHERS of the largest magnitude
    columns: slice


def groups(model, output):
    """The groups of columns (axis 1, of rows in order of their score axis 2) of one output."""
    head, task = model.model[-1], model.task
    if task in ("classify", "semantic") or output.ndim == 4:
        return [Group("scores" if task == "classify" else "values", SCORES if task == "classify" else None, slice(None))]
    rows = is_ranked(model, output)
    first = 6 if rows else 4 + head.nc
    transformer = isinstance(head, tasks.RTDETRDecoder)
    found = [Group("boxes", 1e-4 if transformer else PIXELS, slice(0, 4)), Group("scores", SCORES, slice(4, 5 if rows else first))]
    if rows:
        found.append(Group("classes", 0.0, slice(5, 6)))
    if task == "segment":
        found.append(Group("mask coefficients", None, slice(first, None)))
    elif task == "pose":
        step = head.kpt_shape[1]
        found += [Group(f"keypoints {'xyv'[i]}", PIXELS if i < 2 else SCORES, slice(first + i, None, step)) for i in range(step)]
    elif task == "obb":
        found.append(Group("angle", None, slice(first, None)))
    return found


def is_ranked(model, output):
    return output.ndim == 3 and (isinstance(model.model[-1], tasks.RTDETRDecoder) or bool(getattr(model, "end2end", False)))


def aligned(reference, rows, floor):
    """`rows` [D, C] in the order of the reference's: each the nearest unused one of nearly its score.

    Nearly is `floor`, or four times what the scores differ by, rank by rank. Rows that the last score may have cost their place
    keep the reference's values; scores stay where they are.
    """
    tolerance = max(floor, 4 * np.abs(reference[:, 4] - rows[:, 4]).max())
    others = [c for c in range(reference.shape[1]) if c != 4]
    distance = np.abs(reference[:, None, others] - rows[None][..., others]).max(2)
    distance[np.abs(reference[:, None, 4] - rows[None, :, 4]) > tolerance] = np.inf
    last = reference[-1, 4] + 2 * tolerance
    result, free = rows.copy(), np.ones(len(rows), bool)
    for i in np.argsort(distance.min(1), kind="stable"):
        nearest = np.where(free, distance[i], np.inf).argmin()
        if free[nearest] and distance[i, nearest] <= (1.0 if reference[i, 4] <= last else np.inf):
            result[i], free[nearest] = rows[nearest], False
        elif reference[i, 4] <= last:
            result[i] = reference[i]
    result[:, 4] = rows[:, 4]
    return result


def differences(model, reference, outputs, floor=2e-5):
    """(output, group) -> largest difference; infinite where a shape differs or something is not finite."""
    found = {}
    for index, (want, got) in enumerate(zip(reference, outputs, strict=True)):
        got = got.astype(np.float64)
        columns = groups(model, want)
        if want.shape != got.shape or not np.isfinite(got).all():
            found |= {(index, group.name): np.inf for group in columns}
            continue
        axis = 1
        if is_ranked(model, want):
            axis, got = 2, np.stack([aligned(w, g, floor) for w, g in zip(want, got)])
        for group in columns:
            cut = (slice(None),) * axis + (group.columns,)
            found[index, group.name] = float(np.abs(got[cut] - want[cut]).max())
    return found


class Reference:
    """What the framework computes for one input from one checkpoint, and how closely an artifact has to follow."""

    def __init__(self, checkpoint, x, end_to_end, format_name="onnx"):
        self.model = prepare(checkpoint, torch.float64, False, end_to_end, format_name)
        self.outputs = run(self.model, x)
        rough = [run(prepare(checkpoint, torch.float32, fused, end_to_end, format_name), x) for fused in (False, True)]
        self.bars = {}
        for index, output in enumerate(self.outputs):
            for group in groups(self.model, output):
                scale = max(1.0, np.abs(output).max())
                self.bars[index, group.name] = OTHERS * scale if group.bar is None else group.bar
        for noise in [differences(self.model, self.outputs, outputs) for outputs in rough]:
            for key, value in noise.items():
                self.bars[key] = max(self.bars[key], NOISE * value)
        coarse = {key: bar for key, bar in self.bars.items() if bar > (COARSEST if self.outputs[key[0]].ndim == 3 else np.inf)}
        if coarse:
            raise ValueError(f"float32 is too coarse for these weights: {coarse}")

    def failures(self, outputs):
        """(largest differences, one line per group that is over its bar)."""
        if len(outputs) != len(self.outputs):
            return {}, [f"{len(outputs)} outputs, the framework has {len(self.outputs)}"]
        found = differences(self.model, self.outputs, outputs)
        return found, [f"output{key[0]} {key[1]} differ by {value:.2e}, allowed {self.bars[key]:.2e}"
                       for key, value in found.items() if not value <= self.bars[key]]
