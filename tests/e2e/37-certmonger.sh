#!/bin/sh
# 37-certmonger - Debian's certmonger, with its own tracking, through lighttpd
# and nginx.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"
. "$ROOT/tests/e2e/certmonger.sh"

# What it remembers of the CA: a file of its own, which it writes in its own
# time; certificates and capabilities are asked for at the same time, and
# either may come first.
ca_file() { grep -sl "^id=$(cm_name ours)\$" "$T"/cm/cas/*[0-9]; }
ca_known() {
	grep -q '^ca_encryption_issuer_cert=' "$(ca_file)" &&
	    grep -q '^ca_capabilities=' "$(ca_file)"
}

certificates_and_capabilities() {
	cm_cas
	until_true 30 ca_known
	like "certmonger through $server: it has read the capabilities [C-040 \
I-033]" "$(ca_file)" '^ca_capabilities=AES,.*POSTPKIOperation.*SCEPStandard'
	sed -n '/^ca_encryption_issuer_cert=/,/END CERT/{
	    s/^[a-z_]*=//; s/^ //; p; }' "$(ca_file)" >"$T/cm-ca.pem"
	same "certmonger through $server: it has our CA's certificate [C-002 \
I-002 I-034]" "$(openssl x509 -in "$T/cm-ca.pem" -noout -fingerprint)" \
	    "$(openssl x509 -in "${CONF%/*}/ca.pem" -noout -fingerprint)"
}

# By its own tracking: another serial, and it goes on watching.
tracked() {		# CERTIFICATE OLD-SERIAL
	_now=$(openssl x509 -in "$1" -noout -serial 2>/dev/null)
	[ -n "$_now" ] && [ "$_now" != "$2" ] && cm_state "$1" MONITORING
}

# cm_renews TEXT COMMAND [OPTION…]
cm_renews() {
	_cert=$(cm_pem "$(cm_name 1)")
	_old=$(openssl x509 -in "$_cert" -noout -serial)
	_key=$(openssl x509 -in "$_cert" -noout -pubkey)
	_text=$1
	shift
	verdict "certmonger is told to $1" cm "$@" -f "$_cert"
	if until_true 60 tracked "$_cert" "$_old"; then
		ok "certmonger through $server: $_text"
	else
		not_ok "certmonger through $server: $_text"
		cm list -f "$_cert" | sed 's/^/# /'
	fi
	good_cert "$_cert" "$(cm_name 1)"
}
new_key() { [ "$(openssl x509 -in "$_cert" -noout -pubkey)" != "$_key" ]; }

renewals() {
	cm_renews "it renews, with the same key and a used challenge [C-127 \
C-143 C-163 C-210 I-037]" resubmit
	status 1 "the key is the old one" new_key
	cm_renews "with a new key [C-127 C-131 C-163 I-037]" rekey
	verdict "the key is another one" new_key
	cm_renews "and once more, signed with that" resubmit
	comes "the log calls it a renewal" "$T/scep.log" \
	    "type=PKCSReq .*CN=$(cm_name 1) result=granted reason=renewal"
}

right_after_wrong() {
	_n=$(cm_name 2)
	challenge "$T/c" --cn "$_n"
	verdict "certmonger asks again" cm resubmit -f "$(cm_pem "$_n")" \
	    -L "$(cat "$T/c")"
	cm_becomes MONITORING "with the right one it is granted, though it \
is the same transactionID [C-206]" "$(cm_pem "$_n")"
	good_cert "$(cm_pem "$_n")" "$_n"
}

# It goes on with the RA's certificate that it remembers.
rollover() {
	new_ca
	_cert=$(cm_pem "$(cm_name 1)")
	_old=$(openssl x509 -in "$_cert" -noout -serial)
	verdict "certmonger is told to resubmit" cm resubmit -f "$_cert"
	verdict "certmonger through $server: it renews under the new CA, by \
way of the old RA [C-130 C-204]" until_true 60 tracked "$_cert" "$_old"
	verdict "the certificate is the new CA's" openssl verify \
	    -x509_strict -CAfile "$T/new-ca.pem" "$_cert"
}

all() {
	certificates_and_capabilities
	cm_enrols
	renewals
	cm_refused
	right_after_wrong
	cm_waits
	rollover
}

if until_true 1 command -v certmonger && certmonger_start; then
	through_both renew_at_once all
else
	not_ok "certmonger starts on a private bus"
fi
unlike "no challenge in the log" "$T/scep.log" "$(cat "$T/c")|wrong-challenge"
finish
