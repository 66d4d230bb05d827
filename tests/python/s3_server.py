"""A real S3 for a test: radosgw, or moto with MODELPORT_TEST_S3=moto; and a proxy in front that can be told to do harm."""
import atexit
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from exporter import SOURCE
from http_request import read_request

START = SOURCE / "tests" / "service" / "s3" / "start_radosgw.py"


def start_radosgw():
    folder = tempfile.mkdtemp(prefix="modelport-radosgw-")
    started = subprocess.run([sys.executable, str(START), "start", folder + "/cluster"], stdout=subprocess.PIPE, text=True, timeout=300)
    stop = lambda: (subprocess.run([sys.executable, str(START), "stop", folder + "/cluster"], check=False), shutil.rmtree(folder, ignore_errors=True))
    if started.returncode == 77:
        raise unittest.SkipTest("radosgw is not installed")
    if started.returncode != 0:
        stop()
        raise RuntimeError("radosgw did not start")
    return started.stdout.split()[-1], stop


def start_moto():
    program = Path(sys.executable).parent / "moto_server"
    if not program.exists():
        raise unittest.SkipTest("moto is not in this environment")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([str(program), "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stop = lambda: (process.kill(), process.wait())
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return f"http://127.0.0.1:{port}", stop
        except OSError:
            time.sleep(0.1)
    stop()
    raise RuntimeError("moto did not start")


KINDS = {"radosgw": start_radosgw, "moto": start_moto}
KIND = os.environ.get("MODELPORT_TEST_S3", "radosgw")


@functools.cache
def endpoint():
    """Of one server for all tests of this process."""
    started, stop = KINDS[KIND]()
    atexit.register(stop)
    return started


def client():
    """boto3's, as users have it; path style, since a loopback address has no names below it."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError as missing:
        raise unittest.SkipTest("boto3 is not in this environment") from missing
    return boto3.client("s3", endpoint_url=endpoint(), region_name="us-east-1", aws_access_key_id="access", aws_secret_access_key="secret",
                        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"max_attempts": 8}))


class Proxy:
    """Passes bytes on to S3. `harm` is None, "away" (connections are reset), or a list of (method, harm) that each meet one request: "reset",
    "slow down" (503), "error" (500), "cut" (the reply ends in the middle), "stall" (the reply comes late)."""

    def __init__(self, target):
        self.target, self.harm, self.met, self.lock = int(target.rsplit(":", 1)[1]), None, [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def harm_for(self, method):
        with self.lock:
            if self.harm in (None, "away"):
                return self.harm
            for row in self.harm:
                if row[0] == method:
                    self.harm.remove(row)
                    self.met.append(row)
                    return row[1]
        return None

    def serve(self, connection):
        with connection:
            request = read_request(connection)
            if request is None:
                return
            harm = self.harm_for(request.split(b" ", 1)[0].decode())
            if harm in ("away", "reset"):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                return
            if harm in ("slow down", "error"):
                status = b"503 Slow Down" if harm == "slow down" else b"500 Internal Server Error"
                connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            reply = b""
            with socket.create_connection(("127.0.0.1", self.target)) as target:
                target.sendall(request)
                while piece := target.recv(65536):
                    reply += piece
            if harm == "stall":
                time.sleep(2)
            try:
                connection.sendall(reply[: len(reply) // 2] if harm == "cut" else reply)
            except OSError:
                pass


class S3Case(unittest.TestCase):
    """Tests that share one S3, whose `bucket` is there."""
    bucket = "exports-of-tests"

    @classmethod
    def setUpClass(cls):
        cls.s3 = client()
        for name in (cls.bucket, "models-of-tests", "others-of-tests"):
            cls.s3.create_bucket(Bucket=name)
        cls.proxy = Proxy(endpoint())
        cls.addClassCleanup(cls.proxy.close)

    @classmethod
    def environment(cls):
        return {"S3_ENDPOINT": cls.proxy.endpoint, "S3_BUCKET": cls.bucket, "S3_PREFIX": "exports", "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "access", "AWS_SECRET_ACCESS_KEY": "secret"}
