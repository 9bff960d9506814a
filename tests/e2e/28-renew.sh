#!/bin/sh
# 28-renew - renewals through nginx: by scepbot and by strongSwan, by both
# types of message, to the same key and to a new one; and what is refused.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"
. "$ROOT/tests/e2e/strongswan.sh"

# The reason of the last refusal, from the log of the server.
reason() {		# TEXT PATTERN
	comes "$1" "$T/scep.log" "result=refused.*$2"
	: >"$T/scep.log"
}
certs() { adm cert list --json | jq length; }
serial_in() { openssl x509 -in "$1" -noout -serial | cut -d= -f2; }
key_in() { openssl x509 -in "$1" -noout -pubkey; }

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
for profile in 'always renew_from always' 'newkey renew_key new' \
    'grace renew_grace 30d' 'never renew no'; do
	# shellcheck disable=SC2086
	set -- $profile
	cat >>"$CONF" <<PROFILE

[profile $1]
ca = main
authorise = challenge
validity = 100d
subject_allow = CN O C
san_allow = DNS
extensions = client
$2 = $3
PROFILE
done
cat >>"$CONF" <<'PROFILE'
renew_from = 1/3
PROFILE
sed -i 's/^renew_key = new/&\nrenew_from = always\nrenew_from_profiles = always/' \
    "$CONF"
verdict "scepadm checks a configuration with renewals" adm check
start_nginx "$port"

# ---- what is announced ----

curl -s "$URL?operation=GetCACaps" >"$T/caps"
like "renewal is announced [I-033 C-044]" "$T/caps" '^Renewal'
curl -s "$URL/never?operation=GetCACaps" >"$T/caps"
like "a profile that renews nothing has capabilities" "$T/caps" '^AES'
unlike "and does not announce it [I-033 C-044]" "$T/caps" '^Renewal'

# ---- scepbot ----

challenge "$T/c" --profile always --cn dev --dns dev.example
verdict "a device enrols" bot -C "$T/c" -s /CN=dev -d dev.example \
    -k "$T/a.key" -o "$T/a.pem" "$URL/always"
n=0
for type in 17 19; do
	for key in a b$type; do
		n=$((n + 1))
		verdict "a renewal by type $type is granted, to ${key%1?}'s key [C-125 C-127 C-131 C-163 C-164 I-037]" \
		    bot -T $type -r "$T/a.pem" -R "$T/a.key" -s /CN=dev \
		    -d dev.example -k "$T/$key.key" -t "renewal-$n" \
		    -o "$T/$n.pem" "$URL/always"
		openssl pkey -in "$T/$key.key" -pubout >"$T/pub" 2>/dev/null
		same "its certificate is for that key" "$(key_in "$T/$n.pem")" \
		    "$(cat "$T/pub")"
	done
done
good_cert "$T/4.pem" dev
openssl x509 -in "$T/4.pem" -noout -ext subjectAltName >"$T/san.out"
like "with the names of the old one" "$T/san.out" 'DNS:dev\.example'
same "the old one and four new ones are known" "$(certs)" 5
adm cert show "$(serial_in "$T/4.pem")" >"$T/show"
like "cert show says what it was renewed from" "$T/show" \
    "renewal of $(serial_in "$T/a.pem" | tr 'A-F' 'a-f')"
comes "so does the log" "$T/scep.log" \
    "authority=\"?renewal of $(serial_in "$T/a.pem" | tr 'A-F' 'a-f')"
adm explain --json "$(serial_in "$T/4.pem")" >"$T/story"
same "and explain, with the rule that granted it" "$(jq -r \
    '.stories[0].events[0].rules[] | select(.name == "renewal") | .outcome' \
    "$T/story")" grant
same "which tells who signed" "$(jq -r \
    '.stories[0].events[0].request.signer_serial' "$T/story")" \
    "$(serial_in "$T/a.pem" | tr 'A-F' 'a-f')"

verdict "the same renewal again [C-205]" bot -T 17 -r "$T/a.pem" \
    -R "$T/a.key" -s /CN=dev -d dev.example -k "$T/a.key" -t renewal-1 \
    -o "$T/again.pem" "$URL/always"
same "gets the same certificate" "$(serial_in "$T/again.pem")" \
    "$(serial_in "$T/1.pem")"
verdict "a poll for it [C-209 C-210]" bot -P -r "$T/a.pem" -R "$T/a.key" \
    -s /CN=dev -k "$T/a.key" -t renewal-1 -o "$T/again.pem" "$URL/always"
