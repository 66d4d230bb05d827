"""The two templates, filled in for toy classifiers: command line, files, exit codes, signals, and what authors get wrong."""
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path

import jsonschema
import numpy
import onnxruntime

from exporter import LOG_LINE, SOURCE, ExportCase, arguments, last_error, run
from toy_exporter import EXPORTERS, MODEL, build_cpp_exporter, fill_template, write_checkpoint, write_python_exporter

SCHEMA, CAPABILITIES_SCHEMA = (json.loads((SOURCE / f"convention/{name}.schema.json").read_text()) for name in ("metadata", "capabilities"))
TOY_FUNCTIONS = fill_template.functions_of(fill_template.TOY_FUNCTIONS.read_text())


class TemplateCase(ExportCase):
    def setUp(self):
        super().setUp()
        self.checkpoint = write_checkpoint(self.folder / "toy.pt")

    def export_toy(self, command, expect=0, **options):
        environment = {"env": {**os.environ, **options.pop("environment")}} if "environment" in options else {}
        options.setdefault("checkpoint", self.checkpoint)
        result = run(arguments(output=self.output, **options), command=command, **environment)
        self.assertEqual(result.returncode, expect, result.stderr)
        self.assertEqual(result.stdout, "")
        for line in result.stderr.splitlines():
            self.assertRegex(line, LOG_LINE)
        return result


