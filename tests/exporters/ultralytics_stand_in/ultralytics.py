"""Stands in for the framework: what the source's snippets ask of YOLO(...), over toy classifiers. Writes beside the checkpoint, as the framework does."""
import os

import toy


class YOLO:
    task = "classification"

    def __init__(self, path):
        self.path = path
        self.model = toy.read_checkpoint(path)
        self.architecture_name = self.model["name"]
        self.input_shape = (*self.model["size"], 3)
        self.class_names = self.model["classes"]
        self.output_shapes = [(1, len(self.class_names))]

    def export(self, format, opset, dynamic, simplify):
        toy.write_onnx(self.model, {"opset_version": opset, "dynamic_axes": dynamic}, os.path.dirname(self.path))
        return os.path.join(os.path.dirname(self.path), "model.onnx")
