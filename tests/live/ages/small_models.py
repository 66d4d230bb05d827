"""Models of some ten thousand parameters for every task, in the words of each release's yaml parser."""
from pictures import KEYPOINTS


def _body(block, *last):
    """Convolutions down to stride 8 with a block of the age between them."""
    return [[-1, 1, "Conv", [8, 3, 2]], [-1, 1, "Conv", [16, 3, 2]], [-1, 1, block, [16, True]],
            [-1, 1, "Conv", [16, 3, 2]], *last]


def _yaml(backbone, head, **more):
    return {"nc": 2, "depth_multiple": 1.0, "width_multiple": 1.0, "scales": {"n": [1.0, 1.0, 1024]}, "backbone": backbone, "head": head, **more}


def _with_head(name, arguments, block="C2f"):
    return _yaml(_body(block, [-1, 1, "SPPF", [16, 5]]), [[[4], 1, name, arguments]])


def _two_levels(name, arguments, block="C3k2", **more):
    """Since 8.4 a yaml says how many distribution bins a head has, which leaves room for two levels, and the loss of 8.4.0 needs them."""
    attention = [-1, 1, "C3k2", [16, True, 0.5, True]] if block == "C3k2" else [-1, 1, block, [16, True]]
    return _yaml(_body(block, [-1, 1, "SPPF", [16, 5]], [-1, 1, "Conv", [16, 3, 2]], attention), [[[4, 6], 1, name, arguments]], **more)


_KEYPOINTS = {"kpt_shape": [KEYPOINTS, 3]}
_HEADS = {"detect": ("Detect", ["nc"], {}), "segment": ("Segment", ["nc", 4, 16], {}), "pose": ("Pose", ["nc", [KEYPOINTS, 3]], _KEYPOINTS),
          "obb": ("OBB", ["nc", 1], {})}
_NEW_HEADS = {"detect": "Detect", "segment": "Segment26", "pose": "Pose26", "obb": "OBB26"}
_FIRST = {"detect": (8, 0, 0), "segment": (8, 0, 0), "pose": (8, 0, 60), "obb": (8, 1, 0)}


def version_key(release):
    return tuple(int(part) for part in release.split("."))


def models_of(release):
    """Name -> (task, yaml) of every task that this release can build, and of each generation of its heads."""
    age, models = version_key(release), {"classify": ("classify", _yaml(_body("C2f"), [[-1, 1, "Classify", ["nc"]]]))}
    for task, (head, arguments, more) in _HEADS.items():
        if age < _FIRST[task]:
            continue
        if age < (8, 4, 0):
            models[task] = (task, _with_head(head, arguments) | more)
        else:
            models[task] = (task, _two_levels(head, arguments, "C2f", reg_max=4, **more))
            models[f"{task}-26"] = (task, _two_levels(_NEW_HEADS[task], arguments, end2end=True, reg_max=1, **more))
        if age >= (8, 3, 0):
            models[f"{task}-11"] = (task, models[task][1] | {"backbone": [[f, n, "C3k2" if m == "C2f" else m, a]
                                                                          for f, n, m, a in models[task][1]["backbone"]]})
    if age >= (8, 2, 40):
        tail = ([-1, 1, "SCDown", [16, 3, 2]], [-1, 1, "C2fCIB", [16, True, True]])
        models["detect-v10"] = ("detect", _yaml(_body("C2f", *tail), [[[3, 5], 1, "v10Detect", ["nc"]]], **({"reg_max": 4} if age >= (8, 4, 0) else {})))
    if age >= (8, 4, 60):
        models["semantic"] = ("semantic", _yaml(_body("C3k2", [-1, 1, "Conv", [16, 3, 2]]), [[[3, 4], 1, "SemanticSegment", ["nc"]]]))
    if age >= (8, 4, 190):
        tail = ([-1, 1, "Conv", [16, 3, 2]], [-1, 1, "Conv", [16, 3, 2]])
        models["depth"] = ("depth", _yaml(_body("C3k2", *tail), [[[3, 4, 5], 1, "Depth", [16]]]))
    return models
