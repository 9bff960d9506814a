#!/bin/sh
# 43-client - what `scepadm client` prints is run as it stands, by the clients
# it is for, or taken apart by somebody else's parser.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"
. "$ROOT/tests/e2e/certmonger.sh"

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

# ---- the control: that does harm where it is not quoted ----

harm() {
	mkdir "$T/harm"
	printf 'echo "%s"\n' '$(touch pwned)' >"$T/harm.sh"
	(cd "$T/harm" && sh "$T/harm.sh") >/dev/null
	verdict "what the hostile names have in them does harm" test -e \
	    "$T/harm/pwned"
}
harmless() {		# DIR
	[ -z "$(find "$T/$1" -name pwned)" ] && ok "$1: nothing of it was run" ||
	    not_ok "$1: a word of the name was run"
}

# ---- strongSwan ----

for_strongswan() {
	verdict "strongswan: it is printed" recipe "$T/swan.sh" strongswan \
	    --cn swan-1 --dns swan.example --dns www.swan.example
	play "strongSwan's pki takes it as it stands" swan "$T/swan.sh"
	good_cert "$T/swan/swan-1.pem" swan-1
	same "strongswan: the names are those" "$(names "$T/swan/swan-1.pem")" \
	    "subject=CN=swan-1 X509v3 Subject Alternative Name: \
DNS:swan.example, DNS:www.swan.example "
	status 0 "once more: the same key, and the same certificate" sh -c \
	    'cd "$1" && cp swan-1.pem was && sh ../swan.sh && cmp swan-1.pem was' \
	    - "$T/swan"
	verdict "strongswan: a hostile name" recipe "$T/swan-h.sh" strongswan \
	    --subject "C=CH, O=It\\=s, CN=$(printf %s "$PKI" |
	    sed 's/[,+="\\/]/\\&/g')"
	play "is taken as it stands" swan-h "$T/swan-h.sh"
	same "and is in the certificate as it was" \
	    "$(names "$(pem_of swan-h)")" "subject=CN=$(printf %s "$PKI" |
	    sed 's/[,+"\\<>;]/\\&/g'),O=It=s,C=CH "
	harmless swan-h
	status 1 "a comma and a slash cannot both be told" adm client \
	    strongswan --cn 'a,b/c'
	like "and it says so" "$T/status.out" 'CN: "a,b/c" has a /'
	status 0 "the comma can" adm client strongswan --cn 'a,b'
	status 0 "and the slash" adm client strongswan --cn 'a/b'
	status 1 "several attributes in one part cannot" adm client \
	    strongswan --subject 'CN=a + O=b'
	other_ca
}

# A script for another CA's devices must not take this one's word.
other_ca() {
	mkdir "$T/wrong"
	sed "s/^echo '[0-9A-F]*/echo '$(printf %064d 0)/" "$T/swan.sh" \
	    >"$T/wrong.sh"
	status 1 "strongswan: not with another fingerprint" sh -c \
	    'cd "$1" && sh "$2"' - "$T/wrong" "$T/wrong.sh"
	status 2 "and no request was sent" ls "$T/wrong/swan-1.new"
}

# ---- certmonger ----

for_certmonger() {
	# On our bus; the text says nothing of buses.
	printf '#!/bin/sh\nexec /usr/bin/getcert "$@" -s\n' >"$T/bin/getcert"
	chmod 755 "$T/bin/getcert"
	verdict "certmonger: it is printed" recipe "$T/monger.sh" certmonger \
	    --cn monger-1 --dns monger.example
	play "certmonger takes it as it stands" monger "$T/monger.sh"
	good_cert "$T/monger/monger-1.pem" monger-1
	same "certmonger: the names are those" \
	    "$(names "$T/monger/monger-1.pem")" \
	    "subject=CN=monger-1 X509v3 Subject Alternative Name: \
DNS:monger.example "
	cm_becomes MONITORING "and will renew it" "$T/monger/monger-1.pem"
	verdict "certmonger: a hostile name" recipe "$T/monger-h.sh" \
	    certmonger --subject "C=CH, O=It's \$(touch pwned), CN=$(
	    printf %s "$PRINTABLE" | sed 's/[,+=]/\\&/g')"
	play "beside the CA that is known" monger "$T/monger-h.sh"
	same "and is in the certificate as it was" \
	    "$(names "$(find "$T/monger" -name 'a-*.pem')")" \
	    "subject=CN=a'(touch pwned)\\,\\+=:?,O=It's \$(touch pwned),C=CH "
	harmless monger
	for _name in 'a"b' 'a\\b' 'a;b' 'a<b' 'a@b' 'a#b'; do
		status 1 "certmonger: $_name cannot be told" adm client \
		    certmonger --subject "CN=$(printf %s "$_name" |
		    sed 's/"/\\"/g')"
	done
	status 0 "certmonger: a:b can" adm client certmonger --cn a:b
}

