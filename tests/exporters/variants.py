"""Exporters made of export.py and toy.py by patches of a line or two, and where such patches go."""
import py_compile
from dataclasses import dataclass, field
from pathlib import Path

import toy

HERE = Path(__file__).resolve().parent
# What the tests' checkpoint holds.
MODEL = {"name": "toynet", "classes": ["cat", "dog", "bird"], "size": [32, 48], "weights": [[0.1, 0.2, 0.3], [0.4, -0.5, 0.6], [0.7, 0.8, -0.9]]}


@dataclass(frozen=True)
class Variant:
    """One exporter: what it is called, the one requirement that it violates ("" for none), and its difference to the base."""
    name: str
    requirement: str
    patches: tuple  # (old, new) in export.py, each old text there once
    toy: tuple = ()  # the same in toy.py
    files: dict = field(default_factory=dict)  # further files of its folder; None: MODEL as ONNX
    format: str = "onnx"  # which alone is checked; "": all that it offers
    options: tuple = ()  # further options of modelport check


def patched(text, patches, name):
    for old, new in patches:
        if text.count(old) != 1:
            raise ValueError(f"{name}: {old!r} is there {text.count(old)} times")
        text = text.replace(old, new)
    return text


def write(variant, folder):
    """The exporter's folder; its command is `python export.py` there."""
    folder.mkdir(parents=True)
    for file, patches in (("export.py", variant.patches), ("toy.py", variant.toy)):
        text = patched((HERE / file).read_text(), patches, variant.name)
        compile(text, f"{variant.name}/{file}", "exec")
        (folder / file).write_text(text)
    # Compiled once rather than in every one of a check's runs.
    py_compile.compile(str(folder / "toy.py"), doraise=True)
    for file, text in variant.files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            toy.write_onnx(MODEL, {}, path.parent)
            (path.parent / "model.onnx").rename(path)
        else:
            path.write_text(text)


def indented(code, width):
    return "".join(f"{' ' * width}{line}\n" for line in code.splitlines())


def at_start(code):
    """Before the arguments are looked at."""
    return ("    try:\n        signal.signal(", indented(code, 4) + "    try:\n        signal.signal(")


def before_loading(code):
    return ("    model = load(checkpoint)\n", indented(code, 4) + "    model = load(checkpoint)\n")


def after_loading(code):
    return ("    model = load(checkpoint)\n", "    model = load(checkpoint)\n" + indented(code, 4))


def with_metadata(code):
    """Where `metadata` is complete, with `model`, `config`, `scratch` and `output` at hand."""
    line = "        metadata = describe(model, export_format, config)\n"
    return (line, line + indented(code, 8))


def dump(code):
    """In place of writing `metadata` to the open `file`."""
    return ("            json.dump(metadata, file, indent=2)\n", indented(code, 12))


def opened(how):
    return ('"metadata.json"), "w", encoding="utf-8")', f'"metadata.json"), {how})')


def after_writing(code):
    """Where the artifact lies in `scratch`."""
    line = "        write_artifact(model, export_format, config, scratch)\n"
    return (line, line + indented(code, 8))


def after_publishing(code):
    line = "        publish(scratch, output, FILES[export_format])\n"
    return (line, line + indented(code, 8))


def exit_code(message, old, new):
    """Another code for the failure with this message."""
    return (f"Failure({old}, {message}", f"Failure({new}, {message}")


def recorded(properties):
    """ONNX metadata_props, as (key, value) expressions."""
    props = ", ".join(f"(14, message((1, {key}), (2, {value})))" for key, value in properties)
    return ("(7, graph), (8, opset))", f"(7, graph), (8, opset), {props})")
