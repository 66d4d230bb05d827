#!/usr/bin/env bash
# OpenCV's Python binding takes the last axis of a NumPy array of three axes for channels: up to 4.10 Net.setInput gives a network with an
# input [1, 6, 4] a matrix [1, 6] of four channels, and forward() answers something else without a word or stops inside a layer. cv2.Mat(x)
# says that the axes are axes; 4.12 needs it no longer.
# Pinned: opencv-python-headless 4.10.0.84, onnx 1.18.0, numpy 1.26.4.
# Seen 2026-12-01: Relu of [1, 6, 4] answers [1, 6] for the array, [1, 6, 4] for cv2.Mat of it.
# Who meets it: networks whose input is a sequence or a signal rather than a picture.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check opencv-python-headless==4.10.0.84 onnx==1.18.0 numpy==1.26.4
"$work/venv/bin/python" - <<'PYTHON'
import cv2
import numpy as np
import onnx
from onnx import helper

value = lambda name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 6, 4])
graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [value("x")], [value("y")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7).SerializeToString()
x = np.arange(24, dtype=np.float32).reshape(1, 6, 4)


def answer(given):
    net = cv2.dnn.readNetFromONNX(model)
    net.setInput(given)
    return net.forward()


plain, wrapped = answer(x), answer(cv2.Mat(x))
print(f"OpenCV {cv2.__version__}: the array gives {plain.shape}, cv2.Mat of it {wrapped.shape}")
assert plain.shape == (1, 6) and np.array_equal(wrapped, x)
PYTHON
