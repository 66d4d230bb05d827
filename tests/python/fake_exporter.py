"""An exporter of the convention that does what export_config["behave"] says; with --capabilities."""
import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path

FORMATS = ("onnx", "tensorrt", "coreml", "tflite", "torchscript", "openvino")
ARTIFACT = Path(__file__).resolve().parents[1] / "service" / "exporters" / "artifacts" / "model.onnx"
SCHEMA = {"type": "object", "properties": {
    "behave": {"type": "string", "description": "what happens"},
    "nonce": {"type": "integer"},
    "opset_version": {"type": "integer", "minimum": 11, "maximum": 21, "default": 17},
    "half": {"anyOf": [{"type": "boolean", "default": False, "description": "float16 <b>weights</b>"}, {"type": "null"}]},
    "scale": {"type": "number", "exclusiveMinimum": 0},
    "lines": {"type": "integer"}}}
HOSTILE = ("\x1b[31mred\x1b[0m \x1b]0;title\x07", "<script>window.broken = true</script><img src=x onerror='window.broken = true'>",
           "data: forged\rid: 99999\rdata: more", "nul\0in the middle", "tab\there", "\u202egnirts desrever")


def log(level, message):
    print(f"2026-01-01 00:00:00,000 - {level} - {message}", file=sys.stderr, flush=True)


def capabilities():
    rows = [{"format": name, "supported": True, "files": [f"model.{name}"], "proof": "structure", "export_config": SCHEMA} if name == "onnx" else
            {"format": name, "supported": False, "reason": f"the fake exporter writes no {name} <i>yet</i>"} for name in FORMATS]
    return {"convention_version": "1.0", "framework": "fake", "exporter": "fake-exporter", "exporter_version": "1.0", "task_types": ["classification"],
            "default_format": "onnx", "formats": rows, "extensions": []}


def write_result(output, config):
    shutil.copyfile(ARTIFACT, output / "model.onnx")
    padding = config.get("megabytes", 0)
    metadata = {"framework": os.environ.get("FRAMEWORK", "fake"), "model_name": config.get("model_name", "tiny"), "export_format": "onnx", "task_type": "classification", "input_shape": [3, 8, 8],
                "input_dtype": "float32", "output_shape": [[1, 3]], "class_names": ["a", "b", "c"], "num_classes": 3, "created_at": "2026-01-01T00:00:00Z",
                "export_config": config, "extra_metadata": {}}
    if padding:
        (output / "weights.bin").write_bytes(bytes(padding * 1000000))
    (output / "metadata.json").write_text(json.dumps(metadata))


def behave(word, config):
    if word == "hostile":
        for line in HOSTILE:
            print(line, flush=True)
        sys.stdout.buffer.write(b"not utf-8: \xff\xfe\n" + b"x" * 200000 + b"\n")
        sys.stdout.flush()
    elif word == "fail":
        log("ERROR", "layer 7 holds <b>nothing</b> \x1b[31mthat is known")
        sys.exit(1)
    elif word == "invalid":
        log("ERROR", "outputs differ by 0.5")
        sys.exit(2)
    elif word == "configuration":
        log("ERROR", "opset_version is no number")
        sys.exit(3)
    elif word == "not_implemented":
        raise NotImplementedError("not for this framework")
    elif word == "slow":
        for _ in range(600):
            log("INFO", "still at it")
            time.sleep(0.1)
    elif word == "lines":
        for number in range(config["lines"]):
            print(f"line {number}")
    elif word == "timed":
        for _ in range(config["lines"]):
            print(f"written at {time.time():.6f}", flush=True)
            time.sleep(0.05)


def main():
    if sys.argv[1:] == ["--capabilities"]:
        print(json.dumps(capabilities()))
        return
    parser = argparse.ArgumentParser()
    for name in ("checkpoint_path", "export_format", "output_dir"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--export_config", default="{}")
    given = parser.parse_args()
    config = json.loads(given.export_config)
    log("INFO", f"exporting to {given.export_format}")
    behave(config.get("behave", ""), config)
    write_result(Path(given.output_dir), config)
    log("INFO", "done")


if __name__ == "__main__":
    main()
