#!/usr/bin/env python3
"""Wrote artifacts/: the mean of each of three channels, as the smallest honest ONNX model and Core ML specification."""
from pathlib import Path


def varint(value):
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def onnx_value(name, sizes):
    shape = b"".join(block(1, number(1, size)) for size in sizes)
    return block(1, name) + block(2, block(1, number(1, 1) + block(2, shape)))


def onnx_model():
    pool = block(1, "images") + block(2, "pooled") + block(4, "GlobalAveragePool")
    flatten = block(1, "pooled") + block(2, "means") + block(4, "Flatten")
    graph = (block(1, pool) + block(1, flatten) + block(2, "means") + block(11, onnx_value("images", (1, 3, 8, 8)))
             + block(12, onnx_value("means", (1, 3))))
    return number(1, 8) + block(2, "tests") + block(7, graph) + block(8, block(1, "") + number(2, 17))


def coreml_feature(name, sizes):
    array = b"".join(number(1, size) for size in sizes) + number(2, 65568)
    return block(1, name) + block(3, block(5, array))


def coreml_specification():
    description = block(1, coreml_feature("images", (1, 3, 8, 8))) + block(10, coreml_feature("means", (1, 3)))
    return number(1, 5) + block(2, description)


folder = Path(__file__).resolve().parent / "artifacts"
folder.mkdir(exist_ok=True)
(folder / "model.onnx").write_bytes(onnx_model())
(folder / "model.mlmodel").write_bytes(coreml_specification())
