"""Exporters that violate one requirement each."""
from variants import (Variant, after_loading, after_publishing, after_writing, at_start, before_loading, dump, exit_code, opened, recorded,
                      with_metadata)

CAPABILITIES = '''if "--capabilities" in sys.argv:
    options = {"type": "object"}
    rows = [{"format": name, "supported": True, "files": list(files), "export_config": options} for name, files in FILES.items()]
    rows += [{"format": name, "supported": False, "reason": "not for toys"} for name in ELSEWHERE]
    told = {"convention_version": "1.0", "framework": "toy", "exporter": "toy", "exporter_version": "1", "task_types": ["classification"],
            "default_format": "onnx", "formats": rows, "extensions": []}
    %s
    print(%s)
    sys.exit(0)'''
TOLD = "json.dumps(told)"
FILES_TOLD = '''import hashlib
data = open(os.path.join(scratch, "model.onnx"), "rb").read()
told = {"name": "model.onnx", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
metadata["extra_metadata"]["files"] = [told]
'''
POSE = '''metadata["task_type"] = "pose"
metadata["num_keypoints"] = 3
metadata["keypoint_names"], metadata["skeleton"] = ["left", "right", "tail"], [[1, 3], [2, 3]]
for name in ("class_names", "num_classes", "top_k"): del metadata[name]
'''
DETECTION = '''metadata["task_type"] = "detection"
metadata.update(anchor_based=False, confidence_threshold=0.25, iou_threshold=0.45)
metadata["postprocessing"] = {"apply_nms": True, "nms_method": "hard", "coordinate_format": "xywh"}
del metadata["top_k"]
'''

COMMAND_LINE = (
    Variant("needs-an-argument-of-its-own", "EXP-001", (("    export_format = given[", '    raise Failure(3, "--device is required")\n    export_format = given['),)),
    Variant("arguments-with-hyphens", "EXP-001", (('ARGUMENTS = ("--checkpoint_path", "--export_format", "--output_dir", "--export_config")',
                                                  'ARGUMENTS = ("--checkpoint-path", "--export-format", "--output-dir", "--export-config")'),
                                                 ('given["--export_format"]', 'given["--export-format"]'), ('given["--checkpoint_path"]', 'given["--checkpoint-path"]'),
                                                 ('given["--output_dir"]', 'given["--output-dir"]'), ("print(*ARGUMENTS)", 'print("--checkpoint_path --export_format --output_dir --export_config")'))),
    Variant("config-is-required", "EXP-002", (("for name in ARGUMENTS[:3]:", "for name in ARGUMENTS:"),)),
    Variant("config-is-a-file-name", "EXP-003", (('config = json.loads(given.get("--export_config", "{}"))', 'config = json.load(open(given["--export_config"])) if "--export_config" in given else {}'),
                                                 ("except ValueError as error:", "except (OSError, ValueError) as error:"))),
    Variant("config-of-the-convention-is-refused", "EXP-004", (("        raise Failure(3, \"--export_config is not a JSON object\")\n",
                                                                "        raise Failure(3, \"--export_config is not a JSON object\")\n    if \"simplify\" in config:\n"
                                                                "        raise Failure(3, \"simplify is no option of this exporter\")\n"),)),
    Variant("directory-must-exist", "EXP-005", (("        os.makedirs(output, exist_ok=True)\n", ""),)),
    Variant("order-of-arguments", "EXP-006", (("    while line:\n", "    if [n for n in ARGUMENTS if n in line] != [n for n in line if n in ARGUMENTS]:\n"
                                               "        raise Failure(3, \"arguments in the wrong order\")\n    while line:\n"),)),
    Variant("help-is-unknown", "EXP-007", (('if "--help" in sys.argv:', 'if "--usage" in sys.argv:'),)),
    Variant("help-says-nothing", "EXP-007", (("print(*ARGUMENTS)", 'print("see the source")'),)),
)

