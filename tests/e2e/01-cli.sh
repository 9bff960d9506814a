#!/bin/sh
# 01-cli - scepadm as an operator uses it, and how scep.fcgi refuses to start.
. "$(dirname "$0")/lib.sh"

# ---- init ----

make_ca "$T/ca" http://127.0.0.1:1/scep
like "init prints the SHA-256 fingerprint [C-066]" "$T/init.out" \
    '([0-9A-F]{2}:){31}[0-9A-F]{2}'
like "init prints the SHA-1 fingerprint [C-066]" "$T/init.out" \
    '(^|[^0-9A-F:])([0-9A-F]{2}:){19}[0-9A-F]{2}([^0-9A-F:]|$)'
same "the fingerprint is the certificate's [C-066]" \
    "$(openssl x509 -in "$T/ca/ca.pem" -noout -fingerprint -sha256 |
    cut -d= -f2)" \
    "$(grep -o -E '([0-9A-F]{2}:){31}[0-9A-F]{2}' "$T/init.out" | head -n 1)"
same "the state directory is closed" "$(stat -c %a "$T/ca/state")" 700
loose=$(find "$T/ca" -name '*.key' ! -perm 600)
same "the keys are closed" "$loose" ""
verdict "the CA certificate is a CA" sh -c \
    "openssl x509 -in '$T/ca/ca.pem' -noout -text | grep -q 'CA:TRUE'"
verdict "the CA issued the RA certificate" openssl verify -x509_strict \
    -CAfile "$T/ca/ca.pem" "$T/ca/ra.pem"
ca_key=$(openssl x509 -in "$T/ca/ca.pem" -noout -pubkey | openssl sha256)
ra_key=$(openssl x509 -in "$T/ca/ra.pem" -noout -pubkey | openssl sha256)
if [ "$ca_key" != "$ra_key" ]; then
	ok "the RA has a key of its own"
else
	not_ok "the RA has the CA's key"
fi

before=$(find "$T/ca" -type f -exec sha256sum {} + | sort)
status 1 "a second init is refused" "$ADM" init --dir "$T/ca" --cn Other \
    --url http://127.0.0.1:1/scep
same "a refused init changes nothing" \
    "$(find "$T/ca" -type f -exec sha256sum {} + | sort)" "$before"
for key in rsa:2048 rsa:4096 ec:p256 ec:p384; do
	verdict "init --key $key" "$ADM" init --dir "$T/$key" --cn K \
	    --key "$key" --url http://127.0.0.1:1/scep
	verdict "check of that CA" "$ADM" -c "$T/$key/scep.conf" check
done
same "the RA key of an EC CA is RSA" \
    "$(openssl x509 -in "$T/ec:p256/ra.pem" -noout -text |
    grep -c 'Public Key Algorithm: rsaEncryption')" 1
"$ADM" init --dir "$T/json" --cn J --url http://127.0.0.1:1/scep --json \
    >"$T/json.out" 2>&1
verdict "init --json is JSON" jq -e '.sha256 and .sha1' "$T/json.out"

# ---- init --state ----

init() { "$ADM" init --cn S --url http://127.0.0.1:1/scep "$@"; }
status 0 "init --state" init --dir "$T/split" --state "$T/split-state"
same "the secrets are there, and closed" "$(cd "$T/split-state" &&
    stat -c '%n %a' . ca.key challenge.key ra.key | tr '\n' ' ')" \
    ". 700 ca.key 600 challenge.key 600 ra.key 600 "
same "the rest is not" "$(cd "$T/split" && echo *)" "ca.pem ra.pem scep.conf"
like "scep.conf says where" "$T/split/scep.conf" \
    "^state = $T/split-state\$"
status 0 "check of it" "$ADM" -c "$T/split/scep.conf" check
status 0 "and it works" "$ADM" -c "$T/split/scep.conf" challenge add --cn x
status 1 "a state that is in use is refused" init --dir "$T/split2" \
    --state "$T/split-state"
like "and says how to go on" "$T/status.out" "ca\.key .*--state"
same "nothing was made" "$(ls -d "$T/split2" 2>/dev/null)" ""
for bad in state "$T/a b" "$T/a\$b" "$T/a/" /; do
	status 2 "--state $bad: 2" init --dir "$T/split2" --state "$bad"
