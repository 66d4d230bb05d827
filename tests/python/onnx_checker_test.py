"""Every kind of file that is written is valid for onnx.checker (full check), and carries what Ultralytics reads back."""
import ast
import unittest

import onnx

from exporter import FIXTURES, ExportCase, last_error

LOWEST_IR = {11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10}


class OnnxChecker(ExportCase):
    def model(self, **options):
        self.export(**options)
        path = self.output / "model.onnx"
        onnx.checker.check_model(str(path), full_check=True)
        return onnx.load(path)

    def test_opsets_and_ir_versions(self):
        for checkpoint in ("yolo11-sample.pt", "yolov8-cls.pt"):
            for opset, ir_version in LOWEST_IR.items():
                model = self.model(checkpoint=FIXTURES / checkpoint, config={"opset_version": opset, "validate": "off"})
                self.assertEqual((model.opset_import[0].version, model.ir_version), (opset, ir_version))
        self.assertEqual(self.model(config={"opset_version": 17, "ir_version": 10}).ir_version, 10)

    def test_oldest_opset_of_every_task(self):
        configs = ({"opset_version": 11}, {"opset_version": 11, "dynamic_axes": True}, {"opset_version": 11, "half": True, "validate": "off"}, {"opset_version": 11, "nms": True})
        for name in ("yolo11-pose", "yolo11-obb", "yolov8-seg", "yolov10", "yolo12", "yolov8-worldv2"):
            for config in configs:
                with self.subTest(name=name, config=config):
                    self.model(checkpoint=FIXTURES / "families" / f"{name}.pt", config=config)
        for config in configs[:3]:
            self.model(checkpoint=FIXTURES / "yolo26-sem.pt", config=config)

    def test_an_operator_that_an_opset_lacks_names_the_one_that_has_it(self):
        result = self.export(expect=3, checkpoint=FIXTURES / "families" / "rtdetr-l.pt", config={"opset_version": 12})
        self.assertEqual(last_error(result.stderr),
                         "model.28: the operator GridSample needs ONNX opset 16, and opset_version is 12 (opset_version = 16)")
        self.assert_no_export()

    def test_half(self):
        model = self.model(config={"half": True})
        kinds = {tensor.data_type for tensor in model.graph.initializer if len(tensor.dims) == 4 and tensor.dims[2] == 3}
        self.assertEqual(kinds, {onnx.TensorProto.FLOAT16})
        for value in (*model.graph.input, *model.graph.output):
            self.assertEqual(value.type.tensor_type.elem_type, onnx.TensorProto.FLOAT)

    def test_dynamic_sizes_have_names(self):
        def sizes(value):
            return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]

        model = self.model(config={"dynamic_axes": True})
        self.assertEqual(sizes(model.graph.input[0]), ["batch", 3, "height", "width"])
        self.assertEqual(sizes(model.graph.output[0]), ["batch", 7, "anchors"])
        model = self.model(config={"dynamic_axes": "batch", "imgsz": [96, 160]})
        self.assertEqual(sizes(model.graph.input[0]), ["batch", 3, 96, 160])

    def test_static_models_hold_no_shape_arithmetic(self):
        model = self.model()
        operators = {node.op_type for node in model.graph.node}
        self.assertFalse(operators & {"Shape", "Gather", "Identity", "Constant", "Cast", "BatchNormalization", "Range"}, operators)
        self.assertEqual([value.name for value in (*model.graph.input, *model.graph.output)], ["images", "output0"])
        operators = {node.op_type for node in self.model(config={"simplify": False}).graph.node}
        self.assertFalse(operators & {"Shape", "Gather", "Range", "Squeeze", "Expand", "BatchNormalization"}, operators)

    def test_metadata_for_ultralytics(self):
        entries = {entry.key: entry.value for entry in self.model().metadata_props}
        self.assertEqual((entries["task"], entries["stride"], entries["batch"], entries["imgsz"]), ("detect", "32", "1", "[160, 160]"))
        self.assertEqual(ast.literal_eval(entries["names"]), {0: "red", 1: "hot dog", 2: 'it\'s "green"'})


if __name__ == "__main__":
    unittest.main()
