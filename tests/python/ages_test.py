"""Checkpoints as old releases left them (tests/live/ages): each exports, and computes what its release computed."""
import unittest

import numpy as np
import onnxruntime

from exporter import FIXTURES, ExportCase

AGES = FIXTURES / "ages"
INPUT = np.random.default_rng(0).random((1, 3, 64, 64), np.float32)


class Ages(ExportCase):
    def test_each_computes_what_its_release_computed(self):
        for checkpoint in sorted(AGES.glob("*.pt")):
            with self.subTest(checkpoint.stem):
                self.export(checkpoint=checkpoint)
                session = onnxruntime.InferenceSession(str(self.output / "model.onnx"), providers=["CPUExecutionProvider"])
                outputs = session.run(None, {"images": INPUT})
                recorded = np.load(checkpoint.with_suffix(".npz"))
                wanted = [recorded[name] for name in sorted(recorded.files)]
                self.assertEqual([o.shape for o in outputs], [w.shape for w in wanted])
                np.testing.assert_allclose(outputs[0][:, :4], wanted[0][:, :4], atol=0.02)
                np.testing.assert_allclose(outputs[0][:, 4:], wanted[0][:, 4:], atol=1e-3)
                for got, want in zip(outputs[1:], wanted[1:]):
                    np.testing.assert_allclose(got, want, atol=1e-3)


if __name__ == "__main__":
    unittest.main()
