#!/bin/sh
# 33-presets - each preset of scep.conf(5), CLIENTS, on a CA four steps below
# its root: what it shows and announces is what the manual's table says, and
# a request shaped like that client's is granted.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"
. "$ROOT/tests/e2e/certmonger.sh"

PRESETS="apple windows intune cisco-ios cisco-asa juniper mikrotik certmonger
strongswan sscep jscep micromdm"

# ---- a chain: root, policy, region, site, and ours ----

link() {		# NAME ISSUER
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
	    -out "$T/$1.key" 2>/dev/null
	cat >"$T/$1.ext" <<'EXTS'
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
EXTS
	openssl req -new -key "$T/$1.key" -subj "/O=Chain/CN=$1" \
	    -out "$T/$1.csr" 2>/dev/null
	if [ "$1" = "$2" ]; then
		openssl x509 -req -in "$T/$1.csr" -signkey "$T/$1.key" \
		    -extfile "$T/$1.ext" -days 3000 -out "$T/$1.pem"
	else
		openssl x509 -req -in "$T/$1.csr" -CA "$T/$2.pem" \
		    -CAkey "$T/$2.key" -extfile "$T/$1.ext" -days 2000 \
		    -set_serial "0x$(openssl rand -hex 8)" -out "$T/$1.pem"
	fi 2>/dev/null
}

link root root
link policy root
link region policy
link site region
link ours site
cat "$T/site.pem" "$T/region.pem" "$T/policy.pem" "$T/root.pem" \
    >"$T/above.pem"
cat "$T/ours.pem" "$T/site.pem" "$T/region.pem" "$T/policy.pem" \
    >"$T/untrusted.pem"

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep" --ca-cert "$T/ours.pem" \
    --ca-key "$T/ours.key" --chain "$T/above.pem"
for preset in $PRESETS; do
	cat >>"$CONF" <<PROFILE

[profile $preset]
ca = main
client = $preset
authorise = challenge
san_allow = DNS
PROFILE
done
cat >>"$CONF" <<'PROFILE'

[profile middle]
ca = main
authorise = challenge
san_allow = DNS
getcacert = chain
certrep = chain
caps_hide = SHA-384 AES SCEPStandard
PROFILE

# ---- what the manual says ----

# column PRESET N: of the table in CLIENTS.
column() {
	sed -n '/^\.Sh CLIENTS/,/^\.Sh EXT/p' "$ROOT/cgi/scep.conf.5" |
	    sed -n "s/^\.It $1 Ta //p" | awk -F ' Ta ' "{ print \$$2 }"
}

status 0 "scepadm check passes with a profile for each" adm check --profiles \
    --json
cp "$T/status.out" "$T/check.json"
field() {		# PROFILE KEY
	jq -r --arg p "$1" --arg k "$2" \
	    '.[] | select(.profile == $p) | .[$k]' "$T/check.json"
}

start_lighttpd "$port"
ok "lighttpd starts scep.fcgi"

# Subjects of GetCACert in their order, in one line.
shown() {		# PROFILE
	curl -s -m 30 "$URL/$1?operation=GetCACert" |
	    openssl pkcs7 -inform DER -print_certs -noout 2>/dev/null |
	    sed -n 's/^subject=.*CN *= *//p' | tr '\n' ' '
}

ra=$(openssl x509 -in "$T/ca/ra.pem" -noout -subject | sed 's/.*CN *= *//')
shows() {		# PROFILE leaf|chain|chain+root
	case $2 in
	leaf)	_want="$ra ours " ;;
	chain)	_want="$ra ours site region policy " ;;
	chain+root) _want="$ra ours site region policy root " ;;
	esac
	same "$1 shows $2, from the RA on [C-063 I-034 T-13]" "$(shown "$1")" \
	    "$_want"
	curl -s -m 30 -o "$T/body" -w '%{content_type}' \
	    "$URL/$1?operation=GetCACert" >"$T/type"
	same "as a bundle [C-063]" "$(cat "$T/type")" \
	    application/x-x509-ca-ra-cert
}

announces() {		# PROFILE "LEGACY WORDS"
	curl -s -m 30 "$URL/$1?operation=GetCACaps" >"$T/caps"
	same "check --profiles shows what $1 announces" \
	    "$(tr '\n' ' ' <"$T/caps" | sed 's/ $//')" \
	    "$(field "$1" GetCACaps)"
	for _line in AES SHA-256 SHA-384 POSTPKIOperation; do
		like "$1 announces $_line by name [C-046 I-033]" "$T/caps" \
		    "^$_line\$"
	done
	_old=
	grep -q '^SHA-1$' "$T/caps" && _old="$_old sha1"
	grep -q '^DES3$' "$T/caps" && _old="$_old 3des"
	same "$1 announces of old things: $2" "${_old# }" \
	    "$(echo " $2 " | sed 's/ none / /; s/ des / /; s/^ *//; s/ *$//')"
	if [ "$2" = none ]; then
		like "and is SCEPStandard [C-045]" "$T/caps" \
		    '^SCEPStandard$'
	else
		unlike "and is no SCEPStandard [C-009 C-045]" "$T/caps" \
		    '^SCEPStandard$'
	fi
}

