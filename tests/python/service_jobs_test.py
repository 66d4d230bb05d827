"""Jobs over HTTP, from a checkpoint to its zip, and every way to end otherwise."""
import hashlib
import io
import json
import unittest
import zipfile

from exporter import SAMPLE
from service import PLAIN_EXPORTER, ServiceCase


class JobTest(ServiceCase):
    def test_takes_a_real_checkpoint_to_its_proven_artifact(self):
        uploaded = self.service.upload(SAMPLE)
        self.assertEqual(uploaded["sha256"], hashlib.sha256(SAMPLE.read_bytes()).hexdigest())
        self.assertEqual(uploaded["size"], SAMPLE.stat().st_size)
        told = self.service.get(f"/checkpoints/{uploaded['id']}").json
        self.assertEqual(told["inspect"]["framework"], "ultralytics")
        self.assertIsNone(told["inspect_error"])
        self.assertNotIn(str(self.service.folder), json.dumps(told))
        job = self.run_job(framework="ultralytics", checkpoint_id=uploaded["id"], config={"opset_version": 17}, training_job_id="real", version_tag="first")
        self.assertEqual((job["task_type"], job["export_format"], job["version"], job["version_tag"], job["is_default"]), ("detection", "onnx", 1, "first", True))
        self.assertEqual(job["proof"]["level"], "runtime")
        self.assertTrue(job["validation_passed"])
        self.assertAlmostEqual(job["file_size_mb"], job["file_size_bytes"] / 1e6, places=3)
        self.assertEqual(self.service.get(f"/export/jobs/{job['id']}/metadata").json, job["export_results"])
        content = self.service.get(f"/export/jobs/{job['id']}/download").body
        self.assertEqual(hashlib.sha256(content).hexdigest(), job["sha256"])
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.assertIsNone(archive.testzip())
            self.assertTrue({"model.onnx", "metadata.json"} <= set(archive.namelist()))

    def test_an_option_that_the_exporter_does_not_take_is_refused_when_the_job_is_submitted(self):
        for framework, config, parameter, valid in (("fake", {"opset_version": 99}, "export_config.opset_version", None), ("fake", {"half": "yes"}, "export_config.half", None),
                                                    ("ultralytics", {"opset_versoin": 17}, "export_config.opset_versoin", "opset_version"),
                                                    ("ultralytics", {"dynamic_axes": "width"}, "export_config.dynamic_axes", "batch")):
            answer = self.service.ask("POST", "/export/jobs", {"framework": framework, "export_format": "onnx", "export_config": config, "checkpoint_id": self.checkpoint()})
            problem = self.assert_problem(answer, 422, "invalid_export_config")
            self.assertEqual(problem["parameter"], parameter)
            self.assertIn(parameter, problem["detail"])
            if valid:
                self.assertIn(valid, problem["valid_values"])
        self.run_job(framework="plain", config={"whatever": [1], "nonce": 55})

    def test_a_job_carries_what_the_api_promises(self):
        created = self.create()
        self.assertIn(created["status"], ("pending", "running"))
        job = self.service.wait(created["id"])
        for name in ("id", "training_job_id", "framework", "task_type", "model_name", "export_format", "checkpoint_path", "export_config", "export_path", "version", "is_default",
                     "status", "error_message", "export_results", "file_size_mb", "validation_passed", "created_at", "started_at", "completed_at", "phase", "progress"):
            self.assertIn(name, job)
        self.assertEqual(job["progress"], 1)
        self.assertLessEqual(job["created_at"], job["completed_at"])

    def test_a_failure_says_why_in_the_exporters_words(self):
        for behave, code, word in (("fail", "export_failed", "layer 7"), ("invalid", "validation_failed", "outputs differ"), ("configuration", "configuration_error", "opset_version is no number")):
            job = self.run_job(behave, status="failed")
            self.assertEqual(job["error_code"], code)
            self.assertIn(word, job["error_message"])
            self.assertNotIn("\x1b", json.dumps(job["error_message"], ensure_ascii=False))
            self.assert_problem(self.service.get(f"/export/jobs/{job['id']}/download"), 409, "conflict")
            self.assert_problem(self.service.get(f"/export/jobs/{job['id']}/metadata"), 409, "conflict")

    def test_a_running_job_can_be_cancelled_and_tried_again(self):
        job = self.create("slow")
        self.service.wait(job["id"], ("running",))
        self.assert_problem(self.service.ask("DELETE", f"/export/jobs/{job['id']}"), 409, "conflict")
        self.assert_problem(self.service.ask("POST", f"/export/jobs/{job['id']}/retry"), 409, "conflict")
        answer = self.service.ask("POST", f"/export/jobs/{job['id']}/cancel")
        self.assertIn(answer.status, (200, 202))
        self.assertEqual(self.service.wait(job["id"])["status"], "cancelled")
        self.assert_problem(self.service.ask("POST", f"/export/jobs/{job['id']}/cancel"), 409)
        again = self.service.ask("POST", f"/export/jobs/{job['id']}/retry")
        self.assertEqual(again.status, 201, again.body)
        self.assertEqual(again.json["retry_of"], job["id"])
        self.assertNotEqual(again.json["id"], job["id"])
        self.assertEqual(self.service.ask("POST", f"/export/jobs/{again.json['id']}/cancel?force=true").status // 100, 2)
        self.assertEqual(self.service.wait(again.json["id"])["status"], "cancelled")

    def test_a_deleted_job_is_gone(self):
        job = self.run_job()
        self.assertEqual(self.service.ask("DELETE", f"/export/jobs/{job['id']}").status, 204)
        for path in ("", "/logs", "/events", "/download", "/metadata"):
            self.assert_problem(self.service.get(f"/export/jobs/{job['id']}{path}"), 404, "not_found")
        self.assert_problem(self.service.ask("DELETE", f"/export/jobs/{job['id']}"), 404)

    def test_the_first_export_of_a_training_is_its_default_until_another_is_chosen(self):
        first, second = (self.run_job(training_job_id="t/1 ü", checkpoint_id=self.checkpoint(content)) for content in (b"epoch 1", b"epoch 2"))
        self.assertEqual([(job["version"], job["is_default"]) for job in (first, second)], [(1, True), (2, False)])
        self.assertTrue(self.service.ask("POST", f"/export/jobs/{second['id']}/set-default").json["is_default"])
        exports = self.service.get("/training/t%2F1%20%C3%BC/exports").json
        self.assertEqual([(job["id"], job["is_default"]) for job in exports["exports"]], [(second["id"], True), (first["id"], False)])
        third = self.run_job(training_job_id="t-2", set_as_default=True)
        fourth = self.run_job(training_job_id="t-2", set_as_default=True, checkpoint_id=self.checkpoint(b"epoch 2"))
        listed = self.service.get("/training/t-2/exports").json["exports"]
        self.assertEqual([(job["id"], job["is_default"]) for job in listed], [(fourth["id"], True), (third["id"], False)])
        failed = self.run_job("fail", status="failed", training_job_id="t-2")
        self.assert_problem(self.service.ask("POST", f"/export/jobs/{failed['id']}/set-default"), 409)
        self.assertEqual(self.service.get("/training/nobody/exports").json["exports"], [])

    def test_a_key_makes_one_job_of_two_requests(self):
        checkpoint = self.checkpoint()
        fields = {"checkpoint_id": checkpoint, "config": {"nonce": 90001}}
        first = self.create(headers={"Idempotency-Key": "k-1"}, **fields)
        again = self.service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_id": checkpoint, "export_config": {"nonce": 90001}},
                                 {"Idempotency-Key": "k-1"})
        self.assertEqual((again.status, again.json["id"], again.headers.get("idempotency-replayed")), (201, first["id"], "true"))
        other = self.service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_id": checkpoint, "export_config": {"nonce": 90002}},
                                 {"Idempotency-Key": "k-1"})
        self.assert_problem(other, 422, "idempotency_key_reused")
        bad = self.service.ask("POST", "/export/jobs", {"framework": "fake"}, {"Idempotency-Key": "a b"})
        self.assert_problem(bad, 400)

    def test_an_equal_export_is_answered_from_the_store(self):
        fields = {"checkpoint_id": self.checkpoint(), "config": {"nonce": 70001}}
        first = self.run_job(**fields)
        second = self.run_job(**fields)
        forced = self.run_job(force=True, **fields)
        self.assertEqual((first["from_cache"], second["from_cache"], forced["from_cache"]), (False, True, False))
        self.assertEqual(first["sha256"], second["sha256"])

    def test_lists_page_by_page(self):
        made = [self.create(training_job_id="pages")["id"] for _ in range(5)]
        seen, cursor = [], None
        while True:
            page = self.service.get(f"/export/jobs?training_job_id=pages&limit=2{f'&cursor={cursor}' if cursor else ''}").json
            seen += [job["id"] for job in page["jobs"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        self.assertEqual(seen, made[::-1])
        for job in made:
            self.service.wait(job)
        filtered = self.service.get("/export/jobs?training_job_id=pages&status=completed&framework=fake&export_format=onnx&task_type=classification").json
        self.assertEqual(len(filtered["jobs"]), 5)
        self.assertEqual(self.service.get("/export/jobs?training_job_id=pages&created_before=2020-01-01T00:00:00Z").json["jobs"], [])
        self.assert_problem(self.service.get("/export/jobs?created_after=yesterday"), 400)
        self.assert_problem(self.service.get("/export/jobs?cursor=nonsense"), 400)

    def test_a_wrong_request_is_told_what_would_be_right(self):
        checkpoint = self.checkpoint()
        good = {"framework": "fake", "export_format": "onnx", "checkpoint_id": checkpoint}
        for change, parameter, valid in (({"framework": "fak"}, "framework", "fake"), ({"export_format": "onx"}, "export_format", "onnx"), ({"export_format": "tflite"}, "export_format", "onnx"),
                                         ({"exportformat": "onnx"}, "exportformat", "export_format"), ({"checkpoint_path": "x"}, "checkpoint_id", None), ({"checkpoint_id": None}, "checkpoint_id", None),
                                         ({"export_config": []}, "export_config", None), ({"set_as_default": "yes"}, "set_as_default", None), ({"framework": 7}, "framework", None),
                                         ({"set_as_default": True}, "set_as_default", None), ({"version_tag": "a\nb"}, "version_tag", None), ({"webhook_url": "http://127.0.0.1/"}, "webhook_url", None)):
            problem = self.assert_problem(self.service.ask("POST", "/export/jobs", {**good, **change}), 400)
            self.assertEqual(problem.get("parameter"), parameter, problem)
            if valid:
                self.assertIn(valid, problem["valid_values"])
        self.assert_problem(self.service.ask("POST", "/export/jobs", {**good, "checkpoint_id": "0" * 64}), 404)
        for body in ("", "{", "[]", "null", '{"framework": "a", "framework": "b"}', "\xff"):
            self.assert_problem(self.service.ask("POST", "/export/jobs", body.encode("latin-1"), {"Content-Type": "application/json"}), 400)

    def test_a_path_must_lie_under_the_roots(self):
        (self.service.folder / "roots" / "inside.pt").write_bytes(b"weights")
        (self.service.folder / "outside.pt").write_bytes(b"weights")
        (self.service.folder / "roots" / "link.pt").symlink_to(self.service.folder / "outside.pt")
        inside = str(self.service.folder / "roots" / "inside.pt")
        job = self.run_job(checkpoint_path=inside)
        self.assertEqual(job["checkpoint_path"], inside)
        for path in ("/etc/passwd", str(self.service.folder / "outside.pt"), str(self.service.folder / "roots" / ".." / "outside.pt"), str(self.service.folder / "roots" / "link.pt"), "../outside.pt"):
            answer = self.service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_path": path})
            self.assertIn(answer.status, (400, 404, 422), answer.body)
            self.assertNotIn(str(self.service.folder / "roots") + '"', answer.body.decode())

    def test_capabilities_say_what_and_why_not(self):
        frameworks = {row["framework"]: row for row in self.service.get("/export/capabilities").json["frameworks"]}
        fake = frameworks["fake"]
        self.assertEqual(fake["default_format"], "onnx")
        formats = {row["format"]: row for row in fake["supported_formats"]}
        self.assertEqual(set(formats), {"onnx", "tensorrt", "coreml", "tflite", "torchscript", "openvino"})
        self.assertTrue(formats["onnx"]["supported"])
        self.assertIn("opset_version", formats["onnx"]["export_config"]["properties"])
        self.assertIn("writes no tflite", formats["tflite"]["reason"])
        only = self.service.get("/export/capabilities?framework=ultralytics&task_type=detection").json["frameworks"]
        self.assertEqual([(row["framework"], row["task_type"]) for row in only], [("ultralytics", "detection")])
        problem = self.assert_problem(self.service.get("/export/capabilities?framework=ultralitics"), 400)
        self.assertIn("ultralytics", problem["valid_values"])


class UnavailableTest(ServiceCase):
    trainers = f"""
[[trainer]]
name = "silent"
command = ["/bin/sh", {json.dumps(str(PLAIN_EXPORTER))}]
environment = {{FRAMEWORK = "silent"}}
"""

    def format(self, framework, name):
        (row,) = self.service.get(f"/export/capabilities?framework={framework}").json["frameworks"]
        return next(format for format in row["supported_formats"] if format["format"] == name)

    def test_one_models_trouble_takes_no_format_from_others(self):
        job = self.run_job("not_implemented", status="failed")
        self.assertEqual((job["error_code"], job["error_message"]), ("unsupported_format", "not for this model: not for this framework"))
        self.assertIs(self.format("fake", "onnx")["supported"], True)
        self.assertIsNone(self.format("fake", "onnx")["since"])
        self.run_job()

    def test_a_format_is_marked_by_what_is_said_without_a_model_and_offered_again_by_a_person(self):
        unknown = self.format("silent", "torchscript")
        self.assertIsNone(unknown["supported"])
        self.assertIn("not known", unknown["reason"])
        job = self.run_job(framework="silent", export_format="torchscript", status="failed")
        marked = self.format("silent", "torchscript")
        self.assertEqual((marked["supported"], marked["marked_by"], marked["reason"]), (False, job["id"], "this trainer writes no torchscript"))
        self.assertTrue(marked["since"])
        request = {"framework": "silent", "export_format": "torchscript", "checkpoint_id": self.checkpoint()}
        problem = self.assert_problem(self.service.ask("POST", "/export/jobs", request), 400)
        self.assertEqual(problem["parameter"], "export_format")
        self.assertEqual(self.service.ask("POST", "/export/jobs", {**request, "force": True}).status, 201)
        self.assertEqual(self.service.ask("DELETE", "/export/capabilities/silent/torchscript/mark").status, 204)
        self.assertIsNone(self.format("silent", "torchscript")["supported"])
        self.assert_problem(self.service.ask("DELETE", "/export/capabilities/nobody/onnx/mark"), 404)

    def test_a_format_is_known_once_an_export_completed(self):
        self.run_job(framework="silent")
        self.assertIs(self.format("silent", "onnx")["supported"], True)

    def test_argparses_exit_code_is_a_configuration_error(self):
        job = self.run_job("argparse", framework="silent", status="failed")
        self.assertEqual((job["error_code"], job["error_message"]), ("configuration_error", "unrecognized arguments: --x"))


class CheckpointTest(ServiceCase):
    def test_two_uploaders_of_the_same_bytes_each_see_their_own_name(self):
        mine = self.service.upload(b"the same", name="mine.pt")
        job = self.run_job(checkpoint_id=mine["id"])
        theirs = self.service.upload(b"the same", name="Gewichte für Bäume.pt")
        self.assertEqual((mine["name"], theirs["name"], theirs["id"]), ("mine.pt", "Gewichte_für_Bäume.pt", mine["id"]))
        self.assertEqual(self.service.get(f"/export/jobs/{job['id']}").json["checkpoint_name"], "mine.pt")
        named = self.run_job(checkpoint_id=mine["id"], checkpoint_name="what I call it.pt")
        self.assertEqual(named["checkpoint_name"], "what I call it.pt")
        self.assertEqual(self.run_job(checkpoint_id=mine["id"])["checkpoint_name"], "Gewichte_für_Bäume.pt")

    def test_checkpoints_are_listed_and_removed(self):
        ids = [self.service.upload(content)["id"] for content in (b"one", b"two", b"three")]
        page = self.service.get("/checkpoints?limit=2").json
        rest = self.service.get(f"/checkpoints?limit=200&cursor={page['next_cursor']}").json
        listed = [row["id"] for row in page["checkpoints"] + rest["checkpoints"]]
        self.assertEqual([each for each in listed if each in ids], ids[::-1])
        self.assertIsNone(rest["next_cursor"])
        self.assert_problem(self.service.get(f"/checkpoints?cursor={'0' * 64}"), 400)
        done = self.run_job(checkpoint_id=ids[0])
        busy = self.create("slow", checkpoint_id=ids[1])
        self.assert_problem(self.service.ask("DELETE", f"/checkpoints/{ids[1]}"), 409)
        self.service.ask("POST", f"/export/jobs/{busy['id']}/cancel?force=true")
        self.service.wait(busy["id"])
        for checkpoint in ids[:2]:
            self.assertEqual(self.service.ask("DELETE", f"/checkpoints/{checkpoint}").status, 204)
            self.assert_problem(self.service.get(f"/checkpoints/{checkpoint}"), 404)
            self.assert_problem(self.service.ask("DELETE", f"/checkpoints/{checkpoint}"), 404)
        self.assertEqual(self.service.get(f"/export/jobs/{done['id']}/download").status, 200)


class VersionTest(ServiceCase):
    def test_a_version_is_a_checkpoint_and_has_addresses_that_stay(self):
        first, second = (self.service.upload(content)["id"] for content in (b"epoch 1", b"epoch 2"))
        export = lambda checkpoint, export_format, **more: self.run_job(framework="plain", export_format=export_format, checkpoint_id=checkpoint, training_job_id="run 7/a", **more)
        onnx, coreml, later = export(first, "onnx"), export(first, "coreml"), export(second, "onnx", set_as_default=True)
        self.assertEqual([job["version"] for job in (onnx, coreml, later)], [1, 1, 2])
        training = "/training/run%207%2Fa"
        get = lambda path: self.service.get(f"{training}/{path}/download")
        defaults = {job["id"] for job in self.service.get(f"{training}/exports").json["exports"] if job["is_default"]}
        self.assertEqual(defaults, {coreml["id"], later["id"]})
        for path, job in (("default/onnx", later), ("default/coreml", coreml), ("versions/1/onnx", onnx), ("versions/1/coreml", coreml), ("versions/2/onnx", later)):
            answer = get(path)
            self.assertEqual((answer.status, hashlib.sha256(answer.body).hexdigest()), (200, job["sha256"]), path)
            self.assertEqual(answer.headers["etag"], f'"{job["sha256"]}"')
        for path in ("default/openvino", "versions/2/coreml", "versions/9/onnx", "versions/x/onnx"):
            self.assert_problem(get(path), 404)
        self.assert_problem(self.service.get("/training/other/default/onnx/download"), 404)


class DownloadTest(ServiceCase):
    def test_serves_any_range(self):
        job = self.run_job()
        path = f"/export/jobs/{job['id']}/download"
        whole = self.service.get(path)
        self.assertEqual(whole.headers["content-type"], "application/zip")
        self.assertRegex(whole.headers["content-disposition"], r'^attachment; filename="tiny-onnx\.zip"$')
        tag, size = whole.headers["etag"], len(whole.body)
        self.assertEqual(tag, f'"{job["sha256"]}"')
        for text, part in (("bytes=0-9", whole.body[:10]), ("bytes=10-", whole.body[10:]), ("bytes=-7", whole.body[-7:]), (f"bytes=5-{size * 2}", whole.body[5:])):
            answer = self.service.get(path, Range=text)
            self.assertEqual((answer.status, answer.body), (206, part))
        self.assertEqual(self.service.get(path, Range="bytes=10-19").headers["content-range"], f"bytes 10-19/{size}")
        self.assertEqual(self.service.get(path, Range="bytes=0-9", If_Range=tag).status, 206)
        self.assertEqual(self.service.get(path, Range="bytes=0-9", If_Range='"other"').status, 200)
        self.assertEqual(self.service.get(path, If_None_Match=tag).status, 304)
        beyond = self.service.get(path, Range=f"bytes={size}-")
        self.assert_problem(beyond, 416)
        self.assertEqual(beyond.headers["content-range"], f"bytes */{size}")
        head = self.service.ask("HEAD", path)
        self.assertEqual((head.status, head.body, int(head.headers["content-length"])), (200, b"", size))

    def test_a_models_name_cannot_break_the_header(self):
        job = self.run_job(config={"nonce": 1, "model_name": 'x"; y\r\nSet-Cookie: a=b/../../z'})
        answer = self.service.get(f"/export/jobs/{job['id']}/download")
        self.assertNotIn("set-cookie", answer.headers)
        self.assertRegex(answer.headers["content-disposition"], r'^attachment; filename="[A-Za-z0-9._-]+\.zip"$')


class CheckpointTest(ServiceCase):
    settings = "max_upload_mb = 1\n"

    def test_the_same_content_is_one_checkpoint(self):
        first, second = self.service.upload(b"same", "a.pt"), self.service.upload(b"same", "b.pt")
        self.assertEqual(first["id"], second["id"])

    def test_what_cannot_be_read_is_told(self):
        told = self.service.get(f"/checkpoints/{self.checkpoint(b'no checkpoint')}").json
        self.assertTrue(told["inspect_error"] or told["inspect"].get("error"), told)
        self.assertNotIn(str(self.service.folder), json.dumps(told))
        self.assert_problem(self.service.get("/checkpoints/" + "0" * 64), 404)

    def test_a_directory_comes_as_an_archive(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("config.json", "{}")
            archive.writestr("model.safetensors", b"weights")
        uploaded = self.service.upload(packed.getvalue(), "model.zip", "directory")
        self.assertEqual(uploaded["kind"], "directory")
        self.run_job(framework="plain", checkpoint_id=uploaded["id"])
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("../escape", "x")
        answer = self.service.ask("POST", "/checkpoints?name=model.zip&kind=directory", packed.getvalue())
        self.assert_problem(answer, 422)

    def test_an_upload_is_neither_empty_nor_without_a_limit(self):
        self.assert_problem(self.service.ask("POST", "/checkpoints?name=none.pt", b""), 400)
        self.assert_problem(self.service.ask("POST", "/checkpoints?name=big.pt", b"x" * 1100000), 413, "too_large")
        uploads = list((self.service.folder / "data").rglob("*big*"))
        self.assertEqual(uploads, [])


if __name__ == "__main__":
    unittest.main()
