"""argparse as it comes, a dict of class names, a batch in input_shape, print for a log, metadata.json before the model, no mkdir."""
import argparse
import json
import os
from datetime import datetime
import toy

def main():
    p = argparse.ArgumentParser()
    p.add_argument("--checkpoint_path", type=str, required=True)
    p.add_argument("--export_format", choices=["onnx"], required=True)
    p.add_argument("--output_dir", required=True)
    p.add_argument("--export_config", default="{}", type=json.loads)
    a = p.parse_args()
    print("Loading", a.checkpoint_path)
    model = toy.read_checkpoint(a.checkpoint_path)
    h, w = model["size"]
    print("Writing metadata")
    with open(os.path.join(a.output_dir, "metadata.json"), "w") as f:
        json.dump({
            "framework": "toy", "model_name": model["name"], "export_format": a.export_format, "task_type": "classify",
            "input_shape": [1, 3, h, w], "input_dtype": "float32", "output_shape": [1, len(model["classes"])],
            "class_names": {i: n for i, n in enumerate(model["classes"])}, "num_classes": len(model["classes"]),
            "created_at": str(datetime.now()), "version": "1.2",
        }, f)
    toy.write_onnx(model, a.export_config, a.output_dir)
    print("Done!")

main()
