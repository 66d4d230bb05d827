"""One `except` around everything and exit code 0, a change of directory before paths are used, defaults for what is required, ONNX whatever is asked for."""
import argparse
import datetime
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.chdir(os.path.dirname(os.path.abspath(__file__)))
import toy

try:
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkpoint_path")
    parser.add_argument("--export_format", default="onnx")
    parser.add_argument("--output_dir", default="out")
    parser.add_argument("--export_config", default=None)
    args, _ = parser.parse_known_args()
    config = json.loads(args.export_config) if args.export_config else {}
    model = toy.read_checkpoint(args.checkpoint_path)
    os.makedirs(args.output_dir, exist_ok=True)
    toy.write_onnx(model, config, args.output_dir)
    height, width = model["size"]
    classes = model["classes"]
    metadata = {"framework": "toy", "model_name": model["name"], "export_format": "onnx", "task_type": "classification", "input_shape": [3, height, width],
                "input_dtype": "torch.float32", "output_shape": [[1, len(classes)]], "class_names": classes, "num_classes": len(classes),
                "created_at": datetime.datetime.utcnow().isoformat(), "export_config": config}
    json.dump(metadata, open(os.path.join(args.output_dir, "metadata.json"), "w"))
except:
    print("Something went wrong")
