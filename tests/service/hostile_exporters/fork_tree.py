"""Processes beyond their limit, every one in a session of its own and deaf to what can be ignored."""
import os
import signal
import sys
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
if sys.argv[1] == "tree":
    # A bounded bomb: 2^7 processes, more than the test's limit and no trouble for the machine.
    for _ in range(7):
        if os.fork() == 0:
            os.setsid()
    time.sleep(600)
else:
    # Never the same process for long: a list of what is to be killed is out of date when it is read.
    if os.fork() == 0:
        os.setsid()
        while True:
            if os.fork() != 0:
                os._exit(0)
