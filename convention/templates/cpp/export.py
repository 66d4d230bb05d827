#!/usr/bin/env python3
"""Exports a checkpoint under the export convention: becomes the executable `exporter` that lies beside this file, or in build/."""
import os
import sys
import time
from pathlib import Path

here = Path(__file__).resolve().parent
for path in (here / "exporter", here / "build" / "exporter"):
    if path.is_file():
        os.execv(path, [str(path), *sys.argv[1:]])
print(f"{time.strftime('%Y-%m-%d %H:%M:%S')},000 - ERROR - there is no executable `exporter` in {here} or its build/: build it with CMake",
      file=sys.stderr)
sys.exit(1)
