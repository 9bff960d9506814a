#!/bin/sh
# 09-start - the other ways to start scep.fcgi: by spawn-fcgi, on a port of
# its own, by root for another user; and the examples as they are.
. "$(dirname "$0")/lib.sh"

# enrols TEXT NAME
enrols() {
	challenge "$T/$2.ch" --cn "$2"
	verdict "$1" bot -C "$T/$2.ch" -s "/CN=$2" "$URL"
}

# lighttpd PORT SERVER: a lighttpd that finds scep.fcgi there.
lighttpd_to() {
	mkdir -p "$T/www"
	cat >"$T/to.conf" <<CONFIG
server.modules = ( "mod_fastcgi" )
server.document-root = "$T/www"
server.bind = "127.0.0.1"
server.port = $1
server.errorlog = "$T/to.log"
server.max-request-field-size = 65536
server.http-parseopts = ( "url-ctrls-reject" => "disable" )
fastcgi.server = ( "/scep" => (( $2, "check-local" => "disable" )) )
CONFIG
	lighttpd -D -f "$T/to.conf" >>"$T/to.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	URL=http://127.0.0.1:$1/scep
}

# ---- spawn-fcgi: the socket at descriptor 0 ----

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
spawn-fcgi -s "$T/spawn.sock" -M 0660 -P "$T/spawn.pid" -- \
    "$FCGI" -c "$CONF" >"$T/spawn.log" 2>&1
spawned=$(cat "$T/spawn.pid")
own "$spawned"
lighttpd_to "$port" "\"socket\" => \"$T/spawn.sock\""
verdict "spawn-fcgi starts scep.fcgi" until_true 30 caps_ok "$URL"
enrols "a device enrols" spawned-1
stop "$SERVER"
kill -TERM "$spawned"
verdict "SIGTERM ends it" until_true 20 gone_or_zombie "$spawned"

# ---- listen = ADDRESS:PORT ----

own_port=$(free_port)
sed -i "s,^\[server\],&\nlisten = 127.0.0.1:$own_port," "$CONF"
start_fcgi
port=$(free_port)
lighttpd_to "$port" "\"host\" => \"127.0.0.1\", \"port\" => $own_port"
verdict "it listens on a port of its own" until_true 30 caps_ok "$URL"
enrols "a device enrols" port-1
stop "$SERVER"
stop "$SUPERVISOR"

# ---- neither socket nor listen ----

sed -i '/^listen/d' "$CONF"
status 78 "without any socket it does not start" "$FCGI" -c "$CONF"
"$FCGI" -c "$CONF" >"$T/none.out" 2>&1 </dev/null
like "and says how to start it" "$T/none.out" 'listen'

# ---- by root, for somebody else ----

if [ "$(id -u)" -eq 0 ]; then
	mkdir "$T/theirs"
	chown nobody:nogroup "$T/theirs"
	CONF=$T/theirs/scep.conf
	status 0 "root makes a CA in nobody's directory" \
	    "$ADM" init --dir "$T/theirs" --cn Theirs
	status 0 "root adds a challenge" "$ADM" -c "$CONF" challenge add \
	    --cn x
	same "nothing there belongs to root" \
	    "$(find "$T/theirs" ! -user nobody | wc -l)" 0
	sed -i "s,^\[server\],&\nlisten = unix:$T/theirs/scep.sock," "$CONF"
	start_fcgi
	until_true 30 grep -q "msg=\"ready: .*$T/theirs/state" "$T/scep.log"
	# They are started after that line, which says how many.
	workers=$(sed -n "s,.*msg=\"ready: \([0-9]*\) .*$T/theirs/state.*,\1,p" \
	    "$T/scep.log")
	all_there() {
		[ "$(workers_of "$SUPERVISOR" | wc -l)" -eq "$workers" ]
	}
	verdict "it has as many workers as it says" until_true 30 all_there
	ca=$(ca_of "$SUPERVISOR")
	same "the CA process runs as nobody" \
	    "$(ps -o user= -p "$ca" | tr -d ' ')" nobody
	same "and the workers too" "$(for w in $(workers_of "$SUPERVISOR"); do
		ps -o user= -p "$w" | tr -d ' '
	done | sort -u)" nobody
	status 0 "scepadm reaches it" "$ADM" -c "$CONF" challenge list
	stop "$SUPERVISOR"
else
	skip "root starts it for somebody else" "not root"
fi

# ---- the examples ----

sed -e "s,/run/[^;\"]*,$T/example.sock," -e "s,/var/[^;\" ]*,$T/www,g" \
    "$ROOT/examples/lighttpd.conf" >"$T/example-lighttpd.conf"
status 0 "lighttpd takes examples/lighttpd.conf" \
    lighttpd -tt -f "$T/example-lighttpd.conf"
finish
