#!/bin/sh
# 43-client-forms - what `scepadm client` prints for devices that are not here,
# taken apart by somebody else's parser, and used by who knows no more.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"
. "$ROOT/tests/e2e/recipe.sh"

# ---- Apple ----

for_apple() {
	verdict "apple: it is printed" recipe "$T/a.mobileconfig" apple \
	    --subject "C=CH, O=Example, CN=phone-1" --dns phone.example \
	    --dns phone.lan
	sed '0,/<.dict>/s,,,' "$T/a.mobileconfig" >"$T/broken"
	# Its exit status says nothing.
	for _file in a.mobileconfig broken; do
		plistutil -i "$T/$_file" -f bin -o "$T/$_file.bin" \
		    >"$T/$_file.said" 2>&1
	done
	same "libplist takes it" "$(head -c 6 "$T/a.mobileconfig.bin")" bplist
	like "but none that is broken" "$T/broken.said" '^ERROR'
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
	recipe "$T/w.xml" windows --cn pc-3 --profile server
	like "windows: the usage is the profile's" "$T/w.xml" \
	    '<Data>1\.3\.6\.1\.5\.5\.7\.3\.1\+1\.3\.6\.1\.5\.5\.7\.3\.2</Data>'
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

# As such alone: in one of some hundreds, zbar sees some bars of Codabar as well.
qr_in() {		# IMAGE
	zbarimg -q --raw -Sdisable -Sqrcode.enable "$1" 2>/dev/null |
	    grep -v '^$'
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
	qr_in "$T/qr.png" >"$T/png.out"
	same "the PNG says URL, fingerprint, challenge" "$(cat "$T/png.out")" \
	    "$(cat "$T/want")"
	same "and nobody else may read it" "$(stat -c %a "$T/qr.png")" 600
	pgm_of "$T/hand.err" "$T/qr.pgm"
	qr_in "$T/qr.pgm" >"$T/pgm.out"
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
	status 1 "a DNS name that is not UTF-8 is not left out" \
	    adm client text --cn a --dns "$(printf 'x\377')"
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
	status 2 "a name of many" adm client text --subject 'CN=star-*'
	like "says how a star is written" "$T/status.out" 'write \\\*'
	status 0 "a star that is one" adm client text --subject 'CN=star-\*'
	status 0 "so is that of --cn" adm client text --cn 'star-*'
	same "both are bound to it as it stands" "$(adm challenge list --json |
	    jq -r '.[] | select(.subject | startswith("CN=star-")).names' |
	    tr '\n' ' ')" "exact exact "
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
	_ssid=abcdefghijklmnopqrstuvwxyz012345
	status 0 "of 32 octets" adm client wpa --cn ssid-1 --ssid "$_ssid"
	status 2 "and no more" adm client wpa --cn ssid-2 --ssid "${_ssid}6"
	status 2 "nor none" adm client wpa --cn ssid-2 --ssid ""
	status 0 "a URL of devices" adm client text --cn a --profile any \
	    --url https://ca.example/scep/
	like "gets the profile behind it" "$T/status.out" \
	    '^URL +https://ca\.example/scep/any$'
}

recipe_server
for_apple
for_signed
for_windows
for_cisco
by_hand
without_qr
challenges
unlike "no challenge in the log" "$T/scep.log" \
    "$(sed -n 's/^challenge *//p' "$T/hand")"
finish
