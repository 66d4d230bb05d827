"""What metadata.json says of a picture on its way in and of numbers on their way out. Needs numpy and Pillow."""
import json
from pathlib import Path

import numpy
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent
METADATA = json.loads((FOLDER / "metadata.json").read_text(encoding="utf-8"))
PREPROCESSING = METADATA.get("preprocessing", {})
POSTPROCESSING = METADATA.get("postprocessing", {})


def input_size():
    """Height and width."""
    if "size" in PREPROCESSING:
        return tuple(PREPROCESSING["size"])
    shape = METADATA["input_shape"][-3:]
    return (shape[1], shape[2]) if shape[0] in (1, 3, 4) else (shape[0], shape[1])


def resize(picture):
    height, width = input_size()
    mode = PREPROCESSING.get("resize_mode", "stretch")
    if mode == "letterbox":
        scale = min(height / picture.height, width / picture.width)
        inner = picture.resize((max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)), Image.BILINEAR)
        pad = PREPROCESSING.get("pad_value", 114)
        canvas = Image.new(picture.mode, (width, height), (pad,) * 3 if picture.mode == "RGB" else pad)
        canvas.paste(inner, ((width - inner.width) // 2, (height - inner.height) // 2))
        return canvas
    if mode == "shortest_edge_center_crop":
        edge = round(height / PREPROCESSING.get("crop_fraction", 1.0))
        scale = edge / min(picture.size)
        inner = picture.resize((max(int(picture.width * scale), width), max(int(picture.height * scale), height)), Image.BILINEAR)
        left, top = (inner.width - width) // 2, (inner.height - height) // 2
        return inner.crop((left, top, left + width, top + height))
    return picture.resize((width, height), Image.BILINEAR)


def load(path, channels_first):
    """The picture as a batch of one."""
    colours = PREPROCESSING.get("color_space", "RGB")
    pixels = numpy.asarray(resize(Image.open(path).convert("L" if colours == "GRAY" else "RGB")))
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if colours == "BGR":
        pixels = pixels[..., ::-1]
    if METADATA["input_dtype"] != "uint8":
        if PREPROCESSING.get("normalize", True):
            pixels = pixels * numpy.float32(PREPROCESSING.get("scale", 1 / 255))
            pixels = pixels - numpy.asarray(PREPROCESSING.get("mean", 0.0), numpy.float32)
            pixels = pixels / numpy.asarray(PREPROCESSING.get("std", 1.0), numpy.float32)
        pixels = pixels.astype(METADATA["input_dtype"])
    return numpy.ascontiguousarray((pixels.transpose(2, 0, 1) if channels_first else pixels)[None])


def name_of(index):
    names = METADATA.get("class_names") or []
    return names[index] if index < len(names) else str(index)


def report(outputs):
    """Prints the outputs' shapes, and what the first one says as far as the task tells."""
    for index, output in enumerate(outputs):
        print(f"output {index}: shape {list(output.shape)}, from {output.min():.4g} to {output.max():.4g}")
    first = numpy.asarray(outputs[0], numpy.float64)
    if METADATA["task_type"] == "classification":
        report_classes(first.reshape(-1))
    elif first.ndim == 3:
        report_boxes(first[0])


def report_classes(scores):
    if scores.min() < 0 or abs(scores.sum() - 1) > 1e-2:
        scores = numpy.exp(scores - scores.max())
        scores = scores / scores.sum()
    for index in numpy.argsort(-scores)[: METADATA.get("top_k", 5)]:
        print(f"{scores[index]:.4f} {name_of(int(index))}")


def report_boxes(rows):
    """Rows as a detector's head gives them ([4 + classes + ..., anchors]), or as suppression leaves them ([boxes, 6 + ...])."""
    classes = METADATA.get("num_classes") or 1
    threshold = METADATA.get("confidence_threshold", 0.25)
    found = []
    if POSTPROCESSING.get("apply_nms", True):
        if rows.shape[0] < rows.shape[1]:
            rows = rows.T
        objectness = rows.shape[1] == 5 + classes
        scores = rows[:, 5:] * rows[:, 4:5] if objectness else rows[:, 4:4 + classes]
        for index in numpy.flatnonzero(scores.max(axis=1) > threshold):
            found.append((scores[index].max(), int(scores[index].argmax()), corners(rows[index, :4])))
        found = suppress(found, METADATA.get("iou_threshold", 0.45))
    else:
        found = [(row[4], int(row[5]), corners(row[:4])) for row in rows if row[4] > threshold]
    print(f"{len(found)} found")
    for score, kind, box in sorted(found, reverse=True)[:20]:
        print(f"{score:.4f} {name_of(kind)} at {', '.join(f'{side:.1f}' for side in box)} (pixels of the model's input)")


def corners(box):
    a, b, c, d = (float(side) for side in box)
    if POSTPROCESSING.get("coordinate_format", "xywh") == "xyxy":
        return a, b, c, d
    return a - c / 2, b - d / 2, a + c / 2, b + d / 2


def suppress(found, limit):
    """Of boxes of one class that overlap, the best."""
    kept = []
    for score, kind, box in sorted(found, reverse=True):
        if all(kind != other_kind or overlap(box, other) <= limit for _, other_kind, other in kept):
            kept.append((score, kind, box))
    return kept


def overlap(a, b):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)
