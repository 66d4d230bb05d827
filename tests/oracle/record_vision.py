"""Records what OpenCV, Pillow and the framework make of pictures and raw outputs: python record_vision.py, with the oracle's environment.

Writes tests/vision/recorded.safetensors and the small pictures in tests/vision/pictures.
"""
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from safetensors_file import write
from ultralytics.data.augment import LetterBox, classify_transforms
from ultralytics.models.yolo.semantic.predict import SemanticSegmentationPredictor
from ultralytics.utils import ops
from ultralytics.utils.nms import non_max_suppression
from ultralytics.utils.patches import imread

HERE = Path(__file__).resolve().parent
VISION = HERE.parent / "vision"
PICTURES = VISION / "pictures"
PHOTO = HERE.parent / "fixtures" / "photo.jpg"
INPUT = (64, 96)  # height, width of the predictions' input


def make_pictures():
    """Every kind of file that is decoded differently, cut from the photograph."""
    small = Image.open(PHOTO).convert("RGB").crop((40, 20, 88, 51))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        small.save(PICTURES / f"exif{orientation}.jpg", quality=85, exif=exif, subsampling=2)
    small.save(PICTURES / "progressive.jpg", quality=70, progressive=True)
    small.convert("L").save(PICTURES / "gray.jpg", quality=80)
    small.convert("CMYK").save(PICTURES / "cmyk.jpg", quality=90)
    small.save(PICTURES / "rgb.png")
    small.convert("L").save(PICTURES / "gray.png")
    small.quantize(20).save(PICTURES / "palette.png")
    alpha = small.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(small.size))
    alpha.save(PICTURES / "alpha.png")
    deep = np.asarray(small).astype(np.uint16) * 257 + np.arange(48, dtype=np.uint16)[None, :, None]
    cv2.imwrite(str(PICTURES / "deep.png"), deep)
    small.crop((0, 0, 40, 30)).save(PICTURES / "even.png")


def pictures(out):
    for path in sorted(PICTURES.iterdir()):
        out[f"rgb/{path.name}"] = np.ascontiguousarray(imread(path)[..., ::-1])
        out[f"gray/{path.name}"] = imread(path, cv2.IMREAD_GRAYSCALE)


def sizes(out):
    photo = np.ascontiguousarray(imread(PHOTO)[..., ::-1])
    for w, h in ((64, 48), (57, 149), (250, 180), (200, 70), (3, 2)):
        out[f"bilinear/{w}x{h}"] = cv2.resize(photo, (w, h), interpolation=cv2.INTER_LINEAR)
    for w, h in ((61, 45), (220, 100), (200, 40), (3, 2)):
        out[f"antialias/{w}x{h}"] = np.asarray(Image.fromarray(photo).resize((w, h), Image.Resampling.BILINEAR))
    even = np.asarray(Image.open(PICTURES / "even.png"))
    out["bilinear/halved"] = cv2.resize(even, (20, 15), interpolation=cv2.INTER_LINEAR)


def inputs(out):
    photo = imread(PHOTO)
    for h, w in ((64, 64), (32, 96)):
        boxed = LetterBox((h, w), auto=False)(image=photo)
        out[f"letterbox/{h}x{w}"] = np.ascontiguousarray(boxed[..., ::-1].transpose(2, 0, 1)).astype(np.float32) / np.float32(255)
    filled = LetterBox((32, 48), auto=False, scale_fill=True)(image=photo)
    out["stretch/32x48"] = np.ascontiguousarray(filled[..., ::-1].transpose(2, 0, 1)).astype(np.float32) / np.float32(255)
    for size in (32, 50):
        out[f"crop/{size}"] = classify_transforms(size)(Image.fromarray(cv2.cvtColor(photo, cv2.COLOR_BGR2RGB))).numpy()


