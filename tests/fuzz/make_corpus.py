"""Writes the seed corpora of the fuzz targets: make_corpus.py (needs torch for torch_zip)."""
import collections
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import torch

CORPUS = Path(__file__).resolve().parent / "corpus"


def put(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def archive(method, **options):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, text in (("top/a.txt", b"hello " * 20), ("top/empty", b"")):
            with file.open(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)) if method == 0 else name, "w", **options) as member:
                member.write(text)
    return buffer.getvalue()


def safetensors(tensors, metadata=None):
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def torchscript_archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        for name, text in (("m/data.pkl", b"\x80\x02c__torch__\nNet\n)\x81}b."), ("m/constants.pkl", b"\x80\x02)."), ("m/code/__torch__.py", CODE.encode()),
                           ("m/extra/config.txt", b'{"names": {"0": "a"}}'), ("m/extra/modelport.json", SIGNATURE.encode())):
            file.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()


IR = """<?xml version="1.0"?>
<net name="seed" version="11"><layers>
<layer id="0" name="x" type="Parameter" version="opset1"><data shape="?,3" element_type="f32"/><output><port id="0" precision="FP32" names="x,a\\,b"><dim>-1</dim><dim>3</dim></port></output></layer>
<layer id="1" name="empty" type="Const" version="opset1"><data element_type="f32" shape="0" offset="0" size="0"/><output><port id="0" precision="FP32"><dim>0</dim></port></output></layer>
<layer id="2" name="y" type="SoftMax" version="opset8"><data axis="1"/><rt_info><attribute name="decompression" version="0"/></rt_info><input><port id="0" precision="FP32"><dim>-1</dim><dim>3</dim></port></input><output><port id="1" precision="FP32"><dim>-1</dim><dim>3</dim></port></output></layer>
<layer id="3" name="r" type="Result" version="opset1"><input><port id="0" precision="FP32"><dim>-1</dim><dim>3</dim></port></input></layer>
</layers><edges><edge from-layer="0" from-port="0" to-layer="2" to-port="0"/><edge from-layer="2" from-port="1" to-layer="3" to-port="0"/></edges>
<rt_info><model_info><labels value="a b"/></model_info></rt_info></net>
"""


CODE = """class Net(Module):
  __parameters__ = []
  __buffers__ = ["w", ]
  training : bool
  w : Tensor
  def forward(self: __torch__.Net,
    images: Tensor) -> Tuple[Tensor, Tensor]:
    a = torch.conv2d(images, self.w, None, [1, 1], [0, -1], [1, 1], 1)
    b, c, = torch.topk(a, 3, 1, True, False)
    d = torch.gelu(b, approximate="tanh")
    e = torch.add(d, 1e-05)
    return (e, c)
"""
SIGNATURE = """{"producer": "seed", "inputs": [{"name": "images", "dtype": "float32", "shape": ["batch", 3, "32*height/32", 64]}], "outputs": ["e", "c"]}
"""


def varint(value):
    text = b""
    while value >= 0x80:
        text, value = text + bytes([value & 0x7F | 0x80]), value >> 7
    return text + bytes([value])


def field(number, payload):
    """A protobuf field: a number, or the bytes of a message."""
    return varint(number << 3) + varint(payload) if isinstance(payload, int) else varint(number << 3 | 2) + varint(len(payload)) + payload


def onnx_header():
    def value(name, *sizes):
        return field(1, name) + field(2, field(1, field(1, 1) + field(2, b"".join(field(1, field(1, size) if size else field(2, b"n")) for size in sizes))))
    weights = field(5, field(8, b"w") + field(13, field(1, b"location") + field(2, b"w.bin")))
    return field(1, 8) + field(2, b"seed") + field(7, field(11, value(b"x", 0, 3)) + weights + field(12, value(b"y", 3))) + field(14, field(1, b"names") + field(2, b"{0: 'a'}"))


