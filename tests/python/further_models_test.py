"""Original YOLOv5, pixel classes, and classes of one's own, from outside."""
import json
import sys
import unittest

import numpy as np
import onnxruntime

from exporter import FIXTURES, SOURCE, ExportCase, last_error, test_data

sys.path.insert(0, str(SOURCE / "tests" / "oracle"))
from formula import model_input

FIELD = "field.blocks."
ALIASES = {FIELD + "FieldC2f": FIELD + "OtherC2f", FIELD + "OtherC2f": "ultralytics.nn.modules.block.C2f",
           FIELD + "FieldDetect": "ultralytics.nn.modules.head.Detect", FIELD + "Separable": ["first.*", "act", "last", "act"]}
OWN = FIXTURES / "own-classes.pt"


class OwnClasses(ExportCase):
    def refused(self, aliases, expect, *texts):
        error = last_error(self.export(expect, checkpoint=OWN, config={"module_aliases": aliases} if aliases is not None else {}).stderr)
        for text in texts:
            self.assertIn(text, error)
        self.assert_no_export()

    def test_aliases_are_applied_logged_and_recorded(self):
        result = self.export(checkpoint=OWN, config={"module_aliases": ALIASES})
        self.assertIn("Alias: field.blocks.FieldC2f is read as ultralytics.nn.modules.block.C2f", result.stderr)
        recorded = self.metadata()["extra_metadata"]["module_aliases"]
        self.assertEqual(recorded, {**ALIASES, FIELD + "FieldC2f": "ultralytics.nn.modules.block.C2f"})
        self.assertEqual(self.metadata()["export_config"]["module_aliases"], recorded)

    def test_a_file_says_the_same(self):
        path = self.folder / "aliases.json"
        path.write_text(json.dumps(ALIASES))
        self.export(checkpoint=OWN, config={"module_aliases": str(path)})

    def test_what_is_not_mapped_is_named(self):
        self.refused(None, 1, "Not translated: own-classes.pt: 4 of its classes are unknown: ", "field.blocks.FieldDetect (model.22; ", "module_aliases")
        self.refused({k: v for k, v in ALIASES.items() if not k.endswith("Separable")}, 1, "Not translated: own-classes.pt: one of its classes is unknown: field.blocks.Separable (model.3)", "module_aliases")

    def test_a_chain_that_leaves_a_layer_out_is_refused(self):
        self.refused({**ALIASES, FIELD + "Separable": ["last", "act"]}, 1, "model.3.first.0.weight")

    def test_unknown_names(self):
        self.refused({**ALIASES, FIELD + "Seperable": ["act"]}, 3, "holds no class field.blocks.Seperable", "the nearest is field.blocks.Separable")
        self.refused({**ALIASES, FIELD + "FieldDetect": "ultralytics.nn.modules.head.Detetc"}, 3, "Detetc", "the nearest is ultralytics.nn.modules.head.Detect")
        self.refused({**ALIASES, FIELD + "Separable": "torch.nn.modules.container.Sequential"}, 3, "order of children")


class RealCheckpoints(ExportCase):
    def test_detectors_of_a_project_are_mapped(self):
        esp, blocks = "nn.modules.esp_", "ultralytics.nn.modules.block."
        aliases = {f"{esp}head.ESPDetect": "ultralytics.nn.modules.head.Detect", f"{esp}block.DSC3k2": blocks + "C3k2",
                   f"{esp}block.C3k": blocks + "C3k", f"{esp}block.DSBottleneck": blocks + "Bottleneck",
                   f"{esp}conv.DSConv": ["depthwise", "bn1", "act", "pointwise", "bn2", "act"],
                   f"{esp}block.ESPBlock": ["cv1", "m.*", "cv2"], f"{esp}block.ESPBlockLite": ["cv1", "m.*", "cv2"]}
        for name in ("espdet_pico_224_cat", "espdet_jorge_train2_best"):
            with self.subTest(name):
                self.export(checkpoint=self.real(name), config={"module_aliases": aliases})

    def test_original_yolov5(self):
        for name, classes in (("yolov5n_official_v6", 80), ("yolov5n_drowning_exp_best", 1)):
            with self.subTest(name):
                self.export(checkpoint=self.real(name))
                self.assertEqual(self.metadata()["output_shape"], [[1, 25200, 5 + classes]])

    def real(self, name):
        if test_data() is None:
            self.skipTest("MODELPORT_TEST_DATA is not set")
        return test_data() / f"checkpoints/ultralytics/{name}.pt"


