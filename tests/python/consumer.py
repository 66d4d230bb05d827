"""A consumer that knows nothing but metadata.json and the artifact: from an image file to detections or classes.

It stands for every consumer: what it needs and cannot find in metadata.json is missing there.
"""
import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image


def resize_bilinear(pixels, height, width):
    """Bilinear without antialiasing, as OpenCV does it: half-pixel centres, edges repeated, rounded to uint8. pixels: [H, W, C] uint8."""
    if pixels.shape[:2] == (height, width):
        return pixels

    def weights(size_in, size_out):
        centre = np.clip((np.arange(size_out) + 0.5) * size_in / size_out - 0.5, 0, size_in - 1)
        low = np.floor(centre).astype(int)
        return low, np.minimum(low + 1, size_in - 1), centre - low

    top, bottom, v = weights(pixels.shape[0], height)
    left, right, u = weights(pixels.shape[1], width)
    image = pixels.astype(np.float64)
    rows = image[top] * (1 - v)[:, None, None] + image[bottom] * v[:, None, None]
    return np.rint(rows[:, left] * (1 - u)[None, :, None] + rows[:, right] * u[None, :, None]).astype(np.uint8)


class Consumer:
    def __init__(self, directory):
        directory = Path(directory)
        self.metadata = json.loads((directory / "metadata.json").read_text())
        artifact = self.metadata["extra_metadata"]["files"][0]["name"]
        self.session = onnxruntime.InferenceSession(str(directory / artifact), providers=["CPUExecutionProvider"])

    def preprocess(self, image):
        """PIL image -> (uint8 [H, W, C], how to get back: scale of x and y, left, top)."""
        steps = self.metadata["preprocessing"]
        height, width = steps["size"]
        mode = steps["resize_mode"]
        pixels = np.asarray(image.convert("L" if steps["color_space"] == "GRAY" else "RGB"))
        if pixels.ndim == 2:
            pixels = pixels[:, :, None]
        if mode == "letterbox":
            scale = min(height / pixels.shape[0], width / pixels.shape[1])
            inner_h, inner_w = round(pixels.shape[0] * scale), round(pixels.shape[1] * scale)
            canvas = np.full((height, width, pixels.shape[2]), steps["pad_value"], np.uint8)
            top, left = round((height - inner_h) / 2 - 0.1), round((width - inner_w) / 2 - 0.1)
            canvas[top:top + inner_h, left:left + inner_w] = resize_bilinear(pixels, inner_h, inner_w)
            # Whole pixels on both sides: each axis has its own exact ratio.
            return canvas, (inner_w / pixels.shape[1], inner_h / pixels.shape[0], left, top)
        assert mode == "shortest_edge_center_crop" and steps["interpolation"] == "bilinear_antialias", mode
        edge = round(height / steps["crop_fraction"])
        w, h = image.size
        size = (edge, int(edge * h / w)) if w < h else (int(edge * w / h), edge)
        image = image.convert("RGB").resize(size, Image.Resampling.BILINEAR)
        left, top = round((size[0] - width) / 2), round((size[1] - height) / 2)
        return np.asarray(image)[top:top + height, left:left + width], None

    def run(self, pixels):
        steps = self.metadata["preprocessing"]
        assert steps["normalize"]
        x = (pixels.astype(np.float32) * np.float32(steps["scale"]) - np.array(steps["mean"], np.float32)) / np.array(steps["std"], np.float32)
        name = self.metadata["extra_metadata"]["inputs"][0]["name"]
        return self.session.run(None, {name: x.transpose(2, 0, 1)[None]})[0]

    def detect(self, pixels, back):
        """[n, 6]: x1 y1 x2 y2 in pixels of the image, score, class; by score."""
        steps = self.metadata["postprocessing"]
        assert steps["apply_nms"] and steps["nms_method"] == "hard" and steps["coordinate_format"] == "xywh"
        rows = self.run(pixels)[0].T
        score, label = rows[:, 4:].max(1), rows[:, 4:].argmax(1)
        keep = score > steps["confidence_threshold"]
        xywh, score, label = rows[keep, :4], score[keep], label[keep]
        boxes = np.concatenate([xywh[:, :2] - xywh[:, 2:] / 2, xywh[:, :2] + xywh[:, 2:] / 2], 1)
        order = np.argsort(-score, kind="stable")
        chosen = []
        for i in order:
            if all(label[i] != label[j] or iou(boxes[i], boxes[j]) <= steps["iou_threshold"] for j in chosen):
                chosen.append(i)
        chosen = chosen[:steps["max_detections"]]
        scale_x, scale_y, left, top = back
        return np.concatenate([(boxes[chosen] - [left, top, left, top]) / [scale_x, scale_y, scale_x, scale_y], score[chosen, None], label[chosen, None]], 1)


def iou(a, b):
    inner = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return inner / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inner)
