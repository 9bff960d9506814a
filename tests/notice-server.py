#!/usr/bin/python3
"""notice-server.py - an HTTP server that is told of notices, for the tests.

usage: notice-server.py MODE KEY

Prints its port, then a line for each request: the status that it answers, the
id and the event, and whether the signature is right.  The file MODE says what
it does with the next request: ok, an HTTP status, or hang.
"""
import hashlib
import hmac
import http.server
import json
import sys
import time


def is_signed(header, body, key):
    parts = dict(p.split("=", 1) for p in header.split(",") if "=" in p)
    stamp = parts.get("t", "0")
    want = hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256)
    return abs(time.time() - int(stamp)) < 300 and \
        hmac.compare_digest(want.hexdigest(), parts.get("v1", ""))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[1], encoding="ascii") as f:
            mode = f.read().strip()
        status = {"ok": 200, "hang": 504}.get(mode) or int(mode)
        told = json.loads(body)
        signed = is_signed(self.headers.get("Scep-Signature", ""), body,
                           self.server.key)
        print(status, told["id"], told["event"],
              "signed" if signed else "unsigned", flush=True)
        if mode == "hang":
            time.sleep(600)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with open(sys.argv[2], "rb") as f:
        server.key = f.read().rstrip(b"\r\n")
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
