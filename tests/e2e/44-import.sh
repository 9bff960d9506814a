#!/bin/sh
# 44-import - moving in from `openssl ca`: what was issued there renews here,
# what was revoked there is on our CRL.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"

umask 077		# nobody else may read the old server's files

# ---- openssl ca ----

OLD=$T/old
old_ca() {		# CRLNUMBER
	rm -rf "$OLD"
	mkdir -p "$OLD/newcerts" "$OLD/private"
	: >"$OLD/index.txt"
	echo 0A >"$OLD/serial"
	echo "$1" >"$OLD/crlnumber"
	cat >"$OLD/ca.cnf" <<CONFIG
[ca]
default_ca = old
[old]
dir = $OLD
database = $OLD/index.txt
new_certs_dir = $OLD/newcerts
serial = $OLD/serial
crlnumber = $OLD/crlnumber
certificate = $OLD/cacert.pem
private_key = $OLD/private/cakey.pem
default_md = sha256
default_days = 100
default_crl_days = 7
unique_subject = no
policy = any
x509_extensions = device
[any]
organizationName = optional
commonName = supplied
[device]
basicConstraints = CA:FALSE
[req]
distinguished_name = none
[none]
CONFIG
	openssl req -x509 -config "$OLD/ca.cnf" -newkey rsa:2048 -nodes \
	    -keyout "$OLD/private/cakey.pem" -out "$OLD/cacert.pem" \
	    -days 3000 -subj "/O=Old Ltd/CN=Old CA" \
	    -addext basicConstraints=critical,CA:TRUE -addext \
	    keyUsage=critical,digitalSignature,keyCertSign,cRLSign \
	    2>/dev/null
}
old() { openssl ca -config "$OLD/ca.cnf" -batch "$@" 2>>"$T/old.err"; }
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out dev.key \
    2>/dev/null
issue() {		# NAME [OPTIONS]
	_name=$1
	shift
	openssl req -new -config "$OLD/ca.cnf" -key dev.key \
	    -subj "/CN=$_name" -out dev.csr
	old -in dev.csr -notext -out "$_name.pem" "$@"
}
# import OPTIONS…: from there to $T/new.
into() { "$ADM" import openssl-ca --dir "$T/new" "$@" "$OLD"; }
member() { jq -r ".$1" "$T/json.out"; }		# of the last json
json() {		# TEXT OPTIONS…
	_text=$1
	shift
	if into --json "$@" >"$T/json.out" 2>"$T/json.err"; then
		ok "$_text"
	else
		not_ok "$_text (status $?)"
		sed 's/^/# /' "$T/json.err"
	fi
}
field() { sed -n "$1{s/^[^\t]*\t[^\t]*\t[^\t]*\t\([^\t]*\).*/\1/p;}" \
    "$OLD/index.txt"; }

# A number that time alone would not reach.
old_ca 7FFFFFFF0000
for i in 1 2 3 4 5 6; do issue "dev-$i"; done
issue "late" -startdate 20200101000000Z -enddate 20200201000000Z
old -revoke dev-2.pem -crl_reason keyCompromise
old -revoke dev-3.pem
old -revoke dev-4.pem -crl_hold 1.2.840.10040.2.1
old -updatedb
# Of one the certificate is lost, of another too, and that was revoked.
rm "$OLD/newcerts/$(field 3).pem" "$OLD/newcerts/$(field 6).pem"
cp -R "$OLD" "$T/old.was"
like "the list has all of them" "$OLD/index.txt" '^E'

_port=$(free_port)
status 0 "--dry-run" into --url "http://127.0.0.1:$_port/scep" --dry-run
like "tells what would be done" status.out ' 7  new$'
like "that the CA would be adopted" status.out \
    'nothing was written.*adopted in .*/new/scep.conf'
like "what is missing, and where" status.out \
    "old/index.txt:6: .*newcerts/0F.pem: no such file.*cannot renew"
if [ -e "$T/new" ]; then
	not_ok "and writes nothing"
else
	ok "and writes nothing"
fi

verdict "import from openssl ca" into --url "http://127.0.0.1:$_port/scep"
cp verdict.out import.out
like "7 are new" import.out ' 7  new$'
like "it says how they were" import.out \
    '7 lines: 3 valid, 1 expired, 3 revoked'
like "which have no certificate" import.out \
    ' 2  of them without the certificate'
CONF=$T/new/scep.conf
sed -i 's/^log = .*/log = stderr/' "$CONF"
verdict "check is content" adm check
same "the old server's files are as they were" \
    "$(cd "$OLD" && find . -type f -exec sha256sum {} + | sort)" \
    "$(cd "$T/old.was" && find . -type f -exec sha256sum {} + | sort)"
