"""The convention's own test, unchanged, and what metadata.json and --capabilities say."""
import json
import os
import shutil
import subprocess
import sys
import unittest

import jsonschema

from exporter import BUILD, FIXTURES, SAMPLE, SOURCE, ExportCase, run

SCHEMAS = SOURCE / "convention"


def validator(name):
    return jsonschema.Draft7Validator(json.loads((SCHEMAS / name).read_text()))


class Convention(ExportCase):
    def test_the_source_s_own_test(self):
        stage = self.folder / "trainer"
        (stage / "tests" / "fixtures").mkdir(parents=True)
        (stage / "bin").mkdir()
        shutil.copy(SOURCE / "trainers/ultralytics/export.py", stage)
        shutil.copy(SOURCE / "convention/source/tests/test_export.py", stage / "tests")
        shutil.copy(SAMPLE, stage / "tests/fixtures/model.pt")
        (stage / "bin" / "python").symlink_to(sys.executable)
        environment = dict(os.environ, PATH=f"{stage / 'bin'}:{os.environ['PATH']}", MODELPORT_BIN=str(BUILD / "bin"))
        result = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_export.py"], cwd=stage,
                                env=environment, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("1 passed", result.stdout)

    def test_export_py_finds_the_executable(self):
        stage = self.folder / "lonely"
        stage.mkdir()
        shutil.copy(SOURCE / "trainers/ultralytics/export.py", stage)
        lost = run(["--version"], command=(sys.executable, str(stage / "export.py")), env={"PATH": "/usr/bin:/bin", "MODELPORT_BIN": "/nowhere"})
        self.assertEqual(lost.returncode, 1)
        self.assertIn("modelport-ultralytics was not found; looked at /nowhere/modelport-ultralytics, ", lost.stderr)
        for environment in ({"PATH": "/usr/bin", "MODELPORT_BIN": str(BUILD / "bin")}, {"PATH": f"/usr/bin:{BUILD / 'bin'}"}):
            found = run(["--version"], command=(sys.executable, str(stage / "export.py")), env=environment)
            self.assertEqual((found.returncode, found.stderr), (0, ""))
        refused = run(["--nonsense"], command=(sys.executable, str(stage / "export.py")), env={"MODELPORT_BIN": str(BUILD / "bin")})
        self.assertEqual(refused.returncode, 3)

    def test_capabilities(self):
        result = run(["--capabilities"])
        self.assertEqual(result.returncode, 0)
        capabilities = json.loads(result.stdout)
        validator("capabilities.schema.json").validate(capabilities)
        formats = {row["format"]: row for row in capabilities["formats"]}
        self.assertTrue(formats["onnx"]["supported"])
        options = jsonschema.Draft7Validator(formats["onnx"]["export_config"])
        self.assertTrue(options.is_valid({"opset_version": 17, "dynamic_axes": True, "simplify": True}))
        for wrong in ({"opset": 17}, {"opset_version": 10}, {"imgsz": [640, 640, 3]}, {"imgsz": "large"}, {"class_names": []}, {"validate": "yes"}):
            self.assertFalse(options.is_valid(wrong), wrong)
        for right in ({"imgsz": [640]}, {"imgsz": "640"}, {"imgsz": "[384, 640]"}, {"class_names": {"0": "cat"}}, {"class_names": "data.yaml"}):
            self.assertTrue(options.is_valid(right), right)

    def test_detection_metadata(self):
        self.export(config={"conf": 0.3, "iou": 0.6, "imgsz": [160, 224], "batch_size": 2})
        metadata = self.metadata()
        validator("metadata.schema.json").validate(metadata)
        classes = metadata["num_classes"]
        anchors = sum((160 // stride) * (224 // stride) for stride in (8, 16, 32))
        self.assertEqual(metadata["input_shape"], [160, 224, 3])
        self.assertEqual(metadata["output_shape"], [[2, 4 + classes, anchors]])
        self.assertEqual((metadata["confidence_threshold"], metadata["iou_threshold"], metadata["anchor_based"]), (0.3, 0.6, False))
        self.assertEqual(len(metadata["class_names"]), classes)
        self.assertEqual(metadata["postprocessing"]["coordinate_format"], "xywh")
        extra = metadata["extra_metadata"]
        self.assertEqual([file["name"] for file in extra["files"]], ["model.onnx"])
        self.assertEqual(extra["checkpoint"]["size"], SAMPLE.stat().st_size)
        self.assertEqual(extra["inputs"][0]["shape"], [2, 3, 160, 224])
        self.assertEqual(extra["proof"]["level"], "runtime")
        validator("proof.schema.json").validate(extra["proof"])

    def test_classification_metadata(self):
        self.export(checkpoint=FIXTURES / "yolo11-cls.pt")
        metadata = self.metadata()
        validator("metadata.schema.json").validate(metadata)
        self.assertEqual(metadata["task_type"], "classification")
        self.assertEqual(metadata["top_k"], min(5, metadata["num_classes"]))
        self.assertEqual(metadata["preprocessing"]["resize_mode"], "shortest_edge_center_crop")

    def test_channels_and_sizes(self):
        self.export(checkpoint=FIXTURES / "yolo11-gray.pt")
        self.assertEqual(self.metadata()["input_shape"][2], 1)
        self.assertEqual(self.metadata()["preprocessing"]["color_space"], "GRAY")
        self.export(checkpoint=FIXTURES / "yolov8-multispectral.pt")
        self.assertEqual(self.metadata()["input_shape"][2], 4)
        rounded = self.export(config={"imgsz": 100})
        self.assertIn("WARNING", rounded.stderr)
        self.assertEqual(self.metadata()["input_shape"][:2], [128, 128])

    def test_dynamic_dimensions_are_told(self):
        self.export(config={"dynamic_axes": True})
        metadata = self.metadata()
        self.assertTrue(all(size > 0 for size in metadata["input_shape"] + metadata["output_shape"][0]))
        axes = [entry["axis"] for entry in metadata["extra_metadata"]["inputs"][0]["dynamic_dimensions"]]
        self.assertEqual(axes, [0, 2, 3])

    def test_schema_refuses(self):
        self.export()
        good = self.metadata()
        check = validator("metadata.schema.json")
        for change in ({"task_type": "depth"}, {"input_shape": [640, 640]}, {"class_names": None}, {"created_at": "yesterday"}):
            bad = {key: value for key, value in {**good, **change}.items() if value is not None}
            self.assertFalse(check.is_valid(bad), change)


if __name__ == "__main__":
    unittest.main()
