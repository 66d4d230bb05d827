"""Suppression inside the artifact against one written here, on the raw artifact's numbers: every image of a batch on its own."""
import sys
import unittest

import numpy as np
import onnxruntime

from exporter import FIXTURES, SOURCE, ExportCase

sys.path.insert(0, str(SOURCE / "tests" / "oracle"))
from formula import model_input

IOU = 0.45
FAMILIES = FIXTURES / "families"
CHECKPOINTS = {"detect": FAMILIES / "yolo26.pt", "segment": FAMILIES / "yolov8-seg.pt", "pose": FAMILIES / "yolov8-pose.pt",
               "obb": FAMILIES / "yolo11-obb.pt"}


def corners(boxes):
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)


def upright_overlap(a, b):
    width, height = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    return width * height / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - width * height)


def turned_overlap(a, b, eps=1e-7):
    """Probabilistic intersection over union (arXiv 2106.06072) of rows x, y, width, height, angle."""
    def covariance(row):
        (w, h), c, s = row[2:4] ** 2 / 12, np.cos(row[4]), np.sin(row[4])
        return np.array([[w * c * c + h * s * s, (w - h) * c * s], [(w - h) * c * s, w * s * s + h * c * c]])
    one, two, apart = covariance(a), covariance(b), a[:2] - b[:2]
    both = one + two
    distance = apart @ np.linalg.solve(both, apart) / 4 + np.log(np.linalg.det(both) / (4 * np.sqrt(np.linalg.det(one) * np.linalg.det(two)))) / 2
    return 1 - np.sqrt(1 - np.exp(-np.clip(distance, eps, 100)) + eps)


def suppress(raw, classes, conf, most, agnostic, turned):
    """raw [4 + classes + extra, A] of one image -> rows box, score, class, extra of what is kept, by score."""
    rows = raw.T.astype(np.float64)
    scores = rows[:, 4:4 + classes]
    score, label, extra = scores.max(1), scores.argmax(1), rows[:, 4 + classes:]
    order = [i for i in np.argsort(-score, kind="stable") if score[i] > conf]
    boxes = np.concatenate([rows[:, :4], extra], 1) if turned else corners(rows[:, :4])
    overlap = turned_overlap if turned else upright_overlap
    kept = []
    # Greedy for upright boxes; Fast NMS (what is suppressed suppresses too) for turned ones.
    for position, i in enumerate(order):
        rivals = order[:position] if turned else kept
        if all((label[i] != label[j] and not agnostic) or overlap(boxes[i], boxes[j]) <= IOU for j in rivals):
            kept.append(i)
    kept = kept[:most]
    return np.concatenate([boxes[kept][:, :4], score[kept, None], label[kept, None], extra[kept]], 1), len(order)


