#!/bin/sh
# 48-intune - Microsoft Intune says who may enrol, by examples/intune-validate
# and a simulator: what it is asked and told, and that nothing but its
# "Success" is a yes.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/servers.sh"
. "$ROOT/tests/e2e/tls.sh"
CALL=$BIN/hookcall
[ -x "$CALL" ] || { not_ok "$CALL is not built (make programs)"; exit 1; }

# ---- Microsoft ----

SIM=$T/sim
mkdir "$SIM"
authority microsoft
authority other
certificate login microsoft DNS:localhost
echo "s3cret~value" >"$SIM/secret"
printf '%s\n' 'intune-made-1 Common Name: laptop-1' \
    'intune-made-2 Common Name: laptop-2' \
    'intune-made-3 Common Name: laptop-3' \
    'intune-made-4 Common Name: laptop-4' \
    'intune-made-5 Common Name: laptop-5' >"$SIM/challenges"
: >"$SIM/log"
/usr/bin/python3 "$ROOT/tests/intune-sim.py" "$T/login.pem" "$T/login.key" \
    "$SIM" >"$T/sim.log" 2>&1 &
own $!
until_true 20 grep -q '^[0-9]' "$T/sim.log" || {
	not_ok "the simulator starts"
	exit 1
}
PORT=$(head -n 1 "$T/sim.log")

# fails [LINE…]: what does from now on; nothing: all is well.
fails() {
	: >"$SIM/fail.new"
	for _line; do echo "$_line" >>"$SIM/fail.new"; done
	mv "$SIM/fail.new" "$SIM/fail"
}

# ---- the program, as scep.fcgi calls it ----

install -m 600 "$SIM/secret" "$T/intune.secret"
configure() {		# [LINE…]
	{
		cat <<CONFIG
[intune]
tenant = tenant.example
client_id = app-1
secret_file = $T/intune.secret
login_url = https://localhost:$PORT
graph_url = https://localhost:$PORT
authorities = $T/microsoft.pem
timeout = 25
CONFIG
		for _line; do echo "$_line"; done
	} >"$T/intune.conf"
}
configure
cat >"$T/ask" <<PROGRAM
#!/bin/sh
exec /usr/bin/python3 -I $ROOT/examples/intune-validate $T/intune.conf
PROGRAM
chmod 755 "$T/ask"

# request NAME CN [CHALLENGE]: base64 of it, in one line.
request() {
	{
		printf '[req]\nprompt = no\ndistinguished_name = dn\n'
		[ -n "$3" ] && printf 'attributes = att\n'
		printf '[dn]\nCN = %s\n' "$2"
		[ -n "$3" ] && printf '[att]\nchallengePassword = %s\n' "$3"
	} >"$T/$1.cnf"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$T/$1.key" -config "$T/$1.cnf" -outform DER 2>/dev/null |
	    base64 -w 0 >"$T/$1.b64"
}

# question EVENT NAME: what scep.fcgi asks.
question() {
	jq -n -c --arg event "$1" --rawfile csr "$T/$2.b64" \
	    --arg cert "$(cat "$T/cert.b64" 2>/dev/null)" \
	    --arg serial "$(cat "$T/cert.serial" 2>/dev/null)" '{version: 1,
	    event: $event, id: "r1", profile: "intune", ca: "main",
	    transaction: "TX-1", peer: "192.0.2.1", csr: $csr,
	    subject: "CN=laptop-1", san: [], renewal: null} +
	    if $event == "issued" then {certificate: $cert, serial: $serial,
	    not_after: "2027-11-28T01:02:03Z", issuer: "CN=Test CA"}
	    elif $event == "failed" then {reason: "no room\nleft"}
	    else {} end'
}

# call EVENT NAME: the answer and the reason into files.
call() {
	question "$1" "$2" | "$CALL" -t 60000 "exec:$T/ask" >"$T/answer" \
	    2>"$T/why"
}

# says TEXT DECISION [PATTERN] EVENT NAME
says() {
	call "$4" "$5"
	same "$1" "$(jq -r .decision "$T/answer" 2>&1)$(cat "$T/why")" "$2"
	[ -z "$3" ] || like "… and says why" "$T/answer" "$3"
}

