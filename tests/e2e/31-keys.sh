#!/bin/sh
# 31-keys - devices with RSA and EC keys, at CAs with RSA and EC keys: enrolled
# by challenge, renewed, delivered after approval, refused; and what comes back
# is held against openssl verify.
. "$(dirname "$0")/lib.sh"

# The devices: each its key, made once.  An EC device's answers come under its
# challenge; where operators decide, under a secret that authorises nothing.
TYPES="rsa2048 rsa4096 p256 p384 p521"
openssl genrsa -out rsa2048.key 2048 2>openssl.err
openssl genrsa -out rsa4096.key 4096 2>openssl.err
openssl ecparam -name prime256v1 -genkey -noout -out p256.key
openssl ecparam -name secp384r1 -genkey -noout -out p384.key
openssl ecparam -name secp521r1 -genkey -noout -out p521.key
openssl genpkey -algorithm ed25519 -out ed.key
SECRET=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "$SECRET" >secret
echo "0123456789abcde" >short

is_rsa() { case $1 in rsa*) return 0 ;; esac; return 1; }

# profiles: "default" and "manual" take all of them, "rsaonly" what is the
# default, "p256only" one.
profiles() {
	sed -i -e 's/^\[profile \(default\|manual\)\]/&\nkey_types = rsa ec ed25519/' \
	    -e 's/^\[profile default\]/&\nrenew_from = always/' "$CONF"
	cat >>"$CONF" <<'PROFILE'

[profile rsaonly]
ca = main
authorise = manual
subject_require = CN

[profile p256only]
ca = main
authorise = manual
key_types = p256
PROFILE
}

# verified TEXT TYPE: what came back is for this key, and of this CA.
verified() {
	verdict "$1 verifies" openssl verify -x509_strict -purpose sslclient \
	    -CAfile "$T/ca/ca.pem" "$T/got.pem"
	same "$1 is for its key" \
	    "$(openssl x509 -in "$T/got.pem" -noout -pubkey)" \
	    "$(openssl pkey -in "$T/$2.key" -pubout)"
	openssl x509 -in "$T/got.pem" -noout -ext keyUsage >"$T/usage"
	if is_rsa "$2"; then
		like "$1 may encipher keys" "$T/usage" 'Key Encipherment'
	else
		unlike "$1 does not claim what its key cannot" "$T/usage" \
		    'Encipherment'
	fi
}

by_challenge() {	# CA TYPE
	challenge "$T/c" --cn "dev-$2" || return 1
	{ cut -c 1-36 "$T/c" | tr -d '\n'; cut -c 37 "$T/c" |
	    tr 'a-z2-9' 'b-za3-92'; } >"$T/wrong"
	status 1 "$1, $2: a wrong challenge is refused" bot -k "$2.key" \
	    -C "$T/wrong" -s "/CN=dev-$2" "$URL"
	like "$1, $2: with badRequest" "$T/status.out" '^0 refused 2'
	rm -f "$T/got.pem"
	verdict "$1, $2: enrolled by challenge [C-087 C-088]" bot \
	    -k "$2.key" -C "$T/c" -s "/CN=dev-$2" -o "$T/got.pem" "$URL"
	verified "$1, $2: the certificate" "$2"
	verdict "$1, $2: a poll after a lost answer [C-176]" bot -P \
	    -k "$2.key" -C "$T/c" -s "/CN=dev-$2" -E aes-256-cbc "$URL"
	verdict "$1, $2: a retry" bot -k "$2.key" -C "$T/c" \
	    -s "/CN=dev-$2" "$URL"
}

