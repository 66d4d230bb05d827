"""Exit codes and their messages: every refusal of the command line and of export_config, word for word."""
import json
import unittest

from exporter import EXPORTER, LOG_LINE, SAMPLE, ExportCase, arguments, last_error, run

OPTIONS = ("opset_version, ir_version, dynamic_axes, simplify, batch_size, imgsz, half, fp16, conf, iou, "
           "nms, max_det, agnostic_nms, embed_preprocessing, module_aliases, class_names, validate, tolerance, keep_failed")
SUPPORTED = "onnx, torchscript, openvino"


class CommandLine(ExportCase):
    def refused(self, line, message):
        result = run(line)
        self.assertEqual((result.returncode, last_error(result.stderr)), (3, message))
        self.assertEqual(result.stdout, "")
        self.assert_no_export()

    def test_missing_arguments(self):
        full = arguments(output=self.output)
        for i, name in ((0, "--checkpoint_path"), (2, "--export_format"), (4, "--output_dir")):
            self.refused(full[:i] + full[i + 2:], f"{name} is required")
        self.refused(full[:-1], "--output_dir needs a value")
        self.refused(full[:-1] + [""], "--output_dir is empty")

    def test_duplicate_argument(self):
        self.refused(arguments(output=self.output) + ["--export_format", "onnx"], "--export_format is given twice")

    def test_unknown_argument(self):
        self.refused(arguments(output=self.output) + ["--checkpoint", "x"], "unknown argument --checkpoint (did you mean --checkpoint_path?)")
        self.refused(["stray"], "unknown argument stray (see --help)")

    def test_log_level(self):
        self.refused(arguments(output=self.output) + ["--log_level", "loud"], "--log_level is debug, info, warning or error, not loud")
        quiet = run(arguments(output=self.output) + ["--log_level=error"])
        self.assertEqual((quiet.returncode, quiet.stderr), (0, ""))

    def test_unknown_format(self):
        self.refused(arguments(export_format="onx", output=self.output),
                     f"Unsupported format: onx: not a format of the export convention, did you mean onnx?; supported: {SUPPORTED}")

    def test_unavailable_format(self):
        self.refused(arguments(export_format="tensorrt", output=self.output),
                     "Unsupported format: tensorrt: this release writes no TensorRT engines; export onnx and build the engine where it will run; "
                     f"supported: {SUPPORTED}")

    def test_format_is_judged_before_the_checkpoint(self):
        self.refused(arguments(checkpoint="/nowhere.pt", export_format="coreml", output=self.output),
                     f"Unsupported format: coreml: this release writes no CoreML packages; supported: {SUPPORTED}")

    def test_only_unsupported_formats_use_those_words(self):
        for line in (["stray"], arguments(output=self.output, config={"a": 1})):
            self.assertNotIn("Unsupported format", run(line).stderr)

    def test_config_errors(self):
        cases = {
            "{": "export_config: not valid JSON at byte 2",
            "[]": "export_config is not a JSON object",
            '{"imgsz": 640, "imgsz": 320}': 'export_config: JSON has the key "imgsz" twice',
            '{"opset": 17}': 'export_config has the unknown key "opset" (did you mean "opset_version"?)',
            '{"zzzzzzzzzzzzzz": 1}': f'export_config has the unknown key "zzzzzzzzzzzzzz" (onnx takes {OPTIONS})',
            '{"opset_version": "17"}': 'export_config.opset_version must be an integer from 11 to 21, not "17"',
            '{"opset_version": 10}': "export_config.opset_version must be an integer from 11 to 21, not 10",
            '{"opset_version": 17.5}': "export_config.opset_version must be an integer from 11 to 21, not 17.5",
            '{"dynamic_axes": "height"}': 'export_config.dynamic_axes must be true, false or "batch", not "height"',
            '{"simplify": 1}': "export_config.simplify must be true or false, not 1",
            '{"batch_size": 0}': "export_config.batch_size must be an integer from 1 to 1024, not 0",
            '{"imgsz": [640, 640, 3]}': "export_config.imgsz must be an integer from 1 to 16384 or [height, width], not [640,640,3]",
            '{"imgsz": "large"}': 'export_config.imgsz must be an integer from 1 to 16384 or [height, width], not "large"',
            '{"half": "yes"}': 'export_config.half must be true or false, not "yes"',
            '{"half": true, "fp16": false}': "export_config.half and export_config.fp16 mean the same and differ",
            '{"conf": 1.5}': "export_config.conf must be a number from 0 to 1, not 1.5",
            '{"module_aliases": 3}': "export_config.module_aliases must be an object or the path of a JSON file, not 3",
            '{"module_aliases": {"a.B": "c.D", "c.D": "a.B"}}': "export_config.module_aliases: a.B -> c.D -> a.B is a cycle",
            '{"module_aliases": {"a.B": []}}': "export_config.module_aliases: a.B has no children",
            '{"module_aliases": {"a.B": 1}}': "export_config.module_aliases: a.B stands for 1, a class name or a list of children is expected",
            '{"module_aliases": "/nowhere.json"}': "export_config.module_aliases: cannot open /nowhere.json: No such file or directory",
            '{"class_names": 3}': "export_config.class_names must be a list, an object from class to name, or the path of a file of names, not 3",
            '{"class_names": ["a", "b"]}': "yolo11-sample.pt: export_config.class_names holds 2 names, the model predicts 3 classes (give one name for each class)",
            '{"class_names": {"0": "a", "2": "c"}}': 'export_config.class_names: it has the key "2", numbers of classes from 0 to 1 are expected (give a list of names, an object from class number to name, or the path of a file of either)',
            '{"class_names": "/nowhere.txt"}': "export_config.class_names: cannot open /nowhere.txt: No such file or directory (give a list of names, an object from class number to name, or the path of a file of either)",
            '{"validate": "yes"}': 'export_config.validate must be "off", "structure", "reference" or "runtime", not "yes"',
            '{"keep_failed": "yes"}': 'export_config.keep_failed must be true or false, not "yes"',
            '{"workspace_size": 4}': "export_config.workspace_size is an option of tensorrt, onnx does not take it",
            '{"opset_version": 17, "ir_version": 7}': None,
            '{"ir_version": 5}': "export_config.ir_version must be an integer from 6 to 10, not 5",
        }
        for config, message in cases.items():
            with self.subTest(config=config):
                result = run(arguments(output=self.output, config=config))
                self.assertEqual(result.returncode, 3, result.stderr)
                if message is not None:
                    self.assertEqual(last_error(result.stderr), message)
                self.assert_no_export()

    def test_null_is_absent_and_recommended_config_is_taken(self):
        self.export(config='{"half": null, "imgsz": null, "opset_version": null}')
        self.export(config='{\n  "opset_version": 17,\n  "dynamic_axes": true,\n  "simplify": true\n}')

    def test_image_sizes_and_names_in_every_form(self):
        for size, expected in ((64, [64, 64]), (64.0, [64, 64]), ([64], [64, 64]), ([64, 96], [64, 96]), ("64", [64, 64]), ("[64, 96]", [64, 96])):
            self.export(config={"imgsz": size})
            self.assertEqual(self.metadata()["export_config"]["imgsz"], expected)
        path = self.folder / "data.yaml"
        path.write_text("path: ../d\nnames:\n  0: cat\n  1: 'hot dog'  # not one\n  2: bird\n")
        for names in (["cat", "hot dog", "bird"], {"0": "cat", "2": "bird", "1": "hot dog"}, str(path)):
            self.export(config={"class_names": names})
            metadata = self.metadata()
            self.assertEqual(metadata["class_names"], ["cat", "hot dog", "bird"])
            self.assertEqual(metadata["extra_metadata"]["class_names_origin"], "user")
            self.assertEqual(metadata["export_config"]["class_names"], ["cat", "hot dog", "bird"])

    def test_information(self):
        help_text = run(["--help"])
        self.assertEqual((help_text.returncode, help_text.stderr), (0, ""))
        self.assertIn("--checkpoint_path PATH", help_text.stdout)
        self.assertIn("What exit 0 proves", help_text.stdout)
        version = run(["--version"])
        self.assertRegex(version.stdout, r"^modelport-ultralytics \d+\.\d+\.\d+\n$")

    def test_log_lines(self):
        result = self.export()
        self.assertEqual(result.stdout, "")
        for line in result.stderr.splitlines():
            self.assertRegex(line, LOG_LINE)

    def test_closed_streams(self):
        for closed in ("<&-", ">&-", "2>&-"):
            result = run(["-c", f'exec "$0" "$@" {closed}', str(EXPORTER), *arguments(output=self.output)], command=("sh",))
            self.assertEqual(result.returncode, 0, closed + result.stderr)

    def test_validate_runtime_without_the_engine(self):
        result = run(arguments(output=self.output, config={"validate": "runtime"}), env={"MODELPORT_ONNXRUNTIME": "/nowhere", "PATH": "/usr/bin:/bin"})
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn('validate "runtime" needs ONNX Runtime, which is not on this machine', last_error(result.stderr))
        fallback = run(arguments(output=self.output), env={"MODELPORT_ONNXRUNTIME": "/nowhere", "PATH": "/usr/bin:/bin"})
        self.assertEqual(fallback.returncode, 0, fallback.stderr)
        self.assertEqual(self.metadata()["extra_metadata"]["proof"]["level"], "read_back")

    def test_wide_tolerance_is_a_warning_and_recorded(self):
        result = self.export(config={"tolerance": 0.5})
        self.assertIn("WARNING - tolerance 0.5 is wider than the default", result.stderr)
        self.assertEqual(self.metadata()["export_config"]["tolerance"], 0.5)


if __name__ == "__main__":
    unittest.main()
