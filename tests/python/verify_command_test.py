"""`modelport verify` tells an artifact that computes what its checkpoint does from one that does not; `modelport doctor` what is here."""
import json
import shutil

import numpy as np
import onnx
import openvino
import torch

from command import CommandCase
from exporter import FIXTURES, SAMPLE, last_error, run
from export_command_test import StubCase

PHOTO = FIXTURES / "photo.jpg"
OTHER = FIXTURES / "yolo11-deep.pt"


class Verify(StubCase):
    def verify(self, artifact, *line, checkpoint=SAMPLE, **options):
        return json.loads(self.modelport("verify", artifact, "--against", checkpoint, "--json", *line, **options).stdout)

    def test_ours_agrees(self):
        for settings in ([], ["half=true"], ["nms=true"], ["embed_preprocessing=bgr"], ["dynamic_axes=true", "imgsz=[64,96]"], ["batch_size=2"]):
            with self.subTest(settings):
                folder = self.export_with(SAMPLE, "_".join(["export", *settings]).replace("/", ""), *settings)
                report = self.verify(folder, "--image", PHOTO)
                self.assertEqual(report["verdict"], "agrees")
                self.assertEqual(report["described_by"], "metadata.json")
                (entry,) = report["inputs"]
                seen = entry["predictions"]
                self.assertGreater(seen["checkpoint"], 1)
                # Scores of a fixture crowd around the threshold: in half precision some fall on the other side.
                share = 0.9 if settings == ["half=true"] else 1.0
                self.assertGreaterEqual(seen["matched"], share * max(seen["checkpoint"], seen["artifact"]))
                self.assertGreaterEqual(len(entry["figures"]), 2)

    def test_an_artifact_alone(self):
        folder = self.export_with(SAMPLE, "sized", "imgsz=96")
        alone = self.folder / "alone.onnx"
        shutil.copy(folder / "model.onnx", alone)
        report = self.verify(alone)
        self.assertEqual(report["described_by"], "the artifact alone")
        self.assertEqual(report["size"], [96, 96])
        self.assertEqual(report["verdict"], "agrees")
        shutil.copy(self.export_with(SAMPLE, "inside", "nms=true") / "model.onnx", alone)
        self.assertEqual(self.verify(alone)["verdict"], "agrees")

    def test_a_float16_file_of_another_tool(self):
        """Known by its weights where no metadata.json says it: saved by onnx, also with constants in place of initializers, by OpenVINO and by torch."""
        made = self.folder / "made"
        made.mkdir()
        half = self.export_with(SAMPLE, "half", "half=true") / "model.onnx"
        shutil.copy(half, made / "model.onnx")
        model = onnx.load(half)
        constants = [onnx.helper.make_node("Constant", [], [weight.name], value=weight) for weight in model.graph.initializer]
        nodes = [*constants, *model.graph.node]
        del model.graph.initializer[:], model.graph.node[:]
        model.graph.node.extend(nodes)
        onnx.save(model, made / "model.constants.onnx")
        openvino.save_model(openvino.Core().read_model(self.export_with(SAMPLE, "ir", "half=true", to="openvino") / "model.xml"), made / "model.xml", compress_to_fp16=False)
        torch.jit.load(self.export_with(SAMPLE, "archive", "half=true", to="torchscript") / "model.torchscript").save(made / "model.torchscript")
        for artifact in sorted(made.glob("model.*")):
            if artifact.suffix == ".bin":
                continue
            with self.subTest(artifact.name):
                result = self.modelport("verify", artifact, "--against", SAMPLE, "--json")
                self.assertIn("is float16, by its input or most of its weights: held to float16's limits", result.stderr)
                report = json.loads(result.stdout)
                self.assertEqual((report["described_by"], report["precision"], report["verdict"]), ("the artifact alone", "float16", "agrees"))
                self.assertEqual(report["inputs"][0]["figures"][0]["allowed"], 0.5)
        plain = self.folder / "plain.onnx"
        shutil.copy(self.export_with(SAMPLE, "again") / "model.onnx", plain)
        result = self.modelport("verify", plain, "--against", SAMPLE)
        self.assertNotIn("is float16", result.stderr)

    def test_a_changed_weight_differs(self):
        folder = self.export_with(SAMPLE, "plain")
        data = (folder / "model.onnx").read_bytes()
        weight = max((w.raw_data for w in onnx.load_from_string(data).graph.initializer), key=len)
        (folder / "model.onnx").write_bytes(data.replace(weight, bytes(len(weight))))
        result = self.modelport("verify", folder, "--against", SAMPLE, "--image", PHOTO, expect=2)
        self.assertIn("DIFFERS", result.stdout)
        self.assertTrue(result.stdout.rstrip().endswith("differs"))

    def test_what_cannot_be_paired_is_no_difference_of_numbers(self):
        folder = self.export_with(SAMPLE, "plain")
        message = last_error(self.modelport("verify", folder, "--against", OTHER, expect=1).stderr)
        self.assertIn("cannot be paired", message)
        self.assertRegex(message, r"the artifact has output0 float32\[1, 7, \d+\]; the model has output0 float32\[1, 5, \d+\]")
        model = onnx.load(folder / "model.onnx")
        model.graph.output.extend([onnx.helper.make_tensor_value_info(model.graph.node[3].output[0], onnx.TensorProto.FLOAT, None)])
        more = self.folder / "more.onnx"
        onnx.save(model, more)
        self.assertIn("cannot be paired", last_error(self.modelport("verify", more, "--against", SAMPLE, expect=1).stderr))

    def test_other_names(self):
        for fixture in ("yolo11-sample", "families/yolov8-seg"):
            with self.subTest(fixture):
                checkpoint = FIXTURES / f"{fixture}.pt"
                model = onnx.load(self.export_with(checkpoint, fixture.replace("/", "-"), "imgsz=[96,128]") / "model.onnx")
                rename = {"images": "x.1", "output0": "second", "output1": "first"}
                for node in model.graph.node:
                    node.input[:] = [rename.get(name, name) for name in node.input]
                    node.output[:] = [rename.get(name, name) for name in node.output]
                for port in (*model.graph.input, *model.graph.output):
                    port.name = rename[port.name]
                model.graph.output.sort(key=lambda port: port.name)
                renamed = self.folder / "renamed.onnx"
                onnx.save(model, renamed)
                self.assertEqual(self.verify(renamed, checkpoint=checkpoint)["verdict"], "agrees")

    def test_boxes_in_another_unit(self):
        """As formats that divide boxes by the image's size hold them, and their metadata.json says."""
        folder = self.export_with(SAMPLE, "parts", "imgsz=[96,128]")
        path = folder / "model.onnx"
        model = onnx.load(path)
        sizes = onnx.numpy_helper.from_array(np.array([128, 96, 128, 96, 1, 1, 1], "float32").reshape(1, 7, 1), "sizes")
        model.graph.initializer.append(sizes)
        for node in model.graph.node:
            node.output[:] = ["in_pixels" if name == "output0" else name for name in node.output]
        model.graph.node.append(onnx.helper.make_node("Div", ["in_pixels", "sizes"], ["output0"]))
        onnx.save(model, path)
        metadata = json.loads((folder / "metadata.json").read_text())
        self.modelport("verify", folder, "--against", SAMPLE, expect=2)
        metadata["extra_metadata"]["outputs"][0]["channel_groups"][0]["unit"] = "parts of the input"
        (folder / "metadata.json").write_text(json.dumps(metadata))
        report = self.verify(folder, "--image", PHOTO)
        self.assertEqual(report["verdict"], "agrees")
        (entry,) = report["inputs"]
        boxes = entry["figures"][0]
        self.assertEqual((boxes["group"], boxes["unit"]), ("boxes", "px"))
        self.assertLessEqual(boxes["allowed"], 0.05)
        self.assertEqual(entry["predictions"]["matched"], entry["predictions"]["checkpoint"])

    def test_drawings(self):
        folder = self.export_with(SAMPLE, "plain")
        report = self.verify(folder, "--image", PHOTO, "--draw", "drawn")
        self.assertEqual(report["inputs"][0]["drawing"], "drawn/photo.jpg")
        header = (self.folder / "drawn" / "photo.jpg").read_bytes()
        frame = header.index(b"\xff\xc0")
        self.assertEqual(int.from_bytes(header[frame + 5:frame + 7], "big"), 149)
        self.assertEqual(int.from_bytes(header[frame + 7:frame + 9], "big"), 400, "twice as wide")

    def test_mistakes_are_named(self):
        folder = self.export_with(SAMPLE, "plain")

        def error(*line, expect, **options):
            return last_error(self.modelport("verify", *line, expect=expect, **options).stderr)

        self.assertIn("--against", error(folder, expect=3))
        self.assertIn("--image", error(folder, "--against", SAMPLE, "--draw", "x", expect=3))
        self.assertIn("does not exist", error("absent.onnx", "--against", SAMPLE, expect=1))
        self.assertIn("known are", error(SAMPLE, "--against", SAMPLE, expect=3))
        self.assertIn("extension verify", error(folder, "--against", SAMPLE, "--exporter", self.stub(), expect=3))
        self.assertIn("pip install onnxruntime", error(folder, "--against", SAMPLE, expect=3, environment={"MODELPORT_ONNXRUNTIME": "/nowhere"}))
        (self.folder / "broken.onnx").write_bytes(b"no model")
        self.assertIn("broken.onnx", error("broken.onnx", "--against", SAMPLE, expect=1))


