#!/bin/sh
# 43-client - scripts that `scepadm client` prints, run as they stand by the
# clients they are for.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"
. "$ROOT/tests/e2e/certmonger.sh"
. "$ROOT/tests/e2e/recipe.sh"

# ---- the control: that does harm where it is not quoted ----

harm() {
	mkdir "$T/harm"
	printf 'echo "%s"\n' '$(touch pwned)' >"$T/harm.sh"
	(cd "$T/harm" && sh "$T/harm.sh") >/dev/null
	verdict "what the hostile names have in them does harm" test -e \
	    "$T/harm/pwned"
}
harmless() {		# DIR
	[ -z "$(find "$T/$1" -name pwned)" ] && ok "$1: nothing of it was run" ||
	    not_ok "$1: a word of the name was run"
}

# ---- strongSwan ----

for_strongswan() {
	verdict "strongswan: it is printed" recipe "$T/swan.sh" strongswan \
	    --cn swan-1 --dns swan.example --dns www.swan.example
	play "strongSwan's pki takes it as it stands" swan "$T/swan.sh"
	good_cert "$T/swan/swan-1.pem" swan-1
	same "strongswan: the names are those" "$(names "$T/swan/swan-1.pem")" \
	    "subject=CN=swan-1 X509v3 Subject Alternative Name: \
DNS:swan.example, DNS:www.swan.example "
	status 0 "once more: the same key, and the same certificate" sh -c \
	    'cd "$1" && cp swan-1.pem was && sh ../swan.sh && cmp swan-1.pem was' \
	    - "$T/swan"
	verdict "strongswan: a hostile name" recipe "$T/swan-h.sh" strongswan \
	    --subject "C=CH, O=It\\=s, CN=$(printf %s "$PKI" |
	    sed 's/[,+="\\/]/\\&/g')"
	play "is taken as it stands" swan-h "$T/swan-h.sh"
	same "and is in the certificate as it was" \
	    "$(names "$(pem_of swan-h)")" "subject=CN=$(printf %s "$PKI" |
	    sed 's/[,+"\\<>;]/\\&/g'),O=It=s,C=CH "
	harmless swan-h
	status 1 "a comma and a slash cannot both be told" adm client \
	    strongswan --cn 'a,b/c'
	like "and it says so" "$T/status.out" 'CN: "a,b/c" has a /'
	status 0 "the comma can" adm client strongswan --cn 'a,b'
	status 0 "and the slash" adm client strongswan --cn 'a/b'
	status 1 "several attributes in one part cannot" adm client \
	    strongswan --subject 'CN=a + O=b'
	other_ca
}

# A script for another CA's devices must not take this one's word.
other_ca() {
	mkdir "$T/wrong"
	sed "s/^echo '[0-9A-F]*/echo '$(printf %064d 0)/" "$T/swan.sh" \
	    >"$T/wrong.sh"
	status 1 "strongswan: not with another fingerprint" sh -c \
	    'cd "$1" && sh "$2"' - "$T/wrong" "$T/wrong.sh"
	status 2 "and no request was sent" ls "$T/wrong/swan-1.new"
}

# ---- certmonger ----

for_certmonger() {
	# On our bus; the text says nothing of buses.
	printf '#!/bin/sh\nexec /usr/bin/getcert "$@" -s\n' >"$T/bin/getcert"
	chmod 755 "$T/bin/getcert"
	verdict "certmonger: it is printed" recipe "$T/monger.sh" certmonger \
	    --cn monger-1 --dns monger.example
	play "certmonger takes it as it stands" monger "$T/monger.sh"
	good_cert "$T/monger/monger-1.pem" monger-1
	same "certmonger: the names are those" \
	    "$(names "$T/monger/monger-1.pem")" \
	    "subject=CN=monger-1 X509v3 Subject Alternative Name: \
DNS:monger.example "
	cm_becomes MONITORING "and will renew it" "$T/monger/monger-1.pem"
	verdict "certmonger: a hostile name" recipe "$T/monger-h.sh" \
	    certmonger --subject "C=CH, O=It's \$(touch pwned), CN=$(
	    printf %s "$PRINTABLE" | sed 's/[,+=]/\\&/g')"
	play "beside the CA that is known" monger "$T/monger-h.sh"
	same "and is in the certificate as it was" \
	    "$(names "$(find "$T/monger" -name 'a-*.pem')")" \
	    "subject=CN=a'(touch pwned)\\,\\+=:?,O=It's \$(touch pwned),C=CH "
	harmless monger
	for _name in 'a"b' 'a\\b' 'a;b' 'a<b' 'a@b' 'a#b'; do
		status 1 "certmonger: $_name cannot be told" adm client \
		    certmonger --subject "CN=$(printf %s "$_name" |
		    sed 's/"/\\"/g')"
	done
	status 0 "certmonger: a:b can" adm client certmonger --cn a:b
}

