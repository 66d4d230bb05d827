#!/usr/bin/env python3
"""Ceph's S3 server on one machine, in memory: start_radosgw.py start DIRECTORY | stop DIRECTORY

`start` prints the endpoint once it answers; access key "access", secret key "secret". Exit code 77 where Ceph is missing."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

PROGRAMS = ("ceph-mon", "ceph-osd", "ceph-mgr", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Cluster:
    def __init__(self, directory):
        self.directory = Path(directory).resolve()
        self.configuration, self.keyring = self.directory / "ceph.conf", self.directory / "keyring"

    def run(self, *command, attempts=1, **options):
        for attempt in range(attempts):
            finished = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, **options)
            if finished.returncode == 0:
                return finished.stdout
            time.sleep(0.5)
        raise RuntimeError(f"{command}: {finished.stderr}")

    def configure(self, monitor_port, old_port, port):
        for name in ("monitor", "storage", "manager", "run", "log"):
            (self.directory / name).mkdir(parents=True)
        self.identity = str(uuid.uuid4())
        self.monitor = f"[v2:127.0.0.1:{monitor_port},v1:127.0.0.1:{old_port}]"
        self.configuration.write_text(f"""[global]
fsid = {self.identity}
mon host = {self.monitor}
mon initial members = a
auth allow insecure global id reclaim = false
keyring = {self.keyring}
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 8
osd pool default pg autoscale mode = off
mon max pg per osd = 1000
run dir = {self.directory}/run
admin socket = {self.directory}/run/$name.asok
pid file = {self.directory}/run/$name.pid
log file = {self.directory}/log/$name.log
mon data = {self.directory}/monitor
osd data = {self.directory}/storage
osd objectstore = memstore
memstore device bytes = 1073741824
mgr data = {self.directory}/manager
rgw frontends = beast endpoint=127.0.0.1:{port}
""")

    def start(self):
        monitor_port, old_port, port = free_ports(3)
        self.configure(monitor_port, old_port, port)
        everything = ["--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"]
        self.run("ceph-authtool", "--create-keyring", self.keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        for name in ("client.admin", "osd.0", "mgr.x", "client.rgw"):
            self.run("ceph-authtool", self.keyring, "--gen-key", "-n", name, *everything)
        chart, own = self.directory / "chart", ["-c", self.configuration, "--setuser", "root", "--setgroup", "root"]
        self.run("monmaptool", "--create", "--fsid", self.identity, "--addv", "a", self.monitor, chart)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", chart, "--keyring", self.keyring, *own)
        self.run("ceph-mon", "-i", "a", *own)
        ceph = ["ceph", "-c", self.configuration]
        self.run(*ceph, "auth", "import", "-i", self.keyring, attempts=20)
        storage = str(uuid.uuid4())
        self.run(*ceph, "osd", "new", storage)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", storage, *own)
        self.run("ceph-osd", "-i", "0", *own)
        self.run("ceph-mgr", "-i", "x", *own)
        while "1 up" not in self.run(*ceph, "-s"):
            time.sleep(0.3)
        self.run("radosgw-admin", "-c", self.configuration, "-n", "client.rgw", "user", "create", "--uid", "tests", "--display-name", "tests",
                 "--access-key", "access", "--secret", "secret")
        self.run("radosgw", "-n", "client.rgw", *own)
        endpoint = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(endpoint, timeout=5).read()
                return endpoint
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise RuntimeError("radosgw does not answer")

    def stop(self):
        pids = [int(file.read_text()) for file in (self.directory / "run").glob("*.pid")]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.directory, ignore_errors=True)


def main():
    what, directory = sys.argv[1:]
    if any(shutil.which(program) is None for program in PROGRAMS):
        return 77
    cluster = Cluster(directory)
    if what == "stop":
        cluster.stop()
        return 0
    print(cluster.start(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
