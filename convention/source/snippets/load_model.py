def load_model(checkpoint_path: str):
    """
    Load your framework's model from checkpoint.

    Args:
        checkpoint_path: Path to checkpoint file

    Returns:
        Loaded model object

    Raises:
        FileNotFoundError: If checkpoint doesn't exist
        RuntimeError: If checkpoint is corrupted
    """
    # Example for Ultralytics:
    from ultralytics import YOLO
    return YOLO(checkpoint_path)