# trouble TEXT PATTERN EVENT NAME: no answer at all.
trouble() {
	call "$3" "$4"
	_status=$?
	if [ "$_status" -eq 75 ] && [ ! -s "$T/answer" ] &&
	    grep -q -E -e "$2" "$T/why"; then
		ok "$1"
	else
		not_ok "$1: exit $_status, $(cat "$T/why" "$T/answer")"
	fi
}

# sent ACTION FILTER: of the last request to it.
sent() {
	jq -r "select(.action == \"$1\") | .body" "$SIM/log" | tail -n 1 |
	    jq -r "$2"
}
count() {		# ACTION
	grep -c "\"action\": \"$1\"" "$SIM/log"
}

request one laptop-1 intune-made-1
request thief laptop-9 intune-made-1
request made-up laptop-1 made-up
request bare laptop-1
: >"$T/nothing.b64"

# ---- asked ----

verdict "intune-validate -t signs in and finds the service" \
    /usr/bin/python3 -I "$ROOT/examples/intune-validate" -t "$T/intune.conf"
says "a request that Intune made is allowed" allow "" validate one
same "… it was sent as it came" "$(sent validateRequest \
    .request.certificateRequest)" "$(cat "$T/one.b64")"
same "… with its transaction, and who asks" "$(sent validateRequest \
    '.request | .transactionId + " " + .callerInfo')" "TX-1 scep.fcgi"
says "another name than Intune's is refused" refuse SubjectNameMismatch \
    validate thief
says "a challenge that Intune did not make is refused" refuse \
    ChallengeDecryptionError validate made-up
says "none is refused" refuse ChallengePasswordMissing validate bare
trouble "a question without a request is none" "no csr" validate nothing
trouble "an event that nobody knows is none" "not understood" enrolled one

# Whatever else Intune says is no yes.
for code in success SUCCESS "Success " Unknown ChallengeExpired; do
	fails "validateRequest code=$code"
	says "\"$code\" is not Success" refuse "" validate one
done
while IFS='|' read -r fault pattern; do
	fails "validateRequest $fault"
	trouble "validateRequest: $fault is no answer" "$pattern" validate one
done <<'FAULTS'
code=|without a code
body=|no JSON
body=Success|no JSON
body="Success"|no JSON object
body=["Success"]|no JSON object
body={"code":["Success"]}|without a code
body={"code":null}|without a code
body={"code":"Success"}{}|no JSON
body={"code":"KeyLengthMismatch","code":"Success"}|twice
200|without a code
201|HTTP 201
302|HTTP 302
307|HTTP 307
401|HTTP 401
404|HTTP 404
500|HTTP 500
503|HTTP 503
drop|.
FAULTS
same "… and no redirect was followed" "$(grep -c elsewhere "$SIM/log")" 0
fails
says "… the control: all is well again" allow "" validate one

# ---- who is asked ----

fails "token 401"
trouble "who cannot sign in gets no answer" "signing in: HTTP 401: AADSTS0" \
    validate one
fails "token body={}"
trouble "… nor who gets no token" "no access_token" validate one
fails "discovery 503"
trouble "… nor who does not find the service" "finding the service: HTTP 503" \
    validate one
fails 'discovery body={"value":[]}'
trouble "… nor where there is none" "has the tenant Intune" validate one
fails 'discovery body={"value":[{"providerName":'\
'"ScepRequestValidationFEService","uri":"http://localhost/"}]}'
trouble "… nor where it is without TLS" "https" validate one
fails
echo "wrong" >"$T/intune.secret"
trouble "a wrong secret does not sign in" "AADSTS7000215" validate one
unlike "… and is not told" "$T/why" "wrong"
cp "$SIM/secret" "$T/intune.secret"
chmod 640 "$T/intune.secret"
trouble "a secret that others can read is not used" "chmod 600" validate one
chmod 600 "$T/intune.secret"
configure "authorities = $T/other.pem"
trouble "a key that stands there twice is a fault" "While reading from" \
    validate one
