#!/usr/bin/env python3
"""An HTTP proxy that does harm: flaky_proxy.py TARGET_PORT. Prints its port. Of every four equal requests the first is reset, the second
answered with 503 SlowDown, the third has its reply cut in the middle, the fourth goes through: whatever else is asked at the same time."""
import collections
import socket
import struct
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from http_request import read_request

TIMES = collections.Counter()  # By request line.
LOCK = threading.Lock()
TARGET = int(sys.argv[1])


def serve(connection):
    with connection:
        request = read_request(connection)
        if request is None:
            return
        line = request.partition(b"\r\n")[0]
        with LOCK:
            harm = TIMES[line] % 4
            TIMES[line] += 1
        if harm == 0:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if harm == 1:
            connection.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", TARGET)) as target:
            target.sendall(request)
            reply = b""
            while piece := target.recv(65536):
                reply += piece
        connection.sendall(reply[: len(reply) // 2] if harm == 2 else reply)


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
