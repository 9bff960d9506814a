# strongswan.sh - strongSwan's pki as a SCEP client; sourced after lib.sh and
# clients.sh.  $server is the web server's name, where there are several.

swan_ok() {		# TEXT COMMAND…
	_what="strongSwan${server:+ through $server}: $1"
	shift
	verdict "$_what" "$@"
}

swan_key() { pki --gen --type rsa --size 2048 --outform pem >"$1" 2>/dev/null; }

# The CA's and the RA's certificate: its first step.
swan_ca() {
	rm -f "$T"/swan-ra*.pem
	swan_ok "GetCACert [C-002 I-034]" pki --scepca --url "$URL" \
	    --caout "$T/swan-ca.pem" --raout "$T/swan-ra.pem" \
	    --outform pem --force
	same "strongSwan: the CA certificate is ours" \
	    "$(openssl x509 -in "$T/swan-ca.pem" -noout -fingerprint)" \
	    "$(openssl x509 -in "${CONF%/*}/ca.pem" -noout -fingerprint)"
	[ -s "$T/swan-ra.pem" ] || mv "$T"/swan-ra*.pem "$T/swan-ra.pem"
}

# swan URL CN KEY OUT [OPTION…]: what it says is in $T/swan.log.
swan() {
	_url=$1
	_dn="C=CH, O=Swan, CN=$2"
	_key=$3
	_out=$4
	shift 4
	pki --scep --url "$_url" --in "$_key" --dn "$_dn" \
	    --cacert-enc "$T/swan-ra.pem" --cacert-sig "$T/swan-ra.pem" \
	    --cacert "$T/swan-ca.pem" --outform pem "$@" >"$_out" \
	    2>"$T/swan.log"
}

# swan_refused FAILINFO TEXT URL CN KEY [OPTION…]
swan_refused() {
	_fail=$1
	_what="strongSwan${server:+ through $server}: $2"
	_at=$3
	_who=$4
	_with=$5
	shift 5
	if swan "$_at" "$_who" "$_with" "$T/swan-none.pem" "$@"; then
		not_ok "$_what: it got a certificate"
	else
		like "$_what" "$T/swan.log" "^failInfo: *$_fail"
	fi
}

swan_enrols() {
	swan_ca
	swan_key "$T/swan.key"
	challenge "$T/c" --subject "C=CH, O=Swan, CN=swan-1"
	swan_ok "it enrols [C-003 C-004]" swan "$URL" swan-1 "$T/swan.key" \
	    "$T/swan-1.pem" --password "$(cat "$T/c")"
	good_cert "$T/swan-1.pem" swan-1
	swan_key "$T/swan-2.key"
	swan_refused badRequest "a wrong challenge is refused [C-172]" \
	    "$URL" swan-2 "$T/swan-2.key" --password wrong-challenge
}

swan_waits() {
	swan_key "$T/swan-3.key"
	swan "$URL/manual" swan-3 "$T/swan-3.key" "$T/swan-3.pem" \
	    --interval 1 --maxpolltime 120 &
	_pid=$!
	own "$_pid"
	approve swan-3
	until_true 60 gone_or_zombie "$_pid"
	swan_ok "it polls until it is granted [C-165 C-180 C-185 I-030]" \
	    wait "$_pid"
	good_cert "$T/swan-3.pem" swan-3
}