class WorldDetectors(ExportCase):
    def test_windows_that_depend_on_the_size(self):
        """Their pooling cuts an image of any size into three times three windows: sizes that three does not divide, run in the engine."""
        for export_format in "onnx", "openvino":
            with self.subTest(export_format):
                self.export(checkpoint=FIXTURES / "families/yolov8-world.pt", export_format=export_format, config={"dynamic_axes": True})
                checks = self.metadata()["extra_metadata"]["proof"]["checks"]
                self.assertGreaterEqual(len({tuple(check["input_shape"]) for check in checks if check["kind"] == "runtime"}), 2, checks)


class PixelClasses(ExportCase):
    def test_onnx_holds_class_numbers(self):
        self.export(checkpoint=FIXTURES / "yolo26-sem.pt")
        metadata = self.metadata()
        self.assertEqual((metadata["task_type"], metadata["extra_metadata"]["source_task"]), ("segmentation", "semantic"))
        self.assertEqual(metadata["mask_resolution"], [128, 128])
        self.assertEqual(metadata["postprocessing"]["apply_nms"], False)
        session = onnxruntime.InferenceSession(str(self.output / "model.onnx"))
        (numbers,) = session.run(None, {"images": model_input(128, 128, [3])})
        self.assertEqual((numbers.dtype, numbers.shape), (np.uint8, (1, 128, 128)))
        self.assertEqual(sorted(set(numbers.reshape(-1))), [0, 1, 2])

    def test_torchscript_holds_logits(self):
        self.export(checkpoint=FIXTURES / "yolo26-sem.pt", export_format="torchscript", config={"validate": "reference"})
        self.assertEqual(self.metadata()["output_shape"], [[1, 3, 128, 128]])
        self.assertIn("largest", self.metadata()["postprocessing"]["scores"])

    def test_there_is_nothing_to_suppress(self):
        self.assertIn("no boxes", last_error(self.export(3, checkpoint=FIXTURES / "yolo26-sem.pt", config={"nms": True}).stderr))


class OriginalYolov5(ExportCase):
    def test_scores_are_to_be_multiplied(self):
        self.export(checkpoint=FIXTURES / "yolov5-2021.pt")
        metadata = self.metadata()
        self.assertEqual(metadata["output_shape"], [[1, 1008, 7]])
        self.assertIn("objectness", metadata["postprocessing"]["scores"])
        self.assertEqual(metadata["anchor_based"], True)

    def test_classifiers_give_logits_of_normalised_pictures(self):
        self.export(checkpoint=FIXTURES / "yolov5-cls.pt")
        metadata = self.metadata()
        self.assertEqual((metadata["task_type"], metadata["output_shape"]), ("classification", [[1, 3]]))
        self.assertEqual(metadata["preprocessing"]["mean"], [0.485, 0.456, 0.406])
        self.assertIn("logits", metadata["postprocessing"]["scores"])

    def test_suppression_inside_multiplies_them(self):
        """Rows of the artifact with suppression inside are boxes of the one without, with the product as score."""
        self.export(checkpoint=FIXTURES / "yolov5-seg.pt", config={"nms": True, "conf": 0.05, "batch_size": 2})
        inside = onnxruntime.InferenceSession(str(self.output / "model.onnx"))
        self.output = self.folder / "plain"
        self.export(checkpoint=FIXTURES / "yolov5-seg.pt", config={"batch_size": 2})
        plain = onnxruntime.InferenceSession(str(self.output / "model.onnx"))
        x = model_input(128, 128, [3, 7])
        for rows, candidates in zip(inside.run(None, {"images": x})[0], plain.run(None, {"images": x})[0]):
            half = candidates[:, 2:4] / 2
            corners = np.concatenate([candidates[:, :2] - half, candidates[:, :2] + half], 1)
            scores = candidates[:, 4:5] * candidates[:, 5:7]
            self.assertGreater((rows[:, 4] > 0).sum(), 3)
            for row in rows[rows[:, 4] > 0]:
                near = (np.abs(corners - row[:4]).sum(1) + np.abs(scores.max(1) - row[4])).argmin()
                np.testing.assert_allclose(row[:4], corners[near], atol=2e-2)
                np.testing.assert_allclose(row[4:6], [scores[near].max(), scores[near].argmax()], atol=1e-4)
                np.testing.assert_allclose(row[6:], candidates[near, 7:], atol=1e-3)


if __name__ == "__main__":
    unittest.main()
