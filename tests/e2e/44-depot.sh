#!/bin/sh
# 44-depot - moving in from micromdm's scepserver: its clients renew here, and
# what it revoked is on our CRL.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"

umask 077		# nobody else may read the old server's files

DEPOT=$T/depot
echo 'open sesame' >pass
_old_port=$(free_port)
mdm_server() {
	scepserver -depot "$DEPOT" -port "$_old_port" -capass 'open sesame' \
	    -challenge secret -allowrenew 0 >>"$T/scepserver.log" 2>&1 &
	MDM=$!
	own "$MDM"
	until_true 20 caps_ok "http://127.0.0.1:$_old_port/scep"
}
# mdm NAME URL [OPTION…]: in a directory of its own, where it keeps its key
# and its certificate.
mdm() {
	_in=$T/mdm/$1
	_cn=$1
	_url=$2
	shift 2
	mkdir -p "$_in"
	(cd "$_in" && exec scepclient -server-url "$_url" -debug \
	    -private-key key.pem -certificate cert.pem -cn "$_cn" \
	    -organization Mdm -ou "" -country CH "$@") >>"$_in/said" 2>&1
}
verdict "scepserver makes a CA" scepserver ca -init -depot "$DEPOT" \
    -key-password 'open sesame' -keySize 2048 -organization "Mdm Ltd"
mdm_server
for i in 1 2 3; do
	verdict "scepserver issues to mdm-$i" mdm "mdm-$i" \
	    "http://127.0.0.1:$_old_port/scep" -challenge secret
done
# A second one for the same name: the server revokes the first.
cp mdm/mdm-3/cert.pem mdm-3.old
cp mdm/mdm-3/key.pem mdm-3.old.key
rm -rf mdm/mdm-3
verdict "and once more to mdm-3" mdm mdm-3 \
    "http://127.0.0.1:$_old_port/scep" -challenge secret
stop "$MDM"
like "which it counts as a revocation" "$DEPOT/index.txt" '^R.*mdm-3'

_port=$(free_port)
depot() { "$ADM" import micromdm-depot --dir "$T/moved" --pass-file \
    "$T/pass" --url "http://127.0.0.1:$_port/scep" "$@" "$DEPOT"; }
status 0 "--dry-run of the depot" depot --dry-run
like "4 would be new" status.out ' 4  new$'
verdict "import the depot" depot
cp verdict.out import.out
like "4 are" import.out ' 4  new$'
unlike "nothing is missing" import.out 'without the certificate'
unlike "no secret is shown" import.out 'sesame|BEGIN'
CONF=$T/moved/scep.conf
sed -i -e 's/^log = .*/log = stderr/' -e '/^\[profile default\]/a\
client = micromdm\
renew_from = always' -e 's/^subject_allow = .*/& ST L/' "$CONF"
verdict "check takes it" adm check
adm crl export main >crl.pem
openssl crl -in crl.pem -CAfile "$DEPOT/ca.pem" -noout -text >crl.txt 2>&1
like "the CRL verifies" crl.txt 'verify OK'
same "what scepserver revoked is on the CRL" \
    "$(sed -n 's/.*Serial Number: 0*//p' crl.txt)" \
    "$(sed -n 's/^R\t[^\t]*\t[^\t]*\t0*\([^\t]*\).*/\1/p' "$DEPOT/index.txt")"

# The old server's RA was its CA; here it is another, which GetCACert tells.
start_lighttpd "$_port"
for i in 1 2 3; do
	_was=$(openssl x509 -in "mdm/mdm-$i/cert.pem" -noout -serial)
	verdict "scepclient mdm-$i renews here, without a challenge" \
	    mdm "mdm-$i" "$URL"
	good_cert "mdm/mdm-$i/cert.pem" "mdm-$i"
	status 1 "it is another certificate" test "$_was" = \
	    "$(openssl x509 -in "mdm/mdm-$i/cert.pem" -noout -serial)"
done
mkdir -p mdm/old
cp mdm-3.old mdm/old/cert.pem
cp mdm-3.old.key mdm/old/key.pem
status 1 "what was revoked there does not renew" mdm old "$URL"
verdict "the log is whole" adm log verify
stop "$SERVER"

# ---- a depot as it is made by default ----

scepserver ca -init -depot "$T/bare" -keySize 2048 >>"$T/scepserver.log" 2>&1
: >"$T/bare/index.txt"
like "its key is encrypted" "$T/bare/ca.key" ENCRYPTED
verdict "with the empty passphrase, which is found" "$ADM" import \
    micromdm-depot --dir "$T/barely" "$T/bare"
status 2 "another passphrase is asked for" "$ADM" import micromdm-depot \
    --dir "$T/no" "$DEPOT"
like "where there is somebody" status.out 'no terminal.*--pass-file'
finish