# ---- sscep ----

for_sscep() {
	printf '#!/bin/sh\nexec /usr/bin/python3 -B %s/tests/peer/sscep.py "$@"\n' \
	    "$ROOT" >"$T/bin/sscep"
	chmod 755 "$T/bin/sscep"
	verdict "sscep: it is printed" recipe "$T/sscep.sh" sscep \
	    --cn sscep-1 --dns sscep.example
	play "sscep's options, as they stand" sscep "$T/sscep.sh"
	good_cert "$T/sscep/sscep-1.pem" sscep-1
	same "sscep: the names are those" "$(names "$T/sscep/sscep-1.pem")" \
	    "subject=CN=sscep-1 X509v3 Subject Alternative Name: \
DNS:sscep.example "
	verdict "sscep: a hostile name, one part with two attributes" recipe \
	    "$T/sscep-h.sh" sscep --subject "O=\$ENV::HOME + OU=x, CN=$(
	    printf %s "$HOSTILE" | sed 's/[,+="\\/]/\\&/g')"
	play "is taken as it stands" sscep-h "$T/sscep-h.sh"
	openssl x509 -in "$(pem_of sscep-h)" -noout -subject -nameopt \
	    sep_multiline,-esc_msb,utf8,sname >"$T/names.out"
	like "its common name as it was" "$T/names.out" \
	    '^ *CN=a.b,c/\$\(touch pwned\)`touch pwned`"<&>;\|#\\é$'
	like "its organisation too" "$T/names.out" 'O=\$ENV::HOME'
	harmless sscep-h
	sed "s/grep -q -F '[0-9A-F]*/grep -q -F '00/" "$T/sscep.sh" \
	    >"$T/wrong.sh"
	status 1 "sscep: not with another fingerprint" sh -c \
	    'cd "$1" && sh "$2"' - "$T/wrong" "$T/wrong.sh"
	like "and it says why" "$T/status.out" '^not our CA$'
}

# ---- micromdm ----

for_micromdm() {
	verdict "scepclient: it is printed" recipe "$T/mdm.sh" scepclient \
	    --profile mdm --subject "C=CH, O=It's \$(touch pwned), CN=mdm-1"
	play "scepclient takes it as it stands" mdm "$T/mdm.sh"
	good_cert "$(pem_of mdm)" mdm-1
	same "scepclient: the names are those" "$(names "$(pem_of mdm)")" \
	    "subject=CN=mdm-1,O=It's \$(touch pwned),C=CH "
	harmless mdm
	sed 's/-ca-fingerprint [0-9A-F]*/-ca-fingerprint '"$(
	    printf %064d 0)/" "$T/mdm.sh" >"$T/wrong.sh"
	status 1 "scepclient: not to an RA of another fingerprint" sh -c \
	    'cd "$1" && rm -f *.pem && sh "$2"' - "$T/mdm" "$T/wrong.sh"
	status 1 "not for a profile without DES" adm client scepclient \
	    --cn mdm-2
	like "and it says what mends it" "$T/status.out" 'client = micromdm'
	status 1 "names in another order cannot be told" adm client \
	    scepclient --profile mdm --subject 'CN=x, C=CH'
	status 1 "nor alternative names" adm client scepclient \
	    --profile mdm --cn x --dns x.example
}

# ---- wpa_supplicant, against hostapd as the RADIUS server ----

# radius CERTIFICATE KEY
radius() {
	_radius=$(free_port)
	printf '*\tTLS\n' >"$T/users"
	printf '127.0.0.1/32\tsecret\n' >"$T/clients"
	cat >"$T/hostapd.conf" <<CONFIG
driver=none
logger_stdout=-1
radius_server_clients=$T/clients
radius_server_auth_port=$_radius
eap_server=1
eap_user_file=$T/users
ca_cert=$T/ca/ca.pem
server_cert=$1
private_key=$2
CONFIG
	hostapd "$T/hostapd.conf" >"$T/hostapd.log" 2>&1 &
	own $!
	until_true 10 grep -q 'AP-ENABLED\|Setup of interface done\|RADIUS' \
	    "$T/hostapd.log"
}
eap() { eapol_test -c "$1" -a 127.0.0.1 -p "$_radius" -s secret -t 10; }

