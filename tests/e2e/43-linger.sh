#!/bin/sh
# 43-linger - a server that a plain CGI run leaves behind: who starts it, who
# uses it, when it ends, and that all goes on where it does not answer.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/record.sh"
. "$ROOT/tests/e2e/linger.sh"

make_ca "$T/ca" "http://127.0.0.1/scep"
STATE=$T/ca/state
conf() {		# LINE…: of [server]
	for _line in "$@"; do
		sed -i "s,^\[server\],&\n$_line," "$CONF"
	done
}
sed -i '/^log = /d' "$CONF"
conf 'log = stderr syslog' 'request_timeout = 20s'
key() { sed -i "s,^$1 = .*,$1 = $2," "$CONF"; }

cgi() {
	env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 REMOTE_ADDR=192.0.2.1 \
	    SECRET=of-the-web-server SCEP_CONF="$CONF" "$@"
}
http() { sed -n 's/^Status: \([0-9]*\).*/\1/p' "$T/out"; }
get() {			# OPERATION
	cgi REQUEST_METHOD=GET QUERY_STRING="operation=$1" "$FCGI" \
	    </dev/null >"$T/out" 2>"$T/err"
}
post() {		# FILE
	cgi REQUEST_METHOD=POST QUERY_STRING=operation=PKIOperation "$FCGI" \
	    <"$1" >"$T/out" 2>"$T/err"
}

# ---- messages ----

get GetCACert
sed '1,/^\r$/d' "$T/out" >"$T/cacert"
challenge "$T/ch" --count 40
records "$T/message" -K -n 40 -t random -C "$T/ch" -s "/CN=linger-%d"
verdict "there are messages to send" test -s "$T/message.39"

# ---- without it nothing stays ----

post "$T/message.0"
same "a run by itself" "$(http)" 200
like "has its line" "$T/err" 'result=granted'
verdict "and leaves nothing behind" is_gone
verdict "no socket either" test ! -e "$STATE/cgi.sock"
sed "s,^\[server\],&\nlisten = unix:$T/sock," "$CONF" >"$T/ca/listen.conf"
"$FCGI" -c "$T/ca/listen.conf" --idle=1 </dev/null >"$T/out" 2>&1
same "--idle takes a socket at descriptor 0" "$?" 2
like "it says so" "$T/out" 'at descriptor 0'

conf 'linger = 60s'
sed 's/^log = .*/log = stderr/' "$CONF" >"$T/ca/quiet.conf"
status 78 "it needs syslog" "$ADM" -c "$T/ca/quiet.conf" check
verdict "the control: with it check finds nothing" adm check

# ---- who starts it ----

get GetCACaps
same "GetCACaps needs no state" "$(http)" 200
verdict "and starts nothing" is_gone
cgi REQUEST_METHOD=POST QUERY_STRING=operation=PKIOperation "$FCGI" \
    <"$T/message.1" 2>&1 | cat >"$T/out"
verdict "who reads its pipes need not wait until the server ends" is_there
same "a run that needs it answers by itself" "$(http)" 200
like "and has its line" "$T/out" 'result=granted'
verdict "a server stays, and owns the state" found
same "its environment is no client's" \
    "$(tr '\0' '\n' <"/proc/$server/environ" | cut -d= -f1)" SCEP_CONF
same "its descriptors are no web server's" \
    "$(readlink "/proc/$server/fd/1" "/proc/$server/fd/2" | sort -u)" \
    /dev/null
same "its socket is for its user alone" "$(stat -c %a "$STATE/cgi.sock")" 600

# ---- who uses it ----