def coreml_spec():
    array = field(1, 1) + field(1, 3) + field(2, 65568) + field(31, field(1, field(1, 1) + field(2, 8)))
    picture = field(1, 32) + field(2, 32) + field(3, 20)
    return field(1, 7) + field(2, field(1, field(1, b"x") + field(3, field(5, array))) + field(1, field(1, b"p") + field(3, field(4, picture)))
                               + field(10, field(1, b"y")) + field(100, field(100, field(1, b"names") + field(2, b"['a']"))))


def tflite_header():
    """One subgraph without tensors."""
    return struct.pack("<I4s", 20, b"TFL3") + struct.pack("<5H", 10, 8, 0, 0, 4) + b"\0\0" + struct.pack("<iI", 12, 4) + struct.pack("<II", 1, 4) + struct.pack("<i", 24)


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


class Plain:
    def __init__(self):
        self.stride, self.name = (2, 2), "conv"


def main():
    for name, text in {"config": '{"opset_version": 17, "dynamic_axes": true, "imgsz": [640, 480], "conf": 2.5e-1, "x": null}',
                       "nested": "[[[[{}]]], -0, 1e-7, 18446744073709551615]", "text": '"a\\u00e9\\ud83d\\ude00\\n\\"\\\\"',
                       "twice": '{"a": 1, "a": 2}'}.items():
        put("json", name, text.encode())
    put("zip", "stored", archive(zipfile.ZIP_STORED))
    put("zip", "deflated", archive(zipfile.ZIP_DEFLATED))
    put("zip", "zip64", archive(zipfile.ZIP_STORED, force_zip64=True))
    put("zip", "nothing", b"PK\5\6" + bytes(18))
    shared = [1, 2]
    value = {"list": [shared, shared], "text": "é", "bytes": b"\0\xff", "numbers": [0, -1, 2**31, 2**80, 1.5, True, None],
             "set": {1}, "tuple": (1, (2,)), "ordered": collections.OrderedDict(a=1), "object": Plain()}
    for protocol in range(6):
        put("pickle", f"protocol{protocol}", pickle.dumps(value, protocol))
    put("pickle", "call", b"\x80\x02cposix\ngetcwd\n)R.")
    put("pickle", "unknown", b"\x80\x02csome.package\nMode\nK\x01\x85R.")
    put("pickle", "cycle", b"\x80\x02]q\0h\0a.")
    put("openvino", "softmax", IR.encode())
    put("openvino", "nothing", b'<net version="11"/>')
    put("torchscript", "code", CODE.encode())
    put("torchscript", "signature", SIGNATURE.encode())
    put("artifact", "onnx", onnx_header())
    put("artifact", "coreml", coreml_spec())
    put("artifact", "manifest", b'{"itemInfoEntries": {"A": {"path": "m.mlmodel"}}, "rootModelIdentifier": "A"}')
    put("artifact", "tflite", tflite_header())
    put("artifact", "openvino", IR.encode())
    put("artifact", "tensorrt", struct.pack("<I", 2) + b"{}ftrt")
    put("artifact", "torchscript", torchscript_archive())
    put("safetensors", "empty", safetensors({}))
    put("safetensors", "two", safetensors({"a": ("F32", [2, 1], bytes(8)), "b": ("BF16", [3], bytes(6))}, {"format": "pt"}))
    put("safetensors", "kinds", safetensors({kind: (kind, [1], bytes(size)) for kind, size in
                                             (("F64", 8), ("F16", 2), ("F8_E4M3", 1), ("I64", 8), ("U8", 1), ("BOOL", 1))}))
    base = torch.arange(6, dtype=torch.float32)
    put("torch_zip", "views", saved({"a": base.view(2, 3), "b": base.view(2, 3).t(), "c": base[1:3], "half": base.half()}))
    put("torch_zip", "parameter", saved({"w": torch.nn.Parameter(base), "flags": torch.tensor([True]), "n": torch.Size([2])}))
    put("torch_zip", "module", saved(torch.nn.Conv2d(1, 1, 1)))


if __name__ == "__main__":
    main()