for_wpa() {
	verdict "wpa: it is printed" recipe "$T/wpa.sh" wpa --cn "w'\$(id)" \
	    --ssid 'a "net" \ #1' --radius radius.example
	play "it is taken as it stands" wpa "$T/wpa.sh"
	same "wpa: the name is that" "$(names "$(pem_of wpa)")" \
	    "subject=CN=w'\$(id) "
	_block=$(find "$T/wpa" -name '*-wpa.conf')
	like "an SSID with quotes is in hex" "$_block" \
	    '^	ssid=6120226e657422205c202331$'
	like "a name without is in quotes" "$_block" "^	identity=\"w'\\\$\(id\)\"\$"
	challenge "$T/c" --profile server --cn radius.example \
	    --dns radius.example
	"$ROOT/tests/peer/scep-peer" enrol --key "$T/radius.key" \
	    --challenge "$T/c" --subject /CN=radius.example \
	    --dns radius.example --out "$T/radius.pem" "$URL/server" \
	    >/dev/null || not_ok "the RADIUS server has a certificate"
	radius "$T/radius.pem" "$T/radius.key"
	verdict "wpa_supplicant's EAP-TLS lets the device in" eap "$_block"
	sed 's/radius\.example/elsewhere.example/' "$_block" >"$T/else.conf"
	status 252 "but not with a RADIUS server of another name" eap \
	    "$T/else.conf"
	verdict "wpa: by wire" recipe "$T/wire.sh" wpa --cn wire-1
	like "needs no SSID" "$T/wire.sh" '^	key_mgmt=IEEE8021X$'
	unlike "and has none" "$T/wire.sh" '^	ssid='
}

# ---- Apple ----

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

for_apple() {
	verdict "apple: it is printed" recipe "$T/a.mobileconfig" apple \
	    --subject "C=CH, O=Example, CN=phone-1" --dns phone.example \
	    --dns phone.lan
	verdict "libplist takes it" plistutil -i "$T/a.mobileconfig" -f bin \
	    -o "$T/a.bin"
	sed 's,</dict>,,' "$T/a.mobileconfig" >"$T/broken"
	verdict "apple: keys and types are those of the payload" plist \
	    "$T/a.mobileconfig"
	enrols "and a device that does what it says is granted"
	same "its CAFingerprint is our CA's" "$print" "$(sha1_of "$T/ca/ca.pem")"
	_first=$id
	recipe "$T/b.mobileconfig" apple --dns phone.example --dns phone.lan \
	    --subject "C=CH, O=Example, CN=phone-1"
	plist "$T/b.mobileconfig" && . "$T/enrol.sh"
	same "PayloadIdentifier stays" "$id" "$_first"
	recipe "$T/b.mobileconfig" apple --cn phone-2
	verdict "apple: without alternative names" plist "$T/b.mobileconfig"
	. "$T/enrol.sh"
	status 1 "another device has another PayloadIdentifier" test "$id" = \
	    "$_first"
	recipe "$T/h.mobileconfig" apple --subject "1.2.3.4=x, CN=$(
	    printf %s "$HOSTILE" | sed 's/[,+="\\/]/\\&/g')" --profile any
	verdict "apple: a hostile name" plist "$T/h.mobileconfig"
	verdict "is read as it was" python "$T/h.mobileconfig" "$HOSTILE" <<'PYTHON'
import plistlib
import sys

with open(sys.argv[1], "rb") as f:
    subject = plistlib.load(f)["PayloadContent"][0]["PayloadContent"]["Subject"]
assert subject == [[["1.2.3.4", "x"]], [["CN", sys.argv[2]]]], subject
PYTHON
}

