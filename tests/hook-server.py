#!/usr/bin/python3 -Wignore
"""hook-server.py - an HTTPS server that answers hooks, for the tests.

usage: hook-server.py CERT.pem KEY.pem [tls1.1|tls1.2|silent]

Prints its port, then a line for each connection and each request.  Every POST
is answered with what was posted; /away sends elsewhere.  tls1.1, tls1.2: it
knows no better; silent: it accepts connections and says nothing.
"""
import http.server
import ssl
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        print("connection", self.request.version(), flush=True)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        print("request", self.path, flush=True)
        if self.path == "/away":
            self.send_response(307)
            self.send_header("Location", "/here")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        print("fault", sys.exc_info()[1], flush=True)


def main():
    cert, key = sys.argv[1:3]
    how = sys.argv[3] if len(sys.argv) > 3 else ""
    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if how == "tls1.1":
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    elif how == "tls1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    print(server.server_address[1], flush=True)
    if how == "silent":
        time.sleep(3600)
    server.socket = context.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
    server.serve_forever()


main()
