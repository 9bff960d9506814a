#!/bin/sh
# 22-adopt - scepadm init with a CA that is there already.
. "$(dirname "$0")/lib.sh"

# ---- CAs of somebody else ----

CA_EXTS='basicConstraints=critical,CA:TRUE
keyUsage=critical,digitalSignature,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid'

key() {			# NAME TYPE
	case $2 in
	rsa:*) openssl genpkey -algorithm RSA -out "$1.key" \
	    -pkeyopt "rsa_keygen_bits:${2#rsa:}" ;;
	ec:*) openssl genpkey -algorithm EC -out "$1.key" \
	    -pkeyopt "ec_paramgen_curve:${2#ec:}" ;;
	esac 2>/dev/null
}

# cert NAME ISSUER EXTENSIONS [OPTIONS]: ISSUER may be NAME.
cert() {
	_name=$1
	_issuer=$2
	printf '%s\n' "$3" >"$_name.ext"
	shift 3
	openssl req -new -key "$_name.key" -subj "/O=Old Ltd/CN=Old $_name" \
	    -out "$_name.csr" 2>/dev/null
	if [ "$_name" = "$_issuer" ]; then
		openssl x509 -req -in "$_name.csr" -signkey "$_name.key" \
		    -extfile "$_name.ext" -days 3000 "$@" -out "$_name.pem"
	else
		openssl x509 -req -in "$_name.csr" -CA "$_issuer.pem" \
		    -CAkey "$_issuer.key" -set_serial "0x$(openssl rand -hex 8)" \
		    -extfile "$_name.ext" -days 2000 "$@" -out "$_name.pem"
	fi 2>/dev/null
}

key root rsa:2048
cert root root "$CA_EXTS"
key mid rsa:2048
cert mid root "$CA_EXTS"
key sub ec:P-256
cert sub mid "$(echo "$CA_EXTS" | sed 's/CA:TRUE/&,pathlen:0/')"
cat mid.pem root.pem >chain.in
cat sub.pem mid.pem root.pem >own.in
cat root.pem mid.pem sub.pem mid.pem >mixed.in
openssl x509 -in mid.pem -outform DER -out mid.der

key ec ec:P-384
cert ec ec "$CA_EXTS"

# ---- adopting ----

n=0
# adopt TEXT OPTIONS…: it must succeed, and check must be content.
adopt() {
	_text=$1
	shift
	n=$((n + 1))
	D=$T/d$n
	CONF=$D/scep.conf
	verdict "adopt $_text" "$ADM" init --dir "$D" \
	    --url http://127.0.0.1:1/scep "$@" || return 1
	cp "$T/verdict.out" "$T/init.out"
	sed -i 's/^log = .*/log = stderr/' "$CONF"
	verdict "check is content with $_text" adm check
	cp "$T/verdict.out" "$T/check.out"
	_loose=$(find "$D" -name '*.key' ! -perm 600)
	same "the keys of $_text are closed" "$_loose" ""
}

# refuse TEXT STATUS PATTERN OPTIONS…: and nothing is left behind, whether the
# directory is there or not.
refuse() {
	_text=$1
	_want=$2
	_pattern=$3
	shift 3
	rm -rf "$T/no"
	status "$_want" "refused: $_text" "$ADM" init --dir "$T/no" \
	    --url http://127.0.0.1:1/scep "$@"
	like "says why: $_text" "$T/status.out" "$_pattern"
	if [ -e "$T/no" ]; then
		not_ok "a directory was made: $_text"
	else
		ok "no directory was made: $_text"
	fi
	mkdir "$T/no"
	echo mine >"$T/no/file"
	"$ADM" init --dir "$T/no" --url http://127.0.0.1:1/scep "$@" \
	    >"$T/refuse.out" 2>&1 </dev/null
	same "nothing is left behind: $_text" "$(ls -A "$T/no")" file
}

spki() { openssl x509 -in "$1" -noout -pubkey; }

adopt "a self-signed RSA CA" --ca-cert root.pem --ca-key root.key
same "its certificate" "$(openssl x509 -in "$D/ca.pem" -outform DER |
    sha256sum)" "$(openssl x509 -in root.pem -outform DER | sha256sum)"
like "its fingerprint is printed" "$T/init.out" \
    "$(openssl x509 -in root.pem -noout -fingerprint -sha256 | cut -d= -f2)"
