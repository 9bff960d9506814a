#!/bin/sh
# 53-limits - who fails too often is blocked for a while: he, and nobody else;
# whatever he writes into a header; and until an operator lets him in.
. "$(dirname "$0")/lib.sh"

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
cat >>"$CONF" <<'CONFIG'

[profile other]
ca = main
authorise = challenge
subject_require = CN
extensions = client
profile_failures = 6/1h

[profile brisk]
ca = main
authorise = challenge
subject_require = CN
extensions = client
profile_messages = 3/1h
CONFIG
sed -i 's/^\[server\]/&\nlimit_failures = 5\/30s/' "$CONF"
cp "$CONF" "$T/first.conf"

adm challenge add --count 40 --ttl 2h >"$T/good.ch" 2>/dev/null
adm challenge add --count 10 --ttl 2h --profile other >"$T/other.ch" \
    2>/dev/null
adm challenge add --count 10 --ttl 2h --profile brisk >"$T/brisk.ch" \
    2>/dev/null
i=0
while [ "$i" -lt 60 ]; do echo no-challenge; i=$((i + 1)); done >"$T/bad.ch"

bot() { "$BOT" -k "$T/bot.key" -t random "$@"; }
# bad FROM N [OPTIONS] URL: N times a wrong challenge.
bad() {
	_from=$1
	_n=$2
	shift 2
	bot -F "$_from" -C "$T/bad.ch" -n "$_n" "$@" >"$T/bad.out" 2>&1
	true
}
# good FROM [OPTIONS] URL: the next right one.
good() {
	_from=$1
	shift
	head -n 1 "$T/good.ch" >"$T/one.ch"
	sed -i 1d "$T/good.ch"
	bot -F "$_from" -C "$T/one.ch" "$@"
}
# code FROM [OPTIONS]: of a message that is none.
code() {
	_from=$1
	shift
	curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' -m 30 \
	    --interface "$_from" --data-binary x "$@"
}
is_code() { [ "$(code "$1" "$3")" = "$2" ]; }
figure() {		# REGULAR EXPRESSION: the sum of these
	curl -s --unix-socket "$(state)/metrics.sock" http://localhost/ |
	    awk -v re="$1" '$0 ~ re { n += $NF } END { print n + 0 }'
}
figure_is() { [ "$(figure "$1")" -eq "$2" ]; }
state() { echo "$T/ca/state"; }
asked='^scep_requests_total[{].*operation="PKCSReq"'
turned_away='^scep_refusals_total[{].*too many requests'
lines_429() {
	grep -c 'peer=127.0.0.2 .*error="too many requests".*status=429' \
	    "$T/scep.log"
}
# Workers tell within a second what they have done.
all_is_reported() {
	figure_is "$asked" "$(grep -c ' type=PKCSReq ' "$T/scep.log")"
}
# peer_of TEXT: as the newest line of the log with it has it.
peer_of() {
	until_true 20 grep -q "subject=\"\?CN=$1 " "$T/scep.log"
	grep "subject=\"\?CN=$1" "$T/scep.log" | tail -n 1 |
	    sed 's/.* peer=\([^ ]*\).*/\1/'
}

start_nginx "$port"

# ---- one is blocked, the others are not ----

bad 127.0.0.2 4 "$URL"
same "four failures are four" "$(grep -c ' refused 2 ' "$T/bad.out")" 4
same "… and block nobody" "$(code 127.0.0.2 "$URL")" 400
bad 127.0.0.2 1 "$URL"
same "the fifth is answered, too" \
    "$(grep -c ' refused 2 ' "$T/bad.out")" 1
same "the sixth is not" "$(code 127.0.0.2 "$URL")" 429
like "it says when to come again" "$T/head" \
    '^Retry-After: ([12]?[1-9]|10|20|30).?$'
same "somebody else's garbage is read as ever" "$(code 127.0.0.3 "$URL")" 400
verdict "somebody else goes on" good 127.0.0.3 "$URL"
same "capabilities are for him, too" "$(curl -s -o "$T/body" -w '%{http_code}' \
    --interface 127.0.0.2 "$URL?operation=GetCACaps")" 200
verdict "after its time it is over" \
    until_true 60 is_code 127.0.0.2 400 "$URL"
verdict "… and a right one is granted" good 127.0.0.2 "$URL"

# ---- he costs nothing ----

