#!/bin/sh
# 05-durability - kill -9 under load: nothing acknowledged is lost.
#
# The worker, the CA process and the supervisor die KILLS times each.  The
# supervisor comes back as under a web server: a loop starts it again.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/pace.sh"

KILLS=${KILLS:-20}
port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"

# What a web server's process manager does.
keeper() {
	trap 'kill -TERM "$_child" 2>/dev/null; wait "$_child"; exit 0' TERM
	while :; do
		"$FCGI" -c "$CONF" </dev/null >>"$T/scep.log" 2>&1 &
		_child=$!
		echo "$_child" >"$T/supervisor"
		wait "$_child"
	done
}

start_fcgi() {
	keeper &
	own $!
}

start_nginx "$port"
supervisor() { cat "$T/supervisor"; }

# A list of challenges for each round of load.
challenges() {		# FILE COUNT
	adm challenge add --count "$2" --ttl 2h >"$1" 2>/dev/null
}

# Load that does not stop while $T/load is there.  Each client tries again
# after an HTTP error, as a device does, under the same transactionID.
load() {		# NUMBER
	_round=0
	while [ -e "$T/load" ]; do
		_round=$((_round + 1))
		challenges "$T/load.$1" 40 || { sleep 0.1; continue; }
		bot -K -t random -C "$T/load.$1" -s "/CN=load-$1-$_round-%d" \
		    -n 40 -j 3 -w 20 "$URL" >>"$T/acks.$1" 2>>"$T/bot.err"
	done
}

: >"$T/load"
for n in 1 2; do
	load "$n" &
	eval "load_$n=\$!"
	own $!
done
verdict "a load is on" until_true 60 grep -q granted "$T/acks.1"

# The probe: a fresh enrolment, to the certificate, within 2 seconds; or 20
# times as long as one takes while nothing dies, if this machine is so slow or
# so busy that this is more.  One calm enrolment may have had bad luck, and
# excuses one probe: most probes are held to ten times what most calm ones take.
# What the whole machine stood still in is nobody's fault.
pace_watch
probes=$((9 * KILLS + 5))
challenges "$T/probes" "$probes"
probe_no=0
slowest=0
late=0
enrol() {		# sets _rc and _ms
	probe_no=$((probe_no + 1))
	sed -n "${probe_no}p" "$T/probes" >"$T/probe"
	_begin=$(now_ms)
	bot -k "$T/probe.key" -t random -C "$T/probe" -w 60 \
	    -s "/CN=probe-$probe_no" "$URL" >"$T/probe.out" 2>&1
	_rc=$?
	_ms=$(($(now_ms) - _begin))
	cat "$T/probe.out" >>"$T/acks.probe"
}
calm() {
	enrol
	[ "$_rc" -eq 0 ] || {
		note "while nothing died: status $_rc: $(cat "$T/probe.out")"
		late=$((late + 1))
	}
	echo "$_ms" >>"$T/calm"
	[ $((20 * _ms)) -le "$limit" ] || limit=$((20 * _ms))
}
probe() {
	enrol
	_status=$_rc
	_took=$_ms
	echo "$_took" >>"$T/took"
	[ "$_took" -gt "$slowest" ] && slowest=$_took
	[ "$_status" -ne 0 ] || [ "$_took" -gt "$limit" ] || return 0
	_still=$(stood_still "$_begin" $((_begin + _took)))
	note "probe $probe_no: status $_status after $_took ms," \
	    "$_still of which nothing went on: $(cat "$T/probe.out")"
	_took=$((_took - _still))
	calm			# the machine may have become busy meanwhile
	[ "$_status" -eq 0 ] && [ "$_took" -le "$limit" ] || late=$((late + 1))
}
limit=2000
probe

# most FILE: what half of them do not exceed.
most() { sort -n "$1" | sed -n "$((($(wc -l <"$1") + 1) / 2))p"; }
# On the whole it is 2 s, too.
in_time() {
	_most=$((10 * $(most "$T/calm")))
	[ "$_most" -ge 2000 ] || _most=2000
	[ "$(most "$T/took")" -le "$_most" ]
}

victim() {		# WHAT
	case $1 in
	worker)	workers_of "$(supervisor)" | shuf -n 1 ;;
	CA)	ca_of "$(supervisor)" ;;
	*)	supervisor ;;
	esac
}

for what in worker CA supervisor; do
	late=0
	slowest=0
	limit=2000
	rm -f "$T/calm" "$T/took"
	calm
	killed=0
	tries=0
	while [ "$killed" -lt "$KILLS" ]; do
		pid=
		until_true 5 sh -c "test -s '$T/supervisor'"
		pid=$(victim "$what")
		if [ -z "$pid" ] || ! kill -KILL "$pid" 2>/dev/null; then
			sleep 0.2
			tries=$((tries + 1))
			[ "$tries" -lt 300 ] && continue
			not_ok "there is a $what to kill"
			break
		fi
		killed=$((killed + 1))
		tries=0
		probe
		limit=2000
		calm
	done
	same "$what killed: service within 2 s each time [T-101]" \
	    "$late late of $killed" "0 late of $KILLS"
	verdict "$what killed: most of them are as fast as that" in_time
	note "$what: the slowest answer came after $slowest ms," \
	    "half of them in $(most "$T/took"), in $(most "$T/calm")" \
	    "when nothing died"
done

pace_end
rm "$T/load"
until_true 120 gone_or_zombie "$load_1"
until_true 120 gone_or_zombie "$load_2"

# ---- the books ----

adm cert list --json >"$T/certs.json"
jq -r '.[].serial | ascii_upcase' "$T/certs.json" | sed 's/[^0-9A-F]//g' |
    sort >"$T/stored"
sed -n 's/^[0-9]* granted \([0-9A-F]*\).*/\1/p' "$T"/acks.* | sort >"$T/acked"
note "$(wc -l <"$T/acked") acknowledged, $(wc -l <"$T/stored") stored"
same "enough was going on" "$([ "$(wc -l <"$T/acked")" -gt $((3 * KILLS)) ] &&
    echo yes)" yes
same "no acknowledged certificate is lost [C-176]" \
    "$(comm -23 "$T/acked" "$T/stored" | wc -l)" 0
same "no serial twice [T-95]" "$(uniq -d "$T/stored" | wc -l)" 0
same "a retry of an unanswered request gave no second certificate [C-205]" \
    "$(jq -r '.[].subject' "$T/certs.json" | sort | uniq -d | wc -l)" 0
same "no enrolment was refused" "$(cat "$T"/acks.* | grep -c refused)" 0
adm challenge list --json >"$T/challenges.json"
same "as many challenges used as certificates issued" \
    "$(jq '[.[].used] | add' "$T/challenges.json")" \
    "$(wc -l <"$T/stored" | tr -d ' ')"
unlike "the log says nothing of damage" "$T/scep.log" \
    'corrupt|checksum error|panic|RUNRECOVERY'
verdict "check finds nothing" adm check
finish
