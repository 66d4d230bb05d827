"""Runs model.tflite on a picture: run_tflite.py PICTURE. Needs ai-edge-litert, numpy and Pillow."""
import sys

from ai_edge_litert.interpreter import Interpreter

import vision

interpreter = Interpreter(str(vision.FOLDER / "model.tflite"))
interpreter.allocate_tensors()
entry = interpreter.get_input_details()[0]
interpreter.set_tensor(entry["index"], vision.load(sys.argv[1], channels_first=entry["shape"][-1] not in (1, 3, 4)))
interpreter.invoke()
vision.report([interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()])
