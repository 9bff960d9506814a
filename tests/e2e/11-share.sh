#!/bin/sh
# 11-share - several scep.fcgi on one state: they share the owner, and when it
# dies another takes over, within 2 seconds and without loss.  lighttpd with
# max-procs above 1 makes such a house by itself.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/pace.sh"

KILLS=${KILLS:-10}
port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"

# ---- lighttpd, max-procs = 3 ----

mkdir -p "$T/www"
cat >"$T/lighttpd.conf" <<CONFIG
server.modules = ( "mod_fastcgi" )
server.document-root = "$T/www"
server.bind = "127.0.0.1"
server.port = $port
server.errorlog = "$T/lighttpd.log"
server.breakagelog = "$T/scep.log"
server.max-request-field-size = 65536
server.http-parseopts = ( "url-ctrls-reject" => "disable" )
fastcgi.server = ( "/scep" => ((
	"bin-path" => "$FCGI -c $CONF",
	"socket" => "$T/lighttpd.sock",
	"max-procs" => 3,
	"check-local" => "disable"
)) )
CONFIG
lighttpd -D -f "$T/lighttpd.conf" >>"$T/lighttpd.log" 2>&1 &
SERVER=$!
own "$SERVER"
URL=http://127.0.0.1:$port/scep
verdict "lighttpd with three scep.fcgi answers" until_true 30 caps_ok "$URL"
supervisors() {
	for _p in $(ps -o pid= --ppid "$SERVER"); do
		[ "$(ps -o comm= -p "$_p")" = scep.fcgi ] && echo "$_p"
	done
}
owner() { cat "$T/ca/state/lock"; }
owner_lives() { [ "$(ps -o comm= -p "$(owner)")" = scep-ca ]; }
three() { [ "$(supervisors | wc -l)" -eq 3 ]; }
verdict "there are three of them" until_true 30 three
shared() { [ "$(grep -c 'shared with its owner' "$T/scep.log")" -eq 2 ]; }
verdict "the others share it" until_true 20 shared
owners() { grep -c 'msg="ready: [0-9]* workers, state [^ ]*"' "$T/scep.log"; }
owned() { [ "$(owners)" -ge 1 ]; }
until_true 10 owned
same "one owns the state" "$(owners)" 1

adm challenge add --count 60 --ttl 2h >"$T/many.ch" 2>/dev/null
verdict "devices enrol through all of them" bot -K -t random -C "$T/many.ch" \
    -s "/CN=many-%d" -n 60 -j 12 "$URL"
same "each certificate is there" "$(n_certs)" 60

# ---- the owner dies under load ----

load() {
	_round=0
	while [ -e "$T/load" ]; do
		_round=$((_round + 1))
		adm challenge add --count 20 --ttl 2h >"$T/load.ch" \
		    2>/dev/null || { sleep 0.1; continue; }
		bot -K -t random -C "$T/load.ch" -s "/CN=load-$_round-%d" \
		    -n 20 -j 4 -w 20 "$URL" >>"$T/acks" 2>>"$T/bot.err"
	done
}
: >"$T/load"
load &
load_pid=$!
own "$load_pid"
verdict "a load is on" until_true 60 grep -q granted "$T/acks"
pace_watch
adm challenge add --count $((3 * KILLS)) --ttl 2h >"$T/probes" 2>/dev/null
# An enrolment while nothing dies, and how long it takes on this machine now.
# One of them may have had bad luck, and excuses one probe.
calm() {
	calm_no=$((calm_no + 1))
	sed -n "$((KILLS + calm_no))p" "$T/probes" >"$T/calm"
	_begin=$(now_ms)
	bot -k "$T/probe.key" -t random -C "$T/calm" -w 60 \
	    -s "/CN=calm-$calm_no" "$URL" >>"$T/acks" 2>&1 || late=$((late + 1))
	ms=$(($(now_ms) - _begin))
	echo "$ms" >>"$T/calms"
	[ $((20 * ms)) -le "$limit" ] || limit=$((20 * ms))
}
calm_no=0
late=0
slowest=0
no=0
while [ "$no" -lt "$KILLS" ]; do
	no=$((no + 1))
	limit=2000
	calm
	until_true 30 owner_lives
	victim=$(owner)
	kill -KILL "$victim" || late=$((late + 1))
	begin=$(now_ms)
	sed -n "${no}p" "$T/probes" >"$T/probe"
	bot -k "$T/probe.key" -t random -C "$T/probe" -w 60 \
	    -s "/CN=probe-$no" "$URL" >>"$T/acks" 2>&1 || late=$((late + 1))
	took=$(($(now_ms) - begin))
	[ "$took" -gt "$slowest" ] && slowest=$took
	echo "$took" >>"$T/tooks"
	if [ "$took" -gt "$limit" ]; then
		still=$(stood_still "$begin" $((begin + took)))
		calm		# the machine may have become busy meanwhile
		note "probe $no: $took ms, where $limit are allowed; in" \
		    "$still of them nothing at all went on"
		[ $((took - still)) -le "$limit" ] || late=$((late + 1))
	fi
	until_true 30 sh -c "[ \"\$(cat $T/ca/state/lock)\" != $victim ]"