# Certificates of a CertRep, in their order.
sent() {
	openssl crl2pkcs7 -nocrl -certfile "$T/bag.pem" |
	    openssl pkcs7 -print_certs -noout |
	    sed -n 's/^subject=.*CN *= *\([^,]*\).*/\1/p' | tr '\n' ' '
}

# enrols PROFILE [OPTIONS of scepbot]: as this client asks.
enrols() {
	_profile=$1
	_path=$1
	shift
	case $_profile in	# I-003
	windows|intune|cisco-*) _path=$_profile/pkiclient.exe ;;
	esac
	challenge "$T/c" --profile "$_profile"
	rm -f "$T/bag.pem"
	status 0 "$_profile: a request like that client's is granted" \
	    bot -C "$T/c" -s "/CN=dev-$_profile" -a "$T/bag.pem" \
	    -o "$T/bot.pem" "$@" "$URL/$_path" || return
	case $(column "$_profile" 2) in
	leaf)	_want="dev-$_profile " ;;
	ca)	_want="dev-$_profile ours " ;;
	esac
	same "$_profile: the answer holds [C-171 I-032 T-10]" "$(sent)" \
	    "$_want"
	verdict "$_profile: it verifies up to the root" openssl verify \
	    -CAfile "$T/root.pem" -untrusted "$T/untrusted.pem" "$T/bot.pem"
}

for preset in $PRESETS; do
	same "$preset: getcacert as in the manual" \
	    "$(field "$preset" getcacert)" "$(column "$preset" 1)"
	same "$preset: certrep as in the manual" \
	    "$(field "$preset" certrep)" "$(column "$preset" 2)"
	same "$preset is what check says" "$(field "$preset" client)" \
	    "$preset"
	shows "$preset" "$(column "$preset" 1)"
	announces "$preset" "$(column "$preset" 3)"
done

# ---- as they ask (PROTOCOL part 2) ----

hex40=0123456789ABCDEF0123456789ABCDEF01234567
hex32=0123456789ABCDEF0123456789ABCDEF
enrols apple -u /CN=4A0F2E32-9D0E-4C7B-8F52-0B6E3A5D7C11 -t $hex40
enrols apple -u /CN=MDM -t $hex40 -B
enrols windows -u "/CN=SCEP Protocol Certificate" -H sha1
enrols intune -u "/CN=SCEP Protocol Certificate" -H sha1 -D sha512 \
    -d phone.example
enrols cisco-ios -g -E des-ede3-cbc -D sha1 -Q sha1 -H sha1 -t $hex32 \
    -s /CN=dev-cisco-ios/unstructuredName=r1.example/serialNumber=4711
enrols cisco-ios -g -E aes-256-cbc -D sha512 -t $hex32
enrols cisco-asa -g -E des-ede3-cbc -D sha1 -Q sha1 -H sha1 -t $hex32
enrols juniper -E des-ede3-cbc -D sha1 -Q sha1 \
    -s /DC=example/ST=Bern/L=Thun/CN=dev-juniper -d srx.example
enrols mikrotik -g
enrols certmonger -g -E aes-256-cbc -t \
    115792089237316195423570985008687907853269984665640564039457584007913129
enrols strongswan -t $hex40
enrols sscep -g -D sha512 -t $hex32
enrols jscep -t 0123456789abcdef0123456789abcdef01234567
enrols micromdm -A -E des-cbc -D sha1 -u "/CN=SCEP SIGNER" \
    -t 'hTRuF9gllnyzhqeEEG8A7LTGdSE='

# What current firmware does not need is not let in by its preset.
status 1 "cisco-ios alone takes no DES [C-009]" bot -E des-cbc -D sha1 \
    "$URL/cisco-ios"
like "badAlg [C-221]" "$T/status.out" '^0 refused 0'
status 1 "juniper alone takes no MD5 [C-009]" bot -E des-ede3-cbc -D md5 \
    "$URL/juniper"
like "badAlg [C-221]" "$T/status.out" '^0 refused 0'
status 1 "apple takes no 3DES" bot -E des-ede3-cbc "$URL/apple"
like "badAlg [C-221]" "$T/status.out" '^0 refused 0'

# ---- single switches ----

shows middle chain
curl -s -m 30 "$URL/middle?operation=GetCACaps" >"$T/caps"
unlike "caps_hide hides" "$T/caps" '^(SHA-384|AES|SCEPStandard)$'
like "and nothing else" "$T/caps" '^SHA-256$'
challenge "$T/c" --profile middle
status 0 "what is hidden works" bot -C "$T/c" -s /CN=dev-middle -D sha384 \
    -a "$T/bag.pem" -o "$T/bot.pem" "$URL/middle"
