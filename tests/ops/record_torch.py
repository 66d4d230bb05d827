"""Records what torch computes for the cases of operator_cases.cpp: python record_torch.py, with the oracle's environment.

Operands follow the formula of operator_cases.h; names are the cases' names.
"""
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "oracle"))

from safetensors_file import write


def operand(shape, k, scale=1.0, shift=0.0):
    i = np.arange(int(np.prod(shape)), dtype=np.uint64)
    h = (i * np.uint64(2654435761) + np.uint64(k * 40503)) & np.uint64(0xFFFFFFFF)
    values = (h.astype(np.float64) / 2147483648.0 - 1.0).astype(np.float32)
    return torch.from_numpy(values * np.float32(scale) + np.float32(shift)).reshape(shape)


def conv(channels, weight, padding=0, bias=True, **options):
    x = operand((2, channels, 7, 9), 0)
    if isinstance(padding, tuple) and len(padding) == 4:
        x, padding = F.pad(x, padding), 0
    return F.conv2d(x, operand(weight, 100), operand(weight[:1], 101) if bias else None, padding=padding, **options)


def unary(f, scale=4.0, shift=0.0):
    return f(operand((2, 3, 5), 0) * scale + shift)


def binary(f, a, b):
    return f(operand(a, 0), operand(b, 100, 0.5, 1.5))


