"""Exporters that violate nothing, in the many ways that the convention allows, most of them with the source's own snippets pasted in unchanged."""
from mutants import CAPABILITIES, DETECTION, FILES_TOLD, POSE, PROOF, TOLD
from variants import HERE, Variant, after_loading, after_writing, at_start, before_loading, dump, recorded, with_metadata

SNIPPETS = HERE.parents[1] / "convention" / "source" / "snippets"


def snippet(name):
    return (SNIPPETS / name).read_text()


def as_the_source_says(name, complete):
    """Metadata from a JSON snippet of the source, unchanged: Python reads its `...` too. `complete` fills what that leaves out; the artifact has the
    shapes that the snippet tells."""
    code = f'''false, true = False, True
metadata.pop("top_k", None)
metadata.update(
{snippet(name).strip()}
)
metadata["created_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
metadata["export_config"] = config
{complete}
import shapes
height, width, channels = metadata["input_shape"]
shapes.write_onnx([1, channels, height, width], metadata["output_shape"], scratch)'''
    return Variant(f"source-{name.removesuffix('.json')}", "", (with_metadata(code),), files={"shapes.py": (HERE / "shapes.py").read_text()})


NAMES = 'metadata["class_names"] = [name for name in metadata["class_names"] if name is not ...]\n' \
        'metadata["class_names"] += [f"class {n}" for n in range(%s - len(metadata["class_names"]))]'
NO_CLASSES = 'for name in ("class_names", "num_classes"): metadata.pop(name)\n'
SEGMENTATION = '''metadata.update(task_type="segmentation", mask_resolution=[8, 12])
del metadata["top_k"]
'''
RELATIVE_IMPORT = {
    "trainer/__init__.py": "",
    "trainer/utils.py": "def generate_metadata(metadata):\n    return {**metadata, 'extra_metadata': {'exporter': 'toy'}}\n",
    "trainer/metadata.py": snippet("same_trainer_import.py"),
}
ALLOWED = (
    Variant("onnx", "", ()),
    Variant("onnx-under-adversity", "", (), options=("--hostile",)),
    Variant("openvino", "", (), format="openvino"),
    Variant("coreml", "", (), format="coreml"),
    Variant("logs-on-stdout", "", (("file=sys.stderr, flush=True", "flush=True"),)),
    Variant("channels-first", "", (with_metadata('metadata["input_shape"] = [3, *model["size"]]'),)),
    Variant("channels-last-in-the-artifact", "", (), toy=(
        ('value_info("images", [batch, 3, height, width])', 'value_info("images", [batch, height, width, 3])'),
        ('(1, node("GlobalAveragePool", ["images"]', '(1, node("Transpose", ["images"], "planes", message((1, "perm"), (8, 0), (8, 3), (8, 1), (8, 2), (20, 7)))),'
         ' (1, node("GlobalAveragePool", ["planes"]'))),
    Variant("dynamic-and-minus-one", "", (after_loading("asked, config = config, {**config, 'dynamic_axes': True}"),
                                          with_metadata('metadata.update(input_shape=[-1, -1, 3], output_shape=[[-1, len(model["classes"])]], export_config=asked)'))),
    Variant("dynamic-and-sizes", "", (after_loading("asked, config = config, {**config, 'dynamic_axes': True}"), with_metadata('metadata["export_config"] = asked'))),
    Variant("names-in-the-artifact", "", (), toy=(recorded([('"task"', '"classify"'), ('"names"', 'str(dict(enumerate(model["classes"])))')]),)),
    Variant("pose", "", (with_metadata(POSE),)),
    Variant("detection", "", (with_metadata(DETECTION),)),
    Variant("segmentation", "", (with_metadata(SEGMENTATION),)),
    Variant("waits-for-a-converter", "", (before_loading('import subprocess\nif subprocess.run(["sleep", "0.6"]).returncode: raise Failure(1, "the converter died")'),), options=("--hostile",)),
    Variant("half-a-second-late", "", (before_loading("time.sleep(0.5)"),)),
    Variant("labels-beside-the-artifact", "", (with_metadata(
        'open(os.path.join(output, "labels.txt"), "w").write("\\n".join(model["classes"]))\n' + FILES_TOLD +
        'data = open(os.path.join(output, "labels.txt"), "rb").read()\n'
        'metadata["extra_metadata"]["files"].append({"name": "labels.txt", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})'),)),
    Variant("capabilities", "", (at_start(CAPABILITIES % ("pass", TOLD)),)),
    Variant("time-with-an-offset", "", (with_metadata('import datetime\nmetadata["created_at"] = datetime.datetime.now(datetime.timezone.utc).isoformat()'),)),
    Variant("names-in-utf-8", "", (with_metadata('metadata["extra_metadata"]["author"] = "Jos\\xe9"'), dump("json.dump(metadata, file, ensure_ascii=False)"))),
    Variant("ten-megabytes-of-log", "", (after_loading('for _ in range(10):\n    sys.stderr.write(("2025-11-16 10:30:00,123 - INFO - " + "." * 990 + "\\n") * 1024)'),)),
    Variant("proof-with-further-keys", "", (with_metadata(PROOF + 'proof["seconds"], figure["channel"] = 0.4, 3'),)),
    Variant("killed-by-sigterm", "", (("        signal.signal(signal.SIGTERM, interrupt)\n", "        signal.signal(signal.SIGTERM, signal.SIG_DFL)\n"),)),
)
FROM_THE_SOURCE = (
    Variant("source-logging", "", (("def log(level, message):\n", snippet("logging_setup.py") + "\ndef log(level, message):\n    return logger.log(getattr(logging, level), message)\n"),)),
    Variant("source-environment", "", (("import toy\n", "import toy\n" + snippet("environment.py")),)),
    Variant("source-validation", "", (after_writing('output_path = os.path.join(scratch, FILES[export_format][0])\n' + snippet("validation_exit.py")), (
        "def log(level, message):\n", "import logging\nlogger = logging.getLogger()\n\nclass ValidationError(Exception):\n    pass\n\ndef validate_export(path):\n"
        "    if not os.path.getsize(path):\n        raise ValidationError(path)\n\ndef log(level, message):\n"))),
    Variant("source-same-trainer-import", "", (("import toy\n", "import toy\nfrom trainer.metadata import generate_metadata\n"),
                                               with_metadata("metadata = generate_metadata(metadata)")), files=RELATIVE_IMPORT),
    Variant("source-preprocessing", "", (with_metadata(f"false, true = False, True\nmetadata.update(\n{snippet('preprocessing.json').strip()}\n)"),)),
    Variant("source-postprocessing", "", (with_metadata(f"{DETECTION}false, true = False, True\nmetadata.update(\n{snippet('postprocessing.json').strip()}\n)"),)),
    as_the_source_says("metadata.json", NAMES % 80 + '\n' + DETECTION.replace('del metadata["top_k"]', "")),
    as_the_source_says("detection.json", NAMES % 80 + '\nmetadata["postprocessing"] = {"apply_nms": True, "nms_method": "hard", "coordinate_format": "xywh"}'),
    as_the_source_says("classification.json", NAMES % 1000),
    as_the_source_says("segmentation.json", NAMES % 81),
    as_the_source_says("pose.json", NO_CLASSES + '''
metadata["keypoint_names"] = [name for name in metadata["keypoint_names"] if name is not ...]
metadata["keypoint_names"] += [f"point {n}" for n in range(17 - len(metadata["keypoint_names"]))]
metadata["skeleton"] = [pair for pair in metadata["skeleton"] if pair is not ...]'''),
)
CONFORMANT = (*ALLOWED, *FROM_THE_SOURCE)