# By RenewalReq to the same key, and from P-256 to another.
renewed() {		# CA TYPE
	_ca=$1
	_type=$2
	mv "$T/got.pem" "$T/old.pem"
	set -- -T 17 -r "$T/old.pem" -R "$_type.key" -s "/CN=dev-$_type"
	if ! is_rsa "$_type"; then
		status 1 "$_ca, $_type: no renewal without a secret" bot \
		    "$@" -k "$_type.key" -t none "$URL"
		like "$_ca, $_type: it is refused like any [C-147]" \
		    "$T/status.out" '^0 refused 2'
		set -- "$@" -C "$T/secret"
	fi
	verdict "$_ca, $_type: renewed to the same key [C-088 C-147]" bot \
	    "$@" -k "$_type.key" -o "$T/got.pem" "$URL"
	verified "$_ca, $_type: what was renewed" "$_type"
	[ "$_type" = p256 ] || return 0
	verdict "$_ca, p256: renewed to a P-384 key" bot "$@" -k p384.key \
	    -o "$T/got.pem" "$URL"
	verified "$_ca, p384: what P-256 was renewed to" p384
}

by_operator() {		# CA TYPE
	set -- "$1" "$2" -k "$2.key" -s "/CN=man-$2"
	is_rsa "$2" || set -- "$@" -C "$T/secret"
	_ca=$1
	_type=$2
	shift 2
	rm -f "$T/got.pem"
	status 3 "$_ca, $_type: it waits" bot "$@" "$URL/manual"
	status 3 "$_ca, $_type: a poll says so" bot -P "$@" "$URL/manual"
	_id=$(adm request list --json | jq -r '.[0].id')
	verdict "$_ca, $_type: approved" adm request approve "$_id"
	verdict "$_ca, $_type: delivered to a poll [C-088]" bot -P "$@" \
	    -o "$T/got.pem" "$URL/manual"
	verified "$_ca, $_type: what was approved" "$_type"
}

undelivered() {		# CA TYPE
	status 1 "$1, $2: without a secret" bot -k "$2.key" -s /CN=none \
	    -t none "$URL/manual"
	like "$1, $2: without a secret it is refused, not queued [C-147]" \
	    "$T/status.out" '^0 refused 2'
	status 1 "$1, $2: with 15 octets" bot -k "$2.key" -C "$T/short" \
	    -s /CN=none -t none "$URL/manual"
	same "$1, $2: nothing waits" "$(adm request list --json |
	    jq length)" 0
}

not_taken() {		# CA TYPE PROFILE
	status 1 "$1, $2: $3 does not take it" bot -k "$2.key" -C "$T/secret" \
	    -s "/CN=dev-$2" "$URL/$3"
	like "$1, $2: badAlg [C-147]" "$T/status.out" '^0 refused 0'
}

# Neither in the database, nor in its journal, nor in a log.
secret_is_nowhere() {
	! grep -r -q -F -e "$SECRET" "$T/ca" "$T/scep.log"
}

# In what this CA has logged: the ones before it have said so too.
says_why() {
	tail -n "+$LOG_FROM" "$T/scep.log" |
	    grep -q 'no challengePassword to encrypt the answer with'
}

# RFC 8419: what OpenSSL 3.0 cannot sign, but our own encoder of odd messages;
# OpenSSL reads what comes back.
by_ed25519() {		# CA
	challenge "$T/c" --cn dev-ed || return 1
	"$BIN/oddmsg" -r "$T/ca/ra.pem" -k ed.key -c "$(cat "$T/c")" \
	    -s dev-ed -t dev-ed digest=SHA-512 >ed.msg
	same "$1, Ed25519: an answer" "$(curl -s -o ed.rep -w '%{http_code}' \
	    --data-binary @ed.msg "$URL?operation=PKIOperation")" 200
	openssl cms -verify -inform DER -in ed.rep -noverify -out ed.env \
	    2>openssl.err
	verdict "$1, Ed25519: delivered under its challenge [C-088 T-29]" \
	    openssl cms -decrypt -inform DER -in ed.env -out ed.bag \
	    -pwri_password "$(cat "$T/c")"
	openssl pkcs7 -inform DER -in ed.bag -print_certs -out "$T/got.pem"
	verified "$1, Ed25519: the certificate" ed
	status 4 "$1, Ed25519: under no other" openssl cms -decrypt \
	    -inform DER -in ed.env -out ed.none -pwri_password "$SECRET"
	# The request sent again is a poll.
	"$BIN/oddmsg" -r "$T/ca/ra.pem" -k ed.key -c "$SECRET" -s man-ed \
	    -t man-ed digest=SHA-512 >ed.msg
	for _end in wait 'be granted'; do
		curl -s -o ed.rep --data-binary @ed.msg \
		    "$URL/manual?operation=PKIOperation"
		openssl cms -verify -inform DER -in ed.rep -noverify \
		    -out ed.env 2>openssl.err
		[ "$_end" = wait ] || break
		same "$1, Ed25519: it waits, with nothing inside" \
		    "$(wc -c <ed.env)" 0
		verdict "$1, Ed25519: approved" adm request approve \
		    "$(adm request list --json | jq -r '.[0].id')"
	done
	verdict "$1, Ed25519: delivered under its secret [C-088 T-29]" \
	    openssl cms -decrypt -inform DER -in ed.env -out ed.bag \
	    -pwri_password "$SECRET"
}

