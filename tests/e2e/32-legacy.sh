#!/bin/sh
# 32-legacy - devices that know no better, through both web servers: each word
# of `legacy` lets in what it says, and the strict profile beside it does not.
. "$(dirname "$0")/lib.sh"

# A profile of a name, with these words.
old_profile() {		# NAME WORDS
	cat >>"$CONF" <<PROFILE

[profile $1]
ca = main
authorise = challenge
legacy = $2
subject_allow = CN O OU C serialNumber
san_allow = DNS
PROFILE
}

make_all() {		# DIR PORT
	make_ca "$1" "http://127.0.0.1:$2/scep"
	old_profile old "sha1 3des des md5"
	echo "renew_from = always" >>"$CONF"
	old_profile sha1 sha1
	old_profile 3des 3des
	old_profile sha1-3des "sha1 3des"
	old_profile des des
	old_profile md5 md5
}

# taken TEXT PROFILE REPLY-CIPHER REPLY-DIGEST [OPTIONS]: granted, mirrored.
taken() {
	_text=$1
	_profile=$2
	_mirror="$3 $4"
	shift 4
	challenge "$T/c" --profile "$_profile" --cn "old-$_profile"
	status 0 "$_text" bot -C "$T/c" -s "/CN=old-$_profile" \
	    -o "$T/bot.pem" "$@" "$URL/$_profile"
	like "and answered in kind: $_mirror" "$T/status.out" \
	    "^0 granted [0-9A-F]+ $_mirror\$"
}

# not_taken TEXT PROFILE [OPTIONS]: badAlg, and the challenge is still good.
not_taken() {
	_text=$1
	_profile=$2
	shift 2
	challenge "$T/c" --profile "$_profile" --cn strict
	status 1 "$_text" bot -C "$T/c" -s /CN=strict "$@" "$URL/$_profile"
	like "with badAlg [C-221]" "$T/status.out" '^0 refused 0'
	status 0 "and the device that knows better is served beside it" \
	    bot -C "$T/c" -s /CN=strict "$URL/$_profile"
}

caps() {		# PROFILE
	curl -s -m 30 "$URL/$1?operation=GetCACaps" >"$T/caps"
}

announcements() {
	caps default
	like "the strict profile announces SCEPStandard [C-045]" "$T/caps" \
	    '^SCEPStandard$'
	unlike "and neither DES3 nor SHA-1 [I-033]" "$T/caps" \
	    '^(DES3|SHA-1|MD5|DES)$'
	caps sha1-3des
	like "with 3des it announces DES3 [C-044]" "$T/caps" '^DES3$'
	like "with sha1 SHA-1 [C-044]" "$T/caps" '^SHA-1$'
	for _profile in sha1-3des old des md5; do
		caps "$_profile"
		unlike "$_profile announces no SCEPStandard [C-009 C-045]" \
		    "$T/caps" '^SCEPStandard$'
		like "but AES" "$T/caps" '^AES$'
	done
}

mirrors() {
	taken "3DES and SHA-1 [C-008 C-175]" sha1-3des DES-EDE3-CBC SHA1 \
	    -E des-ede3-cbc -D sha1
	taken "MD5 [C-175]" md5 AES-128-CBC MD5 -D md5
	taken "DES and MD5, by GET [C-175 C-007]" old DES-CBC MD5 \
	    -g -E des-cbc -D md5
	taken "DES and MD5, a PKCS #10 and a signer signed with MD5 [C-175]" \
	    old DES-CBC MD5 -E des-cbc -D md5 -H md5 -Q md5 \
	    -k "$T/first.key"
	cp "$T/bot.pem" "$T/first.pem"
	# The CA process verifies and decrypts a renewal by itself.
	status 0 "a renewal by DES and MD5 is granted" bot -T 17 \
	    -r "$T/first.pem" -R "$T/first.key" -s /CN=old-old \
	    -E des-cbc -D md5 -Q md5 -o "$T/bot.pem" "$URL/old"
	like "and answered in kind" "$T/status.out" \
	    '^0 granted [0-9A-F]+ DES-CBC MD5$'
	openssl x509 -in "$T/bot.pem" -noout -text >"$T/text.out" 2>&1
	like "what it gets is signed with SHA-256 [C-223]" "$T/text.out" \
	    'Signature Algorithm: sha256WithRSAEncryption'
	taken "SHA-512 and AES-256 are as welcome as ever" old AES-256-CBC \
	    SHA512 -E aes-256-cbc -D sha512
	not_taken "DES, where nobody said so [C-009]" default -E des-cbc
	not_taken "MD5, where nobody said so [C-009 T-28]" default -D md5
	not_taken "3DES, where nobody said so" default -E des-ede3-cbc
	not_taken "SHA-1, where nobody said so" default -D sha1
	not_taken "DES, where only MD5 is taken" md5 -E des-cbc
	not_taken "MD5, where only DES is taken" des -D md5
	not_taken "a signer signed with MD5 [C-221]" default -H md5
}