like "aloud: the key is not encrypted" "$T/init.out" 'is NOT ENCRYPTED'
like "no warning" "$T/check.out" 'ok$'
unlike "nothing to warn of" "$T/init.out" '^warning'
unlike "no chain" "$CONF" '^chain'
like "SHA-256" "$CONF" '^digest = sha256$'
verdict "it issued the RA certificate" openssl verify -x509_strict \
    -CAfile root.pem "$D/ra.pem"
same "which is called after it" "$(openssl x509 -in "$D/ra.pem" -noout \
    -subject -nameopt RFC2253)" "subject=CN=Old root RA,O=Old Ltd"
if [ "$(spki "$D/ra.pem")" != "$(spki root.pem)" ]; then
	ok "and has a key of its own"
else
	not_ok "and has a key of its own"
fi
same "and does not outlive it" "$(openssl x509 -in "$D/ra.pem" -noout \
    -enddate)" "$(openssl x509 -in root.pem -noout -enddate)"
before=$(find "$D" -type f -exec sha256sum {} + | sort)
status 1 "a second time: refused" "$ADM" init --dir "$D" --ca-cert root.pem \
    --ca-key root.key
same "and nothing is changed" \
    "$(find "$D" -type f -exec sha256sum {} + | sort)" "$before"
mkdir "$T/d-chain"
echo mine >"$T/d-chain/chain.pem"
status 1 "a chain.pem that is there" "$ADM" init --dir "$T/d-chain" \
    --ca-cert mid.pem --ca-key mid.key --chain root.pem
same "is left alone" "$(cat "$T"/d-chain/* && ls "$T/d-chain")" \
    "$(printf 'mine\nchain.pem')"

chain_is() {		# TEXT: mid and root, in this order
	same "$1: the chain is in order" "$(openssl crl2pkcs7 -nocrl -certfile \
	    "$D/chain.pem" | openssl pkcs7 -print_certs -noout |
	    sed -n 's/^subject=.*CN = Old //p' | tr '\n' ' ')" "mid root "
	like "$1: scep.conf names it" "$CONF" '^chain = chain.pem$'
	like "$1: nothing to warn of" "$T/check.out" 'ok$'
	unlike "$1: really nothing" "$T/check.out" '^warning'
}
adopt "an intermediate with its chain" --ca-cert sub.pem --ca-key sub.key \
    --chain chain.in
chain_is "in order"
adopt "a chain that begins with the CA" --ca-cert sub.pem --ca-key sub.key \
    --chain own.in
chain_is "its own first"
adopt "a chain out of order, with a double" --ca-cert sub.pem \
    --ca-key sub.key --chain mixed.in
chain_is "out of order"
adopt "a file that holds CA and chain" --ca-cert own.in --ca-key sub.key
chain_is "one file"
adopt "a certificate in DER" --ca-cert mid.der --ca-key mid.key \
    --chain root.pem
adopt "an intermediate without its root" --ca-cert sub.pem --ca-key sub.key \
    --chain mid.pem
like "init warns of the root" "$T/init.out" '^warning: mid.pem: no root'
like "as check does" "$T/check.out" '^warning: .*no root'
adopt "a CA under another RA name" --ca-cert root.pem --ca-key root.key \
    --cn Fleet
same "the RA has it" "$(openssl x509 -in "$D/ra.pem" -noout -subject \
    -nameopt RFC2253)" "subject=CN=Fleet RA,O=Old Ltd"

key usage rsa:2048
cert usage usage "$(echo "$CA_EXTS" | sed 's/digitalSignature,//')"
adopt "a CA without digitalSignature" --ca-cert usage.pem --ca-key usage.key
like "init warns" "$T/init.out" '^warning: usage.pem: .*digitalSignature'
like "check too" "$T/check.out" '^warning: .*digitalSignature'
"$ADM" init --dir "$T/json" --ca-cert usage.pem --ca-key usage.key --json \
    >json.out 2>&1
same "--json has the warning" "$(jq '.warnings | length' json.out)" 1
printf 'basicConstraints=critical,CA:TRUE,pathlen:0\n' >bare.ext
openssl x509 -req -in root.csr -signkey root.key -extfile bare.ext -days 3000 \
    -out bare.pem 2>/dev/null
