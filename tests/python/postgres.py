"""A real PostgreSQL of the test's own: on a socket in a temporary directory, by an unprivileged user, without fsync."""
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
PATIENCE = 120


def missing():
    """Why there can be none here; "" where there can."""
    return "" if (PROGRAMS / "postgres").exists() else "the package postgresql-15 is not installed"


class PostgresServer:
    """`user` owns the server and logs in with `password`; `database` is made."""

    def __init__(self, user, database, password):
        self.folder = Path(tempfile.mkdtemp(prefix="modelport-postgres-"))
        self.run_as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        secret = self.folder / "password"
        secret.write_text(password)
        if self.run_as:
            for path in (self.folder, secret):
                shutil.chown(path, "postgres", "postgres")
        data = self.folder / "data"
        subprocess.run([*self.run_as, PROGRAMS / "initdb", "--no-sync", "--auth=scram-sha-256", f"--pwfile={secret}", f"--username={user}", "--encoding=UTF8",
                        "--locale=C.UTF-8", data], check=True, capture_output=True, cwd="/")
        self.process = subprocess.Popen([*self.run_as, PROGRAMS / "postgres", "-D", data, "-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}",
                                         "-c", "fsync=off", "-c", "shared_buffers=16MB"], cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        make = [PROGRAMS / "createdb", "-h", self.folder, "-U", user, database]
        deadline = time.monotonic() + PATIENCE
        while (made := subprocess.run(make, env={**os.environ, "PGPASSWORD": password}, capture_output=True, text=True)).returncode:
            if "already exists" in made.stderr:
                break
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.stop()
                raise AssertionError(f"PostgreSQL does not start: {made.stderr}")
            time.sleep(0.1)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
