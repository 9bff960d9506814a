#!/bin/sh
# 29-crl - CRLs and certificates that devices fetch: GetCert and GetCRL, files
# by a plain GET, through nginx and lighttpd; and what makes a new CRL.
. "$(dirname "$0")/lib.sh"

FILL=$ROOT/bench-fill
[ -x "$FILL" ] || { not_ok "bench-fill is not built"; exit 1; }

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
cat >>"$CONF" <<'PROFILES'

[profile any]
ca = main
authorise = challenge
getcert = any
extensions = client

[profile none]
ca = main
authorise = challenge
getcert = no
getcrl = no
extensions = client
PROFILES

number() { adm crl show main --json | jq "${1:-.number}"; }
crl_text() { openssl crl -inform DER -in "$1" -noout -text; }
# get FILE PATH [CURL OPTIONS]: prints the status.
get() {
	_out=$1
	_path=$2
	shift 2
	curl -s -m 60 -o "$_out" -D "$_out.head" -w '%{http_code}' "$@" \
	    "$URL$_path"
}
# enrol NAME: a key NAME.key, a certificate NAME.pem.
enrol() {
	challenge "$T/$1.c" --cn "$1" &&
	bot -k "$T/$1.key" -C "$T/$1.c" -s "/CN=$1" -o "$T/$1.pem" \
	    "$URL/default" >"$T/bot.out"
}
# asked TEXT WANTED BOT-OPTIONS…: what scepbot prints, without its index.
asked() {
	_text=$1
	_wanted=$2
	shift 2
	"$BOT" "$@" >"$T/bot.out" 2>&1
	same "$_text" "$(sed -E 's/^[0-9]+ //; s/^(granted) [0-9A-F]{16,} .*/\1/
	    s/ request [0-9a-f]*$//' "$T/bot.out")" "$_wanted"
}
# The certificate as a device's peer sees it.
check_cert() {		# PEM CRL-IN-DER
	openssl crl -inform DER -in "$2" -out "$T/check.crl" &&
	openssl verify -crl_check -CAfile "$T/ca/ca.pem" \
	    -CRLfile "$T/check.crl" "$1"
}
revoke() {		# PEM, while nobody owns the state
	"$FILL" -c "$CONF" -r "$(openssl x509 -in "$1" -noout -serial |
	    cut -d= -f2)"
}

# ---- each web server ----