for_signed() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/root.key" \
	    -out "$T/root.pem" -subj "/CN=Profiles" -days 9 >/dev/null 2>&1
	openssl req -newkey rsa:2048 -keyout "$T/sign.key" -passout pass:sesame \
	    -out "$T/sign.csr" -subj "/CN=Signer" >/dev/null 2>&1
	echo 'keyUsage=digitalSignature' >"$T/ext"
	openssl x509 -req -in "$T/sign.csr" -CA "$T/root.pem" -CAkey \
	    "$T/root.key" -out "$T/sign.pem" -extfile "$T/ext" -days 9 \
	    2>/dev/null
	cat "$T/root.pem" >>"$T/sign.pem"
	echo sesame >"$T/pass"
	verdict "apple: signed" recipe "$T/s.mobileconfig" apple --cn phone-3 \
	    --sign "$T/sign.pem" --sign-key "$T/sign.key" --pass-file "$T/pass"
	set -- openssl cms -verify -inform DER -purpose any -out \
	    "$T/s.plist" -CAfile
	verdict "openssl cms -verify finds it good" "$@" "$T/root.pem" \
	    -in "$T/s.mobileconfig"
	verdict "and in it the profile" plist "$T/s.plist"
	enrols "with which a device enrols"
	status 4 "not by another CA" "$@" "$T/ca/ca.pem" -in "$T/s.mobileconfig"
	sed 's/phone-3/phone-4/' "$T/s.mobileconfig" >"$T/t.mobileconfig"
	status 4 "nor changed" "$@" "$T/root.pem" -in "$T/t.mobileconfig"
	same "with the certificates that are in the file" "$(openssl pkcs7 \
	    -inform DER -in "$T/s.mobileconfig" -print_certs -noout |
	    grep -c '^subject')" 2
	status 1 "a key that is another's" adm client apple --cn phone-5 \
	    --sign "$T/sign.pem" --sign-key "$T/root.key"
	status 2 "a certificate without a key" adm client apple --cn phone-5 \
	    --sign "$T/sign.pem"
	status 2 "nothing else is signed" adm client cisco --cn phone-5 \
	    --sign "$T/sign.pem" --sign-key "$T/sign.key"
	adm challenge list >"$T/list"
	unlike "none of these made a challenge" "$T/list" 'CN=phone-5'
}

# ---- Windows ----

for_windows() {
	verdict "windows: it is printed" recipe "$T/w.xml" windows --subject \
	    "C=CH, O=Ex & Co, CN=pc-1" --dns pc.example --dns pc.lan
	verdict "windows: nodes, formats and their order" python "$T/w.xml" \
	    "$T/enrol.sh" "$T/c" <<'PYTHON'
import shlex
import sys
import xml.etree.ElementTree as tree

top = tree.parse(sys.argv[1]).getroot()
assert top.tag == "Atomic"
ids = [int(e.text) for e in top.iter("CmdID")]
assert ids == list(range(1, len(ids) + 1)), ids
base = "./Device/Vendor/MSFT/ClientCertificateInstall/SCEP/pc-1-"
leaves = {}
for command in top[1:]:
    item = command.find("Item")
    uri = item.find("Target/LocURI").text
    assert uri.startswith(base), uri
    leaf = uri[len(base) + 8:]
    if command.tag == "Exec":
        assert command is top[-1] and leaf == "/Install/Enroll", leaf
        continue
    assert command.tag == "Add"
    kind = item.find("Meta/{*}Format")
    assert kind.tag == "{syncml:metinf}Format"
    leaves[leaf] = (kind.text, item.findtext("Data"))
kinds = {"": "node"}
kinds.update({"/Install/" + k: "chr" for k in (
    "ServerURL", "Challenge", "SubjectName", "SubjectAlternativeNames",
    "EKUMapping", "HashAlgorithm", "CAThumbprint")})
kinds.update({"/Install/" + k: "int" for k in (
    "KeyUsage", "KeyLength", "RetryCount", "RetryDelay")})
assert {k: v[0] for k, v in leaves.items()} == kinds, leaves
got = {k[9:]: v[1] for k, v in leaves.items()}
assert got["KeyUsage"] == "160" and got["KeyLength"] == "2048"
assert got["EKUMapping"] == "1.3.6.1.5.5.7.3.2"
assert got["SubjectAlternativeNames"] == "3+pc.example;3+pc.lan"
assert got["SubjectName"] == "C=CH, O=Ex & Co, CN=pc-1", got
with open(sys.argv[3], "w") as f:
    f.write(got["Challenge"] + "\n")
with open(sys.argv[2], "w") as f:
    f.write("subject=%s\nurl=%s\ndns='%s'\nprint=%s\n" % (
        shlex.quote("/" + got["SubjectName"].replace(", ", "/")),
        got["ServerURL"], "--dns pc.example --dns pc.lan",
        got["CAThumbprint"]))
PYTHON
	enrols "and a device that does what it says is granted"
	same "its CAThumbprint is our CA's" "$print" "$(sha1_of "$T/ca/ca.pem")"
	recipe "$T/w.xml" windows --subject 'O=a "b"\, c, CN=x\+y, ST=z'
	like "windows: quotes where a name needs them" "$T/w.xml" \
	    '>O=&quot;a &quot;&quot;b&quot;&quot;, c&quot;, CN=&quot;x\+y&quot;, S=z<'
	status 1 "windows makes no keys of 3072 bits" adm client windows \
	    --cn pc-2 --bits 3072
	status 0 "but of 4096" adm client windows --cn pc-2 --bits 4096
	status 1 "nor takes a URL with a semicolon" adm client windows \
	    --cn pc-2 --url 'http://ca.example/a;b'
}

