#!/bin/sh
# 17-doctor - scepadm doctor against servers that are well, and against each
# fault it should find: named, with the line that mends it, and nothing else.
. "$(dirname "$0")/lib.sh"

# examine WANTED TEXT [OPTIONS]: the report is in $T/report, its faults in
# $T/faults.
examine() {
	_want=$1
	_text=$2
	shift 2
	adm doctor "$@" >"$T/report" 2>"$T/report.err" </dev/null
	_got=$?
	grep '^FAIL' "$T/report" >"$T/faults"
	same "$_text: exit $_want" "$_got" "$_want" || {
		sed 's/^/# /' "$T/faults" "$T/report.err"
		return 1
	}
}

well() {		# TEXT [OPTIONS]
	examine 0 "$@"
	same "$1: no fault" "$(cat "$T/faults")" ""
}

# ill TEXT COUNT PATTERN: so many faults, one of them this.
ill() {
	examine 1 "$1"
	same "$1: faults" "$(wc -l <"$T/faults")" "$2" ||
	    sed 's/^/# /' "$T/faults"
	like "$1: it is named" "$T/faults" "$3"
}

port_open() { [ -n "$(ss -Hltn "sport = :$1")" ]; }
port_shut() { ! port_open "$1"; }

# ---- lighttpd ----

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_lighttpd "$port"
cp "$T/lighttpd.conf" "$T/lighttpd.good"

well "a good lighttpd"
for what in 'POST: read' 'GET in lines \(%0A\): read' \
    'POST with Transfer-Encoding: chunked: read' \
    'GET of almost 32 KiB: read' 'POST as long as max_request: read' \
    'enrolment by POST as CN=doctor-[0-9a-f]{8}: SUCCESS, serial' \
    'enrolment by GET as CN=doctor-[0-9a-f]{8}: SUCCESS, serial' \
    'poll by POST: SUCCESS' 'poll by GET: SUCCESS' \
    'AES: announced, works: the same certificate' \
    'SHA-512: announced, works: the same certificate' \
    'DES3: not announced, and refused' \
    'SCEPStandard: announced, works' 'chain: 2 certificates in order'; do
	like "it says: $what" "$T/report" "^ok   $what"
done
like "an EC key is something to know" "$T/report" \
    '^info EC keys of devices: FAILURE badAlg'
same "two certificates were issued" "$(n_certs)" 2
sed -n 's/^ok   enrolment.*serial \([0-9A-F]*\)$/\1/p' "$T/report" |
    while read -r serial; do adm cert show "$serial"; done >"$T/shown" 2>&1
same "and their serials are in the report" \
    "$(grep -c 'CN=doctor-' "$T/shown")" 2
same "no challenge is left" "$(adm challenge list --json |
    jq '[.[] | select(.state == "live")] | length')" 0

adm doctor --json >"$T/report.json" 2>"$T/report.err"
same "--json: exit 0" $? 0
same "--json is an array of findings" "$(jq -r 'map(keys == ["check", "fix",
    "result", "text"] and (.result == "ok" or .result == "info")) | all' \
    "$T/report.json")" true
same "each has its name" "$(jq -r '[.[] | select(.check == "GET-16k" or
    .check == "enrol-POST" or .check == "SCEPStandard")] | length' \
    "$T/report.json")" 3

n=$(n_certs)
well "a profile where an operator approves" --profile manual
like "its request waits" "$T/report" '^ok   enrolment by POST .*: PENDING'
like "a poll says so" "$T/report" '^ok   poll by GET: PENDING'
like "then it is refused again" "$T/report" \
    '^ok   poll by POST after we refused it again: FAILURE badRequest'
same "nothing waits any more" "$(adm request list --json | jq length)" 0
same "and nothing was issued" "$(n_certs)" "$n"

respawn_lighttpd() {	# SED: spoil the configuration
	stop "$SERVER"
	sed "$1" "$T/lighttpd.good" >"$T/lighttpd.conf"
	lighttpd -D -f "$T/lighttpd.conf" >>"$T/lighttpd.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	until_true 30 port_open "$port" || not_ok "lighttpd comes back"
}

respawn_lighttpd '/max-request-field-size/d'
ill "lighttpd with a short request line" 1 \
    '^FAIL GET of more than 8 KiB: HTTP 431.*server\.max-request-field-size = 32768'
respawn_lighttpd '/url-ctrls-reject/d'
ill "lighttpd that rejects %0A" 1 \
    '^FAIL GET in lines \(%0A\): HTTP 400.*"url-ctrls-reject" => "disable"'
respawn_lighttpd 's/^server.max-request-size = .*/server.max-request-size = 100/'
ill "lighttpd with a small body" 1 \
    '^FAIL POST of more than 128 KiB: HTTP 413.*server\.max-request-size'
