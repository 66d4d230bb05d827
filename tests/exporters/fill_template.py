"""Fills in docs/examples/export_template.py as an author does: functions replaced by others of the same name, imports added."""
import ast
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parents[2] / "docs/examples/export_template.py"
CONSTANTS = ("FRAMEWORK", "EXPORTER_VERSION", "TASK_TYPES")
TOY_FUNCTIONS = Path(__file__).resolve().parent / "toy_functions.py"


def functions_of(text):
    """Name -> source of every function of a module, and of the constants that --capabilities tells."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = ast.get_source_segment(text, node)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in CONSTANTS:
            found[node.targets[0].id] = ast.get_source_segment(text, node)
    return found


def fill(functions, imports=()):
    """The template with these functions and constants (name -> source) and import lines."""
    text = TEMPLATE.read_text()
    for name, old in functions_of(text).items():
        if name in functions:
            text = text.replace(old, functions[name].rstrip("\n"))
    first = text.index("import argparse\n")
    return text[:first] + "".join(f"{line}\n" for line in imports) + text[first:]


def toy_exporter():
    """The template filled in for toy classifiers; wants toy.py beside it."""
    return fill(functions_of(TOY_FUNCTIONS.read_text()), ["import sys", "sys.dont_write_bytecode = True", "import toy"])
