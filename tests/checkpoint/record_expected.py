#!/usr/bin/env python3
"""Writes reader_expected.json: what torch reads in $MODELPORT_TEST_DATA, for torch_checkpoint_test.cpp.

Per file every tensor's dtype, shape and the SHA-256 of its contiguous little-endian bytes; for files of more than 40 tensors
one digest over all of them. Needs torch.
"""

import glob
import hashlib
import json
import os
import struct
import sys

import torch

SAFETENSORS_DTYPES = {"F32": torch.float32, "I64": torch.int64}
FOLDERS = ("reader", "checkpoints/state_dict", "checkpoints/timm")
MOST_LISTED = 40


def load_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        raw = bytearray(data[8 + size + begin : 8 + size + end])
        tensors[name] = torch.frombuffer(raw, dtype=SAFETENSORS_DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def walk(value, name, found, seen):
    if isinstance(value, torch.Tensor):
        if id(value) in seen:
            return
        seen.add(id(value))
        tensor = value.detach().contiguous()
        raw = tensor.reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
        found[name] = {
            "dtype": str(tensor.dtype).removeprefix("torch."),
            "shape": list(tensor.shape),
            "sha256": hashlib.sha256(raw).hexdigest(),
        }
    elif isinstance(value, dict):
        for key, item in value.items():
            walk(item, f"{name}.{key}" if name else str(key), found, seen)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            walk(item, f"{name}.{index}" if name else str(index), found, seen)


def summary(found):
    if len(found) <= MOST_LISTED:
        rows = ",\n".join(f"      {json.dumps(name)}: {json.dumps(facts)}" for name, facts in found.items())
        return '{"tensors": {\n' + rows + "\n  }}" if rows else '{"tensors": {}}'
    digest = hashlib.sha256()
    for name in sorted(found):
        facts = found[name]
        digest.update(f"{name}{facts['dtype']}{facts['shape']}{facts['sha256']}".encode())
    return json.dumps({"count": len(found), "digest": digest.hexdigest()})


def main():
    base = os.environ["MODELPORT_TEST_DATA"]
    rows = []
    for folder in FOLDERS:
        for path in sorted(glob.glob(os.path.join(base, folder, "*"))):
            try:
                safe = path.endswith("safetensors")
                value = load_safetensors(path) if safe else torch.load(path, weights_only=False, map_location="cpu")
            except Exception as error:  # broken.pt: torch cannot read it either
                print(f"{path}: {error}", file=sys.stderr)
                continue
            found = {}
            walk(value, "", found, set())
            rows.append(f"  {json.dumps(os.path.relpath(path, base))}: {summary(found)}")
    print("{\n" + ",\n".join(rows) + "\n}")


main()
