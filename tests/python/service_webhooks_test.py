"""Webhooks from service.toml to the receiver: signed, repeated, given up, sent again, and never to where they may not go."""
import base64
import hashlib
import hmac
import http.server
import json
import shutil
import signal
import tempfile
import threading
import time
import unittest

from service import PATIENCE, Service, ServiceCase

KEYS = [bytes(range(start, start + 32)) for start in (0, 100)]
SECRETS = ["whsec_" + base64.b64encode(key).decode() for key in KEYS]


def settings(allow='["127.0.0.1"]', **more):
    lines = {"secrets": json.dumps(SECRETS), "allow": allow, "first_pause_seconds": 1, "longest_pause_seconds": 1, "timeout_seconds": 5, **more}
    return "[webhooks]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())


class Receiver:
    """Keeps what it is told; answers with `status`."""

    def __init__(self):
        self.requests, self.status, self.location = [], 204, None
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook?token=of-the-receiver"

    def wait(self, count):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and len(self.requests) < count:
            time.sleep(0.02)
        return self.requests[:count]

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def verify(headers, body):
    """What the specification of Standard Webhooks says, written down once more: for each key, whether a signature of the message is its own."""
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    versions, signatures = zip(*(part.split(",") for part in headers["webhook-signature"].split(" ")))
    assert set(versions) == {"v1"}, versions
    return [any(hmac.compare_digest(base64.b64decode(given), hmac.new(key, signed, hashlib.sha256).digest()) for given in signatures) for key in KEYS]


class WebhookTest(ServiceCase):
    settings = settings(attempts=2)

    def setUp(self):
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)

    def deliveries(self, job, state=None):
        """Of a job; once its last one is in this state."""
        deadline = time.monotonic() + PATIENCE
        while True:
            listed = self.service.get(f"/export/jobs/{job}/deliveries").json["deliveries"]
            if state is None or (listed and listed[0]["state"] == state):
                return listed
            self.assertLess(time.monotonic(), deadline, listed)
            time.sleep(0.05)

    def test_the_end_of_a_job_is_told_with_signatures_that_verify(self):
        job = self.run_job(webhook_url=self.receiver.url, training_job_id="told")
        (path, headers, body), = self.receiver.wait(1)
        self.assertEqual(path, "/hook?token=of-the-receiver")
        self.assertEqual(verify(headers, body), [True, True])
        self.assertEqual(verify(headers, body + b" "), [False, False])
        self.assertLess(abs(time.time() - int(headers["webhook-timestamp"])), 60)
        message = json.loads(body)
        self.assertEqual(message["type"], "export.completed")
        self.assertEqual({name: message["data"][name] for name in ("id", "status", "sha256", "training_job_id", "version", "error")},
                         {"id": job["id"], "status": "completed", "sha256": job["sha256"], "training_job_id": "told", "version": 1, "error": None})
        delivery, = self.deliveries(job["id"], "delivered")
        self.assertEqual((delivery["id"], delivery["type"], delivery["last_status"], delivery["attempts"]), (headers["webhook-id"], "export.completed", 204, 1))
        self.assertNotIn("of-the-receiver", json.dumps(delivery))

    def test_what_is_given_up_is_listed_and_can_be_sent_again(self):
        self.receiver.status = 503
        job = self.run_job("fail", status="failed", webhook_url=self.receiver.url)
        dead, = self.deliveries(job["id"], "dead")
        self.assertEqual((dead["attempts"], dead["last_status"], dead["next_attempt_at"]), (2, 503, None))
        self.assertIn("503", dead["last_error"])
        self.assertIn(dead, self.service.get("/export/deliveries?state=dead").json["deliveries"])
        self.receiver.status = 200
        again = self.service.ask("POST", f"/export/deliveries/{dead['id']}/resend")
        self.assertEqual(again.status, 202, again.body)
        self.assertEqual(self.deliveries(job["id"], "delivered")[0]["attempts"], 1)
        sent = self.receiver.wait(3)
        self.assertEqual({headers["webhook-id"] for _, headers, _ in sent}, {dead["id"]})
        self.assertEqual(len({body for _, _, body in sent}), 1)
        self.assertEqual(verify(*sent[2][1:]), [True, True])
        self.assert_problem(self.service.ask("POST", "/export/deliveries/msg_none/resend"), 404, "not_found")
        self.assert_problem(self.service.get("/export/jobs/none/deliveries"), 404, "not_found")
        self.assert_problem(self.service.get("/export/deliveries?state=lost"), 400, "invalid_parameter")

    def test_a_redirect_is_not_followed(self):
        inner = Receiver()
        self.addCleanup(inner.close)
        self.receiver.status, self.receiver.location = 307, inner.url
        job = self.run_job(webhook_url=self.receiver.url)
        self.assertIn("redirect", self.deliveries(job["id"], "dead")[0]["last_error"])
        self.assertEqual(inner.requests, [])

    def test_where_no_webhook_goes_is_refused_when_the_job_is_submitted(self):
        for url in ("http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]:8080/", "http://2130706434/", "http://0x7f000002/", "ftp://example.org/", "file:///etc/passwd",
                    "https://user:topsecret@example.org/", "http://example.org/#part", "nonsense", "http://", "http://exa mple.org/"):
            problem = self.create(expect=400, webhook_url=url)
            self.assertEqual(problem["parameter"], "webhook_url", url)
            self.assertNotIn("topsecret", json.dumps(problem))

    @classmethod
    def tearDownClass(cls):
        log = cls.service.log()
        for word in [*(secret.removeprefix("whsec_") for secret in SECRETS), "of-the-receiver", "topsecret"]:
            assert word not in log, f"{word} is in the service's log"