# ---- Cisco ----

field() { sed -n "s/^ $1 //p" "$T/r1"; }

for_cisco() {
	verdict "cisco: it is printed" recipe "$T/r1" cisco --cn r1.example
	for _line in 'crypto pki trustpoint r1.example' ' fqdn none' \
	    ' serial-number none' ' ip-address none' ' hash sha256' \
	    ' rsakeypair r1.example 2048' \
	    'crypto pki authenticate r1.example'; do
		like "cisco: $_line" "$T/r1" "^$_line\$"
	done
	same "cisco: its fingerprint is our CA's" "$(field fingerprint)" \
	    "$(sha1_of "$T/ca/ca.pem")"
	field password >"$T/c"
	printf "subject='/%s'\nurl=%s\ndns=\n" "$(field subject-name)" \
	    "$(field 'enrollment url')" >"$T/enrol.sh"
	enrols "cisco: what it says is granted"
	for _name in 'a?b' 'a,b' 'a"b' 'a;b' 'é'; do
		status 1 "cisco: $_name cannot be typed" adm client cisco \
		    --cn "$_name"
	done
	status 0 "cisco: a'b \$(c) can" adm client cisco --cn "a'b \$(c)"
	status 1 "cisco: nor --dns" adm client cisco --cn r2 --dns r2.example
	echo 'what? this is a secret' >"$T/c"
	status 1 "cisco: nor a challenge with a question mark" adm client \
	    cisco --cn r2 --challenge-file "$T/c"
	status 0 "which others take" adm client windows --cn r2 \
	    --challenge-file "$T/c"
}

# ---- by hand ----

qr_text() {		# what must be in it
	printf 'url %s\nsha256 %s\nchallenge %s\n' "$URL" "$(openssl x509 \
	    -in "$T/ca/ca.pem" -noout -fingerprint -sha256 |
	    sed 's/.*=//; s/://g')" "$(sed -n 's/^challenge *//p' "$1")"
}

# From half blocks to an image.
pgm_of() {
	python "$1" "$2" <<'PYTHON'
import sys

rows = []
with open(sys.argv[1], encoding="utf-8") as f:
    for line in f.read().split("\n"):
        if line.startswith("scepadm:"):
            break
        if line:
            rows.append([c in "█▀" for c in line])
            rows.append([c in "█▄" for c in line])
size = 4
with open(sys.argv[2], "wb") as f:
    f.write(b"P5 %d %d 255\n" % (len(rows[0]) * size, len(rows) * size))
    for row in rows:
        f.write(bytes(255 * light for light in row for _ in range(size))
                * size)
PYTHON
}

