#!/bin/sh
# 55-operator - what an operator gets wrong, and what his machine does to what
# scepadm prints: streams that are closed or full, values that are empty,
# options that say two things.  Nobody owns the state but scepadm.
. "$(dirname "$0")/lib.sh"

make_ca "$T/ca" "http://127.0.0.1:1/scep"

live() { adm challenge list --state live --json | jq length; }
says() { like "$1" status.out "$2"; }

# ---- streams ----

# What is opened first gets the number of what is closed.
status 75 "challenges, and standard output is closed" sh -c \
    '"$1" -c "$2" challenge add --cn lost --count 300 --json >&-' - \
    "$ADM" "$CONF"
says "that is said" "cannot be written to standard output"
same "they are revoked again" "$(live)" 0
status 75 "a list" sh -c '"$1" -c "$2" challenge list >&-' - "$ADM" "$CONF"
status 75 "a recipe" sh -c '"$1" -c "$2" client text --cn lost >&-' - \
    "$ADM" "$CONF"
same "nor is its challenge left" "$(live)" 0
status 75 "all three of them" sh -c \
    '"$1" -c "$2" challenge add --cn lost <&- >&- 2>&-' - "$ADM" "$CONF"
same "nor is this one" "$(live)" 0
verdict "the state is as it was" adm check --store
verdict "errors have nowhere to go" sh -c \
    '"$1" -c "$2" challenge add --cn kept 2>&-' - "$ADM" "$CONF"
same "the control: that one is printed, and good" "$(live)" 1

for verb in "token key list" "apikey list" "challenge list" "challenge -h" \
    "-h"; do
	status 75 "no room for $verb" sh -c \
	    '"$1" -c "$2" '"$verb"' >/dev/full' - "$ADM" "$CONF"
done
says "why it failed" "standard output cannot be written; is there room"

revoked() { adm apikey show --json "$1" | jq -r .state; }
status 75 "no room for an API key" sh -c \
    '"$1" -c "$2" apikey add --may request:list --name full >/dev/full' - \
    "$ADM" "$CONF"
says "it is revoked again" "nobody was told API key .*revoked again"
unlike "and is not shown all the same" status.out "scepkey-"
same "so it is in force for nobody" "$(revoked full)" revoked
# The other end is closed before it begins, not soon.
status 75 "nobody reads an API key" python3 -c 'import os, signal, sys
reader, writer = os.pipe()
os.close(reader)
os.dup2(writer, 1)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$ADM" -c "$CONF" apikey add \
    --may request:list --name pipe
same "it is revoked, too" "$(revoked pipe)" revoked
status 75 "no room for the line of a user" sh -c \
    '"$1" -c "$2" apikey add --may request:list --user u --json >/dev/full' \
    - "$ADM" "$CONF"
same "who needs no key, and stays" "$(revoked u)" live
adm apikey add --may request:list --name good >key.out 2>key.err
like "the control: an API key" key.out '^scepkey-'
same "is in force" "$(revoked good)" live

adm token key add --alg hmac --out mdm.key --name mdm >kid 2>kid.err
status 75 "no room for a token" sh -c '"$1" token mint --key mdm.key \
    --kid "$2" --profile default --cn x >/dev/full' - "$ADM" "$(cat kid)"

if "$ADM" -c "$CONF" client text --cn x --qr-png q.png >/dev/full 2>qr.err
then
	not_ok "a recipe that cannot be written"
elif grep -q 'built without' qr.err; then
	skip "a QR code of a void challenge" "no libqrencode"
elif [ -e q.png ]; then
	not_ok "a QR code of a void challenge is left"
else
	ok "no QR code of a void challenge is left"
	verdict "the control: it is there when all is well" sh -c \
	    '"$1" -c "$2" client text --cn x --qr-png q.png && test -s q.png' \
	    - "$ADM" "$CONF"
fi

# ---- values that are empty ----

for words in "challenge add --cn x --profile" "challenge list --profile" \
    "challenge add --csv" "client text --cn x --profile" \
    "client wpa --cn x --radius" "token key add --alg hmac --out" \
    "request approve --profile" "cert revoke --subject"; do
	# shellcheck disable=SC2086
	status 2 "$words, and nothing" adm $words ""
	says "which one" "${words##* }: its value is empty"
done
status 2 "a configuration that is called nothing" "$ADM" -c "" status
says "that it is -c" "-c: its value is empty"
verdict "a note may be empty" adm challenge add --cn x --note ""
verdict "a reason, too" adm request refuse --all --reason ""

# ---- what says two things, or what is none ----

status 2 "all, and some" adm request approve --all --profile manual
says "what contradicts" "--all is all that wait, and other options are some"
verdict "the control: some" adm request approve --profile manual
verdict "the control: all" adm request approve --all
status 2 "two files on one standard input" adm client apple --cn x \
    --challenge-file - --sign a --sign-key b --pass-file -
