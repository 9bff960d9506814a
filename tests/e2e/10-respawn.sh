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
	for _old in $crew; do
		gone_or_zombie "$_old" || return
	done
	_new=$(supervisor_of "$SERVER") && [ "$_new" != "$victim" ] &&
	    caps_ok "$URL"
}
i=0
while [ "$i" -lt "$KILLS" ]; do
	i=$((i + 1))
	victim=$(supervisor_of "$SERVER")
	crew=$(descendants "$victim")
	kill -KILL "$victim"
	verdict "lighttpd starts it again ($i)" \
	    until_true 30 again || break
	challenge "$T/c"
	# A worker that has found the last owner of the state says 503 once,
	# if it is asked before it hears of its end.
	verdict "and it enrols ($i)" bot -w 30 -C "$T/c" -s "/CN=again-$i" "$URL"
done
finish
