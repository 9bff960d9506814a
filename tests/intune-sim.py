#!/usr/bin/python3
"""intune-sim.py - Entra ID, Microsoft Graph and Intune's SCEP validation, as
far as a SCEP server speaks with them; for the tests.

usage: intune-sim.py CERT.pem KEY.pem DIR

Prints its port, for https://localhost:PORT.  One tenant: "tenant.example"
with the app "app-1", whose secret is DIR/secret.  A challenge that Intune has
made is a line "CHALLENGE SUBJECT" of DIR/challenges: the request must have
both.  DIR/log gets a JSON line for each request, what it had in it and what it
was answered.

DIR/fail says what fails, one line each, and is read with each request:

    ACTION STATUS       answer with that HTTP status; 3xx sends to /elsewhere
    ACTION code=TEXT    Intune's own answer; code= alone: it has none
    ACTION body=TEXT    status 200, and that body
    ACTION hang         no answer at all
    ACTION drop         hang up
    ACTION expired      401 for each token from before, as if it had run out

ACTION is token, discovery, validateRequest, successNotification,
failureNotification.
"""
import base64
import http.server
import json
import os
import ssl
import sys
import threading
import time
import urllib.parse
import uuid

from asn1crypto import csr

TENANT = "tenant.example"
APP = "app-1"
INTUNE = "0000000a-0000-0000-c000-000000000000"
SCOPES = {"graph": "/.default",
          "intune": "https://api.manage.microsoft.com//.default"}
ACTIONS = {"validateRequest": "request", "successNotification": "notification",
           "failureNotification": "notification"}
MEMBERS = {
    "validateRequest": {"transactionId", "certificateRequest", "callerInfo"},
    "successNotification": {
        "transactionId", "certificateRequest", "callerInfo",
        "certificateThumbprint", "certificateSerialNumber",
        "certificateExpirationDateUtc", "issuingCertificateAuthority",
        "caConfiguration", "certificateAuthority"},
    "failureNotification": {"transactionId", "certificateRequest",
                            "callerInfo", "hResult", "errorDescription"},
}


class Refused(Exception):
    """HTTP status, and a body."""


