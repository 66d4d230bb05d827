"""Slurm on one machine for tests: a controller and one node, in a directory of their own, without munge."""
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "scontrol", "scancel", "squeue", "sinfo")


def is_installed():
    """Debian: slurm-wlm. Its daemons change users, so they need root."""
    return os.geteuid() == 0 and all(shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin") for program in PROGRAMS)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Cluster:
    def __init__(self, folder):
        self.folder = Path(folder)
        host = socket.gethostname().split(".")[0]
        controller, node = free_ports(2)
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        self.configuration = self.folder / "slurm.conf"
        self.configuration.write_text(f"""ClusterName=alone
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/none
CredType=cred/none
SlurmUser=root
SlurmdUser=root
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
MpiDefault=none
ReturnToService=2
KillWait=2
MinJobAge=120
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=exports Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:8
""")
        self.environment = {"SLURM_CONF": str(self.configuration)}
        self.daemons = []

    def ask(self, *command):
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **self.environment})

    def start_daemon(self, daemon, place):
        path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
        with open(self.folder / f"{daemon}.log", "ab") as log:
            self.daemons[place:place + 1] = [subprocess.Popen([shutil.which(daemon, path=path), "-D", "-f", str(self.configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                              env={**os.environ, **self.environment, "PATH": path})]

    def start(self):
        for place, daemon in enumerate(("slurmctld", "slurmd")):
            self.start_daemon(daemon, place)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if "idle" in self.ask("sinfo", "--noheader", "--format=%T").stdout:
                return self
            time.sleep(0.2)
        self.stop()
        raise AssertionError("".join((self.folder / f"{daemon}.log").read_text()[-3000:] for daemon in ("slurmctld", "slurmd")))

    def jobs(self):
        return self.ask("squeue", "--noheader", "--format=%j %T").stdout.splitlines()

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
