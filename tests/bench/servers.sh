# servers.sh - what tests/bench/run measures: CAs, nginx, scep.fcgi, others;
# sourced by it.  $bin, $disk, $out, $quick are set.

say() { echo "# $*" >&2; }
die() { echo "tests/bench/run: $*" >&2; exit 1; }

umask 022
t=
pids=
own() { pids="$1 $pids"; }
# end PID [SIGNAL]: and wait for it.  Its number may be another's then.
end() {
	kill "-${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	pids=$(echo "$pids" | sed "s/^\(.* \)*$1 /\1/")
}
cleanup() {
	_status=$?
	trap - EXIT
	for _pid in $pids; do end "$_pid"; done
	[ -z "$t" ] || rm -rf "$t"
	exit "$_status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

fcgi=$bin/scep.fcgi
adm=$bin/scepadm

# fig NAME VALUE: a figure, for the table.
fig() {
	[ -n "$2" ] || die "$1 was not measured"
	echo "$1 $2" >>"$out/figures"
}
# known NAME: what it was.
known() { awk -v n="$1" '$1 == n { v = $2 } END { print v }' "$out/figures"; }
# value KEY LINE: of "key=value key=value".
value() { echo "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
calc() { awk "BEGIN { printf \"%.4g\", $1 }"; }
# lowest, highest, middle: of numbers on standard input.
lowest() { sort -g | head -n 1; }
highest() { sort -g | tail -n 1; }
middle() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

free_port() {
	while :; do
		_port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
		[ -z "$(ss -Hltn "sport = :$_port")" ] && break
	done
	echo "$_port"
}

descendants() {		# PID
	for _child in $(ps -o pid= --ppid "$1"); do
		echo "$_child"
		(descendants "$_child")
	done
}
family() { echo "$1" $(descendants "$1") | tr ' ' ,; }

# ---- ours ----

# What is refused is measured, too: nobody is blocked for it.
open='limit_failures = off'

# make_ca NAME KEYTYPE
make_ca() {
	"$adm" init --dir "$t/$1" --cn "Bench CA" --key "$2" \
	    --url "http://127.0.0.1:$port/$1" >"$t/init.out" 2>&1 ||
	    die "$(cat "$t/init.out")"
	sed -i "s,^log = .*,log = stderr\nlisten = unix:$t/$1.sock\n$open," \
	    "$t/$1/scep.conf"
}

# use_ca NAME DIR: one that is there, where it is; only its front is ours.
use_ca() {
	mkdir "$t/$1"
	ln -s "$2"/* "$t/$1"
	rm "$t/$1/scep.conf"
	sed "s,^log = .*,log = stderr\nlisten = unix:$t/$1.sock\n$open," \
	    "$2/scep.conf" >"$t/$1/scep.conf"
}

# answers URL: within a minute, or ten for one that has much to recover.
answers() {
	_n=0
	until "$bin/bench-load" -g -n 1 "$1" >/dev/null 2>&1; do
		_n=$((_n + 1))
		[ $_n -lt 6000 ] || die "$1 does not answer"
		sleep 0.1
	done
}

# start_ours NAME: its supervisor is in $server.
start_ours() {
	"$fcgi" -c "$t/$1/scep.conf" </dev/null 2>>"$t/$1.log" &
	server=$!
	own "$server"
	answers "http://127.0.0.1:$port/$1?operation=GetCACaps"
	sleep 0.5
}

# ---- nginx ----

location() {		# NAME
	cat <<CONFIG
		location ~ ^/$1(?<scep_path>/.*)?\$ {
			fastcgi_param SCRIPT_NAME /$1;
			fastcgi_param PATH_INFO \$scep_path;
			fastcgi_param QUERY_STRING \$query_string;
			fastcgi_param REQUEST_METHOD \$request_method;
			fastcgi_param CONTENT_TYPE \$content_type;
			fastcgi_param CONTENT_LENGTH \$content_length;
			fastcgi_param REMOTE_ADDR \$remote_addr;
			fastcgi_param GATEWAY_INTERFACE CGI/1.1;
			fastcgi_pass unix:$t/$1.sock;
		}
CONFIG
}

start_nginx() {
	mkdir "$t/nginx"
	{
		[ "$(id -u)" -eq 0 ] && echo "user root;"
		cat <<CONFIG
daemon off;
worker_processes 1;
pid $t/nginx/pid;
error_log $t/nginx.log;
events { worker_connections 1024; }
http {
	access_log off;
	keepalive_requests 100000000;
	keepalive_timeout 600s;
	client_body_buffer_size 64k;
	client_body_temp_path $t/nginx/body;
	fastcgi_temp_path $t/nginx/fastcgi;
	proxy_temp_path $t/nginx/proxy;
	scgi_temp_path $t/nginx/scgi;
	uwsgi_temp_path $t/nginx/uwsgi;
	server {
		listen 127.0.0.1:$port backlog=1024;
CONFIG
		for _name in rsa ec hello small big; do
			location "$_name"
		done
		printf '\t}\n}\n'
	} >"$t/nginx.conf"
	nginx -p "$t/nginx" -c "$t/nginx.conf" >>"$t/nginx.log" 2>&1 &
	web=$!
	own "$web"
	_n=0
	while [ -z "$(descendants "$web")" ]; do
		_n=$((_n + 1))
		[ $_n -lt 600 ] || die "nginx: $(cat "$t/nginx.log")"
		sleep 0.1
	done
	web=$(family "$web")
}

# ---- load ----

# load NAME SERVER-PID OPTION…: one line, in $line and $out/loads.  NAME is
# one of ours, to which challenges are given as wanted.
load() {
	_name=$1
	_pid=$2
	_number=$3
	shift 3
	"$adm" -c "$t/$_name/scep.conf" challenge add --count "$_number" \
	    --ttl 24h >"$t/challenges" 2>/dev/null || die "no challenges"
	line=$("$bin/bench-load" -K "$t/keys" -S "$t/$_name.serials" \
	    -C "$t/challenges" -n "$_number" -P "ours=$(family "$_pid")" \
	    -P "nginx=$web" "$@" "http://127.0.0.1:$port/$_name") ||
	    die "$_name: $line"
	echo "$_name $line" >>"$out/loads"
}

# How many are worth it.
n() { [ -n "$quick" ] && echo "$(($1 / 20 + 10))" || echo "$1"; }

# ---- all of it ----

machine() {
	say "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)," \
	    "$(nproc) CPUs, Linux $(uname -r), $(openssl version |
	    cut -d' ' -f1-2), $(nginx -v 2>&1 | sed 's,.*: ,,')"
	_fs=$(stat -f -c %T "$t")
	[ "$_fs" != tmpfs ] || [ -n "$quick" ] ||
	    die "$t is a tmpfs; -d names a disk"
	say "state on $_fs, $(df --output=source "$t" | tail -n 1)"
	if ! grep -q avx512ifma /proc/cpuinfo; then
		say "without AVX-512 IFMA, which this CPU has not"
	else
		say "with${OPENSSL_ia32cap+out} AVX-512 IFMA"
	fi
}

ready() {
	for _program in scep.fcgi scepadm bench-load bench-engine bench-hello \
	    bench-disk bench-start bench-cgi bench-fill; do
		[ -x "$bin/$_program" ] ||
		    die "$bin/$_program is not built (make programs)"
	done
	mkdir -p "$out" || exit 2
	rm -f "$out"/*
	: >"$out/figures"
	t=$(mktemp -d "$disk/scep-bench.XXXXXX") || exit 2
	machine 2>"$out/machine"
	cat "$out/machine" >&2
	port=$(free_port)
	make_ca rsa rsa:2048
	make_ca ec ec:p256
	start_nginx
}
