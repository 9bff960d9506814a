#!/bin/sh
# 50-tokens - challenges that an MDM mints by itself: by scepadm without a
# server, by sh and openssl, by Python; for HMAC and Ed25519; the vectors of the
# manual; used once, whoever comes at the same time; revoked, restored.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/servers.sh"

MINT_SH="sh $ROOT/examples/mint-token.sh"
MINT_PY="python3 $ROOT/examples/mint-token.py"

# ---- the manual's vectors, by all who mint ----

# Lines that are one token, of each vector; the keys are in hex.
sed -n '/^st1\./,/^\.Ed/p' "$ROOT/cgi/scep-token.5" |
    awk '/^\.Ed/ { print text; text = ""; next } { text = text $0 }' >vectors
same "the manual has four vectors" "$(grep -c '^st1\.' vectors)" 4
vector() { sed -n "$1p" vectors; }
umask 077
grep -E '^[0-9a-f]{64}$' "$ROOT/cgi/scep-token.5" >keys
sed -n 1p keys >hmac.key
{ printf '302e020100300506032b657004220420'; sed -n 2p keys; } | tr -d '\n' |
    sed 's/../\\x&/g' >ed.printf
"$(command -v bash)" -c 'printf "$(cat ed.printf)"' |
    openssl pkey -inform DER -out ed.key
umask 022
name="O=Example Corporation, OU=Printers and other things, \
CN=printer-22.building-7.example"
sha=$(printf 'a key' | sha256sum | cut -d' ' -f1)
by_scepadm() {		# KEY KID ID [OPTIONS]
	_key=$1 _kid=$2 _id=$3
	shift 3
	env -i PATH="$PATH" "$ADM" token mint --key "$_key" --kid "$_kid" \
	    --profile default --id "$_id" --ttl 1d \
	    --not-before 2026-11-24T12:00:00Z "$@" 2>/dev/null
}
by_other() {		# PROGRAM KEY KID ID SUBJECT [DNS]
	_program=$1 _key=$2 _kid=$3 _id=$4
	shift 4
	env BEGINS=1795521600 TTL=86400 ID="$_id" $_program "$_key" "$_kid" \
	    default "$@"
}
n=0
for key in "hmac.key 23456789ab" "ed.key cdefghijkm"; do
	n=$((n + 1))
	# shellcheck disable=SC2086 # words
	set -- $key
	same "vector $n, by scepadm" "$(by_scepadm "$@" vector-$n \
	    --cn printer-22 --dns printer-22.example)" "$(vector $n)"
	for by in "$MINT_SH" "$MINT_PY"; do
		same "vector $n, by ${by##*/}" "$(by_other "$by" "$@" \
		    vector-$n CN=printer-22 printer-22.example)" "$(vector $n)"
	done
	same "vector $((n + 2)), by scepadm" "$(by_scepadm "$@" \
	    vector-$((n + 2)) --subject "$name" --dns b.example \
	    --dns a.example --key-sha256 "$sha")" "$(vector $((n + 2)))"
	same "vector $((n + 2)), by mint-token.py" "$(KEY_SHA256=$sha by_other \
	    "$MINT_PY" "$@" vector-$((n + 2)) "$name" b.example \
	    a.example)" "$(vector $((n + 2)))"