adopt "a root of pathLen 0 without key identifier and usage" \
    --ca-cert bare.pem --ca-key root.key
verdict "its RA verifies" openssl verify -CAfile bare.pem "$D/ra.pem"
key soon rsa:2048
cert soon soon "$CA_EXTS" -days 20
adopt "a CA that expires soon" --ca-cert soon.pem --ca-key soon.key
same "the RA does not outlive it" "$(openssl x509 -in "$D/ra.pem" -noout \
    -enddate)" "$(openssl x509 -in soon.pem -noout -enddate)"

# ---- keys as people keep them ----

echo 'open sesame' >pass
echo 'sesame open' >wrong
: >empty
chmod 600 pass wrong empty
openssl pkcs8 -topk8 -in root.key -passout file:pass -v2 aes-256-cbc \
    -out p8.key
openssl pkcs8 -topk8 -in root.key -passout file:pass -outform DER -out p8.der
openssl pkcs8 -topk8 -in root.key -nocrypt -outform DER -out bare.der
openssl rsa -in root.key -traditional -out trad.key 2>/dev/null
openssl rsa -in root.key -traditional -aes128 -passout file:pass \
    -out trad-enc.key 2>/dev/null
openssl ec -in ec.key -out ec-trad.key 2>/dev/null
openssl ec -in ec.key -aes256 -passout file:pass -out ec-enc.key 2>/dev/null
{ openssl ecparam -name secp384r1; cat ec-trad.key; } >ec-params.key
chmod 600 ./*.key ./*.der
bare_key() {		# TEXT
	verdict "$1: the key is not encrypted" sh -c \
	    "openssl pkey -in '$D/state/ca.key' -passin pass: -noout &&
	    grep -q 'BEGIN PRIVATE KEY' '$D/state/ca.key'"
}
adopt "PKCS #8, encrypted" --ca-cert root.pem --ca-key p8.key \
    --pass-file pass
bare_key "PKCS #8"
unlike "no secret is shown" "$T/init.out" 'sesame|BEGIN'
adopt "PKCS #8 in DER, encrypted" --ca-cert root.pem --ca-key p8.der \
    --pass-file pass
bare_key "DER"
adopt "PKCS #8 in DER" --ca-cert root.pem --ca-key bare.der
adopt "a traditional RSA key" --ca-cert root.pem --ca-key trad.key
adopt "a traditional RSA key, encrypted" --ca-cert root.pem \
    --ca-key trad-enc.key --pass-file pass
bare_key "traditional"
adopt "a traditional EC key, encrypted" --ca-cert ec.pem \
    --ca-key ec-enc.key --pass-file pass
adopt "a traditional EC key behind its parameters" --ca-cert ec.pem \
    --ca-key ec-params.key
mkfifo fifo
cat pass >fifo &
adopt "a passphrase from a pipe" --ca-cert root.pem --ca-key p8.key \
    --pass-file fifo
D=$T/stdin
verdict "adopt a passphrase from standard input" sh -c \
    "'$ADM' init --dir '$D' --ca-cert root.pem --ca-key p8.key \
    --pass-file - <pass"
bare_key "standard input"
if command -v script >/dev/null; then
	D=$T/tty
	# As somebody does it who waits to be asked.
	: >tty.out
	{
		until_true 20 grep -q 'passphrase of' tty.out
		cat pass
		until_true 20 test -s "$D/scep.conf"
	} | script -qec "'$ADM' init \
	    --dir '$D' --ca-cert root.pem --ca-key p8.key" /dev/null \
	    >tty.out 2>&1
	like "a terminal is asked for it" tty.out 'passphrase of p8.key: '
	bare_key "terminal"
	unlike "without echo" tty.out 'sesame'
else
	skip "a terminal is asked for it" "script is not installed"
fi
chmod 644 trad.key
adopt "a key that others may read" --ca-cert root.pem --ca-key trad.key
like "says so" "$T/init.out" '^warning: trad.key: mode 0644'

root='--ca-cert root.pem --ca-key'
refuse "a wrong passphrase" 1 'p8.key: the passphrase is wrong' \
    $root p8.key --pass-file wrong
refuse "a wrong passphrase, DER" 1 'p8.der: the passphrase is wrong' \
    $root p8.der --pass-file wrong
refuse "a wrong passphrase, traditional" 1 \
    'trad-enc.key: the passphrase is wrong' \
    $root trad-enc.key --pass-file wrong
refuse "an empty passphrase" 2 'empty: its first line' \
    $root p8.key --pass-file empty
refuse "no such pass-file" 3 'pass-file nowhere' \
    $root p8.key --pass-file nowhere
refuse "nobody to ask" 2 'no terminal.*--pass-file' $root p8.key

# ---- what is refused ----

refuse "the key of another certificate" 1 'mid.key: not the key' $root mid.key
# twist FILE OFFSET: one bit of that octet the other way round.
twist() {
	_octet=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	printf "\\$(printf %o $((_octet ^ 16)))" |
	    dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
# place FILE N: of the N-th number in its DER, somewhere within.
place() {
	openssl asn1parse -inform DER -in "$1" | sed -n \
	    's/^ *\([0-9]*\):.*\(INTEGER\|OCTET STRING\).*/\1/p' |
	    sed -n "$2{s/\$/ + 20/;p;}"
}
half='the secret half of the key does not belong to its public half'
openssl rsa -in root.key -traditional -outform DER -out whole.der 2>/dev/null
openssl ec -in ec.key -outform DER -out whole-ec.der 2>/dev/null
adopt "an RSA key in DER" --ca-cert root.pem --ca-key whole.der
adopt "an EC key in DER" --ca-cert ec.pem --ca-key whole-ec.der
for number in 4:d 5:p 6:q; do
	cp whole.der twisted.der
	twist twisted.der $(($(place twisted.der "${number%:*}")))
	refuse "an RSA key with a bit of ${number#*:} changed" 1 \
	    "twisted.der: $half" $root twisted.der
