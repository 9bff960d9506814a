#!/bin/sh
# 40-front - what lies between web server and engine: who accepts, who wakes
# up, what is lost when processes leave.
. "$(dirname "$0")/lib.sh"

# How often have these processes waited for something?
waits() {
	for _p in "$@"; do cat "/proc/$_p/status"; done 2>/dev/null |
	    awk '$1 == "voluntary_ctxt_switches:" { n += $2 } END { print n + 0 }'
}

# gets N PATH…: so many requests, one after the other, on one connection to
# nginx.
gets() {
	_n=$1
	shift
	for _path; do
		printf 'url = "%s%s"\noutput = /dev/null\n' "$URL" "$_path"
	done | awk -v n="$_n" '{ line[NR] = $0 }
	    END { for (i = 0; i < n; i++) {
		print line[i * 2 % NR + 1]; print line[i * 2 % NR + 2] } }' \
	    >"$T/gets"
	curl -s -S -m 120 -K "$T/gets"
}

# How many kB of memory they have in all.
memory() {
	for _p in "$@"; do cat "/proc/$_p/status"; done 2>/dev/null |
	    awk '$1 == "VmRSS:" { n += $2 } END { print n + 0 }'
}

# CPU, in hundredths of a second.
ticks() {
	for _p in "$@"; do sed 's/.*) //' "/proc/$_p/stat"; done 2>/dev/null |
	    awk '{ n += $12 + $13 } END { print n + 0 }'
}

# descriptors NUMBER PID…: no more than so many from now on.
descriptors() {
	_most=$1
	shift
	for _p in "$@"; do prlimit --pid "$_p" --nofile="$_most:" || return 1
	done
}
unaccepted() { grep -c 'no connection can be accepted: Too many' "$1"; }

