"""What one OpenCV makes of every task's ONNX, held to its rows of docs/consumers.md. The others: tests/consumers/run_consumers, by ./test --all."""
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

from exporter import BUILD, EXPORTER, SOURCE

sys.path.insert(0, str(SOURCE / "tests" / "consumers"))

import agreement
import consumers
import make_table

# Wrong on several threads wherever something is reduced, and strict about what it loads.
VERSION = "4.8.1"


class OpenCV(unittest.TestCase):
    def test_rows_of_the_table(self):
        consumer = next(each for each in consumers.CONSUMERS if each.title == f"OpenCV {VERSION}")
        if not (BUILD / "consumers" / consumer.environment / consumer.program).exists():
            self.skipTest(f"no OpenCV {VERSION} in {BUILD / 'consumers'} (./test installs it)")
        rows = make_table.rows(consumer, EXPORTER, BUILD, False)
        self.assertEqual(make_table.disagreements(rows), [])
        self.assertGreaterEqual(sum(row[6] == "yes" for row in rows), 28)


class Agreement(unittest.TestCase):
    def test_what_differs_is_seen(self):
        with tempfile.TemporaryDirectory(prefix="modelport-test-") as folder:
            for name in ("yolo26", "yolov10 end to end", "yolo11-obb", "yolov8-cls", "yolo26-sem"):
                subject = next(each for each in consumers.SUBJECTS if each.name == name)
                artifact = consumers.ours(EXPORTER, subject, "onnx", 17, Path(folder))
                same = [output.copy() for output in artifact.reference]
                self.assertTrue(artifact.outcome({"loads": True}, same).agrees)
                for spec, output, most in zip(artifact.specs, same, artifact.most):
                    at = (0,) * output.ndim if agreement.is_ranked(spec) else np.unravel_index(abs(output).argmax(), output.shape)
                    output[at] += max(1.0, 2 * most[at])
                    self.assertFalse(artifact.outcome({"loads": True}, same).agrees, name)


if __name__ == "__main__":
    unittest.main()
