"""An S3 server for tests of what comes after it: objects in memory, path style, signatures unchecked; not a test of S3 itself."""
import hashlib
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ENVIRONMENT = {"S3_BUCKET": "stand-in", "AWS_ACCESS_KEY_ID": "access", "AWS_SECRET_ACCESS_KEY": "secret"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", len(body))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def place(self):
        target = urllib.parse.urlsplit(self.path)
        return urllib.parse.unquote(target.path), urllib.parse.parse_qs(target.query)

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.objects[self.place()[0]] = (body, {name.lower(): value for name, value in self.headers.items() if name.lower().startswith("x-amz-meta-")})
        self.answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')

    def do_GET(self):
        path, query = self.place()
        if path.rstrip("/") == "/stand-in":
            return self.answer(200, b"<ListBucketResult></ListBucketResult>" if self.command == "GET" else b"")
        if path not in self.server.objects:
            return self.answer(404)
        self.server.read[path] = self.server.read.get(path, 0) + (self.command == "GET")
        body, metadata = self.server.objects[path]
        headers = dict(metadata)
        if "response-content-disposition" in query:
            headers["Content-Disposition"] = query["response-content-disposition"][0]
        status = 200
        if self.headers.get("Range", "").startswith("bytes="):
            first, last = self.headers["Range"][6:].split("-")
            headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            body, status = body[int(first):int(last) + 1], 206
        return self.answer(status, body, Content_Type="application/zip", **headers)

    do_HEAD = do_GET

    def do_DELETE(self):
        self.server.objects.pop(self.place()[0], None)
        self.answer(204)


class StandIn:
    def __init__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.objects = {}
        self.server.read = {}
        self.environment = {**ENVIRONMENT, "S3_ENDPOINT": f"http://127.0.0.1:{self.server.server_port}"}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
