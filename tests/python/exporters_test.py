"""`modelport check` on exporters that violate one requirement each, and on exporters that violate none."""
import json
import os
import shutil
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from exporter import BUILD, FIXTURES, SAMPLE, SOURCE, ExportCase
from toy_exporter import EXPORTERS, build_cpp_exporter, fill_template, write_checkpoint, write_python_exporter

import conformant  # noqa: E402
import mutants  # noqa: E402
import variants  # noqa: E402

CHECK = [str(BUILD / "bin" / "modelport"), "check"]
PYTHON = [sys.executable, "-S", "-E"]  # Starts in a fifth of the time.


@dataclass
class Outcome:
    code: int
    failed: dict  # requirement -> what was seen
    levels: dict
    log: str

    def __str__(self):
        return f"exit code {self.code}, failed: {json.dumps(self.failed, indent=1)}\n{self.log[-2000:]}"


def check(folder, command, checkpoint, options=()):
    """Checks the exporter `command`, run in `folder`."""
    report = folder.parent / f"{folder.name}-report.json"
    result = subprocess.run([*CHECK, "--checkpoint", checkpoint, "--json", report, *options, "--", *command], cwd=folder, capture_output=True, text=True,
                            errors="replace", stdin=subprocess.DEVNULL, timeout=900)
    if not report.exists():
        return Outcome(result.returncode, {}, {}, result.stdout + result.stderr)
    rows = json.loads(report.read_text())["findings"]
    return Outcome(result.returncode, {row["id"]: row.get("evidence") for row in rows if row["verdict"] == "fail"}, {row["id"]: row["level"] for row in rows},
                   result.stdout + result.stderr)


