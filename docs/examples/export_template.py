#!/usr/bin/env python3
"""Exports a checkpoint of YOUR FRAMEWORK under the export convention 1.0.

Copy this file into your trainer's folder as export.py and fill in the upper part, down to validate_export. The lower
part is the convention: arguments, exit codes, log, names of files, metadata.json. Leave it as it is.
docs/TRAINER_DEVELOPMENT_GUIDE.md goes through it step by step.

The functions of the upper part run in a scratch directory that is removed afterwards, so a framework may write whatever
it likes into the current directory and beside the checkpoint that it was given. Standard library only (Python 3.8 or
later) until you import your framework; import it inside the functions, so that wrong arguments are refused at once.
"""
import argparse
import contextlib
import json
import logging
import os
import select
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from datetime import datetime, timezone
from pathlib import Path

sys.dont_write_bytecode = True  # The trainer's folder may be read-only, and is not the place to write to.


# What --capabilities says of this exporter; the formats are those whose functions do more than raise NotImplementedError.
FRAMEWORK = "your_framework"
EXPORTER_VERSION = "1.0"
TASK_TYPES = ["detection", "classification", "segmentation", "pose"]


class ValidationError(Exception):
    """The export was written, and is wrong."""


def load_model(checkpoint_path: str):
    """
    Load your framework's model from checkpoint.

    Args:
        checkpoint_path: Path to checkpoint file (a link in the scratch directory; os.path.realpath finds its neighbours)

    Returns:
        Loaded model object

    Raises:
        FileNotFoundError: If checkpoint doesn't exist
        RuntimeError: If checkpoint is corrupted
    """
    raise NotImplementedError("load_model is not filled in yet: load the checkpoint there and return the model")


def get_metadata(model) -> dict:
    """
    Extract metadata from model.

    Returns:
        dict: Metadata following standard schema; export_format, created_at and export_config are added below
    """
    raise NotImplementedError("get_metadata is not filled in yet: return framework, model_name, task_type, input_shape, input_dtype, "
                              "output_shape and, for detection and classification, class_names and num_classes there")


def export_onnx(model, config: dict) -> str:
    """
    Export model to ONNX format.

    Args:
        model: Loaded model object
        config: Export configuration dict

    Returns:
        str: Path to exported ONNX file

    Raises:
        RuntimeError: If export fails
        NotImplementedError: If the framework has no such export
    """
    raise NotImplementedError("export_onnx is not filled in yet")


def export_tensorrt(model, config: dict) -> str:
    """Export model to a TensorRT engine; as export_onnx."""
    raise NotImplementedError("TensorRT export not supported for this framework")


def export_coreml(model, config: dict) -> str:
    """Export model to CoreML; as export_onnx, but returns the path of a .mlpackage directory."""
    raise NotImplementedError("CoreML export not supported for this framework")


def export_tflite(model, config: dict) -> str:
    """Export model to TFLite; as export_onnx."""
    raise NotImplementedError("TFLite export not supported for this framework")


def export_torchscript(model, config: dict) -> str:
    """Export model to TorchScript; as export_onnx."""
    raise NotImplementedError("TorchScript export not supported for this framework")


def export_openvino(model, config: dict) -> str:
    """Export model to OpenVINO; as export_onnx, but returns the path of the .xml (its .bin beside it), or of their directory."""
    raise NotImplementedError("OpenVINO export not supported for this framework")


def validate_export(output_path: str) -> None:
    """
    Check the exported file, which has its final name but is not published yet.

    Raises:
        ValidationError: If it is not what the model says; the export then ends with exit code 2
    """


# From here on: the convention.

# Format -> the function that writes it, the names that its output gets.
FORMATS = {
    "onnx": (export_onnx, ("model.onnx",)),
    "tensorrt": (export_tensorrt, ("model.engine",)),
    "coreml": (export_coreml, ("model.mlpackage",)),
    "tflite": (export_tflite, ("model.tflite",)),
    "torchscript": (export_torchscript, ("model.torchscript",)),
    "openvino": (export_openvino, ("model.xml", "model.bin")),
}
REQUIRED = ("framework", "model_name", "task_type", "input_shape", "input_dtype", "output_shape")
REQUIRED_WITH_CLASSES = ("class_names", "num_classes")

logger = logging.getLogger("export")


class OneLine(logging.Formatter):
    """A message is one line of the log, whatever a framework puts into it."""

    def format(self, record):
        return " ".join(super().format(record).split("\n"))


formatter = OneLine("%(asctime)s - %(levelname)s - %(message)s")


def configure_logging():
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(True)


