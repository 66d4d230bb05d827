#!/usr/bin/env bash
# A JSON Schema with type number, minimum 0 and maximum 1 takes NaN in Python: json.loads reads the word NaN, and both comparisons with it are false,
# so that no bound is broken. Infinity breaks maximum, but makes multipleOf raise OverflowError in place of a validation error.
#
# Versions: jsonschema 4.25.1, fastjsonschema 2.21.2, jsonschema-rs 0.33.0 (which refuses NaN), Python 3.11.
# Seen on 2026-12-01:
#   NaN        jsonschema valid     fastjsonschema valid     jsonschema-rs invalid
#   Infinity   jsonschema invalid   fastjsonschema invalid   jsonschema-rs invalid
#   2          jsonschema invalid   fastjsonschema invalid   jsonschema-rs invalid
#   multipleOf 0.5 of Infinity raises OverflowError
# Met by: whoever relies on a schema to keep measurements finite. Read with json.loads(text, parse_constant=...), or look for them beside the schema.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check jsonschema==4.25.1 fastjsonschema==2.21.2 jsonschema-rs==0.33.0
"$work/venv/bin/python" - <<'PYTHON'
import json
import sys

import fastjsonschema
import jsonschema
import jsonschema_rs

SCHEMA = {"type": "object", "properties": {"share": {"type": "number", "minimum": 0, "maximum": 1}}}


def by_fastjsonschema(document):
    try:
        fastjsonschema.validate(SCHEMA, document)
        return True
    except fastjsonschema.JsonSchemaException:
        return False


def by_jsonschema_rs(document):
    try:
        return jsonschema_rs.is_valid(SCHEMA, document)
    except ValueError:
        return False


seen = {}
for word in ("NaN", "Infinity", "2"):
    document = json.loads('{"share": %s}' % word)
    seen[word] = (jsonschema.Draft7Validator(SCHEMA).is_valid(document), by_fastjsonschema(document), by_jsonschema_rs(document))
    print(f"{word:10}", *(f"{name} {'valid' if valid else 'invalid':9}" for name, valid in zip(("jsonschema", "fastjsonschema", "jsonschema-rs"), seen[word])))
try:
    jsonschema.Draft7Validator({"multipleOf": 0.5}).is_valid(float("inf"))
    raised = "nothing"
except OverflowError as error:
    raised = type(error).__name__
print(f"multipleOf 0.5 of Infinity raises {raised}")
expected = {"NaN": (True, True, False), "Infinity": (False,) * 3, "2": (False,) * 3}
sys.exit(0 if (seen, raised) == (expected, "OverflowError") else 1)
PYTHON
