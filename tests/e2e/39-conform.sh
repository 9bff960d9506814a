#!/bin/sh
# 39-conform - what of RFC 8894 and its devices only shows on the wire: heads
# of answers, odd HTTP, web servers as they are configured in examples/.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/servers.sh"
. "$ROOT/tests/e2e/record.sh"

code() { curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' -m 20 "$@"; }
header() {		# NAME
	tr -d '\r' <"$T/head" | sed -n "s/^$1: *//Ip" | tail -n 1
}

# octets TEXT: to the server and back, as they are.
octets() {
	printf "$1" | python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
s.sendall(sys.stdin.buffer.read())
while (got := s.recv(65536)):
    sys.stdout.buffer.write(got)' "$port" >"$T/raw" 2>"$T/raw.err"
	head -n 1 "$T/raw" | cut -d' ' -f2
}

post() {		# [CURL OPTIONS]
	code --data-binary "@$T/message" "$@" "$URL?operation=PKIOperation"
}

# A message in base64, each line but the last of 64 characters, as sscep and
# Cisco IOS write it.
lines() {		# FILE
	openssl base64 -in "$1" | sed 's/+/%2B/g; s/=/%3D/g' |
	    awk '{ printf "%s%%0A", $0 }'
}

wire() {		# SERVER
	s=$1
	code "$URL?operation=GetCACert" >/dev/null
	cp "$T/body" "$T/cacert"
	challenge "$T/c" --cn "wire-$s"
	record "$T/message" -C "$T/c" -s "/CN=wire-$s"

	same "$s: a CertRep is 200 [C-027]" "$(post)" 200
	same "$s: its Content-Type and nothing behind it [C-028 T-65]" \
	    "$(header Content-Type)" application/x-pki-message
	same "$s: its Content-Length [C-031 T-65 T-66]" \
	    "$(header Content-Length)" "$(wc -c <"$T/body" | tr -d ' ')"
	same "$s: nobody keeps it [C-029]" "$(header Cache-Control)" no-store
	same "$s: not even HTTP/1.0 [C-029]" "$(header Pragma)" no-cache
	same "$s: asked to compress it" \
	    "$(post --compressed -H 'Accept-Encoding: gzip, deflate, br')" 200
	same "$s: it is not compressed [T-65]" "$(header Content-Encoding)" ""
	for kind in '' application/octet-stream application/x-pki-message \
	    application/x-www-form-urlencoded 'text/plain; charset=utf-8'; do
		same "$s: a POST of type '$kind' [C-022 I-004]" \
		    "$(post -H "Content-Type:${kind:+ $kind}")" 200
	done
	same "$s: a POST in chunks [I-004 T-64]" \
	    "$(post -H 'Transfer-Encoding: chunked')" 200
	same "$s: with Expect: 100-continue [I-004]" \
	    "$(post -H 'Expect: 100-continue')" 200
	same "$s: by GET, in lines [C-007 I-010 T-60]" \
	    "$(code "$URL?operation=PKIOperation&message=$(lines \
	    "$T/message")")" 200
	head -c 800 "$T/message" >"$T/cut"
	same "$s: by GET, cut short: 400 [C-030]" \
	    "$(code "$URL?operation=PKIOperation&message=$(lines \
	    "$T/cut")")" 400
	same "$s: all that was one certificate [C-205]" \
	    "$(adm cert list --json | jq "[.[] | select(.subject ==
	    \"CN=wire-$s\")] | length")" 1

	same "$s: 16 KiB of query [I-016 T-61]" "$(code \
	    "$URL?operation=GetCACert&message=$(head -c 16384 /dev/zero |
	    tr '\0' a)")" 200
	same "$s: a CA identifier in UTF-8 [C-026 I-002]" "$(code \
	    "$URL?operation=GetCACert&message=Z%C3%BCrich%20CA")" 200
	verdict "$s: and the same as ever [C-026]" cmp "$T/body" "$T/cacert"
	same "$s: HTTP/1.0 without Host [C-031 T-62]" "$(octets \
	    'GET /scep?operation=GetCACaps HTTP/1.0\r\n\r\n')" 200
	like "$s: is answered in full [C-031]" "$T/raw" '^SCEPStandard'
	same "$s: what Cisco sends [C-031 I-003]" "$(octets \
	    'GET /scep/pkiclient.exe?operation=GetCACert&message=trustpoint HTTP/1.0\r\nUser-Agent: Mozilla/4.0 (compatible; MSIE 5.0; Cisco PKI)\r\n\r\n')" \
	    200
}

# ---- the certificates of init ----

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
usage() { openssl x509 -in "$1" -noout -ext keyUsage 2>/dev/null | tail -n 1; }
same "init: what the CA's key is for [C-060]" \
    "$(usage "$T/ca/ca.pem" | tr -d ' ')" \
    "DigitalSignature,CertificateSign,CRLSign"
same "init: what the RA's is for [C-064]" \
    "$(usage "$T/ca/ra.pem" | tr -d ' ')" "DigitalSignature,KeyEncipherment"
verdict "init: both are those of RFC 5280 [C-067]" openssl verify \
    -x509_strict -CAfile "$T/ca/ca.pem" "$T/ca/ca.pem" "$T/ca/ra.pem"

# ---- nginx ----

start_nginx_example "$port"
wire nginx

# ---- a transactionID is no name of a file ----

challenge "$T/c" --cn path
verdict "a transactionID that looks like a path" bot -C "$T/c" -s /CN=path \
    -t '../../../tmp/named-by-a-client' "$URL"
status 3 "a pending one too" bot -s /CN=path-2 -t "$T/named-by-a-client" \
    "$URL/manual"
same "and nothing is called so [C-108 T-103]" \
    "$(find /tmp "$T" -maxdepth 4 -name '*named-by-a-client*' 2>/dev/null)" ""

# ---- polls go on ----

status 3 "a request waits" bot -s /CN=wait -k "$T/wait.key" "$URL/manual"
stop "$SUPERVISOR"
start_fcgi
until_true 10 caps_ok "$URL"
status 3 "after a restart it still does [C-209]" bot -s /CN=wait -P \
    -k "$T/wait.key" "$URL/manual"
id=$(adm request list --json | jq -r '[.[] | select(.subject ==
    "CN=wait")][0].id')
kill -KILL "$(ca_of "$SUPERVISOR")"
verdict "it can be approved after a crash" until_true 10 adm request approve \
    "$id"
# A worker of before the crash answers whoever has woken it up by 503.
verdict "and then a poll finds the certificate [C-185 C-209 T-101]" bot -w 20 \
    -s /CN=wait -P -k "$T/wait.key" "$URL/manual"
stop "$SUPERVISOR"
stop "$SERVER"

# ---- lighttpd ----

port=$(free_port)
start_lighttpd_example "$port"
wire lighttpd
same "lighttpd: a blank in a query [T-62]" "$(octets \
    'GET /scep?operation=GetCACert&message=my CA HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')" \
    200
stop "$SERVER"

# The path that devices come with.
port=$(free_port)
start_lighttpd "$port"
stop "$SERVER"
sed -i 's,"/scep" => ((,"/cgi-bin/pkiclient.exe" => ((,' "$T/lighttpd.conf"
lighttpd -D -f "$T/lighttpd.conf" >>"$T/lighttpd.log" 2>&1 &
SERVER=$!
own "$SERVER"
URL=http://127.0.0.1:$port/cgi-bin/pkiclient.exe
answers lighttpd
same "/cgi-bin/pkiclient.exe reaches us [C-021 I-003]" \
    "$(code "$URL?operation=GetCACert")" 200
challenge "$T/c" --cn old-path
verdict "and devices enrol there [I-003]" bot -C "$T/c" -s /CN=old-path "$URL"
stop "$SERVER"

# ---- TLS is no authority ----

challenge "$T/c" --cn tls
record "$T/bare" -s /CN=tls
record "$T/right" -C "$T/c" -s /CN=tls
cgi() {			# MESSAGE
	env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 SCEP_CONF="$CONF" \
	    REMOTE_ADDR=192.0.2.1 REQUEST_METHOD=POST HTTPS=on \
	    SSL_CLIENT_VERIFY=SUCCESS SSL_CLIENT_S_DN=CN=tls \
	    AUTH_TYPE=Basic REMOTE_USER=tls \
	    QUERY_STRING=operation=PKIOperation "$FCGI" <"$1" \
	    >"$T/out" 2>"$T/cgi.err"
}
cgi "$T/bare"
like "a device that TLS knows is refused without a challenge [C-148]" \
    "$T/cgi.err" 'result=refused .*no challenge'
cgi "$T/right"
like "and granted with one" "$T/cgi.err" 'result=granted'
finish