EXIT_CODES = (
    Variant("success-is-1", "EXP-010", (("        export(*parse(sys.argv[1:]))\n        return 0\n", "        export(*parse(sys.argv[1:]))\n        return True\n"),)),
    Variant("success-is-2", "EXP-010", (("        export(*parse(sys.argv[1:]))\n        return 0\n", "        export(*parse(sys.argv[1:]))\n        return 2\n"),)),
    Variant("missing-checkpoint-is-3", "EXP-011", (before_loading('if not os.path.exists(checkpoint): raise Failure(3, "no such checkpoint")'),)),
    Variant("missing-checkpoint-is-2", "EXP-011", (before_loading('if not os.path.exists(checkpoint): raise Failure(2, "no such checkpoint")'),)),
    Variant("missing-checkpoint-is-success", "EXP-011", (before_loading('if not os.path.exists(checkpoint): return log("ERROR", "no such checkpoint")'),)),
    Variant("truncated-checkpoint-is-2", "EXP-012", (before_loading('''if os.path.exists(checkpoint):
    try:
        if not os.path.isdir(checkpoint) and os.path.getsize(checkpoint): toy.read_checkpoint(checkpoint)
    except RuntimeError as error:
        raise Failure(2, str(error))'''),)),
    Variant("truncated-checkpoint-is-exported", "EXP-012", (), toy=((
        '''    if data[:4] != b"TOY1" or len(data) < 8 or struct.unpack("<I", data[4:8])[0] != binascii.crc32(data[8:]):''',
        '''    if data[:4] == b"TOY1" and struct.unpack("<I", data[4:8])[0] != binascii.crc32(data[8:]):
        return {"name": "untrained", "classes": ["cat", "dog"], "size": [32, 48], "weights": [[0.0, 0.0]] * 3}
    if data[:4] != b"TOY1":'''),)),
    Variant("empty-checkpoint-is-3", "EXP-013", (before_loading(
        'if os.path.exists(checkpoint) and os.path.getsize(checkpoint) == 0: raise Failure(3, "the checkpoint is empty")'),)),
    Variant("empty-checkpoint-is-exported", "EXP-013", (), toy=(("    if data[:4] != b", '''    if not data:
        return {"name": "untrained", "classes": ["cat", "dog"], "size": [32, 48], "weights": [[0.0, 0.0]] * 3}
    if data[:4] != b'''),)),
    Variant("argparse-exits-2", "EXP-014", (exit_code('f"{name} is required"', 3, 2),)),
    Variant("missing-argument-is-1", "EXP-014", (exit_code('f"{name} is required"', 3, 1),)),
    Variant("format-has-a-default", "EXP-014", (("    for name in ARGUMENTS[:3]:\n", '    given.setdefault("--export_format", "onnx")\n    for name in ARGUMENTS[:3]:\n'),)),
    Variant("unknown-arguments-are-ignored", "EXP-015", (('            raise Failure(3, f"unknown argument {name}")\n', '            line = line[1:]\n            continue\n'),)),
    Variant("unknown-argument-is-2", "EXP-015", (exit_code('f"unknown argument', 3, 2),)),
    Variant("unknown-format-is-1", "EXP-016", (("    if export_format not in FILES:\n", "    if export_format not in (*FILES, *ELSEWHERE):\n"
                                                '        raise Failure(1, f"Unsupported format: {export_format}")\n    if export_format not in FILES:\n'),)),
    Variant("unknown-format-is-2", "EXP-016", (("    if export_format not in FILES:\n", "    if export_format not in (*FILES, *ELSEWHERE):\n"
                                                '        raise Failure(2, f"Unsupported format: {export_format}")\n    if export_format not in FILES:\n'),)),
    Variant("unknown-format-becomes-onnx", "EXP-016", (("    if export_format not in FILES:\n", "    if export_format not in (*FILES, *ELSEWHERE):\n"
                                                        '        export_format = "onnx"\n    if export_format not in FILES:\n'),)),
    Variant("unavailable-format-is-1", "EXP-017", (("    if export_format not in FILES:\n", "    if export_format in ELSEWHERE:\n"
                                                    '        raise Failure(1, f"Unsupported format: {export_format}")\n    if export_format not in FILES:\n'),)),
    Variant("unavailable-format-is-2", "EXP-017", (("    if export_format not in FILES:\n", "    if export_format in ELSEWHERE:\n"
                                                    '        raise Failure(2, f"Unsupported format: {export_format}")\n    if export_format not in FILES:\n'),)),
    Variant("unavailable-format-is-success", "EXP-017", (("    if export_format not in FILES:\n", "    if export_format in ELSEWHERE:\n"
                                                          '        raise Failure(0, f"Unsupported format: {export_format}")\n    if export_format not in FILES:\n'),)),
    Variant("bad-json-is-1", "EXP-018", (exit_code('f"--export_config is not JSON', 3, 1),)),
    Variant("bad-json-is-ignored", "EXP-018", (('        raise Failure(3, f"--export_config is not JSON: {error}")\n', '        config = {}\n'),)),
    Variant("list-as-config-is-taken", "EXP-019", (('        raise Failure(3, "--export_config is not a JSON object")\n', '        config = {}\n'),)),
    Variant("list-as-config-is-1", "EXP-019", (exit_code('"--export_config is not a JSON object"', 3, 1),)),
    Variant("unwritable-output-is-success", "EXP-020", (exit_code('f"cannot write into', 1, 0),)),
    Variant("unwritable-output-is-2", "EXP-020", (exit_code('f"cannot write into', 1, 2),)),
    Variant("half-an-export-after-1", "EXP-021", (before_loading('os.makedirs(output, exist_ok=True)\nopen(os.path.join(output, "model.onnx"), "wb").close()'),)),
    Variant("half-an-export-after-3", "EXP-021", (("    if export_format not in FILES:\n", '    if export_format in ELSEWHERE:\n        os.makedirs(given["--output_dir"], exist_ok=True)\n'
                                                   '        open(os.path.join(given["--output_dir"], f"model.{export_format}"), "wb").close()\n    if export_format not in FILES:\n'),)),
)