# ---- sscep ----

for_sscep() {
	printf '#!/bin/sh\nexec /usr/bin/python3 -B %s/tests/peer/sscep.py "$@"\n' \
	    "$ROOT" >"$T/bin/sscep"
	chmod 755 "$T/bin/sscep"
	verdict "sscep: it is printed" recipe "$T/sscep.sh" sscep \
	    --cn sscep-1 --dns sscep.example
	play "sscep's options, as they stand" sscep "$T/sscep.sh"
	good_cert "$T/sscep/sscep-1.pem" sscep-1
	same "sscep: the names are those" "$(names "$T/sscep/sscep-1.pem")" \
	    "subject=CN=sscep-1 X509v3 Subject Alternative Name: \
DNS:sscep.example "
	verdict "sscep: a hostile name, one part with two attributes" recipe \
	    "$T/sscep-h.sh" sscep --subject "O=\$ENV::HOME + OU=x, CN=$(
	    printf %s "$HOSTILE" | sed 's/[,+="\\/]/\\&/g')"
	play "is taken as it stands" sscep-h "$T/sscep-h.sh"
	openssl x509 -in "$(pem_of sscep-h)" -noout -subject -nameopt \
	    sep_multiline,-esc_msb,utf8,sname >"$T/names.out"
	like "its common name as it was" "$T/names.out" \
	    '^ *CN=a.b,c/\$\(touch pwned\)`touch pwned`"<&>;\|#\\é$'
	like "its organisation too" "$T/names.out" 'O=\$ENV::HOME'
	harmless sscep-h
	sed "s/grep -q -F '[0-9A-F:]*/grep -q -F '$(
	    printf %064d 0 | sed 's/../&:/g; s/:$//')/" "$T/sscep.sh" \
	    >"$T/wrong.sh"
	status 1 "sscep: not with another fingerprint" sh -c \
	    'cd "$1" && sh "$2"' - "$T/wrong" "$T/wrong.sh"
	like "and it says why" "$T/status.out" '^not our CA$'
}

# ---- micromdm ----

for_micromdm() {
	verdict "scepclient: it is printed" recipe "$T/mdm.sh" scepclient \
	    --profile mdm --subject "C=CH, O=It's \$(touch pwned), CN=mdm-1"
	play "scepclient takes it as it stands" mdm "$T/mdm.sh"
	good_cert "$(pem_of mdm)" mdm-1
	same "scepclient: the names are those" "$(names "$(pem_of mdm)")" \
	    "subject=CN=mdm-1,O=It's \$(touch pwned),C=CH "
	harmless mdm
	sed 's/-ca-fingerprint [0-9A-F]*/-ca-fingerprint '"$(
	    printf %064d 0)/" "$T/mdm.sh" >"$T/wrong.sh"
	status 1 "scepclient: not to an RA of another fingerprint" sh -c \
	    'cd "$1" && rm -f *.pem && sh "$2"' - "$T/mdm" "$T/wrong.sh"
	status 1 "not for a profile without DES" adm client scepclient \
	    --cn mdm-2
	like "and it says what mends it" "$T/status.out" 'client = micromdm'
	status 1 "names in another order cannot be told" adm client \
	    scepclient --profile mdm --subject 'CN=x, C=CH'
	status 1 "nor alternative names" adm client scepclient \
	    --profile mdm --cn x --dns x.example
}

# ---- wpa_supplicant, against hostapd as the RADIUS server ----

# radius CERTIFICATE KEY
radius() {
	_radius=$(free_port)
	printf '*\tTLS\n' >"$T/users"
	printf '127.0.0.1/32\tsecret\n' >"$T/clients"
	cat >"$T/hostapd.conf" <<CONFIG
driver=none
logger_stdout=-1
radius_server_clients=$T/clients
radius_server_auth_port=$_radius
eap_server=1
eap_user_file=$T/users
ca_cert=$T/ca/ca.pem
server_cert=$1
private_key=$2
CONFIG
	hostapd "$T/hostapd.conf" >"$T/hostapd.log" 2>&1 &
	own $!
	until_true 10 grep -q 'AP-ENABLED\|Setup of interface done\|RADIUS' \
	    "$T/hostapd.log"
}
eap() { eapol_test -c "$1" -a 127.0.0.1 -p "$_radius" -s secret -t 60; }

