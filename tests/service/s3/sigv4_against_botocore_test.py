"""Our SigV4 beside botocore's, over requests that signers get wrong."""
import datetime
import hashlib
import json
import os
import subprocess
import unittest
import unittest.mock
import urllib.parse
from pathlib import Path

try:
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    botocore = None

DRIVER = Path(os.environ["MODELPORT_BUILD_DIR"]) / "tests" / "service_sign_driver"
NOW = datetime.datetime(2025, 11, 16, 10, 30, 5, tzinfo=datetime.timezone.utc)
UNSIGNED = "UNSIGNED-PAYLOAD"
LINK = {"link_seconds": 900, "payload_sha256": UNSIGNED}

# What differs from a plain GET of /bucket/key.
ROWS = {
    "plain": {},
    "spaces": {"path": "/bucket/a key with  spaces/ and more "},
    "unicode": {"path": "/bucket/gr\u00fc\u00dfe/\u6a21\u578b/\U0001f600.zip"},
    "plus": {"path": "/bucket/a+b/c%2Bd"},
    "percent": {"path": "/bucket/100%/%41%"},
    "reserved": {"path": "/bucket/!*'();:@&=$,?#[]"},
    "kept": {"path": "/bucket/A-Z_a.z~0"},
    "control": {"path": "/bucket/tab\tand\nline"},
    "dots": {"path": "/bucket/a/../b/./c"},
    "slashes": {"path": "/bucket//a///b/"},
    "root": {"path": "/"},
    "virtual host": {"host": "my.bucket.s3.eu-central-1.amazonaws.com", "path": "/key with space", "region": "eu-central-1"},
    "port": {"host": "127.0.0.1:9000"},
    "address": {"host": "[::1]:9000"},
    "empty value": {"query": {"uploads": ""}},
    "several empty values": {"query": {"acl": "", "b": "", "a": "1"}},
    "odd query": {"query": {"prefix": "a b+c=d&e/f%/\u00e4", "marker": "~_.-", "max-keys": "2"}},
    "order": {"query": {"b": "2", "B": "1", "a-b": "3", "a": "4", "a.b": "5", "\u00e4": "6", "z": "7"}},
    "name to encode": {"query": {"a b": "1", "a+b": "2", "a/b": "3"}},
    "version": {"query": {"versionId": "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo"}},
    "token": {"session_token": "FwoGZXIvYXdzE+/=="},
    "headers": {"headers": {"x-amz-meta-b": "2", "x-amz-meta-a": "1", "range": "bytes=0-9", "content-type": "application/zip", "if-none-match": "*"}},
    "spaces in a header": {"headers": {"x-amz-meta-model": "  two  spaces   and more  "}},
    "empty header": {"headers": {"x-amz-meta-none": ""}},
    "put": {"method": "PUT", "payload_sha256": hashlib.sha256(b"body").hexdigest()},
    "post": {"method": "POST", "query": {"uploadId": "a/b+c=="}, "payload_sha256": hashlib.sha256(b"<xml/>").hexdigest()},
    "delete": {"method": "DELETE"},
    "head": {"method": "HEAD"},
    "odd secret": {"secret_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCY=EXAMPLE KEY\u00e4"},
    "link": {**LINK},
    "link with a name": {**LINK, "query": {"response-content-disposition": 'attachment; filename="a b+c\u00e4.zip"'}},
    "link of an odd key": {**LINK, "path": "/bucket/a b+c=\u00e4/..%2F"},
    "link with a token": {**LINK, "session_token": "FwoGZXIvYXdzE+/=="},
    "link by a virtual host": {**LINK, "host": "bucket.s3.amazonaws.com", "path": "/a b"},
}


def row_of(change):
    return {"method": "GET", "host": "s3.example.org", "path": "/bucket/key", "query": {}, "headers": {}, "payload_sha256": hashlib.sha256(b"").hexdigest(), "region": "us-east-1",
            "access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "session_token": "", "time": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"), "link_seconds": 0, **change}


def signed_by_botocore(row):
    url = f"http://{row['host']}{urllib.parse.quote(row['path'], safe='/~')}"
    request = AWSRequest(method=row["method"], url=url, headers=row["headers"], params=row["query"])
    credentials = Credentials(row["access_key"], row["secret_key"], row["session_token"] or None)
    if row["link_seconds"]:
        signer = botocore.auth.S3SigV4QueryAuth(credentials, "s3", row["region"], expires=row["link_seconds"])
    else:
        signer = botocore.auth.S3SigV4Auth(credentials, "s3", row["region"])
        signer.payload = lambda _: row["payload_sha256"]
    with unittest.mock.patch("botocore.auth.get_current_datetime", lambda *_: NOW.replace(tzinfo=None)):
        signer.add_auth(request)
    if row["link_seconds"]:
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.url).query, keep_blank_values=True, strict_parsing=True))
    return {name.lower(): value for name, value in request.headers.items()}


@unittest.skipIf(botocore is None, "botocore is not in this environment")
class SigV4Test(unittest.TestCase):
    def test_both_sign_alike(self):
        rows = {name: row_of(change) for name, change in ROWS.items()}
        run = subprocess.run([str(DRIVER)], input=json.dumps(list(rows.values())), capture_output=True, text=True, timeout=120, check=True)
        for (name, row), ours in zip(rows.items(), json.loads(run.stdout)):
            with self.subTest(name):
                theirs = signed_by_botocore(row)
                if row["link_seconds"]:
                    self.assertEqual(dict(urllib.parse.parse_qsl(ours["query"], keep_blank_values=True, strict_parsing=True)), theirs)
                else:
                    self.assertEqual(ours["headers"]["authorization"], theirs["authorization"])
                    self.assertEqual(ours["headers"]["x-amz-date"], theirs["x-amz-date"])
                    self.assertEqual(ours["headers"]["x-amz-content-sha256"], theirs["x-amz-content-sha256"])
                    self.assertEqual(ours["headers"].get("x-amz-security-token"), theirs.get("x-amz-security-token"))


if __name__ == "__main__":
    unittest.main()
