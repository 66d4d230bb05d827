"""How quickly /healthz and a list of jobs are answered while others ask for as much as they can."""
import concurrent.futures
import http.client
import io
import multiprocessing
import os
import socket
import threading
import time
import types
import zipfile


def post(service, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def uploads(service, stop, number):
    while not stop.is_set():
        status, content = post(service, "/checkpoints?name=x.pt", b"no checkpoint" + os.urandom(1100))
        if status == 201:
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
            connection.request("GET", "/checkpoints/" + content.decode().split('"id": "')[1][:64])
            connection.getresponse().read()
            connection.close()


def archives(service, stop, number):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for member in range(10001):
            archive.writestr(f"{member}/", b"")
    while not stop.is_set():
        post(service, "/checkpoints?kind=directory", content.getvalue())


def silence(service, stop, number):
    held = []
    while not stop.is_set():
        held = held[-100:]
        try:
            held.append(socket.create_connection(("127.0.0.1", service.port), timeout=1))
        except OSError:
            time.sleep(0.01)


LOADS = (("uploads, each looked at", uploads, 36), ("zips of 10,001 members", archives, 36), ("silent connections", silence, 12))


def p99(service, path, count):
    """Milliseconds, each on a connection of its own."""
    times = []
    for _ in range(count):
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
        connection.request("GET", path)
        connection.getresponse().read()
        connection.close()
        times.append((time.perf_counter() - started) * 1000)
        time.sleep(0.005)
    return sorted(times)[int(len(times) * 0.99)]


def ask_for_much(load, port, count):
    """In a process of its own, so that it does not hold up the one that measures, until it is ended."""
    service, stop = types.SimpleNamespace(port=port), threading.Event()
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        for number in range(count):
            pool.submit(load, service, stop, number)


def rows(service, times):
    """A row of the table for each load, `times` as large."""
    measured = []
    for name, load, count in LOADS:
        asking = multiprocessing.Process(target=ask_for_much, args=(load, service.port, count * times), daemon=True)
        asking.start()
        time.sleep(2)
        for path, bar in (("/healthz", 50), ("/export/jobs?limit=20", 200)):
            measured.append((f"{path} beside {count * times} clients: {name}, p99", f"{p99(service, path, 200):.0f} ms", f"{bar} ms"))
        asking.kill()
        asking.join()
    return measured
