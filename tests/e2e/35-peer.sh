#!/bin/sh
# 35-peer - a client that shares no line with the server, through lighttpd and
# nginx.
#
# tests/peer/scep-peer makes and reads messages with python3-asn1crypto and
# takes nothing that is not as RFC 8894 has it: what is granted, refused or
# pending here has been judged by it, and could have been found wrong.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"

peer() {		# OPERATION URL [OPTION…]
	_operation=$1
	shift
	"$ROOT/tests/peer/scep-peer" "$_operation" --ca "${CONF%/*}/ca.pem" "$@"
}
peer_at() {		# CA OPERATION URL [OPTION…]
	_anchor=$1
	_operation=$2
	shift 2
	"$ROOT/tests/peer/scep-peer" "$_operation" --ca "$_anchor" "$@"
}

# granted TEXT PEER'S ARGUMENTS…
granted() {
	_text=$1
	shift
	status 0 "$server: $_text" peer "$@"
}

# refused FAILINFO TEXT PEER'S ARGUMENTS…
refused() {
	_fail=$1
	_text=$2
	shift 2
	status 1 "$server: $_text" peer "$@" &&
	    like "$server: with failInfo $_fail" "$T/status.out" \
	    "^refused $_fail "
}

pending() {
	_text=$1
	shift
	status 3 "$server: $_text" peer "$@"
}

# said TEXT PATTERN: by the peer just now.
said() { like "$server: $1" "$T/status.out" "$2"; }

# What the profiles of make_ca lack: keys of all types and renewals at once; one
# challenge for all that the matrix of algorithms asks for; clocks that must be
# right; what is old; renewals that are refused.
profiles() {
	sed -i '/^\[profile/a key_types = rsa ec ed25519\nrenew_from = always' \
	    "$CONF"
	echo open-sesame-0123456789 >"$T/static"
	cat >>"$CONF" <<CONFIG

[profile static]
ca = main
authorise = challenge
subject_allow = CN O C

[profile clock]
ca = main
authorise = manual
signing_time = 10m

[profile old]
ca = main
authorise = challenge
legacy = sha1 3des
certrep = chain
renew_from = always
renew_key = new
getcert = any

[profile closed]
ca = main
authorise = challenge
renew = no
getcert = no
getcrl = no
CONFIG
	sed -i "/^\[profile static\]/a $(adm challenge hash --profile static \
	    <"$T/static")" "$CONF"
}

what_it_can() {
	granted "GetCACaps [C-001 C-040 C-041 C-042 C-043 C-046 I-033]" \
	    caps "$URL"
	said "it keeps the standard [C-045]" 'SCEPStandard'
	granted "GetCACert: the CA, an RA of it that signs and decrypts \
[C-002 C-060 C-063 C-064 C-067 C-070 C-072 I-034]" \
	    cacert "$URL" --out "$T/bundle-1"
	granted "and again" cacert "$URL/static" --out "$T/bundle-2"
	verdict "$server: the same octets [C-065]" cmp "$T/bundle-1" \
	    "$T/bundle-2"
}

enrolments() {
	challenge "$T/c" --cn peer-1 --dns a.example --dns b.example
	granted "PKCSReq by POST [C-003 C-004 C-087 C-090 C-091 C-100 C-101 \
C-102 C-103 C-105 C-170 C-174 I-022 I-023 I-031 I-032]" enrol "$URL" \
	    --key "$T/1.key" --challenge "$T/c" --subject /CN=peer-1 \
	    --dns a.example --dns b.example --out "$T/1.pem"
	verdict "$server: openssl agrees" openssl verify -x509_strict \
	    -purpose sslclient -CAfile "${CONF%/*}/ca.pem" "$T/1.pem"
	cp "$T/status.out" "$T/first.out"
	granted "the same request gets the same certificate [C-205]" \
	    enrol "$URL" --key "$T/1.key" --challenge "$T/c" \
	    --subject /CN=peer-1 --dns a.example --dns b.example
	same "$server: it has the same serial" "$(cat "$T/status.out")" \
	    "$(grep ^granted "$T/first.out")"
	challenge "$T/c" --cn peer-2
	granted "PKCSReq by GET [C-007 C-024]" enrol "$URL" --get \
	    --key "$T/2.key" --challenge "$T/c" --subject /CN=peer-2 \
	    --out "$T/2.pem"
	challenge "$T/c" --subject "C=CH, O=Peer, CN=peer-3"
	granted "a transactionID of 40 characters that is no hash [C-107 \
C-108 I-019]" enrol "$URL/" --challenge "$T/c" --txid \
	    "Mr. O'Hara (3), +x=y/z: is that one? -- " \
	    --subject /C=CH/O=Peer/CN=peer-3
}

