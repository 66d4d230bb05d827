def export_tensorrt(model, config):
    raise NotImplementedError(
        "TensorRT export is not available for timm models. "
        "Please use ONNX format and convert to TensorRT externally."
    )
