#!/bin/sh
# 20-explain - the id that a device is told leads to the reason it is not.
. "$(dirname "$0")/lib.sh"

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
sed -i 's/^\[server\]/&\nexplain_refused = 40/' "$CONF"
start_nginx "$port"

# The id in failInfoText, or in the body of an HTTP error.
id_in() { sed -n 's/.*request \([0-9a-f]\{16\}\).*/\1/p' "$1" | head -n 1; }

# The first event of the only story of WHAT, by a jq expression.
told() {		# WHAT JQ
	adm explain --json "$1" | jq -r ".stories[0].events[0] | $2"
}
outcome() {		# WHAT LIST NAME
	told "$1" ".$2[] | select(.name == \"$3\") | .outcome"
}

# refused TEXT FAILINFO LIST NAME REASON BOT-OPTION…: the bot is refused so,
# and the id it is told leads to this rule (or check) and reason.
refused() {
	_text=$1 _fail=$2 _list=$3 _name=$4 _reason=$5
	shift 5
	bot "$@" >"$T/refused.out" 2>&1
	like "$_text: refused" "$T/refused.out" "^0 refused $_fail request "
	_id=$(id_in "$T/refused.out")
	# A note of the RA's crosses the answer.
	until_true 10 adm explain "$_id"
	same "$_text: explain says which" "$(outcome "$_id" "$_list" "$_name")" \
	    FAIL
	told "$_id" .result.reason >"$T/reason"
	like "$_text: and why" "$T/reason" "$_reason"
	adm explain "$_id" >>"$T/explained" 2>&1
}

# ---- granted ----

challenge "$T/c" --cn one
bot -C "$T/c" -s /CN=one -k "$T/one.key" -t Transaction-1 "$URL" \
    >"$T/one.out" 2>&1
serial=$(serial_of "$T/one.out")
adm explain --json "$serial" >"$T/by-serial"
adm explain --json Transaction-1 >"$T/by-transaction"
adm explain --json "$(jq -r '.stories[0].request' "$T/by-serial")" \
    >"$T/by-request"
same "a grant is explained by its serial" \
    "$(jq -r '.stories[0].events[0].event' "$T/by-serial")" granted
verdict "by its transactionID, too" cmp "$T/by-serial" "$T/by-transaction"
verdict "and by its request" cmp "$T/by-serial" "$T/by-request"
same "with the rule that granted it" "$(outcome "$serial" rules challenge)" \
    grant
same "and the ones that were not reached" \
    "$(outcome "$serial" rules approval)" unreached
same "what was asked is told" "$(told "$serial" '"\(.message.type)
\(.message.digest) \(.message.cipher) \(.message.key_transport)
\(.message.recipients) \(.request.subject) \(.request.key)
\(.request.signer)"' | tr '\n' ' ')" \
    "PKCSReq SHA-256 AES-128-CBC RSAES-PKCS1-v1_5 1 CN=one RSA 2048 self-signed "
same "the challenge by its id" "$(told "$serial" .request.challenge)" \
    "$(cut -c1-10 "$T/c")"
adm explain "$serial" >"$T/explained"
like "for people in words" "$T/explained" 'challenge +grant: challenge$'
like "for people, too: what was not reached" "$T/explained" \
    'approval +not reached$'
bot -C "$T/c" -s /CN=one -k "$T/one.key" -t Transaction-1 "$URL" >/dev/null
same "a repeated answer is in the story of the first" \
    "$(adm explain --json "$serial" | jq -r '.stories[0].events[1].event')" \
    delivered

# ---- refused ----

challenge "$T/any"
refused "a used challenge" 2 rules challenge 'challenge is used up' \
    -C "$T/c" -s /CN=one "$URL"
sed 's/222$/333/; t
    s/...$/222/' "$T/any" >"$T/wrong"
refused "a wrong challenge" 2 rules challenge 'challenge unknown' \
    -C "$T/wrong" -s /CN=two "$URL"
echo 'my other password' >"$T/password"
refused "somebody's password" 2 rules challenge 'challenge unknown' \
    -C "$T/password" -s /CN=two "$URL"
same "of which nothing is told" "$(told "$(id_in "$T/refused.out")" \
    .request.challenge)" unknown
refused "no challenge" 2 rules approval_offered 'no challenge' \
    -s /CN=two "$URL"
refused "a subject that is not allowed" 2 rules subject 'allows no L' \
    -C "$T/any" -s /CN=two/L=here "$URL"
refused "a weak key" 0 checks algorithms '1024' \
    -b 1024 -C "$T/any" -s /CN=two "$URL"
refused "a digest that is not allowed" 0 checks algorithms 'SHA-1' \
    -D sha1 -C "$T/any" -s /CN=two "$URL"
refused "a cipher that is not allowed" 0 checks algorithms 'DES-EDE3' \
    -E des-ede3-cbc -C "$T/any" -s /CN=two "$URL"
refused "a changed signature" 1 checks signature . \
    -f 18000 -C "$T/any" -s /CN=one -k "$T/one.key" "$URL"
bot -T 17 -C "$T/any" -s /CN=two "$URL" >"$T/refused.out" 2>&1
id=$(id_in "$T/refused.out")
until_true 10 adm explain "$id"
same "a RenewalReq that signs for itself" "$(told "$id" .result.reason)" \
    "a renewal by a self-signed certificate"
refused "another profile's challenge" 2 rules challenge_taken \
    'takes no challenges' -C "$T/any" -s /CN=two "$URL/manual"

curl -s --data-binary garbage "$URL?operation=PKIOperation" >"$T/garbage"
id=$(id_in "$T/garbage")
until_true 10 adm explain "$id"
same "garbage is explained, too" "$(outcome "$id" checks structure)" FAIL
same "and what it was told" "$(told "$id" .result.answer)" "HTTP 400"
status 3 "an id that nobody was told is not found" adm explain \
    0123456789abcdef

