"""Photographs that are sent to a finished export, and links that stand in for tokens."""
import re
import tempfile
import unittest

from exporter import FIXTURES, SAMPLE
from s3_stand_in import StandIn
from service import Answer, Service, ServiceCase

PHOTO = (FIXTURES / "photo.jpg").read_bytes()
TOKEN = "secret"
TOKEN_SETTINGS = '[http]\ntoken_sha256 = ["2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"]\n'


class PredictTest(ServiceCase):
    def export(self, checkpoint, **fields):
        identifier = self.service.upload(checkpoint, checkpoint.name)["id"]
        return self.run_job(framework="ultralytics", checkpoint_id=identifier, config={}, **fields)

    def predict(self, job, body=PHOTO):
        return self.service.ask("POST", f"/export/jobs/{job['id']}/predict", body, {"Content-Type": "application/octet-stream"})

    def left_over(self):
        return [path.name for path in (self.service.folder / "data" / "work").iterdir()]

    def test_a_detector_gives_boxes_within_the_photograph(self):
        job = self.export(SAMPLE)
        self.assertEqual(job["links"]["predict"], f"/export/jobs/{job['id']}/predict")
        answer = self.predict(job)
        self.assertEqual(answer.status, 200, answer.body)
        seen = answer.json
        self.assertNotIn("image", seen)
        self.assertTrue(seen["detections"])
        names = set(job["export_results"]["class_names"])
        for detection in seen["detections"]:
            x1, y1, x2, y2 = detection["box"]
            self.assertTrue(0 <= x1 <= x2 <= seen["width"] and 0 <= y1 <= y2 <= seen["height"], detection)
            self.assertIn(detection["name"], names)
        scores = [detection["score"] for detection in seen["detections"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual(self.left_over(), [])

    def test_a_classifier_gives_classes(self):
        seen = self.predict(self.export(FIXTURES / "yolo11-cls.pt", export_format="openvino")).json
        self.assertEqual(sorted(seen), ["classes", "height", "width"])
        self.assertGreater(seen["classes"][0]["score"], 0)

    def test_a_record_that_names_no_files_is_enough(self):
        seen = self.predict(self.run_job()).json
        self.assertEqual({row["name"] for row in seen["classes"]}, {"a", "b", "c"})

    def test_says_what_is_wrong_with_what_was_sent(self):
        job = self.export(SAMPLE)
        self.assert_problem(self.predict(job, b""), 400, "invalid_argument")
        problem = self.assert_problem(self.predict(job, b"GIF89a, say"), 415, "unsupported_media_type")
        self.assertEqual(problem["valid_values"], ["image/jpeg", "image/png"])
        damaged = self.assert_problem(self.predict(job, PHOTO[:200] + b"\xff" * 50), 422)
        self.assertNotRegex(damaged["detail"], r"/\w+/", "a path of this machine")
        connection = self.service.connect()
        self.addCleanup(connection.close)
        connection.request("POST", f"/export/jobs/{job['id']}/predict", headers={"Content-Length": str(33 << 20)})
        self.assert_problem(Answer(connection.getresponse()), 413, "too_large")
        self.assertEqual(self.left_over(), [])

    def test_needs_a_result(self):
        self.assert_problem(self.predict(self.run_job("fail", status="failed")), 409, "conflict")
        self.assert_problem(self.predict({"id": "job_none"}), 404, "not_found")
        unable = self.run_job(framework="plain", export_format="coreml")
        self.assertNotIn("predict", unable["links"])
        self.assertIn("no engine here runs coreml", self.assert_problem(self.predict(unable), 409, "conflict")["detail"])

    def test_says_which_command_brings_the_engine(self):
        with tempfile.TemporaryDirectory(prefix="modelport-service-") as folder:
            service = Service(folder, environment={"MODELPORT_ONNXRUNTIME": "/nonexistent"}).start()
            self.addCleanup(service.stop)
            whole, type(self).service = self.service, service
            try:
                detail = self.assert_problem(self.predict(self.run_job()), 409, "conflict")["detail"]
            finally:
                type(self).service = whole
            self.assertIn("pip install onnxruntime", detail)
            self.assertNotIn(folder, detail)
            service.stop()


class LinkTest(unittest.TestCase):
    """With tokens, on S3: a link for a minute leads to where the result lies, and the picture's artifact is fetched from there."""

    @classmethod
    def setUpClass(cls):
        cls.store = StandIn()
        cls.addClassCleanup(cls.store.close)
        folder = tempfile.TemporaryDirectory(prefix="modelport-service-")
        cls.addClassCleanup(folder.cleanup)
        cls.service = Service(folder.name, 'artifacts = "s3"\n' + TOKEN_SETTINGS, environment=cls.store.environment).start()
        cls.addClassCleanup(cls.service.stop)
        cls.key = {"Authorization": f"Bearer {TOKEN}"}
        identifier = cls.service.ask("POST", "/checkpoints?name=best.pt", SAMPLE.read_bytes(), cls.key).json["id"]
        cls.job = cls.service.ask("POST", "/export/jobs", {"framework": "ultralytics", "export_format": "onnx", "checkpoint_id": identifier}, cls.key).json["id"]
        while cls.service.ask("GET", f"/export/jobs/{cls.job}", headers=cls.key).json["status"] in ("pending", "running"):
            pass

    def test_the_artifact_is_fetched_from_the_store(self):
        for _ in range(3):
            answer = self.service.ask("POST", f"/export/jobs/{self.job}/predict", PHOTO, self.key)
            self.assertEqual(answer.status, 200, answer.body)
            self.assertTrue(answer.json["detections"])
        self.assertEqual(max(self.store.server.read.values()), 1, "once for all pictures")

    def test_a_link_stands_in_for_a_token(self):
        path = f"/export/jobs/{self.job}/download"
        self.assertEqual(self.service.ask("POST", f"{path}-link").status, 401)
        link = self.service.ask("POST", f"{path}-link", headers=self.key).json
        self.assertRegex(link["url"], rf"^{re.escape(path)}\?ticket=[0-9a-f]{{16}}\.\d+\.[0-9a-f]{{64}}$")
        answer = self.service.get(link["url"])
        self.assertEqual(answer.status, 307)
        self.assertTrue(answer.headers["location"].startswith(self.store.environment["S3_ENDPOINT"]))
        ticket = link["url"].split("=")[1]
        for refused in (path, f"{path}?ticket=", f"{path}?ticket={'0' * 32}", f"/export/jobs/{self.job}?ticket={ticket}", f"/export/jobs/{self.job}x/download?ticket={ticket}", f"/export/jobs/{self.job}/metadata?ticket={ticket}"):
            self.assertEqual(self.service.get(refused).status, 401, refused)
        self.assertNotIn(ticket, self.service.log())


if __name__ == "__main__":
    unittest.main()
