#!/bin/sh
# 10-respawn - scep.fcgi's supervisor dies under lighttpd, which starts it
# again by itself: at the next tick of its clock, a second or two later.
. "$(dirname "$0")/lib.sh"

KILLS=${KILLS:-5}
port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_lighttpd "$port"
# Another one than the last, and it answers: the workers of the last end a
# moment after it.
again() {
	_new=$(supervisor_of "$SERVER") && [ "$_new" != "$victim" ] &&
	    caps_ok "$URL"
}
i=0
while [ "$i" -lt "$KILLS" ]; do
	i=$((i + 1))
	victim=$(supervisor_of "$SERVER")
	kill -KILL "$victim"
	verdict "lighttpd starts it again ($i)" \
	    until_true 10 again || break
	challenge "$T/c"
	verdict "and it enrols ($i)" bot -C "$T/c" -s "/CN=again-$i" "$URL"
done
finish