class ConfigurationError(Exception):
    """Wrong arguments, or a format that is not there."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise ConfigurationError(message)  # argparse itself would end with 2.


class TellCapabilities(argparse.Action):
    """--capabilities: like --help, it needs no other argument and ends the run."""

    def __call__(self, parser, *_):
        print(json.dumps(capabilities(), indent=2))
        parser.exit()


def capabilities():
    """An optional extension of the convention; no checkpoint is needed, and no framework is imported."""
    formats = []
    for name, (write, names) in FORMATS.items():
        reason = why_unavailable(write)
        formats.append({"format": name, "supported": False, "reason": reason} if reason else
                       {"format": name, "supported": True, "files": [*names, "metadata.json"], "export_config": {"type": "object"}})
    default = next((row["format"] for row in formats if row["supported"]), "onnx")
    return {"convention_version": "1.0", "framework": FRAMEWORK, "exporter": f"{FRAMEWORK}-exporter", "exporter_version": EXPORTER_VERSION,
            "task_types": TASK_TYPES, "default_format": default, "formats": formats, "extensions": []}


def why_unavailable(write):
    """What a function says that does nothing but raise NotImplementedError; None for any other."""
    if write.__code__.co_names != ("NotImplementedError",):
        return None
    try:
        write(None, {})
    except NotImplementedError as error:
        return str(error) or "not supported"


def parse_arguments(line):
    parser = Parser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--checkpoint_path", required=True, help="Path to trained checkpoint")
    parser.add_argument("--export_format", required=True, help=" | ".join(FORMATS))
    parser.add_argument("--output_dir", required=True, help="Output directory for exported files")
    parser.add_argument("--export_config", default="{}", help="JSON object with format-specific config")
    parser.add_argument("--capabilities", action=TellCapabilities, nargs=0, help="Print what this exporter can do, as JSON")
    arguments = parser.parse_args(line)
    if arguments.export_format not in FORMATS:
        raise ConfigurationError(f"Unsupported format: {arguments.export_format!r} is none of {', '.join(FORMATS)}")
    for name in ("checkpoint_path", "output_dir"):
        if not getattr(arguments, name):
            raise ConfigurationError(f"--{name} is empty")
    try:
        arguments.export_config = json.loads(arguments.export_config, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"--export_config is not JSON: {error}") from error
    if not isinstance(arguments.export_config, dict):
        raise ConfigurationError("--export_config is not a JSON object")
    return arguments


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON number")


def require_complete(described):
    required = REQUIRED
    if described.get("task_type") in ("detection", "classification"):
        required += REQUIRED_WITH_CLASSES
    missing = [name for name in required if described.get(name) is None]
    if missing:
        raise RuntimeError(f"get_metadata returned no {', '.join(missing)}")


def written_paths(returned, names):
    """The paths behind what an export_* returned, one per name."""
    if not isinstance(returned, (str, os.PathLike)):
        raise RuntimeError(f"the export function returned {returned!r}, not the path of what it wrote")
    path = Path(returned)
    if len(names) == 1:
        return [path]
    if path.is_dir():
        models = sorted(path.glob("*.xml"))
        if len(models) != 1:
            raise RuntimeError(f"{path} holds {len(models)} .xml files, expected one")
        path = models[0]
    return [path, path.with_suffix(".bin")]


def collect(returned, names, checkpoint, folder):
    """Moves what an export_* returned into `folder`, under the convention's names."""
    for path, name in zip(written_paths(returned, names), names):
        if not path.exists():
            raise RuntimeError(f"the export function returned {returned}, but {path} does not exist")
        if path.is_dir() != name.endswith(".mlpackage"):
            raise RuntimeError(f"{path} is {'a directory' if path.is_dir() else 'a file'}, and {name} is not")
        if not (any(path.iterdir()) if path.is_dir() else path.stat().st_size):
            raise RuntimeError(f"{path} is empty")
        if path.is_symlink() or path.samefile(checkpoint):
            (shutil.copytree if path.is_dir() else shutil.copyfile)(path, folder / name)
        else:
            shutil.move(path, folder / name)