serve() {		# CA OPTIONS…
	_name=$1
	shift
	make_ca "$T/ca" "http://127.0.0.1:$PORT/scep" "$@"
	profiles
	verdict "$_name: check has nothing to say" adm check
	LOG_FROM=$(($(cat "$T/scep.log" 2>/dev/null | wc -l) + 1))
	start_nginx "$PORT"
	for _type in $TYPES; do
		by_challenge "$_name" "$_type"
		renewed "$_name" "$_type"
		by_operator "$_name" "$_type"
		is_rsa "$_type" || undelivered "$_name" "$_type"
		is_rsa "$_type" || not_taken "$_name" "$_type" rsaonly
	done
	by_ed25519 "$_name"
	not_taken "$_name" p384 p256only
	not_taken "$_name" rsa2048 p256only
	verdict "$_name: the secret is nowhere in the clear [C-149]" \
	    secret_is_nowhere
	verdict "$_name: the log says why" until_true 10 says_why
	if [ "$_name" = 'EC P-256' ]; then
		verdict "$_name: doctor finds no fault [T-79]" adm doctor
		like "$_name: doctor enrols with an EC key" "$T/verdict.out" \
		    '^ok   enrolment with an EC key as .*: SUCCESS'
		verdict "$_name: doctor, where operators decide" adm doctor \
		    --profile manual
		like "$_name: doctor's EC key waits" "$T/verdict.out" \
		    '^ok   enrolment with an EC key as .*: PENDING'
	fi
	stop_owned
	rm -rf "$T/ca" "$T/scep.sock" "$T/nginx"
}

PORT=$(free_port)
serve RSA --key rsa:2048
serve 'EC P-256' --key ec:p256
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp384r1 -nodes \
    -keyout own.key -out own.pem -days 3650 -sha384 -subj "/O=Old/CN=Old CA" \
    -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,digitalSignature,keyCertSign,cRLSign \
    2>openssl.err
serve 'EC P-384' --ca-cert own.pem --ca-key own.key
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp521r1 -nodes \
    -keyout own.key -out own.pem -days 3650 -sha512 -subj "/O=Old/CN=Old CA" \
    -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,digitalSignature,keyCertSign,cRLSign \
    2>openssl.err
TYPES="rsa2048 p521"
serve 'EC P-521' --ca-cert own.pem --ca-key own.key

# ---- an RA key that nothing can be encrypted to ----

make_ca "$T/ca" "http://127.0.0.1:$PORT/scep" --key ec:p256
openssl ecparam -name prime256v1 -genkey -noout -out "$T/ca/state/ra.key"
openssl req -new -key "$T/ca/state/ra.key" -subj '/CN=EC RA' -out ra.csr
printf 'keyUsage=critical,digitalSignature\n' >ra.ext
openssl x509 -req -in ra.csr -CA "$T/ca/ca.pem" -CAkey "$T/ca/state/ca.key" \
    -days 9 -extfile ra.ext -out "$T/ca/ra.pem" 2>openssl.err
chmod 600 "$T/ca/state/ra.key"
sed -i "s,^\[server\],&\nlisten = unix:$T/scep.sock," "$CONF"
status 78 "an RA key that is not RSA does not start [C-146]" "$FCGI" -c "$CONF"
like "and it says why, and what mends it" "$T/status.out" \
    'ra.key: EC of 256 bits; devices encrypt to this key.*openssl genrsa'
finish