done
cp whole-ec.der twisted.der
twist twisted.der $(($(place twisted.der 2)))
refuse "an EC key with a bit of d changed" 1 "twisted.der: $half" \
    --ca-cert ec.pem --ca-key twisted.der
refuse "no key at all" 1 'pass: no private key' $root pass
refuse "a certificate in place of a key" 1 'no private key' $root root.pem
refuse "no such key" 3 'nowhere.key: no such file' $root nowhere.key
refuse "no such certificate" 3 'nowhere.pem: no such file' \
    --ca-cert nowhere.pem --ca-key root.key
refuse "no certificate" 1 'root.key: no certificate' \
    --ca-cert root.key --ca-key root.key
refuse "no such chain" 3 'nowhere.pem: no such file' \
    --ca-cert sub.pem --ca-key sub.key --chain nowhere.pem

key leaf rsa:2048
cert leaf root 'basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature'
refuse "a leaf certificate" 1 'leaf.pem: .*is no CA: basicConstraints' \
    --ca-cert leaf.pem --ca-key leaf.key --chain root.pem
key nosign rsa:2048
cert nosign nosign 'basicConstraints=critical,CA:TRUE
keyUsage=critical,digitalSignature'
refuse "a CA that may not sign" 1 'nosign.pem: .*keyCertSign' \
    --ca-cert nosign.pem --ca-key nosign.key
cert usage usage "$CA_EXTS" -days -1
refuse "an expired CA" 1 'usage.pem: "O=Old Ltd, CN=Old usage" expired on' \
    --ca-cert usage.pem --ca-key usage.key
key small rsa:1024
cert small small "$CA_EXTS"
refuse "an RSA key of 1024 bits" 1 'small.key: RSA of 1024 bits' \
    --ca-cert small.pem --ca-key small.key
openssl genpkey -algorithm ED25519 -out ed.key
cert ed ed "$CA_EXTS"
refuse "a key that is neither RSA nor EC" 1 'ed.key: ED25519' \
    --ca-cert ed.pem --ca-key ed.key
openssl ecparam -name secp256k1 -genkey -noout -out k1.key
cert k1 k1 "$CA_EXTS"
refuse "a key on another curve" 1 'k1.key: EC of 256 bits; .*P-256' \
    --ca-cert k1.pem --ca-key k1.key

key tight rsa:2048
cert tight tight "$(echo "$CA_EXTS" | sed 's/CA:TRUE/&,pathlen:0/')"
key under rsa:2048
cert under tight "$CA_EXTS"
adopt "a root of pathLen 0" --ca-cert tight.pem --ca-key tight.key
refuse "an intermediate under pathLen 0" 1 'pathLen of .*Old tight.*no room' \
    --ca-cert under.pem --ca-key under.key --chain tight.pem
