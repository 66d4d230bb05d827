"""`modelport predict` on exported fixtures gives what the framework answered for the photograph; and its manners."""
import json
import shutil
import sys

from command import CommandCase
from consumer_test import fixtures_with_photo
from exporter import FIXTURES, SAMPLE, SOURCE, last_error

sys.path.insert(0, str(SOURCE / "tests" / "oracle"))
from safetensors_file import read

PHOTO = FIXTURES / "photo.jpg"
PICTURES = SOURCE / "tests" / "vision" / "pictures"


class PredictCase(CommandCase):
    def predict(self, artifact, *line, **options):
        return json.loads(self.modelport("predict", artifact, "--json", *line, **options).stdout)

    def change_metadata(self, folder, change):
        path = folder / "metadata.json"
        metadata = json.loads(path.read_text())
        change(metadata)
        path.write_text(json.dumps(metadata))


class AgainstTheFramework(PredictCase):
    def test_detections(self):
        names = list(fixtures_with_photo("detect"))
        self.assertGreaterEqual(len(names), 1)
        for name in names:
            with self.subTest(name):
                folder = self.export_with(FIXTURES / f"{name}.pt", name)
                answer = read(FIXTURES / f"{name}.ref.safetensors")[0]["photo.answer"]
                (picture,) = self.predict(folder, "--image", PHOTO)
                found = picture["detections"]
                self.assertEqual(len(found), len(answer))
                for detection, row in zip(found, answer):
                    self.assertEqual(detection["class"], int(row[5]))
                    self.assertLess(abs(detection["score"] - row[4]), 2e-4)  # float32 itself: unfused there, fused here
                    self.assertLess(max(abs(a - b) for a, b in zip(detection["box"], row[:4])), 0.02)

    def test_classes(self):
        names = list(fixtures_with_photo("classify"))
        self.assertGreaterEqual(len(names), 1)
        for name in names:
            with self.subTest(name):
                folder = self.export_with(FIXTURES / f"{name}.pt", name)
                answer = read(FIXTURES / f"{name}.ref.safetensors")[0]["photo.answer"]
                (picture,) = self.predict(folder / "model.onnx", "--image", PHOTO)
                best = sorted(range(len(answer)), key=lambda i: -answer[i])[:len(picture["classes"])]
                self.assertEqual([entry["class"] for entry in picture["classes"]], best)
                for entry in picture["classes"]:
                    self.assertLess(abs(entry["score"] - answer[entry["class"]]), 1e-4)


class Manners(PredictCase):
    def test_every_way_of_asking_for_pixels_sees_the_same(self):
        plain = self.predict(self.export_with(SAMPLE, "plain"), "--image", PHOTO)
        self.assertGreater(len(plain[0]["detections"]), 1)
        for name, settings in {"rgb": ["embed_preprocessing=true"], "bgr": ["embed_preprocessing=bgr"], "dynamic": ["dynamic_axes=true"],
                               "inside": ["nms=true"]}.items():
            with self.subTest(name):
                other = self.predict(self.export_with(SAMPLE, name, *settings), "--image", PHOTO)
                self.assertEqual(len(other[0]["detections"]), len(plain[0]["detections"]))
                for a, b in zip(plain[0]["detections"], other[0]["detections"]):
                    self.assertEqual(a["class"], b["class"])
                    self.assertLess(max(abs(p - q) for p, q in zip(a["box"], b["box"])), 0.05)

    def test_a_batch_that_pictures_do_not_fill(self):
        one = self.export_with(SAMPLE, "one")
        two = self.export_with(SAMPLE, "two", "batch_size=2")
        images = ["--image", PHOTO, PICTURES / "exif6.jpg", PICTURES / "palette.png"]
        singly, paired = self.predict(one, *images), self.predict(two, *images)
        self.assertEqual([(p["width"], p["height"]) for p in paired], [(200, 149), (31, 48), (48, 31)])
        for a, b in zip(singly, paired):
            self.assertEqual([d["class"] for d in a["detections"]], [d["class"] for d in b["detections"]])

    def test_thresholds(self):
        folder = self.export_with(SAMPLE, "plain")
        count = {conf: len(self.predict(folder, "--image", PHOTO, "--conf", conf)[0]["detections"]) for conf in ("0.05", "0.25", "1")}
        self.assertGreater(count["0.05"], count["0.25"])
        self.assertEqual(count["1"], 0)
        loose = self.predict(folder, "--image", PHOTO, "--conf=0.05", "--iou=1")
        self.assertGreater(len(loose[0]["detections"]), count["0.05"])

    def test_drawings_and_text(self):
        folder = self.export_with(SAMPLE, "plain")
        result = self.modelport("predict", folder, "--image", PHOTO, "-o", "seen.png")
        (first, *rows) = result.stdout.splitlines()
        self.assertEqual(first, f"{PHOTO} 200x149: {len(rows)} detections")
        self.assertGreater((self.folder / "seen.png").stat().st_size, 1000)
        self.assertEqual((self.folder / "seen.png").read_bytes()[:4], b"\x89PNG")
        self.modelport("predict", folder, "--image", PHOTO, PICTURES / "rgb.png", "-o", "both")
        self.assertEqual(sorted(path.name for path in (self.folder / "both").iterdir()), ["photo.jpg", "rgb.png"])

    def test_what_cannot_be_run_is_named(self):
        folder = self.export_with(SAMPLE, "plain")

        def error(*line, expect, **options):
            return last_error(self.modelport("predict", *line, expect=expect, **options).stderr)

        self.assertIn("neither a JPEG nor a PNG", error(folder, "--image", SAMPLE, expect=3))
        self.assertIn("absent.jpg", error(folder, "--image", "absent.jpg", expect=1))
        self.assertIn("does not exist", error("absent.onnx", "--image", PHOTO, expect=1))
        self.assertIn("needs --image", error(folder, expect=3))
        self.assertIn("from 0 to 1", error(folder, "--image", PHOTO, "--conf", "2", expect=3))
        self.assertIn(".bmp", error(folder, "--image", PHOTO, "-o", "a.bmp", expect=3))
        self.assertIn("pip install onnxruntime", error(folder, "--image", PHOTO, expect=3, environment={"MODELPORT_ONNXRUNTIME": "/nowhere"}))
        alone = self.folder / "alone"
        alone.mkdir()
        shutil.copy(folder / "model.onnx", alone)
        self.assertIn("metadata.json", error(alone / "model.onnx", "--image", PHOTO, expect=1))
        self.assertIn("no engine here runs", error(folder / "metadata.json", "--image", PHOTO, expect=3))

    def test_outputs_that_contradict_the_record(self):
        folder = self.export_with(SAMPLE, "plain")
        self.change_metadata(folder, lambda metadata: metadata["class_names"].append("one too many"))
        self.assertIn("metadata.json describes", last_error(self.modelport("predict", folder, "--image", PHOTO, expect=2).stderr))
        self.change_metadata(folder, lambda metadata: metadata["extra_metadata"]["files"][0].update(name="../../elsewhere.onnx"))
        self.assertIn("elsewhere.onnx", last_error(self.modelport("predict", folder, "--image", PHOTO, expect=2).stderr))


if __name__ == "__main__":
    import unittest
    unittest.main()
