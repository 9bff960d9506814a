#!/bin/sh
# 26-cgi-edge - plain CGI as no decent web server calls it: the query in argv,
# a client that is gone, a body that does not end, a hung owner.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/record.sh"

make_ca "$T/ca" "http://127.0.0.1/scep"

# run [NAME=VALUE…]: one CGI run, its input from $T/in, its output to $T/out.
: >"$T/in"
cgi() {
	env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 REMOTE_ADDR=192.0.2.1 \
	    REQUEST_METHOD=GET SCEP_CONF="$CONF" "$@"
}
run() {
	cgi QUERY_STRING=operation=GetCACaps "$@" "$FCGI" <"$T/in" \
	    >"$T/out" 2>"$T/err"
}
http() { sed -n 's/^Status: \([0-9]*\).*/\1/p' "$T/out"; }

run
same "GetCACaps" "$(http)" 200

# ---- the query in argv (RFC 3875 section 4.4) ----

sed 's/^validity = .*/validity = 900d/' "$CONF" >"$T/evil.conf"
sed -i "s/^\[profile default\]/[profile evil]\nca = main\nauthorise = challenge\n\n&/" \
    "$T/evil.conf"
for args in "-c $T/evil.conf" -V -h --log=xml "-c /etc/passwd"; do
	# shellcheck disable=SC2086
	cgi PATH_INFO=/evil QUERY_STRING=operation=GetCACaps \
	    "$FCGI" $args </dev/null >"$T/out" 2>"$T/err"
	same "$args is not looked at" "$(http)" 404
	unlike "$args: nothing of a file is told" "$T/err" 'root:'
done
cgi PATH_INFO=/evil QUERY_STRING=operation=GetCACaps SCEP_CONF="$T/ca/evil.conf" \
    "$FCGI" </dev/null >"$T/out" 2>"$T/err"
same "a configuration that is not there: 503" "$(http)" 503
cp "$T/evil.conf" "$T/ca/evil.conf"
cgi PATH_INFO=/evil QUERY_STRING=operation=GetCACaps SCEP_CONF="$T/ca/evil.conf" \
    "$FCGI" </dev/null >"$T/out" 2>"$T/err"
same "the control: by SCEP_CONF it is used" "$(http)" 200
cgi HTTP_SCEP_CONF="$T/ca/evil.conf" PATH_INFO=/evil "$FCGI" </dev/null \
    >"$T/out" 2>"$T/err"
same "a header cannot set it" "$(http)" 404

# ---- what openssl.cnf says is no part of scep.conf ----

cat >"$T/openssl.cnf" <<'CNF'
openssl_conf = init
[init]
oid_section = oids
[oids]
ourOwnExtension = 1.3.6.1.4.1.55555.1
CNF
with_ext() {		# NAME
	sed "s/^\[extensions client\]/&\n$1 = ASN1:NULL/" "$CONF" \
	    >"$T/ca/ext.conf"
	run SCEP_CONF="$T/ca/ext.conf" OPENSSL_CONF="$T/openssl.cnf"
	OPENSSL_CONF="$T/openssl.cnf" "$ADM" -c "$T/ca/ext.conf" check \
	    >"$T/check" 2>&1
	checked=$?
}
with_ext ourOwnExtension
same "an extension that it names: 503" "$(http)" 503
like "the log says why" "$T/err" 'no extension has that name'
same "scepadm check refuses it, too" "$checked" 78
with_ext 1.3.6.1.4.1.55555.1
same "the control: by its OID" "$(http)" 200
same "scepadm check takes that, too" "$checked" 0

# ---- CONTENT_LENGTH ----

challenge "$T/ch" --cn edge
cgi QUERY_STRING=operation=GetCACert "$FCGI" </dev/null 2>/dev/null |
    sed '1,/^\r$/d' >"$T/cacert"
record "$T/message" -C "$T/ch" -s /CN=edge
size=$(wc -c <"$T/message")
verdict "there is a message to send" test "$size" -gt 1000

post() {		# NAME=VALUE…
	cgi REQUEST_METHOD=POST QUERY_STRING=operation=PKIOperation "$@" \
	    "$FCGI" <"$T/message" >"$T/out" 2>"$T/err"
}
for length in -1 0x10 '' 99999999999999999999 $((size + 100)); do
	post CONTENT_LENGTH="$length"
	same "CONTENT_LENGTH '$length': the body is what there is" \
	    "$(http)" 200
	like "and is granted" "$T/err" 'result=granted'
done
post
same "none at all [T-64]" "$(http)" 200
post CONTENT_LENGTH=$((size - 1))
same "one too few: a message that is cut is 400 [C-030]" "$(http)" 400
post CONTENT_LENGTH=0
same "0: no message, 400" "$(http)" 400
like "one line for each" "$T/err" 'result=error'
same "all this is one certificate" "$(n_certs)" 1
head -c 300000 /dev/zero >"$T/zeros"
cgi REQUEST_METHOD=POST QUERY_STRING=operation=PKIOperation "$FCGI" \
    <"$T/zeros" >"$T/out" 2>"$T/err"
same "above max_request: 413" "$(http)" 413

# ---- input that does not end ----

mkfifo "$T/open"
sleep 300 >"$T/open" &
holder=$!
own "$holder"
timeout 50 env -i GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET \
    QUERY_STRING=operation=GetCACaps SCEP_CONF="$CONF" "$FCGI" <"$T/open" \
    >"$T/out" 2>"$T/err"
