"""Writes and reads .safetensors with numpy alone (the safetensors package is no part of the lock file)."""
import json
import struct
from pathlib import Path

import numpy as np

_NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "uint8": "U8"}
_TYPES = {name: np.dtype(dtype) for dtype, name in _NAMES.items()}


def write(path, tensors, metadata):
    """tensors: name -> array; metadata: name -> text, or a value that is stored as JSON text. Same input, same bytes."""
    header = {"__metadata__": {k: v if isinstance(v, str) else json.dumps(v, separators=(",", ":"), ensure_ascii=False)
                               for k, v in metadata.items()}}
    blobs, offset = [], 0
    # The format wants no holes; readers that map it want alignment: widest element type first.
    for name in sorted(tensors, key=lambda n: (-tensors[n].dtype.itemsize, n)):
        array = np.asarray(tensors[name])
        blob = array.tobytes(order="C")
        header[name] = {"dtype": _NAMES[str(array.dtype)], "shape": list(array.shape),
                        "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def read(path):
    """(tensors, metadata); metadata values stay text."""
    data = Path(path).read_bytes()
    length = struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    body = data[8 + length:]
    return {name: np.frombuffer(body[slice(*row["data_offsets"])], _TYPES[row["dtype"]]).reshape(row["shape"])
            for name, row in header.items()}, metadata
