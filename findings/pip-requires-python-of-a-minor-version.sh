#!/usr/bin/env bash
# What: ultralytics 8.0.7 to 8.0.34 declare `Requires-Python: >=3.7,<=3.11`. By PEP 440 `<=3.11` means at most 3.11.0, so pip calls every Python
#       3.11.1 and later unfit and takes another release of the same range without a word about it: `ultralytics>=8.0.7,<=8.0.34` has no candidate.
# Versions: ultralytics 8.0.20 (refused) and 8.0.35 (taken), any pip, CPython 3.11.1 or later.
# Output seen (2026-12-01, Python 3.11.7, pip 23.2.1): "8.0.20: refused by pip", "8.0.35: downloaded", "8.0.20 with --ignore-requires-python: downloaded"
# Who meets it: whoever reproduces a checkpoint of January or February 2023 on Python 3.11.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
python=$work/venv/bin/python
"$python" - <<'P' || { echo "this Python is not a later 3.11: nothing to see here"; exit 2; }
import sys
sys.exit(not ((3, 11, 1) <= sys.version_info[:3] < (3, 12)))
P

fetch() {
  if "$python" -m pip download -q --no-deps -d "$work" "$@" > "$work/log" 2>&1; then echo downloaded; else echo "refused by pip"; fi
}
old=$(fetch ultralytics==8.0.20)
grep -q "8.0.20 Requires-Python >=3.7,<=3.11" "$work/log" && reason=named || reason=hidden
next=$(fetch ultralytics==8.0.35)
forced=$(fetch --ignore-requires-python ultralytics==8.0.20)
echo "8.0.20: $old (the reason is $reason)"
echo "8.0.35: $next"
echo "8.0.20 with --ignore-requires-python: $forced"
[ "$old" = "refused by pip" ] && [ "$next" = downloaded ] && [ "$forced" = downloaded ]
