"""`modelport export` from outside: which exporter runs, with what, where files land, what is said and answered."""
import json
import os
import pty
import signal
import subprocess
import time

from command import MODELPORT, CommandCase
from exporter import BUILD, FIXTURES, SAMPLE, last_error, run

# An exporter of the convention as somebody else would write it. It logs what it was asked and writes a record.
STUB = '''
import json, os, sys, time
from pathlib import Path
extensions = EXTENSIONS
formats = {"onnx": ["imgsz", "opset_version"], "torchscript": ["imgsz"], "openvino": ["imgsz"]}
def row(name):
    if name not in formats:
        return {"format": name, "supported": False, "reason": "not of this stub"}
    keys = {key: {} for key in formats[name]}
    return {"format": name, "supported": True, "files": ["model." + name], "export_config": {"type": "object", "properties": keys}}
if "--capabilities" in sys.argv:
    if extensions is None:
        sys.exit(3)
    rows = [row(name) for name in ("onnx", "tensorrt", "coreml", "tflite", "torchscript", "openvino")]
    print(json.dumps({"exporter_version": "1", "formats": rows, "extensions": extensions}))
    sys.exit(0)
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
with open(Path(__file__).with_suffix(".log"), "a") as log:
    log.write(json.dumps(given) + "\\n")
config = json.loads(given.get("--export_config", "{}"))
config = config | config.get("onnx", {})
if config.get("imgsz") == "wait":
    print("2025-01-01 00:00:00,000 - INFO - waiting", file=sys.stderr, flush=True)
    time.sleep(60)
names = given["--export_format"].split(",")
code = 0
for name in names:
    if config.get("imgsz") == "broken " + name:
        print(f"2025-01-01 00:00:00,000 - ERROR - {name + ': ' if len(names) > 1 else ''}broken on purpose", file=sys.stderr)
        code = 2
        continue
    folder = Path(given["--output_dir"]) / (name if len(names) > 1 else "")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("model." + name)).write_text("weights")
    (folder / "new.json").write_text(json.dumps({"extra_metadata": {"files": [{"name": "model." + name, "size": 7}]} | (config["imgsz"] if isinstance(config.get("imgsz"), dict) else {})}))
    os.replace(folder / "new.json", folder / "metadata.json")
sys.exit(code)
'''


class StubCase(CommandCase):
    """With an exporter of somebody else at hand."""

    def stub(self, extensions=("multiple_formats",)):
        path = self.folder / "stub.py"
        path.write_text(STUB.replace("EXTENSIONS", repr(extensions and list(extensions))))
        return path

    def asked(self):
        """What the stub was asked, run by run."""
        return [json.loads(line) for line in (self.folder / "stub.log").read_text().splitlines()]


class RealExport(CommandCase):
    def test_folder_beside_and_table(self):
        result = self.modelport("export", SAMPLE, "--to", "onnx", "--set", "imgsz=64", "onnx.opset_version=15")
        metadata = self.metadata(self.folder / "yolo11-sample_onnx")
        self.assertEqual(metadata["export_config"]["opset_version"], 15)
        self.assertEqual(metadata["input_shape"], [64, 64, 3])
        header, row = result.stdout.splitlines()
        self.assertEqual(header.split(), ["format", "file", "bytes", "time", "proof", "worst", "difference"])
        self.assertIn("yolo11-sample_onnx/model.onnx", row)
        self.assertIn(str((self.folder / "yolo11-sample_onnx" / "model.onnx").stat().st_size), row)
        self.assertRegex(row, r"(runtime, ONNX Runtime|read_back).* \(allowed ")
        self.assertIn(" - INFO - ", result.stderr)

    def test_unavailable_format_leaves_the_others(self):
        result = self.modelport("export", SAMPLE, "--to", "coreml,onnx", "-o", "out", "--set", "imgsz=64", "validate=off", expect=3)
        self.assertTrue((self.output / "yolo11-sample_onnx" / "metadata.json").exists())
        self.assertFalse((self.output / "yolo11-sample_coreml").exists())
        rows = result.stdout.splitlines()[1:]
        self.assertEqual([row.split()[0] for row in rows], ["coreml", "onnx"], "in the order that was asked")
        self.assertIn("not available", rows[0])

    def test_refused_option_publishes_nothing(self):
        result = self.modelport("export", SAMPLE, "--to", "onnx", "--set", "conf=7", expect=3)
        self.assertIn("conf must be", result.stdout)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), [])

    def test_not_a_checkpoint(self):
        text = self.folder / "notes.pt"
        text.write_text("not a checkpoint")
        self.assertIn("notes.pt", last_error(self.modelport("export", text, "--to", "onnx", expect=1).stderr))
        self.assertIn("absent.pt", last_error(self.modelport("export", "absent.pt", "--to", "onnx", expect=1).stderr))

    def test_checkpoint_of_another_framework(self):
        checkpoint = FIXTURES / "transformer-mean-tanh.safetensors"
        error = last_error(self.modelport("export", checkpoint, "--to", "onnx", expect=1).stderr)
        self.assertIn("trainers for ultralytics", error)


