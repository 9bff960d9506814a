#!/bin/sh
# 34-odd - requests as devices write them, in URLs and bodies, through the web
# servers of examples/.  What is enveloped and signed is in tests/unit/t_odd*;
# here it is the HTTP around it.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/servers.sh"

ODD=$ROOT/oddmsg
[ -x "$ODD" ] || { not_ok "oddmsg is built (make programs)"; finish; }

code() { curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' -m 20 "$@"; }

# message FILE CN [OPTIONS]: one that is granted.
message() {
	_file=$1
	_cn=$2
	shift 2
	adm challenge add --cn "$_cn" >"$T/c" 2>"$T/challenge.err" ||
	    { not_ok "challenge add"; return 1; }
	"$ODD" -r "${CONF%/*}/ra.pem" -k "$T/device.key" -c "$(cat "$T/c")" \
	    -s "$_cn" -t "$_cn" "$@" >"$_file"
}

# granted CN: the answer in $T/body holds a certificate with that name, for
# OpenSSL.
granted() {
	openssl cms -verify -inform DER -in "$T/body" -noverify \
	    -out "$T/envelope" 2>"$T/openssl.err" &&
	openssl cms -decrypt -inform DER -in "$T/envelope" \
	    -inkey "$T/device.key" -out "$T/certs" 2>>"$T/openssl.err" &&
	openssl pkcs7 -inform DER -in "$T/certs" -print_certs |
	    openssl x509 -noout -subject -nameopt RFC2253 |
	    grep -q "^subject=CN=$1\$"
}

# gets TEXT URL: a GET of it is granted to $cn.
gets() {
	_text=$1
	_got=$(code "$2")
	same "$s: $_text" "$_got" 200 &&
	    verdict "$s: … and granted" granted "$cn"
}
# posts TEXT [CURL OPTIONS]: the same of $T/msg by POST.
posts() {
	_text=$1
	shift
	_got=$(code --data-binary "@$T/msg" "$@" \
	    "$URL?operation=PKIOperation")
	same "$s: $_text" "$_got" 200 &&
	    verdict "$s: … and granted" granted "$cn"
}

# raw FILE: these octets to the server, and what comes after the head of the
# answer to $T/body; the first line is printed.
raw() {
	bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && cat >&3 && cat <&3' raw \
	    "$port" <"$1" >"$T/answer" 2>/dev/null
	LC_ALL=C sed '1,/^\r$/d' "$T/answer" >"$T/body"
	head -n 1 "$T/answer" | tr -d '\r' | cut -d ' ' -f 2
}

base64_of() { base64 -w 0 "$1"; }
escaped() { sed -e 's/+/%2B/g' -e 's,/,%2F,g' -e 's/=/%3D/g'; }
lines_of() { base64 -w 64 "$1"; }	# each with its end

# The one that has all of + / = in its base64; the text has to be one that a
# form decoder would change.
fitting() {
	for _try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		cn=odd-$s-$_try
		message "$T/msg" "$cn" || return 1
		base64_of "$T/msg" >"$T/text"
		case $(cat "$T/text") in
		*+*/*=|*/*+*=) return 0 ;;
		esac
	done
	return 1
}

urls() {
	op="$URL?operation=PKIOperation"
	verdict "$s: a message with + / and =" fitting
	text=$(cat "$T/text")
	gets "a raw + and / and = [I-010 C-024]" "$op&message=$text"
	gets "all escaped [C-024]" "$op&message=$(escaped <"$T/text")"
	gets "only + and = escaped [I-010]" \
	    "$op&message=$(sed -e 's/+/%2B/g' -e 's/=/%3D/g' "$T/text")"
	gets "blanks for + [I-011]" \
	    "$op&message=$(sed 's/+/%20/g' "$T/text")"
	gets "no padding [I-012]" "$op&message=$(tr -d = <"$T/text")"
	gets "base64url [I-013]" "$op&message=$(tr '+/' '-_' <"$T/text")"
	gets "base64url without padding [I-013 I-012]" \
	    "$op&message=$(tr '+/' '-_' <"$T/text" | tr -d =)"
	gets "escaped twice [I-014]" \
	    "$op&message=$(escaped <"$T/text" | sed 's/%/%25/g')"
	gets "lines, each with %0A [I-010 T-60]" \
	    "$op&message=$(lines_of "$T/msg" | escaped |
	    awk '{ printf "%s%%0A", $0 }')"
	gets "lines with %0D%0A, + and / raw [I-010]" \
	    "$op&message=$(lines_of "$T/msg" |
	    awk '{ printf "%s%%0D%%0A", $0 }')"
	gets "message before operation [I-001 C-020]" \
	    "$URL?message=$(escaped <"$T/text")&operation=PKIOperation"
	gets "other parameters about it [I-001 C-020]" \
	    "$URL?profile=x&operation=PKIOperation&y&message=$(
	    escaped <"$T/text")&name=value"
	gets "a lower-case operation [I-001]" \
	    "$URL?operation=pkioperation&message=$(escaped <"$T/text")"
	for path in /pkiclient.exe /default /default/pkiclient.exe \
	    /default/any/thing%20at/all /; do
		gets "path /scep$path [I-003 C-021]" \
		    "$URL$path?operation=PKIOperation&message=$(
		    escaped <"$T/text")"
	done
	gets "path /cgi-bin/pkiclient.exe [I-003 C-021]" \
	    "${URL%/scep}/cgi-bin/pkiclient.exe?operation=PKIOperation&$(
	    )message=$(escaped <"$T/text")"
	same "$s: what is cut short is 400 [C-030]" \
	    "$(code "$op&message=$(cut -c1-2000 "$T/text")")" 400
	same "$s: and so is what is not base64 [C-024]" \
	    "$(code "$op&message=$text!")" 400
}

