# lib.sh - what the end-to-end scripts share.  Source it first.
#
# Each script has a directory of its own ($T), ports of its own on 127.0.0.1,
# and ends only what it started.  Lines are TAP: ok, not ok, SKIP.

ROOT=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
NAME=$(basename "$0" .sh)
BIN=${BIN:-$ROOT}
case $BIN in /*) ;; *) BIN=$ROOT/$BIN ;; esac
FCGI=$BIN/scep.fcgi
ADM=$BIN/scepadm
BOT=$ROOT/scepbot

umask 022
T=$(mktemp -d "${TMPDIR:-/tmp}/scep-e2e.XXXXXX") || exit 2
chmod 755 "$T"
cd "$T" || exit 2
PIDS=
FAILED=0
STARTED=$(date +%s)
unset SCEP_CONF

# For BIN=build-asan and BIN=build-tsan.  Processes that nobody may trace
# cannot be searched for leaks either: the unit tests do that.
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1
TSAN_OPTIONS="ignore_noninstrumented_modules=1 detect_deadlocks=0 \
    suppressions=$ROOT/tests/tsan.supp"
export TSAN_OPTIONS

for program in "$FCGI" "$ADM" "$BOT"; do
	[ -x "$program" ] || {
		echo "not ok - $NAME: $program is not built (make programs)"
		rm -rf "$T"
		exit 1
	}
done

# ---- verdicts ----

ok() { echo "ok - $NAME: $*"; }
not_ok() { echo "not ok - $NAME: $*"; FAILED=$((FAILED + 1)); }
skip() { echo "ok - $NAME: $1 # SKIP $2"; }
note() { echo "# $*"; }

# verdict TEXT COMMAND…: it must succeed; what it prints is shown if not.
verdict() {
	_text=$1
	shift
	if "$@" >"$T/verdict.out" 2>&1; then
		ok "$_text"
	else
		not_ok "$_text (status $?: $*)"
		tail -n 12 "$T/verdict.out" | sed 's/^/# /'
		return 1
	fi
}

# status WANTED TEXT COMMAND…: it must exit so.
status() {
	_want=$1
	_text=$2
	shift 2
	"$@" >"$T/status.out" 2>&1 </dev/null
	_got=$?
	if [ "$_got" -eq "$_want" ]; then
		ok "$_text"
	else
		not_ok "$_text: exit $_got, wanted $_want"
		tail -n 12 "$T/status.out" | sed 's/^/# /'
		return 1
	fi
}

# same TEXT GOT WANTED
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1: got '$2', wanted '$3'"
		return 1
	fi
}

# like TEXT FILE PATTERN
like() {
	if grep -q -E -e "$3" "$2" 2>/dev/null; then
		ok "$1"
	else
		not_ok "$1: no /$3/ in:"
		tail -n 12 "$2" 2>/dev/null | sed 's/^/# /'
		return 1
	fi
}

# unlike TEXT FILE PATTERN
unlike() {
	if grep -q -E -e "$3" "$2" 2>/dev/null; then
		not_ok "$1:"
		grep -E -e "$3" "$2" | head -n 5 | sed 's/^/# /'
		return 1
	fi
	ok "$1"
}

# until_true SECONDS COMMAND…: try every 50 ms.  Where the machine is so busy
# that few tries fit in, it gets the tries; up to six times the seconds.
until_true() {
	_tries=$(($1 * 10))
	_end=$(($(date +%s%N) / 1000000 + $1 * 1000))
	_last=$((_end + $1 * 5000))
	shift
	while ! "$@" >/dev/null 2>&1; do
		_tries=$((_tries - 1))
		_now=$(($(date +%s%N) / 1000000))
		[ "$_now" -lt "$_last" ] || return 1
		[ "$_now" -lt "$_end" ] || [ "$_tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

# comes TEXT FILE PATTERN: like(), of what somebody else is still writing.  A
# server's line in the log comes after its answer.
comes() {
	until_true 10 grep -q -E -e "$3" "$2"
	like "$@"
}

# ---- processes ----

# When a process began: its number is another's soon after it has ended.
born() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# A pid whose end this script brings about; newest first.
own() { PIDS="$1:$(born "$1") $PIDS"; }

stop_owned() {
	for _own in $PIDS; do
		stop "${_own%:*}"
	done
	PIDS=
}

# A process that is ours, or that nobody has owned: not one that came by the
# number of ours.
is_not_another() {	# PID
	case " $PIDS" in
	*" $1:$(born "$1") "*)	return 0 ;;
	*" $1:"*)		return 1 ;;
	esac
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# halt PID…: until none of their threads runs any more.  The signal stops the
# one that takes it; another one may answer somebody before.
halt() {
	kill -STOP "$@"
	until_true 20 halted "$@"
}
halted() {
	for _p; do
		awk '/^State:/ && $2 != "T" { n++ } END { exit n > 0 }' \
		    "/proc/$_p"/task/*/status || return 1
	done
}

