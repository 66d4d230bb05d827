#!/usr/bin/env bash
# OpenCV 4.7's dnn takes a Split of opset 13 and later for one into equal parts, whatever its second input says: with sizes whose sum the
# number of parts divides it loads and answers the wrong elements without a word. As the attribute of opset 12, or as Slices, it is right.
# Pinned: opencv-python-headless 4.7.0.72, onnx 1.18.0, numpy 1.26.4.
# Seen 2026-12-01: parts of 1, 2 and 3 channels come out as 2, 2 and 2 at opset 13.
# Who meets it: heads that split boxes, scores and coefficients from one value; attention that splits queries, keys and values.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check opencv-python-headless==4.7.0.72 onnx==1.18.0 numpy==1.26.4
"$work/venv/bin/python" - <<'PYTHON'
import cv2
import numpy as np
import onnx
from onnx import helper, numpy_helper

x = np.arange(24, dtype=np.float32).reshape(1, 6, 2, 2)
value = lambda name, channels: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, channels, 2, 2])


def channels(opset):
    parts = [f"part{i}" for i in range(3)]
    old = opset < 13
    nodes = [helper.make_node("Split", ["x"] if old else ["x", "sizes"], parts, axis=1, **({"split": [1, 2, 3]} if old else {})),
             *(helper.make_node("Relu", [part], [f"y{i}"]) for i, part in enumerate(parts))]
    constants = [] if old else [numpy_helper.from_array(np.array([1, 2, 3]), "sizes")]
    graph = helper.make_graph(nodes, "g", [value("x", 6)], [value(f"y{i}", i + 1) for i in range(3)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)
    onnx.checker.check_model(model, full_check=True)
    net = cv2.dnn.readNetFromONNX(model.SerializeToString())
    net.setInput(x)
    return [int(output.shape[1]) for output in net.forward(["y0", "y1", "y2"])]


print(f"OpenCV {cv2.__version__}: channels of the parts at opset 12 {channels(12)}, at opset 13 {channels(13)}")
assert channels(12) == [1, 2, 3] and channels(13) == [2, 2, 2]
PYTHON
