"""The schemas and their examples, seen by another validator than ours."""
import json
import unittest

import jsonschema

from exporter import SOURCE

CONVENTION = SOURCE / "convention"
EXAMPLES = CONVENTION / "examples"
# What a schema can see of one document.
SEEN_BY_A_SCHEMA = {"EXP-043", "EXP-044", "EXP-045", "EXP-046", "EXP-048", "EXP-049", "EXP-051", "EXP-057"}
# A pattern does not know the calendar.
NOT_SEEN = {"EXP-051-thirteenth-month.json"}


def schema(name):
    return json.loads((CONVENTION / f"{name}.schema.json").read_text())


class Examples(unittest.TestCase):
    def test_the_schemas_are_schemas(self):
        for name in ("metadata", "proof", "capabilities"):
            jsonschema.Draft7Validator.check_schema(schema(name))

    def test_valid(self):
        for name in ("metadata", "proof", "capabilities"):
            files = sorted((EXAMPLES / name / "valid").iterdir())
            self.assertTrue(files)
            for file in files:
                with self.subTest(file.name):
                    jsonschema.Draft7Validator(schema(name)).validate(json.loads(file.read_text()))

    def test_every_task_has_a_valid_example(self):
        tasks = {json.loads(file.read_text())["task_type"] for file in (EXAMPLES / "metadata/valid").iterdir()}
        self.assertEqual(tasks, {"detection", "classification", "segmentation", "pose"})

    def test_invalid_metadata(self):
        check = jsonschema.Draft7Validator(schema("metadata"))
        seen = set()
        for file in sorted((EXAMPLES / "metadata/invalid").iterdir()):
            identifier = file.name[:7]
            if identifier not in SEEN_BY_A_SCHEMA or file.name in NOT_SEEN:
                continue
            with self.subTest(file.name):
                self.assertFalse(check.is_valid(json.loads(file.read_text())))
                seen.add(identifier)
        self.assertEqual(seen, SEEN_BY_A_SCHEMA)

    def test_what_a_schema_cannot_see_it_takes(self):
        check = jsonschema.Draft7Validator(schema("metadata"))
        for name in ("EXP-050-count", "EXP-052-no-zone", "EXP-055-own-field"):
            check.validate(json.loads((EXAMPLES / "metadata/invalid" / f"{name}.json").read_text()))

    def test_invalid_proofs_and_capabilities(self):
        for name in ("proof", "capabilities"):
            for file in sorted((EXAMPLES / name / "invalid").iterdir()):
                with self.subTest(file.name):
                    self.assertFalse(jsonschema.Draft7Validator(schema(name)).is_valid(json.loads(file.read_text())))


if __name__ == "__main__":
    unittest.main()
