#!/bin/sh
# 36-strongswan - Debian's strongSwan pki through lighttpd and nginx.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"
. "$ROOT/tests/e2e/strongswan.sh"

# It has no command for capabilities; it says which it found.
capabilities() {
	swan_key "$T/v.key"
	challenge "$T/c"
	swan_ok "it enrols, and says a lot" swan "$URL" swan-v "$T/v.key" \
	    "$T/v.pem" -v 2 --password "$(cat "$T/c")"
	like "it has read the capabilities [C-040 I-033]" "$T/swan.log" \
	    '^  SHA-384$'
	like "and draws the conclusions [C-046]" "$T/swan.log" \
	    'sha256 digest and AES.* supported by CA'
	like "POST among them" "$T/swan.log" 'HTTP POST supported'
}

algorithms() {
	for _digest in sha384 sha512; do
		challenge "$T/c"
		swan_ok "in $_digest [C-175 I-020]" swan "$URL" \
		    "swan-$_digest" "$T/swan.key" "$T/swan-d.pem" \
		    --password "$(cat "$T/c")" --digest "$_digest"
	done
	challenge "$T/c"
	set -- "$URL" swan-a "$T/swan.key" --password "$(cat "$T/c")"
	swan_refused badAlg "SHA-1 is refused [C-221]" "$@" --digest sha1
	swan_refused badAlg "SHA-224 is [C-221]" "$@" --digest sha224
	swan_refused badAlg "3DES is [C-221]" "$@" --cipher des3
	swan_refused badAlg "RSA-PSS is [C-221]" "$@" --rsa-padding pss
	swan_ok "and the challenge is as good as new" swan "$URL" swan-a \
	    "$T/swan.key" "$T/swan-a.pem" --password "$(cat "$T/c")"
}

names() {
	challenge "$T/c" --cn swan-n --dns vpn.example
	swan_ok "with an alternative name" swan "$URL" swan-n "$T/swan.key" \
	    "$T/swan-n.pem" --san vpn.example --dn "CN=swan-n" \
	    --password "$(cat "$T/c")"
	openssl x509 -in "$T/swan-n.pem" -noout -ext subjectAltName \
	    >"$T/san.out" 2>&1
	like "it is in the certificate [C-167]" "$T/san.out" 'DNS:vpn\.example'
}

# swan_renews TEXT NEW-KEY OUT [OPTION…]: from swan-1's certificate.
swan_renews() {
	_text=$1
	_new=$2
	_got=$3
	shift 3
	swan_ok "$_text" swan "$URL" swan-1 "$_new" "$_got" \
	    --cert "$T/swan-1.pem" --key "$T/swan.key" "$@"
	good_cert "$_got" swan-1
	status 1 "it is another certificate" cmp -s "$T/swan-1.pem" "$_got"
}

# By the server of now: the name is the same through each.
called_renewal() {
	tail -n "+$LOG_FROM" "$T/scep.log" | grep -q \
	    'type=RenewalReq .*CN=swan-1" result=granted reason=renewal'
}

renewals() {
	swan_key "$T/swan-new.key"
	swan_renews "it renews, with a new key [C-125 C-131 C-163 I-037]" \
	    "$T/swan-new.key" "$T/swan-r1.pem"
	swan_renews "with the same key [C-163 C-210 I-037]" "$T/swan.key" \
	    "$T/swan-r2.pem"
	swan_key "$T/swan-new.key"
	swan_renews "with the challenge of the enrolment [C-143 I-037]" \
	    "$T/swan-new.key" "$T/swan-r3.pem" --password "$(cat "$T/c-1")"
	verdict "the log calls it a renewal" until_true 10 called_renewal
	swan_key "$T/swan-new.key"
	swan_refused badRequest "for another name [C-130 C-234]" "$URL" \
	    swan-x "$T/swan-new.key" --cert "$T/swan-1.pem" \
	    --key "$T/swan.key"
	swan_refused badRequest "with another profile's certificate [C-130]" \
	    "$URL/manual" swan-1 "$T/swan-new.key" --cert "$T/swan-1.pem" \
	    --key "$T/swan.key"
}

# It has no GetCRL; it fetches the CRL that the certificate names.
revocations() {
	swan_ok "it fetches our CRL and finds its certificate good [C-194]" \
	    pki --verify --in "$T/swan-1.pem" --cacert "$T/swan-ca.pem" \
	    --online
	like "it has looked at the signature" "$T/verdict.out" \
	    'crl correctly signed by'
}

operators_refusal() {
	swan_key "$T/swan-4.key"
	swan "$URL/manual" swan-4 "$T/swan-4.key" "$T/swan-4.pem" \
	    --interval 1 --maxpolltime 120 &
	_pid=$!
	own "$_pid"
	until_true 15 waiting swan-4
	verdict "scepadm refuses the next" adm request refuse \
	    "$(request_of swan-4)"
	until_true 60 gone_or_zombie "$_pid"
	wait "$_pid"
	status 1 "strongSwan gives it up" test $? -eq 0
	like "with badRequest [C-166]" "$T/swan.log" '^failInfo: *badRequest'
}

# It goes on with the RA's certificate that it has in a file, and is told of
# the new CA.
rollover() {
	new_ca
	swan_key "$T/swan-new.key"
	swan_ok "it renews under the new CA, by way of the old RA [C-130 \
C-204]" swan "$URL" swan-1 "$T/swan-new.key" "$T/swan-r4.pem" \
	    --cert "$T/swan-1.pem" --key "$T/swan.key" --cacert "$T/new-ca.pem"
	verdict "the certificate is the new CA's" openssl verify \
	    -x509_strict -CAfile "$T/new-ca.pem" "$T/swan-r4.pem"
}

all() {
	LOG_FROM=$(($(wc -l <"$T/scep.log") + 1))
	swan_enrols
	cp "$T/c" "$T/c-1"
	capabilities
	algorithms
	names
	renewals
	revocations
	swan_waits
	operators_refusal
	rollover
}

through_both renew_at_once all
unlike "no challenge in the log" "$T/scep.log" "$(cat "$T/c")|wrong-challenge"
finish
