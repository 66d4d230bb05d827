"""`modelport check`: our own exporter passes strictly, exporters with one fault each fail the one requirement, and the reports."""
import json
import sys
import unittest
import xml.etree.ElementTree
from html.parser import HTMLParser

from command import MODELPORT, CommandCase
from exporter import EXPORTER, FIXTURES, SAMPLE, run

# A conformant exporter of a checkpoint that is JSON: {"classes": [...]}. Faults are edits of this text.
EXPORTER_TEXT = '''\
import argparse, datetime, json, logging, os, sys, tempfile
from pathlib import Path
logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - %(message)s")
logger = logging.getLogger(__name__)

class Parser(argparse.ArgumentParser):
    def error(self, message):
        logger.error(message)
        sys.exit(3)

def varint(value):
    text = b""
    while value >= 0x80:
        text, value = text + bytes([value & 0x7F | 0x80]), value >> 7
    return text + bytes([value])

def field(number, payload):
    if isinstance(payload, int):
        return varint(number << 3) + varint(payload)
    return varint(number << 3 | 2) + varint(len(payload)) + payload

def info(name, sizes):
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, b"".join(field(1, field(1, size)) for size in sizes))))

def model(classes):
    node = field(1, b"images") + field(1, b"start") + field(1, b"end") + field(1, b"axes") + field(2, b"cut") + field(4, b"Slice")
    def ints(name, values):
        return field(5, field(1, len(values)) + field(2, 7) + field(8, name) + b"".join(field(7, value) for value in values))
    reshape = field(1, b"cut") + field(1, b"shape") + field(2, b"logits") + field(4, b"Reshape")
    graph = field(1, node) + field(1, reshape) + field(2, b"g") + ints(b"start", [0, 0, 0]) + ints(b"end", [1, 1, classes]) + ints(b"axes", [1, 2, 3])
    graph += ints(b"shape", [1, classes]) + field(11, info(b"images", [1, 3, 8, 16])) + field(12, info(b"logits", [1, classes]))
    return field(1, 8) + field(7, graph) + field(8, field(2, 17))

def main():
    parser = Parser()
    parser.add_argument("--checkpoint_path", required=True)
    parser.add_argument("--export_format", required=True)
    parser.add_argument("--output_dir", required=True)
    parser.add_argument("--export_config", default="{}")
    arguments = parser.parse_args()
    try:
        config = json.loads(arguments.export_config)
        if not isinstance(config, dict):
            raise ValueError("not an object")
    except ValueError as error:
        logger.error("export_config: %s", error)
        return 3
    if arguments.export_format != "onnx":
        logger.error("Unsupported format: %s", arguments.export_format)
        return 3
    logger.info("Starting export")
    try:
        classes = json.loads(Path(arguments.checkpoint_path).read_text(encoding="utf-8"))["classes"]
        output = Path(arguments.output_dir)
        output.mkdir(parents=True, exist_ok=True)
        (output / "model.onnx").write_bytes(model(len(classes)))
        metadata = {
            "framework": "toy", "model_name": "slice", "export_format": arguments.export_format, "task_type": "classification",
            "input_shape": [8, 16, 3], "input_dtype": "float32", "output_shape": [[1, len(classes)]], "class_names": classes,
            "num_classes": len(classes), "created_at": datetime.datetime.now(datetime.timezone.utc).isoformat(), "export_config": config,
            "top_k": 1, "preprocessing": {"mean": [0.0], "std": [1.0], "color_space": "RGB", "resize_mode": "stretch", "normalize": True},
        }
        (output / ".metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        (output / ".metadata.json").rename(output / "metadata.json")
    except (OSError, ValueError, KeyError) as error:
        logger.error("Export failed: %s", error)
        return 1
    return 0

sys.exit(main())
'''