class SecretTest(ServiceCase):
    """An exporter that lies beside service.toml and the data reads neither."""
    settings = settings()
    trainers = '[[trainer]]\nname = "reading"\ncommand = ["./reading.sh"]\nformats = ["onnx"]\n' \
               '[[trainer]]\nname = "crossing"\ncommand = ["./link/../reading.sh"]\nformats = ["onnx"]\n'

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="modelport-service-")
        cls.addClassCleanup(folder.cleanup)
        cls.service = Service(folder.name, cls.settings, cls.trainers)
        script = cls.service.folder / "reading.sh"
        script.write_text('#!/bin/sh\ncd "$(dirname "$0")"\nls -R .\ncat service.toml trainers.toml data/*\necho read\nexit 1\n')
        script.chmod(0o755)
        (cls.service.folder / "real" / "inner").mkdir(parents=True)
        (cls.service.folder / "link").symlink_to("real/inner")
        shutil.copy(script, cls.service.folder / "real" / "reading.sh")
        cls.addClassCleanup(cls.end_service)
        cls.service.start()

    def test_it_is_found_across_a_link(self):
        job = self.run_job(framework="crossing", status="failed")
        self.assertIn("read", [line["text"] for line in self.service.get(f"/export/jobs/{job['id']}/logs").json["lines"]], job)

    def test_it_sees_its_own_folder_without_them(self):
        sandbox, = (check["detail"] for check in self.service.get("/readyz").json["checks"] if check["name"] == "sandbox")
        if not sandbox.startswith("bubblewrap"):
            self.skipTest("bubblewrap does not work here")
        job = self.run_job(framework="reading", status="failed")
        lines = [line["text"] for line in self.service.get(f"/export/jobs/{job['id']}/logs?limit=5000").json["lines"]]
        self.assertIn("read", lines)
        self.assertIn("reading.sh", lines)
        for word in ("whsec_", "SQLite format", "jobs.sqlite", "[[trainer]]"):
            self.assertNotIn(word, "\n".join(lines))