# stop PID [SIGNAL]: and wait until it has ended; KILL after 30 s.  A web server
# does not wait for the scep.fcgi that it has started: we do, for that owns the
# state till it has ended.
stop() {
	[ -n "$1" ] || return 0
	is_not_another "$1" || return 0
	_scep=$(scep_below "$1")
	kill "-${2:-TERM}" "$1" 2>/dev/null
	until_true 30 gone_or_zombie "$1" || kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	for _p in $_scep; do
		until_true 15 gone_or_zombie "$_p" ||
		    note "process $_p of scep.fcgi has not ended"
	done
	return 0
}

gone_or_zombie() {
	gone "$1" || [ "$(ps -o stat= -p "$1" 2>/dev/null | cut -c1)" = Z ]
}

# The processes of scep.fcgi below this one, all generations.
scep_below() {		# PID
	ps -eo pid=,ppid=,comm= | awk -v top="$1" '
	{ parent[$1] = $2; name[$1] = $3 }
	END {
		for (p in parent) {
			if (name[p] !~ /^scep[.-]/)
				continue
			for (q = p; q in parent && q != top; q = parent[q])
				;
			if (q == top && p != top)
				print p
		}
	}'
}

# libfaketime leaves files behind for each process that is killed, and the next
# one of that number does not start.
forget_times() {	# FIND-TEST…
	find /dev/shm -maxdepth 1 -user "$(id -un)" \
	    -name '*faketime_s[eh]m_*' "$@" 2>/dev/null |
	    while read -r _shm; do
		gone "${_shm##*_}" && echo "$_shm"
	    done | xargs -r rm -f
}
forget_times -mmin +60

# What moves the clock of who loads it (LD_PRELOAD; FAKETIME_DISABLE_SHM=1, so
# that it leaves nothing behind).  The program around it does not start where
# one of its number has left such a file: then the next one does.
faketime_lib() {
	for _try in 1 2 3 4 5; do
		faketime -f +0d printenv LD_PRELOAD 2>/dev/null && return
	done
	return 1
}

cleanup() {
	_status=$?
	trap - EXIT INT TERM HUP
	stop_owned
	forget_times -newermt "@$STARTED"
	if [ "$FAILED" -gt 0 ]; then
		for _log in "$T"/*.log; do
			[ -s "$_log" ] || continue
			note "--- the end of $(basename "$_log"):"
			tail -n 20 "$_log" | cut -c1-300 | sed 's/^/# /'
		done
	fi
	cd /
	[ -n "${KEEP:-}" ] && note "kept: $T" || rm -rf "$T"
	[ "$_status" -eq 0 ] && [ "$FAILED" -gt 0 ] && _status=1
	exit "$_status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# A port nobody listens on, and that no connection has been at for a while;
# another one each time, for what is to listen there may not do so yet.
free_port() {
	while :; do
		_port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
		grep -q -x "$_port" "$T/ports" 2>/dev/null && continue
		[ -z "$(ss -Htan "sport = :$_port")" ] && break
	done
	echo "$_port" >>"$T/ports"
	echo "$_port"
}

# Children of a process, all generations.
descendants() {
	for _child in $(ps -o pid= --ppid "$1"); do
		echo "$_child"
		(descendants "$_child")
	done
}

# ---- a CA and its servers ----

# make_ca DIR URL [--key TYPE]: with a profile "manual" besides "default".
make_ca() {
	_dir=$1
	_url=$2
	shift 2
	"$ADM" init --dir "$_dir" --cn "Test CA" --url "$_url" "$@" \
	    >"$T/init.out" 2>&1 || {
		cat "$T/init.out"
		not_ok "scepadm init"
		exit 1
	}
	CONF=$_dir/scep.conf
	cat >>"$CONF" <<'PROFILE'

[profile manual]
ca = main
authorise = manual
validity = 30d
subject_allow = CN O OU C serialNumber
subject_require = CN
san_allow = DNS
extensions = client
PROFILE
	# Debug lines of syslog are for a real host.
	sed -i 's/^log = .*/log = stderr/' "$CONF"
}

adm() { "$ADM" -c "$CONF" "$@"; }

# challenge FILE [OPTIONS]: into a file, so that it is in no argv.
challenge() {
	_file=$1
	shift
	adm challenge add "$@" >"$_file" 2>"$T/challenge.err" ||
	    { cat "$T/challenge.err"; return 1; }
}

# in_force COMMAND…: one that puts another configuration in force, until that
# is over.  scepadm returns when it is in force; a worker of before may not yet
# have been told, and answers what comes next by the configuration of before.
# $SUPERVISOR is of the scep.fcgi that serves; without it, it is $SERVER's.
in_force() {
	_before=$(workers_of "${SUPERVISOR:-$(supervisor_of "$SERVER")}")
	"$@" || return
	for _worker in $_before; do
		until_true 20 gone "$_worker" || return
	done
}
reload() { in_force adm reload; }

