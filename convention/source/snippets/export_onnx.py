def export_onnx(model, config: dict) -> str:
    """
    Export model to ONNX format.

    Args:
        model: Loaded model object
        config: Export configuration dict

    Returns:
        str: Path to exported ONNX file

    Raises:
        RuntimeError: If export fails
    """
    # Call framework's native export
    output_path = model.export(
        format='onnx',
        opset=config.get('opset_version', 17),
        dynamic=config.get('dynamic_axes', False),
        simplify=config.get('simplify', True)
    )
    return output_path