through() {		# nginx | lighttpd
	case $1 in
	nginx) start_nginx "$port" ;;
	lighttpd) start_lighttpd "$port" ;;
	esac
	enrol "a-$1" || not_ok "$1: enrolment"
	enrol "b-$1" || not_ok "$1: enrolment"
	a=$T/a-$1
	b=$T/b-$1

	same "$1: GET of the CRL [C-194]" "$(get "$T/g.crl" /crl/main.crl)" 200
	like "$1: its type" "$T/g.crl.head" \
	    '^[Cc]ontent-[Tt]ype: application/pkix-crl'
	like "$1: when it was made" "$T/g.crl.head" \
	    '^Last-Modified: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20.. .*GMT'
	like "$1: how long to keep it" "$T/g.crl.head" \
	    '^Cache-Control: public, max-age=[0-9]{1,4}'
	verdict "$1: openssl crl verifies it" openssl crl -inform DER \
	    -in "$T/g.crl" -noout -verify -CAfile "$T/ca/ca.pem"
	crl_text "$T/g.crl" >"$T/g.txt"
	like "$1: version 2" "$T/g.txt" 'Version 2'
	like "$1: with a number" "$T/g.txt" 'X509v3 CRL Number'
	like "$1: and the CA's key" "$T/g.txt" 'Authority Key Identifier'
	same "$1: the number is the one that scepadm shows" \
	    "$(sed -n '/CRL Number/{n;s/ //g;p}' "$T/g.txt")" "$(number)"
	same "$1: HEAD" "$(get "$T/h.crl" /crl/main.crl -I)" 200
	same "$1: … says how long it is" "$(tr -d '\r' <"$T/h.crl.head" |
	    sed -n 's/^[Cc]ontent-[Ll]ength: //p')" "$(stat -c %s "$T/g.crl")"
	same "$1: GET of the CA certificate" \
	    "$(get "$T/g.crt" /ca/main.crt)" 200
	like "$1: its type" "$T/g.crt.head" \
	    '^[Cc]ontent-[Tt]ype: application/pkix-cert'
	same "$1: it is that one" \
	    "$(openssl x509 -inform DER -in "$T/g.crt")" \
	    "$(openssl x509 -in "$T/ca/ca.pem")"
	same "$1: the first generation's number is there from the first day" \
	    "$(get "$T/1.crl" /crl/main.1.crl)$(get "$T/1.crt" \
	    /ca/main.1.crt)" 200200
	verdict "$1: its CRL is that of the name" cmp "$T/g.crl" "$T/1.crl"
	verdict "$1: its certificate, too" cmp "$T/g.crt" "$T/1.crt"
	for path in /crl/other.crl /crl/main.pem /crl /ca/main.crl \
	    /ca/ra.crt /crl/main.2.crl /crl/main.0.crl /ca/main.2.crt; do
		same "$1: no $path" "$(get "$T/none" "$path")" 404
	done
	same "$1: POST to the CRL" "$(get "$T/none" /crl/main.crl -d x)" 405
	# What a peer does: only what the certificate says is known.
	cdp=$(openssl x509 -in "$a.pem" -noout -ext crlDistributionPoints |
	    sed -n 's/^ *URI://p')
	same "$1: certificates name the CRL [C-067 C-194]" "$cdp" \
	    "$URL/crl/main.1.crl"
	verdict "$1: it is there" curl -sf -o "$T/cdp.crl" "$cdp"
	verdict "$1: a certificate that is good" check_cert "$a.pem" \
	    "$T/cdp.crl"

	asked "$1: GetCert of one's own [C-191 C-192]" granted \
	    -k "$a.key" -T 21 -q "$a.pem" "$URL/default"
	asked "$1: by GET" granted -g -k "$a.key" -T 21 -q "$a.pem" \
	    "$URL/default"
	asked "$1: under the RA's name [C-196]" granted -k "$a.key" -T 21 \
	    -q "$a.pem" -i "$T/ca/ra.pem" "$URL/default"
	asked "$1: GetCert of another's is badCertId" "refused 4" \
	    -k "$a.key" -T 21 -q "$b.pem" "$URL/default"
	asked "$1: … but where anybody may" granted -k "$a.key" -T 21 \
	    -q "$b.pem" "$URL/any"
	asked "$1: GetCert of one that nobody has" "refused 4" \
	    -k "$a.key" -T 21 -q "$T/ca/ra.pem" -i "$T/ca/ca.pem" \
	    "$URL/any"
	asked "$1: of another issuer's" "refused 4" -k "$a.key" -T 21 \
	    -q "$a.pem" -i "$a.pem" "$URL/any"
	asked "$1: where it is switched off it is badRequest" "refused 2" \
	    -k "$a.key" -T 21 -q "$a.pem" "$URL/none"
	asked "$1: GetCRL gives the newest [C-193]" \
	    "granted crl $(number) $(number .entries)" -T 22 -q "$a.pem" \
	    -L "$T/got.crl" "$URL/default"
	openssl crl -in "$T/got.crl" -outform DER -out "$T/got.der"
	verdict "$1: the same as by plain GET" cmp "$T/got.der" "$T/g.crl"
	asked "$1: GetCRL of another issuer" "refused 4" -T 22 -q "$a.pem" \
	    -i "$a.pem" "$URL/default"
	asked "$1: where it is switched off" "refused 2" -T 22 -q "$a.pem" \
	    "$URL/none"
	comes "$1: the log says why" "$T/scep.log" \
	    'type=GetCRL .*reason="GetCRL is not offered"'
	same "$1: nothing of it is a transaction [C-211]" \
	    "$(adm request list --json | jq length)" 0
	n=$(number)
	stop "$SERVER"
	[ "$1" = lighttpd ] || stop "$SUPERVISOR"
}