done
same "the owner dies, another takes over within 2 s, $KILLS times" "$late" 0
# Most of them are held to ten times what most calm ones take.
most() { sort -n "$1" | sed -n "$((($(wc -l <"$1") + 1) / 2))p"; }
limit=$((10 * $(most "$T/calms")))
[ "$limit" -ge 2000 ] || limit=2000
verdict "most of the times as fast as that" \
    [ "$(most "$T/tooks")" -le "$limit" ]
note "the slowest answer came after $slowest ms, half of them in" \
    "$(most "$T/tooks"), in $(most "$T/calms") when nothing died"
pace_end
rm "$T/load"
until_true 120 gone_or_zombie "$load_pid"
adm cert list --json | jq -r '.[].serial | ascii_upcase' |
    sed 's/[^0-9A-F]//g' | sort >"$T/stored"
sed -n 's/^[0-9]* granted \([0-9A-F]*\).*/\1/p' "$T/acks" | sort >"$T/acked"
note "$(wc -l <"$T/acked") acknowledged, $(wc -l <"$T/stored") stored"
same "no acknowledged certificate is lost" \
    "$(comm -23 "$T/acked" "$T/stored" | wc -l)" 0
same "no serial twice" "$(uniq -d "$T/stored" | wc -l)" 0
same "no enrolment was refused" "$(grep -c refused "$T/acks")" 0
unlike "no lock that nobody gives back, no damage" "$T/scep.log" \
    'corrupt|checksum error|panic|RUNRECOVERY'

# ---- the owner is stopped: another takes over without a lost request ----

victim=$(owner)
kill -KILL "$victim"
taken_over() { [ "$(owner)" != "$victim" ] && owner_lives && adm cert list; }
verdict "another takes over" until_true 30 taken_over
until_true 30 caps_ok "$URL"
adm challenge add --count 40 --ttl 2h >"$T/stop.ch" 2>/dev/null
# The bots know the CA, for they end where GetCACert is a 503.
cat "$T/ca/ca.pem" "$T/ca/ra.pem" >"$T/cas.pem"
bot -V "$T/cas.pem" -K -t random -C "$T/stop.ch" -s "/CN=stop-%d" -n 40 -j 4 \
    "$URL" >"$T/stop.out" 2>&1 &
bots=$!
own "$bots"
until_true 60 grep -q granted "$T/stop.out"
victim=$(owner)
kill -TERM "$victim"
wait "$bots"
note "$(grep -c granted "$T/stop.out") granted," \
    "$(grep -c 'HTTP 503' "$T/stop.out") told to try again"
same "the owner is stopped: nothing is refused or hung up on" \
    "$(grep -v -c -E ' granted | error .*503' "$T/stop.out")" 0
verdict "it has ended" until_true 30 gone_or_zombie "$victim"
verdict "and an enrolment goes through" sh -c "'$ADM' -c '$CONF' challenge add \
    >'$T/after.ch' 2>/dev/null && '$BOT' -w 60 -C '$T/after.ch' -s /CN=after \
    '$URL'"
stop "$SERVER"

# ---- by themselves: a standby that is stopped, and one whose owner ends ----

sed -i "s,^\[server\],&\nlisten = unix:$T/one.sock\nrequest_timeout = 300s," \
    "$CONF"
sed "s,$T/one.sock,$T/two.sock," "$CONF" >"$T/ca/two.conf"
start_fcgi
one=$SUPERVISOR
owns() { _ca=$(ca_of "$one") && [ "$(owner)" = "$_ca" ]; }
verdict "one by itself owns the state" until_true 20 owns
"$FCGI" -c "$T/ca/two.conf" >>"$T/two.log" 2>&1 &
two=$!
own "$two"
verdict "a second instance shares the state" until_true 30 grep -q shared \
    "$T/two.log"
