"""OpenVINO, computing in float32: as run_opencv.py."""
import json
import sys

import numpy as np

try:
    from openvino import Core
except ImportError:     # before 2023.1
    from openvino.runtime import Core


def answer(request):
    try:
        model = Core().compile_model(request["model"], "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        results = model([np.load(request["input"])])
    except RuntimeError as error:
        return {"loads": False, "reason": str(error)}
    np.savez(request["to"], *[np.asarray(results[output]) for output in model.outputs])
    return {"loads": True}


for each in json.load(open(sys.argv[1])):
    print(json.dumps(answer(each)), flush=True)
