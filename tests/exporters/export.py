#!/usr/bin/env python3
"""A conformant exporter of toy classifiers: a few milliseconds a run, nothing but the standard library. mutants.py breaks it line by line."""
import json
import os
import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True
import toy

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


def interrupt(number, frame):
    raise Failure(128 + number, f"interrupted by {signal.Signals(number).name}")


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
    try:
        return toy.read_checkpoint(path)
    except (OSError, RuntimeError) as error:
        raise Failure(1, f"cannot load the checkpoint: {error}")


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
    getattr(toy, f"write_{export_format}")(model, config, folder)


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
        signal.signal(signal.SIGTERM, interrupt)
        if "--help" in sys.argv:
            print(*ARGUMENTS)
            return 0
        export(*parse(sys.argv[1:]))
        return 0
    except Failure as failure:
        log("ERROR", str(failure))
        return failure.code


if __name__ == "__main__":
    sys.exit(main())
