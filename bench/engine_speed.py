"""Times two ONNX files against each other in ONNX Runtime, interleaved, counts their nodes, and prints JSON.

    python engine_speed.py OURS THEIRS [PAIRS]

Two threads, spinning off, all optimisations. Each pair runs both models, in turn first, `repeat` times each so that a
pair lasts at least 40 ms a side. Nodes are counted in the file and as
ONNX Runtime executes it. Needs numpy, onnx and onnxruntime.
"""
import json
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime


def session(path, optimized=""):
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = optimized
    options.intra_op_num_threads = 2
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def nodes(path):
    return len(onnx.load(path, load_external_data=False).graph.node)


def executed_nodes(path):
    with tempfile.NamedTemporaryFile(suffix=".onnx") as optimized:
        session(path, optimized.name)
        return nodes(optimized.name)


def main():
    ours, theirs = (session(path) for path in sys.argv[1:3])
    pairs = int(sys.argv[3]) if len(sys.argv) > 3 else 30
    shape = ours.get_inputs()[0].shape
    assert shape == theirs.get_inputs()[0].shape, "two different input shapes"
    x = np.random.default_rng(1).random(shape, dtype=np.float32)

    def seconds(model, repeat):
        """Of wall and of processor, a run."""
        name, start, used = model.get_inputs()[0].name, time.perf_counter(), time.process_time()
        for _ in range(repeat):
            model.run(None, {name: x})
        return (time.perf_counter() - start) / repeat, (time.process_time() - used) / repeat

    for model in (ours, theirs):
        seconds(model, 3)
    repeat = max(1, round(0.04 / seconds(theirs, 3)[0]))
    rows = []
    for pair in range(pairs):
        if pair % 2:
            b, a = seconds(theirs, repeat), seconds(ours, repeat)
        else:
            a, b = seconds(ours, repeat), seconds(theirs, repeat)
        rows.append([a, b])
    json.dump({"ours": [a[0] for a, _ in rows], "theirs": [b[0] for _, b in rows], "repeat": repeat,
               "ours_cpu": [a[1] for a, _ in rows], "theirs_cpu": [b[1] for _, b in rows],
               "nodes": [nodes(path) for path in sys.argv[1:3]], "executed": [executed_nodes(path) for path in sys.argv[1:3]],
               "onnxruntime": onnxruntime.__version__}, sys.stdout)


if __name__ == "__main__":
    main()