# An answer in which any bit is another one is another answer; once is enough,
# since no web server has a part in it.
flips() {
	[ "$server" = lighttpd ] || return
	granted "an answer that grants, an octet at a time" enrol \
	    "$URL/static" --challenge "$T/static" --flip
	said "with a bit turned it is not taken" '^flipped .* none is taken'
	status 1 "$server: an answer that refuses" peer enrol "$URL" --flip
	said "with a bit turned it is not taken" '^flipped .* none is taken'
}

# Each digest with each cipher and each way to wrap the content key.
algorithms() {
	status 0 "$server: digests, ciphers and key transports, each with \
each, come back [C-005 C-006 C-175 C-220 C-225 I-020 I-021]" \
	    peer enrol "$URL/static" --key "$T/static.key" --txid random \
	    --challenge "$T/static" --subject "/C=CH/O=Peer/CN=peer-{n}" \
	    --digest sha256,sha384,sha512 --cipher aes128,aes192,aes256 \
	    --wrap v15,oaep-sha1,oaep-sha256,oaep-sha384,oaep-sha512
	same "$server: all of them" "$(grep -c ^granted "$T/status.out")" 45
	status 0 "$server: and by GET" peer enrol "$URL/static" --get \
	    --key "$T/static.key" --txid random --challenge "$T/static" \
	    --subject "/CN=peer-{n}" --digest sha512 --cipher aes256 \
	    --wrap v15,oaep-sha512
}

waiting() {
	pending "a request without a challenge waits [C-165 C-173 I-030]" \
	    enrol "$URL/manual" --key "$T/w.key" --subject /CN=peer-w
	pending "a poll finds it waiting [C-104 C-180 C-183]" \
	    poll "$URL/manual" --key "$T/w.key" --subject /CN=peer-w
	refused 4 "a poll with another key does not find it [C-184]" \
	    poll "$URL/manual" --subject /CN=peer-w --txid "$(openssl pkey \
	    -in "$T/w.key" -pubout -outform DER | sha256sum | cut -d' ' -f1)"
	verdict "$server: scepadm approves it" adm request approve \
	    "$(request_of peer-w)"
	granted "a poll finds the certificate [C-166 C-170 C-177]" \
	    poll "$URL/manual" --key "$T/w.key" --subject /CN=peer-w
	cp "$T/status.out" "$T/first.out"
	granted "and once more by GET, in other algorithms [C-185]" \
	    poll "$URL/manual" --get --key "$T/w.key" --subject /CN=peer-w \
	    --digest sha512
	same "$server: the same one" "$(cut -d' ' -f2 "$T/status.out")" \
	    "$(sed -n 's/^granted \([^ ]*\) .*/\1/p' "$T/first.out")"
	pending "another waits" enrol "$URL/manual" --key "$T/n.key" \
	    --subject /CN=peer-n
	verdict "$server: scepadm refuses it" adm request refuse \
	    "$(request_of peer-n)"
	refused 2 "a poll finds the refusal [C-110 C-111 C-166 C-172]" \
	    poll "$URL/manual" --key "$T/n.key" --subject /CN=peer-n
	refused 4 "a poll for nothing [C-182]" poll "$URL/manual" \
	    --subject /CN=peer-nobody
}

refusals() {
	echo wrong >"$T/wrong"
	refused 2 "a wrong challenge [C-142]" enrol "$URL" \
	    --challenge "$T/wrong" --key "$T/r.key"
	refused 2 "none" enrol "$URL" --key "$T/r.key"
	challenge "$T/c" --cn peer-r
	refused 2 "one for another name" enrol "$URL" --challenge "$T/c" \
	    --subject /CN=other --key "$T/r.key"
	refused 1 "a wrong signature [C-121]" enrol "$URL" \
	    --challenge "$T/c" --subject /CN=peer-r --key "$T/r.key" \
	    --bad-signature
	refused 0 "SHA-1 [C-221]" enrol "$URL" --challenge "$T/c" \
	    --subject /CN=peer-r --key "$T/r.key" --digest sha1
	refused 0 "3DES [C-221]" enrol "$URL" --challenge "$T/c" \
	    --subject /CN=peer-r --key "$T/r.key" --cipher 3des
	refused 0 "a key of 1024 bits" enrol "$URL" --challenge "$T/c" \
	    --subject /CN=peer-r --key-type rsa:1024
	for _type in 3 18 21 22; do
		refused "[24]" "a PKCS #10 as messageType $_type [C-082 C-109]" \
		    enrol "$URL" --challenge "$T/c" --subject /CN=peer-r \
		    --key "$T/r.key" --type "$_type"
	done
	granted "and none of that has used the challenge" enrol "$URL" \
	    --challenge "$T/c" --subject /CN=peer-r --key "$T/r.key"
	refused 2 "but this has [C-141]" enrol "$URL" --challenge "$T/c" \
	    --subject /CN=peer-r
	set -- "$URL/clock" --key "$T/r.key"
	refused 3 "a clock that is an hour late [C-222]" enrol "$@" \
	    --signing-time -3600
	refused 3 "or early" enrol "$@" --signing-time 3600
	pending "one that is a minute late" enrol "$@" --signing-time -60
	pending "and none" enrol "$@"
}