# HTTP/1.0 without Host, as IOS writes it; and a raw blank.
old_http() {
	agent="User-Agent: Mozilla/4.0 (compatible; MSIE 5.0; Cisco PKI)"
	printf 'GET /scep/pkiclient.exe?operation=PKIOperation&message=%s %s' \
	    "$(lines_of "$T/msg" | escaped | awk '{ printf "%s%%0A", $0 }')" \
	    HTTP/1.0 >"$T/raw"
	printf '\r\n%s\r\n\r\n' "$agent" >>"$T/raw"
	same "$s: HTTP/1.0 without Host [C-031 T-62]" "$(raw "$T/raw")" 200
	verdict "$s: … and granted" granted "$cn"
	{
		printf 'POST /scep?operation=PKIOperation HTTP/1.0\r\n'
		printf 'Content-Length: %d\r\n\r\n' "$(wc -c <"$T/msg")"
		cat "$T/msg"
	} >"$T/raw"
	same "$s: a POST of HTTP/1.0 [C-031]" "$(raw "$T/raw")" 200
	verdict "$s: … and granted" granted "$cn"
	printf 'GET /scep?operation=PKIOperation&message=%s HTTP/1.1' \
	    "$(tr + ' ' <"$T/text")" >"$T/raw"
	printf '\r\nHost: x\r\nConnection: close\r\n\r\n' >>"$T/raw"
	# Only lighttpd mends it: there it is what %20 is.
	if [ "$s" = lighttpd ]; then
		same "$s: raw blanks for + [I-011 T-62]" "$(raw "$T/raw")" 200
		verdict "$s: … and granted" granted "$cn"
	else
		same "$s: raw blanks are its own 400 [T-62]" \
		    "$(raw "$T/raw")" 400
	fi
}

bodies() {
	posts "POST [C-004 C-022]"
	posts "POST without Content-Type [I-004 C-022]" -H 'Content-Type:'
	for type in application/x-pki-message application/octet-stream \
	    application/x-www-form-urlencoded multipart/form-data text/xml \
	    'application/x-pki-message; charset=utf-8' nonsense; do
		posts "POST of $type [I-004 C-022]" -H "Content-Type: $type"
	done
	posts "POST in chunks [I-004 T-64]" -H 'Transfer-Encoding: chunked'
	posts "POST with Expect [I-004]" -H 'Expect: 100-continue'
	for query in '' '?operation=' '?x=y' \
	    '?operation=PKIOperation&message=AAAA' '?operation=pkioperation'; do
		[ "$query" = '?operation=' ] && want=400 || want=200
		same "$s: POST to '$query' [C-023 I-001]" \
		    "$(code --data-binary "@$T/msg" "$URL$query")" $want
		[ $want = 400 ] || verdict "$s: … and granted" granted "$cn"
	done
	same "$s: a POST cannot be GetCACert [C-023]" \
	    "$(code --data-binary "@$T/msg" "$URL?operation=GetCACert")" 400
	printf 'message=%s' "$(escaped <"$T/text")" >"$T/form"
	same "$s: a form is no message [C-022]" \
	    "$(code --data-binary "@$T/form" "$URL?operation=PKIOperation")" \
	    400
	same "$s: nor is base64 [C-022]" \
	    "$(code --data-binary "@$T/text" "$URL?operation=PKIOperation")" \
	    400
	for end in newline NUL 'CR LF' 'the beginning of another'; do
		cn="end-$(echo "$s-$end" | tr ' ' -)"
		message "$T/msg" "$cn" "trailing=$end"
		posts "a message and $end [I-015]"
	done
}

