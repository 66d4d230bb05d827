#!/usr/bin/env bash
# torch.nn.CrossMapLRN2d normalises every channel by the first one too: its running sum over neighbouring channels never lets go of
# channel 0 (the condition reads c > pre_pad where c >= pre_pad is meant), however far away that is.
# Pinned: torch 2.13.0, numpy 2.3.5.
# Seen 2026-12-01: with 1 in channel 0, size 3, the sums around channels 0 to 5 are 1, 1, 1, 1, 1, 1; LocalResponseNorm's are 1, 1, 0, 0, 0, 0.
# Who meets it: whoever rewrites the layer of an old network as LRN of ONNX or as LocalResponseNorm.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.3.5
"$work/venv/bin/python" - <<'PYTHON'
import sys

import torch

x = torch.zeros(1, 6, 1, 1)
x[0, 0] = 1.0
probe = torch.full_like(x, 1e-3)
probe[0, 0] = 1.0


def window_sums(layer):
    """The sum of squares that the layer saw around each channel: y = x / (1 + sum)^1."""
    return [round(v, 3) for v in (probe / layer(probe) - 1).flatten().tolist()]


cross = window_sums(torch.nn.CrossMapLRN2d(3, alpha=3.0, beta=1.0, k=1.0))
local = window_sums(torch.nn.LocalResponseNorm(3, alpha=3.0, beta=1.0, k=1.0))
print("CrossMapLRN2d     ", cross)
print("LocalResponseNorm ", local)
sys.exit(0 if cross == [1.0] * 6 and local == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0] else 1)
PYTHON
