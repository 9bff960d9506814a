#!/bin/sh
# 51-approval - requests that two must approve, by scepadm and by
# scep-admin.fcgi; many at once by filters; what clients are told meanwhile, by
# CertPoll and by the same PKCSReq again, also after a restart.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"
. "$ROOT/tests/e2e/certmonger.sh"

DOORS=$BIN/scep-admin.fcgi
PEER=$ROOT/tests/peer/scep-peer

# key NAME OPTIONS…: an API key into the file NAME.
key() {
	_name=$1
	shift
	adm apikey add --name "$_name" --profile two --profile default \
	    --profile manual --rate 1000/s "$@" >"$T/$_name" 2>"$T/key.err" ||
	    { cat "$T/key.err"; return 1; }
}

# door KEY METHOD PATH [BODY]: by CGI; body into door.json; the status.
door() {
	_body=${4:-}
	printf '%s' "$_body" | env -i GATEWAY_INTERFACE=CGI/1.1 \
	    SCEP_CONF="$CONF" REQUEST_METHOD="$2" \
	    CONTENT_TYPE=application/json CONTENT_LENGTH=${#_body} \
	    SCRIPT_NAME=/cgi-bin/scep-admin.fcgi PATH_INFO="/api/v1/$3" \
	    REMOTE_ADDR=127.0.0.1 HTTP_AUTHORIZATION="Bearer $(cat "$T/$1")" \
	    "$DOORS" >"$T/door.out" 2>>"$T/door.log"
	sed '1,/^.$/d' "$T/door.out" >"$T/door.json"
	sed -n 's/^Status: \(...\).*/\1/p' "$T/door.out"
}

member() { jq -r "$1" "$T/door.json"; }
approve_by() { door "$1" POST "requests/$2/approve"; }
n_certs() { adm cert list --json | jq length; }

# Device N: its key and transactionID stay the same.
bot() {			# N OPTION…
	_n=$1
	shift
	"$BOT" -k "$T/dev-$_n.key" -t "txid-$_n" -s "/CN=dev-$_n" \
	    -d "dev-$_n.example" "$@" "$URL/two"
}
told() {		# N [OPTION…]
	bot "$@" | cut -d' ' -f2
}
queue() {		# N
	same "device $1 waits" "$(told "$1")" pending
	id=$(request_of "dev-$1")
}
restart() {
	stop "$SERVER"
	stop "$SUPERVISOR"
	start_nginx "$port"
}

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
cat >>"$CONF" <<'PROFILE'

[profile two]
ca = main
authorise = manual
approvals = 2
pending_ttl = 2h
san_allow = DNS
PROFILE
start_nginx "$port"
few() { adm check --json | jq -r '.[].text' | grep -c 'demands 2 approvals'; }
verdict "check: who is to approve" adm check
like "one is not two" "$T/verdict.out" \
    '^warning: profile two demands 2 approvals, and 1 can .*apikey add --name'
key carol --may request:list,request:refuse
key dave --may request:approve
verdict "a key is revoked" adm apikey revoke dave
verdict "a user is let in" adm apikey add --user erin --profile two \
    --may request:approve
same "nor is it with who may not, may no longer, cannot come" "$(few)" 1
key ann --may request:list,request:approve,request:refuse
same "with one that may, it is" "$(few)" 0
key bob --may request:list,request:approve

# ---- four eyes ----

queue 1
same "a key approves: 202" "$(approve_by ann "$id")" 202
same "it waits for somebody else" "$(member '"\(.state) \(.approvals) \(.needed)"')" \
    "pending 1 2"
same "nothing was issued" "$(n_certs)" 0
same "the poll is told to wait" "$(told 1 -P)" pending
same "the same request too" "$(told 1)" pending
same "the same key again: refused" "$(approve_by ann "$id")" 422
same "the key of another name" "$(key anna --may request:list; \
    approve_by anna "$id")" 403
adm request show "$id" >"$T/show"
like "show: how many" "$T/show" '^approvals +1$'
like "show: of how many" "$T/show" '^of +2$'
like "show: by whom" "$T/show" '^approved by +key ann$'
like "show: until when" "$T/show" '^expires +20'
adm request list >"$T/list"
like "so does the list" "$T/list" "^$id +two +1 +2 +CN=dev-1 "
verdict "the operator tries it out" adm request approve --dry-run "$id"
like "which would be enough" "$T/verdict.out" '^approvals +2 of 2$'
same "and nothing was issued" "$(n_certs)" 0
restart
same "after a restart it waits" "$(told 1 -P)" pending
verdict "the operator approves" adm request approve "$id"
like "the certificate is there" "$T/verdict.out" '^serial +[0-9a-f]'
restart
same "after a restart, the poll gets it" "$(told 1 -P -o "$T/poll.pem")" \
    granted
same "the same request gets it" "$(told 1 -o "$T/same.pem")" granted
verdict "which is the same" cmp "$T/poll.pem" "$T/same.pem"
serial=$(openssl x509 -in "$T/poll.pem" -noout -serial | cut -d= -f2)
same "by whom is in its record" \
    "$(adm cert show --json "$serial" | jq -r .authority | sed 's/uid .*/uid/')" \
    "approved by key ann, uid"
adm explain "$id" >"$T/story"
like "explain tells of the first" "$T/story" 'approvals +1 of 2'
like "and of who it was" "$T/story" 'by +key ann'

# The operator first; twice he is one.
queue 2
verdict "the operator approves" adm request approve "$id"
like "one of two" "$T/verdict.out" '^approvals +1 of 2: it waits'
status 1 "he does not count twice" adm request approve "$id"
like "as he is told" "$T/status.out" 'all who use scepadm count as one'
same "nothing was issued" "$(n_certs)" 1
same "a key does: 200" "$(approve_by bob "$id")" 200
same "with a serial" "$(member '.serial | length > 8')" true
same "the device has it" "$(told 2 -P)" granted

# Revoked since.
queue 3
same "ann approves" "$(approve_by ann "$id")" 202
verdict "her key is revoked" adm apikey revoke ann
same "bob is the first, then" "$(approve_by bob "$id") $(member .approvals)" \
    "202 1"
same "and the device waits" "$(told 3 -P)" pending
key ann --may request:list,request:approve,request:refuse
same "with a new key she is the second" "$(approve_by ann "$id")" 200
same "the device has it" "$(told 3)" granted

# Configuration.
queue 4
same "ann approves" "$(approve_by ann "$id")" 202
sed -i 's/^approvals = 2/approvals = 3/' "$CONF"
verdict "raised to three" reload
same "bob is not the last" "$(approve_by bob "$id") $(member .needed)" \
    "202 3"
sed -i 's/^approvals = 3/approvals = 1/' "$CONF"
verdict "lowered to one" reload
same "nobody has decided" "$(told 4 -P)" pending
same "bob does, again" "$(approve_by bob "$id")" 200
sed -i 's/^approvals = 1/approvals = 2/' "$CONF"
verdict "two again" reload

# At once.
queue 5
before=$(n_certs)
for who in ann bob ann bob; do
	(approve_by() {
		env -i GATEWAY_INTERFACE=CGI/1.1 SCEP_CONF="$CONF" \
		    REQUEST_METHOD=POST CONTENT_TYPE=application/json \
		    CONTENT_LENGTH=0 SCRIPT_NAME=/x \
		    PATH_INFO="/api/v1/requests/$id/approve" \
		    REMOTE_ADDR=::1 \
		    HTTP_AUTHORIZATION="Bearer $(cat "$T/$1")" \
		    "$DOORS" 2>>"$T/door.log" </dev/null | sed -n \
		    's/^Status: \(...\).*/\1/p'
	}
	approve_by "$who" >>"$T/rush") &
	rush="${rush:-} $!"
done
wait $rush
same "four at once: one certificate" "$(n_certs)" $((before + 1))
same "one of them made it" "$(grep -c 200 "$T/rush")" 1
same "the device has it" "$(told 5 -P)" granted

# One who refuses is enough.
queue 6
same "ann approves" "$(approve_by ann "$id")" 202
verdict "the operator refuses" adm request refuse --reason "not ours" "$id"
same "that is the end of it" "$(approve_by bob "$id")" 404
same "the poll is told" "$(told 6 -P)" refused
same "the same request too" "$(told 6)" refused

# ---- another client ----

"$PEER" enrol --ca "${CONF%/*}/ca.pem" --subject "CN=peer" --key "$T/peer.key" \
    --txid peer-1 "$URL/two" >"$T/peer.out" 2>&1
same "another client waits" "$?" 3
id=$(request_of peer)
same "ann approves" "$(approve_by ann "$id")" 202
"$PEER" enrol --ca "${CONF%/*}/ca.pem" --subject "CN=peer" --key "$T/peer.key" \
    --txid peer-1 "$URL/two" >"$T/peer.out" 2>&1
same "asks again, and waits" "$?" 3
verdict "the operator approves" adm request approve "$id"
verdict "asks again, and has it" "$PEER" enrol --ca "${CONF%/*}/ca.pem" \
    --subject "CN=peer" --key "$T/peer.key" --txid peer-1 --out \
    "$T/peer.pem" "$URL/two"
verdict "it verifies" openssl verify -CAfile "${CONF%/*}/ca.pem" \
    "$T/peer.pem"

# ---- certmonger ----

# A refresh while another one is under way would be none.
monger_asked() { grep -c 'CN=monger.*result=pending' "$T/scep.log"; }
monger_asks() { [ "$(monger_asked)" -gt "$before" ]; }

monger() {
	cm_request two monger >/dev/null 2>&1
	until_true 30 waiting monger || { not_ok "certmonger asks"; return; }
	id=$(request_of monger)
	same "ann approves certmonger's" "$(approve_by ann "$id")" 202
	cm_becomes CA_WORKING "it waits" "$(cm_pem monger)"
	before=$(monger_asked)
	cm refresh -f "$(cm_pem monger)" >/dev/null 2>&1
	verdict "and asks again" until_true 30 monger_asks
	cm_becomes CA_WORKING "and waits on" "$(cm_pem monger)"
	verdict "the operator approves it" adm request approve "$id"
	cm refresh -f "$(cm_pem monger)" >/dev/null 2>&1
	cm_becomes MONITORING "it has its certificate" "$(cm_pem monger)"
	good_cert "$(cm_pem monger)" monger
}
if until_true 1 command -v certmonger && certmonger_start; then
	cm add-scep-ca -c two -u "$URL/two" >/dev/null 2>&1
	monger
else
	not_ok "certmonger starts on a private bus"
fi

# ---- many ----

same "nothing waits" "$(adm request list --json | jq length)" 0
"$BOT" -n 6 -j 2 -s "/O=Web/CN=www-%d" -d "www.example" "$URL/manual" \
    >"$T/many.out" 2>&1
"$BOT" -n 3 -s "/O=Mail/CN=mx-%d" "$URL/manual" >>"$T/many.out" 2>&1
for n in 7 8; do queue "$n"; done
same "eleven wait" "$(adm request list --json | jq length)" 11
ids() { jq -r '.[].id' | sort; }
n_of() { adm request list --json "$@" | jq length; }
same "list: by profile" "$(n_of --profile two)" 2
same "list: by subject, in either case" "$(n_of --subject '*cn=WWW-*')" 6
same "list: which is all of it" "$(n_of --subject 'www-*')" 0
same "list: by name, with its kind" "$(n_of --san 'DNS:*.example')" 8
same "list: or without" "$(n_of --san 'www.example')" 6
same "list: both" "$(n_of --san 'www.*' --subject '*www-1*')" 1
same "list: by address" "$(n_of --peer 127.0.0.1)" 11
same "list: by another one" "$(n_of --peer 127.0.0.2)" 0
same "list: what is older than a day" "$(n_of --older 1d)" 0
same "list: what is newer" "$(n_of --newer 1d)" 11
same "list: so many" "$(n_of --limit 4)" 4
status 2 "approve: which is to be said" adm request approve
status 2 "approve: one, or all that fit" adm request approve --all "$id"
status 2 "approve: --all, or those that fit" adm request approve --all \
    --profile two
status 2 "approve: a bound" adm request approve --all --limit 0
same "and all wait" "$(adm request list --json | jq length)" 11

ids=$(adm request list --subject '*CN=www-*' --json | ids)
# shellcheck disable=SC2086	# words
{
status 3 "by ids: one that does not wait, and none is approved" \
    adm request approve $ids 0123456789abcdef
status 2 "ids, or those that fit" adm request approve --profile manual $ids
status 0 "by ids, dry" adm request approve --dry-run $ids
same "each would be" "$(grep -c ' would be approved ' \
    "$T/status.out")" 6
status 0 "two by ids, refused dry" adm request refuse --dry-run --json \
    ${ids% *}
}
same "and all wait" "$(adm request list --json | jq length)" 11
adm request approve --subject '*CN=www-*' --dry-run --json >"$T/dry.json"
same "a dry run shows each" "$(jq -r '.[].outcome' "$T/dry.json" |
    sort | uniq -c | sed 's/^ *//')" "6 would be approved"