FILES = (
    Variant("no-artifact", "EXP-030", (after_publishing('os.remove(os.path.join(output, "model.onnx"))'),)),
    Variant("artifact-has-the-model-s-name", "EXP-030", (after_publishing('os.rename(os.path.join(output, "model.onnx"), os.path.join(output, model["name"] + ".onnx"))'),)),
    Variant("weights-are-not-there", "EXP-031", (after_publishing('os.remove(os.path.join(output, "model.bin"))'),), format="openvino"),
    Variant("metadata-on-stdout", "EXP-032", (after_publishing('print(open(os.path.join(output, "metadata.json")).read())\nos.remove(os.path.join(output, "metadata.json"))'),)),
    Variant("artifact-is-a-directory", "EXP-033", (after_publishing('''os.rename(os.path.join(output, "model.onnx"), os.path.join(output, "moving"))
os.mkdir(os.path.join(output, "model.onnx"))
os.rename(os.path.join(output, "moving"), os.path.join(output, "model.onnx", "model.onnx"))'''),)),
    Variant("package-is-a-file", "EXP-033", (after_publishing('''package = os.path.join(output, "model.mlpackage")
data = open(os.path.join(package, "Data", "com.apple.CoreML", "model.mlmodel"), "rb").read()
shutil.rmtree(package)
open(package, "wb").write(data)'''),), format="coreml"),
    Variant("link-beside-the-artifact", "EXP-034", (after_publishing('os.path.lexists(os.path.join(output, "latest.onnx")) or os.symlink("model.onnx", os.path.join(output, "latest.onnx"))'),)),
    Variant("artifact-links-out-of-the-directory", "EXP-034", (after_publishing('''kept = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kept.onnx")
os.remove(os.path.join(output, "model.onnx"))
os.symlink(kept, os.path.join(output, "model.onnx"))'''), ), files={"kept.onnx": None}),
    Variant("artifact-of-no-bytes", "EXP-035", (after_writing('open(os.path.join(scratch, "model.onnx"), "wb").close()'),)),
    Variant("weights-of-no-bytes", "EXP-035", (after_writing('open(os.path.join(scratch, "model.bin"), "wb").close()'),), format="openvino"),
    Variant("artifact-of-garbage", "EXP-036", (after_writing('open(os.path.join(scratch, "model.onnx"), "wb").write(bytes(range(256)) * 16)'),)),
    Variant("artifact-is-the-checkpoint", "EXP-036", (after_writing('shutil.copyfile(checkpoint, os.path.join(scratch, "model.onnx"))'),)),
    Variant("artifact-is-half", "EXP-036", (after_writing('path = os.path.join(scratch, "model.onnx")\nos.truncate(path, os.path.getsize(path) // 2)'),)),
    Variant("package-without-a-model", "EXP-036", (after_writing('os.remove(os.path.join(scratch, "model.mlpackage", "Data", "com.apple.CoreML", "model.mlmodel"))'),), format="coreml"),
    Variant("intermediate-files", "EXP-037", (after_publishing('open(os.path.join(output, "calibration.cache"), "w").write("cache")'),)),
)

