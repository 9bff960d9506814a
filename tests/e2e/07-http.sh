#!/bin/sh
# 07-http - the edges of HTTP, the end of service, and where secrets are not.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/pace.sh"

code() { curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' -m 20 "$@"; }
header() {		# NAME
	tr -d '\r' <"$T/head" | sed -n "s/^$1: //Ip" | tail -n 1
}

edges() {		# SERVER
	s=$1
	same "$s: GetCACaps [C-001 C-040]" \
	    "$(code "$URL?operation=GetCACaps")" 200
	same "$s: its Content-Type" "$(header Content-Type)" text/plain
	unlike "$s: no blank line in it [C-041]" "$T/body" '^[[:space:]]*$'
	for word in AES POSTPKIOperation Renewal SHA-256 \
	    SHA-512 SCEPStandard; do
		like "$s: it has $word [C-042 C-046 I-033]" \
		    "$T/body" "^$word.?\$"
	done
	unlike "$s: and nothing that is not there [C-044 C-049]" \
	    "$T/body" \
	    '^(GetNextCACert|DES|MD5)'
	cp "$T/body" "$T/caps"
	same "$s: GetCACert [C-002]" "$(code "$URL?operation=GetCACert")" 200
	same "$s: its Content-Type" "$(header Content-Type)" \
	    application/x-x509-ca-ra-cert
	verdict "$s: certificates are in it [C-063 T-66]" sh -c "openssl pkcs7 \
	    -inform DER -in '$T/body' -print_certs | grep -q BEGIN"
	same "$s: its Content-Length [C-031 T-66]" "$(header Content-Length)" \
	    "$(wc -c <"$T/body" | tr -d ' ')"
	cp "$T/body" "$T/cacert"
	code "$URL?operation=GetCACert" >/dev/null
	verdict "$s: the same octets each time [C-065]" \
	    cmp "$T/body" "$T/cacert"
	for query in 'operation=GetCACert&message=0' \
	    'message=CAIdentifier&operation=GetCACert' \
	    'operation=GetCACert&message=x%0ay' \
	    'operation=GetCACert&message=' 'operation=GetCACert&foo=bar'; do
		same "$s: $query [C-020 C-026 I-001 I-002]" \
		    "$(code "$URL?$query")" 200
	done
	same "$s: pkiclient.exe is the default profile [C-021 I-003]" \
	    "$(code "$URL/pkiclient.exe?operation=GetCACaps")" 200
	same "$s: the profile by name" \
	    "$(code "$URL/default?operation=GetCACaps")" 200
	same "$s: and with something behind it [C-021]" \
	    "$(code "$URL/manual/pkiclient.exe?operation=GetCACaps")" 200
	same "$s: an unknown profile is 404" \
	    "$(code "$URL/nobody?operation=GetCACaps")" 404
	same "$s: HTTP/1.0 [C-031]" \
	    "$(code --http1.0 "$URL?operation=GetCACaps")" 200
	same "$s: an unknown operation is 400 [C-033]" \
	    "$(code "$URL?operation=GetFrob")" 400
	same "$s: no operation is 400 [C-033]" "$(code "$URL")" 400
	same "$s: PUT is 405" \
	    "$(code -X PUT -d x "$URL?operation=PKIOperation")" 405
	same "$s: DELETE is 405" \
	    "$(code -X DELETE "$URL?operation=PKIOperation")" 405
	same "$s: an empty POST is 400" \
	    "$(code -X POST -d '' "$URL?operation=PKIOperation")" 400
	same "$s: garbage is 400" "$(code --data-binary garbage \
	    "$URL?operation=PKIOperation")" 400
	same "$s: a GET without message is 400" \
	    "$(code "$URL?operation=PKIOperation")" 400
	same "$s: a GET with garbage is 400" \
	    "$(code "$URL?operation=PKIOperation&message=%25%25")" 400
	head -c 300000 /dev/zero >"$T/big"
	same "$s: 300 kB is 413 [C-239]" "$(code --data-binary "@$T/big" \
	    "$URL?operation=PKIOperation")" 413
	challenge "$T/c"
	verdict "$s: and after all that it enrols" bot -C "$T/c" \
	    -s "/CN=after-$s" "$URL"
	verdict "$s: by pkiclient.exe too" sh -c \
	    "'$ADM' -c '$CONF' challenge add >'$T/c' 2>/dev/null &&
	    '$BOT' -g -C '$T/c' -s /CN=exe-$s '$URL/pkiclient.exe'"
}

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_nginx "$port"
edges nginx
code "$URL?operation=GetCACaps" >/dev/null

# ---- the end of service ----

adm challenge add --count 400 --cn x >/dev/null 2>&1
adm challenge add --count 400 >"$T/many" 2>/dev/null
bot -n 400 -j 8 -K -t random -C "$T/many" -s /CN=end-%d "$URL" \
    >"$T/end.out" 2>&1 &
load=$!
own "$load"
verdict "a load is on" until_true 60 grep -q granted "$T/end.out"
pace_watch
begin=$(now_ms)
kill -TERM "$SUPERVISOR"
wait "$SUPERVISOR"
rc=$?
end=$(now_ms)
ms=$((end - begin - $(stood_still "$begin" "$end")))
pace_end
same "SIGTERM under load: exit 0" "$rc" 0
if [ "$ms" -lt 10000 ]; then
	ok "and soon ($ms ms)"
else
	not_ok "and soon ($ms ms)"
fi
stop "$load"
# What was begun was finished: no answer was cut off in the middle.
unlike "no answer is cut off" "$T/end.out" 'HTTP 0|octets of'
same "all that was acknowledged is stored" \
    "$(adm cert list --json | jq -r '.[] | select(.subject |
    contains("CN=end-")) | .serial | ascii_upcase' | sort >"$T/stored"
    sed -n 's/.* granted \([0-9A-F]*\) .*/\1/p' "$T/end.out" | sort |
    comm -23 - "$T/stored" | wc -l)" 0