post "$T/message.2"
same "it answers for the next run" "$(http)" 200
unlike "whose line is in its own log" "$T/err" 'result='
post "$T/message.1"
same "a retry gets its certificate" "$(http) $(n_certs)" "200 3"
get GetCACaps
like "GetCACaps comes from there, too" "$T/out" 'SCEPStandard'
unlike "without a line here" "$T/err" 'op=GetCACaps'
head -c 200000 /dev/zero >"$T/zeros"
post "$T/zeros"
same "200 kB that are no message: 400" "$(http)" 400
unlike "from there" "$T/err" 'op=PKIOperation'
head -c 300000 /dev/zero >"$T/zeros"
post "$T/zeros"
same "300 kB: 413" "$(http)" 413
at_once() {		# FIRST NUMBER
	i=$1
	pids=
	rm -f "$T"/out.*
	while [ "$i" -lt $(($1 + $2)) ]; do
		cgi REQUEST_METHOD=POST QUERY_STRING=operation=PKIOperation \
		    "$FCGI" <"$T/message.$i" >"$T/out.$i" 2>>"$T/many.err" &
		i=$((i + 1))
		pids="$pids $!"
	done
	# shellcheck disable=SC2086
	wait $pids
	grep -al '^Status: 200' "$T"/out.* | wc -l
}
same "20 at once are answered" "$(at_once 3 20)" 20
same "each with a certificate" "$(n_certs)" 23
same "by one server" "$(lingering)" "$server"

# ---- when it ends ----

stop "$server"
until_true 10 is_gone
key linger 12s
post "$T/message.2"
verdict "another one, for twelve seconds" found
for _i in 1 2 3 4 5 6 7; do
	sleep 2
	get GetCACaps
done
same "whoever is asked stays" "$(lingering)" "$server"
verdict "whoever is not ends" until_true 40 is_gone
verdict "and takes its socket along" test ! -e "$STATE/cgi.sock"
verdict "the store is clean" test ! -e "$STATE/db/unclean"
key linger 60s
post "$T/message.2"
same "what it issued is known" "$(http) $(n_certs)" "200 23"
like "to a run by itself" "$T/err" 'repeated=yes'
verdict "that leaves another one behind" found

# ---- when it cannot ----

key request_timeout 6s
hung="$server $(descendants "$server")"
# shellcheck disable=SC2086
halt $hung
post "$T/message.23"
same "one that hangs: 503 in time" "$(http)" 503
like "with Retry-After" "$T/out" '^Retry-After: '
# shellcheck disable=SC2086
kill -CONT $hung
kill -KILL "$server"
# shellcheck disable=SC2086
until_true 10 all_gone $hung
key request_timeout 20s
post "$T/message.24"
same "one that was killed is not missed" "$(http)" 200
like "by a run that serves itself" "$T/err" 'result=granted'
verdict "and starts another one" found
same "with nothing lost" "$(n_certs)" "$((24 + $(grep -c \
    'CN=linger-23' "$STATE/issue.log")))"
stop "$server"
verdict "SIGTERM ends it" until_true 5 is_gone
verdict "and its socket" test ! -e "$STATE/cgi.sock"

same "8 at once that find none are answered" "$(at_once 27 8)" 8
verdict "one of them has left one behind" found
# Whoever is too late for its lock may be about to end.
one_lingers() { [ "$(lingering | wc -l)" -eq 1 ]; }
until_true 10 one_lingers
same "and only one" "$(lingering)" "$server"
post "$T/message.35"
unlike "which the next run finds" "$T/err" 'result='
stop "$server"
until_true 5 is_gone

# Somebody who takes the request and says half an answer, or nothing.
cat >"$T/half.py" <<'PYTHON'
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1] + '.new')
s.listen(5)
os.rename(sys.argv[1] + '.new', sys.argv[1])
for says in b'', b'\1\6\0\1\0\40\0\0Status: 200':
    c = s.accept()[0]
    c.recv(100000)
    c.sendall(says)
    c.close()
PYTHON
python3 "$T/half.py" "$STATE/cgi.sock" &
half=$!
own "$half"
until_true 5 test -S "$STATE/cgi.sock"
for i in 25 26; do
	post "$T/message.$i"
	same "half an answer is none: the run serves itself" \
	    "$(http) $(grep -ac '^Status' "$T/out")" "200 1"
	like "and says so" "$T/err" 'lingers'
done
wait "$half"
verdict "check finds nothing" adm check
finish