same "its certificate is ours" "$(sha256sum <"$OLD/cacert.pem")" \
    "$(sha256sum <"$T/new/ca.pem")"
same "the states are the old ones" "$(adm cert list --json --sort serial |
    jq -r '.[] | .serial + " " + .state' | tr '\n' ' ')" "0a valid 0b revoked \
0c revoked 0d revoked 0e valid 0f valid 10 expired "

# The CRL, by openssl.
crl() {
	adm crl export main >"$T/crl.pem"
	openssl crl -in "$T/crl.pem" -noout -text >"$T/crl.txt" 2>&1
}
crl
status 0 "the CRL verifies" openssl crl -in crl.pem -CAfile "$OLD/cacert.pem" \
    -noout
like "it has a number above the old one" crl.txt '140737488289793$'
listed() { grep -c 'Serial Number:' "$T/crl.txt"; }
same "three are on it" "$(listed)" 3
for each in 0B 0C 0D; do
	like "$each is" crl.txt "Serial Number: $each"
done
like "with the reason" crl.txt 'Key Compromise'
like "also the one on hold" crl.txt 'Certificate Hold'
old -gencrl -out old-crl.pem
same "the times are the old CRL's" "$(grep 'Revocation Date' crl.txt)" \
    "$(openssl crl -in old-crl.pem -noout -text | grep 'Revocation Date')"
cat "$OLD/cacert.pem" crl.pem >ca-crl.pem
status 0 "openssl verify with it: valid" openssl verify -crl_check \
    -CAfile ca-crl.pem dev-1.pem
status 2 "openssl verify with it: revoked" openssl verify -crl_check \
    -CAfile ca-crl.pem dev-3.pem

# ---- again, and with a server that runs ----

before=$(sha256sum <"$T/new/state/issue.log")
json "the same once more" --url http://127.0.0.1:1/scep
same "nothing is new" "$(member new) $(member there) $(member adopted)" \
    "0 7 false"
same "nothing was written" "$(sha256sum <"$T/new/state/issue.log")" "$before"

cat >>"$CONF" <<'CONFIG'

[profile other]
ca = main
authorise = challenge
subject_allow = CN
extensions = client
CONFIG
renew_at_once
start_lighttpd "$_port"
renew() {		# NAME
	bot -k new.key -r "$T/$1.pem" -R dev.key -T 17 -s "/CN=$1" \
	    -o "$T/$1.new" "$URL"
}
verdict "a device renews" renew dev-1
good_cert "$T/dev-1.new" dev-1
if [ "$(openssl x509 -in dev-1.new -noout -pubkey)" != \
    "$(openssl x509 -in dev-1.pem -noout -pubkey)" ]; then
	ok "with another key"
else
	not_ok "with another key"
fi
status 1 "not one that is revoked" renew dev-2
status 1 "nor one whose certificate was lost there" renew dev-6

old -revoke dev-5.pem -crl_reason superseded
issue dev-7
issue dev-8
_lost=$OLD/newcerts/$(field 6).pem
cp dev-6.pem "$_lost"
json "while the server runs: what was added since, to another profile" \
    --profile other
same "two are new, one revoked, one completed" "$(member new) $(member \
    newly_revoked) $(member completed) $(member there)" "2 1 1 5"
like "profiles stay" json.out 'it is here in profile default, and stays there'
verdict "the one that was lost renews" renew dev-6
status 1 "a new one, in another profile: not here" renew dev-7
verdict "but there" sh -c "'$BOT' -k new.key -r '$T/dev-7.pem' -R dev.key \
    -T 17 -s /CN=dev-7 '$URL/other'"
curl -s -m 20 "$URL/crl/main.crl" >crl.der
openssl crl -inform DER -in crl.der -noout -text >crl.txt 2>&1
same "the server has a CRL with it" "$(listed)" 4
like "it says why" crl.txt Superseded
same "as the import says" "$(member crl_number)" \
    "$(adm crl show main --json | jq .number)"
verdict "the log is whole" adm log verify
stop "$SERVER"

# ---- what is refused ----

# refused TEXT PATTERN: the list as it is, and then without its last line.
refused() {
	_count=$(n_certs)
	status 1 "refused: $1" into
	like "where and why: $1" status.out "$2"
	like "nothing was written: $1" status.out \
	    '1 of [0-9]* lines are refused, and nothing was written'
	status 1 "refused by --dry-run, too: $1" into --dry-run
	same "really nothing: $1" "$(n_certs)" "$_count"
}
issue dev-9
n=$(wc -l <"$OLD/index.txt")
cp "$OLD/index.txt" index.was
again() { cp index.was "$OLD/index.txt"; }

