#!/bin/sh
# 14-overload - 10,000 connections at once against nginx, lighttpd and Apache,
# each with the limits of its file in examples/.
#
# What does not fit into the backlog of a web server the kernel turns away for
# a while, and of some 200,000 connections resets one whose request is sent.  So
# all of it is in a network of its own, where net.core.somaxconn is what INSTALL
# says.
BACKLOG=16384
if [ -z "$OVERLOAD" ] && [ "$(id -u)" -eq 0 ] && unshare -n true 2>/dev/null
then
	export OVERLOAD=alone
	exec unshare -n sh "$0"
fi
if [ "$OVERLOAD" = alone ]; then
	ip link set lo up &&
	    sysctl -q -w net.core.somaxconn=$BACKLOG 2>/dev/null || :
fi
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/servers.sh"

CONNECTIONS=${CONNECTIONS:-10000}
SECONDS_EACH=${SECONDS_EACH:-15}
LOAD=$ROOT/scepload
[ -x "$LOAD" ] || { not_ok "scepload is not built (make programs)"; exit 1; }

# The servers ask for 16384 descriptors each.
need=16384
if [ "$(ulimit -Hn)" != unlimited ] && [ "$(ulimit -Hn)" -lt $need ]; then
	skip "10,000 connections" "ulimit -Hn is $(ulimit -Hn), not $need"
	finish
fi
[ "$(ulimit -n)" = unlimited ] || ulimit -n "$(ulimit -Hn)"

# What scepload counted under this word.
n() { awk -v word="$1" '$1 == word { n = $2 } END { print n + 0 }' "$T/load"; }
some() { [ "$(n "$1")" -gt "${2:-0}" ]; }
roomy() { [ "$(cat /proc/sys/net/core/somaxconn)" -ge $BACKLOG ]; }
# One of a thousand, where the kernel has no room for them all.
few_resets() {
	if roomy; then
		[ "$(n reset)" -eq 0 ]
		return
	fi
	awk '/^[0-9]/ { all += $2 } $1 == "reset" { n = $2 }
	    END { exit n > all / 1000 }' "$T/load"
}
statuses() { awk '/^[0-9]/ { print $1 }' "$T/load" | tr '\n' ' '; }

# Every connection got an answer: a good one or "come again".  But for those
# that scepload itself was late with, because this machine held it up: servers
# do not wait for ever, and are not asked to.
no_harm() {		# SERVER
	note "$1: $(tr '\n' ' ' <"$T/load")"
	same "$1: 200, 503 and nothing else" \
	    "$(statuses | sed 's/503 //')" "200 "
	same "$1: each 503 has Retry-After" "$(n silent)" 0
	same "$1: no answer is cut off" "$(n cut)" 0
	verdict "$1: no connection is reset" few_resets
	same "$1: no connection is turned away" "$(n failed)" 0
	same "$1: none is without an answer" "$(n hung)" 0
}

ours() { descendants "$SUPERVISOR" | sort; }

# It does nothing at all, and goes on.
halt_all() { halt "$SUPERVISOR" $(descendants "$SUPERVISOR"); }
go_on() { kill -CONT "$SUPERVISOR" $(descendants "$SUPERVISOR"); }

# normal SERVER [WHEN]
normal() {
	verdict "$1: it answers${2:+ $2}" until_true 30 caps_ok "$URL"
	challenge "$T/c" --cn "after-$1"
	verdict "$1: and enrols" bot -C "$T/c" -s "/CN=after-$1" "$URL"
}

waiting() { ss -Htn state established "dport = :$port" | wc -l; }
some_wait() { [ "$(waiting)" -gt 20 ]; }
fewer() { [ "$(waiting)" -lt "$1" ]; }
steady() {
	_before=$(waiting)
	sleep 0.5
	[ "$(waiting)" -eq "$_before" ]
}

# While scep.fcgi does nothing at all, what is beyond the limit gets its 503
# at once, and what is within gets its answer when scep.fcgi goes on.
limit() {		# SERVER TEXT SCEPLOAD-OPTIONS… -c CONNECTIONS
	s=$1
	text=$2
	shift 2
	halt_all
	"$LOAD" "$@" -t 1 -w 60 "$URL?operation=GetCACaps" >"$T/load" &
	load=$!
	own "$load"
	# It begins; a second later it begins no more, and what is beyond the
	# limit has been answered when the number of connections is steady.
	until_true 20 some_wait
	sleep 1.5
	until_true 20 steady
	for most; do :; done
	verdict "$s: what is beyond it waits for nothing" \
	    until_true 20 fewer "$most"
	go_on
	wait "$load"
	note "$s: $(tr '\n' ' ' <"$T/load")"
	verdict "$s: $text" some 503 50
	same "$s: with Retry-After" "$(n silent)" 0
	verdict "$s: what is within it is answered" some 200 20
	same "$s: and nothing else" "$(statuses)" "200 503 "
	same "$s: none is without an answer" "$(n hung)" 0
}

overload() {		# SERVER
	verdict "$1: scepadm doctor finds nothing" adm doctor --url "$URL"
	normal "$1"
	# Apache has no limit but its threads: what is beyond them waits.
	[ "$1" = Apache ] || limit "$1" "the limit of all" -c 600
	before=$(ours)
	"$LOAD" -c "$CONNECTIONS" -t "$SECONDS_EACH" -w 60 \
	    "$URL?operation=GetCACaps" >"$T/load"
	no_harm "$1"
	normal "$1" "right after"
	same "$1: all processes of scep.fcgi are alive" "$(ours)" "$before"
	gone "$SERVER" && not_ok "$1 is alive"
}

# The control: what scepload says of connections that nobody answers.
hangs() {
	halt_all
	"$LOAD" -c 20 -t 1 -w 1 "$URL?operation=GetCACaps" >"$T/load"
	go_on
	same "scepload sees what hangs" "$(n hung)" 20
}

# The control: of three connections one is reset, one is cut off, one gets its
# whole answer; nobody takes the fourth.
resets() {
	port=$(free_port)
	python3 - "$port" <<'SERVER' &
import signal, socket, struct, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
for answer in b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1", \
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n12":
    c, _ = s.accept()
    c.recv(65536)
    c.sendall(answer)
    if not answer:
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    c.close()
signal.pause()
SERVER
	own $!
	until_true 10 listens
	# Four, one after the other: as soon as that is, but within 6 s.
	"$LOAD" -c 1 -t 6 -w 1 "http://127.0.0.1:$port/" >"$T/load"
	same "scepload sees what is reset, cut off, whole and unanswered" \
	    "$(n reset) $(n cut) $(n 200) $(n hung)" "1 1 1 1"
}
listens() { [ -n "$(ss -Hltn "sport = :$port")" ]; }

resets
port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_nginx_example "$port"
hangs
overload nginx
limit nginx "the limit of one address" -a 1 -c 200
stop "$SERVER"

start_apache apache-proxy.conf "$port"
overload Apache
stop "$SERVER"
stop "$SUPERVISOR"

sed -i '/^listen/d' "$CONF"
start_lighttpd_example "$port"
SUPERVISOR=$(supervisor_of "$SERVER")
overload lighttpd
finish