caps_ok() {		# URL
	[ "$(curl -s -o /dev/null -w '%{http_code}' -m 5 \
	    "$1?operation=GetCACaps")" = 200 ]
}

# start_lighttpd PORT [WRAPPER]: spawns scep.fcgi itself.
start_lighttpd() {
	mkdir -p "$T/www"
	cat >"$T/lighttpd.conf" <<CONFIG
server.modules = ( "mod_fastcgi" )
server.document-root = "$T/www"
server.bind = "127.0.0.1"
server.port = $1
server.errorlog = "$T/lighttpd.log"
server.breakagelog = "$T/scep.log"
server.max-request-size = 1024
server.max-request-field-size = 65536
server.http-parseopts = ( "url-ctrls-reject" => "disable" )
fastcgi.server = ( "/scep" => ((
	"bin-path" => "${2:-$FCGI -c $CONF}",
	"socket" => "$T/lighttpd.sock",
	"max-procs" => 1,
	"check-local" => "disable"
)) )
CONFIG
	lighttpd -D -f "$T/lighttpd.conf" >>"$T/lighttpd.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	URL=http://127.0.0.1:$1/scep
	until_true 30 caps_ok "$URL" || {
		not_ok "lighttpd with scep.fcgi answers"
		exit 1
	}
}

# start_fcgi: scep.fcgi by itself, on the socket of its configuration.
start_fcgi() {
	"$FCGI" -c "$CONF" >>"$T/scep.log" 2>&1 &
	SUPERVISOR=$!
	own "$SUPERVISOR"
}

# start_nginx PORT: scep.fcgi on a unix socket behind nginx.
start_nginx() {
	grep -q '^listen' "$CONF" ||
	    sed -i "s,^\[server\],&\nlisten = unix:$T/scep.sock," "$CONF"
	mkdir -p "$T/nginx"
	{
		# As root its workers would be nobody, who may not connect.
		[ "$(id -u)" -eq 0 ] && echo "user root;"
		cat <<CONFIG
daemon off;
worker_processes 1;
pid $T/nginx/pid;
error_log $T/nginx.log;
events { worker_connections 1024; }
http {
	access_log off;
	client_body_temp_path $T/nginx/body;
	fastcgi_temp_path $T/nginx/fastcgi;
	proxy_temp_path $T/nginx/proxy;
	scgi_temp_path $T/nginx/scgi;
	uwsgi_temp_path $T/nginx/uwsgi;
	server {
		listen 127.0.0.1:$1 backlog=1024;
		client_max_body_size 1m;
		large_client_header_buffers 4 64k;
		location ~ ^/scep(?<scep_path>/.*)?\$ {
			fastcgi_param SCRIPT_NAME /scep;
			fastcgi_param PATH_INFO \$scep_path;
			fastcgi_param QUERY_STRING \$query_string;
			fastcgi_param REQUEST_METHOD \$request_method;
			fastcgi_param CONTENT_TYPE \$content_type;
			fastcgi_param CONTENT_LENGTH \$content_length;
			fastcgi_param REMOTE_ADDR \$remote_addr;
			fastcgi_param GATEWAY_INTERFACE CGI/1.1;
			fastcgi_pass unix:$T/scep.sock;
		}
	}
}
CONFIG
	} >"$T/nginx.conf"
	start_fcgi
	until_true 30 test -S "$T/scep.sock"
	nginx -p "$T/nginx" -c "$T/nginx.conf" >>"$T/nginx.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	URL=http://127.0.0.1:$1/scep
	until_true 30 caps_ok "$URL" || {
		not_ok "nginx with scep.fcgi answers"
		exit 1
	}
}

# The processes of one scep.fcgi, by the names they gave themselves.
supervisor_of() {	# PID of the web server
	for _pid in $(descendants "$1"); do
		[ "$(ps -o comm= -p "$_pid")" = scep.fcgi ] &&
		    { echo "$_pid"; return; }
	done
	return 1
}
ca_of() {		# PID of the supervisor
	for _pid in $(descendants "$1"); do
		case $(ps -o comm= -p "$_pid") in
		scep-ca) echo "$_pid"; return ;;
		esac
	done
	return 1
}
workers_of() {		# PID of the supervisor
	_ca=$(ca_of "$1")
	for _pid in $(descendants "$1"); do
		[ "$_pid" = "$_ca" ] || echo "$_pid"
	done
}

# ---- clients ----

bot() { "$BOT" "$@"; }

# The first serial a bot was granted.
serial_of() { sed -n 's/^[0-9]* granted \([0-9A-F]*\).*/\1/p' "$1" | head -n 1; }

n_certs() { adm cert list --json | jq length; }

# What a sanitized build says (BIN=build-asan) comes when it ends.
finish() {
	stop_owned
	[ ! -f "$T/scep.log" ] || unlike "no complaint of a sanitizer" \
	    "$T/scep.log" "Sanitizer|runtime error:"
	[ "$FAILED" -eq 0 ]
	exit $?
}