def write_durably(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def publish(scratch, names, output):
    """Moves the finished files into the output directory and removes the scratch directory; metadata.json, which says that all is done, gets its
    name last."""
    (output / "metadata.json").unlink(missing_ok=True)
    for name in names:
        target = output / name
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        os.replace(scratch / "finished" / name, target)
    record = record_beside(scratch)
    os.replace(scratch / "finished" / "metadata.json", record)
    remove(scratch)
    os.replace(record, output / "metadata.json")


def record_beside(scratch):
    """Where metadata.json waits while the scratch directory is removed."""
    return scratch.with_name(f"{scratch.name}.json")


def give_temporary_directory(scratch):
    """What a framework leaves in TMPDIR goes with the scratch directory."""
    with contextlib.suppress(OSError):  # Where nothing can be written there, nothing is left there.
        temporary = tempfile.mkdtemp(prefix="export-")
        (scratch / "temporary").symlink_to(temporary)
        os.environ["TMPDIR"] = tempfile.tempdir = temporary


def remove(scratch):
    os.chdir("/")
    with contextlib.suppress(OSError):
        shutil.rmtree(os.readlink(scratch / "temporary"), ignore_errors=True)
    shutil.rmtree(scratch, ignore_errors=True)


def export(arguments, scratch, publishing):
    """One export, from the checkpoint to the published files."""
    write, names = FORMATS[arguments.export_format]
    checkpoint, output = (Path(os.path.abspath(path)) for path in (arguments.checkpoint_path, arguments.output_dir))
    if not checkpoint.exists():
        raise FileNotFoundError(f"checkpoint {arguments.checkpoint_path} does not exist")
    for folder in ("checkpoint", "work", "finished"):
        (scratch / folder).mkdir()
    link, finished = scratch / "checkpoint" / checkpoint.name, scratch / "finished"
    link.symlink_to(checkpoint)
    os.chdir(scratch / "work")

    logger.info("Exporting %s to %s", arguments.checkpoint_path, arguments.export_format)
    model = load_model(str(link))
    described = get_metadata(model)
    require_complete(described)
    try:
        returned = write(model, dict(arguments.export_config))
    except NotImplementedError as error:
        raise ConfigurationError(f"Unsupported format: {arguments.export_format}: {error}") from error
    collect(returned, names, checkpoint, finished)
    validate_export(str(finished / names[0]))
    metadata = {**described, "export_format": arguments.export_format, "export_config": arguments.export_config,
                "created_at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}
    write_durably(finished / "metadata.json", json.dumps(metadata, indent=2, allow_nan=False) + "\n")
    with publishing:
        publish(scratch, names, output)
    logger.info("Wrote %s and metadata.json to %s", ", ".join(names), arguments.output_dir)


ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def end_on_signals(scratch, publishing):
    """SIGTERM, SIGINT and SIGHUP remove the scratch directory and end the process, even while native code runs in the
    main thread: the interpreter writes the signal's number to a pipe, and a thread of its own reads it."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)

    def end():
        number = os.read(read_end, 1)[0]
        with publishing:
            end_children()
            remove(scratch)
            log_last_words(f"Interrupted by {signal.Signals(number).name}")
            os._exit(128 + number)

    for number in ENDING:
        # The main thread does no more, unless it is publishing.
        signal.signal(number, lambda *_: publishing.locked() or threading.Event().wait())
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    # A forked worker that is terminated is not this process being terminated.
    os.register_at_fork(before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ENDING),
                        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING), after_in_child=default_signals)
    threading.Thread(target=end, daemon=True).start()


def end_children():
    """Those that Linux tells of."""
    for thread in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in thread.read_text().split():
                os.kill(int(child), signal.SIGTERM)


def log_last_words(message):
    """One ERROR line, if it can be written without waiting: the main thread may hold the log's lock, and nobody read the pipe."""
    line = formatter.format(logger.makeRecord(logger.name, logging.ERROR, __file__, 0, message, (), None))
    if select.select([], [2], [], 0)[1]:
        os.write(2, f"{line}\n".encode())


def default_signals():
    signal.set_wakeup_fd(-1)
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def one_line(error):
    return " ".join(str(error).split()) or type(error).__name__


def main(line=None):
    configure_logging()
    try:
        arguments = parse_arguments(line)
    except ConfigurationError as error:
        logger.error(one_line(error))
        return 3
    try:
        os.makedirs(arguments.output_dir, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".export-", dir=os.path.abspath(arguments.output_dir)))
        publishing = threading.Lock()
        end_on_signals(scratch, publishing)
        give_temporary_directory(scratch)
        try:
            export(arguments, scratch, publishing)
        finally:
            with publishing:  # A signal that came first ends the process here.
                remove(scratch)
                record_beside(scratch).unlink(missing_ok=True)
        return 0
    except (ConfigurationError, NotImplementedError) as error:
        logger.error(one_line(error))
        return 3
    except ValidationError as error:
        logger.error("Validation failed: %s", one_line(error))
        return 2
    except (OSError, RuntimeError) as error:
        logger.error("Export failed: %s", one_line(error))
        return 1
    except (Exception, SystemExit) as error:
        for text in traceback.format_exc().splitlines():
            logger.info(text)
        logger.error("Export failed: %s: %s", type(error).__name__, one_line(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