configure
sed -i "s,^authorities = .*,authorities = $T/other.pem," "$T/intune.conf"
trouble "a server whose authority is another is not asked" \
    "CERTIFICATE_VERIFY_FAILED" validate one
configure "client_secret = no"
trouble "an unknown key is a fault" "unknown key client_secret" validate one
configure
sed -i '/^tenant/d' "$T/intune.conf"
trouble "a key that is missing is a fault" "tenant is missing" validate one
for n in 0 61 -1 soon ² 9s; do
	configure
	sed -i "s/^timeout = .*/timeout = $n/" "$T/intune.conf"
	trouble "timeout = $n is a fault" "conf: timeout is 1 to 60" \
	    validate one
done
configure
sed -i 's/^timeout = .*/timeout = 2/' "$T/intune.conf"
for action in token discovery validateRequest; do
	fails "$action hang"
	trouble "$action: silence ends in time" "too long|timed out" \
	    validate one
done
fails
configure
says "… the control: all is well again" allow "" validate one

# ---- what is kept between two calls ----

configure "cache = $T/kept"
says "the first question signs in" allow "" validate one
before=$(count token)
says "the second need not" allow "" validate one
same "… and does not" "$(count token)" "$before"
same "what is kept is the owner's alone" "$(stat -c %a "$T/kept")" 600
chmod 644 "$T/kept"
says "what others could read is not used" allow "" validate one
same "… but asked for anew" "$(count token)" $((before + 2))
before=$(count token)
fails "validateRequest expired"
says "a token that has run out is asked for again" allow "" validate one
same "… once" "$(count token)" $((before + 2))
echo "no JSON" >"$T/kept"
says "what is no longer what it was is no trouble" allow "" validate one
fails "validateRequest 500"
trouble "what Intune does not answer is no answer twice" "HTTP 500" \
    validate one
fails
configure

# ---- told ----

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout "$T/cert.key" -out "$T/cert.pem" -subj /CN=laptop-1 2>/dev/null
openssl x509 -in "$T/cert.pem" -outform DER | base64 -w 0 >"$T/cert.b64"
openssl x509 -in "$T/cert.pem" -noout -serial | cut -d= -f2 |
    tr 'A-F' 'a-f' | tr -d '\n' >"$T/cert.serial"
says "a certificate that Intune takes note of may leave" allow "" issued one
same "… by its thumbprint" "$(sent successNotification \
    .notification.certificateThumbprint)" "$(openssl x509 -in "$T/cert.pem" \
    -noout -fingerprint -sha1 | cut -d= -f2 | tr -d :)"
same "… number, end and CA" "$(sent successNotification '.notification |
    .certificateSerialNumber + " " + .certificateExpirationDateUtc + " " +
    .issuingCertificateAuthority + " " + .certificateAuthority + " " +
    .caConfiguration')" "$(tr 'a-f' 'A-F' <"$T/cert.serial"
    ) 2027-11-28T01:02:03.000Z CN=Test CA main intune"
for code in Unknown success; do
	fails "successNotification code=$code"
	says "successNotification: with \"$code\" it may not" refuse \
	    successNotification issued one
done
for fault in 500 503 200 302 drop 'body={}'; do
	fails "successNotification $fault"
	trouble "successNotification: with $fault there is no answer" . \
	    issued one
done
fails
says "what fails after a yes is told" allow "" failed one
same "… with a number and a reason" "$(sent failureNotification \
    '.notification | "\(.hResult) \(.errorDescription)"')" \
    "-2147467259 no room left"
fails "failureNotification 500"
trouble "failureNotification: with 500 there is no answer" "HTTP 500" \
    failed one
fails

# ---- a server behind which Intune is ----

WEB=$(free_port)
make_ca "$T/pki" "http://127.0.0.1:$WEB/scep"
# A validator that is asked twice may take so long on a busy machine.
sed -i 's/^\[server\]/&\nrequest_timeout = 110s/' "$CONF"
cat >>"$CONF" <<PROFILE