for_wpa() {
	verdict "wpa: it is printed" recipe "$T/wpa.sh" wpa --cn "w'\$(id)" \
	    --ssid 'a "net" \ #1' --radius radius.example
	play "it is taken as it stands" wpa "$T/wpa.sh"
	same "wpa: the name is that" "$(names "$(pem_of wpa)")" \
	    "subject=CN=w'\$(id) "
	_block=$(find "$T/wpa" -name '*-wpa.conf')
	like "an SSID with quotes is in hex" "$_block" \
	    '^	ssid=6120226e657422205c202331$'
	like "a name without is in quotes" "$_block" "^	identity=\"w'\\\$\(id\)\"\$"
	challenge "$T/c" --profile server --cn radius.example \
	    --dns radius.example
	"$ROOT/tests/peer/scep-peer" enrol --key "$T/radius.key" \
	    --challenge "$T/c" --subject /CN=radius.example \
	    --dns radius.example --out "$T/radius.pem" "$URL/server" \
	    >/dev/null || not_ok "the RADIUS server has a certificate"
	radius "$T/radius.pem" "$T/radius.key"
	verdict "wpa_supplicant's EAP-TLS lets the device in" eap "$_block"
	sed 's/radius\.example/elsewhere.example/' "$_block" >"$T/else.conf"
	status 252 "but not with a RADIUS server of another name" eap \
	    "$T/else.conf"
	verdict "wpa: by wire" recipe "$T/wire.sh" wpa --cn wire-1
	like "needs no SSID" "$T/wire.sh" '^	key_mgmt=IEEE8021X$'
	unlike "and has none" "$T/wire.sh" '^	ssid='
}

# ---- below an intermediate CA ----

below() {
	stop "$SERVER"
	for _n in top site; do
		openssl req -newkey rsa:2048 -nodes -keyout "$T/$_n.key" \
		    -out "$T/$_n.csr" -subj "/CN=$_n" >/dev/null 2>&1
	done
	printf '%s\n' 'basicConstraints=critical,CA:TRUE' \
	    'subjectKeyIdentifier=hash' \
	    'keyUsage=critical,digitalSignature,keyCertSign,cRLSign' >"$T/ext"
	openssl x509 -req -in "$T/top.csr" -signkey "$T/top.key" -out \
	    "$T/top.pem" -extfile "$T/ext" -days 9 2>/dev/null
	openssl x509 -req -in "$T/site.csr" -CA "$T/top.pem" -CAkey \
	    "$T/top.key" -out "$T/site.pem" -extfile "$T/ext" -days 9 \
	    2>/dev/null
	_port=$(free_port)
	make_ca "$T/sub" "http://127.0.0.1:$_port/scep" --ca-cert \
	    "$T/site.pem" --ca-key "$T/site.key" --chain "$T/top.pem"
	sed -i '/^\[profile manual\]/,/^authorise/{
	    s/manual$/challenge/; /^ca = /a getcacert = leaf
	    }' "$CONF"
	start_lighttpd "$_port"
	for _kind in strongswan certmonger sscep; do
		verdict "below a root: $_kind is printed" recipe \
		    "$T/sub-$_kind.sh" "$_kind" --cn "sub-$_kind"
		play "below a root: $_kind takes it" "sub-$_kind" \
		    "$T/sub-$_kind.sh"
		verdict "and verifies" openssl verify -CAfile "$T/top.pem" \
		    -untrusted "$T/site.pem" "$T/sub-$_kind/sub-$_kind.pem"
	done
	recipe "$T/sub.mobileconfig" apple --cn sub-apple
	plist "$T/sub.mobileconfig" && . "$T/enrol.sh"
	same "below a root: Apple's are told the root" "$print" \
	    "$(sha1_of "$T/top.pem")"
	recipe "$T/sub.mobileconfig" apple --cn sub-apple --profile manual
	plist "$T/sub.mobileconfig" && . "$T/enrol.sh"
	same "or the CA, where no root is shown" "$print" \
	    "$(sha1_of "$T/site.pem")"
	status 1 "strongswan is not for who is shown no root" adm client \
	    strongswan --cn x --profile manual
	like "and it says what mends it" "$T/status.out" \
	    'getcacert = chain\+root'
	verdict "certmonger is" recipe "$T/leaf.sh" certmonger --cn leaf \
	    --profile manual
	play "certmonger takes it" leaf "$T/leaf.sh"
	recipe "$T/sub.text" text --cn x
	like "by hand there are two to compare" "$T/sub.text" '^above it +CN = top$'
}

mkdir "$T/bin"
PATH=$T/bin:$PATH
recipe_server
certmonger_start || not_ok "certmonger starts on a private bus"

harm
for_strongswan
for_certmonger
for_sscep
for_micromdm
for_wpa
below
unlike "no challenge in the log" "$T/scep.log" \
    "$(cat "$T/monger/monger-1.challenge")"
finish