done
if [ "$(id -u)" -eq 0 ]; then
	install -d -o nobody -m 700 "$T/nobodys"
	status 0 "root's configuration, nobody's state" init \
	    --dir "$T/roots" --state "$T/nobodys"
	same "each is whose it is to be" \
	    "$(stat -c '%U %n' "$T"/roots/* "$T"/nobodys/* |
	    sed "s,$T/,," | sort | tr '\n' ' ')" "nobody nobodys/ca.key \
nobody nobodys/challenge.key nobody nobodys/ra.key \
root roots/ca.pem root roots/ra.pem root roots/scep.conf "
	status 0 "check of it" "$ADM" -c "$T/roots/scep.conf" check
	status 0 "root adds a challenge" "$ADM" -c "$T/roots/scep.conf" \
	    challenge add --cn x
	same "nothing of the state is root's" \
	    "$(find "$T/nobodys" -user root | wc -l)" 0
	install -d -o nobody "$T/theirs"
	install -d -m 700 "$T/roots-state"
	status 78 "nobody's configuration of root's state is refused" init \
	    --dir "$T/theirs" --state "$T/roots-state"
	like "with what mends it" "$T/status.out" "chown 0 $T/theirs"
	same "and nothing is written" \
	    "$(find "$T/theirs" "$T/roots-state" -type f | wc -l)" 0
else
	skip "root makes a CA for somebody else" "not root"
fi

# ---- exit codes ----

status 0 "check of a good CA: 0" adm check
status 0 "-h: 0" "$ADM" -h
status 0 "challenge -h: 0" "$ADM" challenge -h
status 0 "challenge add -h: 0" "$ADM" challenge add -h
status 2 "no noun: 2" "$ADM"
status 2 "an unknown noun: 2" "$ADM" frobnicate
status 2 "an unknown option: 2" adm challenge add --frob
status 2 "an argument missing: 2" adm cert show
status 3 "an unknown serial: 3" adm cert show 0123456789ABCDEF
status 3 "an unknown request: 3" adm request show nosuchrequest
status 3 "an unknown challenge: 3" adm challenge show nosuchchallenge
status 78 "no configuration: 78" "$ADM" -c "$T/nowhere.conf" check

# ---- challenges ----

verdict "challenge add" challenge "$T/c1" --cn device-1
same "the challenge stands alone on standard output" \
    "$(grep -c . "$T/c1")" 1
adm challenge add --json --cn device-2 >"$T/c2.json" 2>/dev/null
verdict "challenge add --json" jq -e '.id and .challenge and .expires' \
    "$T/c2.json"
adm challenge add --count 3 --json >"$T/c3.json" 2>"$T/c3.err"
same "challenge add --count --json is an array" \
    "$(jq length "$T/c3.json")" 3
challenge "$T/c4"
like "one that binds nothing says so" "$T/challenge.err" '(ANY|any) name'
id=$(jq -r .id "$T/c2.json")
verdict "challenge show" adm challenge show "$id"
adm challenge show "$id" --json >"$T/show.json"
same "it is live" "$(jq -r .state "$T/show.json")" live
secret=$(jq -r .challenge "$T/c2.json")
unlike "a challenge is never shown again" "$T/show.json" "$secret"
adm challenge list --json >"$T/list.json"
same "challenge list has them all" "$(jq length "$T/list.json")" 6
unlike "nor is it in the list" "$T/list.json" "$secret"
verdict "challenge revoke" adm challenge revoke "$id"
same "it is revoked" "$(adm challenge show "$id" --json | jq -r .state)" \
    revoked
printf 'static-secret-of-many-letters\n' | adm challenge hash \
    >"$T/hash.out" 2>&1
like "challenge hash" "$T/hash.out" '^challenge_hash = [0-9a-fA-F]{32}'
printf 'short\n' >"$T/short"
if adm challenge hash <"$T/short" >/dev/null 2>&1; then
	not_ok "a static challenge that can be guessed is refused"
else
	ok "a static challenge that can be guessed is refused"
fi
same "cert list of a new CA is empty" "$(adm cert list --json)" "[]"
same "request list too" "$(adm request list --json)" "[]"

# ---- faults that check finds, each with a control behind it ----