sed -i 's,^limit_failures.*,limit_failures = 5/1h,' "$CONF"
verdict "another limit" reload
# A line comes after its answer, and is counted after that.
n_read() { grep -c 'peer=127.0.0.2 .*txid=' "$T/scep.log"; }
is_read() { [ "$(n_read)" -eq "$1" ]; }
lines=$(($(n_read) + 5))
bad 127.0.0.2 5 "$URL"
verdict "five more are read" until_true 20 is_read "$lines"
verdict "all of it is reported" until_true 20 all_is_reported
before=$(figure "$asked")
before_away=$(figure "$turned_away")
before_lines=$(lines_429)
bad 127.0.0.2 30 "$URL"
same "each is turned away" "$(grep -c 'HTTP 429' "$T/bad.out")" 30
verdict "as a message that nobody has read" \
    until_true 20 figure_is "$turned_away" $((before_away + 30))
same "… of whatever type" "$(figure "$asked")" "$before"
same "… or transaction" "$(n_read)" "$lines"
is_lines() { [ "$(lines_429)" -eq "$1" ]; }
verdict "one line for each" until_true 20 is_lines $((before_lines + 30))
comes "with what mends it" "$T/scep.log" \
    'reason="127.0.0.2 is blocked until .* failures; scepadm limits clear --peer 127.0.0.2 '
like "… and, as it may be a proxy's, what to do then" "$T/scep.log" \
    'reason="127.0.0.2 is blocked .* client_address in scep.conf"'
same "metrics know of him" "$(figure '^scep_blocked[{]of="peer"')" 1
same "… and of his blocks" \
    "$(figure '^scep_blocks_total[{]of="peer",limit="failures"')" 2
id=$(sed -n 's/.* id=\([0-9a-f]*\) peer=127.0.0.2 .*too many req.*/\1/p' \
    "$T/scep.log" | head -n 1)
adm explain "$id" >"$T/explain" 2>&1
like "explain knows the first of a second" "$T/explain" 'HTTP 429'

# ---- the operator ----

bad 127.0.0.77 1 "$URL"
adm limits list >"$T/list"
like "he is listed" "$T/list" '^127.0.0.2 .*blocked .*failures'
unlike "others are not" "$T/list" '^127.0.0.77'
adm limits list --all --json >"$T/list.json"
verdict "… but counted" jq -e \
    'map(select(.state == "counted" and .peer == "127.0.0.77")) | length == 1' \
    "$T/list.json"
adm status >"$T/status"
like "status says so" "$T/status" '^blocked +1 addresses, 0 profiles'
status 2 "a name is no address" adm limits clear --peer gateway
status 2 "nor is what is not UTF-8, and it is not all" \
    adm limits clear --peer "$(printf 'x\377')"
status 2 "nor is there a profile of that name" \
    adm limits clear --peer 127.0.0.2 --profile
verdict "another one is cleared" adm limits clear --peer 127.0.0.77
same "… which does not help him" "$(code 127.0.0.2 "$URL")" 429
verdict "he is cleared" adm limits clear --peer 127.0.0.2
same "… and in again at once" "$(code 127.0.0.2 "$URL")" 400
verdict "… with all his failures" good 127.0.0.2 "$URL"

# ---- two profiles ----

bad 127.0.0.5 3 "$URL/other"
bad 127.0.0.6 3 "$URL/other"
same "six failures by two close a profile" \
    "$(code 127.0.0.7 "$URL/other")" 429
verdict "the others are open, for them too" good 127.0.0.6 "$URL"
comes "the line says which" "$T/scep.log" \
    'reason="other is blocked .*limits clear --profile other '
verdict "it is opened again" adm limits clear --profile other
verdict "… for everybody" bot -F 127.0.0.7 -C "$T/other.ch" "$URL/other"
bot -F 127.0.0.8 -C "$T/brisk.ch" -n 5 "$URL/brisk" >"$T/brisk.out" 2>&1
same "three messages are served" "$(grep -c ' granted ' "$T/brisk.out")" 3
same "… and no more" "$(grep -c 'HTTP 429' "$T/brisk.out")" 2

# ---- reload and restart ----

