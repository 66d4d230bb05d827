"""What metadata.json says of each task: enough to use the outputs, in the convention's words."""
import unittest

from exporter import FIXTURES, ExportCase

FAMILIES = FIXTURES / "families"


class TaskMetadata(ExportCase):
    def of(self, name, **config):
        self.output = self.folder / f"{name}-{len(list(self.folder.iterdir()))}"
        result = self.export(checkpoint=FAMILIES / f"{name}.pt", config={"validate": "off", "imgsz": [96, 64], **config})
        return self.metadata(), result.stderr

    def test_segmentation(self):
        for name in ("yolov8-seg", "yolo26-seg", "yoloe-26-seg", "yolov9c-seg"):
            with self.subTest(name):
                metadata, _ = self.of(name)
                self.assertEqual(metadata["task_type"], "segmentation")
                self.assertEqual(metadata["mask_resolution"], [24, 16])
                self.assertEqual(metadata["extra_metadata"]["source_task"], "segment")
                self.assertIn("prototypes", metadata["postprocessing"]["masks"])
                prototypes = metadata["extra_metadata"]["outputs"][1]
                self.assertEqual((prototypes["name"], prototypes["shape"][2:]), ("output1", [24, 16]))

    def test_pose_of_coco(self):
        metadata, _ = self.of("yolov8-pose")
        self.assertEqual((metadata["task_type"], metadata["num_keypoints"]), ("pose", 17))
        self.assertEqual(metadata["keypoint_names"][0], "nose")
        self.assertEqual(len(metadata["keypoint_names"]), 17)
        self.assertEqual(metadata["postprocessing"]["output_layout"], "[batch, 4 + num_classes + keypoints, anchors]")
        pairs = metadata["skeleton"]
        self.assertEqual(len(pairs), 19)
        self.assertEqual((min(map(min, pairs)), max(map(max, pairs))), (1, 17), "counted from 1")
        self.assertIn([16, 14], pairs)      # left ankle and left knee

    def test_pose_of_something_else(self):
        metadata, log = self.of("yolo11-pose")
        self.assertEqual(metadata["num_keypoints"], 5)
        self.assertEqual(metadata["keypoint_names"], [f"keypoint_{i}" for i in range(1, 6)])
        self.assertEqual(metadata["skeleton"], [])
        self.assertIn("numbered, without a skeleton", log)

    def test_oriented_boxes(self):
        metadata, _ = self.of("yolo11-obb")
        self.assertEqual((metadata["task_type"], metadata["extra_metadata"]["source_task"]), ("detection", "obb"))
        self.assertEqual(metadata["postprocessing"]["coordinate_format"], "xywhr")
        self.assertIn("angle", metadata["postprocessing"])

    def test_what_is_left_to_do(self):
        for name, config, apply, inside, box in (("yolo11-obb", {}, True, False, "xywhr"), ("yolo26", {}, True, False, "xywh"),
                                                 ("yolo26", {"nms": False}, False, False, "xyxy"), ("yolo26", {"nms": True}, False, True, "xyxy"),
                                                 ("yolo11-obb", {"nms": True}, False, True, "xywhr"), ("rtdetr-l", {}, False, False, "xywh")):
            with self.subTest(name, **config):
                size = [96, 96] if name == "rtdetr-l" else [96, 64]
                metadata = self.of(name, **{**config, "imgsz": size})[0]
                steps = metadata["postprocessing"]
                self.assertEqual((steps["apply_nms"], steps["nms_inside"], steps["coordinate_format"]), (apply, inside, box))
                self.assertEqual(steps["coordinate_unit"], "parts of the input" if name == "rtdetr-l" else "input pixels")
                self.assertEqual(steps["scores"], "sigmoid applied")
                boxes = metadata["extra_metadata"]["outputs"][0]["channel_groups"][0]
                self.assertEqual((boxes["name"], boxes["unit"]), ("boxes", steps["coordinate_unit"]))
                self.assertEqual(boxes["role"], "boxes" if name == "rtdetr-l" else "boxes_px")

    def test_boxes_are_compared_in_pixels(self):
        for half, limit in ((False, 0.02), (True, 0.5)):
            metadata, log = self.of("rtdetr-l", imgsz=[96, 96], half=half, validate="reference")
            checks = metadata["extra_metadata"]["proof"]["checks"]
            figures = [f for check in checks for f in check.get("figures", []) if f["group"] == "boxes"]
            self.assertTrue(figures)
            for figure in figures:
                self.assertEqual((figure["role"], figure["unit"]), ("boxes_px", "px"))
                self.assertLessEqual(figure["allowed"], limit)
                self.assertGreater(figure["reference_magnitude"], 10, "in pixels")
            self.assertRegex(log, r"output0 boxes differ by at most \S+ px \(allowed \S+ px\)")


if __name__ == "__main__":
    unittest.main()
