"""What the Python template takes to export toy classifiers: each function replaces the template's of the same name, and ValidationError is the
template's own."""
import os

import toy

FRAMEWORK = "toy"
TASK_TYPES = ["classification"]


def load_model(checkpoint_path):
    return toy.read_checkpoint(checkpoint_path)


def get_metadata(model):
    classes = model["classes"]
    return {
        "framework": "toy",
        "model_name": model["name"],
        "task_type": "classification",
        "input_shape": [*model["size"], 3],
        "input_dtype": "float32",
        "output_shape": [[1, len(classes)]],
        "class_names": classes,
        "num_classes": len(classes),
        "top_k": min(5, len(classes)),
        "preprocessing": {"mean": [0, 0, 0], "std": [1, 1, 1], "color_space": "RGB", "resize_mode": "stretch", "normalize": True},
    }


def export_onnx(model, config):
    toy.write_onnx(model, config, ".")
    return "model.onnx"


def export_openvino(model, config):
    os.mkdir("toy_openvino_model")
    toy.write_openvino(model, config, "toy_openvino_model")
    return "toy_openvino_model"


def export_coreml(model, config):
    toy.write_coreml(model, config, ".")
    return "model.mlpackage"


def validate_export(output_path):
    if "TOY_INVALID" in os.environ:
        raise ValidationError(f"{output_path} is wrong, says TOY_INVALID")
