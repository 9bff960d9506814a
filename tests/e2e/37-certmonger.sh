#!/bin/sh
# 37-certmonger - Debian's certmonger, with its own tracking, through lighttpd
# and nginx.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"

cm() { getcert "$@" -s; }
cm_state() {		# CERTIFICATE STATE
	cm list -f "$1" 2>/dev/null | grep -q "status: $2\$"
}

# cm_becomes STATE TEXT CERTIFICATE
cm_becomes() {
	if until_true 60 cm_state "$3" "$1"; then
		ok "certmonger through $server: $2"
	else
		not_ok "certmonger through $server: $2: no $1"
		cm list -f "$3" | sed 's/^/# /'
	fi
}

# A bus and a certmonger that are nobody else's.
start_certmonger() {
	mkdir -p "$T/cm/config" "$T/cm/requests" "$T/cm/cas" "$T/cm/local" \
	    "$T/cm/tmp"
	export HOME="$T/cm" CERTMONGER_CONFIG_DIR="$T/cm/config" \
	    CERTMONGER_REQUESTS_DIR="$T/cm/requests" \
	    CERTMONGER_CAS_DIR="$T/cm/cas" \
	    CERTMONGER_LOCAL_CA_DIR="$T/cm/local" \
	    CERTMONGER_TMPDIR="$T/cm/tmp"
	# A bus of its own that starts no service by itself.
	cat >"$T/cm/bus.conf" <<BUS
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
<type>session</type>
<listen>unix:path=$T/cm/bus</listen>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/>
<allow own="*"/>
</policy>
</busconfig>
BUS
	dbus-daemon --config-file="$T/cm/bus.conf" --nofork --nopidfile \
	    --print-address=3 \
	    3>"$T/cm/address" >"$T/dbus.log" 2>&1 &
	own $!
	until_true 10 test -s "$T/cm/address"
	DBUS_SESSION_BUS_ADDRESS=$(cat "$T/cm/address")
	export DBUS_SESSION_BUS_ADDRESS
	certmonger -s -n -B -d 1 >"$T/certmonger.log" 2>&1 &
	own $!
	until_true 20 cm list-cas
}

# ask CA CN [OPTION…]: of the server at hand.
ask() {
	_ca=$server-$1
	_cn=$2
	shift 2
	cm request -c "$_ca" -k "$T/cm/$server-$_cn.key" \
	    -f "$T/cm/$server-$_cn.pem" -g 2048 -N "CN=$_cn" -R "$@"
}

pem() { echo "$T/cm/$server-$1.pem"; }

# What it remembers of the CA: a file of its own, which it writes in its own
# time.
ca_file() { grep -l "^id=$server-ours\$" "$T"/cm/cas/*; }
ca_known() { grep -q '^ca_encryption_issuer_cert=' "$(ca_file)"; }

certificates_and_capabilities() {
	verdict "certmonger takes the CA" cm add-scep-ca -c "$server-ours" \
	    -u "$URL"
	verdict "certmonger takes the manual profile" cm add-scep-ca \
	    -c "$server-manual" -u "$URL/manual"
	until_true 30 ca_known
	like "certmonger through $server: it has read the capabilities [C-040 \
I-033]" "$(ca_file)" '^ca_capabilities=AES,.*POSTPKIOperation.*SCEPStandard'
	sed -n '/^ca_encryption_issuer_cert=/,/END CERT/{
	    s/^[a-z_]*=//; s/^ //; p; }' "$(ca_file)" >"$T/cm-ca.pem"
	same "certmonger through $server: it has our CA's certificate [C-002 \
I-002 I-034]" "$(openssl x509 -in "$T/cm-ca.pem" -noout -fingerprint)" \
	    "$(openssl x509 -in "${CONF%/*}/ca.pem" -noout -fingerprint)"
}

enrolment() {
	challenge "$T/c" --cn monger-1
	verdict "certmonger asks" ask ours monger-1 -L "$(cat "$T/c")"
	cm_becomes MONITORING "it enrols by GET, in AES-256 [C-007 C-108 \
I-018]" "$(pem monger-1)"
	good_cert "$(pem monger-1)" monger-1
}

# By its own tracking: another serial, and it goes on watching.
tracked() {		# CERTIFICATE OLD-SERIAL
	_now=$(openssl x509 -in "$1" -noout -serial 2>/dev/null)
	[ -n "$_now" ] && [ "$_now" != "$2" ] && cm_state "$1" MONITORING
}

# cm_renews TEXT COMMAND [OPTION…]
cm_renews() {
	_cert=$(pem monger-1)
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
	good_cert "$_cert" monger-1
}
new_key() { [ "$(openssl x509 -in "$_cert" -noout -pubkey)" != "$_key" ]; }

renewals() {
	cm_renews "it renews, with the same key and a used challenge [C-127 \
C-143 C-163 C-210 I-037]" resubmit
	status 1 "the key is the old one" new_key
	cm_renews "with a new key [C-127 C-131 C-163 I-037]" rekey
	verdict "the key is another one" new_key
	cm_renews "and once more, signed with that" resubmit
	like "the log calls it a renewal" "$T/scep.log" \
	    'type=PKCSReq .*CN=monger-1 result=granted reason=renewal'
}

refusals() {
	ask ours monger-2 -L wrong-challenge >/dev/null 2>&1
	cm_becomes CA_REJECTED "a wrong challenge is refused [C-103 C-172 \
I-030]" "$(pem monger-2)"
	challenge "$T/c" --cn monger-2
	verdict "certmonger asks again" cm resubmit -f "$(pem monger-2)" \
	    -L "$(cat "$T/c")"
	cm_becomes MONITORING "with the right one it is granted, though it \
is the same transactionID [C-206]" "$(pem monger-2)"
	good_cert "$(pem monger-2)" monger-2
}

waits() {
	ask manual monger-3 >/dev/null 2>&1
	ask manual monger-4 >/dev/null 2>&1
	approve monger-3
	until_true 15 waiting monger-4
	verdict "scepadm refuses the next" adm request refuse \
	    "$(request_of monger-4)"
	for _n in 3 4; do
		cm_becomes CA_WORKING "it waits [C-165 C-212 I-030]" \
		    "$(pem "monger-$_n")"
		# It would ask again in its own time, which is days; and
		# then sends the PKCSReq once more, no CertPoll.
		cm refresh -f "$(pem "monger-$_n")" >/dev/null 2>&1
	done
	cm_becomes MONITORING "it asks until it is granted [C-187 C-205 \
C-212]" "$(pem monger-3)"
	good_cert "$(pem monger-3)" monger-3
	cm_becomes CA_REJECTED "or refused [C-166]" "$(pem monger-4)"
}

all() {
	certificates_and_capabilities
	enrolment
	renewals
	refusals
	waits
}

if until_true 1 command -v certmonger && start_certmonger; then
	through_both renew_at_once all
else
	not_ok "certmonger starts on a private bus"
fi
unlike "no challenge in the log" "$T/scep.log" "$(cat "$T/c")|wrong-challenge"
finish
