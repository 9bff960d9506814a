# clients.sh - three clients enrol, wait and are refused; sourced by the
# scripts that start a web server.  $URL is the server's, $CONF its CA's.

# The newest waiting request of this common name.
request_of() {		# CN
	adm request list --json | jq -r --arg cn "CN=$1" \
	    '[.[] | select(.subject | contains($cn))][0].id // empty'
}
waiting() { [ -n "$(request_of "$1")" ]; }

approve() {		# CN
	until_true 15 waiting "$1" || {
		not_ok "a request of $1 waits"
		return 1
	}
	verdict "scepadm shows the request of $1" adm request show \
	    "$(request_of "$1")"
	verdict "scepadm approves it" adm request approve "$(request_of "$1")"
}

# A certificate as the client has it: ours, for this name.
good_cert() {		# FILE CN
	verdict "the certificate of $2 verifies" openssl verify -x509_strict \
	    -purpose sslclient -CAfile "${CONF%/*}/ca.pem" "$1"
	openssl x509 -in "$1" -noout -subject >"$T/subject.out" 2>&1
	like "it is for $2" "$T/subject.out" "CN ?= ?$2\$"
	_serial=$(openssl x509 -in "$1" -noout -serial 2>/dev/null |
	    cut -d= -f2)
	verdict "scepadm knows its serial" adm cert show "$_serial"
}

# ---- scepbot ----

bots() {
	challenge "$T/c" --cn bot-post
	verdict "scepbot enrols by POST [C-003 C-004 C-032]" \
	    bot -C "$T/c" -s /CN=bot-post \
	    -o "$T/bot.pem" "$URL"
	good_cert "$T/bot.pem" bot-post
	challenge "$T/c" --cn bot-get --dns bot.example
	verdict "scepbot enrols by GET [C-007]" \
	    bot -g -C "$T/c" -s /CN=bot-get \
	    -d bot.example -o "$T/bot.pem" "$URL"
	good_cert "$T/bot.pem" bot-get
	openssl x509 -in "$T/bot.pem" -noout -ext subjectAltName \
	    >"$T/san.out" 2>&1
	like "its DNS name is in it" "$T/san.out" 'DNS:bot\.example'
	echo wrong >"$T/wrong"
	status 1 "a wrong challenge is refused" bot -C "$T/wrong" "$URL"
	like "with badRequest [C-003 C-111]" "$T/status.out" '^0 refused 2'
	status 1 "a used challenge is refused [C-141]" \
	    bot -C "$T/c" -s /CN=bot-get \
	    -d bot.example "$URL"
	status 1 "none at all is refused [C-142]" bot "$URL"
	challenge "$T/c" --cn bot-right
	status 1 "a challenge bound to another name is refused" bot \
	    -C "$T/c" -s /CN=bot-wrong "$URL"
	verdict "and is good for its own name" bot -C "$T/c" -s /CN=bot-right \
	    "$URL"
	status 3 "a manual profile makes it wait [C-003 C-165]" \
	    bot -s /CN=bot-wait \
	    -k "$T/wait.key" "$URL/manual"
	status 3 "a poll finds it waiting" bot -s /CN=bot-wait -P \
	    -k "$T/wait.key" "$URL/manual"
	approve bot-wait
	verdict "a poll finds the certificate [C-185]" bot -s /CN=bot-wait -P \
	    -k "$T/wait.key" -o "$T/bot.pem" "$URL/manual"
	good_cert "$T/bot.pem" bot-wait
	status 3 "another waits" bot -s /CN=bot-no -k "$T/no.key" \
	    "$URL/manual"
	verdict "scepadm refuses it" adm request refuse --reason "not ours" \
	    "$(request_of bot-no)"
	status 1 "a poll finds the refusal [C-185]" bot -s /CN=bot-no -P \
	    -k "$T/no.key" "$URL/manual"
}

# ---- strongSwan ----

swan() {		# CN OUT [OPTIONS]
	_cn=$1
	_out=$2
	shift 2
	pki --scep --url "$_swan_url" --in "$T/swan.key" \
	    --dn "C=CH, O=Swan, CN=$_cn" --cacert-enc "$T/swan-ra.pem" \
	    --cacert-sig "$T/swan-ra.pem" --cacert "$T/swan-ca.pem" \
	    --outform pem "$@" >"$_out" 2>"$T/swan.log"
}