bad 127.0.0.4 5 "$URL"
same "one is blocked" "$(code 127.0.0.4 "$URL")" 429
read_of_4() { [ "$(grep -c 'peer=127.0.0.4 .*txid=' "$T/scep.log")" = 5 ]; }
until_true 20 read_of_4
verdict "a reload" reload
same "keeps him out" "$(code 127.0.0.4 "$URL")" 429
bad 127.0.0.4 5 "$URL"
not_read_of_4() {
	[ "$(grep -c 'peer=127.0.0.4 .*status=429' "$T/scep.log")" = 7 ]
}
verdict "… each time" until_true 20 not_read_of_4
verdict "… by workers that came after it" read_of_4
sed -i 's,^limit_failures.*,limit_failures = off,' "$CONF"
verdict "a reload without the limit" reload
verdict "lets him in" until_true 20 is_code 127.0.0.4 400 "$URL"
bad 127.0.0.4 20 "$URL"
same "… and counts nobody" "$(grep -c ' refused 2 ' "$T/bad.out")" 20
cp "$T/first.conf" "$CONF"
sed -i 's,^limit_failures.*,limit_failures = 5/1h,' "$CONF"
grep -q '^listen' "$CONF" ||
    sed -i "s,^\[server\],&\nlisten = unix:$T/scep.sock," "$CONF"
reload >/dev/null 2>&1
bad 127.0.0.4 5 "$URL"
same "he is blocked anew" "$(code 127.0.0.4 "$URL")" 429

# ---- another instance, and plain CGI, ask the same CA ----

cgi_port=$(free_port)
mkdir -p "$T/cgi"
cp "$FCGI" "$T/cgi/scep.fcgi"
cat >"$T/cgi.conf" <<CONFIG
server.modules = ( "mod_alias", "mod_cgi", "mod_setenv" )
server.document-root = "$T/cgi"
server.bind = "127.0.0.1"
server.port = $cgi_port
server.errorlog = "$T/cgi.log"
server.breakagelog = "$T/cgi-scep.log"
alias.url = ( "/scep" => "$T/cgi/scep.fcgi" )
setenv.set-environment = ( "SCEP_CONF" => "$CONF" )
cgi.assign = ( ".fcgi" => "" )
CONFIG
lighttpd -D -f "$T/cgi.conf" >>"$T/cgi.log" 2>&1 &
own $!
CGI_URL=http://127.0.0.1:$cgi_port/scep
until_true 30 caps_ok "$CGI_URL"
bad 127.0.0.4 1 "$CGI_URL"
like "a CGI run gets the same answer from the owner" "$T/bad.out" 'HTTP 429'
verdict "… and says so in its log" until_true 20 grep -q \
    'peer=127.0.0.4 .*error="too many requests".*status=429' \
    "$T/cgi-scep.log"
verdict "… and another peer a certificate" good 127.0.0.3 "$CGI_URL"
bad 127.0.0.10 5 "$CGI_URL"
same "what fails there is counted here" "$(code 127.0.0.10 "$URL")" 429

other_port=$(free_port)
sed "s,^listen.*,listen = unix:$T/other.sock," "$CONF" >"$T/ca/other.conf"
"$FCGI" -c "$T/ca/other.conf" >>"$T/other.log" 2>&1 &
other=$!
own "$other"
sed -e "s,unix:$T/scep.sock,unix:$T/other.sock," \
    -e "s,127.0.0.1:$port,127.0.0.1:$other_port," \
    -e "s,$T/nginx/,$T/nginx2/,g" "$T/nginx.conf" >"$T/nginx2.conf"
mkdir -p "$T/nginx2"
until_true 30 test -S "$T/other.sock"
nginx -p "$T/nginx2" -c "$T/nginx2.conf" >>"$T/nginx.log" 2>&1 &
own $!
OTHER_URL=http://127.0.0.1:$other_port/scep
until_true 30 caps_ok "$OTHER_URL"
same "another instance's workers know him" "$(code 127.0.0.4 "$OTHER_URL")" \
    429
same "… and nobody else" "$(code 127.0.0.3 "$OTHER_URL")" 400
stop "$other"

# ---- whose address it is ----

adm limits clear >/dev/null
bad 127.0.0.2 2 -l 'X-Forwarded-For: 198.51.100.1' -s /CN=plain "$URL"
same "without configuration a header is nothing" "$(peer_of plain)" 127.0.0.2
sed -i 's,^\[server\],&\nclient_address = HTTP_X_FORWARDED_FOR,' "$CONF"
status 78 "a header that anybody may write is no address" \
    adm check
