"""A Backend whose artifacts and checkpoints lie on S3, over HTTP from the job to what any S3 client then finds there."""
import hashlib
import io
import json
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import zipfile

import s3_server
from s3_server import S3Case
from service import PATIENCE, Service, ServiceCase

TRAINER = """
[[trainer]]
name = "telling"
command = ["./telling.sh"]
formats = ["onnx"]
"""
TELLING = """#!/bin/sh
env
cat /proc/$PPID/environ 2>&1 | tr '\\0' '\\n'
exit 1
"""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class S3ServiceCase(S3Case, ServiceCase):
    settings = 'artifacts = "s3"\ncheckpoint_sources = ["s3://models-of-tests/released", "s3://others-of-tests", "s3://bucket-of-nobody"]\nmax_upload_mb = 4\n'

    @classmethod
    def setUpClass(cls):
        S3Case.setUpClass.__func__(cls)
        folder = tempfile.TemporaryDirectory(prefix="modelport-service-")
        cls.addClassCleanup(folder.cleanup)
        cls.service = Service(folder.name, cls.settings, TRAINER, environment=cls.environment())
        script = cls.service.folder / "telling.sh"
        script.write_text(TELLING)
        script.chmod(0o755)
        cls.addClassCleanup(cls.end_service)
        cls.service.start()

    def setUp(self):
        self.proxy.harm, self.proxy.met = None, []

    def keys(self):
        return {row["Key"]: row["Size"] for row in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])}

    def link(self, job):
        answer = self.service.get(f"/export/jobs/{job['id']}/download")
        self.assertEqual(answer.status, 307, answer.body)
        return answer.headers["location"]


class ArtifactTest(S3ServiceCase):
    def test_a_result_is_an_object_that_any_client_may_fetch(self):
        job = self.run_job(training_job_id="s3", config={"model_name": "tiny", "megabytes": 1, "nonce": 71})
        content = urllib.request.urlopen(self.link(job), timeout=PATIENCE).read()
        self.assertEqual(hashlib.sha256(content).hexdigest(), job["sha256"])
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.assertIsNone(archive.testzip())
            self.assertTrue({"model.onnx", "metadata.json"} <= set(archive.namelist()))
        key = f"exports/{job['export_path']}"
        stored = self.s3.get_object(Bucket=self.bucket, Key=key)
        self.assertEqual(stored["Body"].read(), content)
        self.assertEqual(stored["ContentType"], "application/zip")
        self.assertEqual(stored["Metadata"], {"framework": "fake", "model": "tiny", "format": "onnx", "sha256": job["sha256"]})
        beside = self.s3.get_object(Bucket=self.bucket, Key=key.removesuffix(".zip") + ".metadata.json")
        self.assertEqual(json.loads(beside["Body"].read()), job["export_results"])
        self.assertEqual(beside["ContentType"], "application/json")
        with tempfile.TemporaryDirectory() as folder:
            self.s3.download_file(self.bucket, key, folder + "/copy.zip")
            with open(folder + "/copy.zip", "rb") as copy:
                self.assertEqual(copy.read(), content)

    def test_a_link_names_the_file_gives_ranges_and_cannot_be_bent(self):
        job = self.run_job(config={"model_name": "odd name+&=%/\u00e4", "nonce": 72})
        link = self.link(job)
        asked = urllib.request.Request(link, headers={"Range": "bytes=0-3"})
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            self.assertEqual((answer.status, answer.read()), (206, b"PK\3\4"))
            self.assertIn(".zip", answer.headers["Content-Disposition"])
        self.assertNotIn("secret", link.lower().replace("x-amz-", ""))
        if s3_server.KIND == "moto":
            return  # It verifies no signature.
        for bent in (link.replace(job["export_path"], "other.zip"), link + "0"):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(bent, timeout=PATIENCE)
            self.assertEqual(refused.exception.code, 403)

    def test_a_deleted_job_leaves_nothing_there(self):
        before = self.keys()
        job = self.run_job()
        self.assertEqual(len(self.keys()), len(before) + 2)
        self.assertEqual(self.service.ask("DELETE", f"/export/jobs/{job['id']}").status, 204)
        self.assertEqual(self.keys(), before)

    def test_a_job_gets_through_what_befalls_single_requests(self):
        for harm in ("reset", "slow down", "error", "cut", "stall"):
            with self.subTest(harm):
                self.proxy.harm, self.proxy.met = [("PUT", harm), ("HEAD", "error"), ("PUT", harm)], []
                job = self.run_job()
                self.assertEqual(len(self.proxy.met), 3)
                self.proxy.harm = None
                stored = self.s3.get_object(Bucket=self.bucket, Key=f"exports/{job['export_path']}")
                self.assertEqual(hashlib.sha256(stored["Body"].read()).hexdigest(), job["sha256"])

    def test_a_job_waits_for_a_store_that_comes_back(self):
        job = self.create(behave="lines", config={"behave": "timed", "lines": 20, "nonce": 73})
        self.service.wait(job["id"], ("running",))
        self.proxy.harm = "away"
        deadline = time.monotonic() + PATIENCE
        while self.service.get(f"/export/jobs/{job['id']}").json["phase"] != "uploading":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        while (ready := self.service.get("/readyz")).status != 503:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertIn("artifact store", [check["name"] for check in ready.json["checks"] if not check["ready"]])
        self.proxy.harm = None
        done = self.service.wait(job["id"])
        self.assertEqual((done["status"], done["attempt"]), ("completed", 1), done)
        self.assertEqual(self.service.get("/readyz").status, 200)
        self.assertEqual(hashlib.sha256(urllib.request.urlopen(self.link(done), timeout=PATIENCE).read()).hexdigest(), done["sha256"])

    def test_the_same_export_is_the_stored_object_again(self):
        config = {"nonce": 74}
        checkpoint = self.checkpoint()
        first, second = (self.run_job(config=config, checkpoint_id=checkpoint) for _ in range(2))
        self.assertEqual((first["from_cache"], second["from_cache"]), (False, True))
        self.assertEqual(first["export_path"], second["export_path"])
        self.assertEqual(self.service.ask("DELETE", f"/export/jobs/{first['id']}").status, 204)
        self.assertIn(f"exports/{second['export_path']}", self.keys())