# starve FEW WHO PID…: they have no more descriptors while somebody asks.
starve() {
	_few=$1
	_log=$T/scep.log
	_who=$2
	shift 2
	_before=$(unaccepted "$_log")
	_since=$(date +%s)
	verdict "$_who: descriptors are taken away" descriptors "$_few" "$@"
	curl -s -o /dev/null -w '%{http_code}' -m 120 \
	    "$URL?operation=GetCACaps" >"$T/starved" &
	_curl=$!
	verdict "$_who: the log says so" until_true 10 said_more
	_ticks=$(ticks "$@")
	sleep 2
	_ticks=$(($(ticks "$@") - _ticks))
	note "$_ticks ticks in 2 s"
	verdict "$_who: does not spin meanwhile" [ "$_ticks" -lt 20 ]
	_said=$(($(unaccepted "$_log") - _before))
	_tens=$((($(date +%s) - _since) / 10 + 1))
	verdict "$_who: it was said $_said times, once by each in ten seconds" \
	    [ "$_said" -le $(($# * _tens)) ]
	verdict "$_who: they are given back" descriptors 1024 "$@"
	wait "$_curl"
	same "$_who: and who waited is answered" "$(cat "$T/starved")" 200
}
said_more() { [ "$(unaccepted "$_log")" -gt "$_before" ]; }

# The socket that listens under this name, with what is behind it: a number.
socket_of() {
	ss -xlH | awk -v front="$1" 'index($5, front) == 1 { print $5; exit }'
}

# How many wait in the backlog of that unix socket.
backlog() {
	ss -xlH | awk -v path="$1" '$5 == path { print $3 }'
}

waits_at() { [ "$(backlog "$1")" -ge "${2:-1}" ]; }	# SOCKET [HOW-MANY]

# pausing PID=WAITS…: in $worker the one that has waited several times since.
pausing() {
	for _p; do
		worker=${_p%=*}
		[ $(($(waits "$worker") - ${_p#*=})) -lt 4 ] || return 0
	done
	return 1
}

# listening PID: the names of the sockets that it has open and that listen.
listening() {
	ss -xlH 2>/dev/null | awk '{ print $6, $5 }' | sort -u >"$T/listening"
	for _fd in /proc/"$1"/fd/*; do
		readlink "$_fd"
	done 2>/dev/null | sed -n 's/^socket:\[\([0-9]*\)\]$/\1/p' |
	    while read -r _inode; do
		sed -n "s,^$_inode .*/,,p" "$T/listening"
	    done | sed 's/\.[0-9]*$//' | sort | tr '\n' ' '
}

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
sed -i 's/^\[server\]/&\nworkers = 8/' "$CONF"
start_nginx "$port"

# ---- one connection wakes one worker up ----

# So many there are, and all of them are locked in and wait.
n_workers() {
	_n=0
	for _p in $(workers_of "$SUPERVISOR"); do
		_n=$((_n + 1))
		awk '/^State:.*sleeping/ { n++ } /^Seccomp:[ \t]*2/ { n++ }
		    END { exit n != 2 }' "/proc/$_p/status" || return 1
	done
	[ "$_n" -eq "$1" ]
}
until_true 10 n_workers 8
sleep 1
before=$(waits $(workers_of "$SUPERVISOR"))
verdict "400 requests one by one" gets 400 "?operation=GetCACaps"
n=$(($(waits $(workers_of "$SUPERVISOR")) - before))
note "8 workers waited $n times"
verdict "each wakes up one of 8 workers" [ "$n" -lt 1600 ]
# Not each is, for one that has not gone to sleep again need not be woken up.
verdict "(and the one that it wakes up is counted)" [ "$n" -ge 300 ]

# ---- what waits is nobody's who leaves ----

# Of 40 connections most wait in the backlog, for no worker does anything;
# then all workers are told to leave at once.
i=0
waiting=
: >"$T/codes"
socket=$(socket_of "$T/scep.sock")
workers=$(workers_of "$SUPERVISOR")
halt $workers
while [ "$i" -lt 40 ]; do
	i=$((i + 1))
	curl -s -o /dev/null -w '%{http_code}\n' -m 120 \
	    "$URL?operation=GetCACaps" >>"$T/codes" &
	waiting="$waiting $!"
done
verdict "40 connections wait" until_true 30 waits_at "$socket" 40
same "nobody is answered while no worker runs" "$(wc -l <"$T/codes")" 0
kill -HUP "$SUPERVISOR"
comes "another configuration is put in force" "$T/scep.log" \
    'configuration [0-9]+ is in force'
kill -CONT $workers
wait $waiting
same "40 connections are answered" \
    "$(sort "$T/codes" | uniq -c | tr -s ' ')" " 40 200"
for worker in $workers; do
	until_true 20 gone "$worker" || break
done
verdict "and all workers replaced" gone "$worker"

# ---- no descriptors ----

until_true 10 n_workers 8
starve 5 workers $(workers_of "$SUPERVISOR")
verdict "(in such a pause …" descriptors 5 $(workers_of "$SUPERVISOR")
set --
for worker in $(workers_of "$SUPERVISOR"); do
	set -- "$@" "$worker=$(waits "$worker")"
done
curl -s -o /dev/null -m 120 "$URL?operation=GetCACaps" &
waiting=$!
verdict "… that one of them makes …" until_true 10 pausing "$@"
kill -TERM "$worker"
verdict "… a worker leaves when it is told to)" until_true 10 gone "$worker"
wait "$waiting"
until_true 10 n_workers 8
descriptors 1024 $(workers_of "$SUPERVISOR")

# ---- memory ----

# All kinds of requests: good ones, refused ones, enrolments.
many() {		# N-GETS N-ENROLMENTS FIRST
	gets "$1" "?operation=GetCACaps" "?operation=GetCACert" \
	    /crl/main.crl /ca/main.crt "/none?operation=GetCACaps" \
	    "?operation=PKIOperation&message=AAAA" "?operation=$3" /health
	adm challenge add --count "$2" --ttl 2h >"$T/many" 2>/dev/null
	bot -C "$T/many" -n "$2" -j 4 -k "$T/many.key" -t random \
	    -s "/CN=many-$3-%d" "$URL" >"$T/many.out"
}
# As long as a size stands for a program that was built as it is by default.
if [ "$BIN" = "$ROOT" ]; then
	sed -i 's/^workers = .*/workers = 2/' "$CONF"
	reload >/dev/null
	until_true 10 n_workers 2
	# Each has seen all of it, however they share what comes later.
	for worker in $(workers_of "$SUPERVISOR"); do
		halt "$worker"
		verdict "requests to warm the other one up" many 1000 100 \
		    "warm-$worker"
		kill -CONT "$worker"
	done
	before=$(memory $(workers_of "$SUPERVISOR"))
	ca=$(memory "$(ca_of "$SUPERVISOR")")
	verdict "20,000 more" many 20000 200 more
	after=$(memory $(workers_of "$SUPERVISOR"))
	note "workers: $before, then $after kB; scep-ca: $ca, then" \
	    "$(memory "$(ca_of "$SUPERVISOR")") kB"
	verdict "no worker grew by it" [ $((after - before)) -lt 1024 ]
	verdict "a worker has less than 12 MB" [ "$after" -lt $((2 * 12000)) ]
	ca=$(memory "$(ca_of "$SUPERVISOR")")
	verdict "the CA process less than 64 MB and its cache of 32" \
	    [ "$ca" -lt $((96 * 1000)) ]
	sed -i 's/^workers = .*/workers = 8/' "$CONF"
	reload >/dev/null
	until_true 10 n_workers 8
fi

# ---- whose the socket is ----

worker=$(workers_of "$SUPERVISOR" | head -n 1)
if [ "$(id -u)" -ne 0 ]; then
	skip "who has the listening socket" "only root sees it"
	finish
fi
same "a worker accepts from our own socket" "$(listening "$worker")" \
    "scep.sock "
same "the CA process does not" "$(listening "$(ca_of "$SUPERVISOR")")" \
    "admin.sock door.sock metrics.sock ra.sock "
stop "$SERVER"
stop "$SUPERVISOR"

sed -i '/^listen/d' "$CONF"
start_lighttpd "$(free_port)"
SUPERVISOR=$(supervisor_of "$SERVER")
until_true 10 n_workers 8
same "lighttpd's socket is the supervisor's" "$(listening "$SUPERVISOR")" \
    "lighttpd.sock-0 "
n=0
for worker in $(workers_of "$SUPERVISOR"); do
	n=$((n + $(listening "$worker" | wc -w)))
done
same "and no worker's" "$n" 0

# poll(2) refuses to wait for more than there may be: 11.
starve 12 supervisor "$SUPERVISOR"

# ---- an operator who asks while the owner leaves ----

# Nobody has taken what waits in the backlog of a process that is stopped.
ca=$(ca_of "$SUPERVISOR")
workers=$(workers_of "$SUPERVISOR")
halt "$ca"
adm challenge add --cn in-the-backlog >"$T/c" 2>"$T/adm.log" &
asking=$!
verdict "scepadm waits in the backlog" until_true 10 \
    waits_at "$T/ca/state/admin.sock"
kill -KILL "$ca"
verdict "the owner is killed before it reads: scepadm asks the next one" \
    wait "$asking"
same "… and it is done once" "$(adm challenge list --json |
    jq '[.[] | select(.subject == "CN=in-the-backlog")] | length')" 1
# A worker that has not noticed yet would answer by 503 what comes next.
for worker in $workers; do
	until_true 20 gone "$worker" || break
done
verdict "and all workers have left with the owner" gone "$worker"

# ---- what was passed on is answered ----

# How many connections have been taken from that unix socket.
taken() {
	ss -xH | awk -v path="$1" '$2 == "ESTAB" && $5 == path' | wc -l
}
all_connected() {
	[ $(($(taken "$socket") + $(backlog "$socket"))) -ge 20 ]
}
passed_on() { [ "$(backlog "$socket")" -le "$1" ]; }

# ask_many: 20 connections that are waited for by $waiting, into $T/codes.
ask_many() {
	rm -f "$T/codes"
	waiting=
	i=0
	while [ "$i" -lt 20 ]; do
		i=$((i + 1))
		curl -s -o /dev/null -w '%{http_code}\n' -m 120 \
		    "$URL?operation=GetCACaps" >>"$T/codes" &
		waiting="$waiting $!"
	done
	until_true 20 all_connected
}
codes() { sort "$T/codes" | uniq -c | tr -s ' '; }

# The supervisor takes one for each worker, and leaves the others where they
# are until there is room again.
socket=$(socket_of "$T/lighttpd.sock")
until_true 10 n_workers 8
halt $(workers_of "$SUPERVISOR")
ask_many
until_true 10 passed_on 12
sleep 0.5
n=$(backlog "$socket")
note "of 20 connections $n wait in the backlog"
verdict "for 8 workers not more than 16 are passed on" [ "$n" -ge 4 ]
verdict "(and for each worker one is)" [ "$n" -le 12 ]
kill -CONT $(workers_of "$SUPERVISOR")
wait $waiting
same "when they run again, all are answered" "$(codes)" " 20 200"

# The same, but then it is told to stop: lighttpd closes the socket with it.
until_true 10 n_workers 8
halt $(workers_of "$SUPERVISOR")
ask_many
workers=$(workers_of "$SUPERVISOR")
kill -TERM "$SUPERVISOR"
until_true 10 passed_on 0
kill -CONT $workers
wait $waiting
same "at its end, all of them are answered too" "$(codes)" " 20 200"

# And when the workers have just left, for another configuration, so that there
# is nobody for what has been passed on.
verdict "lighttpd starts it again" until_true 30 caps_ok "$URL"
SUPERVISOR=$(supervisor_of "$SERVER")
socket=$(socket_of "$T/lighttpd.sock")
until_true 10 n_workers 8
workers=$(workers_of "$SUPERVISOR")
halt $workers
ask_many
verdict "one for each worker is passed on" until_true 10 passed_on 12
halt "$SUPERVISOR"
adm reload >/dev/null 2>&1
kill -CONT $workers
for worker in $workers; do
	until_true 20 gone_or_zombie "$worker" || break
done
verdict "and all workers have left for the reload" gone_or_zombie "$worker"
kill -TERM "$SUPERVISOR"
kill -CONT "$SUPERVISOR"
wait $waiting
same "at its end after a reload, all of them are answered too" "$(codes)" \
    " 20 200"
finish
