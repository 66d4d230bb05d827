"""Runs model.onnx on a picture: run_onnx.py PICTURE. Needs onnxruntime, numpy and Pillow."""
import sys

import onnxruntime

import vision

session = onnxruntime.InferenceSession(str(vision.FOLDER / "model.onnx"))
entry = session.get_inputs()[0]
channels_first = entry.shape[-1] not in (1, 3, 4)
vision.report(session.run(None, {entry.name: vision.load(sys.argv[1], channels_first)}))