class Suppression(ExportCase):
    def session(self, task, **config):
        self.output = self.folder / f"{task}-{len(list(self.folder.iterdir()))}"
        self.export(checkpoint=CHECKPOINTS[task], config={"imgsz": [96, 64], "iou": IOU, "validate": "off", **config})
        return onnxruntime.InferenceSession(str(self.output / "model.onnx"), providers=["CPUExecutionProvider"])

    def check(self, task, seeds, conf=0.05, most=20, agnostic=False, **config):
        raw = self.session(task, **config)
        inside = self.session(task, nms=True, conf=conf, max_det=most, agnostic_nms=agnostic, **config)
        x = model_input(96, 64, seeds)
        candidates, rows = raw.run(None, {"images": x}), inside.run(None, {"images": x})
        classes = 3
        self.assertEqual(rows[0].shape, (len(seeds), most, candidates[0].shape[1] - classes + 2))
        counts = []
        for image in range(len(seeds)):
            expected, considered = suppress(candidates[0][image], classes, conf, most, agnostic, task == "obb")
            got = rows[0][image]
            np.testing.assert_allclose(got[:len(expected)], expected, atol=2e-3, err_msg=f"image {image}")
            self.assertTrue((got[len(expected):] == 0).all(), f"image {image}: rows behind the last detection")
            self.assertGreater(considered, len(expected), "nothing was suppressed")
            counts.append(len(expected))
        self.assertGreater(min(counts), 2)
        self.assertGreater(np.abs(rows[0][0] - rows[0][-1]).max(), 1)
        for before, after in zip(candidates[1:], rows[1:], strict=True):
            np.testing.assert_allclose(after, before, atol=1e-4)   # prototypes

    def test_a_pair(self):
        for task in CHECKPOINTS:
            with self.subTest(task):
                self.check(task, [3, 7], batch_size=2)

    def test_a_batch(self):
        for task in CHECKPOINTS:
            with self.subTest(task):
                self.check(task, [3, 7, 11], batch_size=3)

    def test_a_dynamic_batch(self):
        for task in CHECKPOINTS:
            with self.subTest(task):
                self.check(task, [11, 7, 3, 12], dynamic_axes="batch")

    def test_dynamic_sizes(self):
        for task in CHECKPOINTS:
            with self.subTest(task):
                self.check(task, [12, 3], dynamic_axes=True)

    def test_classes_suppress_each_other_where_asked(self):
        self.check("detect", [3, 7], batch_size=2, agnostic=True)
        self.check("obb", [3, 7], batch_size=2, agnostic=True)

    def test_fewer_than_there_are(self):
        self.check("detect", [3, 7], batch_size=2, most=5)

    def test_is_proven_however_many_candidates_there_are(self):
        """Of hundreds of rows of nearly the same score some change places in every other evaluation."""
        for checkpoint in (FIXTURES / "yolo11-sample.pt", *CHECKPOINTS.values()):
            with self.subTest(checkpoint.stem):
                self.output = self.folder / checkpoint.stem
                self.export(checkpoint=checkpoint, config={"nms": True, "conf": 0.001, "validate": "runtime"})
                proof = self.metadata()["extra_metadata"]["proof"]
                self.assertEqual(proof["level"], "runtime")
                self.assertIn("candidates", {figure["value"] for check in proof["checks"] for figure in check.get("figures", [])})


class Heads(ExportCase):
    """`nms`: null is the raw head, false the end-to-end one where there is one, true suppression inside."""

    def layout(self, checkpoint, nms, expect=0):
        self.output = self.folder / f"{checkpoint.stem}-{nms}"
        result = self.export(expect=expect, checkpoint=checkpoint, config={"validate": "off", "nms": nms})
        if expect:
            self.assert_no_export()
            return result.stderr
        metadata = self.metadata()
        return metadata["output_shape"][0] if isinstance(metadata["output_shape"][0], list) else metadata["output_shape"], metadata

    def test_a_model_with_both_heads(self):
        for name, anchors in (("yolov10", 126), ("yolo26", 126)):
            with self.subTest(name):
                checkpoint = FAMILIES / f"{name}.pt"
                shape, metadata = self.layout(checkpoint, None)
                self.assertEqual(shape, [1, 7, anchors])
                self.assertTrue(metadata["postprocessing"]["apply_nms"])
                shape, metadata = self.layout(checkpoint, False)
                self.assertEqual(shape, [1, anchors, 6])
                self.assertFalse(metadata["postprocessing"]["apply_nms"])
                self.assertFalse(metadata["postprocessing"]["nms_inside"])
                shape, metadata = self.layout(checkpoint, True)
                self.assertEqual(shape, [1, anchors, 6])
                self.assertFalse(metadata["postprocessing"]["apply_nms"])
                self.assertTrue(metadata["postprocessing"]["nms_inside"])

    def test_a_model_with_one_head(self):
        checkpoint = FAMILIES / "yolo11-obb.pt"
        self.assertEqual(self.layout(checkpoint, None)[0], [1, 8, 126])
        self.assertEqual(self.layout(checkpoint, False)[0], [1, 8, 126])
        self.assertEqual(self.layout(checkpoint, True)[0], [1, 126, 7])

    def test_a_model_that_selects_itself(self):
        checkpoint = FAMILIES / "rtdetr-l.pt"
        shape, metadata = self.layout(checkpoint, None)
        self.assertEqual(shape, [1, 30, 6])
        self.assertFalse(metadata["postprocessing"]["apply_nms"])
        self.assertIn("nothing to suppress", self.layout(checkpoint, True, expect=3))

    def test_a_classifier(self):
        self.assertIn("no boxes", self.layout(FIXTURES / "yolo11-cls.pt", True, expect=3))


if __name__ == "__main__":
    unittest.main()
