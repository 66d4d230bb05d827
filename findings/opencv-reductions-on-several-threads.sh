#!/usr/bin/env bash
# OpenCV 4.8's dnn computes ReduceMean, ReduceMax and ReduceSum wrongly on more than one thread, over a single axis too, and says nothing.
# On one thread it is right, and so are 4.7 and 4.9. GlobalAveragePool is right everywhere.
# Pinned: opencv-python-headless 4.8.1.78, onnx 1.18.0, numpy 1.26.4.
# Seen 2026-12-01: one thread differs by 1e-7, four by 0.04 and more.
# Who meets it: classifiers that pool by a mean over height and width, spatial attention (a mean and a largest over channels); JetPack 6 has 4.8.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check opencv-python-headless==4.8.1.78 onnx==1.18.0 numpy==1.26.4
"$work/venv/bin/python" - <<'PYTHON'
import cv2
import numpy as np
import onnx
from onnx import helper

x = np.random.default_rng(0).random((1, 512, 7, 9), dtype=np.float32)
worst = {}
for axes in ([2, 3], [1]):
    expected = x.mean(tuple(axes), keepdims=True)
    value = lambda name, shape: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
    graph = helper.make_graph([helper.make_node("ReduceMean", ["x"], ["y"], axes=axes)], "g", [value("x", x.shape)], [value("y", expected.shape)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7).SerializeToString()
    for threads in (1, 4):
        cv2.setNumThreads(threads)
        net = cv2.dnn.readNetFromONNX(model)
        net.setInput(x)
        worst[str(axes), threads] = float(np.abs(net.forward().reshape(expected.shape) - expected).max())
        print(f"OpenCV {cv2.__version__}: ReduceMean over {axes} on {threads} threads differs by {worst[str(axes), threads]:.2g}")
assert all(difference < 1e-5 if threads == 1 else difference > 0.01 for (_, threads), difference in worst.items())
PYTHON