fault() {		# TEXT PATTERN
	status 78 "check: $1" adm check && \
	    like "check says where: $1" "$T/status.out" "$2"
	# Whoever is asked five times, and waits each time, does so by himself;
	# a busy machine does so now and then.  Where it is so busy that a
	# check takes 200 ms, it is five times as long as that.
	for _ in 1 2 3 4 5; do
		_begin=$(date +%s%N)
		adm check >/dev/null 2>&1
		_limit=$((($(date +%s%N) - _begin) / 200000))
		[ "$_limit" -ge 1000 ] || _limit=1000
		_begin=$(date +%s%N)
		timeout -s KILL 60 "$FCGI" -c "$CONF" </dev/null \
		    >"$T/start.out" 2>&1
		_rc=$?
		_ms=$((($(date +%s%N) - _begin) / 1000000))
		[ "$_rc" -eq 78 ] && [ "$_ms" -gt "$_limit" ] || break
	done
	same "scep.fcgi does not start: $1" "$_rc" 78
	if [ "$_ms" -le "$_limit" ]; then
		ok "and says so within a second ($_ms ms): $1"
	else
		not_ok "and says so within a second ($_ms ms): $1"
	fi
}
sed -i "s,^\[server\],&\nlisten = unix:$T/scep.sock," "$CONF"
cp -p "$CONF" "$T/good.conf"

chmod 644 "$T/ca/state/ca.key"
fault "a key that others may read" 'ca\.key.*chmod'
chmod 600 "$T/ca/state/ca.key"
chmod 755 "$T/ca/state"
fault "a state directory that others may read" 'state.*chmod'
chmod 700 "$T/ca/state"

echo 'frob = 1' >>"$CONF"
fault "an unknown key" "scep\.conf:$(grep -c '' "$CONF")"
cp -p "$T/good.conf" "$CONF"
sed -i 's/^validity = 365d/&\nvalidity = 366d/' "$CONF"
fault "a doubled key" \
    "scep\.conf:$(grep -n '^validity = 366d' "$CONF" | cut -d: -f1)"
cp -p "$T/good.conf" "$CONF"
sed -i 's/^validity = 365d/validity = -1d/' "$CONF"
fault "an impossible value" \
    "scep\.conf:$(grep -n '^validity = -1d' "$CONF" | cut -d: -f1)"
cp -p "$T/good.conf" "$CONF"
sed -i '0,/^authorise = challenge/s///' "$CONF"
fault "no way to authorise" 'authorise'
cp -p "$T/good.conf" "$CONF"
sed -i 's/^ca = main/ca = other/' "$CONF"
fault "a CA that is not there" 'scep\.conf:[0-9]+'
cp -p "$T/good.conf" "$CONF"

cp -p "$T/ca/state/ra.key" "$T/ra.key"
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
    -out "$T/ca/state/ra.key" 2>/dev/null ||
    openssl genrsa -out "$T/ca/state/ra.key" 2048 2>/dev/null
chmod 600 "$T/ca/state/ra.key"
fault "a key that is not the certificate's" 'ra(_key|\.key|\.pem|_cert)'
cp -p "$T/ra.key" "$T/ca/state/ra.key"

cp -p "$T/ca/ca.pem" "$T/ca.pem"
cp -p "$T/ca/ra.pem" "$T/ra.pem"
openssl x509 -in "$T/ca.pem" -signkey "$T/ca/state/ca.key" -days -1 \
    -out "$T/ca/ca.pem" 2>/dev/null
fault "an expired CA certificate" 'ca\.pem'
cp -p "$T/ca.pem" "$T/ca/ca.pem"
mv "$T/ca/state/challenge.key" "$T/challenge.key"
fault "no challenge key" 'challenge\.key'
mv "$T/challenge.key" "$T/ca/state/challenge.key"
status 0 "and with all faults mended: 0" adm check

# ---- one owner ----

start_fcgi
if until_true 30 test -S "$T/scep.sock"; then
	ok "scep.fcgi starts by itself"
else
	not_ok "scep.fcgi starts by itself"
fi
until_true 20 test -S "$T/ca/state/admin.sock"
verdict "scepadm talks to the owner" adm challenge list
status 0 "check beside an owner: 0" adm check
kill -TERM "$SUPERVISOR"
wait "$SUPERVISOR"
same "SIGTERM: exit 0" $? 0
if [ -S "$T/scep.sock" ]; then
	not_ok "the socket is gone"
else
	ok "the socket is gone"
fi
verdict "scepadm is the owner again" adm challenge list
finish
