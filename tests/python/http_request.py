"""What proxies between a service and its store read."""


def read_request(connection):
    """Whole, with Connection: close."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < lengths[0]:
        piece = connection.recv(65536)
        if not piece:
            return None
        body += piece
    return head + b"\r\nConnection: close\r\n\r\n" + body
