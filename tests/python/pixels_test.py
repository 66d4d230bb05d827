"""`embed_preprocessing`: the artifact takes a camera's pixels and computes what the plain one does of the prepared tensor."""
import unittest

import numpy as np
import onnxruntime
from PIL import Image

from exporter import FIXTURES, ExportCase

FAMILIES = FIXTURES / "families"


def session(directory):
    return onnxruntime.InferenceSession(str(directory / "model.onnx"), providers=["CPUExecutionProvider"])


class Pixels(ExportCase):
    def artifact(self, checkpoint, **config):
        self.output = self.folder / f"export-{len(list(self.folder.iterdir()))}"
        self.export(checkpoint=checkpoint, config={"validate": "off", **config})
        return session(self.output)

    def pictures(self, count, height, width):
        """uint8 [count, height, width, 3] RGB, each another part of the photograph."""
        photo = Image.open(FIXTURES / "photo.jpg").convert("RGB")
        parts = [photo.crop((10 * i, 5 * i, 10 * i + 150, 5 * i + 120)).resize((width, height)) for i in range(count)]
        return np.stack([np.asarray(part) for part in parts])

    def check(self, checkpoint, colours, count=1, size=(96, 64), atol=1e-4, **config):
        plain = self.artifact(checkpoint, imgsz=list(size), **config)
        embedded = self.artifact(checkpoint, imgsz=list(size), embed_preprocessing=colours, **config)
        metadata = self.metadata()
        order = "BGR" if colours == "bgr" else "RGB"
        self.assertEqual(metadata["input_dtype"], "uint8")
        self.assertEqual(metadata["preprocessing"]["color_space"], order)
        self.assertFalse(metadata["preprocessing"]["normalize"])
        declared = metadata["extra_metadata"]["inputs"][0]
        self.assertEqual((declared["dtype"], declared["layout"]), ("uint8", "NHWC"))
        pixels = self.pictures(count, *size)
        given = pixels[..., ::-1].copy() if order == "BGR" else pixels
        got = embedded.run(None, {embedded.get_inputs()[0].name: given})
        tensor = pixels.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
        wanted = plain.run(None, {plain.get_inputs()[0].name: tensor})
        for a, b in zip(got, wanted, strict=True):
            np.testing.assert_allclose(a, b, atol=atol * max(1, np.abs(b).max()))
        wrong = embedded.run(None, {embedded.get_inputs()[0].name: given[..., ::-1].copy()})
        self.assertGreater(np.abs(wrong[0] - wanted[0]).max(), 1e-2, "the order of colours makes no difference")

    def test_rgb(self):
        for checkpoint in (FIXTURES / "yolo11-sample.pt", FAMILIES / "yolov8-seg.pt", FAMILIES / "yolo26-pose.pt", FAMILIES / "rtdetr-l.pt"):
            with self.subTest(checkpoint.stem):
                self.check(checkpoint, True, size=(96, 96))

    def test_bgr(self):
        for checkpoint in (FIXTURES / "yolo11-sample.pt", FAMILIES / "yolo11-obb.pt"):
            with self.subTest(checkpoint.stem):
                self.check(checkpoint, "bgr")

    def test_a_classifier(self):
        self.check(FIXTURES / "yolo11-cls.pt", True, size=(96, 96))

    def test_batches_and_sizes_that_vary(self):
        self.check(FIXTURES / "yolo11-sample.pt", True, count=3, dynamic_axes="batch")
        self.check(FIXTURES / "yolo11-sample.pt", "bgr", count=2, size=(64, 128), dynamic_axes=True)

    def test_with_suppression_inside(self):
        self.check(FAMILIES / "yolo26.pt", "rgb", count=2, batch_size=2, nms=True, conf=0.05)

    def test_float16(self):
        self.check(FIXTURES / "yolo11-sample.pt", True, half=True, atol=3e-2)

    def test_is_proven(self):
        self.export(config={"embed_preprocessing": "bgr", "validate": "runtime"})
        self.assertEqual(self.metadata()["extra_metadata"]["proof"]["level"], "runtime")


if __name__ == "__main__":
    unittest.main()
