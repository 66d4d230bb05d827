"""Artifacts in their engines: format -> function of (directory, input) -> outputs in the order of the network's."""
import numpy as np


def onnx(directory, x):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(str(directory / "model.onnx"), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})


def openvino(directory, x):
    import openvino as ov
    core = ov.Core()
    model = core.compile_model(str(directory / "model.xml"), "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    results = model([x])
    return [np.asarray(results[output]) for output in model.outputs]


def torchscript(directory, x):
    import torch
    with torch.no_grad():
        result = torch.jit.load(str(directory / "model.torchscript")).eval()(torch.from_numpy(x))
    return [part.numpy() for part in (result if isinstance(result, (tuple, list)) else (result,))]


ENGINES = {"onnx": onnx, "openvino": openvino, "torchscript": torchscript}
