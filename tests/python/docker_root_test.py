"""Every image, as its Dockerfile describes it, run without network and with a read-only root."""
import os
import subprocess
import unittest

import dockerfile
from container_root import Container, debian_root
from exporter import BUILD, SAMPLE, SOURCE, ExportCase, arguments, last_error
from toy_exporter import build_cpp_exporter, write_checkpoint, write_python_exporter


class Containers(ExportCase):
    @classmethod
    def setUpClass(cls):
        cls.root, why = debian_root()
        if cls.root is None:
            raise unittest.SkipTest(why)

    def container(self, path, context, **made):
        return Container(self.root, dockerfile.read(SOURCE / path), context, made)

    def installed(self):
        """A stage's root after `cmake --install --prefix /opt/modelport`."""
        subprocess.run(["cmake", "--install", BUILD, "--prefix", self.folder / "stage/opt/modelport"], check=True, capture_output=True)
        return self.folder / "stage"

    def exports(self, container, checkpoint):
        """One good export, and what must fail, as `docker run` would see it."""
        self.output.mkdir()
        binds = ((checkpoint, "/data/best.pt", "ro"), (self.output, "/data/out", "rw"))
        good = container.run(arguments(checkpoint="best.pt", output="out"), binds)
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertEqual(sorted(os.listdir(self.output)), ["metadata.json", "model.onnx"])
        for line, code in ((arguments(checkpoint="missing.pt", output="out"), 1), (arguments(checkpoint="best.pt", output="elsewhere"), 1),
                           (arguments(checkpoint="best.pt", output="out", export_format="onx"), 3), ([], 3)):
            failed = container.run(line, binds)
            self.assertEqual(failed.returncode, code, failed.stderr)
            self.assertIsNotNone(last_error(failed.stderr))

    def test_isolation(self):
        """The stand-in for the container is one: nobody else, no network, nothing to write to."""
        write_python_exporter(self.folder / "trainer")
        container = self.container("docs/examples/Dockerfile", self.folder / "trainer", build=self.venv())
        probe = container.run(["-c", "import os, socket; print(os.getuid(), [n for _, n in socket.if_nameindex()], "
                                     "[p for p in ('/', '/opt', '/etc', '/data', '/usr') if os.access(p, os.W_OK)])"], entrypoint=["python3"])
        self.assertEqual(probe.stdout, "10001 ['lo'] []\n", probe.stderr)

    def test_ultralytics(self):
        container = self.container("trainers/ultralytics/Dockerfile", SOURCE, build=self.installed())
        self.exports(container, SAMPLE)
        version = container.run(["--version"], entrypoint=["/opt/trainer/modelport"])
        self.assertEqual(version.returncode, 0, version.stderr)

    def test_backend(self):
        container = self.container("Dockerfile", SOURCE, build=self.installed())
        version = container.run(["--version"])
        self.assertEqual(version.returncode, 0, version.stderr)

    def test_cpp_template(self):
        stage = self.folder / "stage"
        build_cpp_exporter(self.folder / "source")
        subprocess.run(["cmake", "--install", self.folder / "source/build", "--prefix", stage / "opt/trainer"], check=True, capture_output=True)
        self.exports(self.container("convention/templates/cpp/Dockerfile", self.folder / "source", build=stage), write_checkpoint(self.folder / "toy.pt"))

    def venv(self):
        """A stage's root with /opt/venv, as Debian's python3 makes it."""
        venv = self.folder / "stage/opt/venv"
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", venv], check=True)
        return self.folder / "stage"

    def test_python_template(self):
        write_python_exporter(self.folder / "trainer")
        self.exports(self.container("docs/examples/Dockerfile", self.folder / "trainer", build=self.venv()), write_checkpoint(self.folder / "toy.pt"))


if __name__ == "__main__":
    unittest.main()
