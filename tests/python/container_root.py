"""What the last stage of a Dockerfile would hold, as a Debian root under bubblewrap: no network, nothing writable but /data/out and /tmp, another user."""
import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from exporter import BUILD

ROOT = BUILD / "debian-root"
PACKAGES = ("python3", "ca-certificates", "libcurl4", "libpq5")


def debian_root():
    """(directory, None), or (None, why there is none). Made once a build directory, which takes a minute or two."""
    for tool in ("debootstrap", "bwrap"):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin"):
            return None, f"no {tool}"
    if os.geteuid() != 0:
        return None, "debootstrap needs root"
    with open(BUILD / "debian-root.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if ROOT.exists():
            return ROOT, None
        unfinished = ROOT.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        result = subprocess.run(["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", "bookworm", unfinished], capture_output=True, text=True,
                                env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
        if result.returncode:
            return None, f"debootstrap reaches no mirror: {(result.stdout + result.stderr).strip().splitlines()[-1]}"
        for made_by_the_image in ("data", "opt"):
            (unfinished / made_by_the_image).mkdir(exist_ok=True)
        unfinished.rename(ROOT)
    return ROOT, None


class Container:
    """The last stage of `stages` with what `made` (stage name -> directory that stands for its root) and `context` hold at the copied paths."""

    def __init__(self, root, stages, context, made):
        self.final = stages[-1]
        missing = set(self.final.packages()) - set(PACKAGES)
        if missing:
            raise ValueError(f"the Debian root lacks {missing}")
        user, group = self.final.last("USER").split(":")
        self.line = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--uid", user, "--gid", group, "--cap-drop", "ALL",
                     "--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/opt", "--tmpfs", "/data", "--clearenv"]
        for stage, sources, destination in self.final.copies():
            base = Path(made[stage]) if stage else Path(context)
            for pattern in sources:
                for found in sorted(base.glob(pattern.lstrip("/"))) or [base / pattern.lstrip("/")]:
                    target = destination + found.name if destination.endswith("/") else destination
                    self.line += ["--ro-bind", found, target]
        self.line += ["--remount-ro", "/opt", "--chdir", self.final.last("WORKDIR"), "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin"]
        for text in self.final.all("ENV"):
            name, _, value = text.partition("=")
            self.line += ["--setenv", name, value]

    def run(self, line, binds=(), entrypoint=None):
        """`docker run IMAGE line`, with (directory here, path there, "ro" or "rw") mounted."""
        mounts = [word for here, there, how in binds for word in ("--bind" if how == "rw" else "--ro-bind", here, there)]
        command = entrypoint or self.final.command("ENTRYPOINT")
        return subprocess.run([*map(str, [*self.line, *mounts, "--remount-ro", "/data"]), *command, *map(str, line)], capture_output=True, text=True, timeout=300,
                              stdin=subprocess.DEVNULL)
