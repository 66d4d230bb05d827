try:
    validate_export(output_path)
except ValidationError as e:
    logger.error(f"Validation failed: {e}")
    sys.exit(2)