[profile intune]
ca = main
authorise = exec:$T/ask
validator_confirm = yes
validator_timeout = 26s
client = intune
validity = 30d
subject_allow = CN
extensions = client
PROFILE
status 0 "scepadm check: a profile for Intune is in order" adm check
start_lighttpd "$WEB"

# enrol STATUS TEXT CN CHALLENGE [OPTIONS]: a device.
enrol() {
	_want=$1
	_what=$2
	_cn=$3
	printf '%s\n' "$4" >"$T/challenge"
	shift 4
	"$BOT" -C "$T/challenge" -s "/CN=$_cn" "$@" "$URL/intune" \
	    >"$T/bot.out" 2>&1
	same "$_what" "$?" "$_want" || sed 's/^/# /' "$T/bot.out"
}
issued() {		# of the profile, by now
	adm cert list --profile intune --json >"$T/list"
	grep -o '"serial"' "$T/list" | wc -l
}

enrol 0 "a device with Intune's challenge enrols" laptop-1 intune-made-1 \
    -o "$T/got.pem"
same "… Intune knows its certificate" "$(sent successNotification \
    .notification.certificateThumbprint)" "$(openssl x509 -in "$T/got.pem" \
    -noout -fingerprint -sha1 | cut -d= -f2 | tr -d :)"
same "… by the request that it made" "$(sent successNotification \
    .notification.certificateRequest)" "$(sent validateRequest \
    .request.certificateRequest)"
told=$(count successNotification)
enrol 1 "another name is refused" laptop-7 intune-made-1
enrol 1 "a challenge of nobody's is refused" laptop-1 made-up
same "… and of neither Intune is told anything" \
    "$(count successNotification)" "$told"
same "… nor is there a certificate" "$(issued)" 1

# Microsoft's own test cases: 500 from either, and no certificate leaves.
fails "validateRequest 500"
enrol 1 "validateRequest fails: no certificate" laptop-2 intune-made-2
same "… and none was made" "$(issued)" 1
fails "token 401"
enrol 1 "nobody can sign in: no certificate" laptop-2 intune-made-2
same "… and none was made" "$(issued)" 1
fails "successNotification 500"
enrol 4 "successNotification fails: no certificate leaves" laptop-2 \
    intune-made-2 -k "$T/two.pem" -o "$T/two.crt"
like "… but 503" "$T/bot.out" 503
[ -e "$T/two.crt" ]
same "… and the device has none" "$?" 1
made=$(issued)
enrol 4 "… nor when it asks again" laptop-2 intune-made-2 -k "$T/two.pem" \
    -o "$T/two.crt"
same "… for which no other is made" "$(issued)" "$made"
fails "successNotification code=Unknown"
enrol 4 "another code than Success: none leaves" laptop-2 intune-made-2 \
    -k "$T/two.pem" -o "$T/two.crt"
comes "… the log says why" "$T/scep.log" "successNotification: Unknown"
asked=$(count validateRequest)
fails
enrol 0 "Intune is back: the device gets it" laptop-2 intune-made-2 \
    -k "$T/two.pem" -o "$T/two.crt"
same "… the one that was made" "$(issued)" "$made"
same "… and Intune was told of that" "$(sent successNotification \
    .notification.certificateSerialNumber)" "$(openssl x509 \
    -in "$T/two.crt" -noout -serial | cut -d= -f2)"
same "… without being asked again" "$(count validateRequest)" "$asked"
enrol 0 "the control: the next device enrols" laptop-3 intune-made-3

# ---- plain CGI ----

stop "$SERVER"
start_lighttpd_cgi "$(free_port)"
until_true 30 caps_ok "$URL"
enrol 0 "plain CGI: a device enrols" laptop-4 intune-made-4
enrol 1 "plain CGI: a challenge of nobody's is refused" laptop-4 made-up
fails "successNotification 500"
enrol 4 "plain CGI: successNotification fails: none leaves" laptop-5 \
    intune-made-5 -k "$T/five.pem"
fails
enrol 0 "plain CGI: it does when Intune is back" laptop-5 intune-made-5 \
    -k "$T/five.pem"
unlike "no secret is in the log" "$T/scep.log" "s3cret|intune-made"

finish
