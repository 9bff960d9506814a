#!/usr/bin/env python3
"""mint-token.py - a token for scep.fcgi, as scep-token(5) says.

usage: mint-token.py KEYFILE KID PROFILE SUBJECT [DNS-NAME...]

KEYFILE is what `scepadm token key add --alg hmac --out KEYFILE` wrote, or a
private key for Ed25519 as PEM (openssl signs).  From the environment, or chosen
here: BEGINS, TTL (seconds), ID, KEY_SHA256 (hex, of the device's public key).
Where there is no room for names, SUBJECT must be spelled as scep-token(5) has
it, for it is hashed.
"""
import base64, hashlib, hmac, os, secrets, subprocess, sys, tempfile, time


def b64(octets):
    return base64.b64encode(octets).decode().rstrip("=")


def text(lines):
    return "".join(line + "\n" for line in lines).encode()


def tag(path, body):
    with open(path) as file:
        secret = file.read()
    if "BEGIN" not in secret:
        if len(secret.strip()) != 64:
            sys.exit("no key in " + path)
        return hmac.digest(bytes.fromhex(secret), body, "sha256")
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin",
                               "-inkey", path, "-in", file.name],
                              check=True, stdout=subprocess.PIPE).stdout


def mint(path, kid, profile, subject, *names):
    begins = int(os.environ.get("BEGINS", time.time()))
    head = ["b %d" % begins,
            "x %d" % (begins + int(os.environ.get("TTL", 86400))),
            "i " + os.environ.get("ID", secrets.token_hex(6)), "p " + profile]
    bound = ["s " + subject] + ["d " + name for name in
                                sorted({name.lower() for name in names})]
    sha = os.environ.get("KEY_SHA256")
    key = ["k " + b64(bytes.fromhex(sha))] if sha else []
    # A device's name must not bring lines of its own.
    if any("\n" in line for line in head + bound):
        sys.exit("a newline in what is to be minted")
    for lines in (bound + key,
                  ["h " + b64(hashlib.sha256(text(bound)).digest())] + key,
                  ["H " + b64(hashlib.sha256(text(bound + key)).digest())]):
        body = "st1.%s.%s" % (kid, b64(text(head + lines)))
        token = body + "." + b64(tag(path, body.encode()))
        if len(token) <= 255:
            return token
    sys.exit("a token of %d octets, at most 255" % len(token))


if len(sys.argv) < 5:
    sys.exit(__doc__)
try:
    print(mint(*sys.argv[1:]))
except (OSError, ValueError, subprocess.CalledProcessError) as why:
    sys.exit("mint-token.py: %s" % why)