# caps SOCKET [PATH]: GetCACaps without a web server.
caps() {
	REQUEST_METHOD=GET QUERY_STRING=operation=GetCACaps PATH_INFO=${2:-} \
	    timeout 30 cgi-fcgi -bind -connect "$1" 2>/dev/null
}
ask() { caps "$1" | grep -q AES; }
verdict "the owner's instance answers" ask "$T/one.sock"
verdict "and the second" ask "$T/two.sock"
# ---- SIGHUP to the one that does not own the state ----

profile() {		# FILE NAME
	printf '\n[profile %s]\nca = main\nauthorise = challenge\n' "$2" \
	    >>"$1"
}
# knows SOCKET PROFILE
knows() { caps "$1" "/$2" | grep -q AES; }
lacks() { caps "$1" "/$2" | grep -q '^Status: 404'; }
cp "$CONF" "$T/one.good"
cp "$T/ca/two.conf" "$T/two.good"
profile "$CONF" extra
profile "$T/ca/two.conf" extra
crew="$(workers_of "$one") $(workers_of "$two")"
kill -HUP "$two"
verdict "the wish is passed on, and the owner's configuration is new" \
    until_true 30 knows "$T/one.sock" extra
verdict "for both" until_true 30 knows "$T/two.sock" extra
crew_gone() {
	for _pid in $crew; do
		gone_or_zombie "$_pid" || return
	done
}
verdict "and the workers of before have left" until_true 20 crew_gone
echo nonsense >>"$CONF"
kill -HUP "$two"
verdict "what the owner refuses is refused" until_true 30 grep -q \
    'answers .*ok.x22:false' "$T/two.log"
verdict "and the old one goes on" knows "$T/two.sock" extra
cp "$T/one.good" "$CONF"
# Another state in the file of the standby: nothing of it is taken.
mkdir -m 700 "$T/ca/state2"
sed -i "s,^state = .*,state = $T/ca/state2," "$T/ca/two.conf"
kill -HUP "$two"
verdict "a profile that is withdrawn is gone" until_true 30 lacks \
    "$T/one.sock" extra
verdict "for both, whatever the other file says" until_true 30 lacks \
    "$T/two.sock" extra
verdict "which still answers" ask "$T/two.sock"
comes "another state takes a restart" "$T/two.log" 'takes a restart'
cp "$T/two.good" "$T/ca/two.conf"

"$FCGI" -c "$T/ca/two.conf" >"$T/third.log" 2>&1
same "a third one on the same socket: 75" $? 75
# A client of the second that sends half a body must not hold up its stop.
: >"$T/holding"
{
	printf x
	while [ -e "$T/holding" ]; do
		sleep 0.2
	done
} | REQUEST_METHOD=POST CONTENT_LENGTH=1000 \
    QUERY_STRING=operation=PKIOperation \
    cgi-fcgi -bind -connect "$T/two.sock" >"$T/slow.out" 2>&1 &
slow=$!
own "$slow"
# A worker has accepted it (ss tells nothing of it before), and read all that
# there is.
half() {
	ss -Hxn state established | grep -F "$T/two.sock" |
	    awk '$2 == 0 { ok = 1 } END { exit !ok }'
}
verdict "half a body has come to the second" until_true 30 half
kill -TERM "$one"
verdict "the owner stops, and the second owns the state" until_true 20 \
    grep -q 'state [^ ]*/state"' "$T/two.log"
wait "$one"
same "with 0" $? 0
verdict "while the client still waits" half
rm -f "$T/holding"
kill "$slow" 2>/dev/null
verdict "and answers" ask "$T/two.sock"
status 0 "and scepadm finds it" adm challenge list
start_fcgi
three=$SUPERVISOR
verdict "a new one shares with it" until_true 30 ask "$T/one.sock"

# ---- nobody takes over with a file that cannot be used ----

cp "$CONF" "$T/one.good"
echo nonsense >>"$CONF"
crew=$(workers_of "$two")
kill -KILL "$(ca_of "$two")" "$two"
refuses() { grep -q 'CA process [0-9]* exited with 78' "$T/scep.log"; }
verdict "a bad file: it does not take over" until_true 30 refuses
cp "$T/one.good" "$CONF"
verdict "mended, it does, by itself" until_true 30 ask "$T/one.sock"
# Its socket is in use until the last worker has ended.
until_true 20 crew_gone
"$FCGI" -c "$T/ca/two.conf" >>"$T/two.log" 2>&1 &
two=$!
own "$two"
verdict "the other one is back" until_true 30 ask "$T/two.sock"
kill -TERM "$three"
wait "$three"
same "a standby stops: 0" $? 0
verdict "which hurts nobody" ask "$T/two.sock"
kill -TERM "$two"
wait "$two"
same "and the last: 0" $? 0
finish