same "certrep = chain: all but the root, ours first [C-170 C-171 T-10]" \
    "$(sent)" "dev-middle ours site region policy "
sed 1,/END/d "$T/bag.pem" >"$T/rest.pem"
verdict "what came is enough for who trusts the root [C-170]" openssl verify \
    -CAfile "$T/root.pem" -untrusted "$T/rest.pem" "$T/bot.pem"
status 2 "without it there is no way up" openssl verify \
    -CAfile "$T/root.pem" "$T/bot.pem"

status 0 "scepadm doctor finds no fault in what is hidden on purpose" adm \
    doctor --profile middle
for word in AES SHA-384 SCEPStandard; do
	like "but says that $word works" "$T/status.out" \
	    "^info $word: works, and is not announced, as .caps_hide."
done
like "it finds the chain in order up to where it ends" "$T/status.out" \
    '^info chain: it ends with .*CN ?= ?policy, which is no root'

status 0 "scepadm check --profiles" adm check --profiles
sed -n '/^profile cisco-ios$/,/^profile cisco-asa$/p' "$T/status.out" \
    >"$T/profile"
like "says the preset" "$T/profile" '^ +client +cisco-ios$'
like "the digests" "$T/profile" '^ +digests +sha1 sha256 sha384 sha512$'
like "the ciphers" "$T/profile" '^ +ciphers +3des aes128 aes192 aes256$'
like "and what is announced" "$T/profile" '^ +GetCACaps +AES DES3 POST'

adm check >"$T/check.out" 2>&1
like "check reminds of what micromdm brings" "$T/check.out" \
    'warning: .*\[profile micromdm\]: it takes DES'
unlike "and of nobody else" "$T/check.out" \
    'profile (apple|windows|cisco-ios|juniper)\]: it takes'
sed -i '/^client = intune/,/^authorise/s/^authorise = .*/& manual/' "$CONF"
adm check >"$T/check.out" 2>&1
like "check says that Intune cannot wait" "$T/check.out" \
    'warning: .*\[profile intune\]: authorise has manual'

# ---- the real ones, below an intermediate CA ----

command -v scepclient >/dev/null && {
	challenge "$T/c" --profile micromdm
	mkdir "$T/mdm"
	status 0 "scepclient on its preset" timeout 30 scepclient \
	    -server-url "$URL/micromdm" -challenge "$(cat "$T/c")" \
	    -private-key "$T/mdm/key.pem" -certificate "$T/mdm/cert.pem" \
	    -cn dev-scepclient
	verdict "its certificate verifies" openssl verify -CAfile \
	    "$T/root.pem" -untrusted "$T/untrusted.pem" "$T/mdm/cert.pem"
}

if command -v pki >/dev/null; then
	verdict "strongSwan fetches the bundle on its preset" pki --scepca \
	    --url "$URL/strongswan" --caout "$T/swan-ca.pem" \
	    --raout "$T/swan-ra.pem" --outform pem --force
	[ -s "$T/swan-ra.pem" ] || mv "$T"/swan-ra*.pem "$T/swan-ra.pem"
	ls "$T" | grep '^swan-ca.*pem$' >"$T/cas"
	same "root and those between: five files [I-034]" \
	    "$(wc -l <"$T/cas")" 5
	pki --gen --type rsa --size 2048 --outform pem >"$T/swan.key" \
	    2>/dev/null
	challenge "$T/c" --profile strongswan
	set --
	for file in "$T"/swan-ca*.pem; do
		set -- "$@" --cacert "$file"
	done
	verdict "strongSwan enrols below an intermediate CA [C-063 C-170]" \
	    sh -c 'out=$1; shift; pki "$@" >"$out"' - "$T/swan.pem" --scep \
	    --url "$URL/strongswan" --in "$T/swan.key" \
	    --dn "CN=dev-swan" --cacert-enc "$T/swan-ra.pem" \
	    --cacert-sig "$T/swan-ra.pem" "$@" --outform pem \
	    --password "$(cat "$T/c")"
	verdict "its certificate verifies" openssl verify -CAfile \
	    "$T/root.pem" -untrusted "$T/untrusted.pem" "$T/swan.pem"
else
	skip "strongSwan on its preset" "pki is not installed"
fi

if command -v certmonger >/dev/null && certmonger_start; then
	verdict "certmonger takes the CA of its preset" cm add-scep-ca \
	    -c preset -u "$URL/certmonger"
	challenge "$T/c" --profile certmonger
	cm_request preset dev-monger -L "$(cat "$T/c")" >/dev/null 2>&1
	verdict "certmonger enrols below an intermediate CA [C-063 C-170]" \
	    until_true 40 cm_state "$T/cm/dev-monger.pem" MONITORING
	verdict "its certificate verifies" openssl verify -CAfile \
	    "$T/root.pem" -untrusted "$T/untrusted.pem" \
	    "$T/cm/dev-monger.pem"
else
	skip "certmonger on its preset" "it is not installed"
fi
finish
