# tests/test_export.py
import subprocess
import json
from pathlib import Path

def test_export_onnx(tmp_path):
    """Test ONNX export convention compliance"""
    output_dir = tmp_path / "output"
    output_dir.mkdir()

    # Run export
    result = subprocess.run([
        'python', 'export.py',
        '--checkpoint_path', 'tests/fixtures/model.pt',
        '--export_format', 'onnx',
        '--output_dir', str(output_dir),
        '--export_config', '{"opset_version": 17}'
    ], capture_output=True, text=True)

    # Check exit code
    assert result.returncode == 0, f"Export failed: {result.stderr}"

    # Check model file exists
    model_file = output_dir / 'model.onnx'
    assert model_file.exists(), "model.onnx not found"

    # Check metadata file exists
    metadata_file = output_dir / 'metadata.json'
    assert metadata_file.exists(), "metadata.json not found"

    # Validate metadata schema
    with open(metadata_file) as f:
        metadata = json.load(f)

    required_fields = [
        'framework', 'model_name', 'export_format', 'task_type',
        'input_shape', 'output_shape', 'created_at'
    ]
    for field in required_fields:
        assert field in metadata, f"Missing required field: {field}"

    # Validate export format matches
    assert metadata['export_format'] == 'onnx'