class Arguments(CommandCase):
    def refused(self, *line):
        return last_error(self.modelport("export", *line, expect=3).stderr)

    def test_each_mistake_is_named(self):
        self.assertIn("needs --to", self.refused(SAMPLE))
        self.assertIn("one CHECKPOINT", self.refused("--to", "onnx"))
        self.assertIn("one CHECKPOINT", self.refused(SAMPLE, SAMPLE, "--to", "onnx"))
        self.assertIn("did you mean onnx", self.refused(SAMPLE, "--to", "onxx"))
        self.assertIn("twice", self.refused(SAMPLE, "--to", "onnx,onnx"))
        self.assertIn("no format", self.refused(SAMPLE, "--to", "onnx,"))
        self.assertIn("did you mean --set", self.refused(SAMPLE, "--to", "onnx", "--sett", "a=1"))
        self.assertIn("did you mean opset_version", self.refused(SAMPLE, "--to", "onnx", "--set", "opset=12"))
        self.assertIn("key=value", self.refused(SAMPLE, "--to", "onnx", "--set", "half"))
        self.assertIn("--to does not name", self.refused(SAMPLE, "--to", "onnx", "--set", "openvino.half=true"))
        self.assertIn("usage", self.modelport("export", "--help").stdout)

    def test_trainer_that_is_not_installed(self):
        alone = self.folder / "bin" / "modelport"
        alone.parent.mkdir()
        alone.write_bytes(MODELPORT.read_bytes())
        alone.chmod(0o755)
        result = run(["export", str(SAMPLE), "--to", "onnx"], command=(str(alone),), env={"PATH": "/nowhere"})
        self.assertEqual(result.returncode, 1)
        self.assertIn("MODELPORT_BIN", last_error(result.stderr))
        self.assertIn(str(alone.parent / "modelport-ultralytics"), last_error(result.stderr))


