"""Runs one process and says what it cost; medians with their 95 % intervals. Standard library only, on purpose:
a child's peak memory as the kernel counts it is never below what its parent held when it forked."""
import os
import random
import statistics
import time
from dataclasses import dataclass


@dataclass
class Cost:
    wall: float     # seconds
    cpu: float      # seconds, user + system
    peak: int       # bytes, resident


def run(command, log, environment=None, folder=None):
    """Cost of the command and of what it waited for; stdout and stderr go to `log`. Raises when it fails."""
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            os.dup2(out, 1)
            os.dup2(out, 2)
            if folder:
                os.chdir(folder)
            os.execvpe(str(command[0]), [str(c) for c in command], {**os.environ, **(environment or {})})
        finally:
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status):
        with open(log, errors="replace") as file:
            raise SystemExit(f"{' '.join(map(str, command))}\nexit {os.waitstatus_to_exitcode(status)}\n{file.read()[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def interval(values, pick=statistics.median, rounds=2000):
    """(median, low, high): 95 % by resampling, the same on every call."""
    source = random.Random(1)
    again = sorted(pick(source.choices(values, k=len(values))) for _ in range(rounds))
    return pick(values), again[int(rounds * 0.025)], again[int(rounds * 0.975) - 1]