# renewed TEXT SERIAL-OF-THE-OLD PEER'S ARGUMENTS…: granted, and another one.
renewed() {
	_text=$1
	_old=$2
	shift 2
	granted "$_text" renew "$@" &&
	    unlike "$server: it is another certificate" "$T/status.out" \
	    "^granted $_old "
}

serial() { openssl x509 -in "$1" -noout -serial | sed 's/.*=//; s/^0*//'; }

renewals() {
	challenge "$T/c" --cn peer-r1 --dns a.example
	granted "a certificate to renew" enrol "$URL" --key "$T/r1.key" \
	    --challenge "$T/c" --subject /CN=peer-r1 --dns a.example \
	    --out "$T/r1.pem"
	set -- "$URL" --key "$T/r1.key" --cert "$T/r1.pem"
	_first=$(serial "$T/r1.pem")
	renewed "RenewalReq, a new key [C-125 C-131 C-132 C-143 C-163 C-164 \
I-037]" "$_first" "$@" --new-key "$T/r2.key" --out "$T/r2.pem"
	renewed "RenewalReq, the same key, under the transactionID of the \
enrolment [C-163 C-210 I-037]" "$_first" "$@"
	renewed "PKCSReq, a new key [C-127 C-163 I-037]" "$_first" "$@" \
	    --type 19 --new-key "$T/r3.key"
	renewed "PKCSReq, the same key, by GET [C-127 C-210 I-037]" \
	    "$_first" "$@" --type 19 --get
	renewed "with the challenge that was used up [C-143 I-037]" \
	    "$_first" "$@" --challenge "$T/c" --new-key "$T/r4.key"
	: >"$T/empty"
	renewed "with an empty one [C-144 I-037]" "$_first" "$@" \
	    --challenge "$T/empty" --new-key "$T/r5.key"
	renewed "one by the renewed certificate [C-125]" \
	    "$(serial "$T/r2.pem")" "$URL" --key "$T/r2.key" \
	    --cert "$T/r2.pem" --new-key "$T/r6.key" --digest sha512 \
	    --cipher aes256 --wrap oaep-sha256
	refused 2 "another name [C-130 C-234]" renew "$@" --subject /CN=other \
	    --new-key "$T/r7.key"
	refused 1 "a wrong signature [C-121]" renew "$@" --bad-signature \
	    --new-key "$T/r7.key"
	refused 2 "where another profile granted the old one [C-130]" \
	    renew "$URL/old" --key "$T/r1.key" --cert "$T/r1.pem" \
	    --new-key "$T/r7.key"
	refused 2 "where nothing renews" renew "$URL/closed" \
	    --key "$T/r1.key" --cert "$T/r1.pem" --new-key "$T/r7.key"
	granted "what is said where nothing renews" caps "$URL/closed"
	unlike "$server: no Renewal [C-044]" "$T/status.out" Renewal
	refused 2 "RenewalReq by a stranger [C-128]" enrol "$URL" --type 17 \
	    --subject /CN=peer-r1 --dns a.example
}

old_ways() {
	challenge "$T/c" --profile old --cn peer-o
	granted "SHA-1, Triple DES, and the CA with the certificate [C-008 \
C-170 C-171 C-175]" enrol "$URL/old" --challenge "$T/c" --digest sha1 \
	    --cipher 3des --subject /CN=peer-o --key "$T/o.key" \
	    --out "$T/o.pem"
	refused 2 "no renewal with the same key there [C-163]" \
	    renew "$URL/old" --key "$T/o.key" --cert "$T/o.pem"
	granted "but with a new one" renew "$URL/old" --key "$T/o.key" \
	    --cert "$T/o.pem" --new-key "$T/o2.key"
}

