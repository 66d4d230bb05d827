"""The consumers, what each is given, and what it makes of it."""
import functools
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]

import agreement
from formula import model_input
from subjects import SUBJECTS

FIXTURES = HERE.parent / "fixtures"
FILES = {"onnx": "model.onnx", "openvino": "model.xml", "torchscript": "model.torchscript"}
MOVES = 3       # inputs that are moved to see how steady a network is


@dataclass(frozen=True)
class Consumer:
    name: str
    version: str
    runner: str                 # below this folder
    format: str = "onnx"
    opset: int = 17
    environment: str = ""       # below build/consumers; the program that runs `runner` is in it
    program: str = "bin/python"

    @property
    def title(self):
        return f"{self.name} {self.version}"


def _opencv(version, opset=17):
    return Consumer("OpenCV", version, "run_opencv.py", opset=opset, environment=f"opencv-{version}")


CONSUMERS = (
    _opencv("4.6.0", 12), _opencv("4.7.0"), _opencv("4.7.0", 12), _opencv("4.8.1"), _opencv("4.10.0"), _opencv("4.12.0"), _opencv("5.0.0"),
    Consumer("onnxruntime-web, wasm", "1.30.0", "run_onnxruntime_web.mjs", environment="onnxruntime-web", program="node"),
    Consumer("onnxruntime-web, wasm", "1.30.0", "run_onnxruntime_web.mjs", opset=12, environment="onnxruntime-web", program="node"),
    Consumer("onnxsim", "0.4.36", "run_onnxsim.py", environment="onnxsim"), Consumer("onnxslim", "0.1.98", "run_onnxslim.py", environment="onnxslim"),
    Consumer("OpenVINO", "2023.0.0", "run_openvino.py", "openvino", environment="openvino-2023.0.0"),
    Consumer("OpenVINO", "2026.4.1", "run_openvino.py", "openvino", environment="../venv"),
    Consumer("OpenVINO, of the ONNX file", "2023.0.0", "run_openvino.py", environment="openvino-2023.0.0"),
    Consumer("PyTorch", "1.13.1", "run_torch.py", "torchscript", environment="torch-1.13.1"),
    Consumer("PyTorch", "2.13.0", "run_torch.py", "torchscript", environment="../venv"))


@dataclass
class Outcome:
    loads: bool
    agrees: bool
    reason: str = ""


class Artifact:
    """One export of a subject: its outputs in ONNX Runtime are the reference, and how far they may be left."""

    def __init__(self, model, metadata, x, reference, most):
        self.model, self.metadata, self.x, self.reference, self.most = model, metadata, x, reference, most

    @property
    def specs(self):
        return self.metadata["extra_metadata"]["outputs"]

    def outcome(self, answer, outputs):
        if not answer["loads"]:
            return Outcome(False, False, reason_of(answer["reason"]))
        for spec, output, reference, most in zip(self.specs, outputs, self.reference, self.most):
            if spec["layout"] == "NHW" and output.ndim == 4:     # class numbers, where this format gives logits
                output = output.argmax(1)
            if what := agreement.difference(spec, output, reference, most):
                return Outcome(True, False, what)
        return Outcome(True, True)


def reason_of(error):
    """A consumer's own words, short: the operator that it stops at, or the end of its message."""
    text = " ".join(error.split())
    if "Node [" in text:
        return f"{text.split('Node [', 1)[1].split('@', 1)[0].split(']', 1)[0]} is not read"
    return text.rsplit("error: ", 1)[-1].replace("|", "/")[:100]


@functools.cache
def _session(path):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def in_onnx_runtime(path, x):
    session = _session(str(path))
    return [output.astype(np.float64) for output in session.run(None, {session.get_inputs()[0].name: x})]


