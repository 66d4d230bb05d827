def get_metadata(model) -> dict:
    """
    Extract metadata from model.

    Returns:
        dict: Metadata following standard schema
    """
    return {
        'framework': 'your_framework',
        'model_name': model.architecture_name,
        'task_type': model.task,
        'input_shape': list(model.input_shape),
        'input_dtype': 'float32',
        'output_shape': [list(s) for s in model.output_shapes],
        'class_names': model.class_names,
        'num_classes': len(model.class_names),
        'preprocessing': {
            'mean': [0.485, 0.456, 0.406],
            'std': [0.229, 0.224, 0.225],
            'color_space': 'RGB'
        }
    }