def cases():
    x = operand
    yield "Conv 3x3", conv(4, (6, 4, 3, 3), 1)
    yield "Conv stride 2", conv(4, (5, 4, 3, 3), 1, stride=2)
    yield "Conv asymmetric", conv(3, (4, 3, 2, 3), (0, 2, 1, 0), stride=(1, 2), dilation=(2, 1))
    yield "Conv grouped", conv(6, (9, 2, 3, 3), 1, groups=3)
    yield "Conv depthwise", conv(5, (5, 1, 5, 3), (2, 1), bias=False, groups=5)
    yield "Conv 1x1", conv(7, (3, 7, 1, 1))
    yield "Conv varying", F.conv2d(x((2, 3, 12, 20), 0), x((2, 3, 3, 3), 100), padding=1, stride=2)
    yield "BatchNorm", F.batch_norm(x((2, 3, 4, 5), 0), x((3,), 102), x((3,), 103, 0.5, 0.6), x((3,), 100), x((3,), 101), eps=1e-3)
    yield "MaxPool 5x5", F.max_pool2d(x((1, 2, 6, 7), 0), 5, 1, 2)
    yield "MaxPool ceil", F.max_pool2d(x((1, 2, 7, 8), 0), 3, 2, (1, 0), ceil_mode=True)
    yield "MaxPool dilated", F.max_pool2d(x((1, 2, 9, 8), 0), (3, 2), (1, 2), 0, (2, 3))
    yield "LayerNorm", F.layer_norm(x((2, 4, 6), 0), (6,), x((6,), 100), x((6,), 101), 1e-6)
    yield "ReduceMean", x((2, 3, 4, 5), 0).mean((2, 3), keepdim=True)
    yield "ReduceMean one axis", x((2, 3, 4), 0).mean(1, keepdim=True)
    yield "MatMul", x((2, 3, 4, 5), 0) @ x((3, 5, 2), 100)
    yield "Linear", F.linear(x((3, 5), 0), x((4, 5), 100), x((4,), 101))
    yield "Linear of rank 3", F.linear(x((2, 3, 5), 0), x((4, 5), 100), x((4,), 101))
    yield "Attention", F.scaled_dot_product_attention(x((2, 3, 4, 5), 0), x((2, 3, 6, 5), 100), x((2, 3, 6, 2), 101), scale=0.4472136)
    yield "Softmax last", x((2, 3, 5), 0).softmax(2)
    yield "Softmax inner", x((2, 6, 3, 4), 0).softmax(1)
    yield "Add", binary(torch.add, (2, 3, 4), (2, 3, 4))
    yield "Add broadcast", binary(torch.add, (2, 1, 4), (3, 1))
    yield "Sub", binary(torch.sub, (2, 3, 4), (3, 1))
    yield "Mul", binary(torch.mul, (2, 3, 4), (1, 4))
    yield "Div", binary(torch.div, (2, 3, 4), (2, 3, 4))
    yield "Pow", (x((2, 3), 0) + 1.5) ** x((3,), 100, 2.0, 0.0)
    yield "Relu", unary(F.relu)
    yield "LeakyRelu", unary(lambda v: F.leaky_relu(v, 0.1))
    yield "Elu", unary(lambda v: F.elu(v, 1.5))
    yield "Clip", unary(lambda v: F.hardtanh(v, -1.0, 2.5))
    yield "Sigmoid", unary(torch.sigmoid, 9.0)
    yield "Silu", unary(F.silu, 6.0)
    yield "HardSigmoid", unary(F.hardsigmoid)
    yield "HardSwish", unary(F.hardswish)
    yield "Tanh", unary(torch.tanh, 3.0)
    yield "Exp", unary(torch.exp, 3.0)
    yield "Sqrt", unary(torch.sqrt, 1.0, 1.1)
    yield "Erf", unary(torch.erf, 2.0)
    yield "Softplus", unary(F.softplus, 9.0)
    yield "Mish", unary(F.mish, 6.0)
    yield "Gelu erf", unary(F.gelu)
    yield "Gelu tanh", unary(lambda v: F.gelu(v, approximate="tanh"))
    yield "Cast float16", x((2, 3), 0).half().float()
    yield "Cast int64", (x((2, 3), 0) * 9.0).long().float()
    yield "Pad constant", F.pad(x((1, 2, 3, 4), 0), (0, 3, 1, 2), value=0.5)
    yield "Pad reflect", F.pad(x((1, 2, 4, 5), 0), (2, 3, 1, 0), mode="reflect")
    yield "Pad edge", F.pad(x((1, 2, 3, 4), 0), (2, 0, 1, 2), mode="replicate")
    yield "Resize nearest", F.interpolate(x((1, 2, 3, 4), 0), (6, 8), mode="nearest")
    yield "Resize nearest odd", F.interpolate(x((1, 2, 5, 7), 0), (8, 3), mode="nearest")
    yield "Resize linear", F.interpolate(x((1, 2, 3, 4), 0), (6, 10), mode="bilinear", align_corners=False)
    yield "Resize linear corners", F.interpolate(x((1, 2, 3, 4), 0), (7, 9), mode="bilinear", align_corners=True)
    yield "ConvTranspose", F.conv_transpose2d(x((1, 3, 5, 4), 0), x((3, 4, 2, 2), 100), x((4,), 101), stride=2)
    yield "ConvTranspose grouped, padded, dilated", F.conv_transpose2d(
        x((2, 4, 5, 6), 0), x((4, 3, 3, 2), 100), stride=(2, 3), padding=(1, 0), output_padding=(1, 0), groups=2, dilation=(2, 1))
    yield "AveragePool", F.avg_pool2d(x((1, 3, 6, 7), 0), 2, 1, 0, False, True)
    yield "AveragePool padding counted", F.avg_pool2d(x((2, 3, 6, 7), 0), 3, 2, 1)
    yield "AveragePool padding left out", F.avg_pool2d(x((2, 3, 6, 7), 0), 3, (2, 1), 1, count_include_pad=False)
    yield "ReduceMax", x((2, 3, 4, 5), 0).amax((1, 3), keepdim=True)
    yield "ReduceSum", x((2, 3, 4, 5), 0).sum(2, keepdim=True)
    image = x((2, 3, 4, 5), 0)
    yield "Less, LogicalAnd, Where", torch.where((x((5,), 100) < image) & (image < 0.5), image, x((4, 1), 101))
    yield "Log", torch.log(x((1, 2, 3, 4), 0) ** 2 + 0.125)
    yield "Sin", torch.sin(x((1, 2, 3, 4), 0) * 4)
    yield "Cos", torch.cos(x((1, 2, 3, 4), 0) * 4)
    image = x((2, 6, 3), 0)
    yield "GatherElements", image.gather(1, image.topk(4, 1).indices)
    at = x((2, 7, 3), 0).flatten(1).topk(5, 1).indices
    yield "integer arithmetic", (at // 3) * 10.0 + (at % 3)
    yield "GridSample", F.grid_sample(x((2, 3, 5, 4), 0), x((2, 6, 7, 2), 100, 1.2), align_corners=False)


def main():
    write(HERE / "torch_outputs.safetensors", {name: value.contiguous().numpy() for name, value in cases()}, {"torch": torch.__version__})


if __name__ == "__main__":
    main()
