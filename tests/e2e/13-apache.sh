#!/bin/sh
# 13-apache - real Apache in front: mod_proxy_fcgi and mod_fcgid, each with
# the file in examples/.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"
. "$ROOT/tests/e2e/strongswan.sh"
. "$ROOT/tests/e2e/certmonger.sh"
. "$ROOT/tests/e2e/servers.sh"

code() { curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' -m 30 "$@"; }
post() { code --data-binary "@$T/$1" "$URL?operation=PKIOperation"; }
chunked() {
	code -H 'Transfer-Encoding: chunked' --data-binary "@$T/$1" \
	    "$URL?operation=PKIOperation"
}

# A query of so many octets: "operation=GetCACert&message=aaa…".
query_of() {		# OCTETS
	printf 'operation=GetCACert&message='
	head -c $(($1 - 28)) /dev/zero | tr '\0' a
}

# Connections that begin a POST and do not go on; bash has /dev/tcp.
slow_senders() {	# COUNT
	bash -c 'for ((i = 0; i < $1; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$2"
		printf "POST /scep?operation=PKIOperation HTTP/1.1\r\n" >&$fd
		printf "Host: x\r\nContent-Length: 3000\r\n\r\nx" >&$fd
	done; echo >"$3"; exec sleep 60' slow "$1" "$port" "$T/slow" &
	SLOW=$!
	own "$SLOW"
	until_true 30 test -s "$T/slow"
	# Their requests have come to the server, which waits for the rest.
	until_true 10 all_read
}
# Nothing that was sent waits in the kernel any more.
all_read() {
	[ -z "$(ss -Htn state established "sport = :$port" | awk '$1 > 0')" ]
}
slow_senders_end() { stop "$SLOW"; rm -f "$T/slow"; }
waiting_senders() {
	ss -Htn state established "sport = :$port" | wc -l
}

head -c 200000 /dev/zero >"$T/fits"
head -c 300000 /dev/zero >"$T/big"
head -c 600000 /dev/zero >"$T/huge"

# edges SERVER CHUNKED-AND-HUGE GOES GOES-NOT STATUS: with the log in $LOG.
edges() {
	s=$1
	same "$s: GetCACaps" "$(code "$URL?operation=GetCACaps")" 200
	unlike "$s: not in chunks" "$T/head" '^Transfer-Encoding'
	like "$s: with its length" "$T/head" '^Content-Length: [0-9]'
	same "$s: GetCACert" "$(code "$URL?operation=GetCACert")" 200
	verdict "$s: certificates are in it" sh -c "openssl pkcs7 \
	    -inform DER -in '$T/body' -print_certs | grep -q BEGIN"
	_were=$(log_lines 'op=GetCACaps profile=default')
	same "$s: pkiclient.exe is the default profile" \
	    "$(code "$URL/pkiclient.exe?operation=GetCACaps")" 200
	logs_more "$s: the log says so" "$_were" 'op=GetCACaps profile=default'
	_were=$(log_lines 'op=GetCACaps profile=manual')
	same "$s: another profile" \
	    "$(code "$URL/manual/pkiclient.exe?operation=GetCACaps")" 200
	logs_more "$s: the log says so" "$_were" 'op=GetCACaps profile=manual'
	same "$s: an unknown profile is 404" \
	    "$(code "$URL/nobody?operation=GetCACaps")" 404
	same "$s: /scepx is not ours" \
	    "$(code "${URL}x?operation=GetCACaps")" 404
	same "$s: %0A in a query [T-60]" \
	    "$(code "$URL?operation=GetCACert&message=x%0ay")" 200
	same "$s: a query of $3 octets" "$(code "$URL?$(query_of $3)")" 200
	same "$s: one of $4 is $5" "$(code "$URL?$(query_of $4)")" "$5"
	same "$s: 200 kB of garbage is 400" "$(post fits)" 400
	logged "$s: all of them came" 'no pkiMessage'
	same "$s: 300 kB is 413" "$(post big)" 413
	same "$s: 600 kB is 413" "$(post huge)" 413
	same "$s: an empty POST is 400" "$(code -X POST -d '' \
	    "$URL?operation=PKIOperation")" 400
	same "$s: 200 kB in chunks is 400" "$(chunked fits)" 400
	same "$s: 300 kB in chunks is 413 [T-64]" "$(chunked big)" 413
	same "$s: 600 kB in chunks is $2" "$(chunked huge)" "$2"
}

enrols() {		# SERVER
	challenge "$T/c" --cn "post-$1"
	verdict "$1: and after all that it enrols" bot -C "$T/c" \
	    -s "/CN=post-$1" "$URL"
	challenge "$T/c" --cn "chunks-$1"
	verdict "$1: by POST in chunks [I-004 T-64]" bot -c -C "$T/c" \
	    -s "/CN=chunks-$1" "$URL"
	challenge "$T/c" --cn "get-$1"
	verdict "$1: by GET, with a long key" bot -g -b 4096 -C "$T/c" \
	    -s "/CN=get-$1" "$URL/pkiclient.exe"
	verdict "$1: scepadm doctor finds nothing" adm doctor --url "$URL" ||
	    grep -v -E '^(ok|info) ' "$T/verdict.out" | sed 's/^/# /'
}

# ---- mod_proxy_fcgi ----

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_apache_proxy "$port"
ok "Apache reaches scep.fcgi"
LOG=$T/scep.log
edges proxy 413 16340 17000 400
enrols proxy
smoke
swan_enrols
swan_waits
if certmonger_start; then
	cm_cas
	cm_enrols
	cm_refused
	cm_waits
else
	not_ok "certmonger starts on a private bus"
fi

# Whoever sends half a body holds no worker, and leaves a connection to
# scep.fcgi for everybody else: one process of Apache may have them all.
# After 20 s Apache lets them go: where the machine stood still for so long they
# begin anew.
for _ in 1 2 3 4 5; do
	slow_senders 300
	got=$(code "$URL?operation=GetCACaps")
	wait_on=$(waiting_senders)
	slow_senders_end
	[ "$got" = 200 ] && [ "$wait_on" -lt 300 ] || break
done
same "a slow sender is in nobody's way" "$got" 200
verdict "all of them are there, and wait on" test "$wait_on" -ge 300

stop "$SUPERVISOR"
same "without scep.fcgi it is 503" "$(code "$URL?operation=GetCACaps")" 503
like "with Retry-After" "$T/head" '^Retry-After: [0-9]'
start_fcgi
until_true 30 caps_ok "$URL"
same "and soon 200 when it is there again" \
    "$(code "$URL?operation=GetCACaps")" 200
stop "$SERVER"
stop "$SUPERVISOR"

# ---- mod_fcgid: several processes, one state ----

# The CRL's address goes with it: at the port of before somebody else may be.
was=$port
port=$(free_port)
sed -i "s,127\.0\.0\.1:$was/,127.0.0.1:$port/,g" "$CONF"
start_apache_fcgid "$port"
ok "Apache starts scep.fcgi"
LOG=$T/error.log
edges fcgid 500 32000 33000 414
enrols fcgid
rm -f "$T"/*.key
bots
challenge "$T/many" --count 40
verdict "20 devices at once enrol" bot -n 40 -j 20 -K -t random \
    -C "$T/many" -s /CN=many-%d "$URL"
supervisors() {
	for _pid in $(descendants "$SERVER"); do
		[ "$(ps -o comm= -p "$_pid")" = scep.fcgi ] && echo "$_pid"
	done
}
# Apache starts another when the first is busy at the right moment.
round=0
while n=$(supervisors | wc -l); [ "$n" -le 1 ] && [ "$round" -lt 40 ]; do
	round=$((round + 1))
	challenge "$T/more" --count 40
	bot -n 40 -j 20 -K -t random -C "$T/more" -s "/CN=more-$round-%d" \
	    "$URL" >"$T/more.out" 2>&1
done
if [ "$n" -gt 1 ]; then
	ok "several processes share the state ($n, after $round rounds)"
else
	not_ok "several processes share the state ($n)"
fi
same "no serial twice" "$(adm cert list --json | jq -r '.[].serial' | sort |
    uniq -d | wc -l)" 0
stop "$SERVER"
verdict "Apache's end is theirs" until_true 20 sh -c \
    "[ -z \"\$(pgrep -f '^$T/cgi/scep.fcgi')\" ]"
finish