def referenced(model, metadata, runs):
    """The artifact with its reference, which the ONNX file `runs` gives."""
    _, channels, height, width = metadata["extra_metadata"]["inputs"][0]["shape"]
    x = model_input(height, width, [3], channels)
    reference = in_onnx_runtime(runs, x)
    others = [in_onnx_runtime(runs, agreement.moved(x, seed)) for seed in range(MOVES)]
    most = [agreement.limits(spec, [other[i] for other in others], reference[i])
            for i, spec in enumerate(metadata["extra_metadata"]["outputs"])]
    return Artifact(model, metadata, x, reference, most)


def export(exporter, subject, format, opset, folder):
    """The directory, or the exporter's last line."""
    config = {"validate": "off", **({"opset_version": opset} if format == "onnx" else {}), **({"nms": False} if subject.end_to_end else {})}
    line = [exporter, "--checkpoint_path", FIXTURES / subject.checkpoint, "--export_format", format, "--output_dir", folder,
            "--export_config", json.dumps(config)]
    done = subprocess.run(list(map(str, line)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1].split(" - ERROR - ")[-1]


def ours(exporter, subject, format, opset, work):
    """Artifact of our exporter, or why there is none."""
    folder = work / f"{subject.name.replace(' ', '-')}-onnx-{opset}"
    if not (folder / "metadata.json").exists() and (error := export(exporter, subject, "onnx", opset, folder)):
        return error
    metadata, runs = json.loads((folder / "metadata.json").read_text()), folder / FILES["onnx"]
    if format != "onnx":
        folder = work / f"{subject.name.replace(' ', '-')}-{format}"
        if not (folder / "metadata.json").exists() and (error := export(exporter, subject, format, opset, folder)):
            return error
    return referenced(folder / FILES[format], metadata, runs)


def run(consumer, artifacts, build, work):
    """Outcome of each artifact in a consumer, in their order. One that ends the consumer's process is one that it does not load."""
    work.mkdir(parents=True, exist_ok=True)
    requests = []
    for left in work.glob("*.npz*"):
        left.unlink()
    for number, artifact in enumerate(artifacts):
        np.save(work / f"{number}.npy", artifact.x)
        requests.append({"model": str(artifact.model), "input": str(work / f"{number}.npy"), "to": str(work / f"{number}.npz"),
                         "outputs": [spec["name"] for spec in artifact.specs]})
    environment = build / "consumers" / consumer.environment
    program = consumer.program if "/" not in consumer.program else str(environment / consumer.program)
    answers = []
    while len(answers) < len(requests):
        (work / "requests.json").write_text(json.dumps(requests[len(answers):]))
        done = subprocess.run([program, str(HERE / consumer.runner), str(work / "requests.json"), str(environment)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        answers += [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if len(answers) < len(requests):
            if done.returncode > 0:
                raise RuntimeError(f"{consumer.title}: {done.stderr[-2000:]}")
            answers.append({"loads": False, "reason": f"its process ends by signal {-done.returncode}"})
    outcomes = []
    for number, (artifact, answer) in enumerate(zip(artifacts, answers)):
        outcomes.append(artifact.outcome(answer, _outputs(work / f"{number}.npz") if answer["loads"] else []))
    return outcomes


def _outputs(path):
    """What a runner left: arrays, or where it has none JSON."""
    text = Path(f"{path}.json")
    if text.exists():
        return [np.array(output["values"]).reshape(output["shape"]) for output in json.loads(text.read_text())]
    return list(np.load(path).values())


def rows(consumer, exporter, build, work):
    """[(subject, outcome)] of a consumer; where our exporter writes nothing the outcome says why."""
    made = [(subject, ours(exporter, subject, consumer.format, consumer.opset, work / "ours")) for subject in SUBJECTS]
    artifacts = [artifact for _, artifact in made if isinstance(artifact, Artifact)]
    outcomes = iter(run(consumer, artifacts, build, work / "runs"))
    return [(subject, next(outcomes) if isinstance(artifact, Artifact) else Outcome(False, False, artifact)) for subject, artifact in made]