same "and does nothing" "$(adm request list --json | jq length)" 11
before=$(n_certs)
status 0 "two of them" adm request approve --subject '*CN=www-*' --limit 2 \
    --json
like "and that there are more" "$T/status.out" 'there are more that fit'
same "two certificates" "$(n_certs)" $((before + 2))
adm request approve --subject '*CN=www-*' --json >"$T/did.json"
same "again, the rest" "$(jq length "$T/did.json")" 4
same "each with its serial" "$(jq -r '.[].serial' "$T/did.json" |
    grep -c .)" 4
same "those that the dry run showed" "$(jq -r '.[].id' "$T/did.json" |
    grep -c -F "$(jq -r '.[].id' "$T/dry.json")")" 4
same "six certificates" "$(n_certs)" $((before + 6))
status 0 "again, none" adm request approve --subject '*CN=www-*'
like "as it says" "$T/status.out" '^scepadm: none fits$'
same "six certificates" "$(n_certs)" $((before + 6))
same "the others wait" "$(adm request list --json | jq length)" 5

verdict "those for two: the operator's part" adm request approve --profile two
like "one of two" "$T/verdict.out" ' two +1 of 2 .*CN=dev-7'
status 0 "again: done before" adm request approve --profile two
like "as it says" "$T/status.out" ' approved before '
same "ann's part" "$(approve_by ann "$(request_of dev-7)")" 200
same "the device has it" "$(told 7)" granted
same "and by a list of her own" "$(door ann GET requests) \
$(member '[.requests[].profile] | unique | join(" ")')" "200 manual two"

