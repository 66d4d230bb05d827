"""Runs model.torchscript on a picture: run_torchscript.py PICTURE. Needs torch, numpy and Pillow."""
import sys

import torch

import vision

model = torch.jit.load(str(vision.FOLDER / "model.torchscript"), map_location="cpu").eval()
with torch.no_grad():
    result = model(torch.from_numpy(vision.load(sys.argv[1], channels_first=True)))
vision.report([tensor.numpy() for tensor in (result if isinstance(result, (tuple, list)) else [result])])