respawn_lighttpd 's,"/scep" =>,"/other" =>,'
examine 1 "lighttpd that does not know the path"
like "it is named" "$T/faults" \
    '^FAIL GetCACert: HTTP 404.*fastcgi\.server = \( "/scep"'
respawn_lighttpd ''
well "the good lighttpd again"

# ---- from elsewhere: no scep.conf ----

away() { "$ADM" -c "$T/nowhere.conf" doctor "$@"; }
status 78 "without --url and scep.conf it has nowhere to go" away
like "it says what is missing" "$T/status.out" 'without --url: .*nowhere'
status 0 "with a URL alone" away --url "$URL/"
like "it skips the enrolment and says why" "$T/status.out" \
    '^info enrolment by POST: not tried: no challenge was given'
like "and tries the algorithms all the same" "$T/status.out" \
    '^ok   AES: announced, works: FAILURE badCertId'
challenge "$T/c" --cn given
status 0 "with a challenge in a file" away --url "$URL" \
    --challenge "@$T/c" --subject CN=given
like "it enrols" "$T/status.out" \
    '^ok   enrolment by POST as CN=given: SUCCESS'
like "once" "$T/status.out" \
    '^info enrolment by GET: not tried: the challenge .* is used up'
same "it can be found" "$(adm cert list --json |
    jq '[.[] | select(.subject == "CN=given")] | length')" 1
challenge "$T/c" --cn given-2
away --url "$URL" --challenge-file - --subject /CN=given-2 <"$T/c" \
    >"$T/report" 2>&1
same "with a challenge on standard input" $? 0
unlike "the challenge is not in the report" "$T/report" "$(cat "$T/c")"
status 1 "with a wrong challenge" away --url "$URL" --challenge wrong-one
like "the refusal is named" "$T/status.out" \
    '^FAIL enrolment by POST .*: FAILURE badRequest.*log has the reason'
status 1 "another name than the challenge's" away --url "$URL" \
    --challenge "$(challenge "$T/c" --cn right && cat "$T/c")" \
    --subject CN=wrong
status 2 "what is no URL" adm doctor --url "ftp://127.0.0.1/scep"
: >"$T/empty"
status 2 "an empty challenge" away --url "$URL" --challenge-file "$T/empty"
status 2 "two challenges" adm doctor --challenge a --challenge-file b
status 3 "a profile that is not there" adm doctor --profile nobody
sed 's/^url = .*//' "$CONF" >"$T/ca/no-url.conf"
status 78 "a scep.conf without url" "$ADM" -c "$T/ca/no-url.conf" doctor
like "says what to write" "$T/status.out" 'no url in \[server\]'

# Challenges that we make are for our own server alone.
"$ADM" init --dir "$T/else" --cn "Other CA" --url "$URL" >/dev/null 2>&1
status 1 "another CA than that of scep.conf" "$ADM" \
    -c "$T/else/scep.conf" doctor
like "is named" "$T/status.out" '^FAIL scep.conf: the server shows another'
like "and gets no challenge" "$T/status.out" \
    '^info enrolment by POST: not tried: the server shows another CA'
same "none was made" "$("$ADM" -c "$T/else/scep.conf" challenge list \
    --json | jq length)" 0

stop "$SERVER"
examine 3 "a stopped server"
like "it is named" "$T/faults" '^FAIL http://.*: no answer .*`url` in'

# ---- nginx ----

port=$(free_port)
sed -i "s,^url = .*,url = http://127.0.0.1:$port/scep," "$CONF"
start_nginx "$port"
cp "$T/nginx.conf" "$T/nginx.good"
openssl crl2pkcs7 -nocrl -certfile "$T/ca/ra.pem" -outform DER \
    -out "$T/ra-only.p7" 2>"$T/openssl.log"
openssl crl2pkcs7 -nocrl -certfile "$T/ca/ca.pem" \
    -certfile "$T/ca/ra.pem" -outform DER -out "$T/bundle.p7"

restart_nginx() {	# SED
	stop "$SERVER"
	until_true 20 port_shut "$port"
	sed "$1" "$T/nginx.good" >"$T/nginx.conf"
	nginx -p "$T/nginx" -c "$T/nginx.conf" >>"$T/nginx.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	until_true 30 port_open "$port" || not_ok "nginx comes back"
}

# instead OPERATION TYPE FILE: nginx answers this one itself.
instead() {
	restart_nginx "s,location ~ ^/scep.*,location = /instead { internal; \
default_type $2; alias $3; } & error_page 418 =200 /instead; \
if (\$arg_operation = $1) { return 418; },"
}