sed -i 's,^\[server\],&\ntrusted_proxies = 127.0.0.9 10.0.0.0/8,' "$CONF"
verdict "… unless a proxy writes it" reload
bad 127.0.0.9 1 -l 'X-Forwarded-For: 198.51.100.1' -s /CN=proxy "$URL"
same "whom the proxy names" "$(peer_of proxy)" 198.51.100.1
bad 127.0.0.2 1 -l 'X-Forwarded-For: 198.51.100.1' -s /CN=spoof "$URL"
same "… and nobody else" "$(peer_of spoof)" 127.0.0.2
bad 127.0.0.9 1 -l 'X-Forwarded-For: 1.2.3.4, 198.51.100.2, 10.0.0.7' \
    -s /CN=chain "$URL"
same "what a client put in front is not looked at" "$(peer_of chain)" \
    198.51.100.2
bad 127.0.0.9 1 -l 'X-Forwarded-For: 198.51.100.2, x' -s /CN=broken "$URL"
same "what is no address is nothing" "$(peer_of broken)" 127.0.0.9
bad 127.0.0.9 1 -s /CN=silent "$URL"
same "a proxy that says nothing is himself" "$(peer_of silent)" 127.0.0.9

adm limits clear >/dev/null
bad 127.0.0.9 5 -l 'X-Forwarded-For: 198.51.100.1' "$URL"
same "he is blocked behind it" "$(code 127.0.0.9 \
    -H 'X-Forwarded-For: 198.51.100.1' "$URL")" 429
same "… whatever else he says" "$(code 127.0.0.9 \
    -H 'X-Forwarded-For: 198.51.100.7, 198.51.100.1' "$URL")" 429
same "his neighbour is not" "$(code 127.0.0.9 \
    -H 'X-Forwarded-For: 198.51.100.2' "$URL")" 400
same "nor is the proxy" "$(code 127.0.0.9 "$URL")" 400
verdict "a challenge is good from there" good 127.0.0.9 \
    -l 'X-Forwarded-For: 198.51.100.2' "$URL"
same "nobody is blocked by what somebody else says" "$(code 127.0.0.2 \
    -H 'X-Forwarded-For: 198.51.100.1' "$URL")" 400
for i in 1 2 3 4 5; do
	bad 127.0.0.9 1 -l "X-Forwarded-For: 2001:db8:1:1::$i" "$URL"
done
same "an IPv6 /64 is one" "$(code 127.0.0.9 \
    -H 'X-Forwarded-For: 2001:db8:1:1:f::1' "$URL")" 429
same "… and the next one another" "$(code 127.0.0.9 \
    -H 'X-Forwarded-For: 2001:db8:1:2::1' "$URL")" 400
adm limits list >"$T/list"
like "it is listed so" "$T/list" '^2001:db8:1:1::/64 '
verdict "… and cleared by any of its addresses" \
    adm limits clear --peer 2001:db8:1:1::9
same "… it is in again" "$(code 127.0.0.9 \
    -H 'X-Forwarded-For: 2001:db8:1:1:f::1' "$URL")" 400

# ---- who takes the place of a worker that leaves for a reload ----

# is_traced PID: all of its threads; strace has one of them after the other.
is_traced() {
	[ -z "$(grep -L '^TracerPid:.*[1-9]' "/proc/$1/task"/*/status)" ]
}
have_left() {
	for _worker in $before; do gone_or_zombie "$_worker" || return; done
}
how_many() { grep -c 'configuration [0-9]* is in force' "$T/scep.log"; }
# held_up WHAT PID CALL COMMAND…: which reloads, while this process is held up
# behind each such call.  Who is blocked is known by a header that is not
# believed any more by what is put in force.
held_up() {
	_what=$1
	_pid=$2
	_call=$3
	shift 3
	cp "$CONF" "$T/proxy.conf"
	sed -i '/^client_address/d; /^trusted_proxies/d' "$CONF"
	adm limits clear >/dev/null
	bad 127.0.0.9 5 -l 'X-Forwarded-For: 198.51.100.1' "$URL"
	before=$(workers_of "$SUPERVISOR")
	n=$(how_many)
	strace -f -qq -o "$T/held.out" -e "trace=$_call" \
	    -e "inject=$_call:delay_exit=4000000" -p "$_pid" 2>"$T/held.err" &
	tracer=$!
	own "$tracer"
	if until_true 10 is_traced "$_pid"; then
		"$@" >"$T/reload.out" 2>&1 &
		reloading=$!
		until_true 30 have_left
		same "$_what" "$(code 127.0.0.9 \
		    -H 'X-Forwarded-For: 198.51.100.1' "$URL")" 400
		wait "$reloading"
		same "… which is a good one" "$(how_many)" $((n + 1))
	else
		skip "$_what" "no process can be traced here"
	fi
	stop "$tracer" INT
	cp "$T/proxy.conf" "$CONF"
	verdict "the configuration of before" reload
}
what="a reload: who takes a worker's place works by what is in force"
if [ -z "${BIN##*asan*}" ] || [ -z "${BIN##*tsan*}" ]; then
	skip "$what" "a sanitizer's build"
