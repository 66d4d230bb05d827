"""Toy classifiers and the exporters that tests/exporters holds for them."""
import subprocess
import sys

from exporter import SOURCE

EXPORTERS = SOURCE / "tests" / "exporters"
sys.path.insert(0, str(EXPORTERS))
sys.dont_write_bytecode = True

import fill_template  # noqa: E402
import toy  # noqa: E402
from variants import MODEL  # noqa: E402


def write_checkpoint(path, model=MODEL):
    path.write_bytes(toy.pack_checkpoint(model))
    return path


def write_python_exporter(folder, text=None):
    """A trainer's folder with the filled-in Python template; its command."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "export.py").write_text(text or fill_template.toy_exporter())
    (folder / "toy.py").write_text((EXPORTERS / "toy.py").read_text())
    return [sys.executable, str(folder / "export.py")]


def build_cpp_exporter(folder, sources=EXPORTERS / "toy_model.cpp"):
    """Builds a copy of the C++ template in `folder` with CMake; its command."""
    template = SOURCE / "convention" / "templates" / "cpp"
    subprocess.run(["cp", "-r", template, folder], check=True)
    for line in (["cmake", "-S", folder, "-B", folder / "build", f"-DMODEL_SOURCES={sources}", "-DCMAKE_CXX_FLAGS=-Werror"],
                 ["cmake", "--build", folder / "build"]):
        result = subprocess.run(line, capture_output=True, text=True)
        if result.returncode:
            raise AssertionError(result.stdout + result.stderr)
    return [sys.executable, str(folder / "export.py")]