class World:
    def __init__(self, place):
        self.place = place
        self.lock = threading.Lock()
        self.tokens = {}

    def read(self, name):
        try:
            with open(os.path.join(self.place, name), encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def fault(self, action):
        for row in self.read("fail").splitlines():
            what, _, how = row.partition(" ")
            if what == action:
                return how
        return ""

    def log(self, entry):
        with self.lock:
            with open(os.path.join(self.place, "log"), "a",
                      encoding="utf-8") as f:
                f.write(json.dumps(entry) + "\n")


def subject_and_challenge(der):
    """Of a request that is one to the last octet."""
    request = csr.CertificationRequest.load(der, strict=True)
    info = request["certification_request_info"]
    challenge = ""
    for attribute in info["attributes"]:
        if attribute["type"].native == "challenge_password":
            challenge = attribute["values"][0].native
    return info["subject"].human_friendly, challenge


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world = None

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def base(self):
        return "https://localhost:%d" % self.server.server_address[1]

    # ---- what fails ----

    def fail(self, action, how):
        """1 if the request is answered, or never will be."""
        if how == "hang":
            time.sleep(3600)
        if how == "drop":
            self.close_connection = True
            return True
        if how.startswith("body="):
            self.answer(200, how[5:].encode())
            return True
        if how.isdigit():
            self.answer(int(how), {"error": "simulated", "error_description":
                                   "AADSTS0: told to fail\r\nTrace: 1"},
                        [("Location", self.base() + "/elsewhere")]
                        if how[0] == "3" else ())
            return True
        return False

    # ---- what works ----

    def token(self, form):
        wanted = {"grant_type": "client_credentials", "client_id": APP,
                  "client_secret": self.world.read("secret").strip()}
        if any(form.get(k) != v for k, v in wanted.items()):
            raise Refused(401, {"error": "invalid_client", "error_description":
                                "AADSTS7000215: Invalid client secret"})
        for audience, scope in SCOPES.items():
            if form.get("scope") == (self.base() + scope if scope[0] == "/"
                                     else scope):
                break
        else:
            raise Refused(400, {"error": "invalid_scope"})
        token = "%s.%s" % (audience, uuid.uuid4())
        with self.world.lock:
            self.world.tokens[token] = audience
        return {"token_type": "Bearer", "expires_in": 3599,
                "access_token": token}

    def check_bearer(self, audience):
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        with self.world.lock:
            good = kind == "Bearer" and \
                self.world.tokens.get(token) == audience
        if not good:
            raise Refused(401, {"error": {"code": "InvalidAuthenticationToken",
                                          "message": "Access token"}})
        try:
            uuid.UUID(self.headers["client-request-id"])
        except (TypeError, ValueError):
            raise Refused(400, {"error": "client-request-id"})

    def discovery(self):
        self.check_bearer("graph")
        return {"value": [
            {"providerName": "PkiConnectorFEService",
             "uri": self.base() + "/other"},
            {"providerName": "ScepRequestValidationFEService",
             "uri": self.base() + "/RACerts/StatelessScep"}]}

    def judge(self, action, body):
        members = body.get(ACTIONS[action])
        if not isinstance(members, dict) or \
                set(members) != MEMBERS[action] or not all(members.values()):
            raise Refused(400, {"error": "members"})
        if action == "failureNotification" and not (
                isinstance(members["hResult"], int) and
                -1 << 31 <= members["hResult"] < 1 << 31):
            raise Refused(400, {"error": "hResult"})
        der = base64.b64decode(members["certificateRequest"], validate=True)
        subject, challenge = subject_and_challenge(der)
        if action != "validateRequest":
            return "Success"
        if not challenge:
            return "ChallengePasswordMissing"
        for row in self.world.read("challenges").splitlines():
            word, _, name = row.partition(" ")
            if word == challenge:
                return "Success" if name == subject else "SubjectNameMismatch"
        return "ChallengeDecryptionError"

    def act(self, action, body, how):
        self.check_bearer("intune")
        if self.headers.get("api-version") != "2018-02-20":
            raise Refused(400, {"error": "api-version"})
        code = self.judge(action, body)
        if how.startswith("code="):
            code = how[5:]
        return {"code": code, "errorDescription": "as simulated"} if code \
            else {"errorDescription": "as simulated"}

    # ---- one request ----

    def action_of(self, path):
        if path == "/%s/oauth2/v2.0/token" % TENANT:
            return "token"
        if path == "/v1.0/servicePrincipals/appId=%s/endpoints" % INTUNE:
            return "discovery"
        for action in ACTIONS:
            if path == "/RACerts/StatelessScep/ScepActions/" + action:
                return action
        return "nothing"

    def work(self, action, text):
        how = self.world.fault(action)
        if how == "expired":
            with self.world.lock:
                self.world.tokens.clear()
            with open(os.path.join(self.world.place, "fail"), "w",
                      encoding="utf-8"):
                pass
        if action == "nothing":
            raise Refused(404, {"error": "no such place"})
        if self.fail(action, how):
            return None
        if action == "token":
            return self.token(dict(urllib.parse.parse_qsl(text.decode())))
        if action == "discovery":
            return self.discovery()
        return self.act(action, json.loads(text), how)

    def serve(self, text):
        action = self.action_of(self.path)
        entry = {"action": action, "path": self.path,
                 "body": text.decode() if action != "token" else ""}
        self.world.log(entry)
        try:
            body = self.work(action, text)
            status = 200
        except Refused as e:
            status, body = e.args
        except (ValueError, TypeError, KeyError) as e:
            status, body = 400, {"error": str(e)}
        if body is not None:
            self.world.log({"answer": body if action != "token" else "",
                            "to": action, "status": status})
            self.answer(status, body)

    def do_GET(self):
        self.serve(b"")

    def do_POST(self):
        self.serve(self.rfile.read(int(self.headers["Content-Length"])))


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass


def main():
    cert, key, place = sys.argv[1:]
    Handler.world = World(place)
    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    print(server.server_address[1], flush=True)
    server.socket = context.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
    server.serve_forever()


main()