METADATA = (
    Variant("metadata-in-latin-1", "EXP-040", (with_metadata('metadata["extra_metadata"]["author"] = "Jos\\xe9"'), opened('"w", encoding="latin-1"'),
                                               dump("json.dump(metadata, file, indent=2, ensure_ascii=False)"))),
    Variant("metadata-in-utf-16", "EXP-040", (opened('"w", encoding="utf-16"'),)),
    Variant("metadata-with-a-byte-order-mark", "EXP-040", (opened('"w", encoding="utf-8-sig"'),)),
    Variant("nan", "EXP-041", (with_metadata('metadata["extra_metadata"]["accuracy"] = float("nan")'),)),
    Variant("python-s-dictionary", "EXP-041", (dump("print(metadata, file=file)"),)),
    Variant("comma-at-the-end", "EXP-041", (dump('file.write(json.dumps(metadata)[:-1] + ",}")'),)),
    Variant("list-of-one", "EXP-041", (dump("json.dump([metadata], file)"),)),
    Variant("half-the-metadata", "EXP-041", (dump("text = json.dumps(metadata)\nfile.write(text[:len(text) // 2])"),)),
    Variant("text-after-the-object", "EXP-041", (dump('file.write(json.dumps(metadata) + "\\nExport complete.\\n")'),)),
    Variant("key-twice", "EXP-042", (dump('file.write(json.dumps(metadata)[:-1] + \', "model_name": "other"}\')'),)),
    *(Variant(f"no-{name}", "EXP-043", (with_metadata(f'del metadata["{name}"]'),))
      for name in ("framework", "model_name", "export_format", "task_type", "input_shape", "input_dtype", "output_shape", "created_at")),
    Variant("no-class_names", "EXP-044", (with_metadata('del metadata["class_names"]'),)),
    Variant("no-num_classes", "EXP-044", (with_metadata('del metadata["num_classes"]'),)),
    Variant("no-num_keypoints", "EXP-045", (with_metadata(POSE + 'del metadata["num_keypoints"]'),)),
    Variant("class_names-by-number", "EXP-046", (with_metadata('metadata["class_names"] = dict(enumerate(metadata["class_names"]))'),)),
    Variant("model_name-is-a-number", "EXP-046", (with_metadata('metadata["model_name"] = 50'),)),
    Variant("mean-is-a-word", "EXP-046", (with_metadata('metadata["preprocessing"]["mean"] = "imagenet"'),)),
    Variant("export_config-is-a-string", "EXP-046", (with_metadata('metadata["export_config"] = json.dumps(config)'),)),
    Variant("num_classes-is-a-string", "EXP-046", (with_metadata('metadata["num_classes"] = str(metadata["num_classes"])'),)),
    Variant("another-export_format", "EXP-047", (with_metadata('metadata["export_format"] = "torchscript"'),)),
    Variant("input_shape-with-the-batch", "EXP-048", (with_metadata('metadata["input_shape"] = [1, 3, *model["size"]]'),)),
    Variant("input_shape-without-channels", "EXP-048", (with_metadata('metadata["input_shape"] = model["size"]'),)),
    Variant("output_shape-is-flat", "EXP-049", (with_metadata('metadata["output_shape"] = metadata["output_shape"][0]'),)),
    Variant("a-name-too-many", "EXP-050", (with_metadata('metadata["class_names"] = ["background", *metadata["class_names"]]'),)),
    Variant("created_at-is-a-german-date", "EXP-051", (with_metadata('metadata["created_at"] = time.strftime("%d.%m.%Y %H:%M")'),)),
    Variant("created_at-counts-seconds", "EXP-051", (with_metadata('metadata["created_at"] = str(int(time.time()))'),)),
    Variant("created_at-without-a-zone", "EXP-052", (with_metadata('metadata["created_at"] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())'),)),
    Variant("created_at-is-long-ago", "EXP-053", (with_metadata('metadata["created_at"] = "2025-11-16T10:30:00Z"'),)),
    Variant("created_at-is-to-come", "EXP-053", (with_metadata('metadata["created_at"] = "2099-01-01T00:00:00Z"'),)),
    Variant("no-top_k", "EXP-054", (with_metadata('del metadata["top_k"]'),)),
    Variant("key-of-its-own", "EXP-055", (with_metadata('metadata["trained_by"] = "toy"'),)),
    Variant("export_config-is-not-told", "EXP-056", (with_metadata('metadata["export_config"] = {}'),)),
    Variant("task-by-the-framework-s-name", "EXP-057", (with_metadata('metadata["task_type"] = "image-classification"'),)),
    Variant("no-preprocessing", "EXP-058", (with_metadata('del metadata["preprocessing"]'),)),
    Variant("no-postprocessing", "EXP-059", (with_metadata(DETECTION + 'del metadata["postprocessing"]'),)),
)

