#!/usr/bin/env bash
# ONNX Runtime 1.20 to 1.31 fuse a Pad of zeros into the MaxPool behind it, whose own padding never wins: where everything at the
# border is negative the result is no longer 0. Graph optimisations are on by default; with them off, and in 1.32, it is right.
# Pinned: onnxruntime 1.31.1, onnx 1.18.0, numpy 1.26.4.
# Seen 2026-12-01: without optimisations 0.0 at the padded corner, with them -1.0.
# Who meets it: networks with nn.ZeroPad2d before nn.MaxPool2d (YOLOv3-tiny) and an activation that can be negative (SiLU).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.31.1 onnx==1.18.0 numpy==1.26.4
"$work/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper

nodes = [helper.make_node("Pad", ["x", "pads", "zero"], ["padded"]), helper.make_node("MaxPool", ["padded"], ["y"], kernel_shape=[2, 2])]
value = lambda name, size: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 1, size, size])
constants = [numpy_helper.from_array(np.array([0, 0, 0, 0, 0, 0, 1, 1]), "pads"), numpy_helper.from_array(np.float32(0), "zero")]
graph = helper.make_graph(nodes, "g", [value("x", 3)], [value("y", 3)], constants)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
onnx.checker.check_model(model, full_check=True)


def corner(level):
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return float(session.run(None, {"x": -np.ones((1, 1, 3, 3), np.float32)})[0][0, 0, 2, 2])


off, on = corner(ort.GraphOptimizationLevel.ORT_DISABLE_ALL), corner(ort.GraphOptimizationLevel.ORT_ENABLE_ALL)
print(f"onnxruntime {ort.__version__}: corner {off} without optimisations, {on} with them; the specification says 0.0")
assert (off, on) == (0.0, -1.0)
PYTHON