def boxes(random, anchors):
    """xywh of overlapping boxes in the input."""
    centres = np.repeat(random.uniform((10, 10), (86, 54), (anchors // 5, 2)), 5, 0) + random.normal(0, 3, (anchors, 2))
    return np.concatenate([centres, random.uniform(8, 30, (anchors, 2))], 1)


def candidates(random, anchors, classes, more):
    """[1, 4 + classes + more, anchors] float32; every score its own, so that no order is a matter of taste."""
    scores = random.permutation(np.linspace(0.001, 0.97, anchors * classes)).reshape(anchors, classes)
    return np.concatenate([boxes(random, anchors), scores, more], 1).T[None].astype(np.float32)


def scaled(rows, shape):
    rows = rows.clone()
    rows[:, :4] = ops.scale_boxes(INPUT, rows[:, :4], shape)
    return rows.numpy()


def detections(out):
    random = np.random.default_rng(1)
    shape = imread(PHOTO).shape
    raw = candidates(random, 150, 3, np.zeros((150, 0)))
    out["boxes/raw"] = raw
    for name, options in (("usual", {}), ("agnostic", {"agnostic": True}), ("five", {"max_det": 5}), ("tight", {"iou_thres": 0.3, "conf_thres": 0.5})):
        rows = non_max_suppression(torch.from_numpy(raw.copy()), **{"conf_thres": 0.25, "iou_thres": 0.7, **options})[0]
        out[f"boxes/{name}"] = scaled(rows, shape)
    rows = np.concatenate([boxes(random, 20), np.linspace(0.9, 0.1, 20)[:, None], random.integers(0, 3, (20, 1))], 1)[None].astype(np.float32)
    rows[..., :4] = ops.xywh2xyxy(rows[..., :4])
    out["rows/raw"] = rows
    out["rows/usual"] = scaled(non_max_suppression(torch.from_numpy(rows.copy()), 0.25, end2end=True)[0], shape)


def oriented(out):
    random = np.random.default_rng(2)
    raw = candidates(random, 100, 3, random.uniform(-0.7, 2.3, (100, 1)))
    rows = non_max_suppression(torch.from_numpy(raw.copy()), 0.25, 0.4, nc=3, rotated=True)[0]
    boxed = torch.cat([rows[:, :4], rows[:, -1:]], -1)
    boxed[:, :4] = ops.scale_boxes(INPUT, boxed[:, :4], imread(PHOTO).shape, xywh=True)
    out["oriented/raw"] = raw
    out["oriented/usual"] = torch.cat([boxed, rows[:, 4:6]], -1).numpy()
    out["oriented/corners"] = ops.xywhr2xyxyxyxy(boxed).numpy()


def masks(out):
    random = np.random.default_rng(3)
    raw = candidates(random, 60, 2, random.normal(0, 1, (60, 6)))
    protos = random.normal(0, 1, (1, 6, 16, 24)).astype(np.float32)
    rows = non_max_suppression(torch.from_numpy(raw.copy()), 0.5, 0.4, nc=2)[0]
    masked = ops.process_mask(torch.from_numpy(protos[0]), rows[:, 6:], rows[:, :4], INPUT, upsample=True)
    keep = masked.amax((-2, -1)) > 0
    out["masks/raw"], out["masks/prototypes"] = raw, protos
    out["masks/boxes"] = scaled(rows[keep], imread(PHOTO).shape)[:, :6]
    out["masks/masks"] = masked[keep].numpy()


def poses(out):
    random = np.random.default_rng(4)
    points = np.concatenate([random.uniform((-5, -5), (100, 70), (40, 4, 2)), random.uniform(0, 1, (40, 4, 1))], 2)
    raw = candidates(random, 40, 1, points.reshape(40, 12))
    rows = non_max_suppression(torch.from_numpy(raw.copy()), 0.25, 0.5, nc=1)[0]
    shape = imread(PHOTO).shape
    out["poses/raw"] = raw
    out["poses/keypoints"] = ops.scale_coords(INPUT, rows[:, 6:].view(-1, 4, 3).clone(), shape).numpy()
    out["poses/boxes"] = scaled(rows, shape)[:, :6]


class Semantic(SemanticSegmentationPredictor):
    """The framework's own postprocess, without a model."""

    def __init__(self):
        self.args = type("Arguments", (), {"classes": None})()
        self.model = type("Model", (), {"names": {i: str(i) for i in range(3)}})()
        self.batch = [["photo"]]


def class_maps(out):
    random = np.random.default_rng(5)
    logits = random.normal(0, 1, (1, 3, 8, 12)).astype(np.float32)
    enlarged = torch.nn.functional.interpolate(torch.from_numpy(logits), INPUT, mode="bilinear")
    picture, blank = imread(PHOTO), torch.zeros((1, 3, *INPUT))
    out["class_map/logits"] = logits
    out["class_map/numbers"] = enlarged.argmax(1).to(torch.uint8).numpy()
    for name in ("logits", "numbers"):
        result = Semantic().postprocess(torch.from_numpy(out[f"class_map/{name}"]), blank, [picture])[0]
        out[f"class_map/of_{name}"] = result.semantic_mask.data.squeeze().numpy().astype(np.uint8)


def main():
    PICTURES.mkdir(parents=True, exist_ok=True)
    make_pictures()
    out = {}
    for record in (pictures, sizes, inputs, detections, oriented, masks, poses, class_maps):
        record(out)
    write(VISION / "recorded.safetensors", out, {"opencv": cv2.__version__})


if __name__ == "__main__":
    main()
