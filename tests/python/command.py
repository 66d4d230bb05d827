"""Runs `modelport` as a black box."""
import os

from exporter import BUILD, ExportCase, run

MODELPORT = BUILD / "bin" / "modelport"


class CommandCase(ExportCase):
    """A test of a subcommand, in a directory of its own."""

    def modelport(self, *line, expect=0, **options):
        environment = {**os.environ, "MODELPORT_BIN": str(BUILD / "bin")} | options.pop("environment", {})
        result = run([str(part) for part in line], command=(str(MODELPORT),), cwd=self.folder, env=environment, **options)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def export_with(self, checkpoint, name, *settings, to="onnx"):
        """The folder of an unproven export."""
        self.modelport("export", checkpoint, "--to", to, "-o", self.folder / name, "--set", "validate=off", *settings)
        (folder,) = (self.folder / name).iterdir()
        return folder