strongswan() {
	_swan_url=$URL
	verdict "strongSwan fetches the certificates" pki --scepca \
	    --url "$URL" --caout "$T/swan-ca.pem" --raout "$T/swan-ra.pem" \
	    --outform pem --force
	same "the CA certificate is ours" \
	    "$(openssl x509 -in "$T/swan-ca.pem" -noout -fingerprint)" \
	    "$(openssl x509 -in "${CONF%/*}/ca.pem" -noout -fingerprint)"
	[ -s "$T/swan-ra.pem" ] || mv "$T"/swan-ra*.pem "$T/swan-ra.pem"
	pki --gen --type rsa --size 2048 --outform pem >"$T/swan.key" \
	    2>/dev/null
	challenge "$T/c" --subject "C=CH, O=Swan, CN=swan-1"
	verdict "strongSwan enrols" swan swan-1 "$T/swan.pem" \
	    --password "$(cat "$T/c")"
	good_cert "$T/swan.pem" swan-1

	pki --gen --type rsa --size 2048 --outform pem >"$T/swan.key" \
	    2>/dev/null
	if swan swan-2 "$T/swan.pem" --password wrong-challenge; then
		not_ok "strongSwan sees a wrong challenge refused"
	else
		ok "strongSwan sees a wrong challenge refused"
	fi
	like "it says so" "$T/swan.log" '(badRequest|[Ff]ail|reject)'

	_swan_url=$URL/manual
	swan swan-3 "$T/swan.pem" --interval 1 --maxpolltime 60 &
	_pid=$!
	own "$_pid"
	approve swan-3
	until_true 30 gone_or_zombie "$_pid"
	wait "$_pid"
	same "strongSwan polls until it is granted" $? 0
	good_cert "$T/swan.pem" swan-3
}

# ---- certmonger ----

cm() { getcert "$@" -s; }
cm_state() {		# CERTIFICATE STATE
	cm list -f "$1" 2>/dev/null | grep -q "status: $2\$"
}

certmonger_start() {
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
	until_true 5 test -s "$T/cm/address"
	DBUS_SESSION_BUS_ADDRESS=$(cat "$T/cm/address")
	export DBUS_SESSION_BUS_ADDRESS
	certmonger -s -n -B -d 1 >"$T/certmonger.log" 2>&1 &
	own $!
	until_true 10 cm list-cas
}

cm_request() {		# CA CN [OPTIONS]
	_ca=$1
	_cn=$2
	shift 2
	cm request -c "$_ca" -k "$T/cm/$_cn.key" -f "$T/cm/$_cn.pem" -g 2048 \
	    -N "CN=$_cn" -R "$@"
}

certmonger_enrols() {
	verdict "certmonger takes the CA" cm add-scep-ca -c ours -u "$URL"
	verdict "certmonger takes the manual profile" cm add-scep-ca \
	    -c manual -u "$URL/manual"
	challenge "$T/c" --cn monger-1
	verdict "certmonger asks" cm_request ours monger-1 \
	    -L "$(cat "$T/c")"
	if until_true 40 cm_state "$T/cm/monger-1.pem" MONITORING; then
		ok "certmonger enrols"
	else
		not_ok "certmonger enrols"
		cm list -f "$T/cm/monger-1.pem" | sed 's/^/# /'
	fi
	good_cert "$T/cm/monger-1.pem" monger-1

	cm_request ours monger-2 -L wrong-challenge >/dev/null 2>&1
	if until_true 40 cm_state "$T/cm/monger-2.pem" CA_REJECTED; then
		ok "certmonger sees a wrong challenge refused"
	else
		not_ok "certmonger sees a wrong challenge refused"
		cm list -f "$T/cm/monger-2.pem" | sed 's/^/# /'
	fi

	cm_request manual monger-3 >/dev/null 2>&1
	approve monger-3
	until_true 20 cm_state "$T/cm/monger-3.pem" CA_WORKING
	# It would ask again in its own time, which is days.
	cm refresh -f "$T/cm/monger-3.pem" >/dev/null 2>&1
	if until_true 40 cm_state "$T/cm/monger-3.pem" MONITORING; then
		ok "certmonger polls until it is granted [C-212]"
	else
		not_ok "certmonger polls until it is granted [C-212]"
		cm list -f "$T/cm/monger-3.pem" | sed 's/^/# /'
	fi
	good_cert "$T/cm/monger-3.pem" monger-3
}

# ---- micromdm scepclient: single DES, and nothing else ----

scepclient_refused() {
	command -v scepclient >/dev/null || {
		skip "scepclient" "it is not installed"
		return
	}
	mkdir -p "$T/mdm"
	challenge "$T/c"
	if (cd "$T/mdm" && timeout 20 scepclient -server-url "$URL" \
	    -challenge "$(cat "$T/c")" -private-key key.pem \
	    -certificate cert.pem -cn mdm-1) >"$T/mdm.out" 2>&1; then
		not_ok "a client that insists on DES is refused [C-009 C-233]"
	else
		ok "a client that insists on DES is refused [C-009 C-233]"
	fi
	like "and is told badAlg" "$T/scep.log" 'badAlg|algorithm|DES'
}

enrol_all() {
	bots
	strongswan
	if until_true 1 command -v certmonger && certmonger_start; then
		certmonger_enrols
	else
		not_ok "certmonger starts on a private bus"
	fi
	scepclient_refused
	like "each request has its line in the log" "$T/scep.log" \
	    'operation=|op=|type='
	unlike "no challenge in the log [C-149]" "$T/scep.log" \
	    "$(cat "$T/c")|wrong-challenge"
}