same "a GET does not wait for a body" "$? $(http)" "0 200"
cp -p "$CONF" "$T/patient.conf"
sed -i 's/^\[server\]/&\nrequest_timeout = 2s/' "$CONF"
timeout 60 env -i GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=POST \
    QUERY_STRING=operation=PKIOperation CONTENT_LENGTH=5 SCEP_CONF="$CONF" \
    "$FCGI" <"$T/open" >"$T/out" 2>"$T/err"
same "a POST without its body: 503 in time" "$? $(http)" "0 503"
like "with Retry-After" "$T/out" '^Retry-After: '
like "and a line in the log" "$T/err" 'longer than request_timeout'
# A deadline that was ignored by whoever started us still holds.
(
	trap '' ALRM
	timeout 60 env -i GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=POST \
	    QUERY_STRING=operation=PKIOperation CONTENT_LENGTH=5 \
	    SCEP_CONF="$CONF" "$FCGI" <"$T/open" >"$T/out" 2>"$T/err"
)
same "also where SIGALRM was ignored" "$(http)" 503
stop "$holder"
# From here on a run may take its time.
cp -p "$T/patient.conf" "$CONF"

# ---- a client that is gone ----

challenge "$T/gone.ch" --cn gone
record "$T/message" -C "$T/gone.ch" -s /CN=gone
gone_away() { test -s "$T/reader" && gone_or_zombie "$(cat "$T/reader")"; }
{
	until_true 20 gone_away
	cgi REQUEST_METHOD=POST QUERY_STRING=operation=PKIOperation \
	    "$FCGI" <"$T/message" 2>"$T/err"
	echo $? >"$T/status"
} | sh -c 'echo $$ >"$0"' "$T/reader"
same "it ends well" "$(cat "$T/status")" 0
like "with its line in the log" "$T/err" 'result=granted.*delivered=no'
if [ -e "$T/ca/state/db/unclean" ]; then
	not_ok "and leaves the store clean"
else
	ok "and leaves the store clean"
fi
post
same "who asks again gets the same certificate" \
    "$(http) $(n_certs)" "200 2"
like "it says so" "$T/err" 'repeated=yes'

# ---- health, and an owner that hangs ----

run PATH_INFO=/health QUERY_STRING=
same "health without an owner" "$(http)" 200
chmod 500 "$T/ca/state"
run PATH_INFO=/health QUERY_STRING=
if [ "$(id -u)" -eq 0 ]; then
	skip "health of a state that cannot be used" "root may all"
else
	same "health of a state that cannot be used" "$(http)" 503
fi
chmod 700 "$T/ca/state"
sed -i "s,^\[server\],&\nlisten = unix:$T/scep.sock\nmetrics = yes," "$CONF"
run PATH_INFO=/metrics QUERY_STRING=
same "no figures without a server: 503" "$(http)" 503
start_fcgi
verdict "a FastCGI instance owns the state" until_true 30 test -S \
    "$T/ca/state/ra.sock"
until_true 20 sh -c "[ -s '$T/ca/state/lock' ]"
run PATH_INFO=/health QUERY_STRING=
same "health asks it" "$(http)" 200
run PATH_INFO=/metrics QUERY_STRING=
same "and it has figures" "$(http)" 200
post
same "it is asked for the certificate, too" "$(http)" 200
owner=$(ca_of "$SUPERVISOR")
halt "$owner"
cp -p "$CONF" "$T/ca/patient.conf"
sed -i 's/^\[server\]/&\nrequest_timeout = 10s/' "$CONF"
post
same "an owner that hangs: 503 in time" "$(http)" 503
# So long that whoever waits for it can be told from a slow machine.
sed -i 's/^\[server\]/&\nrequest_timeout = 1h/' "$T/ca/patient.conf"
cgi QUERY_STRING=operation=GetCACaps SCEP_CONF="$T/ca/patient.conf" \
    timeout 120 "$FCGI" <"$T/in" >"$T/out" 2>"$T/err"
ended=$?
same "GetCACaps does not need it" "$(http)" 200
same "nor is its end waited for" "$ended" 0
# From here on a run may take its time again.
sed -i '/^request_timeout/d' "$CONF"
kill -CONT "$owner"
verdict "it goes on" until_true 20 sh -c "exec 2>/dev/null
    env -i GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=POST \
    QUERY_STRING=operation=PKIOperation SCEP_CONF='$CONF' '$FCGI' \
    <'$T/message' | grep -q '^Status: 200'"

# ---- a program that brings its libraries with it ----

if [ "$BIN" = "$ROOT" ]; then
	mkdir "$T/static"
	verdict "make STATIC=yes" make -s -C "$ROOT" STATIC=yes BIN="$T/static" \
	    "$T/static/scep.fcgi"
	ldd "$T/static/scep.fcgi" >"$T/ldd"
	unlike "it needs none of them" "$T/ldd" 'crypto|db-5|fcgi|jansson|seccomp'
	ldd "$FCGI" >"$T/ldd"
	like "the control: the other one does" "$T/ldd" 'crypto'
	FCGI=$T/static/scep.fcgi
	post
	same "it answers" "$(http)" 200
else
	skip "make STATIC=yes" "only of the tree"
fi
finish