by_hand() {
	verdict "text: with a QR code, shown and drawn" env LC_ALL=C.UTF-8 \
	    sh -c '"$1" -c "$2" client text --cn hand-1 --dns hand.example \
	    --qr --qr-png "$3/qr.png" >"$3/hand" 2>"$3/hand.err"' - "$ADM" \
	    "$CONF" "$T"
	like "text: the URL" "$T/hand" "^URL +$URL\$"
	like "the fingerprint, as openssl has it" "$T/hand" "^ *SHA-256 +$(
	    openssl x509 -in "$T/ca/ca.pem" -noout -fingerprint -sha256 |
	    sed 's/.*=//')\$"
	like "the name" "$T/hand" '^DNS name +hand\.example$'
	qr_text "$T/hand" >"$T/want"
	zbarimg -q --raw "$T/qr.png" 2>/dev/null | grep -v '^$' >"$T/png.out"
	same "the PNG says URL, fingerprint, challenge" "$(cat "$T/png.out")" \
	    "$(cat "$T/want")"
	same "and nobody else may read it" "$(stat -c %a "$T/qr.png")" 600
	pgm_of "$T/hand.err" "$T/qr.pgm"
	zbarimg -q --raw "$T/qr.pgm" 2>/dev/null | grep -v '^$' >"$T/pgm.out"
	same "what the terminal shows says the same" "$(cat "$T/pgm.out")" \
	    "$(cat "$T/want")"
	LC_ALL=C adm client text --cn hand-2 --qr >/dev/null 2>"$T/ascii"
	like "without UTF-8 it is drawn in ASCII" "$T/ascii" '^####*  *##'
	sed -n 's/^challenge *//p' "$T/hand" >"$T/c"
	verdict "somebody types it in" "$ROOT/tests/peer/scep-peer" enrol \
	    --challenge "$T/c" --subject /CN=hand-1 --dns hand.example "$URL"
	status 1 "an image that is there is not overwritten" adm client text \
	    --cn hand-3 --qr-png "$T/qr.png"
	like "and the challenge is revoked" "$T/status.out" 'revoked again'
	same "really" "$(adm challenge list --json | jq -r '.[] |
	    select(.subject == "CN=hand-3").state')" revoked
}

# The same objects, and another one in place of those that need libqrencode.
without_qr() {
	ldd "$FCGI" >"$T/ldd" 2>&1
	unlike "scep.fcgi has no need of libqrencode and libpng" "$T/ldd" \
	    'libqrencode|libpng'
	[ "$BIN" = "$ROOT" ] || return 0
	mkdir "$T/noqr"
	verdict "scepadm is built without them, too" make -s -C "$ROOT" QR=no \
	    BIN="$T/noqr" "$T/noqr/scepadm" || return
	ldd "$T/noqr/scepadm" >"$T/ldd" 2>&1
	unlike "and has no need of them then" "$T/ldd" 'libqrencode|libpng'
	status 1 "it draws no QR code" "$T/noqr/scepadm" -c "$CONF" client \
	    text --cn noqr-1 --qr
	like "and says what mends it" "$T/status.out" 'libqrencode-dev'
	status 0 "the rest is as it was" "$T/noqr/scepadm" -c "$CONF" client \
	    text --cn noqr-1
}

# ---- challenges, and what is refused ----

challenges() {
	status 75 "a full disk" sh -c '"$1" -c "$2" client text --cn full-1 \
	    >/dev/full' - "$ADM" "$CONF"
	same "costs the challenge" "$(adm challenge list --json | jq -r '.[] |
	    select(.subject == "CN=full-1").state')" revoked
	challenge "$T/c" --cn given-1
	_n=$(adm challenge list --json | jq length)
	verdict "a challenge that there is" recipe "$T/given.sh" strongswan \
	    --cn given-1 --challenge-file "$T/c"
	same "is enough" "$(adm challenge list --json | jq length)" "$_n"
	play "and good" given "$T/given.sh"
	good_cert "$T/given/given-1.pem" given-1
	status 0 "from standard input, too" sh -c 'echo a-secret |
	    "$1" -c "$2" client text --cn x --challenge-file -' - "$ADM" "$CONF"
	like "as it was" "$T/status.out" '^challenge +a-secret$'
	status 2 "its life is its own" adm client text --cn x \
	    --challenge-file "$T/c" --ttl 1h
	printf 'a\033[2Jb\n' >"$T/c"
	status 1 "a challenge with control characters" adm client text \
	    --cn x --challenge-file "$T/c"
	verdict "--json" recipe "$T/j" text --cn json-1 --ttl 1h --note why \
	    --json
	same "says what there is to know" "$(jq -r '.challenge as $c |
	    [.client, .profile, .url, .subject, .sha1,
	    (.text | contains($c) | tostring)] | join(" ")' "$T/j")" \
	    "text default $URL CN=json-1 $(sha1_of "$T/ca/ca.pem") true"
	same "and the record has the note" "$(adm challenge show --json \
	    "$(jq -r .id "$T/j")" | jq -r .note)" why
	status 2 "no name" adm client text
	status 2 "two names" adm client text --cn a --subject CN=b
	status 2 "no such client" adm client toaster --cn a
	like "says which there are" "$T/status.out" 'apple, certmonger, cisco'
	status 3 "no such profile" adm client text --cn a --profile none
	status 1 "a profile without challenges" adm client text --cn a \
	    --profile manual
	status 1 "a name that the profile does not issue" adm client text \
	    --subject DC=a
	status 1 "a key that the profile does not certify" adm client text \
	    --cn a --bits 1024
	status 0 "one that it does" adm client text --cn a --bits 3072
	status 2 "what is no URL" adm client text --cn a --url 'http://x y'
	status 2 "--ssid is for wpa" adm client text --cn a --ssid x
	status 0 "a URL of devices" adm client text --cn a --profile any \
	    --url https://ca.example/scep/
	like "gets the profile behind it" "$T/status.out" \
	    '^URL +https://ca\.example/scep/any$'
}

