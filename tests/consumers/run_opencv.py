"""Run by a Python that has OpenCV: run_opencv.py REQUEST. The request is JSON: a list of {model, input, outputs, to}; one line of JSON for each."""
import json
import sys

import cv2
import numpy as np

THREADS = 4     # more than one, whatever the machine has: some releases are wrong only then


def answer(request):
    try:
        net = cv2.dnn.readNetFromONNX(request["model"])
    except cv2.error as error:
        return {"loads": False, "reason": str(error)}
    try:
        net.setInput(np.load(request["input"]))
        results = net.forward(request["outputs"])
    except cv2.error as error:
        return {"loads": False, "reason": str(error)}
    np.savez(request["to"], *[np.array(result) for result in results])
    return {"loads": True}


cv2.setNumThreads(THREADS)
for each in json.load(open(sys.argv[1])):
    print(json.dumps(answer(each)), flush=True)
