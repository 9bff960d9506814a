#!/bin/sh
# mint-token.sh - a token for scep.fcgi, as scep-token(5) says; sh and openssl.
#
# usage: mint-token.sh KEYFILE KID PROFILE SUBJECT [DNS-NAME...]
#
# KEYFILE is what `scepadm token key add --alg hmac --out KEYFILE` wrote, or a
# private key for Ed25519 as PEM.  From the environment, or chosen here: BEGINS,
# TTL (seconds), ID.  A key is in no command line, where others could read it.
set -eu
die() { echo "$1" >&2; exit 1; }
[ $# -ge 4 ] || die "usage: mint-token.sh KEYFILE KID PROFILE SUBJECT [DNS...]"
file=$1 kid=$2 profile=$3 subject=$4
begins=${BEGINS:-$(date +%s)} ttl=${TTL:-86400}
id=${ID:-$(openssl rand -hex 6)}
[ -r "$file" ] || die "$file cannot be read"
# A device's name must not bring lines of its own; a DNS name is lower-case.
case $*$id in *"
"*) die "a newline in what is to be minted" ;; esac
case $begins$ttl in *[!0-9]*) die "BEGINS and TTL are numbers" ;; esac
case $begins,$ttl in 0[0-9]* | *,0[0-9]*)	# octal to the shell
	die "BEGINS and TTL are numbers without a 0 in front" ;; esac
shift 4

b64() { openssl base64 -A | tr -d =; }
pad() {			# MASK: the key, each octet changed by it, and so 64
	rest=$key
	for _ in 0 1 2 3 4 5 6 7; do for _ in 0 1 2 3 4 5 6 7; do
		octet=${rest%"${rest#??}"}
		rest=${rest#??}
		printf "\\$(printf %03o $((0x${octet:-00} ^ $1)))"
	done; done
}
tag() {			# of BODY
	if grep -q BEGIN "$file"; then
		printf %s "$1" >"$tmp"
		openssl pkeyutl -sign -rawin -inkey "$file" -in "$tmp"
	else
		key=$(cat "$file") && [ ${#key} -eq 64 ] || return 1
		{ pad 0x5c; { pad 0x36; printf %s "$1"; } |
		    openssl dgst -sha256 -binary; } |
		    openssl dgst -sha256 -binary
	fi
}
tmp=$(mktemp) && trap 'rm -f "$tmp"' EXIT
names=$(printf '%s\n' "$@" | LC_ALL=C tr A-Z a-z | LC_ALL=C sort -u |
    sed '/^$/d; s/^/d /')
body=st1.$kid.$(printf '%s\n' "b $begins" "x $((begins + ttl))" \
    "i $id" "p $profile" "s $subject" ${names:+"$names"} | b64)
tag=$(tag "$body" | b64)
case ${#tag} in 43 | 86) ;; *) die "no key in $file" ;; esac
token=$body.$tag
[ ${#token} -le 255 ] || die "a token of ${#token} octets, at most 255"
printf '%s\n' "$token"
