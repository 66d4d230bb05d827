"""Several formats in one run: one folder each, what fails publishes nothing, and the exit code is the first of 2, 1, 3."""
import unittest

from exporter import FIXTURES, ExportCase, last_error

FAMILIES = FIXTURES / "families"
FILES = {"onnx": {"model.onnx"}, "torchscript": {"model.torchscript"}, "openvino": {"model.xml", "model.bin", "metadata.yaml"}}


class SeveralFormats(ExportCase):
    def run_formats(self, formats, expect, **config):
        return self.export(expect=expect, export_format=",".join(formats), config={"validate": "structure", **config})

    def assert_published(self, *formats):
        names = {path.name for path in self.output.iterdir() if any(path.iterdir())} if self.output.exists() else set()
        self.assertEqual(names, set(formats))
        for name in formats:
            self.assertEqual({path.name for path in (self.output / name).iterdir()}, FILES[name] | {"metadata.json"})
            self.assertEqual(self.metadata(self.output / name)["export_format"], name)

    def test_all_of_them(self):
        result = self.run_formats(FILES, 0)
        self.assert_published(*FILES)
        self.assertEqual(sum(" - Read " in line for line in result.stderr.splitlines()), 1, "the checkpoint is read once")

    def test_a_refused_format_leaves_the_others(self):
        result = self.run_formats(["onnx", "coreml", "openvino"], 3)
        self.assert_published("onnx", "openvino")
        self.assertIn("coreml", last_error(result.stderr))

    def test_a_setting_of_one_format(self):
        # ONNX's alone: the others stand, and neither knows it.
        self.run_formats(["onnx"], 0, opset_version=13)
        self.assertEqual(self.metadata(self.output)["export_config"]["opset_version"], 13)

    def test_one_after_the_other_into_one_directory(self):
        self.run_formats(["openvino"], 0)
        result = self.run_formats(["onnx"], 0)
        warnings = [line for line in result.stderr.splitlines() if " - WARNING - " in line and "removed" in line]
        self.assertEqual(len(warnings), 1, result.stderr)
        for name in FILES["openvino"]:
            self.assertIn(name, warnings[0])
        self.assertEqual({path.name for path in self.output.iterdir()}, {"model.onnx", "metadata.json"})
        self.assertNotIn("WARNING", self.run_formats(["onnx"], 0).stderr)

    def test_an_unreadable_checkpoint_is_worse_than_a_refusal(self):
        broken = self.folder / "broken.pt"
        broken.write_bytes(b"no checkpoint")
        self.export(expect=1, checkpoint=broken, export_format="coreml,onnx")
        self.assert_published()

    def test_an_unknown_setting_is_nobodys(self):
        self.run_formats(["onnx", "openvino"], 3, imgzs=64)
        self.assert_published()

    def test_a_name_twice(self):
        self.run_formats(["onnx", "onnx"], 3)
        self.assert_published()


if __name__ == "__main__":
    unittest.main()