# ---- pending ----

bot -s /CN=wait -k "$T/wait.key" -t wait "$URL/manual" >/dev/null
bot -P -s /CN=wait -k "$T/wait.key" -t wait "$URL/manual" >/dev/null
bot -P -s /CN=wait -k "$T/wait.key" -t wait "$URL/manual" >/dev/null
id=$(adm request list --json | jq -r '.[0].id')
adm request approve "$id" >/dev/null
bot -P -s /CN=wait -k "$T/wait.key" -t wait "$URL/manual" >"$T/wait.out"
adm explain --json "$id" >"$T/life"
same "from the queue to the device" \
    "$(jq -r '.stories[0].events[].event' "$T/life" | tr '\n' ' ')" \
    "queued waiting approved delivered "
same "polls are counted" \
    "$(jq '.stories[0].events[1].count' "$T/life")" 2
same "who approved it is told" \
    "$(jq -r '.stories[0].events[2].result.by' "$T/life")" "uid $(id -u)"
adm explain --json "$(serial_of "$T/wait.out")" >"$T/by-serial"
verdict "the same by the serial" cmp "$T/life" "$T/by-serial"

bot -s /CN=no -t no -k "$T/no.key" "$URL/manual" >/dev/null
id=$(adm request list --json | jq -r '.[0].id')
adm request refuse --reason 'not one of ours' "$id" >/dev/null
bot -P -s /CN=no -t no -k "$T/no.key" "$URL/manual" >"$T/no.out" 2>&1
poll=$(id_in "$T/no.out")
adm explain --json "$poll" >"$T/life"
same "the id in a refused poll leads to the request" \
    "$(jq -r '.stories[0].request' "$T/life")" "$id"
same "and to the operator's reason" \
    "$(jq -r '.stories[0].events[1].result.reason' "$T/life")" \
    "not one of ours"

# ---- hostile ----

hostile=$(printf 'x\033[31m\n"\\ y')
bot -C "$T/wrong" -t "$hostile" -s "/CN=\"$hostile" "$URL" \
    >"$T/hostile.out" 2>&1
id=$(id_in "$T/hostile.out")
until_true 10 adm explain "$id"
adm explain "$id" >"$T/hostile"
like "a hostile request is explained" "$T/hostile" 'rules|checks'
verdict "and no terminal obeys it" sh -c "! grep -q '$(printf '\033')' \
    '$T/hostile'"
hex=$(printf '%s' "$hostile" | od -An -tx1 | tr -d ' \n')
like "its transactionID in hex" "$T/hostile" "^transaction $hex\$"
verdict "as which it is found" adm explain "$hex"
bot -C "$T/wrong" -s '/CN=a"b\\c=d' "$URL" >"$T/hostile.out" 2>&1
until_true 10 adm explain "$(id_in "$T/hostile.out")"
adm explain "$(id_in "$T/hostile.out")" >"$T/hostile"
cat "$T/hostile" >>"$T/explained"
like "a subject with quotes stands in one line" "$T/hostile" \
    'request .*|subject +CN=a\\x22b'
for n in 1 2 3; do
	bot -C "$T/wrong" -t shared -s "/CN=shared-$n" "$URL" >/dev/null 2>&1
done
shared() { adm explain --json shared | jq -r '.requests'; }
three() { [ "$(shared)" -eq 3 ]; }
until_true 10 three
same "one transactionID of three devices" "$(shared)" 3

# ---- after a kill, and under a flood ----

sleep 12			# tending, every five seconds
kill -KILL "$(ca_of "$SUPERVISOR")"
until_true 10 caps_ok "$URL"
same "a grant is explained after a kill" \
    "$(told "$serial" .event)" granted
same "and so is what was refused a while ago" \
    "$(told "$poll" .event)" queued
adm explain "$serial" >>"$T/explained"
bot -n 120 -j 4 -K -t random -C "$T/wrong" -s /CN=flood-%d "$URL" \
    >"$T/flood.out" 2>&1
first=$(sed -n '1s/.*request //p' "$T/flood.out")
sleep 2				# "oldest" is by the second
bot -C "$T/wrong" -s /CN=last "$URL" >"$T/last.out" 2>&1
last=$(id_in "$T/last.out")
verdict "of a flood the first is in memory" adm explain "$first"
verdict "and the last" until_true 10 adm explain "$last"
sleep 12			# tending: of a flood some rows are kept
stop "$SUPERVISOR"
start_fcgi
until_true 10 caps_ok "$URL"
stored=0
for id in $(sed -n 's/.*request //p' "$T/flood.out"); do
	adm explain "$id" >/dev/null 2>&1 && stored=$((stored + 1))
done
verdict "not all of a flood is stored" test "$stored" -le 40
verdict "the last of it is" adm explain "$last"
same "what was granted stays" "$(told "$serial" .event)" granted

# ---- secrets ----

stop "$SUPERVISOR"
for file in c any wrong; do
	cut -d- -f2 "$T/$file"
done >"$T/secrets"
cat "$T/password" >>"$T/secrets"
verdict "the secrets to look for are some" test "$(sort -u "$T/secrets" |
    grep -c .................)" -eq 4
adm explain shared >>"$T/explained"
same "no secret is explained" "$(grep -c -F -f "$T/secrets" \
    "$T/explained")" 0
same "none is in the store" "$(grep -r -a -l -F -f "$T/secrets" "$T/ca" |
    wc -l)" 0
same "none is in the log" "$(grep -c -F -f "$T/secrets" "$T/scep.log")" 0
like "though what was explained is a lot" "$T/explained" 'challenge unknown'
finish
