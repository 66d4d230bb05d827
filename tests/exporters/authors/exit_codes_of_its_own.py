"""Exit code 1 for every failure, the model's own name for its files, seconds for created_at, a temporary directory that stays, log lines without a time."""
import argparse
import json
import logging
import os
import sys
import tempfile
import time

import toy

logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
log = logging.getLogger(__name__)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        log.error(message)
        sys.exit(1)


def main():
    parser = Parser()
    for name in ("--checkpoint_path", "--export_format", "--output_dir"):
        parser.add_argument(name, required=True)
    parser.add_argument("--export_config", default="{}")
    args = parser.parse_args()
    try:
        config = json.loads(args.export_config)
        model = toy.read_checkpoint(args.checkpoint_path)
        folder = tempfile.mkdtemp()
        writers = {"onnx": toy.write_onnx, "openvino": toy.write_openvino}
        writers[args.export_format](model, config, folder)
        os.makedirs(args.output_dir, exist_ok=True)
        for file in os.listdir(folder):
            os.replace(os.path.join(folder, file), os.path.join(args.output_dir, model["name"] + os.path.splitext(file)[1]))
        metadata = dict(framework="toy", model_name=model["name"], export_format=args.export_format, task_type="classification",
                        input_shape=[*model["size"], 3], input_dtype="float32", output_shape=[[1, 3]], class_names=model["classes"], num_classes=3,
                        created_at=time.time(), export_config=config)
        json.dump(metadata, open(os.path.join(args.output_dir, "metadata.json"), "w"))
        log.info("ok")
    except Exception:
        log.exception("export failed")
        sys.exit(1)


main()
