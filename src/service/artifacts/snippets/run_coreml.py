"""Runs model.mlpackage on a picture, on macOS: run_coreml.py PICTURE. Needs coremltools, numpy and Pillow."""
import sys

import coremltools
from PIL import Image

import vision

model = coremltools.models.MLModel(str(vision.FOLDER / "model.mlpackage"))
entry = model.get_spec().description.input[0]
if entry.type.WhichOneof("Type") == "imageType":
    size = (entry.type.imageType.width, entry.type.imageType.height)
    value = Image.open(sys.argv[1]).convert("RGB").resize(size)
else:
    value = vision.load(sys.argv[1], channels_first=entry.type.multiArrayType.shape[-1] not in (1, 3, 4))
vision.report(list(model.predict({entry.name: value}).values()))
