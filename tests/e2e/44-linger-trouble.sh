#!/bin/sh
# 44-linger-trouble - a server that a plain CGI run left behind, and what may
# befall it: workers that cannot work, a process that is stopped, an operator
# at work, a configuration or a program that has changed.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/linger.sh"

make_ca "$T/ca" "http://127.0.0.1/scep"
STATE=$T/ca/state
sed -i '/^log = /d' "$CONF"
sed -i 's,^\[server\],&\nlog = stderr syslog\nrequest_timeout = 20s\
linger = 60s,' "$CONF"
linger() { sed -i "s,^linger = .*,linger = $1," "$CONF"; }

mkdir "$T/bin"
FCGI_HERE=$T/bin/scep.fcgi
put_program() {
	cp "$FCGI" "$T/bin/new" && mv "$T/bin/new" "$FCGI_HERE"
}
put_program

# A CRL: that takes the state.
get() {			# FILE
	env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 REMOTE_ADDR=192.0.2.1 \
	    SCEP_CONF="$CONF" REQUEST_METHOD=GET PATH_INFO=/crl/main.crl \
	    QUERY_STRING= LD_LIBRARY_PATH="$T/bin" "$FCGI_HERE" </dev/null >"$1" 2>"$1.err"
}
http() { sed -n 's/^Status: \([0-9]*\).*/\1/p' "$1"; }
# One that has the state, and workers: $server.
start() {
	get "$T/start"
	found && get "$T/start" && ! grep -q op= "$T/start.err"
}
end() {
	stop "$server"
	until_true 10 is_gone
}

# ---- it hangs ----

verdict "a server lingers" start
same "it finds its libraries where the run did" \
    "$(tr '\0' '\n' <"/proc/$server/environ" | sort | tr '\n' ' ')" \
    "LD_LIBRARY_PATH=$T/bin SCEP_CONF=$CONF "
all="$server $(descendants "$server")"
halt "$server"
get "$T/out"
same "one whose supervisor is stopped is done without" "$(http "$T/out")" 200
like "by a run that serves itself" "$T/out.err" 'op='
like "and says so" "$T/out.err" 'no answer in time'
kill -CONT "$server"
# shellcheck disable=SC2086
halt $all
get "$T/out"
same "where all its processes are: 503" "$(http "$T/out")" 503
# shellcheck disable=SC2086
kill -CONT $all
answered() { get "$T/out" && [ "$(http "$T/out")" = 200 ]; }
until_true 20 answered
same "the control: it goes on" "$(http "$T/out")" 200
end

# ---- its workers find no owner ----

flock "$STATE/lock" sleep 300 &
locker=$!
own "$locker"
until_true 5 sh -c "! flock -n '$STATE/lock' true"
SCEP_CONF=$CONF python3 - "$STATE/cgi.sock" "$FCGI_HERE" 2>"$T/scep.log" \
    <<'PYTHON' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(5)
os.dup2(s.fileno(), 0)
os.setsid()
os.execv(sys.argv[2], ['scep.fcgi', '--idle=60'])
PYTHON
server=$!
own "$server"
until_true 10 workers "$server"
verdict "one that cannot serve does not wait for a minute" \
    until_true 15 gone_or_zombie "$server"
verdict "and takes its socket along" test ! -e "$STATE/cgi.sock"
pkill -P "$locker"
wait "$locker"
get "$T/out"
same "the control: with the lock a run is answered" "$(http "$T/out")" 200
verdict "and leaves one behind" found
end

# ---- operators ----

linger 10s
verdict "a server lingers for ten seconds" start
: >"$T/at-work"
python3 - "$STATE/admin.sock" "$T/at-work" <<'PYTHON' &
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
print('yes', file=open(sys.argv[2], 'w'), flush=True)
while os.path.exists(sys.argv[2]):
    time.sleep(0.1)
PYTHON
operator=$!
own "$operator"
verdict "an operator is at work" until_true 10 test -s "$T/at-work"
sleep 14
same "it stays while an operator is at work" "$(lingering)" "$server"
rm "$T/at-work"
wait "$operator"
verdict "and not for ever" until_true 40 is_gone

# ---- who ends it ----

linger 60s
verdict "a server lingers for a minute" start
kill "$(cat "$STATE/lock")"
verdict "SIGTERM to the process that its lock names ends it" \
    until_true 10 is_gone
verdict "its socket is gone" test ! -e "$STATE/cgi.sock"
verdict "and the state clean" test ! -e "$STATE/db/unclean"

# ---- what the next run finds ----

verdict "once more" start
challenge "$T/ch" --count 1000
same "it may write more than a log file" \
    "$(find "$STATE/db" -name 'log.*' -size +256k | wc -l)" 0
verdict "the control: so much was written" \
    test "$(find "$STATE/db" -name 'log.*' | sed 's/.*log\.0*//' |
    sort -n | tail -n 1)" -gt 2
end

# ---- another program ----

verdict "again" start
before=$server
get "$T/out"
same "who asks it does not end it" "$(lingering)" "$before"
put_program
get "$T/out"
same "when the program was replaced a run is answered" "$(http "$T/out")" 200
verdict "and the old one ends" until_true 10 gone "$before"
verdict "so that the new one serves" start
verdict "which is another" test "$before" != "$server"
end

verdict "check finds nothing" adm check
finish
