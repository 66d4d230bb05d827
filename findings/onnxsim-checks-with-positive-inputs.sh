#!/usr/bin/env bash
# onnxsim's own check (the second value of simplify) compares on random inputs from 0 to 1, never below: a model that it changed for
# negative inputs passes. Here it makes one MaxPool of a Pad of zeros and a MaxPool, whose own padding never wins.
# Pinned: onnxsim 0.4.36, onnx 1.18.0, onnxruntime 1.32.0, numpy 2.2.6.
# Seen 2026-12-01: simplify returns True; for an input of -1 the corner is 0.0 before and -1.0 after.
# Who meets it: whoever takes that True, or the option check_n, for a proof.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnxsim==0.4.36 onnx==1.18.0 onnxruntime==1.32.0 numpy==2.2.6
"$work/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime as ort
import onnxsim
from onnx import helper, numpy_helper

nodes = [helper.make_node("Pad", ["x", "pads", "zero"], ["padded"]), helper.make_node("MaxPool", ["padded"], ["y"], kernel_shape=[2, 2])]
value = lambda name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 1, 3, 3])
constants = [numpy_helper.from_array(np.array([0, 0, 0, 0, 0, 0, 1, 1]), "pads"), numpy_helper.from_array(np.float32(0), "zero")]
model = helper.make_model(helper.make_graph(nodes, "g", [value("x")], [value("y")], constants), opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
simpler, same = onnxsim.simplify(model, check_n=5)


def corner(of, x):
    session = ort.InferenceSession(of.SerializeToString(), providers=["CPUExecutionProvider"])
    return float(session.run(None, {"x": np.full((1, 1, 3, 3), x, np.float32)})[0][0, 0, 2, 2])


print([node.op_type for node in simpler.graph.node], "checked 5 times, same:", same)
print("corner for 1:", corner(model, 1), corner(simpler, 1), "for -1:", corner(model, -1), corner(simpler, -1))
assert same and corner(model, 1) == corner(simpler, 1) and (corner(model, -1), corner(simpler, -1)) == (0.0, -1.0)
PYTHON