class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="modelport-service-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def service(self, text):
        service = Service(self.folder, text)
        self.addCleanup(lambda: service.stop(signal.SIGKILL))
        return service

    def test_a_wrong_setting_is_refused_by_its_line_and_without_the_secret(self):
        for text, word in (('[webhooks]\nsecrets = ["whsec_dG9vIHNob3J0"]\n', "24 to 64 bytes"), ('[webhooks]\nsecrets = ["dG9wc2VjcmV0"]\n', "whsec_"), ('[webhooks]\nallow = ["10.0.0.0/99"]\n', "10.0.0.0/99"),
                           ("[webhooks]\nattempts = 0\n", "from 1"), ('[webhooks]\nsecret = ["x"]\n', "did you mean webhooks.secrets")):
            with self.assertRaises(AssertionError) as failed:
                self.service(text).start()
            self.assertIn(word, str(failed.exception))
            self.assertIn("line ", str(failed.exception))
            self.assertNotIn("dG9", str(failed.exception))

    def test_without_a_secret_there_are_no_webhooks(self):
        service = self.service("").start()
        answer = service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_id": service.upload(b"w")["id"], "webhook_url": "https://example.org/"})
        self.assertEqual((answer.status, answer.json["parameter"]), (400, "webhook_url"))

    def test_a_reload_brings_a_secret_in_and_takes_one_out(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        service = self.service("").start()
        checkpoint = service.upload(b"w")["id"]

        def told(number):
            """The statuses of a job's submission, and by whose keys its message is signed."""
            asked = {"framework": "fake", "export_format": "onnx", "checkpoint_id": checkpoint, "webhook_url": receiver.url, "export_config": {"nonce": number}}
            before = len(receiver.requests)
            answer = service.ask("POST", "/export/jobs", asked)
            return (answer.status, [verify(headers, body) for _, headers, body in receiver.wait(before + 1)[before:]] if answer.status == 201 else [])

        self.assertEqual(told(1), (400, []))
        for number, (secrets, signed) in enumerate(([SECRETS[:1], [True, False]], [SECRETS, [True, True]], [SECRETS[1:], [False, True]])):
            service.write_settings(settings(secrets=json.dumps(secrets)))
            service.reload()
            self.assertEqual(told(2 + number), (201, [signed]))
        service.write_settings(settings(secrets=json.dumps(SECRETS[1:]), on_start="true"))
        service.reload()
        before = len(receiver.requests)
        self.assertEqual(told(5)[0], 201)
        self.assertEqual(sorted(json.loads(body)["type"] for _, _, body in receiver.wait(before + 2)[before:]), ["export.completed", "export.started"])
        service.write_settings(settings(allow="[]"))
        service.reload()
        self.assertEqual(told(6), (400, []))
        service.write_settings("")
        service.reload()
        self.assertEqual(told(7), (400, []))
        self.assertNotIn("whsec_", service.log())

    def test_a_name_that_leads_to_this_machine_is_not_called(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        service = self.service(settings(allow="[]")).start()
        job = service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_id": service.upload(b"w")["id"],
                                                   "webhook_url": receiver.url.replace("127.0.0.1", "localhost")}).json
        deadline = time.monotonic() + PATIENCE
        while not (dead := service.get("/export/deliveries?state=dead").json["deliveries"]):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertEqual((dead[0]["job_id"], dead[0]["attempts"]), (job["id"], 1))
        self.assertIn("loopback", dead[0]["last_error"])
        self.assertEqual(receiver.requests, [])

    def test_what_was_owed_before_a_kill_is_delivered_after_it(self):
        receiver = Receiver()
        self.addCleanup(lambda: receiver.close())
        receiver.status = 500
        service = self.service(settings(attempts=100)).start()
        for number in range(3):
            job = service.ask("POST", "/export/jobs", {"framework": "fake", "export_format": "onnx", "checkpoint_id": service.upload(b"w")["id"], "webhook_url": receiver.url,
                                                       "export_config": {"behave": "fail", "nonce": number}})
            self.assertEqual(job.status, 201, job.body)
            service.wait(job.json["id"])
        receiver.wait(2)
        service.stop(signal.SIGKILL)
        receiver.status = 200
        before = len(receiver.requests)
        service.start()
        deadline = time.monotonic() + PATIENCE
        while len(service.get("/export/deliveries?state=delivered").json["deliveries"]) < 3:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        after = [headers["webhook-id"] for _, headers, _ in receiver.requests[before:]]
        self.assertEqual((len(after), len(set(after))), (3, 3))


if __name__ == "__main__":
    unittest.main()
