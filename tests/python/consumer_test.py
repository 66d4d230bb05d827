"""A consumer driven by metadata.json alone gets the framework's own pixels, detections and classes."""
import json
import sys
import unittest

import numpy as np
from PIL import Image

from consumer import Consumer
from exporter import FIXTURES, SOURCE, ExportCase

sys.path.insert(0, str(SOURCE / "tests" / "oracle"))
from safetensors_file import read


def fixtures_with_photo(task):
    """Names of fixtures whose framework answer for the photograph is recorded, with the whole input."""
    for path in sorted(FIXTURES.glob("*.ref.safetensors")):
        text = read(path)[1]
        if text.get("task") == task and json.loads(text.get("photo", "{}")).get("whole"):
            yield path.name.removesuffix(".ref.safetensors")


class GenericConsumer(ExportCase):
    def consume(self, name):
        """(consumer, the framework's pixels, how to get back, image, the framework's answer), once our pixels are the framework's."""
        self.export(checkpoint=FIXTURES / f"{name}.pt")
        recorded, text = read(FIXTURES / f"{name}.ref.safetensors")
        consumer = Consumer(self.output)
        image = Image.open(FIXTURES / json.loads(text["photo"])["file"])
        pixels, back = consumer.preprocess(image)
        theirs = recorded["photo.pixels"].transpose(1, 2, 0)
        self.assertEqual(pixels.shape, theirs.shape)
        self.assertLessEqual(np.abs(pixels.astype(int) - theirs).max(), 1)
        return consumer, theirs, back, image, recorded["photo.answer"]

    def test_detections(self):
        names = list(fixtures_with_photo("detect"))
        self.assertGreaterEqual(len(names), 1)
        for name in names:
            with self.subTest(name):
                consumer, pixels, back, image, answer = self.consume(name)
                found = consumer.detect(pixels, back)
                found[:, [0, 2]] = found[:, [0, 2]].clip(0, image.size[0])
                found[:, [1, 3]] = found[:, [1, 3]].clip(0, image.size[1])
                self.assertEqual(found.shape, answer.shape)
                self.assertLess(np.abs(found[:, :4] - answer[:, :4]).max(), 0.02)
                self.assertLess(np.abs(found[:, 4] - answer[:, 4]).max(), 1e-4)
                self.assertTrue((found[:, 5] == answer[:, 5]).all())

    def test_classes(self):
        names = list(fixtures_with_photo("classify"))
        self.assertGreaterEqual(len(names), 1)
        for name in names:
            with self.subTest(name):
                consumer, pixels, _, _, answer = self.consume(name)
                scores = consumer.run(pixels)[0]
                self.assertLess(np.abs(scores - answer).max(), 1e-4)
                top = consumer.metadata["top_k"]
                self.assertEqual(list(np.argsort(-scores)[:top]), list(np.argsort(-answer)[:top]))


if __name__ == "__main__":
    unittest.main()