ARTIFACT = (
    Variant("another-input-size", "EXP-060", (with_metadata('metadata["input_shape"] = [640, 640, 3]'),)),
    Variant("height-and-width-swapped", "EXP-060", (with_metadata('height, width, _ = metadata["input_shape"]\nmetadata["input_shape"] = [width, height, 3]'),)),
    Variant("another-number-of-channels", "EXP-060", (with_metadata('metadata["input_shape"][2] = 1'),)),
    Variant("dynamic-where-it-is-fixed", "EXP-060", (with_metadata('metadata["input_shape"] = [-1, -1, 3]'),)),
    Variant("another-input-size-of-openvino", "EXP-060", (with_metadata('metadata["input_shape"] = [640, 640, 3]'),), format="openvino"),
    Variant("another-input-size-of-coreml", "EXP-060", (with_metadata('metadata["input_shape"] = [640, 640, 3]'),), format="coreml"),
    Variant("another-input-type", "EXP-061", (with_metadata('metadata["input_dtype"] = "uint8"'),)),
    Variant("another-output-size", "EXP-062", (with_metadata('metadata["output_shape"] = [[1, 3, 8400]]'),)),
    Variant("output-without-the-batch", "EXP-062", (with_metadata('metadata["output_shape"] = [[3]]'),)),
    Variant("an-output-too-many", "EXP-062", (with_metadata('metadata["output_shape"] = [[1, 3], [1, 3]]'),)),
    Variant("classes-of-another-model", "EXP-063", (with_metadata('metadata["class_names"] = [f"class{i}" for i in range(80)]\nmetadata["num_classes"] = 80'),)),
    Variant("names-in-another-order", "EXP-064", (with_metadata('metadata["class_names"] = sorted(metadata["class_names"])'),),
            toy=(recorded([('"names"', 'str(dict(enumerate(model["classes"])))')]),)),
    Variant("digest-of-another-file", "EXP-066", (with_metadata(FILES_TOLD + 'told["sha256"] = "0" * 64'),)),
    Variant("size-of-another-file", "EXP-066", (with_metadata(FILES_TOLD + 'told["size"] += 1'),)),
    Variant("name-that-leads-out", "EXP-066", (with_metadata(FILES_TOLD + 'told["name"] = "../model.onnx"'),)),
    Variant("another-task", "EXP-067", (), toy=(recorded([('"task"', '"detect"'), ('"names"', 'str(dict(enumerate(model["classes"])))')]),)),
)

