# linger.sh - servers that plain CGI runs left behind; sourced after lib.sh.

# The server, if there is one: it leads a session of its own.
lingering() {
	for _p in $(ps -eo pid=,sid=,args= | awk '$1 == $2 &&
	    $3 == "scep.fcgi" && $4 ~ /^--idle=/ { print $1 }'); do
		tr '\0' '\n' <"/proc/$_p/environ" 2>/dev/null |
		    grep -qx "SCEP_CONF=$CONF" && echo "$_p"
	done
}
is_gone() { [ -z "$(lingering)" ]; }
