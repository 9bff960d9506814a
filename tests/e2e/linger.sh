# linger.sh - servers that plain CGI runs left behind; sourced after lib.sh.
# $STATE is the directory of the state.

# The server, if there is one: it leads a session of its own.
lingering() {
	for _p in $(ps -eo pid=,sid=,args= | awk '$1 == $2 &&
	    $3 == "scep.fcgi" && $4 ~ /^--idle=/ { print $1 }'); do
		tr '\0' '\n' <"/proc/$_p/environ" 2>/dev/null |
		    grep -qx "SCEP_CONF=$CONF" && echo "$_p"
	done
}
is_gone() { [ -z "$(lingering)" ]; }
is_there() { [ -n "$(lingering)" ]; }

# owns PID: the state is that server's.
owns() {
	[ -n "$1" ] && [ "$1" = \
	    "$(ps -o ppid= -p "$(cat "$STATE/lock")" | tr -d ' ')" ]
}
workers() { pgrep -P "$1" -x scep-worker; }

# One that was left behind, as far as it serves: $server.  Another one may be
# about to end.
serves() {
	server=$(lingering)
	owns "$server" && workers "$server"
}
found() {
	until_true 20 serves
	_found=$?
	own "$server"
	return "$_found"
}
all_gone() { for _p; do gone_or_zombie "$_p" || return 1; done; }
