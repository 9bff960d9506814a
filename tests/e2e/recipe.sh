# recipe.sh - what the scripts share that try what `scepadm client` prints;
# sourced after lib.sh and clients.sh.

# Names that would do something if a quote were missing somewhere.
HOSTILE="a'b,c/\$(touch pwned)\`touch pwned\`\"<&>;|#\\é"
# … without what a client cannot be told at all.
PKI="a'b,c\$(touch pwned)\`touch pwned\`\"<&>;|#\\é"
PRINTABLE="a'(touch pwned),+=:?"

# recipe FILE KIND [OPTION…]: notes go to recipe.err.
recipe() {
	_file=$1
	shift
	adm client "$@" >"$_file" 2>"$T/recipe.err"
}

# play TEXT DIR FILE: as it stands, in a directory of its own.
play() {
	mkdir -p "$T/$2"
	verdict "$1" sh -c 'cd "$1" && exec sh "$2"' - "$T/$2" "$3"
}

# The one certificate that a recipe left.
pem_of() { find "$T/$1" -name '*.pem' ! -name '*-ca.pem' \
    ! -name csr.pem ! -name self.pem; }

names() {		# FILE: subject and alternative names
	openssl x509 -in "$1" -noout -subject -ext subjectAltName \
	    -nameopt RFC2253,-esc_msb,utf8 2>/dev/null | tr '\n' ' ' |
	    tr -s ' '
}

# python checks file NAME=VALUE…: a script on stdin, its arguments in sys.argv.
python() { /usr/bin/python3 -B - "$@"; }

# ---- of a profile for Apple ----

plist() {		# FILE: what a device would read there, and enrols with it
	python "$1" "$T/enrol.sh" "$T/c" <<'PYTHON'
import plistlib
import shlex
import sys
import uuid

with open(sys.argv[1], "rb") as f:
    top = plistlib.load(f)
keys = {"PayloadContent": list, "PayloadType": str, "PayloadIdentifier": str,
        "PayloadUUID": str, "PayloadDisplayName": str, "PayloadVersion": int}
for where, more in ((top, {"PayloadScope": str}),
                    (top["PayloadContent"][0], {"PayloadContent": dict})):
    for key, kind in dict(keys, **more).items():
        assert type(where[key]) is kind, (key, where[key])
    assert set(where) == set(keys) | set(more), set(where)
    assert where["PayloadVersion"] == 1
    assert str(uuid.UUID(where["PayloadUUID"])).upper() == \
        where["PayloadUUID"]
assert top["PayloadType"] == "Configuration"
assert len(top["PayloadContent"]) == 1
one = top["PayloadContent"][0]
assert one["PayloadType"] == "com.apple.security.scep"
assert one["PayloadUUID"] != top["PayloadUUID"]
assert one["PayloadIdentifier"] == top["PayloadIdentifier"] + ".scep"
scep = one["PayloadContent"]
kinds = {"URL": str, "Subject": list, "SubjectAltName": dict,
         "Challenge": str, "CAFingerprint": bytes, "Key Type": str,
         "Keysize": int, "Key Usage": int, "Retries": int, "RetryDelay": int,
         "KeyIsExtractable": bool}
for key, value in scep.items():
    assert type(value) is kinds[key], (key, value)
assert set(kinds) - set(scep) <= {"SubjectAltName"}, set(scep)
assert scep["Key Type"] == "RSA" and scep["Key Usage"] == 5
assert scep["Keysize"] == 2048 and len(scep["CAFingerprint"]) == 20
for rdn in scep["Subject"]:
    assert all(len(pair) == 2 for pair in rdn), rdn
dns = scep.get("SubjectAltName", {}).get("dNSName", [])
dns = [dns] if isinstance(dns, str) else dns
with open(sys.argv[3], "w") as f:
    f.write(scep["Challenge"] + "\n")
subject = "".join("/%s=%s" % tuple(rdn[0]) for rdn in scep["Subject"])
with open(sys.argv[2], "w") as f:
    f.write("subject=%s\nurl=%s\ndns='%s'\nid=%s\nprint=%s\n" % (
        shlex.quote(subject), shlex.quote(scep["URL"]),
        " ".join("--dns " + d for d in dns), top["PayloadIdentifier"],
        scep["CAFingerprint"].hex().upper()))
PYTHON
}

# Somebody who knows the answers alone gets a certificate with them.
enrols() {		# TEXT
	. "$T/enrol.sh"
	verdict "$1" "$ROOT/tests/peer/scep-peer" enrol --challenge "$T/c" \
	    --subject "$subject" $dns --out "$T/enrolled.pem" "$url"
}

sha1_of() {		# PEM
	openssl x509 -in "$1" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g'
}

# A CA and its server, with profiles for all of them.
recipe_server() {
	_port=$(free_port)
	make_ca "$T/ca" "http://127.0.0.1:$_port/scep"
	cat >>"$CONF" <<'CONFIG'

[profile mdm]
ca = main
authorise = challenge
client = micromdm
subject_allow = CN O OU C ST L
extensions = client

[profile any]
ca = main
authorise = challenge
subject_allow = CN O 1.2.3.4
extensions = client

[profile server]
ca = main
authorise = challenge
subject_allow = CN
san_allow = DNS
extensions = server

[extensions server]
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
CONFIG
	sed -i 's/^subject_allow = CN O OU C serialNumber/& ST/' "$CONF"
	start_lighttpd "$_port"
}