class OtherExporters(StubCase):
    """The command against exporters that are not ours."""

    def test_the_table_tells_the_proof_as_it_is(self):
        figure = {"value": "output0", "group": "boxes", "role": "boxes_px", "max_difference": 0.2, "allowed": 0.5}
        proofs = {
            r"rumour \(not known, counts as none\)": {"level": "rumour"},
            r"runtime +output0 boxes 18 px \(allowed no number\)": {"level": "runtime", "checks": [{"figures": [figure, {**figure, "max_difference": 18.2, "allowed": None}]}]},
            r"runtime, an engine +output0 boxes 0.2 px \(allowed 0.5\)": {"level": "runtime", "checks": [{"engine": "an engine", "figures": [{**figure, "allowed": 0.21}]}], "artifact_against_checkpoint": [figure]},
        }
        for row, proof in proofs.items():
            result = self.modelport("export", SAMPLE, "--to", "onnx", "--exporter", self.stub(), "--set", "imgsz=" + json.dumps({"proof": proof}))
            self.assertRegex(result.stdout, row)

    def test_formats_run_together(self):
        self.modelport("export", SAMPLE, "--to", "openvino,onnx", "--exporter", self.stub(), "--set", "imgsz=[3,4]")
        (run_,) = self.asked()
        self.assertEqual(run_["--export_format"], "openvino,onnx")
        self.assertEqual(json.loads(run_["--export_config"]), {"imgsz": [3, 4]})
        self.assertEqual((self.folder / "yolo11-sample_openvino_model" / "model.openvino").read_text(), "weights")
        self.assertEqual((self.folder / "yolo11-sample_onnx" / "model.onnx").read_text(), "weights")
        self.assertFalse(os.path.exists(run_["--output_dir"]), "the folder of links is gone")

    def test_settings_reach_only_formats_that_take_them(self):
        self.modelport("export", SAMPLE, "--to", "torchscript,onnx", "--exporter", self.stub(), "--set", "opset_version=15", "imgsz=x y")
        (run_,) = self.asked()
        self.assertEqual(json.loads(run_["--export_config"]), {"torchscript": {"imgsz": "x y"}, "onnx": {"opset_version": 15, "imgsz": "x y"}})

    def test_without_the_extension_one_run_a_format(self):
        self.modelport("export", SAMPLE, "--to", "onnx,torchscript", "--exporter", self.stub(extensions=()), "-o", "out")
        self.assertEqual([run_["--export_format"] for run_ in self.asked()], ["onnx", "torchscript"])
        self.assertTrue((self.output / "yolo11-sample_torchscript" / "metadata.json").exists())

    def test_without_capabilities_everything_is_passed_on(self):
        self.modelport("export", SAMPLE, "--to", "onnx,tflite", "--exporter", self.stub(extensions=None), "--set", "anything=1")
        self.assertEqual([json.loads(run_["--export_config"]) for run_ in self.asked()], [{"anything": 1}] * 2)

    def test_a_format_that_fails_leaves_the_others_and_its_code(self):
        result = self.modelport("export", SAMPLE, "--to", "onnx,openvino", "--exporter", self.stub(), "--set", "imgsz=broken onnx", expect=2)
        self.assertTrue((self.folder / "yolo11-sample_openvino_model" / "metadata.json").exists())
        self.assertFalse((self.folder / "yolo11-sample_onnx").exists(), "made for nothing, so removed")
        rows = {row.split()[0]: row for row in result.stdout.splitlines()[1:]}
        self.assertIn("broken on purpose", rows["onnx"])
        self.assertNotIn("broken", rows["openvino"])

    def test_an_old_export_is_no_success(self):
        stub = self.stub()
        self.modelport("export", SAMPLE, "--to", "onnx", "--exporter", stub)
        result = self.modelport("export", SAMPLE, "--to", "onnx", "--exporter", stub, "--set", "imgsz=broken onnx", expect=2)
        self.assertIn("failed", result.stdout)
        self.assertTrue((self.folder / "yolo11-sample_onnx" / "metadata.json").exists(), "what was there stays")

    def test_interrupt_ends_the_exporter(self):
        started = time.monotonic()
        process = subprocess.Popen([MODELPORT, "export", SAMPLE, "--to", "onnx", "--exporter", self.stub(), "--set", "imgsz=wait"],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while "waiting" not in process.stderr.readline():
            self.assertLess(time.monotonic() - started, 30)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        self.assertLess(time.monotonic() - started, 40)
        self.assertNotEqual(process.returncode, 0)
        self.assertIn("interrupted", errors)

    def test_a_terminal_sees_one_line_and_then_the_table(self):
        parent, child = pty.openpty()
        process = subprocess.Popen([MODELPORT, "export", SAMPLE, "--to", "onnx", "--set", "imgsz=64", "validate=structure"], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=child, env={**os.environ, "MODELPORT_BIN": str(BUILD / "bin")})
        os.close(child)
        shown = b""
        while True:
            try:
                piece = os.read(parent, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        table, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"\r\x1b[K", shown)
        self.assertNotIn(b"\n", shown)
        self.assertNotIn(b" - INFO - ", shown)
        self.assertIn(b"structure", table)


if __name__ == "__main__":
    import unittest
    unittest.main()
