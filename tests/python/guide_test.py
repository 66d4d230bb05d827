"""docs/TRAINER_DEVELOPMENT_GUIDE.md followed to the letter in an empty directory."""
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

from exporter import BUILD, SOURCE, ExportCase
from toy_exporter import fill_template

GUIDE = SOURCE / "docs/TRAINER_DEVELOPMENT_GUIDE.md"
PASTE = "echo paste here"


def session(text):
    """The guide's commands as one shell script, with PASTE where its functions go into export.py, and those functions."""
    script, functions = [], {}
    for language, code in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S):
        if language == "bash":
            script.append(code)
        else:
            functions |= fill_template.functions_of(code)
            if PASTE not in script:
                script.append(PASTE)
    return "\n".join(script), functions


class Guide(ExportCase):
    def test_to_the_letter(self):
        repository = self.folder / "repository"
        (repository / "build").mkdir(parents=True)
        for name in ("docs", "convention"):
            (repository / name).symlink_to(SOURCE / name)
        (repository / "build/bin").symlink_to(BUILD / "bin")
        script, functions = session(GUIDE.read_text())
        before, after = script.split(PASTE)
        empty = self.folder / "empty"
        empty.mkdir()
        environment = {**os.environ, "MODELPORT": str(repository), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        for part in (before, "cd my_trainer\n" + after):
            result = subprocess.run(["bash", "-euo", "pipefail", "-c", part], cwd=empty, env=environment, capture_output=True, text=True,
                                    stdin=subprocess.DEVNULL)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            (empty / "my_trainer/export.py").write_text(fill_template.fill(functions))
        trainer = empty / "my_trainer"
        self.assertEqual(sorted(os.listdir(trainer / "out")), ["metadata.json", "model.onnx"])
        self.assertEqual(json.loads((trainer / "out/metadata.json").read_text())["framework"], "tiny_torch")
        told = json.loads(result.stdout[result.stdout.rindex('{\n  "convention_version"'):result.stdout.rindex('"extensions": []') + 18])
        self.assertEqual((told["framework"], [row["format"] for row in told["formats"] if row["supported"]]), ("tiny_torch", ["onnx", "torchscript"]))
        self.assertIn("EXP-110", (trainer / "report.html").read_text())

    def test_it_is_the_worked_example(self):
        _, functions = session(GUIDE.read_text())
        example = fill_template.functions_of((SOURCE / "docs/examples/tiny_torch/export.py").read_text())
        self.assertEqual(functions, {name: example[name] for name in functions})
        self.assertEqual(len(functions), 7)

    def test_its_requirements_exist(self):
        known = set(re.findall(r"^\| (EXP-\d{3}) ", (SOURCE / "convention/convention.md").read_text(), re.M))
        self.assertLessEqual(set(re.findall(r"EXP-\d{3}", GUIDE.read_text())), known)

    def test_its_paths_exist(self):
        for path in re.findall(r"`((?:docs|convention|trainers|tests)/[\w./]+)`", GUIDE.read_text()):
            with self.subTest(path=path):
                self.assertTrue((SOURCE / path).exists() or path in ("tests/test_export.py", "tests/fixtures/model.pt", "trainers/timm/", "trainers/huggingface/"))


if __name__ == "__main__":
    unittest.main()