fetching() {
	set -- --key "$T/1.key" --cert "$T/1.pem"
	granted "GetCert [C-190 C-191 I-032]" getcert "$URL" "$@" \
	    --out "$T/got.pem"
	verdict "$server: it is the one" cmp "$T/1.pem" "$T/got.pem"
	granted "signed with the key alone [C-192]" getcert "$URL" "$@" \
	    --self-signed
	granted "by GET, in other algorithms" getcert "$URL" "$@" --get \
	    --digest sha384 --cipher aes192 --wrap oaep-sha384
	refused 4 "GetCert for somebody else's [C-192]" getcert "$URL" "$@" \
	    --serial "$(serial "$T/2.pem")"
	granted "which some profile gives [C-192]" getcert "$URL/old" "$@" \
	    --serial "$(serial "$T/2.pem")"
	refused 4 "GetCert for nobody's [C-191]" getcert "$URL/old" "$@" \
	    --serial 1234567890
	refused 4 "GetCert for another CA's [C-191]" getcert "$URL/old" "$@" \
	    --issuer /CN=other
	granted "with the name of the RA, as some write [C-196]" \
	    getcert "$URL" "$@" --issuer "/CN=Test CA RA"
	refused 2 "GetCert where there is none" getcert "$URL/closed" "$@"
	granted "GetCRL [C-190 C-193]" getcrl "$URL" "$@"
	said "nobody is revoked" '^CRL [0-9]+, 0 revoked$'
	granted "by a stranger, by GET" getcrl "$URL" "$@" --self-signed --get
	refused 4 "GetCRL of another CA [C-193]" getcrl "$URL" "$@" \
	    --issuer /CN=other
	refused 2 "GetCRL where there is none [C-193]" getcrl "$URL/closed" "$@"
}

other_keys() {
	for _key in p256 p384 p521 ed25519; do
		challenge "$T/c" --cn "peer-$_key"
		set -- --key-type "$_key" --key "$T/$_key.key"
		granted "$_key: delivered under the challenge [C-088 C-147 \
T-54 T-58]" enrol "$URL" "$@" --challenge "$T/c" \
		    --subject "/CN=peer-$_key" --out "$T/$_key.pem" \
		    --cipher aes256 --digest sha384
		granted "$_key: renewed under any secret [C-088 I-037]" \
		    renew "$URL" "$@" --cert "$T/$_key.pem" \
		    --challenge "$T/static"
		refused 2 "$_key: and not under none [C-147]" \
		    renew "$URL" "$@" --cert "$T/$_key.pem"
		refused 0 "$_key: GetCRL cannot be delivered [C-147]" \
		    getcrl "$URL" "$@" --cert "$T/$_key.pem"
	done
	set -- "$URL/manual" --key-type p256 --key "$T/ecw.key" \
	    --subject /CN=peer-ecw
	refused 2 "p256: nothing to deliver under, nothing waits [C-147]" \
	    enrol "$@"
	pending "p256: it waits" enrol "$@" --challenge "$T/static"
	pending "p256: a poll finds it waiting" poll "$@"
	verdict "$server: scepadm approves it" adm request approve \
	    "$(request_of peer-ecw)"
	granted "p256: a poll is delivered under the first challenge" \
	    poll "$@" --challenge "$T/static"
}

rollover() {
	status 5 "$server: no next CA [C-049 C-202]" peer nextca "$URL"
	verdict "$server: scepadm ca stage" adm ca stage --cn "Next CA"
	verdict "$server: scepadm ca publish" in_force adm ca publish
	granted "GetNextCACert [C-200 C-201 C-203]" nextca "$URL" \
	    --out "$T/next.pem"
	said "it is the next one" 'Next CA'
	granted "it is announced" caps "$URL"
	said "GetNextCACert [C-049]" GetNextCACert
	challenge "$T/c"
	granted "a certificate of the next CA already [C-204]" enrol "$URL" \
	    --challenge "$T/c" --subject /CN=peer-next --for-next
	challenge "$T/c" --cn peer-now
	granted "and of this one still" enrol "$URL" --challenge "$T/c" \
	    --subject /CN=peer-now --key "$T/now.key" --out "$T/now.pem"
	verdict "$server: scepadm ca switch" in_force adm ca switch --force
	cp "$T/next.pem" "$T/anchor.pem"
	status 0 "$server: the old certificate renews under the new CA \
[C-130]" peer_at "$T/anchor.pem" renew "$URL" --key "$T/now.key" \
	    --cert "$T/now.pem" --new-key "$T/now2.key"
}

all() {
	rm -f "$T"/*.key
	what_it_can
	enrolments
	flips
	algorithms
	waiting
	refusals
	renewals
	old_ways
	fetching
	other_keys
	rollover
}

verdict "the peer takes what is right and refuses each of its planted \
faults" "$ROOT/tests/peer/scep-peer" self-test
through_both profiles all
like "each request has its line in the log" "$T/scep.log" 'op=PKIOperation'
unlike "no challenge in the log" "$T/scep.log" "$(cat "$T/c")|open-sesame"
finish