cert sub mid "$(echo "$CA_EXTS" | sed 's/CA:TRUE/&,pathlen:0/')" -days 1999
cert mid root "$CA_EXTS" -days -1
refuse "a chain with an expired certificate" 1 'CN=Old mid" expired' \
    --ca-cert sub.pem --ca-key sub.key --chain "mid.pem"
cert mid root "$CA_EXTS"
refuse "a chain that does not link" 1 \
    'root.pem: the chain does not link.*issued "O=Old Ltd, CN=Old sub"' \
    --ca-cert sub.pem --ca-key sub.key --chain root.pem
cat mid.pem root.pem ec.pem >more.in
refuse "a chain with a stranger in it" 1 'more.in: .*Old ec" has no place' \
    --ca-cert sub.pem --ca-key sub.key --chain more.in
key fake rsa:2048
openssl req -new -key fake.key -subj "/O=Old Ltd/CN=Old mid" 2>/dev/null |
    openssl x509 -req -signkey fake.key -extfile root.ext -days 30 \
    -out fake.pem 2>/dev/null
refuse "an issuer of the right name and another key" 1 'does not link' \
    --ca-cert sub.pem --ca-key sub.key --chain fake.pem
key limit rsa:2048
cert limit limit "$CA_EXTS
nameConstraints=critical,permitted;dirName:ou
[ou]
O=Other"
refuse "a CA that may not name its RA" 1 'devices would refuse.*permitted' \
    --ca-cert limit.pem --ca-key limit.key
cert limit limit "$CA_EXTS
nameConstraints=critical,permitted;dirName:ou
[ou]
O=Old Ltd"
adopt "one that may" --ca-cert limit.pem --ca-key limit.key

refuse "no key named" 2 '--ca-key is missing' --ca-cert root.pem
refuse "no certificate named" 2 '--ca-cert is missing' --ca-key root.key
refuse "a chain alone" 2 '--chain belongs' --chain root.pem
refuse "a passphrase alone" 2 '--pass-file belongs' --pass-file pass
refuse "--key beside --ca-key" 2 'leave --key out' $root root.key \
    --key rsa:2048

# ---- and they serve ----

serve() {		# TEXT ROOT DIGEST SUBJECT OPTIONS…
	_what=$1
	_root=$2
	_digest=$3
	_port=$(free_port)
	shift 3
	adopt "$_what, to serve" "$@" --url "http://127.0.0.1:$_port/scep"
	start_lighttpd "$_port"
	challenge "$T/c" --cn device --dns device.example
	verdict "$_what: enrol" bot -C "$T/c" -s /CN=device -d device.example \
	    -o "$T/device.pem" "$URL"
	_above=$D/ca.pem
	[ ! -f "$D/chain.pem" ] || {
		cat "$D/ca.pem" "$D/chain.pem" >"$T/above.pem"
		_above=$T/above.pem
	}
	verdict "$_what: verifies up to the root" openssl verify \
	    -x509_strict -purpose sslclient -CAfile "$_root" \
	    -untrusted "$_above" "$T/device.pem"
	openssl x509 -in "$T/device.pem" -noout -text >"$T/text.out"
	like "$_what: signed with $_digest" "$T/text.out" \
	    "Signature Algorithm: ecdsa-with-$_digest"
	curl -s -m 60 "$URL?operation=GetCACert" >"$T/getcacert.der"
	openssl pkcs7 -inform DER -in "$T/getcacert.der" -print_certs -noout \
	    2>"$T/p7.err" | sed -n 's/^subject=.*CN = //p' >"$T/names"
	stop "$SERVER"
}
serve "an intermediate" root.pem SHA256 --ca-cert sub.pem --ca-key sub.key \
    --chain chain.in
like "GetCACert has the root" names '^Old root$'
like "and the RA" names '^Old sub RA$'
serve "an EC P-384 CA" ec.pem SHA384 --ca-cert ec.pem --ca-key ec.key
like "scep.conf says SHA-384" "$CONF" '^digest = sha384$'
openssl x509 -in "$D/ra.pem" -noout -text >"$T/text.out"
like "and so is the RA's certificate signed" "$T/text.out" \
    'Signature Algorithm: ecdsa-with-SHA384'
finish