through lighttpd
first=$(number)
through nginx
same "another server goes on with the same CRL" "$n" "$first"

# ---- what makes a new one ----

before=$(number)
verdict "a certificate is revoked while no server runs" \
    revoke "$T/a-nginx.pem"
start_lighttpd "$port"
newer() { [ "$(number)" -gt "$before" ]; }
verdict "a start makes a new CRL then" until_true 20 newer
same "with one entry" "$(number .entries)" 1
get "$T/r.crl" /crl/main.crl >/dev/null
crl_text "$T/r.crl" >"$T/r.txt"
like "and its reason" "$T/r.txt" 'Key Compromise'
status 2 "openssl verify -crl_check finds it revoked" check_cert \
    "$T/a-nginx.pem" "$T/r.crl"
like "as revoked" "$T/status.out" 'certificate revoked'
verdict "another one is still good" check_cert "$T/b-nginx.pem" "$T/r.crl"
asked "it is given all the same" granted -k "$T/a-nginx.key" -T 21 \
    -q "$T/a-nginx.pem" "$URL/default"
asked "GetCRL has the entry" "granted crl $(number) 1" -T 22 \
    -q "$T/a-nginx.pem" "$URL/default"

before=$(number)
status 0 "scepadm crl make makes one" adm crl make main
verdict "with a higher number" newer
status 3 "there is no CRL of another CA" adm crl show other
adm crl export main >"$T/pem.crl"
verdict "export writes PEM" openssl crl -in "$T/pem.crl" -noout
adm crl export --der main >"$T/der.crl"
sleep 1.1		# a worker may keep what it fetched for a second
get "$T/r.crl" /crl/main.crl >/dev/null
verdict "and DER, as devices get it" cmp "$T/der.crl" "$T/r.crl"
same "list has a line for each CA" "$(adm crl list --json |
    jq -r 'map(.ca + " " + .state) | join(",")')" "main valid"
adm status >"$T/status.txt"
like "status tells" "$T/status.txt" "^CRL .*CA main: valid, number $(number)"
curl -s --unix-socket "$T/ca/state/metrics.sock" http://x/ >"$T/metrics"
same "metrics tell" "$(sed -n 's/^scep_crl_number{ca="main"} //p' \
    "$T/metrics")" "$(number)"
like "the log of issues has it" "$T/ca/state/issue.log" \
    "event=crl ca=main number=$(number) entries=1 .*by=\"uid"
verdict "which is whole" adm log verify

# ---- time passes ----

sed -i 's/^#crl = no/crl = yes\ncrl_validity = 1m\ncrl_overlap = 57s/' "$CONF"
before=$(number)
verdict "reload" adm reload
verdict "a shorter validity counts at once" until_true 20 newer
before=$(number)
verdict "and a new one comes before the end of the last" until_true 20 newer
sed -i '/^crl_overlap/d; s/^crl_validity.*/crl_validity = 1h/' "$CONF"
verdict "reload" adm reload
until_true 20 sh -c "[ \$('$ADM' -c '$CONF' crl show main --json |
    jq '(.next_update | fromdate) - (.this_update | fromdate)') = 3600 ]" ||
    not_ok "validity of an hour"
stop "$SERVER"
if command -v faketime >/dev/null; then
	# Its library alone: faketime itself would stand between lighttpd and
	# what it stops, and leaves files behind that keep another one of its
	# number from its start.
	cat >"$T/later" <<LATER
#!/bin/sh
LD_PRELOAD='$(faketime_lib)'
FAKETIME=+2d FAKETIME_DISABLE_SHM=1
export LD_PRELOAD FAKETIME FAKETIME_DISABLE_SHM
exec "\$@"
LATER
	chmod +x "$T/later"
	# A sanitizer has to be loaded before faketime.
	if ldd "$FCGI" | grep -q 'lib[at]san'; then
		skip "an expired CRL is renewed" "a sanitizer"
	else
		"$T/later" "$ADM" -c "$CONF" check >"$T/check.out" 2>&1
		like "check warns of one that has expired" "$T/check.out" \
		    '^warning: the CRL of CA main expired'
		before=$(number)
		start_lighttpd "$port" "$T/later $FCGI -c $CONF"
		verdict "a server that starts two days later makes one" \
		    until_true 20 newer
		stop "$SERVER"
		before=$(number)
		start_lighttpd "$port"
		verdict "and one whose clock is right again, too" \
		    until_true 20 newer
		stop "$SERVER"
	fi