same "gets it, too" "$(serial_in "$T/again.pem")" "$(serial_in "$T/1.pem")"
same "and nothing was issued" "$(certs)" 5
verdict "the challenge of the first enrolment does no harm [C-143 I-037]" \
    bot -T 17 -C "$T/c" -r "$T/1.pem" -s /CN=dev -d dev.example \
    -k "$T/a.key" -o "$T/5.pem" "$URL/always"
verdict "a certificate that was renewed renews in turn [C-210]" bot -T 19 \
    -r "$T/5.pem" -s /CN=dev -d dev.example -k "$T/a.key" \
    -o "$T/6.pem" "$URL/always"
verdict "a new key where the profile wants one [C-163]" bot -T 17 \
    -r "$T/6.pem" -R "$T/a.key" -s /CN=dev -d dev.example -k "$T/n.key" \
    "$URL/newkey"

challenge "$T/c" --profile always
adm doctor --url "$URL/always" --challenge "@$T/c" >"$T/doctor" 2>&1
like "doctor renews the certificate that it got" "$T/doctor" \
    '^ok .*Renewal'
unlike "and finds no fault" "$T/doctor" '^FAIL'

# ---- refused ----

have=$(certs)
: >"$T/scep.log"
status 1 "a renewal to another name is refused [C-130]" bot -T 17 \
    -r "$T/6.pem" -s /CN=other -d dev.example -k "$T/a.key" "$URL/always"
like "with badRequest" "$T/status.out" '^0 refused 2'
reason "for that" 'to another subject'
status 1 "without its DNS name [C-130]" bot -T 19 -r "$T/6.pem" -s /CN=dev \
    -k "$T/a.key" "$URL/always"
reason "for that" 'other alternative names'
status 1 "to the same key where a new one is wanted [C-163]" bot -T 17 \
    -r "$T/6.pem" -s /CN=dev -d dev.example -k "$T/a.key" "$URL/newkey"
reason "for that" 'to new keys alone'
status 1 "under another profile [C-130]" bot -T 17 -r "$T/6.pem" -s /CN=dev \
    -d dev.example -k "$T/a.key" "$URL"
reason "for that" 'issued under another profile'
status 1 "where the profile renews nothing" bot -T 17 -r "$T/6.pem" \
    -s /CN=dev -d dev.example -k "$T/a.key" "$URL/never"
reason "for that" 'renewal is not offered'
status 1 "a RenewalReq by a self-signed certificate [C-128 C-129]" bot -T 17 \
    -s /CN=dev -d dev.example -k "$T/a.key" "$URL/always"
like "with badRequest, too" "$T/status.out" '^0 refused 2'
reason "for that" 'by a self-signed certificate'

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/evil.key" \
    -subj "$(openssl x509 -in "$T/ca/ca.pem" -noout -subject \
    -nameopt compat | sed 's/^subject=//')" -out "$T/evil-ca.pem" -days 10 \
    2>"$T/evil.err"
openssl req -new -key "$T/a.key" -subj /CN=dev 2>>"$T/evil.err" |
    openssl x509 -req -CA "$T/evil-ca.pem" -CAkey "$T/evil.key" \
    -set_serial "0x$(serial_in "$T/6.pem")" -days 5 -out "$T/evil.pem" \
    2>>"$T/evil.err"
verdict "a forged certificate has the issuer and serial of ours" test \
    "$(openssl x509 -in "$T/evil.pem" -noout -issuer -serial)" = \
    "$(openssl x509 -in "$T/6.pem" -noout -issuer -serial)"
for type in 17 19; do
	status 1 "its renewal by type $type is refused [C-126 C-130]" bot \
	    -T $type -r "$T/evil.pem" -s /CN=dev -d dev.example \
	    -k "$T/a.key" "$URL/always"
	reason "for that" 'is another certificate'
done
openssl req -new -key "$T/a.key" -subj /CN=dev 2>>"$T/evil.err" |
    openssl x509 -req -CA "$T/evil-ca.pem" -CAkey "$T/evil.key" \
    -set_serial 4711 -days 5 -out "$T/evil.pem" 2>>"$T/evil.err"
status 1 "another CA's certificate is refused [C-126 C-130]" bot -T 17 \
    -r "$T/evil.pem" -s /CN=dev -d dev.example -k "$T/a.key" "$URL/always"
reason "for that" 'nor a certificate of ours'
same "of all these nothing was issued" "$(certs)" "$have"

# ---- strongSwan ----