LOGS = (
    Variant("says-nothing", "EXP-070", (("def log(level, message):\n", 'def log(level, message):\n    if level == "INFO":\n        return\n'),)),
    Variant("says-it-without-a-time", "EXP-071", (("def log(level, message):\n", 'def log(level, message):\n    if level == "INFO":\n        return print(message, file=sys.stderr)\n'),)),
    Variant("uncaught-traceback", "EXP-072", (("    except (OSError, RuntimeError) as error:\n        raise Failure(1, f\"cannot load", "    except ZeroDivisionError as error:\n        raise Failure(1, f\"cannot load"),)),
    Variant("fails-without-a-word", "EXP-072", (('        log("ERROR", str(failure))\n', '        if failure.code != 1:\n            log("ERROR", str(failure))\n'),)),
    Variant("unavailable-in-other-words", "EXP-073", (("    if export_format not in FILES:\n", "    if export_format in ELSEWHERE:\n"
                                                       '        raise Failure(3, f"{export_format} is not supported")\n    if export_format not in FILES:\n'),)),
    Variant("unavailable-is-not-the-last-word", "EXP-073", (('        log("ERROR", str(failure))\n', '        log("ERROR", str(failure))\n        if failure.code == 3:\n            log("ERROR", "Giving up")\n'),)),
    Variant("eighty-megabytes-of-log", "EXP-074", (after_loading('line = "2025-11-16 10:30:00,123 - INFO - " + "." * 990 + "\\n"\nfor _ in range(80):\n    sys.stderr.write(line * 1024)'),)),
    Variant("log-in-latin-1", "EXP-075", (after_loading('sys.stderr.buffer.write(b"2025-11-16 10:30:00,123 - INFO - gr\\xfc\\xdfe\\n")'),)),
)

ISOLATION = (
    Variant("trainers-common", "EXP-080", (("import toy\n", "sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))\nfrom trainers.common.export.base import BaseExportAdapter\nimport toy\n"),),
            files={"../common/export/base.py": "class BaseExportAdapter:\n    pass\n"}),
    Variant("another-trainer", "EXP-080", (("import toy\n", "sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))\nfrom trainers.ultralytics.utils import names\nimport toy\n"),),
            files={"../ultralytics/utils.py": "names = []\n"}),
    Variant("settings-of-the-repository", "EXP-080", (before_loading("open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'settings.json')).read()"),), files={"../settings.json": "{}\n"}),
    Variant("checkpoint-is-stamped", "EXP-081", (after_publishing('data = toy.pack_checkpoint({**model, "exported": time.time()})\nwith open(os.path.join(scratch, "stamped"), "wb") as stamped:\n    stamped.write(data)\nos.replace(stamped.name, checkpoint)'),)),
    Variant("checkpoint-is-touched", "EXP-081", (after_publishing("os.utime(checkpoint)"),)),
    Variant("checkpoint-loses-its-permissions", "EXP-081", (after_publishing("os.chmod(checkpoint, 0o600)"),)),
    Variant("writes-into-the-working-directory", "EXP-082", (after_publishing('open("export.log", "a").write("done\\n")'),)),
    Variant("writes-beside-the-checkpoint", "EXP-082", (after_publishing('shutil.copyfile(os.path.join(output, "model.onnx"), os.path.splitext(checkpoint)[0] + ".onnx")'),)),
    Variant("writes-beside-the-output", "EXP-082", (after_publishing('shutil.copyfile(os.path.join(output, "model.onnx"), os.path.join(output, "..", "latest.onnx"))'),)),
    Variant("leaves-a-temporary-file", "EXP-083", (before_loading('import tempfile\nos.close(tempfile.mkstemp(prefix="toy-")[0])'),)),
    Variant("caches-in-its-own-folder", "EXP-084", (before_loading('open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cache.json"), "w").write(str(time.time()))'),)),
    Variant("paths-are-words-of-a-shell", "EXP-085", (before_loading('if os.system(f"test -n {os.path.abspath(output)} -a -e {os.path.dirname(os.path.abspath(checkpoint))}") != 0: raise Failure(1, "test failed")'),)),
    Variant("paths-are-ascii", "EXP-085", (before_loading('''try:
    (checkpoint + output).encode("ascii")
except UnicodeEncodeError as error:
    raise Failure(1, str(error))'''),)),
    Variant("changes-the-directory-first", "EXP-086", (at_start("os.chdir(os.path.dirname(os.path.abspath(__file__)))"),)),
    Variant("paths-must-be-absolute", "EXP-086", (before_loading('if not os.path.isabs(checkpoint): raise Failure(1, "the checkpoint has no absolute path")'),)),
    Variant("runs-in-its-own-folder-only", "EXP-087", (before_loading('if not os.path.exists("toy.py"): raise Failure(1, "toy.py is not here")'),)),
    Variant("asks-first", "EXP-088", (before_loading('''try:
    input("Overwrite? [y/N] ")
except EOFError:
    raise Failure(1, "no answer")'''),)),
    Variant("needs-a-terminal", "EXP-088", (before_loading('if not sys.stdin or not sys.stdin.isatty(): raise Failure(1, "standard input is not a terminal")'),)),
    Variant("reads-a-closed-input", "EXP-089", (before_loading('if sys.stdin is None: raise Failure(1, "no standard input")'),)),
    Variant("wants-a-locale", "EXP-090", (before_loading('if "C" in (os.environ.get("LC_ALL"), os.environ.get("LANG")): raise Failure(1, "set a UTF-8 locale")'),)),
)