well "a good nginx"

restart_nginx 's/large_client_header_buffers.*/large_client_header_buffers 4 8k;/'
ill "nginx with small header buffers" 1 \
    '^FAIL GET of more than 8 KiB: HTTP 414.*large_client_header_buffers 4 32k'
restart_nginx 's/large_client_header_buffers.*/large_client_header_buffers 4 16k;/'
ill "nginx with middling ones" 1 \
    '^FAIL GET of almost 32 KiB: HTTP 414.*large_client_header_buffers 4 32k'
restart_nginx 's/client_max_body_size.*/client_max_body_size 50k;/'
ill "nginx with a small body" 1 \
    '^FAIL POST of 64 KiB: HTTP 413.*client_max_body_size'
restart_nginx 's,location ~ ^/scep.*,location = /scep {,;s,\$scep_path,"",'
ill "nginx that knows one path" 1 \
    '^FAIL POST to the path with /pkiclient.exe .*: HTTP 404.*PATH_INFO'
restart_nginx 's,location ~ ^/scep,location ~ ^/else,'
examine 1 "nginx that does not know the path"
like "it is named" "$T/faults" '^FAIL GetCACert: HTTP 404.*location'
restart_nginx 's,location ~ ^/scep.*,& return 301 https://x/;,'
examine 1 "nginx that redirects"
like "it is named, with the target" "$T/faults" \
    '^FAIL GetCACert: HTTP 301.* to https://x/.*no return 301'
restart_nginx 's,location ~ ^/scep.*,&if ($request_method = POST) { return 405; },'
ill "nginx that lets no POST through" 3 '^FAIL POST: HTTP 405.*limit_except'
like "POSTPKIOperation fails its test" "$T/report" \
    '^FAIL POSTPKIOperation: announced, does not work'
like "GET works" "$T/report" '^ok   enrolment by GET .*: SUCCESS'

printf '%s\n' AES DES3 SHA-1 SHA-256 POSTPKIOperation >"$T/caps"
instead GetCACaps text/plain "$T/caps"
ill "capabilities that do not work" 2 \
    '^FAIL DES3: announced, does not work: FAILURE badAlg.*GetCACaps'
like "each of them" "$T/faults" '^FAIL SHA-1: announced, does not work'
like "one that works and is not announced is named" "$T/report" \
    '^info SHA-512: works, but is not announced'
like "and what is announced and works is fine" "$T/report" \
    '^ok   AES: announced, works'
printf 'AES\n\nSHA-256\nPOSTPKIOperation\n' >"$T/caps"
instead GetCACaps text/plain "$T/caps"
ill "capabilities with an empty line" 1 '^FAIL GetCACaps: no list of words'
printf 'AES POSTPKIOperation\n' >"$T/caps"
instead GetCACaps text/plain "$T/caps"
examine 1 "capabilities that are none"
like "what is needed and not announced is named" "$T/faults" \
    '^FAIL SHA-256: works, but is not announced, nor is SCEPStandard'
instead GetCACert application/x-x509-ca-ra-cert "$T/ra-only.p7"
examine 1 "a bundle without the CA"
like "it is named" "$T/faults" \
    '^FAIL chain: the certificate of the CA \(/CN=Test CA\).*`chain`'
instead GetCACert application/x-x509-ca-ra-cert "$T/bundle.p7"
examine 1 "a bundle in another order" || sed 's/^/# /' "$T/report"
like "it is named" "$T/faults" '^FAIL chain: certificate 1 .*not signed by'
instead GetCACert application/octet-stream "$T/ra-only.p7"
ill "certificates under another type" 1 \
    '^FAIL GetCACert: Content-Type is "application/octet-stream"'
restart_nginx ''
well "the good nginx again"

stop "$SUPERVISOR"
examine 1 "scep.fcgi is not there"
like "it is named" "$T/faults" '^FAIL GetCACert: HTTP 502.*fastcgi_pass'
start_fcgi
until_true 30 caps_ok "$URL"

# ---- TLS, from a CA that nobody knows ----

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tls \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$T/tls.key" \
    -out "$T/tls.pem" >"$T/openssl.log" 2>&1
restart_nginx "s,listen 127.*,listen 127.0.0.1:$port ssl; \
ssl_certificate $T/tls.pem; ssl_certificate_key $T/tls.key;,"
examine 3 "a TLS certificate that devices do not trust" \
    --url "https://127.0.0.1:$port/scep"
like "it is named" "$T/faults" '^FAIL .*no answer.*--ca-file'
well "and with --ca-file they do" --url "https://127.0.0.1:$port/scep" \
    --ca-file "$T/tls.pem"
finish