queue 10
other=$id
queue 11
verdict "two by their ids" adm request approve "$other" "$id"
same "one of two, each" "$(grep -c ' two  *1 of 2 ' "$T/verdict.out")" 2
verdict "again, and one of them ends" adm request refuse "$other" "$id"
same "refused, both" "$(grep -c ' refused ' "$T/verdict.out")" 2
same "their devices are told" "$(told 10 -P) $(told 11 -P)" "refused refused"

status 0 "refuse, dry" adm request refuse --subject '*O=Mail*' --dry-run
like "would be" "$T/status.out" 'would be refused'
verdict "refuse" adm request refuse --subject '*O=Mail*' --reason "no mail"
same "one is left" "$(adm request list --json | jq length)" 1
verdict "the rest" adm request refuse --all
same "none is left" "$(adm request list --json | jq length)" 0
same "its device is told" "$(told 8 -P)" refused

# Killed half-way: what was told is done, and the same again does the rest.
"$BOT" -n 40 -j 4 -K -t random -s "/O=Many/CN=many-%d" "$URL/manual" \
    >"$T/many.out" 2>&1
before=$(n_certs)
"$ADM" -c "$CONF" request approve --subject '*O=Many*' >"$T/half" 2>&1 &
half=$!
until_true 20 grep -q approved "$T/half"
kill -KILL "$half" 2>/dev/null
wait "$half" 2>/dev/null
told=$(grep -c ' approved ' "$T/half")
made=$(($(n_certs) - before))
note "told of $told, made $made"
same "what was told is done, and at most one more" \
    "$([ "$made" -ge "$told" ] && [ "$made" -le $((told + 1)) ] && echo yes)" \
    yes
