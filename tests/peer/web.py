"""web - the HTTP of SCEP (RFC 8894 section 4), as plain as it is.

Refuses to know what is in the bodies.
"""
import base64
import http.client
import urllib.parse

from judge import need

TYPES = {"GetCACaps": ("text/plain",),
         "GetCACert": ("application/x-x509-ca-cert",
                       "application/x-x509-ca-ra-cert"),
         "GetNextCACert": ("application/x-x509-next-ca-cert",),
         "PKIOperation": ("application/x-pki-message",)}


class Status(Exception):
    """Another HTTP status than 200."""


def _exchange(url, method, query, body=None, headers=None):
    parts = urllib.parse.urlsplit(url)
    conn = http.client.HTTPConnection(parts.hostname, parts.port or 80,
                                      timeout=60)
    try:
        conn.request(method, parts.path + "?" + query, body, headers or {})
        answer = conn.getresponse()
        return answer, answer.read()
    finally:
        conn.close()


def fetch(url, operation, message=None, post=False):
    """The body and its Content-Type, which must be one of the operation's."""
    query, body, headers = "operation=" + operation, None, {}
    if post:
        body = message
        headers = {"Content-Type": "application/x-pki-message"}
    elif message is not None:
        query += "&message=" + urllib.parse.quote(
            base64.b64encode(message).decode(), safe="")
    answer, data = _exchange(url, "POST" if post else "GET", query, body,
                             headers)
    if answer.status != 200:
        raise Status("%s: HTTP %d %s" % (operation, answer.status,
                                         data[:80].decode("ascii", "replace")
                                         .strip()))
    kind = answer.headers.get_all("Content-Type") or []
    need(len(kind) == 1 and kind[0] in TYPES[operation],
         "%s: Content-Type %s", operation, kind)
    length = answer.headers.get_all("Content-Length") or []
    need(length == [str(len(data))], "%s: Content-Length %s, %d octets came",
         operation, length, len(data))
    need(answer.headers.get("Content-Encoding") is None,
         "%s: the body is encoded", operation)
    if operation == "PKIOperation":
        need("no-store" in (answer.headers.get("Cache-Control") or ""),
             "PKIOperation: a proxy may keep the answer")
    return data, kind[0]