done
# What is no token is not minted, and why is said in a line.
# no_token TEXT WORDS PROGRAM…: whichever of the two.
no_token() {
	_what=$1 _words=$2
	shift 2
	status 1 "$_what" "$@"
	like "… in a line that says so" status.out "^.{0,80}$_words"
	same "… and nothing else" "$(wc -l <status.out)" 1
}
for by in "$MINT_SH" "$MINT_PY"; do
	p=${by##*/}
	line="$(printf 'CN=a\nd evil.example')"
	no_token "$p: a subject that brings a line" newline \
	    $by hmac.key 23456789ab default "$line"
	no_token "$p: so does a name" newline \
	    $by hmac.key 23456789ab default CN=a "$line"
	no_token "$p: no key file" nothere $by nothere 23456789ab default CN=a
	no_token "$p: a key file without a key" /dev/null \
	    $by /dev/null 23456789ab default CN=a
	no_token "$p: a time that is none" "'soon'|numbers" \
	    env TTL=soon $by hmac.key 23456789ab default CN=a
	no_token "$p: a beginning that is none" "'now'|numbers" \
	    env BEGINS=now $by hmac.key 23456789ab default CN=a
	status 1 "$p: without a subject" $by hmac.key 23456789ab default
	like "… the usage" status.out "usage: $p KEYFILE KID PROFILE SUBJECT"
	same "$p: a DNS name in capitals" "$(by_other "$by" hmac.key \
	    23456789ab vector-1 CN=printer-22 Printer-22.EXAMPLE)" \
	    "$(vector 1)"
done
for n in BEGINS=089 BEGINS=0123 TTL=08; do
	no_token "mint-token.sh: $n, which shells take for octal" numbers \
	    env $n $MINT_SH hmac.key 23456789ab default CN=a
done
# Whoever has read the page alone spells names as we do, odd ones too.
pad="OU=Printers and other things on all floors, O=Example Corporation and \
its heirs, OU=A house like others"
sed -n '/^Types are/,/^in these letters/s/^\.Li \([A-Za-z]*\).*/\1/p' \
    "$ROOT/cgi/scep-token.5" >types
same "the page has all types" "$(grep -c . types)" 22
{
	sed 's/$/=ab/; s/^DC=/DC=x, DC=/' types
	cat <<'NAMES'
CN=Zürich
CN=\"a\" b\=
CN=a\, b\+\\
CN=#a;<b>
1.2.3.4=a
CN=a + serialNumber=12
serialNumber=1 + CN=abcdef
CN=ab + OU=ab
NAMES
	printf '%s\n' 'CN=\ a \ '
} >odd
while IFS= read -r part; do
	[ "$(by_scepadm hmac.key 23456789ab odd --subject "$pad, $part")" = \
	    "$(by_other "$MINT_PY" hmac.key 23456789ab odd "$pad, $part")" ] ||
	    printf '%s\n' "$part"
done <odd >differ
same "each is minted alike" "$(cat differ)" ""
by_scepadm hmac.key 23456789ab odd --subject "$pad, CN=ab" | cut -d. -f3 |
    base64 -d 2>/dev/null >payload
like "and hashed" payload "^h "
same "attributes of one RDN have one order" "$(by_scepadm hmac.key 23456789ab \
    odd --subject "$pad, serialNumber=12 + CN=a")" "$(by_other "$MINT_PY" \
    hmac.key 23456789ab odd "$pad, CN=a + serialNumber=12")"
: >no.key
for by in "$MINT_SH" "$MINT_PY"; do
	status 1 "no key, no token of ${by##*/}" $by no.key 23456789ab default \
	    CN=x
	like "says so" status.out "no key in no.key"
done
status 1 "what does not fit is not minted" $MINT_SH ed.key cdefghijkm default \
    "$name"

# ---- keys ----

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_nginx "$port"
verdict "a key for HMAC" adm token key add --alg hmac --out mdm.key \
    --name mdm --max-ttl 2h
kid=$(adm token key list --json | jq -r '.[0].id')
same "its secret is in a file for its owner alone" \
    "$(stat -c '%a %s' mdm.key)" "600 65"
unlike "and is not printed" verdict.out "$(cat mdm.key)"
openssl genpkey -algorithm ed25519 -out site.key 2>/dev/null
openssl pkey -in site.key -pubout -out site.pub
chmod 600 site.key
kid2=$(adm token key add --alg ed25519 --public site.pub 2>/dev/null)
adm token key show "$kid2" >show.out
like "a key for Ed25519" show.out "algorithm +ed25519"
status 1 "a file that is there is not overwritten" adm token key add \
    --alg hmac --out mdm.key
status 2 "a public key that is none" adm token key add --alg ed25519 \
    --public mdm.key
like "says how to get one" status.out "openssl pkey"
status 2 "a secret that would go nowhere" adm token key add --alg hmac
status 1 "a profile that takes no challenges" adm token key add --alg hmac \
    --out x.key --profile manual
[ ! -e x.key ] && ok "no file is left behind" || not_ok "x.key is there"
status 0 "another one" adm token key add --alg hmac --out other.key
if [ "$(id -u)" -ne 0 ]; then
	skip "a secret that cannot be written" "not root"
else
	status 78 "a secret that cannot be written" adm token key add \
	    --alg hmac --out /proc/no/such.key
	like "is a key that is revoked again" status.out "was revoked again"
fi
chmod 644 mdm.key
status 78 "a key that others may read does not mint" "$ADM" token mint \
    --key mdm.key --kid "$kid" --profile default --cn x
like "says what mends it" status.out "chmod 600"
chmod 600 mdm.key
status 2 "a DNS name that is not UTF-8 is not left out" "$ADM" token mint \
    --key mdm.key --kid "$kid" --profile default --cn x --ttl 1h \
    --dns "$(printf 'x\377')"

# ---- devices ----

mint() {		# FILE [OPTIONS]
	_file=$1
	shift
	"$ADM" token mint --key mdm.key --kid "$kid" --profile default \
	    --ttl 1h "$@" >"$_file" 2>mint.err
}
row() { adm challenge show --json "$(cat "$1")" | jq -r ".$2"; }

mint t --cn printer --dns printer.example --id printer-1
[ "$(wc -c <t)" -le 256 ] && ok "short enough" || not_ok "$(wc -c <t) octets"
status 3 "the server knows nothing of it" adm challenge show "$(cat t)"
status 1 "another name" bot -C t -s /CN=other -d printer.example "$URL"
status 1 "another SAN" bot -C t -s /CN=printer "$URL"
verdict "a device enrols" bot -C t -k t.pem -s /CN=printer \
    -d printer.example "$URL"
first=$(serial_of verdict.out)
comes "the log says by what" scep.log \
    "authority=\"token printer-1 by key $kid\""
same "it is used up" "$(row t state) $(row t used)" "used 1"
same "its names are known" "$(row t subject) $(row t san)" \
    "CN=printer DNS:printer.example"
verdict "who lost the answer asks again" bot -C t -k t.pem -t random \
    -s /CN=printer -d printer.example "$URL"
same "and gets the same certificate" "$(serial_of verdict.out)" "$first"
status 1 "nobody else does" bot -C t -s /CN=printer -d printer.example "$URL"
id=$(adm cert show "$first" --json | jq -r .request)
adm explain "$id" >explain.out
like "explain says which token, by which key" explain.out \
    "challenge +token printer-1 by key $kid"
adm challenge list >list.out
like "it is in the list" list.out "^t-$kid-printer-1 .* used"
verdict "purging leaves it there" adm challenge purge
same "as long as it could be used" "$(row t state)" used
BEGINS=$(date +%s) TTL=3600 $MINT_SH mdm.key "$kid" default CN=by-sh >t
verdict "minted by sh" bot -C t -s /CN=by-sh "$URL"
$MINT_PY site.key "$kid2" default CN=by-python a.example b.example >t
verdict "by Python, for Ed25519" bot -C t -s /CN=by-python -d b.example \
    -d a.example "$URL"
status 1 "once" bot -C t -s /CN=by-python -d b.example -d a.example "$URL"
$MINT_SH site.key "$kid2" default CN=by-sh >t
verdict "by sh, for Ed25519" bot -C t -s /CN=by-sh "$URL"

TTL=3600 $MINT_PY mdm.key "$kid" default "$pad, CN=a\\=\\\"é\\\"" >t
slashes=/$(printf %s "$pad" | sed 's,\, ,/,g')
status 1 "an odd name by its hash, by Python: another one" bot -C t \
    -s "$slashes/CN=a=é" "$URL"
verdict "that one" bot -C t -s "$slashes/CN=a=\"é\"" "$URL"
mint t --subject "$name" --dns long.example --dns a.example
status 1 "names by their hash: another one" bot -C t \
    -s "/O=Example Corporation/CN=printer-22.building-7.example" \
    -d a.example -d long.example "$URL"
verdict "theirs" bot -C t -d long.example -d a.example -s "/O=Example \
Corporation/OU=Printers and other things/CN=printer-22.building-7.example" \
    "$URL"
openssl genrsa -out dev.key 2048 2>/dev/null
openssl req -new -key dev.key -subj /CN=router \
    -addext subjectAltName=DNS:router.example -out router.csr
mint t --csr router.csr
status 1 "for a request: not another key" bot -C t -s /CN=router \
    -d router.example "$URL"
verdict "that request" bot -C t -k dev.key -s /CN=router -d router.example \
    "$URL"
mint t --set-subject --subject 'O=Example, CN=given'
verdict "names that the token gives" bot -C t -s /L=Nowhere/CN=x -o g.pem \
    "$URL"
like "are the certificate's" g.pem "BEGIN"
same "they are" "$(openssl x509 -in g.pem -noout -subject -nameopt RFC2253)" \
    "subject=CN=given,O=Example"
printf '%s\n' '[req]' 'distinguished_name = dn' 'prompt = no' '[dn]' \
    'CN = a\rb' >dull.cnf
openssl req -new -key dev.key -config dull.cnf -out dull.csr
status 1 "for a request whose name is none" adm token mint --key mdm.key \
    --kid "$kid" --profile default --csr dull.csr
like "says so" status.out "control characters"
mint t --csr dull.csr --set-subject --cn dull
status 1 "but where it gives another: not another key" bot -C t \
    -s "$(printf '/CN=a\rb')" "$URL"
verdict "that one" bot -C t -k dev.key -s "$(printf '/CN=a\rb')" -o g.pem \
    "$URL"
same "is called what it says" "$(openssl x509 -in g.pem -noout -subject \
    -nameopt RFC2253)" "subject=CN=dull"

# ---- times, keys, other profiles ----

mint t --cn late --not-before 2020-01-01 --ttl 1h
status 1 "one that is over" bot -C t -s /CN=late "$URL"
mint t --cn early --not-before 10m
status 1 "one that is not good yet" bot -C t -s /CN=early "$URL"
mint t --cn ahead --not-before 4m
verdict "a clock that is a little ahead" bot -C t -s /CN=ahead "$URL"
mint t --cn long --ttl 3h
status 1 "longer than the key allows" bot -C t -s /CN=long "$URL"
comes "the log says so" scep.log "the key allows 2h"
mint t --cn x --profile manual
status 1 "for another profile" bot -C t -s /CN=x "$URL"
mint t --cn x
sed "s/$kid/$kid2/" t >forged
status 1 "by another key" bot -C forged -s /CN=x "$URL"
sed 's/.$/A/;t' t >forged
cmp -s t forged && sed 's/.$/E/' t >forged
status 1 "another tag" bot -C forged -s /CN=x -S forged.der "$URL"
cp status.out forged.out
challenge c --cn x
sed 's/.$/a/;t' c >guess
cmp -s c guess && sed 's/.$/b/' c >guess
bot -C guess -s /CN=x -S guess.der "$URL" >guess.out
bot -C t -s /CN=wrong -S wrong.der "$URL" >wrong.out
same "whatever is wrong: one refusal" \
    "$(cut -d' ' -f1-3 forged.out | head -n 1)" \
    "$(cut -d' ' -f1-3 guess.out | head -n 1)"
same "of one size" "$(wc -c <forged.der) $(wc -c <wrong.der)" \
    "$(wc -c <guess.der) $(wc -c <guess.der)"
verdict "its own is good" bot -C t -s /CN=x "$URL"

# ---- wrong names ----

# They are written every five seconds, which a busy machine makes longer; and
# whoever asks for them has them written.
for pause in 6 30; do
	mint w --cn right --id "wrong-$pause"
	for i in 1 2 3 4; do bot -C w -s /CN=wrong "$URL" >>w.out 2>&1; done
	sleep "$pause"
	stop "$SUPERVISOR" KILL
	start_fcgi
	until_true 30 caps_ok "$URL"
	known=$(row w wrong; row w state; row w used)
	[ "$known" != "4
live
0" ] || break
done
same "a server that was killed seconds later knows of them" "$known" "4
live
0"
status 1 "the fifth" bot -C w -s /CN=wrong "$URL"
status 1 "freezes it for all" bot -C w -s /CN=right "$URL"
verdict "until it is thawed" adm challenge thaw "t-$kid-wrong-$pause"
verdict "then it is good" bot -C w -s /CN=right "$URL"

mint w --cn stolen
verdict "one that nobody has used is revoked" adm challenge revoke "$(cat w)"
status 1 "and is not good any more" bot -C w -s /CN=stolen "$URL"

# ---- twice at once ----

for i in 1 2 3 4 5; do
	before=$(n_certs)
	mint p --cn both
	bot -C p -s /CN=both -w 60 "$URL" >p1.out 2>&1 &
	one=$!
	bot -C p -s /CN=both -w 60 "$URL" >p2.out 2>&1 &
	two=$!
	wait "$one" "$two"
	same "twice at once ($i): one certificate, one refusal" \
	    "$(cat p1.out p2.out | grep -c granted) \
$(cat p1.out p2.out | grep -c 'refused 2') $(n_certs)" "1 1 $((before + 1))"
done

# ---- revoked, and a state that comes back ----

mint unused --cn unused
mint used --cn used
mint future --cn future --not-before 1d
verdict "a backup" adm backup "$T/backup"
verdict "one that is used after it" bot -C used -s /CN=used "$URL"
verdict "one that is revoked after it, before it begins" \
    adm challenge revoke "$(cat future)"
verdict "a key that is revoked after it" adm token key revoke "$kid2"
$MINT_SH site.key "$kid2" default CN=by-sh >t
status 1 "is of no use any more" bot -C t -s /CN=by-sh "$URL"
stop "$SERVER"
stop "$SUPERVISOR"
grep -rq "$(cat mdm.key)" "$T/ca" && not_ok "the secret is in the state" ||
    ok "the secret is nowhere in the state"
verdict "it is restored" adm restore --dir "$T/again" \
    --issue-log "$T/ca/state/issue.log" "$T/backup"
like "that says so" verdict.out "token keys +[0-9]+ take no token"
CONF=$T/again/scep.conf
start_nginx "$port"
status 1 "what was used is not good again" bot -C used -s /CN=used "$URL"
status 1 "nor is what may have been" bot -C unused -s /CN=unused "$URL"
comes "the log says why" scep.log "restored from a backup"
same "what was revoked stays so" "$(row future state)" revoked
same "a revoked key stays so" "$(adm token key show "$kid2" --json |
    jq -r .state)" revoked
mint t --cn later --not-before 15m
status 1 "a new one is good in five minutes" bot -C t -s /CN=later "$URL"
comes "and not before" scep.log "challenge is not good yet"
stop "$SERVER"
stop "$SUPERVISOR"

# ---- plain CGI ----

CONF=$T/ca/scep.conf
start_lighttpd_cgi "$port"
until_true 30 caps_ok "$URL"
mint t --cn by-cgi
verdict "by CGI" bot -w 60 -C t -s /CN=by-cgi "$URL"
status 1 "once" bot -w 60 -C t -s /CN=by-cgi "$URL"
finish
