"""Runs model.xml on a picture: run_openvino.py PICTURE. Needs openvino, numpy and Pillow."""
import sys

import openvino

import vision

model = openvino.Core().compile_model(vision.FOLDER / "model.xml", "CPU")
last = model.input(0).partial_shape[-1]
channels_first = last.is_dynamic or last.get_length() not in (1, 3, 4)
result = model(vision.load(sys.argv[1], channels_first))
vision.report([result[output] for output in model.outputs])