class EveryTemplate:
    """What both must do; `command` runs one."""

    def test_the_source_s_own_test(self):
        stage = self.folder / "trainer"
        shutil.copytree(Path(self.command[1]).parent, stage)
        (stage / "tests/fixtures").mkdir(parents=True)
        (stage / "bin").mkdir()
        shutil.copy(SOURCE / "convention/source/tests/test_export.py", stage / "tests")
        shutil.copy(self.checkpoint, stage / "tests/fixtures/model.pt")
        (stage / "bin/python").symlink_to(sys.executable)
        result = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_export.py"], cwd=stage,
                                env=dict(os.environ, PATH=f"{stage / 'bin'}:{os.environ['PATH']}"), capture_output=True, text=True)
        self.assertIn("1 passed", result.stdout, result.stdout + result.stderr)

    def test_export(self):
        for config, input_shape in ({}, [1, 3, 32, 48]), ({"dynamic_axes": True, "opset_version": 15}, ["batch", 3, "height", "width"]):
            self.export_toy(self.command, config=config)
            self.assertEqual(sorted(os.listdir(self.output)), ["metadata.json", "model.onnx"])
            metadata = self.metadata()
            jsonschema.Draft7Validator(SCHEMA).validate(metadata)
            self.assertEqual((metadata["export_format"], metadata["export_config"], metadata["class_names"]), ("onnx", config, MODEL["classes"]))
            session = onnxruntime.InferenceSession(self.output / "model.onnx")
            self.assertEqual(session.get_inputs()[0].shape, input_shape)
            image = numpy.random.default_rng(1).random((1, 3, 32, 48), dtype=numpy.float32)
            expected = image.mean(axis=(2, 3)) @ numpy.array(MODEL["weights"], numpy.float32)
            numpy.testing.assert_allclose(session.run(None, {"images": image})[0], expected, rtol=1e-5, atol=1e-6)

    def test_configuration_errors(self):
        whole = arguments(checkpoint=self.checkpoint, output=self.output)
        for line, message in (([], "required"), (whole[2:], "--checkpoint_path"), (whole[:2] + whole[4:], "--export_format"), (whole[:4], "--output_dir"),
                              (whole + ["--surprise", "1"], "--surprise"), (whole + ["--export_config"], "--export_config"),
                              (whole + ["--export_config", "{"], "not JSON"), (whole + ["--export_config", ""], "not JSON"),
                              (whole + ["--export_config", '{"a": NaN}'], "not JSON"), (whole + ["--export_config", "[]"], "not a JSON object"),
                              (arguments(checkpoint=self.checkpoint, output=""), "--output_dir"),
                              (arguments(checkpoint=self.checkpoint, output=self.output, export_format="onx"), "^Unsupported format: .*onx"),
                              (arguments(checkpoint=self.checkpoint, output=self.output, export_format="tflite"), "^Unsupported format: tflite: ")):
            with self.subTest(line=line):
                result = run(line, command=self.command)
                self.assertEqual(result.returncode, 3, result.stderr)
                self.assertRegex(last_error(result.stderr), message)
                self.assert_no_export()

    def test_help(self):
        result = run(["--help"], command=self.command)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for name in ("--checkpoint_path", "--export_format", "--output_dir", "--export_config"):
            self.assertIn(name, result.stdout)

    def test_capabilities(self):
        result = run(["--capabilities"], command=self.command)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        told = json.loads(result.stdout)
        jsonschema.Draft7Validator(CAPABILITIES_SCHEMA).validate(told)
        self.assertEqual((told["framework"], told["task_types"], told["default_format"]), ("toy", ["classification"], "onnx"))
        for row in told["formats"]:
            self.output = self.folder / row["format"]
            result = self.export_toy(self.command, export_format=row["format"], expect=0 if row["supported"] else 3)
            if row["supported"]:
                self.assertEqual(sorted(os.listdir(self.output)), sorted(row["files"]))
            else:
                self.assertEqual(last_error(result.stderr), f"Unsupported format: {row['format']}: {row['reason']}")

    def test_checkpoints_that_are_none(self):
        whole, bad = self.checkpoint.read_bytes(), self.folder / "bad.pt"
        self.export_toy(self.command, checkpoint=bad, expect=1)
        for data in (b"", whole[:-1], whole[:len(whole) // 2], whole[:9], whole + b"x"):
            bad.write_bytes(data)
            self.assertIn("bad.pt", last_error(self.export_toy(self.command, checkpoint=bad, expect=1).stderr))
        self.assert_no_export()

    def test_directory_checkpoint(self):
        directory = self.folder / "checkpoint"
        directory.mkdir()
        shutil.copy(self.checkpoint, directory / "weights.bin")
        self.export_toy(self.command, checkpoint=directory)
        self.assertEqual(os.listdir(directory), ["weights.bin"])

    def test_failed_validation_publishes_nothing_and_keeps_the_old_export(self):
        self.export_toy(self.command, expect=2, environment={"TOY_INVALID": "1"})
        self.assert_no_export()
        self.export_toy(self.command)
        before = {path.name: path.read_bytes() for path in self.output.iterdir()}
        result = self.export_toy(self.command, expect=2, environment={"TOY_INVALID": "1"})
        self.assertRegex(last_error(result.stderr), "^Validation failed: .*says TOY_INVALID")
        self.assertEqual({path.name: path.read_bytes() for path in self.output.iterdir()}, before)

    def test_output_that_cannot_be_written(self):
        self.output = self.checkpoint / "out"
        result = self.export_toy(self.command, expect=1)
        self.assertIn("Not a directory", last_error(result.stderr))

    def test_full_disk(self):
        for size in (100, 450):  # Too little for model.onnx; enough for it, too little for metadata.json.
            limit = lambda size=size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            result = run(arguments(checkpoint=self.checkpoint, output=self.output), command=self.command, preexec_fn=limit)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertRegex(last_error(result.stderr), "^Export failed: .*(cannot write|File too large)")
            self.assert_no_export()

    def test_relative_paths_and_odd_names(self):
        folder = self.folder / "Lunéville à côté"
        folder.mkdir()
        shutil.copy(self.checkpoint, folder / "modèle 1.pt")
        result = run(arguments(checkpoint="modèle 1.pt", output="out put"), command=self.command, cwd=folder, env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sorted(os.listdir(folder)), sorted(["modèle 1.pt", "out put"]))
        self.assertEqual(sorted(os.listdir(folder / "out put")), ["metadata.json", "model.onnx"])


class PythonTemplate(EveryTemplate, TemplateCase):
    def setUp(self):
        super().setUp()
        self.command = write_python_exporter(self.folder / "toy-trainer")

    def filled(self, **functions):
        """A command of the toy exporter with functions of one's own (name -> body, indented by nothing)."""
        sources = dict(TOY_FUNCTIONS)
        for name, body in functions.items():
            head = TOY_FUNCTIONS[name].splitlines()[0]
            sources[name] = head + "".join(f"\n    {line}" for line in body.splitlines())
        return write_python_exporter(self.folder / "other-trainer", fill_template.fill(sources, ["import toy"]))

    def test_pair_and_package(self):
        for export_format, names in (("openvino", ["metadata.json", "model.bin", "model.xml"]), ("coreml", ["metadata.json", "model.mlpackage"])):
            self.output = self.folder / export_format
            for _ in range(2):
                self.export_toy(self.command, export_format=export_format)
                self.assertEqual(sorted(os.listdir(self.output)), names)
        self.assertEqual(os.listdir(Path(self.command[1]).parent), ["export.py", "toy.py"])

    def test_pristine(self):
        pristine = [sys.executable, str(fill_template.TEMPLATE)]
        self.assertIn("load_model is not filled in yet", last_error(self.export_toy(pristine, expect=3).stderr))
        self.assert_no_export()
        told = json.loads(run(["--capabilities"], command=pristine).stdout)
        jsonschema.Draft7Validator(CAPABILITIES_SCHEMA).validate(told)
        self.assertEqual([row["reason"] for row in told["formats"]][:2], ["export_onnx is not filled in yet", "TensorRT export not supported for this framework"])

    def test_what_authors_get_wrong(self):
        for name, body, code, message in (
                ("export_onnx", "return None", 1, "returned None, not the path"),
                ("export_onnx", "return 'nothing.onnx'", 1, "nothing.onnx does not exist"),
                ("export_onnx", "open('a.onnx', 'w').close()\nreturn 'a.onnx'", 1, "a.onnx is empty"),
                ("export_onnx", "os.mkdir('a')\nreturn 'a'", 1, "a is a directory, and model.onnx is not"),
                ("export_onnx", "raise SystemExit(0)", 1, "^Export failed: SystemExit: 0"),
                ("export_onnx", "raise RuntimeError('one\\ntwo')", 1, "^Export failed: one two$"),
                ("export_onnx", "raise NotImplementedError('no ONNX')", 3, "^Unsupported format: onnx: no ONNX$"),
                ("load_model", "import ultralytiks", 1, "^Export failed: ModuleNotFoundError: .*ultralytiks"),
                ("load_model", "raise FileNotFoundError('gone')", 1, "^Export failed: gone$"),
                ("get_metadata", "return {'framework': 'toy', 'task_type': 'detection'}", 1,
                 "returned no model_name, input_shape, input_dtype, output_shape, class_names, num_classes$"),
                ("get_metadata", textwrap.dedent(TOY_FUNCTIONS["get_metadata"].split("\n", 1)[1]).replace("[0, 0, 0]", "[float('nan')]"), 1,
                 "ValueError: Out of range float"),
                ("validate_export", "assert False, 'not equal'", 1, "AssertionError: not equal")):
            with self.subTest(name=name, body=body):
                result = self.export_toy(self.filled(**{name: body}), expect=code)
                self.assertRegex(last_error(result.stderr), message)
                self.assert_no_export()

    def test_a_framework_that_writes_everywhere(self):
        self.export_toy(self.filled(
            load_model="open('in-the-working-directory', 'w').close()\nmodel = toy.read_checkpoint(checkpoint_path)\nreturn {**model, 'path': checkpoint_path}",
            export_onnx="toy.write_onnx(model, config, os.path.dirname(model['path']))\nreturn os.path.join(os.path.dirname(model['path']), 'model.onnx')"))
        self.assertEqual(sorted(os.listdir(self.output)), ["metadata.json", "model.onnx"])
        self.assertEqual(sorted(os.listdir(self.folder)), ["other-trainer", "out", "toy-trainer", "toy.pt"])

    def test_what_a_framework_leaves_in_the_temporary_directory(self):
        (self.folder / "tmp").mkdir()
        command = self.filled(export_onnx="import subprocess, tempfile\ntempfile.mkdtemp()\nsubprocess.run(['mktemp'], check=True, stdout=subprocess.DEVNULL)\n"
                                          "toy.write_onnx(model, config, '.')\nreturn 'model.onnx'")
        self.export_toy(command, environment={"TMPDIR": str(self.folder / "tmp")})
        self.assertEqual(os.listdir(self.folder / "tmp"), [])

    def test_an_export_of_the_checkpoint_s_name(self):
        before = self.checkpoint.read_bytes()
        self.export_toy(self.filled(export_onnx="toy.write_onnx(model, config, '.')\nshutil.copyfile('model.onnx', 'toy.pt')\nreturn 'toy.pt'"))
        self.assertEqual(self.checkpoint.read_bytes(), before)
        self.assertNotEqual((self.output / "model.onnx").read_bytes(), before)

    def test_what_is_returned_may_be_the_checkpoint(self):
        self.export_toy(self.filled(load_model="return {**toy.read_checkpoint(checkpoint_path), 'path': checkpoint_path}",
                                    export_onnx="return os.path.realpath(model['path'])"))
        self.assertTrue(self.checkpoint.exists())
        self.assertEqual((self.output / "model.onnx").read_bytes(), self.checkpoint.read_bytes())

    def test_the_source_s_snippets_unchanged(self):
        snippets = SOURCE / "convention/source/snippets"
        sources = {name: (snippets / f"{name}.py").read_text() for name in ("load_model", "get_metadata", "export_onnx", "export_tensorrt")}
        folder = self.folder / "snippets"
        command = write_python_exporter(folder, fill_template.fill(sources))
        shutil.copytree(EXPORTERS / "ultralytics_stand_in", folder, dirs_exist_ok=True)
        self.export_toy(command, config={"opset_version": 16})
        self.assertEqual(self.metadata()["framework"], "your_framework")
        self.assertEqual(sorted(os.listdir(self.folder)), ["out", "snippets", "toy-trainer", "toy.pt"])
        refused = self.export_toy(command, export_format="tensorrt", expect=3)
        self.assertEqual(last_error(refused.stderr), "Unsupported format: tensorrt: TensorRT export not supported for this framework")

    def test_the_worked_example_is_the_template_filled_in(self):
        example = (SOURCE / "docs/examples/tiny_torch/export.py").read_text()
        functions = {name: text for name, text in fill_template.functions_of(example).items() if name in (*TOY_FUNCTIONS, "export_torchscript")}
        self.assertEqual(example, fill_template.fill(functions).replace("YOUR FRAMEWORK", "tiny_torch", 1))

    def signalled(self, number, body):
        command = self.filled(export_onnx="print('here', flush=True)\n" + body)
        process = subprocess.Popen([*command, *arguments(checkpoint=self.checkpoint, output=self.output)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        self.assertEqual(process.stdout.readline(), "here\n")
        child = process.stdout.readline().strip() if "Popen" in body else None
        process.send_signal(number)
        _, log = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + number, log)
        self.assertEqual(last_error(log), f"Interrupted by {number.name}")
        self.assert_no_export()
        return child

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self.signalled(number, "import time\ntime.sleep(600)")
        self.signalled(signal.SIGTERM, "import ctypes\nctypes.CDLL(None).sleep(600)")
        self.signalled(signal.SIGTERM, "while True: pass")
        child = self.signalled(signal.SIGTERM, "import subprocess\np = subprocess.Popen(['sleep', '600'])\nprint(p.pid, flush=True)\np.wait()")
        deadline = time.monotonic() + 30
        while Path(f"/proc/{child}/stat").exists() and Path(f"/proc/{child}/stat").read_text().split()[2] != "Z":
            self.assertLess(time.monotonic(), deadline, "the child outlives the exporter")
            time.sleep(0.05)

    def test_a_signal_while_nobody_reads_the_log(self):
        command = self.filled(export_onnx="while True: logger.info('.' * 1000)")
        process = subprocess.Popen([*command, *arguments(checkpoint=self.checkpoint, output=self.output)], stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        process.stderr.read(1)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=60), 128 + signal.SIGTERM)
        self.assert_no_export()

    def test_a_worker_that_is_terminated_is_no_signal(self):
        self.export_toy(self.filled(load_model="import multiprocessing\nimport time\nworker = multiprocessing.get_context('fork').Process(target=time.sleep, args=(600,))\n"
                                               "worker.start()\nworker.terminate()\nworker.join()\nassert worker.exitcode == -15\n"
                                               "time.sleep(0.2)\nreturn toy.read_checkpoint(checkpoint_path)"))


class CppTemplate(EveryTemplate, TemplateCase):
    @classmethod
    def setUpClass(cls):
        cls.built = tempfile.TemporaryDirectory(prefix="modelport-template-")
        cls.addClassCleanup(cls.built.cleanup)
        cls.command = build_cpp_exporter(Path(cls.built.name) / "trainer")

    def test_pristine_says_what_to_do_first(self):
        folder = self.folder / "unbuilt"
        folder.mkdir()
        shutil.copy(SOURCE / "convention/templates/cpp/export.py", folder)
        self.assertIn("build it with CMake", last_error(self.export_toy([sys.executable, str(folder / "export.py")], expect=1).stderr))

    def test_same_bytes_as_the_python_template(self):
        self.export_toy(self.command, config={"dynamic_axes": True})
        ours = (self.output / "model.onnx").read_bytes()
        self.export_toy(write_python_exporter(self.folder / "python"), config={"dynamic_axes": True})
        self.assertEqual((self.output / "model.onnx").read_bytes(), ours)

    def test_signal(self):
        fifo = self.folder / "fifo.pt"
        os.mkfifo(fifo)
        process = subprocess.Popen([*self.command, *arguments(checkpoint=fifo, output=self.output)], stderr=subprocess.PIPE, text=True)
        self.assertIn("INFO", process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
        self.assertEqual((process.returncode, last_error(log)), (128 + signal.SIGTERM, "Interrupted by SIGTERM"))
        self.assert_no_export()


if __name__ == "__main__":
    unittest.main()
