#!/usr/bin/env python3
"""Exports an Ultralytics checkpoint under the export convention: finds modelport-ultralytics and becomes it.

Looked for in $MODELPORT_BIN (a directory), beside this file, in build/bin and bin of the tree that this file is in, and on PATH. Its exit code and
streams are this script's own.
"""
import os
import shutil
import sys
import time
from pathlib import Path

EXECUTABLE = "modelport-ultralytics"


def candidates():
    """Paths to try, in order."""
    here = Path(__file__).resolve().parent
    if os.environ.get("MODELPORT_BIN"):
        yield Path(os.environ["MODELPORT_BIN"]) / EXECUTABLE
    yield here / EXECUTABLE
    for tree in here.parents:
        yield tree / "build" / "bin" / EXECUTABLE
        yield tree / "bin" / EXECUTABLE
    on_path = shutil.which(EXECUTABLE)
    if on_path:
        yield Path(on_path)


def main():
    looked_at = []
    for path in candidates():
        if path.is_file() and os.access(path, os.X_OK):
            os.execv(path, [EXECUTABLE, *sys.argv[1:]])
        looked_at.append(str(path))
    now = time.time()
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) + f",{int(now * 1000) % 1000:03d}"
    print(f"{stamp} - ERROR - {EXECUTABLE} was not found; looked at {', '.join(looked_at)} and on PATH "
          "(set MODELPORT_BIN to the directory that holds it)", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
