# clients.sh - what the scripts share in which clients enrol, wait and are
# refused; sourced after lib.sh.  $URL is the server's, $CONF its CA's.

# through_both PREPARE PLAY: a CA, made ready by PREPARE, behind lighttpd, then
# another one behind nginx; $server says which.
through_both() {
	for server in lighttpd nginx; do
		_port=$(free_port)
		make_ca "$T/$server" "http://127.0.0.1:$_port/scep"
		"$1"
		SUPERVISOR=
		"start_$server" "$_port"
		"$2"
		stop "$SERVER"
		stop "$SUPERVISOR"
	done
}

# So that a test need not wait for half of a certificate's life.
renew_at_once() { sed -i '/^\[profile/a renew_from = always' "$CONF"; }

# From this CA to the next one, whose certificate is in $T/new-ca.pem then.
new_ca() {
	verdict "scepadm ca stage" adm ca stage --cn "Next CA"
	verdict "scepadm ca publish" adm ca publish
	verdict "scepadm ca switch" in_force adm ca switch --force
	"$ROOT/tests/peer/scep-peer" cacert "$URL" --out "$T/new-ca.pem" \
	    >/dev/null
}

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

smoke() {
	bots
	like "each request has its line in the log" "$T/scep.log" \
	    'operation=|op=|type='
	unlike "no challenge in the log [C-149]" "$T/scep.log" \
	    "$(cat "$T/c")|wrong-challenge"
}