elif ! command -v strace >/dev/null; then
	skip "$what" "strace is not installed"
else
	# When it has told the workers that what they began with is over, whoever
	# is started knows already what is in force.
	held_up "$what" "$(ca_of "$SUPERVISOR")" write adm reload
	# When it has passed on SIGHUP, the workers leave before it looks again.
	held_up "$what, though the supervisor was late" "$SUPERVISOR" kill \
	    kill -HUP "$SUPERVISOR"
fi

# ---- a restart forgets; lighttpd ----

stop "$SERVER"
stop "$SUPERVISOR"
status 1 "without a server there is nothing to list" adm limits list
sed -i '/^listen/d' "$CONF"
port=$(free_port)
: >"$T/scep.log"
start_lighttpd "$port"
same "after a restart nobody is blocked" "$(code 127.0.0.9 \
    -H 'X-Forwarded-For: 198.51.100.1' "$URL")" 400
bad 127.0.0.2 5 "$URL"
same "lighttpd: he is blocked" "$(code 127.0.0.2 "$URL")" 429
like "… told until when" "$T/head" '^Retry-After: [0-9]+'
verdict "somebody else goes on" good 127.0.0.3 "$URL"
bad 127.0.0.9 1 -l 'X-Forwarded-For: 198.51.100.1' -s /CN=proxy "$URL"
same "whom the proxy names" "$(peer_of proxy)" 198.51.100.1
bad 127.0.0.2 1 -l 'X-Forwarded-For: 198.51.100.9' -s /CN=no "$URL"
like "a header does not let him in" "$T/bad.out" 'HTTP 429'
twice=$(printf 'X_Forwarded_For: 1.2.3.4\r\nX-Forwarded-For: 198.51.100.3')
bad 127.0.0.9 1 -l "$twice" -s /CN=twice "$URL"
case $(peer_of twice) in
198.51.100.3|127.0.0.9) ok "nor does another spelling of it" ;;
*) not_ok "another spelling of the header: $(peer_of twice)" ;;
esac

# ---- plain CGI without a server has no memory ----

stop "$SERVER"
bad 127.0.0.2 7 "$CGI_URL"
same "runs by themselves count nothing" \
    "$(grep -c ' refused 2 ' "$T/bad.out")" 7

# ---- a kernel that has no memory to be shared ----

if [ -z "${BIN##*asan*}" ] || [ -z "${BIN##*tsan*}" ]; then
	skip "a kernel without memfd_create" "a sanitizer's build"
elif ! command -v strace >/dev/null; then
	skip "a kernel without memfd_create" "strace is not installed"
else
	cat >"$T/old-kernel" <<SCRIPT
#!/bin/sh
exec strace -D -f -qq -o "$T/strace.out" -e trace=memfd_create \\
    -e inject=memfd_create:error=ENOSYS "$FCGI" "\$@"
SCRIPT
	chmod 755 "$T/old-kernel"
	port=$(free_port)
	FCGI=$T/old-kernel start_nginx "$port"
	comes "… which had none" "$T/strace.out" 'ENOSYS.*INJECTED'
	comes "… and says so" "$T/scep.log" 'memfd_create, Linux 5.1.*workers'
	bad 127.0.0.2 6 "$URL"
	same "… answers five failures" "$(grep -c ' refused 2 ' \
	    "$T/bad.out")" 5
	same "… and not the sixth" "$(grep -c 'HTTP 429' "$T/bad.out")" 1
	verdict "… and the others" good 127.0.0.3 "$URL"
fi

finish
