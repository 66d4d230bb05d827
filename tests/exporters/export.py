#!/usr/bin/env python3
"""A conformant exporter of toy classifiers: a few milliseconds a run, nothing but the standard library. mutants.py breaks it line by line.

A checkpoint is TOY1, the CRC-32 of the rest, and JSON: {"name", "classes", "size": [height, width], "weights": 3 x classes}; or a directory that holds
it as weights.bin. The network is average pooling, a linear layer and nothing else.
"""
import binascii
import json
import os
import shutil
import struct
import sys
import time

import toy_formats

FILES = {"onnx": ("model.onnx",), "openvino": ("model.xml", "model.bin"), "coreml": ("model.mlpackage",)}
ELSEWHERE = ("tensorrt", "tflite", "torchscript")
ARGUMENTS = ("--checkpoint_path", "--export_format", "--output_dir", "--export_config")


class Failure(Exception):
    """How the run ends: the exit code and the line that says why."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def log(level, message):
    now = time.time()
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
    print(f"{stamp},{int(now % 1 * 1000):03d} - {level} - {message}", file=sys.stderr, flush=True)


def parse(line):
    given = {}
    while line:
        name = line[0]
        if name not in ARGUMENTS:
            raise Failure(3, f"unknown argument {name}")
        if len(line) < 2:
            raise Failure(3, f"{name} needs a value")
        given[name] = line[1]
        line = line[2:]
    for name in ARGUMENTS[:3]:
        if not given.get(name):
            raise Failure(3, f"{name} is required")
    export_format = given["--export_format"]
    if export_format not in FILES:
        known = "not one of this exporter's" if export_format in ELSEWHERE else "not a format of the convention"
        raise Failure(3, f"Unsupported format: {export_format}: {known}; it writes {', '.join(FILES)}")
    try:
        config = json.loads(given.get("--export_config", "{}"))
    except ValueError as error:
        raise Failure(3, f"--export_config is not JSON: {error}")
    if not isinstance(config, dict):
        raise Failure(3, "--export_config is not a JSON object")
    return given["--checkpoint_path"], export_format, given["--output_dir"], config


def load(path):
    if os.path.isdir(path):
        path = os.path.join(path, "weights.bin")
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise Failure(1, f"cannot open the checkpoint: {error}")
    if data[:4] != b"TOY1" or len(data) < 8 or struct.unpack("<I", data[4:8])[0] != binascii.crc32(data[8:]):
        raise Failure(1, f"{path} is not a whole toy checkpoint")
    return json.loads(data[8:])


def describe(model, export_format, config):
    height, width = model["size"]
    return {
        "framework": "toy",
        "model_name": model["name"],
        "export_format": export_format,
        "task_type": "classification",
        "input_shape": [height, width, 3],
        "input_dtype": "float32",
        "output_shape": [[1, len(model["classes"])]],
        "class_names": model["classes"],
        "num_classes": len(model["classes"]),
        "top_k": min(5, len(model["classes"])),
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "export_config": config,
        "preprocessing": {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0], "color_space": "RGB", "resize_mode": "stretch", "normalize": True},
        "extra_metadata": {"exporter": "toy"},
    }


def write_artifact(model, export_format, config, folder):
    getattr(toy_formats, f"write_{export_format}")(model, config, folder)


def publish(scratch, output, names):
    for name in (*names, "metadata.json"):
        target = os.path.join(output, name)
        if os.path.isdir(target):
            shutil.rmtree(target)
        os.replace(os.path.join(scratch, name), target)


def export(checkpoint, export_format, output, config):
    model = load(checkpoint)
    log("INFO", f"Starting export to {export_format} format")
    try:
        os.makedirs(output, exist_ok=True)
        scratch = os.path.join(output, f".export-{os.getpid()}")
        os.mkdir(scratch)
    except OSError as error:
        raise Failure(1, f"cannot write into the output directory: {error}")
    try:
        write_artifact(model, export_format, config, scratch)
        metadata = describe(model, export_format, config)
        with open(os.path.join(scratch, "metadata.json"), "w", encoding="utf-8") as file:
            json.dump(metadata, file, indent=2)
        publish(scratch, output, FILES[export_format])
    except OSError as error:
        raise Failure(1, f"cannot write the export: {error}")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    log("INFO", f"Wrote {', '.join(FILES[export_format])} and metadata.json")


def main():
    try:
        export(*parse(sys.argv[1:]))
        return 0
    except Failure as failure:
        log("ERROR", str(failure))
        return failure.code


if __name__ == "__main__":
    sys.exit(main())
