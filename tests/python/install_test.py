"""cmake --install gives a tree that works from wherever it is moved to, with nothing but the C library."""
import re
import shutil
import subprocess
import sys
import unittest

from exporter import BUILD, ExportCase, arguments, run


class Install(ExportCase):
    def test_relocated_tree(self):
        subprocess.run(["cmake", "--install", BUILD, "--prefix", self.folder / "prefix"], check=True, capture_output=True)
        tree = self.folder / "else" / "where"
        tree.parent.mkdir()
        shutil.move(self.folder / "prefix", tree)
        for executable in ("modelport", "modelport-ultralytics"):
            self.assertEqual(run(["--version"], command=(str(tree / "bin" / executable),)).returncode, 0)
            needed = subprocess.run(["ldd", tree / "bin" / executable], capture_output=True, text=True).stdout
            libraries = set(re.findall(r"^\s*(\S+)\.so", needed, re.M))
            self.assertLessEqual({name.split("/")[-1] for name in libraries}, {"linux-vdso", "libc", "libm", "libdl", "libpthread", "ld-linux-x86-64"})
        script = tree / "share/modelport/trainers/ultralytics/export.py"
        result = run(arguments(output=self.output), command=(sys.executable, str(script)), cwd="/", env={"PATH": "/usr/bin:/bin"})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.output / "model.onnx").exists())
        for name in ("metadata", "proof", "capabilities"):
            self.assertTrue((tree / f"share/modelport/convention/{name}.schema.json").exists(), name)


if __name__ == "__main__":
    unittest.main()