# What there is no message for, or one that says nothing.
questions() {
	for what in GetCACaps GetCACert; do
		for query in '' '&message' '&message=' '&message=0' \
		    '&message=1' '&message=default' '&message=My%20CA' \
		    '&message=K%C3%A4se' '&message=K%C3%83%C2' \
		    '&message=ca.example&x=y' '&message=a&message=b' \
		    '&message=%25%00'; do
			case $query in
			*%00) [ "$s" = lighttpd ] || continue ;;
			esac
			same "$s: $what '$query' [I-002 C-026]" \
			    "$(code "$URL?operation=$what$query")" 200
		done
		same "$s: $what, message first [I-001]" \
		    "$(code "$URL?message=ca&operation=$what")" 200
		same "$s: $what in lower case [I-001]" \
		    "$(code "$URL?operation=$(echo $what |
		    tr 'A-Z' 'a-z')")" 200
		same "$s: $what at /cgi-bin/pkiclient.exe [I-003]" \
		    "$(code "${URL%/scep}/cgi-bin/pkiclient.exe?$(
		    )operation=$what&message=0")" 200
		printf 'GET /scep/pkiclient.exe?operation=%s&message=x %s' \
		    "$what" "HTTP/1.0" >"$T/raw"
		printf '\r\n\r\n' >>"$T/raw"
		same "$s: $what by HTTP/1.0 without Host [C-031 T-62]" \
		    "$(raw "$T/raw")" 200
	done
	same "$s: GetCAChain is 400 [C-033]" \
	    "$(code "$URL?operation=GetCAChain&message=0")" 400
	same "$s: GetCACertChain is 400 [C-033]" \
	    "$(code "$URL?operation=GetCACertChain&message=0")" 400
}

# The longest that is promised: 16 KiB and more.
long_query() {
	cn=long-$s
	message "$T/msg" "$cn" -p 13000 "bag=8 certificates"
	base64_of "$T/msg" >"$T/text"
	q="operation=PKIOperation&message=$(escaped <"$T/text")"
	if [ ${#q} -ge 20000 ] && [ ${#q} -lt 32000 ]; then
		ok "$s: a query of 20 to 32 kB"
	else
		not_ok "$s: a query of 20 to 32 kB"
	fi
	gets "it comes through [I-016 T-61]" "$URL?$q"
}

# A few whole messages, so that no server in between changes an octet.
forms() {
	for row in 'lengths=all indefinite' 'strings=segments in segments' \
	    'serial=zero-padded' 'txid=hostile' 'challenge=BMPString'; do
		cn="form-$(echo "$s-$row" | tr ' =' --)"
		message "$T/msg" "$cn" "$row"
		# A zero-padded serial in the answer is not for OpenSSL.
		case $row in
		serial=*)
			same "$s: $row [I-018]" \
			    "$(code --data-binary "@$T/msg" \
			    "$URL?operation=PKIOperation")" 200
			same "$s: … is in the store" "$(adm cert list --json |
			    jq -r '.[].subject' | grep -c "CN=$cn\$")" 1 ;;
		*)	posts "$row [C-092 C-108 C-140]" ;;
		esac
	done
}

all_of() {		# SERVER
	s=$1
	questions
	urls
	old_http
	bodies
	forms
	long_query
}

openssl genrsa -out "$T/device.key" 2048 2>/dev/null
port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"

start_nginx_example "$port"
all_of nginx
stop "$SERVER"
stop "$SUPERVISOR"

port=$(free_port)
start_lighttpd_example "$port"
all_of lighttpd
# T-60: without that line of the example.
stop "$SERVER"
sed -i '/url-ctrls-reject/d' "$T/lighttpd.conf"
lighttpd -D -f "$T/lighttpd.conf" >>"$T/lighttpd.log" 2>&1 &
SERVER=$!
own "$SERVER"
answers lighttpd
same "lighttpd: %0A is 400 without url-ctrls-reject [T-60]" \
    "$(code "$URL?operation=GetCACert&message=x%0Ay")" 400
stop "$SERVER"

port=$(free_port)
start_apache_fcgid "$port"
all_of apache
stop "$SERVER"

port=$(free_port)
start_apache_proxy "$port"
s=proxy
questions
urls
bodies
finish