class QuotaTest(S3ServiceCase):
    bucket = "quota-of-tests"
    settings = 'artifacts = "s3"\nstore_quota_mb = 1\nlease_seconds = 3\n'

    def test_the_oldest_objects_go_when_the_store_is_over_its_quota(self):
        default = self.run_job(config={"nonce": 1}, training_job_id="kept")
        oldest, newest = (self.run_job(config={"megabytes": 1, "nonce": number}) for number in (2, 3))
        deadline = time.monotonic() + PATIENCE
        while self.service.get(f"/export/jobs/{oldest['id']}").status != 404:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        left = [f"exports/{job['export_path']}" for job in (default, newest)]
        expected = {*left, *(key.removesuffix(".zip") + ".metadata.json" for key in left)}
        # The job goes first, its objects one after the other.
        while set(self.keys()) != expected and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertEqual(set(self.keys()), expected)


class CheckpointTest(S3ServiceCase):
    def put(self, key, content, bucket="models-of-tests"):
        self.s3.put_object(Bucket=bucket, Key=key, Body=content)

    def test_a_checkpoint_comes_from_a_bucket(self):
        content = bytes(range(256)) * 5000
        for number, key in enumerate(("released/best.pt", "released/deeper/a b+c=\u00e4 %41.pt")):
            self.put(key, content + bytes([number]))
            job = self.run_job(checkpoint_path=f"s3://models-of-tests/{key}")
            self.assertEqual(job["checkpoint_id"], hashlib.sha256(content + bytes([number])).hexdigest())
            self.assertEqual(job["checkpoint_path"], f"s3://models-of-tests/{key}")
        self.put("any.pt", b"anywhere in a whole bucket", "others-of-tests")
        self.run_job(checkpoint_path="s3://others-of-tests/any.pt")

    def test_a_directory_comes_from_a_prefix(self):
        long_name = "folder/" + "n" * 120 + "/weights.bin"
        files = {"config.json": b"{}", "model.safetensors": b"w" * 70000, "empty.txt": b"", long_name: b"deep"}
        for name, content in files.items():
            self.put(f"released/bert/{name}", content)
        self.put("released/bert/", b"")
        self.put("released/bertha/config.json", b"another one's")
        job = self.run_job(checkpoint_path="s3://models-of-tests/released/bert/")
        manifest = sorted((name.encode(), f"{hashlib.sha256(content).hexdigest()}  {len(content)}  {name}\n") for name, content in files.items())
        self.assertEqual(job["checkpoint_id"], hashlib.sha256("".join(line for _, line in manifest).encode()).hexdigest())

    def test_another_content_under_the_same_key_is_another_checkpoint(self):
        ids = []
        for content in (b"first", b"second", b"second"):
            self.put("released/changing.pt", content)
            ids.append(self.run_job(checkpoint_path="s3://models-of-tests/released/changing.pt")["checkpoint_id"])
        self.assertEqual(ids, [hashlib.sha256(content).hexdigest() for content in (b"first", b"second", b"second")])

    def test_what_is_not_allowed_is_refused_when_the_job_is_submitted(self):
        self.put("private/best.pt", b"x")
        self.put("released-not/best.pt", b"x")
        for path, status in (("s3://models-of-tests/private/best.pt", 400), ("s3://models-of-tests/released-not/best.pt", 400), ("s3://models-of-tests/released/../private/best.pt", 400),
                             ("s3://models-of-tests/released//best.pt", 400), ("s3://exports-of-tests/exports/x.zip", 400), ("https://models-of-tests/released/best.pt", 400),
                             ("file:///etc/passwd", 400), ("s3://", 400), ("s3://models-of-tests/", 400), ("s3://models-of-tests/released/none.pt", 404), ("s3://models-of-tests/released/none/", 404), ("s3://bucket-of-nobody/best.pt", 404)):
            problem = self.create(expect=status, checkpoint_path=path)
            self.assertNotIn("secret", json.dumps(problem))

    @unittest.skipIf(s3_server.KIND == "moto", "it verifies no signature")
    def test_what_s3_does_not_give_is_refused_when_the_job_is_submitted(self):
        with tempfile.TemporaryDirectory(prefix="modelport-service-") as folder:
            service = Service(folder, 'checkpoint_sources = ["s3://models-of-tests"]\n', environment={**self.environment(), "AWS_SECRET_ACCESS_KEY": "not-the-right-one"})
            self.addCleanup(lambda: service.process.poll() is None and service.stop())
            service.start()
            for path in ("s3://models-of-tests/released/best.pt", "s3://models-of-tests/released/"):
                answer = service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_path": path})
                problem = self.assert_problem(answer, 400)
                self.assertIn("no access", problem["detail"])
            self.assertNotIn("not-the-right-one", service.log())
            service.stop()

    def test_what_is_too_large_fails_the_job_with_the_bound(self):
        self.put("released/large.pt", b"x" * (5 << 20))
        job = self.run_job(status="failed", checkpoint_path="s3://models-of-tests/released/large.pt")
        self.assertEqual(job["error_code"], "checkpoint_missing")
        self.assertIn("larger than", job["error_message"])
        self.assertEqual(list((self.service.folder / "data").rglob("*large*")), [])

    def test_a_prefix_obeys_the_rules_of_an_upload(self):
        for name, keys in (("climbing", ("../up.txt",)), ("twice", ("a.txt", "A.txt")), ("file-and-folder", ("a", "a/b"))):
            for key in ("config.json", *keys):
                self.put(f"released/{name}/{key}", b"x")
            job = self.run_job(status="failed", checkpoint_path=f"s3://models-of-tests/released/{name}/")
            self.assertEqual(job["error_code"], "checkpoint_missing", name)
        self.assertEqual(list((self.service.folder / "data").rglob("up.txt")), [])

    def test_a_read_that_is_disturbed_is_repeated(self):
        self.put("released/disturbed.pt", b"d" * 3000000)
        for harm in ("reset", "slow down", "cut"):
            with self.subTest(harm):
                self.proxy.harm, self.proxy.met = [("GET", harm)], []
                # Of another content each time, so that it is read again.
                self.put("released/disturbed.pt", b"d" * 3000000 + harm.encode())
                job = self.run_job(checkpoint_path="s3://models-of-tests/released/disturbed.pt")
                self.assertEqual(self.proxy.met, [("GET", harm)])
                self.assertEqual(job["checkpoint_id"], hashlib.sha256(b"d" * 3000000 + harm.encode()).hexdigest())

    def test_an_exporter_learns_nothing_of_s3(self):
        self.put("released/best.pt", b"weights")
        job = self.service.wait(self.create(framework="telling", checkpoint_path="s3://models-of-tests/released/best.pt")["id"])
        lines = "\n".join(line["text"] for line in self.service.get(f"/export/jobs/{job['id']}/logs?limit=5000").json["lines"])
        self.assertIn("PATH=", lines)
        for word in ("AWS_", "S3_", "secret"):
            self.assertNotIn(word, lines)
        self.assertNotIn("secret", self.service.log())


if __name__ == "__main__":
    unittest.main()