class TrainerExtensions(CommandCase):
    def test_images_belong_to_verify(self):
        result = run(["--checkpoint_path", str(SAMPLE), "--export_format", "onnx", "--output_dir", "x", "--draw", "y"], cwd=self.folder)
        self.assertEqual(result.returncode, 3)
        self.assertIn("--draw goes with --verify", last_error(result.stderr))

    def test_inspect(self):
        result = run(["--checkpoint_path", str(SAMPLE), "--inspect"])
        self.assertEqual(result.returncode, 0, result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual(report["inputs"][0]["shape"], [1, 3, 160, 160])
        self.assertEqual(sum(report["operators"].values()), report["nodes"])


class Doctor(CommandCase):
    def test_lists_what_is_here_and_what_would_bring_the_rest(self):
        text = self.modelport("doctor", environment={"MODELPORT_ONNXRUNTIME": "/nowhere"}).stdout
        self.assertRegex(text, r"trainer  ultralytics \d+\.\d+")
        self.assertRegex(text, r"onnx +model.onnx, proof: read_back")
        self.assertRegex(text, r"coreml +this release")
        self.assertIn("looked at /nowhere", text)
        self.assertRegex(text, r"missing  ONNX Runtime: pip install onnxruntime")
        self.assertIn("takes no arguments", last_error(self.modelport("doctor", "now", expect=3).stderr))


if __name__ == "__main__":
    import unittest
    unittest.main()
