"""An ONNX model of given shapes: every output is filled with the mean of the input."""
import os
import struct

from toy import message, node, value_info, write

INT64 = 7


def write_onnx(input_shape, output_shapes, folder):
    parts = [(1, node("ReduceMean", ["images"], "mean", message((1, "keepdims"), (3, 0), (20, 2)))), (2, "shapes"),
             (11, value_info("images", input_shape))]
    for number, shape in enumerate(output_shapes):
        dims = message((1, len(shape)), (2, INT64), (8, f"shape{number}"), (9, struct.pack(f"<{len(shape)}q", *shape)))
        parts += [(1, node("Expand", ["mean", f"shape{number}"], f"output{number}")), (5, dims), (12, value_info(f"output{number}", shape))]
    write(os.path.join(folder, "model.onnx"), message((1, 8), (2, "toy"), (7, message(*parts)), (8, message((1, ""), (2, 17)))))