START = '    logger.info("Starting export")\n'
END = '    return 0\n'
# What is wrong: the text that is replaced, by what, and what must fail.
FAULTS = {
    "argparse ends with 2": ("        sys.exit(3)", "        argparse.ArgumentParser.error(self, message)", {"EXP-014"}),
    "asks for an answer": (START, START + "    input()\n", {"EXP-088"}),
    "wants export_config": ('"--export_config", default="{}"', '"--export_config", required=True', {"EXP-002"}),
    "ends with 1 after success": (END, "    return 1\n", {"EXP-010"}),
    "writes no metadata": ('(output / ".metadata.json").rename(output / "metadata.json")', '(output / ".metadata.json").unlink()', {"EXP-032"}),
    "misnames the artifact": ('output / "model.onnx"', 'output / "slice.onnx"', {"EXP-030"}),
    "writes an empty file": ("write_bytes(model(len(classes)))", 'write_bytes(b"")', {"EXP-035"}),
    "writes garbage": ("write_bytes(model(len(classes)))", "write_bytes(os.urandom(4096))", {"EXP-036"}),
    "swaps height and width": ('"input_shape": [8, 16, 3]', '"input_shape": [16, 8, 3]', {"EXP-060"}),
    "forgets a class": ("model(len(classes))", "model(len(classes) + 1)", {"EXP-062"}),
    "writes NaN": ('"top_k": 1', '"top_k": 1, "extra_metadata": {"loss": float("nan")}', {"EXP-041"}),
    "leaves a daemon": (END, '    import subprocess; subprocess.Popen(["sleep", "30"], start_new_session=True, stdout=subprocess.DEVNULL)\n' + END, {"EXP-102"}),
    "leaves a child": (END, '    import subprocess; subprocess.Popen(["sleep", "30"], stdout=subprocess.DEVNULL)\n' + END, {"EXP-102"}),
    "ignores SIGTERM": (START, "    import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + START + "    time.sleep(0.3)\n", {"EXP-101"}),
    "hangs": (START, START + "    import time; time.sleep(600)\n", {"EXP-100"}),
    "hangs on an empty checkpoint": (START, START + "    import time\n    while os.path.exists(arguments.checkpoint_path) and not os.path.getsize(arguments.checkpoint_path): time.sleep(1)\n", {"EXP-100"}),
    "touches the checkpoint": (START, START + "    if os.path.exists(arguments.checkpoint_path): os.utime(arguments.checkpoint_path)\n", {"EXP-081"}),
    "writes where it is started": (START, START + '    Path("export.log").write_text("x")\n', {"EXP-082"}),
    "writes beside its output": (END, '    (output / ".." / "model.onnx").write_bytes(b"x")\n' + END, {"EXP-082"}),
    "leaves temporary files": (START, START + "    tempfile.mkstemp()\n", {"EXP-083"}),
    "writes into its own folder": (START, START + '    (Path(__file__).parent / "log.txt").write_text("x")\n', {"EXP-084"}),
    "breaks at spaces": (START, START + '    arguments.output_dir = arguments.output_dir.split(" ")[0]\n', {"EXP-085"}),
    "works from one directory": (START, START + "    os.chdir(Path(__file__).parent)\n", {"EXP-086"}),
    "shares a temporary name": (START, START + '    lock = Path(tempfile.gettempdir()) / "lock"\n    lock.open("x")\n    import time; time.sleep(0.2)\n    lock.unlink()\n', {"EXP-103"}),
    "proves without a limit": ('"top_k": 1', '"top_k": 1, "extra_metadata": {"proof": {"level": "read_back", "checks": [{"kind": "read_back", "what": "it", "verdict": "agrees", "figures": '
                               '[{"value": "output0", "group": "", "role": "logits", "max_difference": 18.2, "allowed": None}]}]}}', {"EXP-068"}),
    "is of the moment": ('"top_k": 1', '"top_k": 1, "extra_metadata": {"run": os.urandom(8).hex()}', {"EXP-104"}),
    "prints": ('logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - %(message)s")', "logging.basicConfig(level=logging.INFO)", {"EXP-071"}),
    "shows a traceback": ("except (OSError, ValueError, KeyError) as error", "except ZeroDivisionError as error", {"EXP-072"}),
    "leaves half an export": (START, START + '    Path(arguments.output_dir, "model.onnx").write_bytes(b"x") if os.path.isdir(arguments.output_dir) else None\n', {"EXP-021"}),
    "an unknown argument passes": ("parser.parse_args()", "parser.parse_known_args()[0]", {"EXP-015"}),
}


class Toy(CommandCase):
    def setUp(self):
        super().setUp()
        self.checkpoint = self.folder / "toy.pt"
        self.checkpoint.write_text(json.dumps({"classes": ["tench", "goldfish", "crane"], "weights": [0.5] * 64}))

    def write_exporter(self, text=EXPORTER_TEXT):
        folder = self.folder / "trainer"
        folder.mkdir(exist_ok=True)
        (folder / "export.py").write_text(text)
        return folder / "export.py"

    def check(self, *options, text=EXPORTER_TEXT, expect=None, timeout="20"):
        script = self.write_exporter(text)
        report = self.folder / "report.json"
        result = run(["check", "--checkpoint", str(self.checkpoint), "--timeout", timeout, "--json", str(report), *options, "--", sys.executable, str(script)],
                     command=(str(MODELPORT),), cwd=self.folder)
        if expect is not None:
            self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result, json.loads(report.read_text())

    def failed(self, report):
        return {finding["id"] for finding in report["findings"] if finding["verdict"] == "fail"}


class CheckCommand(Toy):
    def test_the_conformant_toy_passes_strictly_and_under_adversity(self):
        result, report = self.check("--strict", "--hostile", expect=0)
        self.assertEqual(self.failed(report), set(), result.stdout)
        self.assertIn("conformant: export convention 1.0, formats onnx", result.stdout)
        skipped = {finding["id"] for finding in report["findings"] if finding["verdict"] == "skipped"}
        self.assertLessEqual({"EXP-031", "EXP-120"}, skipped)
        self.assertNotIn("EXP-080", skipped)
        self.assertNotIn("EXP-110", skipped)

    def test_each_fault_fails_its_requirement_alone(self):
        for name, (old, new, expected) in FAULTS.items():
            with self.subTest(name):
                self.assertIn(old, EXPORTER_TEXT)
                result, report = self.check("--strict", "--format", "onnx", text=EXPORTER_TEXT.replace(old, new), timeout="3", expect=1)
                self.assertEqual(self.failed(report), expected, result.stdout + result.stderr)

    def test_a_should_is_a_warning(self):
        old, new, _ = FAULTS["prints"]
        result, report = self.check(text=EXPORTER_TEXT.replace(old, new), expect=0)
        self.assertEqual(report["summary"]["warnings"], 1)
        self.assertIn("WARN EXP-071 SHOULD", result.stdout)

    def test_reports(self):
        old, new, _ = FAULTS["swaps height and width"]
        text = EXPORTER_TEXT.replace(old, new).replace('"Starting export"', '"<b>&\\x1b[31m"')
        junit, page = self.folder / "junit.xml", self.folder / "page.html"
        result, report = self.check("--junit", str(junit), "--html", str(page), text=text, expect=1)
        finding = next(finding for finding in report["findings"] if finding["id"] == "EXP-060")
        self.assertEqual((finding["verdict"], finding["level"], finding["metadata_path"], finding["format"]), ("fail", "MUST", "/input_shape", "onnx"))
        evidence = report["runs"][finding["run"]]
        self.assertEqual(evidence["exit_code"], 0)
        self.assertIn("--export_format onnx", evidence["command"])
        self.assertIn("metadata.json /input_shape", result.stdout)
        root = xml.etree.ElementTree.parse(junit).getroot()
        failures = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
        self.assertEqual(failures, ["EXP-060 input_shape is the artifact's input [onnx]"])
        self.assertEqual(sum(int(suite.get("tests")) for suite in root), len(report["findings"]))
        html = page.read_text()
        self.assertNotIn("<b>&", html)
        self.assertIn("&lt;b&gt;&amp;\\x1b[31m", html)
        self.assertNotRegex(html, r"<script|src=|href=|@import|url\(")
        self.assertIn("prefers-color-scheme: dark", html)
        self.assert_balanced(html)

    def assert_balanced(self, html):
        open_tags = []

        class Parser(HTMLParser):
            def handle_starttag(self, tag, attributes):
                if tag != "meta":
                    open_tags.append(tag)

            def handle_endtag(self, tag):
                assert open_tags.pop() == tag, tag

        Parser().feed(html)
        self.assertEqual(open_tags, [])

    def test_usage(self):
        script = self.write_exporter()
        good = ["--checkpoint", str(self.checkpoint), "--", sys.executable, str(script)]
        for line in ([], ["--checkpoint", str(self.checkpoint)], good[2:], ["--format", "onx", *good], ["--timeout", "never", *good], ["--timeout", "0", *good],
                     ["--nonsense", *good], ["stray", *good], ["--checkpoint", "/nowhere.pt", "--", "true"], ["--checkpoint", str(self.checkpoint), "--", "/nowhere/export"]):
            result = run(["check", *line], command=(str(MODELPORT),), cwd=self.folder)
            self.assertEqual((result.returncode, result.stdout), (3, ""), (line, result.stderr))
        self.assertIn("--strict", run(["check", "--help"], command=(str(MODELPORT),)).stdout)

    def test_a_report_that_cannot_be_written_is_the_checks_own_failure(self):
        script = self.write_exporter()
        result = run(["check", "--checkpoint", str(self.checkpoint), "--html", "/nowhere/report.html", "--", sys.executable, str(script)], command=(str(MODELPORT),))
        self.assertEqual(result.returncode, 2, result.stderr)


class FinishedOutput(CommandCase):
    """`check --output`: a directory without its exporter."""

    def judged(self, folder, *options, expect):
        return json.loads(self.modelport("check", "--output", folder, "--format", "onnx", "--json", *options, expect=expect).stdout)

    def test_a_good_export_is_judged_and_run_in_its_engine(self):
        folder = self.export_with(SAMPLE, "out")
        report = self.judged(folder, "--checkpoint", SAMPLE, expect=0)
        self.assertTrue(report["conformant"])
        verdicts = {finding["id"]: finding["verdict"] for finding in report["findings"]}
        self.assertEqual((verdicts["EXP-065"], verdicts["EXP-110"], verdicts["EXP-112"]), ("pass",) * 3)
        self.assertEqual(report["engine"]["verdict"], "pass")
        self.assertIn("ONNX Runtime", report["engine"]["name"])
        self.assertIn("conformant: onnx", self.modelport("check", f"--output={folder}", "--format", "onnx").stdout)

    def test_what_is_wrong_is_named(self):
        folder = self.export_with(SAMPLE, "out")
        metadata = json.loads((folder / "metadata.json").read_text())
        metadata["class_names"] = ["other"] * len(metadata["class_names"])
        (folder / "metadata.json").write_text(json.dumps(metadata))
        failed = {finding["id"] for finding in self.judged(folder, "--checkpoint", SAMPLE, expect=1)["findings"] if finding["verdict"] == "fail"}
        self.assertEqual(failed, {"EXP-064"})
        (folder / "model.onnx").write_bytes(b"not a model")
        self.assertEqual(self.judged(folder, expect=1)["engine"]["verdict"], "skipped")
        self.assertFalse(self.judged(self.folder / "nothing", expect=1)["conformant"])

    def test_usage(self):
        for line in (["--output", "x"], ["--output", "x", "--format", "onx"], ["--output", "x", "--format", "onnx", "stray"], ["--output", "x", "--format", "onnx", "--timeout", "3"]):
            self.modelport("check", *line, expect=3)


class OwnExporter(CommandCase):
    """Ours, strictly, format by format."""

    def own(self, *options, checkpoint=SAMPLE):
        report = self.folder / "report.json"
        result = run(["check", "--checkpoint", str(checkpoint), "--strict", "--json", str(report), *options, "--", str(EXPORTER)], command=(str(MODELPORT),), cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return json.loads(report.read_text())

    def test_every_format_it_offers(self):
        report = self.own()
        self.assertEqual(report["formats"], ["onnx", "torchscript", "openvino"])
        verdicts = {(finding["id"], finding["format"]): finding["verdict"] for finding in report["findings"]}
        for format_name in report["formats"]:
            for identifier in ("EXP-036", "EXP-060", "EXP-061", "EXP-062", "EXP-064", "EXP-065", "EXP-066", "EXP-067", "EXP-112"):
                self.assertEqual(verdicts[identifier, format_name], "pass", (identifier, format_name))
        self.assertEqual(verdicts["EXP-017", "tensorrt"], "pass")
        self.assertEqual(verdicts["EXP-121", None], "pass")

    def test_another_task(self):
        self.own("--format", "onnx", checkpoint=FIXTURES / "yolo11-cls.pt")


if __name__ == "__main__":
    unittest.main()
