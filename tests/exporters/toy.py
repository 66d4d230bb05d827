"""Toy classifiers: reads their checkpoints, writes them as ONNX, OpenVINO IR and CoreML package, byte by byte.

A checkpoint is TOY1, the CRC-32 of the rest, and JSON: {"name", "classes", "size": [height, width], "weights": 3 x classes}; or a directory that holds
it as weights.bin. The network is average pooling, a linear layer and nothing else.
"""
import binascii
import json
import os
import struct

FLOAT = 1  # onnx.TensorProto.FLOAT


def pack_checkpoint(model):
    data = json.dumps(model).encode()
    return b"TOY1" + struct.pack("<I", binascii.crc32(data)) + data


def read_checkpoint(path):
    """The model; OSError where there is none, RuntimeError where it is damaged."""
    if os.path.isdir(path):
        path = os.path.join(path, "weights.bin")
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"TOY1" or len(data) < 8 or struct.unpack("<I", data[4:8])[0] != binascii.crc32(data[8:]):
        raise RuntimeError(f"{path} is not a whole toy checkpoint")
    return json.loads(data[8:])


def varint(value):
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def field(number, value):
    """One protobuf field: a number as varint, text and bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value & 0xFFFFFFFFFFFFFFFF)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def message(*fields):
    return b"".join(field(number, value) for number, value in fields)


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def weights_of(model):
    """The 3 x classes matrix, row by row."""
    return struct.pack(f"<{3 * len(model['classes'])}f", *(value for row in model["weights"] for value in row))


def value_info(name, dims):
    shape = b"".join(field(1, message((2, dim) if isinstance(dim, str) else (1, dim))) for dim in dims)
    return message((1, name), (2, message((1, message((1, FLOAT), (2, shape))))))


def node(kind, inputs, output, *attributes):
    return message(*((1, name) for name in inputs), (2, output), (3, output), (4, kind), *((5, attribute) for attribute in attributes))


def write_onnx(model, config, folder):
    height, width = ("height", "width") if config.get("dynamic_axes") else model["size"]
    batch, classes = "batch" if config.get("dynamic_axes") else 1, len(model["classes"])
    weights = message((1, 3), (1, classes), (2, FLOAT), (8, "weights"), (9, weights_of(model)))
    flatten_axis = message((1, "axis"), (3, 1), (20, 2))
    graph = message((1, node("GlobalAveragePool", ["images"], "pooled")), (1, node("Flatten", ["pooled"], "flat", flatten_axis)),
                    (1, node("MatMul", ["flat", "weights"], "output0")), (2, model["name"]), (5, weights),
                    (11, value_info("images", [batch, 3, height, width])), (12, value_info("output0", [batch, classes])))
    opset = message((1, ""), (2, config.get("opset_version", 17)))
    write(os.path.join(folder, "model.onnx"), message((1, 8), (2, "toy"), (7, graph), (8, opset)))


def port(number, dims, kind="FP32"):
    return f'<port id="{number}" precision="{kind}">{"".join(f"<dim>{dim}</dim>" for dim in dims)}</port>'


def layer(number, name, kind, data, inputs, outputs, version="opset1"):
    attributes = " ".join(f'{key}="{value}"' for key, value in data.items())
    body = (f"<data {attributes}/>" if data else "") + (f"<input>{inputs}</input>" if inputs else "") + (f"<output>{outputs}</output>" if outputs else "")
    return f'<layer id="{number}" name="{name}" type="{kind}" version="{version}">{body}</layer>'


def write_openvino(model, config, folder):
    height, width = model["size"]
    classes = len(model["classes"])
    image, pooled, weights, scores = [1, 3, height, width], [1, 3], [3, classes], [1, classes]
    axes, table = struct.pack("<2q", 2, 3), weights_of(model)
    layers = [
        layer(0, "images", "Parameter", {"shape": ",".join(map(str, image)), "element_type": "f32"}, "", port(0, image)),
        layer(1, "axes", "Const", {"element_type": "i64", "shape": "2", "offset": 0, "size": len(axes)}, "", port(0, [2], "I64")),
        layer(2, "pooled", "ReduceMean", {"keep_dims": "false"}, port(0, image) + port(1, [2], "I64"), port(2, pooled)),
        layer(3, "weights", "Const", {"element_type": "f32", "shape": f"3,{classes}", "offset": len(axes), "size": len(table)}, "", port(0, weights)),
        layer(4, "output0", "MatMul", {"transpose_a": "false", "transpose_b": "false"}, port(0, pooled) + port(1, weights), port(2, scores)),
        layer(5, "result", "Result", {}, port(0, scores), ""),
    ]
    edges = "".join(f'<edge from-layer="{a}" from-port="{b}" to-layer="{c}" to-port="{d}"/>'
                    for a, b, c, d in ((0, 0, 2, 0), (1, 0, 2, 1), (2, 2, 4, 0), (3, 0, 4, 1), (4, 2, 5, 0)))
    xml = f'<?xml version="1.0"?>\n<net name="{model["name"]}" version="11"><layers>{"".join(layers)}</layers><edges>{edges}</edges></net>\n'
    write(os.path.join(folder, "model.xml"), xml.encode())
    write(os.path.join(folder, "model.bin"), axes + table)


def feature(name, dims):
    """A CoreML feature: an array of float32."""
    packed = b"".join(varint(dim) for dim in dims)
    return message((1, name), (3, message((5, message((1, packed), (2, 0x10000 | 32))))))


def write_coreml(model, config, folder):
    """The package and the model's interface; the network inside is one linear layer over the averaged channels."""
    height, width = model["size"]
    classes = len(model["classes"])
    weights = message((1, 3), (2, classes), (20, message((1, struct.pack(f"<{3 * classes}f", *(row[c] for c in range(classes) for row in model["weights"]))))))
    pool = message((1, "pool"), (2, "images"), (3, "pooled"), (120, message((1, 1), (60, 1))))
    linear = message((1, "linear"), (2, "pooled"), (3, "output0"), (140, weights))
    description = message((1, feature("images", [1, 3, height, width])), (10, feature("output0", [1, classes])))
    package = os.path.join(folder, "model.mlpackage")
    data = os.path.join(package, "Data", "com.apple.CoreML")
    os.makedirs(data)
    write(os.path.join(data, "model.mlmodel"), message((1, 4), (2, description), (500, message((1, pool), (1, linear)))))
    item = {"author": "com.apple.CoreML", "description": "CoreML Model Specification", "name": "model.mlmodel", "path": "com.apple.CoreML/model.mlmodel"}
    manifest = {"fileFormatVersion": "1.0.0", "itemInfoEntries": {"toy": item}, "rootModelIdentifier": "toy"}
    with open(os.path.join(package, "Manifest.json"), "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)