# ---- below an intermediate CA ----

below() {
	stop "$SERVER"
	for _n in top site; do
		openssl req -newkey rsa:2048 -nodes -keyout "$T/$_n.key" \
		    -out "$T/$_n.csr" -subj "/CN=$_n" >/dev/null 2>&1
	done
	printf '%s\n' 'basicConstraints=critical,CA:TRUE' \
	    'subjectKeyIdentifier=hash' \
	    'keyUsage=critical,digitalSignature,keyCertSign,cRLSign' >"$T/ext"
	openssl x509 -req -in "$T/top.csr" -signkey "$T/top.key" -out \
	    "$T/top.pem" -extfile "$T/ext" -days 9 2>/dev/null
	openssl x509 -req -in "$T/site.csr" -CA "$T/top.pem" -CAkey \
	    "$T/top.key" -out "$T/site.pem" -extfile "$T/ext" -days 9 \
	    2>/dev/null
	_port=$(free_port)
	make_ca "$T/sub" "http://127.0.0.1:$_port/scep" --ca-cert \
	    "$T/site.pem" --ca-key "$T/site.key" --chain "$T/top.pem"
	sed -i '/^\[profile manual\]/,/^authorise/{
	    s/manual$/challenge/; /^ca = /a getcacert = leaf
	    }' "$CONF"
	start_lighttpd "$_port"
	for _kind in strongswan certmonger sscep; do
		verdict "below a root: $_kind is printed" recipe \
		    "$T/sub-$_kind.sh" "$_kind" --cn "sub-$_kind"
		play "below a root: $_kind takes it" "sub-$_kind" \
		    "$T/sub-$_kind.sh"
		verdict "and verifies" openssl verify -CAfile "$T/top.pem" \
		    -untrusted "$T/site.pem" "$T/sub-$_kind/sub-$_kind.pem"
	done
	recipe "$T/sub.mobileconfig" apple --cn sub-apple
	plist "$T/sub.mobileconfig" && . "$T/enrol.sh"
	same "below a root: Apple's are told the root" "$print" \
	    "$(sha1_of "$T/top.pem")"
	recipe "$T/sub.mobileconfig" apple --cn sub-apple --profile manual
	plist "$T/sub.mobileconfig" && . "$T/enrol.sh"
	same "or the CA, where no root is shown" "$print" \
	    "$(sha1_of "$T/site.pem")"
	status 1 "strongswan is not for who is shown no root" adm client \
	    strongswan --cn x --profile manual
	like "and it says what mends it" "$T/status.out" \
	    'getcacert = chain\+root'
	verdict "certmonger is" recipe "$T/leaf.sh" certmonger --cn leaf \
	    --profile manual
	play "certmonger takes it" leaf "$T/leaf.sh"
	recipe "$T/sub.text" text --cn x
	like "by hand there are two to compare" "$T/sub.text" '^above it +CN = top$'
}

mkdir "$T/bin"
PATH=$T/bin:$PATH
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
extendedKeyUsage = serverAuth
CONFIG
sed -i 's/^subject_allow = CN O OU C serialNumber/& ST/' "$CONF"
start_lighttpd "$_port"
certmonger_start || not_ok "certmonger starts on a private bus"

harm
for_strongswan
for_certmonger
for_sscep
for_micromdm
for_wpa
for_apple
for_signed
for_windows
for_cisco
by_hand
without_qr
challenges
adm challenge list --json >"$T/all"
below
unlike "no challenge in the log [C-149]" "$T/scep.log" \
    "$(sed -n 's/^challenge *//p' "$T/hand")"
finish