TIMEOUT = ("--timeout", "5")
# Whether another process of the same parent runs, now or in the next moments: a sleep alone would bet on how soon the other one begins.
BESIDE = '''import glob
def beside():
    for _ in range(30):
        children = 0
        for path in glob.glob(f"/proc/{os.getppid()}/task/*/children"):
            try:
                children += len(open(path).read().split())
            except OSError:
                pass
        if children > 1: return True
        time.sleep(0.01)
    return False
'''
ROBUSTNESS = (
    Variant("hangs-at-the-end", "EXP-100", (after_publishing("time.sleep(3600)"),), options=TIMEOUT),
    Variant("hangs-on-a-missing-checkpoint", "EXP-100", (before_loading("while not os.path.exists(checkpoint): time.sleep(0.1)"),), options=TIMEOUT),
    Variant("slow-trickle", "EXP-100", (before_loading('while True:\n    log("INFO", "still waiting for the licence server")\n    time.sleep(0.2)'),), options=TIMEOUT),
    Variant("ignores-sigterm", "EXP-101", (("signal.signal(signal.SIGTERM, interrupt)", "signal.signal(signal.SIGTERM, lambda *_: time.sleep(60))"), before_loading("time.sleep(0.4)"))),
    Variant("shrugs-sigterm-off", "EXP-101", (("signal.signal(signal.SIGTERM, interrupt)", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"), after_loading('log("INFO", "loaded")\ntime.sleep(0.4)'))),
    Variant("goes-on-for-three-seconds-after-sigterm", "EXP-101", (("signal.signal(signal.SIGTERM, interrupt)", "signal.signal(signal.SIGTERM, lambda *_: time.sleep(3))"), before_loading("time.sleep(0.4)"))),
    Variant("success-on-sigterm", "EXP-101", (("signal.signal(signal.SIGTERM, interrupt)", "signal.signal(signal.SIGTERM, lambda *_: os._exit(0))"), before_loading("time.sleep(0.4)"))),
    Variant("leaves-a-daemon", "EXP-102", (after_publishing('''if os.fork() == 0:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2): os.dup2(null, stream)
    os.execvp("sleep", ["sleep", "60"])'''),)),
    Variant("leaves-a-child-that-holds-its-output", "EXP-102", (after_publishing('if os.fork() == 0: os.execvp("sleep", ["sleep", "60"])'),)),
    Variant("one-at-a-time", "EXP-103", (before_loading(BESIDE + 'if beside(): raise Failure(1, "another export is running")'),)),
    Variant("locks-the-checkpoint", "EXP-103", (after_loading('''import fcntl
lock = open(os.path.join(checkpoint, "weights.bin") if os.path.isdir(checkpoint) else checkpoint)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    raise Failure(1, "another export is running")
''' + BESIDE + "if beside(): time.sleep(3)"),)),
    Variant("number-of-the-run", "EXP-104", (with_metadata('metadata["extra_metadata"]["run"] = os.urandom(8).hex()'),)),
    Variant("seconds-in-metadata", "EXP-104", (with_metadata('metadata["extra_metadata"]["finished_ns"] = time.time_ns()'),)),
)

ENGINE = (
    Variant("operator-of-no-opset", "EXP-110", (), toy=(('node("MatMul", ["flat", "weights"]', 'node("MatMull", ["flat", "weights"]'),)),
    Variant("opset-of-the-future", "EXP-110", (), toy=(('config.get("opset_version", 17)', "999"),)),
    Variant("layer-of-no-opset", "EXP-111", (), toy=(('"output0", "MatMul"', '"output0", "MatMull"'),), format="openvino"),
    Variant("computes-another-shape", "EXP-112", (), toy=(('value_info("output0", [batch, classes])', 'message((1, "output0"), (2, message((1, message((1, FLOAT))))))'),
                                                                          ('weights = message((1, 3), (1, classes), (2, FLOAT), (8, "weights"), (9, weights_of(model)))',
                                                                           'weights = message((1, 3), (1, 2), (2, FLOAT), (8, "weights"), (9, weights_of(model)[:24]))'))),
)

PROOF = '''figure = {"value": "output0", "group": "logits", "role": "logits", "max_difference": 1e-7, "allowed": 1e-5, "cosine": 1.0}
proof = {"level": "read_back", "checks": [{"kind": "read_back", "what": "the file read back", "figures": [figure], "verdict": "agrees"}],
         "artifact_against_checkpoint": [{**figure, "in": "reference evaluation"}]}
metadata["extra_metadata"]["proof"] = proof
'''
PROVEN = (
    Variant("proof-under-no-limit", "EXP-068", (with_metadata(PROOF + 'figure["allowed"] = None'),)),
    Variant("proof-above-its-limit", "EXP-068", (with_metadata(PROOF + 'figure["max_difference"] = 18.2'),)),
    Variant("proof-by-a-word-of-its-own", "EXP-068", (with_metadata(PROOF + 'proof["level"] = "certainly"'),)),
    Variant("proof-by-a-word-alone", "EXP-068", (with_metadata('metadata["extra_metadata"]["proof"] = "runtime"'),)),
    Variant("proof-without-checks", "EXP-068", (with_metadata(PROOF + 'proof["checks"] = []'),)),
    Variant("proof-against-no-checkpoint", "EXP-068", (with_metadata(PROOF + 'del proof["artifact_against_checkpoint"]'),)),
    Variant("proof-of-the-service", "EXP-068", (with_metadata(PROOF + 'proof["level"] = "loads"'),)),
)

CAPABILITIES_TOLD = (
    Variant("capabilities-of-five-formats", "EXP-120", (at_start(CAPABILITIES % ("told['formats'].pop()", TOLD)),)),
    Variant("capabilities-of-an-unknown-level", "EXP-120", (at_start(CAPABILITIES % ("rows[0]['proof'] = 'rumour'", TOLD)),)),
    Variant("capabilities-are-no-json", "EXP-120", (at_start(CAPABILITIES % ("pass", "told")),)),
    Variant("promises-too-much", "EXP-121", (at_start(CAPABILITIES % ("told['formats'][-1] = {**rows[0], 'format': 'torchscript'}", TOLD)),), format=""),
    Variant("promises-too-little", "EXP-121", (at_start(CAPABILITIES % ("told['formats'][0] = {**rows[-1], 'format': 'onnx'}", TOLD)),)),
)

HOSTILE = ("--hostile",)
ADVERSE = (
    Variant("full-disk-is-success", "EXP-130", (exit_code('f"cannot write the export', 1, 0),), options=HOSTILE),
    Variant("full-file-system-is-success", "EXP-130", (('        raise Failure(1, f"cannot write the export: {error}")\n',
                                                        '        raise Failure(0 if error.errno == 28 else 1, f"cannot write the export: {error}")\n'),), options=HOSTILE),
    Variant("metadata-first", "EXP-131", (('    for name in (*names, "metadata.json"):\n', '    for name in ("metadata.json", *names):\n        time.sleep(0.3)\n'),),
            options=HOSTILE),
    Variant("converter-may-die", "EXP-133", (before_loading('import subprocess\nif subprocess.run(["sleep", "0.6"]).returncode < 0: raise Failure(0, "the converter died")'),),
            options=HOSTILE),
    Variant("wakes-up-badly", "EXP-132", (("signal.signal(signal.SIGTERM, interrupt)", "signal.signal(signal.SIGTERM, interrupt)\n        signal.signal(signal.SIGCONT, interrupt)"),
                                          before_loading("time.sleep(0.5)")), options=HOSTILE),
)

MUTANTS = (*COMMAND_LINE, *EXIT_CODES, *FILES, *METADATA, *ARTIFACT, *LOGS, *ISOLATION, *ROBUSTNESS, *ENGINE, *PROVEN, *CAPABILITIES_TOLD, *ADVERSE)
