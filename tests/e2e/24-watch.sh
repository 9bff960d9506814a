#!/bin/sh
# 24-watch - what an operator sees: the log as pairs and as JSON, /health,
# metrics at a socket and at a path, scepadm status.
. "$(dirname "$0")/lib.sh"

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_nginx "$port"
BASE=http://127.0.0.1:$port/scep

get() {			# PATH
	curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' -m 60 \
	    "$BASE/$1"
}

# ---- hostile names ----

# Whatever is sent, each line is one line and parses.
cat >"$T/pairs.awk" <<'AWK'
# Takes pairs off the front; complains about what is none.
{
	rest = $0
	while (rest != "") {
		if (match(rest, /^[a-z0-9_]+=("[^"\\]*(\\x[0-9a-f][0-9a-f][^"\\]*)*"|[-A-Za-z0-9._:\/@+,*=()]+)( |$)/))
			rest = substr(rest, RLENGTH + 1)
		else {
			print FILENAME ":" FNR ": " rest
			bad = 1
			break
		}
	}
}
END { exit bad }
AWK
hostile() {		# PREFIX
	challenge "$T/$1.ch" --profile default
	bot -C "$T/$1.ch" -t 'x" result=granted serial="1' \
	    -s '/CN=a" result="granted/O=back\\slash' "$URL" >"$T/$1.1" 2>&1
	bot -t "$(printf 'new\nline=1 \033[31m')" \
	    -s "$(printf '/CN=\303\274 \342\202\254')" "$URL" >"$T/$1.2" 2>&1
	bot -t '{"json":[1,2]}' -s '/CN={"x":"y"},<script>' "$URL" \
	    >"$T/$1.3" 2>&1
	curl -s -o /dev/null \
	    "$BASE/%22%5c%0a%0dlevel=error?operation=%22%0a%00%ff%5cx"
	curl -s -o /dev/null -X 'B"AD' "$BASE?operation=GetCACaps"
	curl -s -o /dev/null -H 'X: y' --data-binary 'garbage' \
	    "$BASE/default?operation=PKIOperation"
}
hostile text
# A line comes after its answer.
messages() { grep -c 'op=PKIOperation' "$T/scep.log"; }
all_said() { [ "$(messages)" -ge 4 ]; }
until_true 10 all_said
verdict "each line of the log is pairs and nothing else" \
    awk -f "$T/pairs.awk" "$T/scep.log"
same "there is a line for each request" \
    "$(messages)" 4
like "what was sent is in it, escaped" "$T/scep.log" \
    'txid="x\\x22 result=granted serial=\\x22'
unlike "and cannot pose as another pair" "$T/scep.log" \
    ' result=granted serial=1'
status 1 "the control: a bad line does not parse" sh -c \
    "echo 'a=b c=\"x\" d' | awk -f '$T/pairs.awk'"

# ---- health ----

same "health: 200" "$(get health)" 200
same "and says ok" "$(cat "$T/body")" ok
same "health by POST: 405" \
    "$(curl -s -o /dev/null -w '%{http_code}' -d x "$BASE/health")" 405
same "metrics at the path: off by default" "$(get metrics)" 404
sed 's/^\[profile default\]/[profile health]/' "$CONF" >"$T/health.conf"
status 78 "no profile can be called so" "$ADM" -c "$T/health.conf" check
sed 's/^\[profile default\]/[profile metrics]/' "$CONF" >"$T/metrics.conf"
status 78 "nor so" "$ADM" -c "$T/metrics.conf" check
status 0 "the control" adm check
same "health by HEAD: 200" "$(curl -s -I -o /dev/null -w '%{http_code}' \
    "$BASE/health")" 200
curl -s -o /dev/null -D "$T/head" -d x "$BASE/health"
like "what is allowed is said" "$T/head" '^Allow: GET, HEAD'

# ---- metrics ----

challenge "$T/one.ch" --cn one
verdict "something to count" bot -C "$T/one.ch" -s /CN=one "$URL"
bot -C "$T/one.ch" -s /CN=two "$URL" >"$T/refused" 2>&1
bot -s /CN=three "$BASE/manual" >"$T/pending" 2>&1
scrape() {
	curl -s -m 60 --unix-socket "$T/ca/state/metrics.sock" \
	    http://localhost/metrics >"$T/metrics"
}
# Each worker tells of its own requests, in its own time.
counted() {
	scrape &&
	    grep -q 'operation="PKCSReq",result="granted"} 2' "$T/metrics" &&
	    grep -q 'result="refused",reason="challenge.*} 1' "$T/metrics" &&
	    grep -q 'result="pending"} 1' "$T/metrics"
}
verdict "the socket tells within a few seconds" until_true 10 counted
if command -v promtool >/dev/null; then
	verdict "promtool check metrics" sh -c \
	    "promtool check metrics <'$T/metrics'"
	same "without a remark" "$(promtool check metrics <"$T/metrics" 2>&1)" ""
else
	not_ok "promtool is installed"
fi
like "granted" "$T/metrics" \
    '^scep_requests_total\{profile="default",operation="PKCSReq",result="granted"\} 2$'
like "refused, with the reason" "$T/metrics" \
    '^scep_refusals_total\{.*result="refused",reason="challenge[^"]*"\} 1$'
like "the queue" "$T/metrics" '^scep_pending_requests\{profile="manual"\} 1$'
like "latency" "$T/metrics" \
    '^scep_request_duration_seconds_count\{operation="PKCSReq"\} [0-9]+$'
ends=$(date -d "$(openssl x509 -in "$T/ca/ra.pem" -noout -enddate |
    cut -d= -f2)" +%s)
like "the RA's end" "$T/metrics" \
    "^scep_certificate_expiry_timestamp_seconds\\{ca=\"main\",kind=\"ra\"\\} $ends\$"
like "disk" "$T/metrics" '^scep_disk_free_bytes [0-9]+$'
unlike "no secret, no name of a device" "$T/metrics" 'CN=|script|json'
same "the socket is for its user" \
    "$(stat -c %a "$T/ca/state/metrics.sock")" 600
if [ "$(id -u)" -eq 0 ]; then
	chmod 711 "$T/ca/state"
	for sock in metrics ra admin; do
		chmod 666 "$T/ca/state/$sock.sock"
		printf 'GET / HTTP/1.0\r\n\r\n' | timeout 60 setpriv \
		    --reuid 65534 --regid 65534 --clear-groups socat -t 2 - \
		    "UNIX-CONNECT:$T/ca/state/$sock.sock" \
		    >"$T/other-user" 2>/dev/null
		same "another user gets nothing from $sock.sock" \
		    "$(wc -c <"$T/other-user")" 0
		comes "and the log names them" "$T/scep.log" \
		    "user 65534 may not use (the $sock socket|$sock.sock)"
		chmod 600 "$T/ca/state/$sock.sock"
	done
	chmod 700 "$T/ca/state"
	verdict "the control: its user does" scrape
else
	skip "another user gets nothing" "not root"
fi
# It begins, and never goes on; it is hung up on.
mkfifo "$T/half.in"
{ printf 'GET / HT'; exec sleep 600; } >"$T/half.in" &
holder=$!
own "$holder"
socat - "UNIX-CONNECT:$T/ca/state/metrics.sock" <"$T/half.in" >"$T/half" \
    2>/dev/null &
half=$!
own "$half"
# Taken, and all read that there is; or hung up on already.
half_has_come() {
	ss -Hxn state established | grep -F "$T/ca/state/metrics.sock" |
	    awk '$2 == 0 { ok = 1 } END { exit !ok }' ||
	    gone_or_zombie "$half"
}
verdict "half a request has come" until_true 10 half_has_come
verdict "and does not hold it up" until_true 10 scrape
until_true 20 gone_or_zombie "$half" ||
    not_ok "who sends half a request is hung up on"
same "half a request gets nothing" "$(wc -c <"$T/half")" 0
stop "$holder"

restarts() { sed -n 's/^scep_worker_restarts_total //p' "$T/metrics"; }
scrape
before=$(restarts)
kill -KILL "$(workers_of "$SUPERVISOR" | head -n 1)"
restarted() { scrape && [ "$(restarts)" -eq $((before + 1)) ]; }
verdict "a worker that died is counted" until_true 10 restarted

# ---- status ----

verdict "scepadm status" adm status
adm status >"$T/status"
like "the owner" "$T/status" "process $(ca_of "$SUPERVISOR"),"
like "what was done" "$T/status" 'so far .* granted 2 '
like "in the last hour" "$T/status" 'last hour .* granted 2 '
like "the queue" "$T/status" 'manual: serving, 1 waiting'
like "what expires" "$T/status" 'RA of CA main: 20'
adm status --json >"$T/status.json"
same "as JSON" "$(jq -r '.store.state, .since_start.pending' \
    "$T/status.json" | tr '\n' ' ')" "fine 1 "
# The one in place of the one that died may still be about to ask.
all_workers() {
	adm status --json >"$T/status.json"
	[ "$(jq .owner.workers "$T/status.json")" -eq \
	    "$(workers_of "$SUPERVISOR" | wc -l)" ]
}
until_true 10 all_workers
same "with the workers of all instances" "$(jq .owner.workers \
    "$T/status.json")" "$(workers_of "$SUPERVISOR" | wc -l)"

# ---- JSON, and metrics at a path ----

sed -i 's/^\[server\]/&\nlog_format = json\nmetrics = yes/' "$CONF"
status 0 "log_format = json, metrics = yes" reload
in_json() { get health >/dev/null; tail -n 1 "$T/scep.log" | jq -e .id; }
verdict "the log changes its format" until_true 10 in_json
wc -l <"$T/scep.log" >"$T/lines"
hostile json
code=$(get metrics)
same "metrics at the path" "$code" 200
like "as Prometheus wants them" "$T/head" \
    '^Content-Type: text/plain; version=0.0.4'
verdict "and they are well-formed" sh -c "promtool check metrics <'$T/body'"
json_log() { tail -n "+$(($(cat "$T/lines") + 1))" "$T/scep.log"; }
all_said() {
	[ "$(json_log | grep -c '"op":"PKIOperation"')" -ge 4 ] &&
	    json_log | grep -q '"op":"metrics"'
}
until_true 10 all_said
json_log >"$T/json.log"
same "each line is one object" "$(jq -c 'select(type == "object" and .time)' \
    "$T/json.log" | wc -l)" "$(wc -l <"$T/json.log")"
same "a hostile transactionID arrives as it is in the other format" \
    "$(jq -r '.txid // empty | select(startswith("x"))' "$T/json.log")" \
    'x\x22 result=granted serial=\x22'"1"
python3 - "$T/json.log" >"$T/doubled" <<'PYTHON'
import json, sys
def pairs(p):
    names = [k for k, _ in p]
    if len(names) != len(set(names)):
        print(names)
    return dict(p)
for line in open(sys.argv[1]):
    json.loads(line, object_pairs_hook=pairs)
PYTHON
same "no member stands twice" "$(cat "$T/doubled")" ""
same "numbers are numbers" "$(jq -r 'select(.op == "metrics") |
    .status | type' "$T/json.log")" number
stop "$SUPERVISOR"
sed -i '/^log_format/d' "$CONF"
"$FCGI" --log=json -c "$CONF" >"$T/option.log" 2>&1 &
OPTION=$!
own "$OPTION"
until_true 30 test -S "$T/scep.sock"
until_true 20 grep -q ready "$T/option.log"
verdict "--log=json" jq -e .time "$T/option.log"
status 2 "--log=xml: usage" "$FCGI" --log=xml

# ---- not healthy ----

mv "$T/ca/ca.pem" "$T/ca/away.pem"
status 78 "with no usable profile a reload is refused" adm reload
same "and health stays" "$(get health)" 200
mv "$T/ca/away.pem" "$T/ca/ca.pem"
status 0 "the control: mended, it is taken" adm reload
stop "$OPTION"
small=$(df --output=avail -B1 /dev/shm 2>/dev/null | tail -n 1)
if [ "${small:-0}" -gt 0 ] && [ "$small" -lt 68719476736 ]; then
	shm=$(mktemp -d /dev/shm/scep-watch.XXXXXX)
	cp -a "$T/ca/state" "$shm/state"
	sed -i "s,^state = .*,state = $shm/state," "$CONF"
	start_fcgi
	healthy() { [ "$(get health)" = 200 ]; }
	verdict "room on the disk: 200" until_true 10 healthy
	stop "$SUPERVISOR"
	sed -i "s/^\[server\]/&\nreserve = 64g/" "$CONF"
	start_fcgi
	unhealthy() { [ "$(get health)" = 503 ]; }
	verdict "no room on the disk: 503" until_true 10 unhealthy
	unlike "and not a word of why" "$T/body" 'disk|reserve|MiB'
	comes "but in the log" "$T/scep.log" 'op=health.*less than the reserve'
	stop "$SUPERVISOR"
	rm -rf "$shm"
else
	skip "no room on the disk: 503" "/dev/shm has none, or too much"
fi
finish