# renew KEY OUT OLD-CERT OLD-KEY: strongSwan 5.9.8 sends type 17.
swan_renew() {
	pki --scep --url "$URL/always" --in "$1" --dn "C=CH, O=Swan, CN=swan" \
	    --cacert-enc "$T/swan-ra.pem" --cacert-sig "$T/swan-ra.pem" \
	    --cacert "$T/swan-ca.pem" --outform pem --cert "$3" --key "$4" \
	    >"$2" 2>"$T/swan.log"
}
if command -v pki >/dev/null; then
	verdict "strongSwan fetches the certificates" pki --scepca \
	    --url "$URL/always" --caout "$T/swan-ca.pem" \
	    --raout "$T/swan-ra.pem" --outform pem --force
	[ -s "$T/swan-ra.pem" ] || mv "$T"/swan-ra*.pem "$T/swan-ra.pem"
	for key in swan new; do
		pki --gen --type rsa --size 2048 --outform pem \
		    >"$T/$key.key" 2>/dev/null
	done
	challenge "$T/c" --profile always --subject "C=CH, O=Swan, CN=swan"
	verdict "strongSwan enrols" swan "$URL/always" swan "$T/swan.key" \
	    "$T/swan.pem" --password "$(cat "$T/c")"
	: >"$T/scep.log"
	verdict "strongSwan renews to a new key [C-125 C-163 I-037]" \
	    swan_renew "$T/new.key" "$T/swan-new.pem" "$T/swan.pem" \
	    "$T/swan.key"
	comes "by a RenewalReq" "$T/scep.log" 'type=RenewalReq.*result=granted'
	good_cert "$T/swan-new.pem" swan
	verdict "and to the same key [C-163 I-037]" swan_renew "$T/new.key" \
	    "$T/swan-again.pem" "$T/swan-new.pem" "$T/new.key"
	good_cert "$T/swan-again.pem" swan
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/self.key" \
	    -subj '/C=CH/O=Swan/CN=swan' -out "$T/self.pem" -days 10 \
	    2>"$T/self.err"
	if swan_renew "$T/new.key" "$T/no.pem" "$T/self.pem" "$T/self.key"
	then
		not_ok "strongSwan sees a foreign certificate refused"
	else
		ok "strongSwan sees a foreign certificate refused"
	fi
else
	skip "strongSwan renews" "pki is not installed"
fi

# ---- in time ----

# restart AHEAD: the server in a later time; by the library of faketime alone,
# for the program around it does not start where one of its number has left a
# file in /dev/shm.
restart() {
	stop "$SUPERVISOR"
	LD_PRELOAD=$later FAKETIME=$1 FAKETIME_DISABLE_SHM=1 "$FCGI" \
	    -c "$CONF" >>"$T/scep.log" 2>&1 &
	SUPERVISOR=$!
	own "$SUPERVISOR"
	until_true 30 caps_ok "$URL"
}
renewal() {		# PROFILE CN TYPE [OPTION...]
	_profile=$1
	_cn=$2
	_type=$3
	shift 3
	bot -T "$_type" -r "$T/$_cn.pem" -s "/CN=$_cn" -k "$T/$_cn.key" "$@" \
	    "$URL/$_profile"
}
if command -v faketime >/dev/null; then
	later=$(faketime_lib)
	for profile in grace never; do
		challenge "$T/c" --profile $profile --cn $profile
		verdict "a device of $profile enrols" bot -C "$T/c" \
		    -s /CN=$profile -k "$T/$profile.key" \
		    -o "$T/$profile.pem" "$URL/$profile"
	done
	: >"$T/scep.log"
	status 1 "a certificate of now does not renew [C-164]" renewal grace \
	    grace 17
	reason "it is too early" 'too early to renew'
	restart +49d
	status 1 "nor does it in the first half of its life [C-164]" renewal \
	    grace grace 19
	reason "it is too early" 'too early to renew'
	restart +51d
	verdict "it does in the second [C-164]" renewal grace grace 17 \
	    -t second -o "$T/later.pem"
	restart +129d
	: >"$T/scep.log"
	verdict "and for some time after its end, if the profile says so [C-130]" \
	    renewal grace grace 19 -t grace
	comes "which the log shows" "$T/scep.log" \
	    'reason="?renewal after its signer.s end.*, 2[89]d after its end'
	restart +131d
	status 1 "and not for longer [C-130]" renewal grace grace 17 -t late
	reason "it has expired" 'the signer has expired'
	status 1 "elsewhere not at all [C-130]" bot -T 17 -r "$T/6.pem" \
	    -s /CN=dev -d dev.example -k "$T/a.key" "$URL/always"
	reason "it has expired" 'the signer has expired'
else
	skip "renewals in time" "faketime is not installed"
fi
finish
