def export_tensorrt(model, config: dict) -> str:
    raise NotImplementedError(
        "TensorRT export not supported for this framework"
    )