# newest N PATTERN: in the last lines of the log.
newest() { tail -n "$1" "$T/scep.log" | grep -q -E -e "$2"; }

# It knows no cipher but DES, and no digest but SHA-1.
scepclients() {		# DIRECTORY of the CA
	command -v scepclient >/dev/null || {
		skip "scepclient" "it is not installed"
		return
	}
	rm -rf "$T/mdm"
	mkdir "$T/mdm"
	challenge "$T/c" --profile old
	status 0 "scepclient enrols with its DES [C-009]" timeout 30 \
	    scepclient -server-url "$URL/old" -challenge "$(cat "$T/c")" \
	    -private-key "$T/mdm/key.pem" -certificate "$T/mdm/cert.pem" \
	    -cn old-scepclient
	verdict "and its certificate verifies" openssl verify -CAfile \
	    "$1/ca.pem" "$T/mdm/cert.pem"
	openssl x509 -in "$T/mdm/cert.pem" -noout -subject >"$T/subject.out"
	like "for its name" "$T/subject.out" 'CN ?= ?old-scepclient'
	verdict "the log says it was granted" until_true 10 newest 20 \
	    'profile=old.*CN=old-scepclient.*result=granted'
	challenge "$T/c"
	status 1 "the strict profile refuses it [C-009 C-221]" timeout 30 \
	    scepclient -server-url "$URL/default" \
	    -challenge "$(cat "$T/c")" -private-key "$T/mdm/key.pem" \
	    -certificate "$T/mdm/none.pem" -cn strict-scepclient
	verdict "by the first that is not allowed, in the log" until_true 10 \
	    newest 5 'fail=badAlg reason="digest SHA-1 is not allowed"'
	status 1 "there is no certificate" test -e "$T/mdm/none.pem"
}

port=$(free_port)
make_all "$T/ca" "$port"
start_lighttpd "$port"
ok "lighttpd starts scep.fcgi with legacy profiles"
announcements
mirrors
scepclients "$T/ca"

adm check >"$T/check.out" 2>&1
like "scepadm check reminds of what is broken" "$T/check.out" \
    'warning: .*\[profile old\]: it takes DES MD5'
like "by its name" "$T/check.out" 'warning: .*\[profile md5\]: it takes MD5'
unlike "and not of what is only old" "$T/check.out" 'profile sha1'

status 0 "scepadm doctor finds no fault in the strict one" adm doctor \
    --profile default
like "which refuses DES and MD5" "$T/status.out" \
    '^ok +SCEPStandard: announced, works'
status 0 "nor in one with des and md5" adm doctor --profile old
like "it knows why there is no SCEPStandard" "$T/status.out" \
    '^ok +SCEPStandard: not announced, as .legacy. in scep.conf says'
like "it says that DES is accepted" "$T/status.out" \
    '^info DES: accepted, as .legacy. in scep.conf says'
like "and MD5" "$T/status.out" '^info MD5: accepted'
like "DES3 is announced and works" "$T/status.out" '^ok +DES3: announced'
like "SHA-1 too" "$T/status.out" '^ok +SHA-1: announced, works'
stop "$SERVER"

# Nothing is loaded where nobody asks for it; a machine that has no legacy
# provider says so where somebody does, and serves the others.
mkdir "$T/modules"
OPENSSL_MODULES=$T/modules
export OPENSSL_MODULES
status 78 "without the legacy provider check finds a fault [T-50]" adm check
like "in each profile that needs it" "$T/status.out" \
    'error: .*\[profile old\]: DES and MD5 need .*libssl3'
unlike "and in no other" "$T/status.out" 'error: .*\[profile sha1'
start_lighttpd "$port"
challenge "$T/c" --cn strict
status 0 "the strict profile is served all the same" bot -C "$T/c" \
    -s /CN=strict "$URL/default"
same "the other one answers 503" "$(curl -s -o "$T/body" -w '%{http_code}' \
    -m 30 "$URL/old?operation=GetCACaps")" 503
stop "$SERVER"
unset OPENSSL_MODULES

port=$(free_port)
make_all "$T/ca2" "$port"
start_nginx "$port"
ok "nginx with scep.fcgi and legacy profiles"
announcements
mirrors
scepclients "$T/ca2"

# A reload takes it away, and brings it.
refused() { bot -E des-cbc "$URL/old" | grep -q "^0 refused $1"; }
verdict "a device with DES is heard" refused 2
sed -i 's/^legacy = sha1 3des des md5/legacy = none/' "$CONF"
status 0 "scepadm reload without the words" reload
verdict "a reload takes DES away: badAlg" refused 0
sed -i 's/^legacy = none/legacy = des/' "$CONF"
status 0 "scepadm reload with des" reload
verdict "a reload brings it" refused 2
taken "and it works" old DES-CBC SHA256 -E des-cbc
finish