says "which ones" "--challenge-file and --pass-file: standard input is one"
status 2 "another algorithm" adm token key add --alg rsa --out r.key
says "that is said of it" '"rsa" is neither hmac nor ed25519'
status 2 "calls in no time" adm apikey add --may request:list --rate 10/
says "what a rate is" "such as 10/s, 100/m or 5000/24h"
verdict "a profile twice" adm apikey add --may request:list --name twice \
    --profile manual --profile default --profile manual
same "is one profile" "$(adm apikey show --json twice | jq -r .profiles)" \
    manual,default
status 2 "no text" adm challenge add --cn "$(printf 'a\377')"
says "why" "--cn: not UTF-8"
status 2 "nothing to set" adm challenge add --set-subject
says "how to give it" "give it with --subject or --cn"

head -c 8192 /dev/zero | tr '\0' x >most
verdict "the longest challenge" sh -c \
    '"$1" -c "$2" challenge hash <most' - "$ADM" "$CONF"
echo xx >>most
status 2 "one that is longer" sh -c '"$1" -c "$2" challenge hash <most' - \
    "$ADM" "$CONF"
says "that it is" "line of standard input is longer than 8192 octets"
status 2 "none" adm challenge hash
says "that there is none" "standard input holds nothing"

# ---- times ----

status 2 "over before it begins" adm challenge add --cn x \
    --not-before 2h --not-after 1h
# Each is so long from when it was read.
says "by how much" "it expires (3600|35[0-9][0-9]) s before not_before"
status 2 "over" adm challenge add --cn x --not-after 2020-01-01
says "since when" "it expires in the past, [0-9]+ s ago"
status 2 "no time" adm challenge add --cn x --ttl 0
says "how much there may be" \
    "ttl is not between 1 and 315360000 seconds \(10y\)"
mint() {		# [OPTIONS]
	"$ADM" token mint --key mdm.key --kid "$(cat kid)" \
	    --profile default --cn x "$@"
}
verdict "a token that is over" mint --not-before 2020-01-01
like "a warning says it" verdict.out "WARNING: that is in the past"
verdict "a token for two years" mint --ttl 2y
like "a warning says that, too" verdict.out "WARNING: no key takes a token"
verdict "the control: one for a year" mint --ttl 1y
unlike "has no warning" verdict.out WARNING

# ---- a key with a passphrase ----

openssl genpkey -algorithm ed25519 -aes256 -pass pass:secret \
    -out locked.pem 2>/dev/null
chmod 600 locked.pem
status 2 "minting with a locked key" "$ADM" token mint --key locked.pem \
    --kid "$(cat kid)" --profile default --cn x
unlike "asks nobody" status.out "[Pp]ass phrase:"
says "and says how to unlock it" "encrypted \(.openssl pkey -in FILE"
openssl pkey -in locked.pem -passin pass:secret -out open.pem
chmod 600 open.pem
verdict "the control: that key unlocked" "$ADM" token mint --key open.pem \
    --kid "$(cat kid)" --profile default --cn x

# ---- files that cannot be made ----

if [ "$(id -u)" -eq 0 ]; then
	mkdir -p other/ca
	chown daemon other other/ca
	"$ADM" init --dir other/ca --cn Other >/dev/null
	OTHER=other/ca/scep.conf
	same "the control: whose state it is" \
	    "$(stat -c %U other/ca/state)" daemon
	status 78 "root's secret where the owner may not write" "$ADM" \
	    -c "$OTHER" token key add --alg hmac --out secret --name one
	says "who may not" "secret: uid [0-9]+ may not make files in \."
	unlike "and nobody is told to give away the directory" status.out \
	    "chown|run it as"
	says "the key is revoked again" "was revoked again"
	status 0 "the control: where he may" "$ADM" -c "$OTHER" token key add \
	    --alg hmac --out other/secret --name two
	same "with mode 0600" "$(stat -c '%a %U' other/secret)" "600 daemon"
else
	skip "files of another owner" "needs root"
fi

# ---- moving in ----

status 3 "certificates that are nowhere" "$ADM" import openssl-ca \
    --dir moved --certs nowhere old
says "which option" "--certs nowhere: No such file or directory; name the"
mkdir -p old
cp "$T/ca/ca.pem" old/cacert.pem
: >old/index.txt
status 3 "a CA without a key" "$ADM" import openssl-ca --dir moved old
says "how to name it" "cakey.pem: no such file; name .* with --ca-key"
[ -e moved ] && not_ok "nothing is made" || ok "nothing is made"
status 0 "the control: with both" "$ADM" import openssl-ca --dir moved \
    --ca-key "$T/ca/state/ca.key" --certs old old

# ---- help ----

for words in "token key -h" "token key --help" "token -h" "token mint -h"; do
	# shellcheck disable=SC2086
	status 0 "$words" adm $words
	says "shows the usage" "token key add --alg ALG"
done
status 2 "a verb that is half" adm token key
unlike "is there as far as it goes" status.out "there is no token key"
status 2 "one that is none" adm token key lose
says "which one" "there is no token key lose"

finish
