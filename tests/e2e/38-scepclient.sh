#!/bin/sh
# 38-scepclient - Debian's micromdm scepclient through lighttpd and nginx: DES,
# SHA-1, and nothing else.
#
# It polls by sending its request again after 30 seconds.  So both servers are
# up at the same time, and two of it wait while others do the rest.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"

# mdm NAME URL [OPTION…]: in a directory of its own, where it keeps its key,
# its request and its certificate.  What it says is in said.
mdm() { (mdm_run "$@"); }
# The same instead of this shell: so that $! is its pid, and not a shell's.
mdm_run() {
	_in=$T/mdm/$server-$1
	_cn=$1
	_url=$2
	shift 2
	mkdir -p "$_in" && cd "$_in" && exec scepclient -server-url "$_url" \
	    -debug -private-key key.pem -certificate cert.pem -cn "$_cn" \
	    -organization Mdm -ou "" -country CH "$@" >>"$_in/said" 2>&1
}
has() { echo "$T/mdm/$server-$1/$2"; }

mdm_ok() {		# TEXT MDM'S ARGUMENTS…
	_text=$1
	shift
	verdict "scepclient through $server: $_text" mdm "$@"
}

mdm_refused() {		# FAILINFO TEXT MDM'S ARGUMENTS…
	_fail=$1
	_text=$2
	shift 2
	status 1 "scepclient through $server: $_text" mdm "$@"
	like "with $_fail" "$(has "$1" said)" "failInfo: $_fail"
}

# The servers, each with its CA; at SERVER makes one of them the present one.
set_up() {
	for server in lighttpd nginx; do
		_port=$(free_port)
		make_ca "$T/$server" "http://127.0.0.1:$_port/scep"
		sed -i '/^\[profile manual\]/a client = micromdm' "$CONF"
		cat >>"$CONF" <<'CONFIG'

[profile mdm]
ca = main
authorise = challenge
client = micromdm
renew_from = always
subject_allow = CN O OU C ST L
CONFIG
		sed -i 's/^subject_allow = CN O OU C serialNumber/& ST L/' \
		    "$CONF"
		"start_$server" "$_port"
		echo "$URL" >"$T/$server.url"
	done
}
at() {
	server=$1
	CONF=$T/$server/scep.conf
	URL=$(cat "$T/$server.url")
}

# It does without capabilities if it must, and takes the CA's certificate.
begins_to_wait() {
	mdm_run mdm-wait "$URL/manual" &
	echo $! >"$T/$server.pid"
	own $!
	approve mdm-wait
}

enrolment() {
	challenge "$T/c" --profile mdm --subject "C=CH, O=Mdm, CN=mdm-1"
	mdm_ok "it enrols, with DES and SHA-1, by way of all certificates of \
GetCACert [C-002 C-009 I-017 I-018 I-019 I-034]" mdm-1 "$URL/mdm" \
	    -challenge "$(cat "$T/c")"
	good_cert "$(has mdm-1 cert.pem)" mdm-1
	like "it has asked for the capabilities [C-040]" \
	    "$(has mdm-1 said)" 'op=GetCACaps error=null'
	like "and got two certificates [C-002 I-034]" "$(has mdm-1 said)" \
	    'cacertlist count=2'
}

renewal() {
	_first=$(openssl x509 -in "$(has mdm-1 cert.pem)" -noout -serial)
	mdm_ok "it renews, with the same key [C-125 C-163 C-210 I-037]" \
	    mdm-1 "$URL/mdm"
	good_cert "$(has mdm-1 cert.pem)" mdm-1
	status 1 "it is another certificate" test "$_first" = \
	    "$(openssl x509 -in "$(has mdm-1 cert.pem)" -noout -serial)"
}

refusals() {
	mdm_refused badRequest "a wrong challenge [C-172]" mdm-2 "$URL/mdm" \
	    -challenge wrong-challenge
	challenge "$T/c"
	mdm_refused badAlg "where nothing old is allowed [C-009 C-221 C-233]" \
	    mdm-3 "$URL" -challenge "$(cat "$T/c")"
	mdm_run mdm-no "$URL/manual" &
	_pid=$!
	own "$_pid"
	until_true 15 waiting mdm-no
	verdict "scepadm refuses a request" adm request refuse \
	    "$(request_of mdm-no)"
	# Not to wait for half a minute, it is started again.
	kill "$_pid"
	wait "$_pid" 2>/dev/null
	mdm_refused badRequest "the same request again [C-166 C-187]" mdm-no \
	    "$URL/manual"
}

waited() {
	_pid=$(cat "$T/$server.pid")
	until_true 90 gone_or_zombie "$_pid"
	verdict "scepclient through $server: it asks again until it is \
granted [C-165 C-187 C-205]" wait "$_pid"
	like "it was pending before" "$(has mdm-wait said)" PENDING
	good_cert "$(has mdm-wait cert.pem)" mdm-wait
}

set_up
for each in begins_to_wait enrolment renewal refusals waited; do
	for server in lighttpd nginx; do
		at "$server"
		"$each"
	done
done
unlike "no challenge in the log" "$T/scep.log" "$(cat "$T/c")|wrong-challenge"
finish
