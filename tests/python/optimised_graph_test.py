"""What ONNX Runtime makes of our graphs: a pattern that it no longer recognises, or a node more, is a regression.

Goldens are tests/fixtures/golden/NAME.txt; MODELPORT_UPDATE_GOLDEN=1 rewrites them. Only fusions that every machine has are on,
no layouts of one CPU.
"""
import collections
import os
import unittest

import onnx
import onnxruntime

from exporter import FIXTURES, ExportCase

GOLDEN = FIXTURES / "golden"
FAMILIES = FIXTURES / "families"
CASES = {"yolo11": (FIXTURES / "yolo11-sample.pt", {}), "yolo11-half": (FIXTURES / "yolo11-sample.pt", {"half": True}),
         "yolo11-nms": (FIXTURES / "yolo11-sample.pt", {"nms": True}), "yolo11-dynamic": (FIXTURES / "yolo11-sample.pt", {"dynamic_axes": True}),
         "yolo11-cls": (FIXTURES / "yolo11-cls.pt", {}), "yolov8-seg": (FAMILIES / "yolov8-seg.pt", {}), "yolo12": (FAMILIES / "yolo12.pt", {}),
         "yolo26": (FAMILIES / "yolo26.pt", {}), "yolo26-end-to-end": (FAMILIES / "yolo26.pt", {"nms": False}),
         "rtdetr": (FAMILIES / "rtdetr-l.pt", {})}


def name_of(node):
    return f"{node.domain}.{node.op_type}" if node.domain else node.op_type


def text_of(name, written, optimised):
    before, after = (collections.Counter(map(name_of, model.graph.node)) for model in (written, optimised))
    lines = [f"{name}: {before.total()} nodes written, {after.total()} as ONNX Runtime {onnxruntime.__version__} runs them", ""]
    lines += [f"{kind:32} {before[kind]:4} {after[kind]:4}" for kind in sorted(before | after)]
    return "\n".join(lines) + "\n"


class OptimisedGraph(ExportCase):
    maxDiff = None

    def test_is_what_it_was(self):
        for name, (checkpoint, config) in CASES.items():
            with self.subTest(name):
                self.output = self.folder / name
                self.export(checkpoint=checkpoint, config={"validate": "off", **config})
                options = onnxruntime.SessionOptions()
                options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
                options.optimized_model_filepath = str(self.folder / f"{name}.onnx")
                options.log_severity_level = 3
                onnxruntime.InferenceSession(str(self.output / "model.onnx"), options, providers=["CPUExecutionProvider"])
                text = text_of(name, onnx.load(str(self.output / "model.onnx")), onnx.load(options.optimized_model_filepath))
                golden = GOLDEN / f"{name}.txt"
                if os.environ.get("MODELPORT_UPDATE_GOLDEN"):
                    golden.write_text(text)
                self.assertEqual(golden.read_text(), text)


if __name__ == "__main__":
    unittest.main()
