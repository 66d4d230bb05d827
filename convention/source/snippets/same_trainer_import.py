from .utils import generate_metadata  # Same trainer