same "no child is left" "$(ps -eo args= | grep -c "[s]cep.fcgi -c $CONF")" 0
stop "$SERVER"

port=$(free_port)
start_lighttpd "$port"
edges lighttpd

# ---- where secrets are not ----

challenge "$T/secret" --cn secret
secret=$(cat "$T/secret")
adm challenge add --cn unused >"$T/unused" 2>/dev/null
unused=$(cat "$T/unused")
verdict "the challenge is good" bot -C "$T/secret" -s /CN=secret "$URL"
status 1 "the unused one for another name is not" bot -C "$T/unused" \
    -s /CN=other "$URL"
comes "which the log says, after the answer" "$T/scep.log" 'subject=CN=other '
middle() { echo "$1" | cut -c3-14; }
for word in "$secret" "$unused" "$(middle "$secret")" "$(middle "$unused")"
do
	same "no challenge in the state directory [C-149]" \
	    "$(grep -r -l -a -F -e "$word" "$T/ca" 2>/dev/null)" ""
	same "nor in a log [C-149]" "$(grep -l -a -F -e "$word" "$T"/*.log)" ""
	echo "$word" >"$T/word"
	same "nor in an argv" "$(cat /proc/[0-9]*/cmdline 2>/dev/null |
	    tr '\0' '\n' | grep -c -F -f "$T/word")" 0
done
# The control: the same search finds what is there.
same "and what is there is found" "$(grep -l -a -F -e "$secret" \
    "$T/secret")" "$T/secret"
same "the CA's key is in one file" "$(grep -r -l -a -F -e "$(sed -n 5p \
    "$T/ca/state/ca.key")" "$T/ca" | wc -l)" 1
same "no core file" "$(find "$T" -name 'core*' -type f | wc -l)" 0

# ---- what clients send does not break a line of the log ----

# A line comes after its answer: all of them are there when the server has
# ended.
challenge "$T/c"
stop "$SERVER"
lines=$(wc -l <"$T/scep.log")
start_lighttpd "$port"
code "$URL?operation=Get%0aCACaps%20level=error%20%22x" >/dev/null
code "$URL/x%0ay?operation=GetCAcaps" >/dev/null
bot -C "$T/c" -t 'x y"=\' -s '/CN=a"b=c d' "$URL" >/dev/null 2>&1
stop "$SERVER"
tail -n "+$((lines + 1))" "$T/scep.log" >"$T/new.log"
like "what asks whether the server is there has lines, too" "$T/new.log" \
    '^time=[^ ]+ id=.* op=GetCACaps profile=default result=served '
same "four requests, four lines" "$(grep -v -c -E \
    '^time=[^ ]+ (level=|id=.* op=GetCACaps profile=default result=served )' \
    "$T/new.log")" 4
finish
