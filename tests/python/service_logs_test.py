"""A job's log and history: by range, live, resumed, and with lines that would do harm."""
import json
import threading
import time
import unittest

from service import ServiceCase


class LogTest(ServiceCase):
    def test_lines_by_range(self):
        job = self.run_job(config={"behave": "lines", "lines": 250, "nonce": 1})
        path = f"/export/jobs/{job['id']}/logs"
        seen, after = [], 0
        while True:
            page = self.service.get(f"{path}?after={after}&limit=100").json
            seen += page["lines"]
            if page["complete"]:
                break
            self.assertGreater(page["next_after"], after)
            after = page["next_after"]
        ids = [line["id"] for line in seen]
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual([line["text"] for line in seen if line["stream"] == "stdout"], [f"line {number}" for number in range(250)])
        self.assertIn(("stderr", "info"), {(line["stream"], line["level"]) for line in seen})
        tail = self.service.get(f"{path}?tail=3").json["lines"]
        self.assertEqual([line["id"] for line in tail], ids[-3:])
        text = self.service.get(f"{path}?download=true")
        self.assertEqual(text.headers["content-type"], "text/plain; charset=utf-8")
        self.assertIn("attachment", text.headers["content-disposition"])
        self.assertEqual(len(text.body.decode().splitlines()), len(seen))

    def test_follows_a_job_while_it_runs(self):
        job = self.create(config={"behave": "timed", "lines": 20, "nonce": 1})
        events = list(self.service.events(f"/export/jobs/{job['id']}/logs"))
        self.assertEqual(events[-1]["event"], "end")
        self.assertEqual(events[-1]["data"], {"status": "completed"})
        lines = [event for event in events if event["event"] == "log"]
        self.assertEqual([int(event["id"]) for event in lines], [event["data"]["id"] for event in lines])
        self.assertEqual(len([event for event in lines if event["data"]["text"].startswith("written at")]), 20)
        whole = self.service.get(f"/export/jobs/{job['id']}/logs").json["lines"]
        self.assertEqual([event["data"] for event in lines], whole)

    def test_goes_on_where_it_was(self):
        job = self.create(config={"behave": "timed", "lines": 30, "nonce": 2})
        path = f"/export/jobs/{job['id']}/logs"
        first = []
        stream = self.service.events(path)
        for event in stream:
            first.append(event)
            if len(first) == 8:
                break
        stream.close()
        rest = list(self.service.events(path, last_id=first[-1]["id"]))
        lines = [event["data"] for event in first + rest if event["event"] == "log"]
        self.assertEqual(lines, self.service.get(path).json["lines"])
        done = self.service.events(path, last_id=lines[-1]["id"])
        self.assertEqual(done.status, 204)

    def test_a_line_acts_nowhere(self):
        job = self.run_job("hostile")
        path = f"/export/jobs/{job['id']}/logs"
        lines = self.service.get(path).json["lines"]
        texts = [line["text"] for line in lines]
        for text in texts:
            self.assertFalse(any(ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 for c in text), repr(text))
        self.assertTrue(any("\\x1b[31mred" in text for text in texts))
        self.assertTrue(any("<script>" in text for text in texts))
        stream = self.service.events(path)
        events = list(stream)
        self.assertEqual([event["data"] for event in events if event["event"] == "log"], lines)
        self.assertNotIn(b"\r", stream.raw)
        self.assertNotIn(b"\x1b", stream.raw)
        self.assertFalse([line for line in stream.raw.split(b"\n") if line.startswith(b"id: 99999") or line.startswith(b"data: forged")])
        plain = self.service.get(f"{path}?download=true").body
        self.assertNotIn(b"\x1b", plain)
        self.assertEqual(len(plain.splitlines()), len(lines))

    def test_history_is_told_in_order(self):
        job = self.run_job("fail", status="failed")
        path = f"/export/jobs/{job['id']}/events"
        events = self.service.get(path).json["events"]
        kinds = [event["type"] for event in events]
        self.assertEqual(kinds[0], "created")
        self.assertEqual(kinds[-1], "failed")
        live = list(self.service.events(path))
        self.assertEqual([event["data"] for event in live[:-1]], events)
        self.assertEqual(live[-1]["event"], "end")
        resumed = list(self.service.events(path, last_id=events[1]["id"]))
        self.assertEqual([event["data"] for event in resumed[:-1]], events[2:])
        self.assertEqual(self.service.events(path, last_id=events[-1]["id"]).status, 204)

    def test_every_change_of_every_job_is_told(self):
        stream = self.service.events("/export/events")
        seen, ended = [], threading.Event()

        def read():
            for event in stream:
                seen.append(event)
                if event["event"] == "removed":
                    break
            ended.set()

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        job = self.run_job()
        self.service.ask("DELETE", f"/export/jobs/{job['id']}")
        self.assertTrue(ended.wait(60))
        stream.close()
        mine = [event["data"] for event in seen if event["data"]["id"] == job["id"]]
        self.assertEqual([event["event"] for event in seen if event["data"]["id"] == job["id"]][-1], "removed")
        self.assertIn("completed", [data.get("status") for data in mine])

    def test_slow_readers_hold_nobody_up(self):
        job = self.create(config={"behave": "lines", "lines": 5000, "nonce": 3})
        readers = [self.service.events(f"/export/jobs/{job['id']}/logs") for _ in range(30)]
        self.assertEqual(self.service.wait(job["id"])["status"], "completed")
        self.assertEqual(self.service.get("/healthz").status, 200)
        ids = [int(event["id"]) for event in readers[0] if event["event"] == "log"]
        self.assertEqual(ids, sorted(set(ids)))
        self.assertGreaterEqual(len(ids), 5000)
        for reader in readers:
            reader.close()


if __name__ == "__main__":
    unittest.main()
