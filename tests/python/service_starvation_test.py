"""Whoever asks for much gets a place or is told to come back; what says how the service is doing is answered all the same. Sizes are small: how quick it is under load is bench/service's to say."""
import concurrent.futures
import io
import socket
import unittest
import zipfile

from exporter import FIXTURES, SAMPLE
from service import PATIENCE, ServiceCase

QUICK = ("/healthz", "/readyz", "/metrics", "/export/jobs?limit=5", "/export/capabilities")


class StarvationTest(ServiceCase):
    settings = "[http]\nrequests_per_second = 100000\nburst = 100000\n"

    def together(self, count, ask):
        """The answers of `count` requests at the same time, while the quick routes answer as ever."""
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            waiting = [pool.submit(ask, number) for number in range(count)]
            while True:
                for path in QUICK:
                    self.assertEqual(self.service.get(path).status, 200, path)
                if all(each.done() for each in waiting):
                    return [each.result() for each in waiting]

    def assert_placed_or_told(self, answers, expected):
        self.assertIn(expected, {answer.status for answer in answers})
        for answer in answers:
            if answer.status != expected:
                problem = self.assert_problem(answer, 503, "busy")
                self.assertEqual(answer.headers["retry-after"], "5")
                self.assertIn("at a time", problem["detail"])

    def test_looking_at_checkpoints_has_places(self):
        ids = [self.service.upload(b"no checkpoint %d" % number)["id"] for number in range(16)]
        answers = self.together(16, lambda number: self.service.get(f"/checkpoints/{ids[number]}"))
        self.assert_placed_or_told(answers, 200)
        self.assertIn(503, {answer.status for answer in answers})
        self.assertEqual(self.service.get(f"/checkpoints/{ids[0]}").status, 200, "and there is one again")

    def test_predictions_have_places(self):
        job = self.run_job(framework="ultralytics", checkpoint_id=self.service.upload(SAMPLE)["id"], config={})
        picture = (FIXTURES / "photo.jpg").read_bytes()
        ask = lambda _: self.service.ask("POST", f"/export/jobs/{job['id']}/predict", picture, {"Content-Type": "image/jpeg"})
        answers = self.together(8, ask)
        self.assert_placed_or_told(answers, 200)
        self.assertIn(503, {answer.status for answer in answers})

    def test_an_archive_of_too_many_members_is_refused_by_its_directory(self):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for number in range(10001):
                archive.writestr(f"{number}/", b"")
        upload = lambda _: self.service.ask("POST", "/checkpoints?kind=directory", content.getvalue(), {"Content-Type": "application/octet-stream"})
        for answer in self.together(6, upload):
            if answer.status != 503:
                problem = self.assert_problem(answer, 400)
                self.assertIn("more than 10000 members", problem["detail"])


class SilentConnectionTest(ServiceCase):
    settings = "[http]\nmax_connections = 64\nheader_seconds = 2\nrequests_per_second = 100000\nburst = 100000\n"

    def test_a_silent_connection_is_ended_soon(self):
        with socket.create_connection((self.service.host, self.service.port)) as silent:
            silent.settimeout(PATIENCE)
            self.assertEqual(silent.recv(1), b"")

    def test_silent_connections_make_room(self):
        silent = [socket.create_connection((self.service.host, self.service.port)) for _ in range(200)]
        for path in QUICK:
            self.assertEqual(self.service.get(path).status, 200)
        for each in silent:
            each.close()


if __name__ == "__main__":
    unittest.main()
