"""docs/consumers.md: what consumers make of every task's artifacts, and of the framework's own: make_table.py --build BUILD --exporter EXE

    --write     rewrites the table, or the rows of the one consumer
    --only NAME one consumer ("OpenCV 4.8.1")
Without --write the rows are held to the table's.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import consumers
from consumers import CONSUMERS, Artifact

TABLE = HERE.parents[1] / "docs" / "consumers.md"
HEAD = "| consumer | version | artifact | task | model | loads | agrees | the framework's own |"


def cells(consumer, subject, outcome, theirs):
    artifact = f"ONNX, opset {consumer.opset}" if consumer.format == "onnx" else {"openvino": "OpenVINO", "torchscript": "TorchScript"}[consumer.format]
    loads = "yes" if outcome.loads else "no"
    agrees = "yes" if outcome.agrees else f"no: {outcome.reason}" if outcome.loads else outcome.reason
    return [consumer.name, consumer.version, artifact, subject.task, subject.name, loads, agrees, theirs]


def word(outcome):
    return "agrees" if outcome.agrees else "differs" if outcome.loads else "does not load"


def frameworks(consumer, build, work):
    """Subject's name -> what the consumer makes of the framework's own file; compared as ours is, by our file's metadata."""
    if consumer.format != "onnx" or not (build / "oracle-venv" / "bin" / "python").exists():
        return {}
    folder = build / "consumers" / "theirs"
    subprocess.run([str(build / "oracle-venv" / "bin" / "python"), str(HERE / "export_framework.py"), str(folder), str(consumer.opset)],
                   check=True, capture_output=True)
    words, artifacts = {}, {}
    for subject in consumers.SUBJECTS:
        path = folder / f"{subject.name.replace(' ', '-')}-{consumer.opset}.onnx"
        if subject.framework and not path.exists():
            words[subject.name] = "not exported"
        mine = consumers.ours(None, subject, "onnx", consumer.opset, work / "ours") if path.exists() else None
        if isinstance(mine, Artifact):
            artifacts[subject.name] = consumers.referenced(path, mine.metadata, path)
    outcomes = consumers.run(consumer, list(artifacts.values()), build, work / "theirs")
    return words | {name: word(outcome) for name, outcome in zip(artifacts, outcomes)}


def rows(consumer, exporter, build, with_framework):
    with tempfile.TemporaryDirectory(prefix="modelport-consumers-") as folder:
        made = consumers.rows(consumer, exporter, build, Path(folder))
        theirs = frameworks(consumer, build, Path(folder)) if with_framework else {}
    return [cells(consumer, subject, outcome, theirs.get(subject.name, "")) for subject, outcome in made]


def recorded():
    """(consumer, version, artifact, model) -> (loads, agrees) of the table as it stands."""
    table = {}
    for line in TABLE.read_text().splitlines():
        row = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(row) == 8 and row[5] in ("yes", "no"):
            table[tuple(row[:3] + row[4:5])] = (row[5], row[6].split(":")[0] == "yes")
    return table


def disagreements(made):
    """Lines about rows that are not what the table says."""
    table = recorded()
    return [f"{' '.join(row[:5])}: loads {row[5]}, {row[6]}, and docs/consumers.md says {table.get(tuple(row[:3] + row[4:5]))}"
            for row in made if table.get(tuple(row[:3] + row[4:5])) != (row[5], row[6] == "yes")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--exporter", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    made = []
    for consumer in CONSUMERS:
        if options.only in ("", consumer.title):
            new = rows(consumer, options.exporter.resolve(), options.build.resolve(), options.write)
            print(consumer.title, f"opset {consumer.opset}" if consumer.format == "onnx" else consumer.format,
                  f"{sum(row[6] == 'yes' for row in new)} of {len(new)} agree", flush=True)
            made += new
    if not options.write:
        lines = disagreements(made)
        print(*lines, sep="\n")
        return bool(lines)
    text, _, before = TABLE.read_text().partition(HEAD)
    lines = ["| " + " | ".join(row) + " |" for row in made]
    lines += [line for line in before.splitlines()[2:] if options.only and not line.startswith(f"| {made[0][0]} | {made[0][1]} |")]
    order = [f"| {each.name} | {each.version} |" for each in CONSUMERS]
    lines.sort(key=lambda line: next(place for place, start in enumerate(order) if line.startswith(start)))
    TABLE.write_text(text + "\n".join([HEAD, "|---" * 8 + "|", *lines]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
