#!/bin/sh
# 15-completion - what bash offers behind scepadm, held against scepadm -h.
. "$(dirname "$0")/lib.sh"

LIBRARY=/usr/share/bash-completion/bash_completion
[ -r "$LIBRARY" ] || {
	skip "completion" "bash-completion is not installed"
	finish
}

make_ca "$T/ca" http://127.0.0.1:1/scep
adm challenge add --cn a --json >"$T/a.json" 2>/dev/null
id=$(jq -r .id "$T/a.json")

# offers LINE: what would be offered at its end, one a line.
cat >"$T/offer.bash" <<OFFER
PATH=$BIN:\$PATH
. $LIBRARY
. $ROOT/cgi/scepadm.bash
# The server is given a while here, on a busy machine too.
timeout() {
	echo "\$1" >>"$T/patience"
	command timeout 60 "\${@:2}"
}
COMP_LINE=\$1
COMP_POINT=\${#1}
# As readline splits: ":" and "=" are words of their own.
read -r -a COMP_WORDS <<<"\${1//:/ : }"
[[ \$1 == *[\ ] ]] && COMP_WORDS+=("")
COMP_CWORD=\$((\${#COMP_WORDS[@]} - 1))
_scepadm scepadm
printf '%s\n' "\${COMPREPLY[@]}"
OFFER
offers() {
	bash --norc "$T/offer.bash" "$1" 2>"$T/offer.err" | grep -v '^$'
	[ ! -s "$T/offer.err" ] || sed 's/^/complaint: /' "$T/offer.err"
}
# offered TEXT LINE WANTED…: exactly these.
offered() {
	_text=$1
	_line=$2
	shift 2
	same "$_text" "$(offers "$_line" | sort | tr '\n' ' ')" \
	    "$(printf '%s\n' "$@" | grep -v '^$' | sort | tr '\n' ' ')"
}

# ---- against -h: each noun, each verb, each option ----

"$ADM" -h | sed 's/^usage:/      /' | awk '
	/^ *scepadm / { if (text != "") print text; text = ""
			sub(/^ *scepadm \[[^]]*\] /, "") }
	{ text = text " " $0 }
	END { print text }' >"$T/usages"
same "each line of -h is looked at" "$(wc -l <"$T/usages")" \
    "$("$ADM" -h | grep -c ' scepadm ')"
offered "nouns" "scepadm " -c -h $(awk '{ print $1 }' "$T/usages" | uniq)
missing=
n=0
while read -r noun rest; do
	behind=$noun
	verb=
	while :; do		# a verb has no word, one, or two
		word=${rest%% *}
		case $word in [a-z]*) ;; *) break ;; esac
		offers "scepadm $behind " | grep -q -x -e "$word" ||
		    missing="$missing $behind-$word"
		behind="$behind $word"
		verb=$word
		[ "$rest" != "$word" ] || break
		rest=${rest#* }
		while [ "${rest# }" != "$rest" ]; do rest=${rest# }; done
	done
	offers "scepadm $behind -" >"$T/options"
	for option in $(echo "$rest" | grep -o -E -e '--[a-z0-9-]+'); do
		n=$((n + 1))
		grep -q -x -e "$option" "$T/options" ||
		    missing="$missing $noun-$verb$option"
	done
done <"$T/usages"
note "$n options"
same "each verb and option of -h is offered" "$missing" ""
[ "$n" -gt 20 ] && ok "and there are many" || not_ok "only $n options"

# ---- what begins so, and nothing else ----

offered "a noun that has begun" "scepadm chal" challenge
offered "a verb that has begun" "scepadm challenge re" revoke
offered "an option that has begun" "scepadm challenge add --pro" --profile
offered "a right of an API key" "scepadm apikey add --may chal" challenge:add
offered "the first word of a verb" "scepadm token " -h key mint
offered "the second" "scepadm token key " add list revoke show
offered "one that has begun so" "scepadm token key re" revoke
offered "nothing for a verb that is half" "scepadm token kex "
offered "algorithms" "scepadm token key add --alg " ed25519 hmac
offered "an event of notices" "scepadm notice list --event re" refused revoked
offered "behind -c" "scepadm -c $T/ca/scep.c" "$T/ca/scep.conf"
offered "a noun behind -c" "scepadm -c $CONF requ" request
offered "the clients that it knows" "scepadm client " \
    $("$ADM" client nobody --cn a 2>&1 | sed 's/.*known: //; s/,//g')
offered "nothing for nonsense" "scepadm frobnicate x"
offered "nothing for a verb that is none" "scepadm challenge frob "

# ---- values ----

offered "profiles of the configuration" \
    "scepadm -c $CONF challenge add --profile " default manual
offered "CAs of the configuration" "scepadm -c $CONF crl show " main
offered "one that has begun" \
    "scepadm -c $CONF challenge add --profile m" manual
offered "no profile without a configuration" \
    "scepadm -c $T/none challenge add --profile "
offered "keys" "scepadm init --key " rsa:2048 rsa:3072 rsa:4096 ec:p256 \
    ec:p384
offered "a key that has begun, without what readline has" \
    "scepadm init --key rsa:2" 2048
offered "states of certificates" "scepadm cert list --state " expired live \
    revoked unconfirmed valid
offered "states of challenges" "scepadm challenge list --state " early \
    expired frozen live revoked used
offered "states of requests" "scepadm request list --state " expired pending
offered "orders" "scepadm cert list --csv --sort s" serial subject
offered "directories" "scepadm init --dir $T/c" "$T/ca"
offered "directories for an operand" \
    "scepadm import openssl-ca --dry-run $T/c" "$T/ca"
offered "nothing for a free text" "scepadm init --cn "
offered "ids of challenges" "scepadm -c $CONF challenge revoke " "$id"
offered "an id to thaw" "scepadm -c $CONF challenge thaw " "$id"
offered "an id behind an option" "scepadm -c $CONF challenge show --json " \
    "$id"
offered "an id that has begun otherwise" \
    "scepadm -c $CONF challenge show =$id"
kid=$(adm token key add --alg hmac --out "$T/mint.key" 2>/dev/null)
offered "ids of token keys" "scepadm -c $CONF token key revoke " "$kid"
offered "for whoever mints, too" "scepadm -c $CONF token mint --kid " "$kid"
start_lighttpd "$(free_port)"
challenge "$T/ch" --cn b
bot -C "$T/ch" -s /CN=b "$URL" >"$T/bot.out" 2>&1
serial=$(adm cert list --json | jq -r '.[0].serial')
[ -n "$serial" ] || not_ok "a device enrols"
offered "serials, from a server that runs" \
    "scepadm -c $CONF cert export --chain " "$serial"
same "nobody who types waits for more than two seconds" \
    "$(sort -u "$T/patience")" 2
finish