printf 'V\t26112' >>"$OLD/index.txt"
refused "a torn line" "index.txt:$((n + 1)): refused: 2 fields"
again
sed -i "${n}s/^V/X/" "$OLD/index.txt"
refused "a state that is none" "index.txt:$n: refused: its state is \"X\""
again
sed -n "${n}p" index.was | sed 's/dev-9/dev-0/' >>"$OLD/index.txt"
refused "a serial twice with other words" \
    "index.txt:$((n + 1)): refused: line $n has the same serial"
again
sed -n "${n}p" index.was >>"$OLD/index.txt"
status 0 "the same line twice is no fault" into --dry-run
again
# Whoever wrote the list does not write to root's terminal.
_esc=$(printf '\033')
sed -i "${n}s/^V/$_esc[2J/" "$OLD/index.txt"
refused "a state that is an escape sequence" \
    "index.txt:$n: refused: its state is \"\?\[2J\""
unlike "which is not written to the terminal" status.out "$_esc"
again
LC_ALL=C sed -i "${n}s/^V/$(printf '\377')/" "$OLD/index.txt"
refused "a state that is no UTF-8" \
    "index.txt:$n: refused: its state is \"\?\""
again
sed -i "${n}s/\tunknown\t/\tx\/$_esc]0;evil\t/" "$OLD/index.txt"
status 0 "a file whose name leads elsewhere is not looked for" into --dry-run
like "which is said in plain text" status.out \
    "index.txt:$n: .*\"x/\?]0;evil\", leads elsewhere"
unlike "here, too" status.out "$_esc"
again
mv "$OLD/newcerts/$(field "$n").pem" certificate.was
ln -s /etc/passwd "$OLD/newcerts/$(field "$n").pem"
status 0 "a link to a file that is none of it" into --dry-run
like "is no certificate" status.out 'no certificate in PEM or DER'
unlike "and nothing of it is shown" status.out 'root:'
rm "$OLD/newcerts/$(field "$n").pem"
mv certificate.was "$OLD/newcerts/$(field "$n").pem"
sed -i '1s/^V\t\([0-9]*\)Z\t\t\([^\t]*\)/R\t\1Z\t260101000000Z\tFF/' \
    "$OLD/index.txt"
cp dev-1.pem "$OLD/newcerts/FF.pem"
refused "a file with another serial" \
    'index.txt:1: refused: .*has the serial 0a'
again
_file=$OLD/newcerts/$(field "$n").pem
_serial=$(field "$n")
cp "$_file" kept.pem
openssl req -x509 -config "$OLD/ca.cnf" -newkey rsa:2048 -nodes \
    -keyout foreign.key -subj "/O=Old Ltd/CN=Old CA" -out foreign.pem \
    2>/dev/null
sign() {		# CA KEY
	openssl x509 -req -in dev.csr -CA "$1" -CAkey "$2" -days 100 \
	    -set_serial "0x$_serial" -out "$_file" 2>/dev/null
}
sign foreign.pem foreign.key
refused "a certificate signed by another key of that name" \
    "index.txt:$n: refused: .*not signed with this CA's key"
openssl req -x509 -config "$OLD/ca.cnf" -key foreign.key -subj "/CN=Another" \
    -out another.pem 2>/dev/null
sign another.pem foreign.key
refused "a certificate of another CA" \
    "index.txt:$n: refused: .*issued by \"CN=Another\", and not by this CA"
openssl x509 -req -in dev.csr -CA "$OLD/cacert.pem" -CAkey \
    "$OLD/private/cakey.pem" -days 50 -set_serial "0x$_serial" -out "$_file" \
    2>/dev/null
refused "a serial issued twice" \
    "index.txt:$n: refused: .*this serial was issued twice"

json "--skip leaves that one out" --skip
same "and takes the others" "$(member refused) $(member new)" "1 0"
cp kept.pem "$_file"
json "as it was" --skip
same "it is taken" "$(member refused) $(member new)" "0 1"
rm "$_file"
sed -i "${n}s/^V\t2[0-9]/V\t31/" "$OLD/index.txt"
refused "a serial that is here, with another end" \
    "index.txt:$n: refused: serial $(echo "$_serial" | tr A-F a-f) is here"
again
cp kept.pem "$_file"
status 0 "the control" into

for each in 'no number' 'FFFFFFFFFFFFFFFFFF'; do
	echo "$each" >"$OLD/crlnumber"
	status 1 "a crlnumber of $each is refused" into
	like "and named" status.out 'old/crlnumber: '
