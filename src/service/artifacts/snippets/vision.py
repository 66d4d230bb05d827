"""What metadata.json says of a picture on its way in and of numbers on their way out. Needs numpy and Pillow."""
import json
from pathlib import Path

import numpy
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent
METADATA = json.loads((FOLDER / "metadata.json").read_text(encoding="utf-8"))


def input_size():
    """Height, width and whether channels come first."""
    shape = METADATA["input_shape"][-3:]
    channels_first = shape[0] in (1, 3, 4) and shape[2] not in (1, 3, 4)
    return (shape[1], shape[2], True) if channels_first else (shape[0], shape[1], False)


def load(path, channels_first):
    """The picture as a batch of one: resized as the metadata says, scaled, normalised."""
    height, width, _ = input_size()
    rules = METADATA.get("preprocessing", {})
    picture = Image.open(path).convert("RGB")
    mode = rules.get("resize_mode", "stretch")
    if mode == "letterbox":
        scale = min(width / picture.width, height / picture.height)
        resized = picture.resize((max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)), Image.BILINEAR)
        canvas = Image.new("RGB", (width, height), (114, 114, 114))
        canvas.paste(resized, ((width - resized.width) // 2, (height - resized.height) // 2))
        picture = canvas
    elif "crop" in mode:
        scale = max(width / picture.width, height / picture.height)
        resized = picture.resize((max(round(picture.width * scale), width), max(round(picture.height * scale), height)), Image.BILINEAR)
        left, top = (resized.width - width) // 2, (resized.height - height) // 2
        picture = resized.crop((left, top, left + width, top + height))
    else:
        picture = picture.resize((width, height), Image.BILINEAR)
    pixels = numpy.asarray(picture, dtype=numpy.float32)
    if rules.get("color_space", "RGB").upper() == "BGR":
        pixels = pixels[..., ::-1]
    if METADATA["input_dtype"] == "uint8":
        pixels = pixels.astype(numpy.uint8)
    else:
        if rules.get("normalize", True):
            pixels = pixels / 255.0
        mean, std = rules.get("mean"), rules.get("std")
        if mean and std:
            pixels = (pixels - numpy.asarray(mean, numpy.float32)) / numpy.asarray(std, numpy.float32)
        pixels = pixels.astype(METADATA["input_dtype"])
    if channels_first:
        pixels = pixels.transpose(2, 0, 1)
    return numpy.ascontiguousarray(pixels[None])


def name_of(index):
    names = METADATA.get("class_names") or []
    return names[index] if index < len(names) else str(index)


def report(outputs):
    """Prints what the outputs mean as far as the task tells; always their shapes."""
    for index, output in enumerate(outputs):
        print(f"output {index}: shape {list(output.shape)}, from {output.min():.4g} to {output.max():.4g}")
    if METADATA["task_type"] == "classification":
        scores = numpy.asarray(outputs[0], numpy.float64).reshape(-1)
        if scores.min() < 0 or abs(scores.sum() - 1) > 1e-2:
            scores = numpy.exp(scores - scores.max())
            scores /= scores.sum()
        for index in numpy.argsort(-scores)[: METADATA.get("top_k", 5)]:
            print(f"{scores[index]:.4f} {name_of(int(index))}")
    elif METADATA["task_type"] in ("detection", "segmentation", "pose"):
        report_boxes(numpy.asarray(outputs[0], numpy.float64))


def report_boxes(rows):
    """Rows of one picture: [4 + classes + ..., anchors] as a detector's head gives them, or [boxes, 6] behind suppression."""
    classes = METADATA.get("num_classes") or len(METADATA.get("class_names") or []) or 1
    threshold = METADATA.get("confidence_threshold", 0.25)
    if rows.ndim != 3:
        return
    rows = rows[0]
    if rows.shape[1] == 6:
        found = [(score, int(kind), (x1, y1, x2, y2)) for x1, y1, x2, y2, score, kind in rows if score > threshold]
    else:
        rows = rows.T if rows.shape[0] < rows.shape[1] else rows
        found = []
        for row in rows:
            scores = row[4:4 + classes]
            if len(scores) and scores.max() > threshold:
                x, y, w, h = row[:4]
                found.append((scores.max(), int(scores.argmax()), (x - w / 2, y - h / 2, x + w / 2, y + h / 2)))
        found = suppress(found, METADATA.get("iou_threshold", 0.45))
    print(f"{len(found)} found")
    for score, kind, box in sorted(found, reverse=True)[:20]:
        print(f"{score:.4f} {name_of(kind)} at {', '.join(f'{side:.1f}' for side in box)} (pixels of the model's input)")


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
