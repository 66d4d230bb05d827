"""What the Python template takes to export with the real Ultralytics package; each function replaces the template's of the same name."""

FRAMEWORK = "ultralytics"
TASK_TYPES = ["detection", "classification", "segmentation", "pose"]


def load_model(checkpoint_path):
    from ultralytics import YOLO
    return YOLO(checkpoint_path)


def get_metadata(model):
    import torch
    size = model.model.args.get("imgsz", 640)
    size = [size, size] if isinstance(size, int) else list(size)
    with torch.inference_mode():
        answer = model.model.float().eval()(torch.zeros(1, model.model.yaml.get("channels", 3), *size))
    outputs = list(answer if isinstance(answer, tuple) else [answer])
    if model.task == "segment":
        outputs = list(outputs[0])
    names = [model.names[index] for index in sorted(model.names)]
    metadata = {
        "framework": "ultralytics",
        "model_name": str(model.model.yaml.get("yaml_file", "yolo")).removesuffix(".yaml"),
        "task_type": {"detect": "detection", "obb": "detection", "classify": "classification", "segment": "segmentation", "pose": "pose"}[model.task],
        "input_shape": [*size, model.model.yaml.get("channels", 3)],
        "input_dtype": "float32",
        "output_shape": [list(outputs[0].shape)] if model.task != "segment" else [list(output.shape) for output in outputs],
        "class_names": names,
        "num_classes": len(names),
        "preprocessing": {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0], "color_space": "RGB", "resize_mode": "letterbox", "normalize": True},
    }
    if metadata["task_type"] == "detection":
        metadata |= {"anchor_based": False, "confidence_threshold": 0.25, "iou_threshold": 0.45,
                     "postprocessing": {"apply_nms": True, "nms_method": "hard", "coordinate_format": "xywh"}}
    if metadata["task_type"] == "classification":
        metadata["top_k"] = min(5, len(names))
    if metadata["task_type"] == "segmentation":
        metadata["mask_resolution"] = list(outputs[1].shape[2:])
    if metadata["task_type"] == "pose":
        points = model.model.kpt_shape[0]
        metadata |= {"num_keypoints": points, "keypoint_names": [f"point{index}" for index in range(points)], "skeleton": []}
    return metadata


def export_onnx(model, config):
    return model.export(format="onnx", opset=config.get("opset_version", 17), dynamic=config.get("dynamic_axes", False), simplify=config.get("simplify", True))


def export_torchscript(model, config):
    return model.export(format="torchscript")


def export_openvino(model, config):
    return model.export(format="openvino")


def export_coreml(model, config):
    return model.export(format="coreml")