else
	skip "an expired CRL is renewed" "faketime is not installed"
fi

# ---- a backup ----

start_lighttpd "$port"
verdict "backup" adm backup "$T/backup"
before=$(number)
verdict "and a CRL after it" adm crl make main
before=$(number)
stop "$SERVER"
verdict "restore" "$ADM" restore --dir "$T/new" "$T/backup"
old=$CONF
CONF=$T/new/scep.conf
like "a restored CRL is not served" "$T/new/state/issue.log" 'crls-aged'
same "scepadm says so" "$(number .state)" '"stale"'
start_lighttpd "$port"
verdict "the next one has a higher number than the one that was lost" \
    until_true 20 newer
get "$T/n.crl" /crl/main.crl >/dev/null
crl_text "$T/n.crl" >"$T/n.txt"
same "devices get that one" \
    "$(sed -n '/CRL Number/{n;s/ //g;p}' "$T/n.txt")" "$(number)"
stop "$SERVER"
CONF=$old

# ---- no CRL ----

sed -i 's/^crl = yes/crl = no/' "$CONF"
start_lighttpd "$port"
same "crl = no: GET" "$(get "$T/none" /crl/main.crl)" 404
asked "GetCRL" "refused 2" -T 22 -q "$T/a-nginx.pem" "$URL/default"
asked "GetCert" granted -k "$T/a-nginx.key" -T 21 -q "$T/a-nginx.pem" \
    "$URL/default"
status 1 "scepadm crl make" adm crl make main
like "says why" "$T/status.out" 'crl = no'
stop "$SERVER"

# A CA whose certificate does not allow it issues as before.
sed -i 's/^crl = no/crl = yes/' "$CONF"
sed -i 's/^crl_validity/#&/' "$CONF"
cat >"$T/mend.cnf" <<'CNF'
[e]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyCertSign
subjectKeyIdentifier = hash
CNF
openssl x509 -in "$T/ca/ca.pem" -signkey "$T/ca/state/ca.key" -days 3000 \
    -extfile "$T/mend.cnf" -extensions e -clrext -out "$T/ca/new.pem" \
    2>/dev/null && mv "$T/ca/new.pem" "$T/ca/ca.pem"
status 0 "a CA without cRLSign: check" adm check
like "it warns" "$T/status.out" '^warning: .*lacks cRLSign.*crl = no'
start_lighttpd "$port"
enrol c-none && ok "it issues" || not_ok "it issues"
same "it has no CRL" "$(get "$T/none" /crl/main.crl)" 404
same "and says why" "$(number .state)" '"off"'
stop "$SERVER"

# ---- plain CGI: no server tends it ----

CONF=$T/cgi/scep.conf
make_ca "$T/cgi" "http://127.0.0.1:$port/scep"
cgi() {		# PATH: the answer, head and body
	env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET \
	    QUERY_STRING= PATH_INFO="$1" SCEP_CONF="$CONF" "$FCGI" 2>"$T/cgi.log"
}
cgi /crl/main.crl >"$T/cgi.out"
like "plain CGI: the first GET makes the CRL" "$T/cgi.out" \
    '^Status: 200'
sed '1,/^\r$/d' "$T/cgi.out" >"$T/cgi.crl"
verdict "it is one" openssl crl -inform DER -in "$T/cgi.crl" -noout \
    -verify -CAfile "$T/cgi/ca.pem"
cgi /crl/main.crl | sed '1,/^\r$/d' >"$T/cgi2.crl"
verdict "the next GET gives the same" cmp "$T/cgi.crl" "$T/cgi2.crl"
cgi /ca/main.crt >"$T/cgi.out"
like "and the CA certificate" "$T/cgi.out" 'application/pkix-cert'
finish
