"""What a simplifier makes of each file, run in ONNX Runtime: as run_opencv.py."""
import json
import sys

import numpy as np
import onnx
import onnxruntime


def answer(request, simplify):
    try:
        model = simplify(onnx.load(request["model"]))
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        results = session.run(request["outputs"], {session.get_inputs()[0].name: np.load(request["input"])})
    except Exception as error:      # each has its own kinds
        return {"loads": False, "reason": f"{type(error).__name__}: {error}"}
    np.savez(request["to"], *results)
    return {"loads": True}


def answer_all(simplify):
    onnxruntime.set_default_logger_severity(3)
    for each in json.load(open(sys.argv[1])):
        print(json.dumps(answer(each, simplify)), flush=True)
