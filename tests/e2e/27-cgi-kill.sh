#!/bin/sh
# 27-cgi-kill - CGI runs killed with -9 at random moments: nothing
# acknowledged is lost, no lock stays, and the next run goes on.
#
# lighttpd starts a scep.fcgi for each request, and no server owns the state.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/servers.sh"

KILLS=${KILLS:-50}
port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_lighttpd_cgi "$port"
verdict "lighttpd with scep.fcgi by CGI answers" until_true 30 caps_ok "$URL"

# ---- load: each client tries again, as a device does ----

adm challenge add --count 10000 --ttl 2h >"$T/challenges" 2>/dev/null
load() {
	_round=0
	while [ -e "$T/load" ] && [ "$_round" -lt 1000 ]; do
		sed -n "$((_round * 10 + 1)),$((_round * 10 + 10))p" \
		    "$T/challenges" >"$T/load.ch"
		_round=$((_round + 1))
		bot -K -t random -C "$T/load.ch" -s "/CN=load-$_round-%d" \
		    -n 10 -j 3 -w 30 "$URL" >>"$T/acks" 2>>"$T/bot.err"
	done
}
: >"$T/load"
load &
load_pid=$!
own "$load_pid"
verdict "devices enrol" until_true 60 grep -q granted "$T/acks" || exit 1

# ---- the kills ----

# One of the runs of the moment, before it has ended: by one look.
a_run() {
	ps -o pid=,stat=,comm= --ppid "$SERVER" |
	    awk '$2 !~ /^Z/ && $3 ~ /scep\.fcgi$/ { print $1 }' | shuf -n 1
}
killed=0
holders=0
tries=0
acked() { grep -c granted "$T/acks"; }
# On a slow machine more of them, until devices have got on between them, and
# one was hit that held the lock.
while [ "$tries" -lt 1500 ] && { [ "$killed" -lt "$KILLS" ] ||
    [ "$holders" -eq 0 ] || [ "$(acked)" -le $((KILLS / 3)) ]; }; do
	tries=$((tries + 1))
	sleep "0.0$(($(od -An -N2 -tu2 /dev/urandom) % 100))"
	pid=$(a_run)
	[ -n "$pid" ] || continue
	kill -KILL "$pid" 2>/dev/null || continue
	killed=$((killed + 1))
	# The lock file has the pid of whoever locked it last.
	[ "$(cat "$T/ca/state/lock" 2>/dev/null)" = "$pid" ] &&
	    holders=$((holders + 1))
done
rm "$T/load"
verdict "$KILLS runs were killed" test "$killed" -ge "$KILLS"
same "some of them while they had the store open" \
    "$([ "$holders" -gt 0 ] && echo yes)" yes
note "$holders of $killed held the lock;" \
    "$(grep -c 'recovered after an unclean stop' "$T/scep.log") recoveries"
verdict "the clients come to an end" until_true 180 gone_or_zombie "$load_pid"

# ---- the books ----

adm challenge add >"$T/after.ch" 2>/dev/null
begin=$(date +%s%N)
verdict "no lock stayed: an enrolment goes through at once" \
    bot -C "$T/after.ch" -s /CN=after "$URL"
note "after $((($(date +%s%N) - begin) / 1000000)) ms"
adm cert list --json >"$T/certs.json"
jq -r '.[].serial | ascii_upcase' "$T/certs.json" | sed 's/[^0-9A-F]//g' |
    sort >"$T/stored"
sed -n 's/^[0-9]* granted \([0-9A-F]*\).*/\1/p' "$T/acks" | sort >"$T/acked"
note "$(wc -l <"$T/acked") acknowledged, $(wc -l <"$T/stored") stored"
same "enough was going on" "$([ "$(wc -l <"$T/acked")" -gt $((KILLS / 3)) ] &&
    echo yes)" yes
same "no acknowledged certificate is lost" \
    "$(comm -23 "$T/acked" "$T/stored" | wc -l)" 0
same "no serial twice" "$(uniq -d "$T/stored" | wc -l)" 0
same "a retry of an unanswered request gave no second certificate" \
    "$(jq -r '.[].subject' "$T/certs.json" | sort | uniq -d | wc -l)" 0
same "no enrolment was refused" "$(grep -c refused "$T/acks")" 0
same "as many lines in issue.log as certificates" \
    "$(grep -c ' event=issued ' "$T/ca/state/issue.log")" \
    "$(wc -l <"$T/stored" | tr -d ' ')"
unlike "the log says nothing of damage" "$T/scep.log" \
    'corrupt|checksum error|panic|RUNRECOVERY'
verdict "check finds nothing" adm check
finish