done
echo 1000 >"$OLD/crlnumber"
mv "$OLD/cacert.pem" "$OLD/elsewhere.pem"
status 3 "no certificate of the CA" into
like "says which option" status.out 'old/cacert.pem.*--ca-cert'
status 0 "which finds it" into --ca-cert "$OLD/elsewhere.pem"
status 1 "another CA than the configuration's" into --ca-cert another.pem
like "says so" status.out 'issues from CA main .*whose key is another'
mv "$OLD/elsewhere.pem" "$OLD/cacert.pem"
status 3 "there is no such profile" into --profile nobody
mv "$OLD/index.txt" away
status 3 "no list" into
like "is named" status.out 'old/index.txt: no such file'
mv away "$OLD/index.txt"
status 2 "-c and --dir" adm import openssl-ca --dir "$T/new" "$OLD"
status 78 "a configuration that is not there" "$ADM" -c "$T/no/scep.conf" \
    import openssl-ca "$OLD"
status 2 "another profile than the one of a new configuration" "$ADM" import \
    openssl-ca --dir "$T/no" --profile other "$OLD"
mv "$OLD/private/cakey.pem" away
status 3 "a key that is not there" "$ADM" import openssl-ca --dir "$T/no" \
    "$OLD"
mv away "$OLD/private/cakey.pem"
if [ -e "$T/no" ]; then
	not_ok "nothing is left of those"
else
	ok "nothing is left of those"
fi
status 0 "a configuration that is named" adm import openssl-ca "$OLD"

# A CA that is not the current one any more.
for each in stage publish 'switch --force'; do
	verdict "ca $each" adm ca $each
done
issue dev-10
old -revoke dev-7.pem
json "what the one before it issued"
same "is taken" "$(member new) $(member newly_revoked)" "1 1"
adm crl export main.1 >crl.pem
openssl crl -in crl.pem -CAfile "$OLD/cacert.pem" -noout -text >crl.txt 2>&1
like "and on its own CRL" crl.txt 'verify OK'
like "which has what is revoked" crl.txt \
    "Serial Number: $(openssl x509 -in dev-7.pem -noout -serial |
    cut -d= -f2)"

# ---- a long list, and an end in the middle ----

old_ca 01
N=4000
awk -v n="$N" 'BEGIN { for (i = 1; i <= n; i++) printf "%s\t%06d000000Z\t%s\t" \
    "%08X\tunknown\t/CN=many-%d\n", i % 4 ? "V" : "R", 400101, i % 4 ? "" : \
    "250101000000Z", i + 65536, i }' >"$OLD/index.txt"
CONF=$T/many/scep.conf
many() { "$ADM" import openssl-ca --dir "$T/many" "$@" "$OLD"; }
# Through a pipe: all of it to be checked, and then half of it to be taken.
mv "$OLD/index.txt" many.txt
mkfifo "$OLD/index.txt"
# Not by many(): a KILL is for the program, and not for a shell around it.
"$ADM" import openssl-ca --dir "$T/many" "$OLD" >many.out 2>&1 &
_pid=$!
own "$_pid"
cat many.txt >"$OLD/index.txt"
until_true 60 test -f "$CONF"
{ head -n $((N / 2)) many.txt; exec sleep 120; } >"$OLD/index.txt" &
_pipe=$!
own "$_pipe"
some() { [ "$(wc -l 2>/dev/null <"$T/many/state/issue.log")" -gt 3 ]; }
until_true 60 some
kill -KILL "$_pid"
wait "$_pid" 2>/dev/null
stop "$_pipe"
rm "$OLD/index.txt"
mv many.txt "$OLD/index.txt"
_count=$(n_certs)
if [ "$_count" -gt 0 ] && [ "$_count" -lt "$N" ]; then
	ok "killed in the middle of $N lines"
else
	not_ok "killed in the middle of $N lines ($_count are here)"
fi
many --json >json.out 2>json.err
same "and again: it goes on" "$(member new) $(member there)" \
    "$((N - _count)) $_count"
same "all are here" "$(n_certs)" "$N"
crl
same "all that are revoked are on the CRL" "$(listed)" $((N / 4))

# ---- root, and a state that is another user's ----

if [ "$(id -u)" -eq 0 ]; then
	old_ca 01
	issue dev-1
	mkdir -p "$T/own"
	install -d -o nobody -m 700 "$T/own/state"
	chmod 755 "$T/own"
	json_own() { "$ADM" import openssl-ca --dir "$T/own" --state \
	    "$T/own/state" --json "$OLD"; }
	verdict "root imports to the state of another user" json_own
	same "all of it is that user's" \
	    "$(find "$T/own/state" ! -user nobody)" ""
	json_own >json.out 2>&1
	same "also what is there already" "$(member there)" 1
	same "still it is" "$(find "$T/own/state" ! -user nobody)" ""
else
	skip "root imports to the state of another user" "not root"
fi
finish