verdict "the same again" adm request approve --subject '*O=Many*'
same "each has one" "$(n_certs)" $((before + 40))

# ---- expiry ----

# By the library of faketime alone: the program around it leaves files behind.
ahead() {		# 3h COMMAND…: not this shell again
	_ahead=$1
	shift
	LD_PRELOAD=$faketime FAKETIME=+$_ahead FAKETIME_DISABLE_SHM=1 \
	    exec "$@"
}
# The server again, and so much later.
later() {		# 3h
	stop "$SERVER"
	stop "$SUPERVISOR"
	ahead "$1" "$FCGI" -c "$CONF" >>"$T/scep.log" 2>&1 &
	SUPERVISOR=$!
	own "$SUPERVISOR"
	until_true 30 test -S "$T/scep.sock"
	nginx -p "$T/nginx" -c "$T/nginx.conf" >>"$T/nginx.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	until_true 30 caps_ok "$URL"
}
waits_no_more() {
	adm request list --json >"$T/list.json" && ! grep -q "$1" "$T/list.json"
}

if command -v faketime >/dev/null; then
	faketime=$(faketime_lib)
	queue 9
	old=$id
	same "ann approves" "$(approve_by ann "$old")" 202
	# Before anybody has swept it away.
	stop "$SERVER"
	stop "$SUPERVISOR"
	cp -a "${CONF%/*}" "$T/late"
	sed -i "s,$T/ca,$T/late,g" "$T/late/scep.conf"
	(ahead 3h "$ADM" -c "$T/late/scep.conf" request approve "$old") \
	    >"$T/late.out" 2>&1
	same "after its time it cannot be approved" "$?" 1
	like "because it has expired" "$T/late.out" 'has expired'
	(ahead 1h "$ADM" -c "$T/late/scep.conf" request approve "$old") \
	    >"$T/late.out" 2>&1
	same "(in time it can)" "$?" 0
	later 3h
	same "the poll is told" "$(told 9 -P)" refused
	verdict "it waits no more" until_true 30 waits_no_more "$old"
	same "nor can it be approved" "$(approve_by bob "$old")" 404
	same "the same request begins anew" "$(told 9)" pending
	id=$(request_of dev-9)
	same "and needs two again" "$(approve_by ann "$id") \
$(member .approvals)" "202 1"
	same "as another one" "$([ "$id" != "$old" ] && echo yes)" yes
else
	skip "expiry" "faketime is not installed"
fi
finish