class Exporters(ExportCase):
    def check_variant(self, variant):
        stage = self.folder / variant.name
        folder = stage / "trainers" / "toy"
        variants.write(variant, folder)
        checkpoint = write_checkpoint(stage / "toy.pt")
        outcome = check(folder, [*PYTHON, "export.py"], checkpoint, (*(("--format", variant.format) if variant.format else ()), *variant.options))
        shutil.rmtree(stage)
        return outcome

    def check_all(self, rows):
        # Those that sleep or time out first, so that others use the processors meanwhile.
        rows = sorted(rows, key=lambda variant: not variant.options and "sleep(" not in str(variant.patches))
        with ThreadPoolExecutor(4) as workers:
            for variant, outcome in zip(rows, workers.map(self.check_variant, rows)):
                with self.subTest(name=variant.name):
                    expected = {variant.requirement} - {""}
                    self.assertEqual(set(outcome.failed), expected, str(outcome))
                    must = any(outcome.levels[name] == "MUST" for name in expected)
                    self.assertEqual(outcome.code, 1 if must else 0, str(outcome))

    def test_mutants(self):
        self.assertGreaterEqual(len(mutants.MUTANTS), 80)
        self.check_all(mutants.MUTANTS)

    def test_conformant_variants(self):
        self.assertGreaterEqual(len(conformant.FROM_THE_SOURCE), 10)
        self.check_all(conformant.CONFORMANT)

    def assert_conformant(self, folder, command, checkpoint, *options):
        outcome = check(folder, command, checkpoint, options)
        self.assertEqual((outcome.failed, outcome.code), ({}, 0), str(outcome))

    def test_every_requirement_has_a_mutant(self):
        """But the one that wants a checkpoint that the checker can read."""
        text = (SOURCE / "convention/convention.md").read_text()
        known = {line.split()[1] for line in text.splitlines() if line.startswith("| EXP-")}
        self.assertEqual(known - {mutant.requirement for mutant in mutants.MUTANTS}, {"EXP-065"})

    def test_class_names_of_another_checkpoint(self):
        folder = self.folder / "exporter"
        folder.mkdir()
        shutil.copy(EXPORTERS / "other_class_names.py", folder / "export.py")
        shutil.copy(BUILD / "bin/modelport-ultralytics", folder)
        outcome = check(folder, [*PYTHON, "export.py"], SAMPLE, ("--format", "onnx"))
        self.assertEqual((set(outcome.failed), outcome.code), ({"EXP-065"}, 1), str(outcome))

    def check_author(self, name, options=()):
        folder = self.folder / name
        folder.mkdir()
        shutil.copy(EXPORTERS / "authors" / f"{name}.py", folder / "export.py")
        shutil.copy(EXPORTERS / "toy.py", folder)
        return check(folder, [*PYTHON, "export.py"], write_checkpoint(self.folder / "toy.pt"), options)

    def test_authors_who_have_not_read_the_convention(self):
        plain = self.check_author("plain_argparse")
        self.assertEqual(set(plain.failed), {"EXP-005", "EXP-014", "EXP-019", "EXP-046", "EXP-048", "EXP-049", "EXP-051", "EXP-055", "EXP-056", "EXP-057",
                                             "EXP-058", "EXP-071", "EXP-072"}, str(plain))
        self.assertIn('/class_names is {"0":"cat","1":"dog","2":"bird"}: it takes a list\n', plain.log)
        self.assertIn("leave the batch out", plain.log)
        self.assertIn("argparse itself ends with 2", plain.log)
        swallows = self.check_author("swallows_everything")
        self.assertEqual(set(swallows.failed), {"EXP-011", "EXP-014", "EXP-016", "EXP-018", "EXP-030", "EXP-046", "EXP-047", "EXP-052", "EXP-054", "EXP-058",
                                                "EXP-070", "EXP-086"}, str(swallows))
        self.assertIn("FAIL EXP-047 MUST tensorrt, coreml, tflite, torchscript, openvino: ", swallows.log)
        self.assertIn('/input_dtype is "torch.float32": it takes one of "float32", ', swallows.log)
        self.assertIn("model.engine is not there; output_dir holds metadata.json, model.onnx; tensorrt was asked for: a format that is not offered", swallows.log)
        own = self.check_author("exit_codes_of_its_own", ("--format", "openvino"))
        self.assertEqual(set(own.failed), {"EXP-014", "EXP-016", "EXP-018", "EXP-019", "EXP-030", "EXP-051", "EXP-054", "EXP-058", "EXP-071", "EXP-083"}, str(own))
        self.assertIn("model.xml is not there; output_dir holds metadata.json, toynet.bin, toynet.xml", own.log)

    def test_strict(self):
        should = next(mutant for mutant in mutants.MUTANTS if mutant.requirement == "EXP-058")
        variants.write(should, self.folder / "exporter")
        outcome = check(self.folder / "exporter", [*PYTHON, "export.py"], write_checkpoint(self.folder / "toy.pt"), ("--format", "onnx", "--strict"))
        self.assertEqual((set(outcome.failed), outcome.code), ({"EXP-058"}, 1))

    def test_directory_checkpoint(self):
        variants.write(conformant.CONFORMANT[0], self.folder / "exporter")
        (self.folder / "checkpoint").mkdir()
        write_checkpoint(self.folder / "checkpoint/weights.bin")
        (self.folder / "checkpoint/README").write_text("small\n")
        self.assert_conformant(self.folder / "exporter", [*PYTHON, "export.py"], self.folder / "checkpoint", "--format", "onnx")

    def test_shell_exporter(self):
        (self.folder / "exporter").mkdir()
        for name in ("shell_exporter.sh", "toy.py"):
            shutil.copy(EXPORTERS / name, self.folder / "exporter")
        self.assert_conformant(self.folder / "exporter", ["./shell_exporter.sh"], write_checkpoint(self.folder / "toy.pt"), "--format", "onnx")

    def test_python_template(self):
        command = write_python_exporter(self.folder / "exporter")
        self.assert_conformant(self.folder / "exporter", command, write_checkpoint(self.folder / "toy.pt"))

    def test_the_source_s_functions_in_the_template(self):
        sources = {name: conformant.snippet(f"{name}.py") for name in ("load_model", "get_metadata", "export_onnx")}
        sources["export_tensorrt"] = conformant.snippet("export_tensorrt_with_advice.py")
        folder = self.folder / "exporter"
        command = write_python_exporter(folder, fill_template.fill(sources))
        shutil.copytree(EXPORTERS / "ultralytics_stand_in", folder, dirs_exist_ok=True)
        outcome = check(folder, command, write_checkpoint(self.folder / "toy.pt"), ("--format", "onnx"))
        # The source's get_metadata says nothing of top_k, which its own example for classification recommends.
        self.assertEqual((set(outcome.failed), outcome.code), ({"EXP-054"}, 0), str(outcome))

    def test_cpp_template(self):
        command = build_cpp_exporter(self.folder / "exporter")
        self.assert_conformant(self.folder / "exporter", command, write_checkpoint(self.folder / "toy.pt"), "--format", "onnx")
        self.assert_conformant(self.folder / "exporter", ["build/exporter"], self.folder / "toy.pt", "--format", "onnx")

    def test_worked_example(self):
        folder = self.folder / "exporter"
        shutil.copytree(SOURCE / "docs/examples/tiny_torch", folder)
        checkpoint = self.folder / "best.pt"
        subprocess.run([sys.executable, folder / "train.py", checkpoint], check=True, capture_output=True)
        formats = ("onnx", "torchscript") if os.environ.get("MODELPORT_TEST_ALL") else ("torchscript",)
        for name in formats:
            self.assert_conformant(folder, [sys.executable, "export.py"], checkpoint, "--format", name)

    def test_our_own_exporter(self):
        for checkpoint in (SAMPLE, FIXTURES / "yolo11-cls.pt"):
            self.assert_conformant(BUILD / "bin", ["./modelport-ultralytics"], checkpoint)


if __name__ == "__main__":
    unittest.main()
