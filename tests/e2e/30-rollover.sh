#!/bin/sh
# 30-rollover - from a first CA to a second one, with devices that renew across
# it and a clock that moves; RA keys that roll over by themselves; verbs in the
# wrong order, and ones that are killed half way.
. "$(dirname "$0")/lib.sh"

# libfaketime is loaded before a sanitizer.
case $BIN in *asan*|*tsan*) skip "a moved clock" "under a sanitizer"; exit 0 ;; esac
for program in faketime lighttpd strace; do
	command -v "$program" >/dev/null ||
	    { skip "a rollover" "no $program"; exit 0; }
done

# ---- helpers ----

# The wrapper leaves semaphores behind when what it runs is killed, and does
# not pass a signal on; the library alone does neither.
LIB=$(faketime_lib)
DAY=0
at() { LD_PRELOAD=$LIB FAKETIME=+${DAY}d FAKETIME_DISABLE_SHM=1 "$@"; }
adm() { at "$ADM" -c "$CONF" "$@"; }
bot() { at "$BOT" "$@"; }
state() { adm ca list --json | jq -r ".[] | select(.generation == $1) | .state"; }
ask() { curl -s -m 60 "$@"; }
code() { ask -o "$T/body" -w '%{http_code} %{content_type}' "$@"; }
serial_in() { openssl x509 -in "$1" -noout -serial | cut -d= -f2; }

# Until nobody owns the state any more: scep.fcgi ends after its web server,
# and one that starts meanwhile would ask the old one, by the old clock.
all_end() {
	stop "${SERVER:-}"
	SERVER=
	_lock=$(dirname "$CONF")/state/lock
	[ ! -e "$_lock" ] || until_true 20 flock -n "$_lock" true ||
	    not_ok "scep.fcgi ends with its web server"
}
# The server by the clock of that day.
serve() {		# DAY
	all_end
	DAY=$1
	cat >"$T/wrapper" <<WRAPPER
#!/bin/sh
export LD_PRELOAD='$LIB' FAKETIME=+${DAY}d FAKETIME_DISABLE_SHM=1
exec "$FCGI" -c "$CONF"
WRAPPER
	chmod 755 "$T/wrapper"
	start_lighttpd "$port" "$T/wrapper"
}

# The reason of the last refusal, from the log of the server.
reason() {		# TEXT PATTERN
	comes "$1" "$T/scep.log" "result=refused.*$2"
	: >"$T/scep.log"
}

# What GetCACert gives, as PEM.
cas() {			# URL FILE
	ask "$1?operation=GetCACert" >"$T/cas.der"
	openssl pkcs7 -inform DER -in "$T/cas.der" -print_certs -out "$2"
}
enrol() {		# NAME [OPTIONS…]: by a fresh challenge
	_name=$1
	shift
	challenge "$T/c" --cn "$_name" ${PROFILE:+--profile "$PROFILE"} &&
	    bot -C "$T/c" -s "/CN=$_name" -k "$T/$_name.key" \
	    -o "$T/$_name.pem" "$@"
}
# As a device's peer does it: all that is known is in the certificate, and
# who is trusted.
peer_checks() {		# CERTIFICATE CA
	ask -f "$(openssl x509 -in "$1" -noout -ext crlDistributionPoints |
	    sed -n 's/^ *URI://p')" >"$T/cdp.der" &&
	    openssl crl -inform DER -in "$T/cdp.der" -out "$T/cdp.pem" &&
	    at openssl verify -crl_check -partial_chain -CAfile "$2" \
	    -CRLfile "$T/cdp.pem" "$1"
}
issuer_it_names() {	# CERTIFICATE
	ask -f "$(openssl x509 -in "$1" -noout -ext authorityInfoAccess |
	    sed -n 's/.*CA Issuers - URI://p')" |
	    openssl x509 -inform DER
}
issued_by() {		# TEXT CERTIFICATE CA
	verdict "$1" openssl verify -no_check_time -CAfile "$3" \
	    -partial_chain "$2"
}
# Log and explain know which generation issued.
told() {		# NAME GENERATION
	_serial=$(serial_in "$T/$1.pem")
	like "the log says that generation $2 issued it" \
	    "$T/ca/state/issue.log" \
	    "serial=$(echo "$_serial" | tr A-F a-f) ca=main generation=$2 "
	adm explain "$_serial" >"$T/explained" 2>&1
	like "explain, too" "$T/explained" \
	    "issued by +generation $2 of CA main"
}

# ---- a CA, and devices that have it ----

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
sed -i 's/^validity = .*/validity = 100d/' "$CONF"
cat >>"$CONF" <<'PROFILE'

[profile long]
ca = main
authorise = challenge
validity = 300d
subject_allow = CN
extensions = client
renew_from = always
certrep = ca
PROFILE
verdict "scepadm checks the configuration" adm check
serve 0
cas "$URL" "$T/cas1.pem"
cp "$T/ca/ca.pem" "$T/ca1.pem"
verdict "a device enrols" enrol a "$URL"
PROFILE=long verdict "one with a long life, too" enrol c "$URL/long"

# ---- nothing is staged ----

same "there is one generation, and it is current" "$(state 1)" current
same "nothing is shown by GetNextCACert [C-202]" \
    "$(code "$URL?operation=GetNextCACert")" "404 text/plain"
ask "$URL?operation=GetCACaps" >"$T/caps"
unlike "and it is not announced [C-049 C-202]" "$T/caps" GetNextCACert

for verb in publish switch unstage retire; do
	status 1 "$verb comes too early" adm ca $verb
	like "and is told what comes first" "$T/status.out" 'scepadm ca stage'
done
status 3 "no generation 7 can be retired" adm ca retire --generation 7
status 1 "the current one cannot" adm ca retire --generation 1
status 2 "a key is of a kind that we make" adm ca stage --key rsa:1024
status 2 "a name is given once" adm ca stage --cn X --same-name
status 2 "a certificate comes with its key" adm ca stage --ca-cert "$T/ca1.pem"
status 3 "of a CA that is there" adm ca stage --ca nosuch
status 1 "the same key is not the next one" adm ca stage \
    --ca-cert "$T/ca1.pem" --ca-key "$T/ca/state/ca.key"
like "and that is said" "$T/status.out" 'a key of its own'
same "nothing has happened" "$(state 1) $(state 2)" "current "
same "and nothing was left" "$(find "$T/ca/state/ca" -name 'new.*')" ""

# ---- staged ----

verdict "the next one is staged" adm ca stage --json
same "and is" "$(state 2)" staged
same "nobody is shown it" "$(code "$URL?operation=GetNextCACert")" \
    "404 text/plain"
like "its name is another one" "$T/ca/state/ca/main/2/ca.pem" BEGIN
same "namely" "$(openssl x509 -in "$T/ca/state/ca/main/2/ca.pem" -noout \
    -subject)" "subject=CN = Test CA G2"
same "its keys are its own" "$(stat -c %a "$T/ca/state/ca/main/2/ca.key" \
    "$T/ca/state/ca/main/2/ra1.key" | sort -u)" 600
cat "$T/ca/state/ca/main/2/ra1.pem" "$T/ca/state/ca/main/2/ca.pem" \
    >"$T/cas2.pem"
cp "$T/ca/state/ca/main/2/ca.pem" "$T/ca2.pem"
challenge "$T/c" --cn early
# A key that nobody knows is taken for a certificate of ours that was replaced
# (T-46), and the answer is not signed by it.
status 4 "nobody can ask it yet" bot -V "$T/cas2.pem" -C "$T/c" -s /CN=early \
    "$URL"
reason "for it does not open" 'no readable request in the envelope'
for verb in stage switch retire; do
	status 1 "$verb is not what comes now" adm ca $verb
	like "but publish is" "$T/status.out" 'scepadm ca publish'
done
verdict "it can be taken back" adm ca unstage
same "and is gone" "$(state 2)" ""
verdict "with its keys" [ ! -e "$T/ca/state/ca/main/2" ]
verdict "another one is staged" adm ca stage --cn "Second CA" --days 4000
same "its number is new" "$(state 3)" staged
cat "$T/ca/state/ca/main/3/ra1.pem" "$T/ca/state/ca/main/3/ca.pem" \
    >"$T/cas2.pem"
cp "$T/ca/state/ca/main/3/ca.pem" "$T/ca2.pem"

# ---- published ----

adm check >"$T/check"
unlike "what init wrote leads each device to its own CRL" "$T/check" crl/main
cp "$CONF" "$T/scep.conf"
sed -i 's/main\.%GENERATION%\.crl/main.crl/' "$CONF"
verdict "an address without the number" adm check
like "is warned of, with the remedy" "$T/verdict.out" \
    'scep.conf:[0-9]+: crlDist.*; write crl/main\.%GENERATION%\.crl'
verdict "whoever is about to publish" adm reload
verdict "it is published" in_force adm ca publish
like "is told, too" "$T/verdict.out" \
    'warning: .*; write crl/main\.%GENERATION%\.crl'
cp "$T/scep.conf" "$CONF"
verdict "and mends it" reload
ask "$URL?operation=GetCACaps" >"$T/caps"
like "that is announced [C-049]" "$T/caps" '^GetNextCACert$'
same "and shown [C-200]" "$(code "$URL?operation=GetNextCACert&message=x")" \
    "200 application/x-x509-next-ca-cert"
cp "$T/body" "$T/next.der"
verdict "signed by the current CA [C-200 C-203]" openssl cms -verify \
    -inform DER -in "$T/next.der" -certfile "$T/ca1.pem" \
    -CAfile "$T/ca1.pem" -purpose any -binary -out "$T/inner.der"
status 4 "and by no other" openssl cms -verify -inform DER \
    -in "$T/next.der" -certfile "$T/ca2.pem" -CAfile "$T/ca2.pem" \
    -purpose any -binary -out "$T/none"
verdict "old parsers verify it, too" openssl smime -verify -inform DER \
    -in "$T/next.der" -certfile "$T/ca1.pem" -CAfile "$T/ca1.pem" \
    -purpose any -binary -out "$T/inner7.der"
for bag in inner next; do
	openssl pkcs7 -inform DER -in "$T/$bag.der" -print_certs |
	    openssl storeutl -noout -certs /dev/stdin 2>/dev/null | tail -n 1 \
	    >"$T/n"
	openssl pkcs7 -inform DER -in "$T/$bag.der" -print_certs \
	    >"$T/$bag.pem"
	same "the $bag bag holds CA and RA [C-200]" "$(grep -c BEGIN \
	    "$T/$bag.pem")" 2
	same "of the next generation" "$(grep '^issuer' "$T/$bag.pem" |
	    sort -u)" "issuer=CN = Second CA"
done
openssl cms -cmsout -print -inform DER -in "$T/next.der" >"$T/print"
like "the content is data" "$T/print" 'eContentType: pkcs7-data'
unlike "no SCEP attribute is in it [C-201]" "$T/print" \
    '2\.16\.840\.1\.113733'
ask "$URL?operation=GetNextCACert" >"$T/again.der"
verdict "each time the same [C-065]" cmp "$T/next.der" "$T/again.der"
cas "$URL" "$T/now.pem"
verdict "GetCACert shows the current one still" cmp "$T/cas1.pem" "$T/now.pem"

openssl pkcs7 -inform DER -in "$T/inner.der" -print_certs \
    -out "$T/fetched.pem"
verdict "who asks the next RA gets a certificate [C-204]" enrol b \
    -V "$T/fetched.pem" "$URL"
issued_by "of the next CA" "$T/b.pem" "$T/ca2.pem"
told "b" 3
for _who in "next $T/fetched.pem Second" "current $T/cas1.pem Test"; do
	set -- $_who
	PROFILE=long verdict "where the CA comes with it" enrol "g$1" -V "$2" \
	    -a "$T/bag.pem" "$URL/long"
	openssl crl2pkcs7 -nocrl -certfile "$T/bag.pem" |
	    openssl pkcs7 -print_certs -noout | sed -n 's/^subject=CN = //p' |
	    grep -v RA | tail -n 1 >"$T/last"
	same "it is the $1 one" "$(cat "$T/last")" "$3 CA"
done
verdict "who asks the current one" enrol d "$URL"
issued_by "one of the current one" "$T/d.pem" "$T/ca1.pem"
told "d" 1

challenge "$T/c" --cn twice
verdict "one request" bot -C "$T/c" -s /CN=twice -k "$T/twice.key" \
    -o "$T/twice.pem" "$URL"
verdict "again gets the same certificate" bot -C "$T/c" -s /CN=twice \
    -k "$T/twice.key" -o "$T/twice2.pem" "$URL"
same "namely" "$(serial_in "$T/twice2.pem")" "$(serial_in "$T/twice.pem")"
status 1 "to the next CA it is another one, and its challenge is used" \
    bot -V "$T/fetched.pem" -C "$T/c" -s /CN=twice -k "$T/twice.key" "$URL"
reason "that is the reason" 'challenge is used up'

status 3 "a request that waits for approval" bot -V "$T/fetched.pem" \
    -s /CN=waits -k "$T/w.key" -t waits "$URL/manual"
verdict "is approved" adm request approve \
    "$(adm request list --json | jq -r '.[0].id')"
verdict "and delivered" bot -P -V "$T/fetched.pem" -s /CN=waits \
    -k "$T/w.key" -t waits -o "$T/w.pem" "$URL/manual"
issued_by "from the next CA, which was asked [C-204]" "$T/w.pem" "$T/ca2.pem"
told "w" 3

for verb in stage publish retire; do
	status 1 "$verb is not what comes now" adm ca $verb
	like "but switch is" "$T/status.out" 'scepadm ca switch'
done
status 1 "it is not taken back just so" adm ca unstage

verdict "a backup" adm backup "$T/backup"
verdict "has the next CA's key" [ -s "$T/backup/state/ca/main/3/ca.key" ]

# ---- switched ----

serve 60
verdict "after two months it takes over" in_force adm ca switch
same "generation 3 is current, 1 previous" "$(state 3) $(state 1)" \
    "current previous"
cas "$URL" "$T/now.pem"
same "and nothing of the old one" "$(grep '^issuer' "$T/now.pem" | sort -u)" \
    "issuer=CN = Second CA"
same "GetNextCACert has nothing any more [C-202]" \
    "$(code "$URL?operation=GetNextCACert")" "404 text/plain"
verdict "a device that knows only the old RA is served" enrol e \
    -V "$T/cas1.pem" -I "$T/ca2.pem" "$URL"
verdict "one with an old certificate renews [C-125]" bot -T 17 -r "$T/a.pem" \
    -R "$T/a.key" -s /CN=a -k "$T/a2.key" -o "$T/a2.pem" "$URL"
issued_by "under the new CA" "$T/a2.pem" "$T/ca2.pem"
verdict "also by the old RA, which answers" bot -T 19 -r "$T/d.pem" \
    -R "$T/d.key" -V "$T/cas1.pem" -I "$T/ca2.pem" -s /CN=d -k "$T/d2.key" \
    -o "$T/d2.pem" "$URL"
verdict "one that was early renews, too" bot -T 17 -r "$T/b.pem" \
    -R "$T/b.key" -s /CN=b -k "$T/b2.key" -o "$T/b2.pem" "$URL"
adm cert export --chain "$(serial_in "$T/a.pem")" |
    openssl verify -no_check_time -partial_chain -CAfile "$T/ca1.pem" \
    >"$T/verify" 2>&1
like "an old certificate is exported" "$T/verify" OK
status 0 "doctor knows our CA" adm doctor --url "$URL"
crl() { ask "$URL/../scep/crl/$1" >"$T/crl.der" && openssl crl -inform DER \
    -in "$T/crl.der" -noout -issuer; }
made() { crl main.1.crl && crl main.crl; }
verdict "both have a CRL" until_true 20 made
same "the name alone is the current one's [C-190]" "$(crl main.crl)" \
    "issuer=CN = Second CA"
same "with its number, the old one's" "$(crl main.1.crl)" \
    "issuer=CN = Test CA"
adm crl list --json >"$T/crls"
same "crl list has them" "$(jq -r 'map(.ca + " " + .state) | join(", ")' \
    "$T/crls")" "main valid, main.1 valid"
for which in "a Test 1" "a2 Second 2" "b Second 2" "d Test 1"; do
	set -- $which
	verdict "who checks $1 finds the CRL of the $2 CA [C-067]" \
	    peer_checks "$T/$1.pem" "$T/ca$3.pem"
	same "and its certificate" "$(issuer_it_names "$T/$1.pem")" \
	    "$(openssl x509 -in "$T/ca$3.pem")"
done
status 2 "the other CA's CRL would not do" at openssl verify -crl_check \
    -partial_chain -CAfile "$T/ca2.pem" -CRLfile "$T/cdp.pem" "$T/a2.pem"
for which in a.pem:Test:ca1 a2.pem:Second:ca2; do
	who=${which#*:}
	verdict "GetCRL about ${which%%:*} is answered" bot -T 22 \
	    -q "$T/${which%%:*}" -L "$T/got.crl" -r "$T/a2.pem" -R "$T/a2.key" \
	    -k "$T/a2.key" -I "$T/${which##*:}.pem" "$URL"
	same "by its own CA's CRL [C-193]" "$(openssl crl -in "$T/got.crl" \
	    -noout -issuer)" "issuer=CN = ${who%:*} CA"
done
ask --unix-socket "$T/ca/state/metrics.sock" http://x/ >"$T/metrics"
for series in 'crl_number.ca="main"' 'crl_number.ca="main\.1"' \
    'crl_next_update_timestamp_seconds.ca="main\.1"' \
    'certificate_expiry_timestamp_seconds.ca="main",kind="ca"' \
    'certificate_expiry_timestamp_seconds.ca="main\.1",kind="ra"'; do
	like "metrics tell of $series" "$T/metrics" "^scep_$series} [0-9]+\$"
done
adm status >"$T/status"
like "status tells of both" "$T/status" 'previous CA of CA main'
verdict "the configuration is fine" adm check

status 1 "the old one is still needed" adm ca retire
like "by so many, until then" "$T/status.out" \
    '[0-9]+ certificates of generation 1 are valid.*20[0-9-]+T'
serve 120
status 1 "four months later still" adm ca retire
like "by two" "$T/status.out" '2 certificates of generation 1 are valid'
same "ca show says so, too" "$(adm ca show --json | jq \
    '.generations[] | select(.generation == 1) | .valid')" 2
verdict "it renews" bot -T 17 -r "$T/c.pem" -R "$T/c.key" -s /CN=c \
    -k "$T/c2.key" -t one "$URL/long"

# ---- retired ----

verdict "with --force it is retired" in_force adm ca retire --force
like "its key's file is named" "$T/verdict.out" "$T/ca/state/ca\.key"
same "one generation is left" "$(adm ca list --json | jq length)" 1
status 1 "what it issued does not renew any more [C-130]" bot -T 17 -r "$T/c.pem" \
    -R "$T/c.key" -s /CN=c -k "$T/c3.key" -t two "$URL/long"
reason "for it is another CA's" 'CA'
challenge "$T/c" --cn late
status 4 "its RA opens nothing" bot -V "$T/cas1.pem" -I "$T/ca2.pem" \
    -C "$T/c" -s /CN=late "$URL"
reason "and is unknown" 'no readable request in the envelope'
adm cert export --chain "$(serial_in "$T/c.pem")" >"$T/export.pem"
same "nor has it a chain any more" "$(grep -c BEGIN "$T/export.pem")" 1
adm cert export --chain "$(serial_in "$T/a2.pem")" >"$T/export.pem"
same "what the new one issued has" "$(grep -c BEGIN "$T/export.pem")" 2
verdict "the new one does" bot -C "$T/c" -s /CN=late "$URL"
mv "$T/ca/state/ca.key" "$T/destroyed.key"
verdict "its key can be destroyed" adm reload
verdict "and all is fine" adm check
verdict "the log has it all" adm log verify
for event in stage unstage publish switch retire; do
	like "a $event" "$T/ca/state/issue.log" "event=ca-$event ca=main"
done
mv "$T/destroyed.key" "$T/ca/state/ca.key"
all_end

# ---- from the backup, two months back ----

rm -rf "$T/restored"
verdict "the backup is restored elsewhere" "$ADM" restore \
    --dir "$T/restored" "$T/backup"
unlike "nothing is known of what came after" "$T/verdict.out" WARNING
CONF=$(find "$T/restored" -name scep.conf)
same "with what was published" "$(state 3)" published
verdict "and its keys" "$ADM" -c "$CONF" check
verdict "with the log that survived" "$ADM" restore --dir "$T/restored2" \
    --issue-log "$T/ca/state/issue.log" "$T/backup"
like "it warns of the CA that took over since" "$T/verdict.out" \
    'WARNING: 2 entries .* a CA that took over since is gone'
CONF=$T/ca/scep.conf

# ---- killed half way ----

DAY=120
kill_at() {		# SYSCALL COUNT VERB OPTIONS…
	_call=$1
	_count=$2
	shift 2
	strace -f -qq -o /dev/null \
	    -e inject="$_call:signal=KILL:when=$_count" \
	    -E LD_PRELOAD="$LIB" -E FAKETIME=+${DAY}d -E FAKETIME_DISABLE_SHM=1 \
	    "$ADM" -c "$CONF" ca "$@" >/dev/null 2>&1
}
# Each verb dies at each of these calls; then what is there is whole, and is
# the state before or after.
die_at() {		# VERB BEFORE AFTER OPTIONS…
	_verb=$1
	_before=$2
	_after=$3
	shift 3
	rm -rf "$T/saved"
	cp -a "$T/ca/state" "$T/saved"
	_bad= _n=0 _old=0
	for _where in rename:1 rename:2 fsync:1 fsync:2 fsync:3 fsync:5 \
	    fsync:8 fdatasync:1 mkdir:1 link:2; do
		rm -rf "$T/ca/state"
		cp -a "$T/saved" "$T/ca/state"
		kill_at "${_where%:*}" "${_where#*:}" "$_verb" "$@" && continue
		_n=$((_n + 1))
		_is=$(adm ca list --json 2>"$T/killed" |
		    jq -r '[.[] | "\(.generation)\(.state)"] | join(" ")')
		case $_is in
		"$_before") _old=$((_old + 1)) ;;
		"$_after") ;;
		*) _bad="$_bad $_where: $_is" ;;
		esac
		adm check >"$T/killed" 2>&1 || _bad="$_bad $_where: check"
		adm log verify >"$T/killed" 2>&1 || _bad="$_bad $_where: log"
		[ "$_is" != "$_before" ] ||
		    adm ca "$_verb" "$@" >"$T/killed" 2>&1 ||
		    _bad="$_bad $_where: not again"
	done
	same "$_verb, killed at one of $_n calls, is done or not" "$_bad" ""
	verdict "and sometimes it was not" [ "$_old" -gt 0 ]
	rm -rf "$T/ca/state"
	cp -a "$T/saved" "$T/ca/state"
	verdict "$_verb, not killed" adm ca "$_verb" "$@"
}
same "where the step cannot be written, no key is left" "$(
    strace -f -qq -o /dev/null -e inject=rename:error=ENOSPC:when=2+ \
	-E LD_PRELOAD="$LIB" -E FAKETIME=+${DAY}d -E FAKETIME_DISABLE_SHM=1 \
	"$ADM" -c "$CONF" ca stage 2>&1 | grep -c 'No space left'
    find "$T/ca/state/ca/main" -newer "$T/restored2" -name '*.key')" 1
die_at stage '3current' '4staged 3current'
die_at publish '4staged 3current' '4published 3current'
die_at switch '4published 3current' '4current 3previous'
die_at retire '4current 3previous' '4current' --force

# ---- a CA from elsewhere, and an RA that rolls over ----

DAY=0
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/own.key" \
    -out "$T/own.pem" -days 9000 -subj "/O=Elsewhere/CN=Own CA" \
    -addext "keyUsage=critical,digitalSignature,keyCertSign,cRLSign" \
    -addext "basicConstraints=critical,CA:TRUE" 2>/dev/null
make_ca "$T/adopted" "http://127.0.0.1:$port/scep" --ca-cert "$T/own.pem" \
    --ca-key "$T/own.key"
verdict "an RA is as it was made" [ "$(adm ca show --json |
    jq '.generations[0].ras | length')" = 1 ]
serve 100
cas "$URL" "$T/ra1.pem"
verdict "a device keeps RA certificates" [ -s "$T/ra1.pem" ]
serve 2600
rolled() { [ "$(adm ca show --json | jq '.generations[0].ras | length')" = 2 ]; }
verdict "with a third of its life left there is a new one" \
    until_true 20 rolled
like "which is logged" "$T/adopted/state/issue.log" 'event=ra-renewed ca=main'
changed() { cas "$URL" "$T/ra2.pem" && ! cmp -s "$T/ra1.pem" "$T/ra2.pem"; }
verdict "GetCACert shows it" until_true 20 changed
verdict "who has the old one is served [C-064]" enrol old -V "$T/ra1.pem" \
    "$URL"
# A worker of before may still be there, who does not have that key.
reload >/dev/null
verdict "and who has the new one" enrol new -V "$T/ra2.pem" "$URL"
sleep 6
verdict "one is enough" rolled
adm status >"$T/status"
like "status shows the old one, too" "$T/status" 'earlier RA of CA main'
verdict "the old one can be retired" in_force adm ca retire --ra 1
challenge "$T/c" --cn gone
status 4 "then it opens nothing" bot -V "$T/ra1.pem" -C "$T/c" -s /CN=gone \
    "$URL"
status 1 "the only one is kept" adm ca retire --ra 2

# ---- … or when the operator says so ----

verdict "a new RA key at once" in_force adm ca renew-ra
like "tells what comes next" "$T/verdict.out" \
    'RA 3 of generation 1 is current'
like "it is logged with who wished it" "$T/adopted/state/issue.log" \
    'event=ra-renewed ca=main generation=1 ra=3 by='
changed() { cas "$URL" "$T/ra3.pem" && ! cmp -s "$T/ra2.pem" "$T/ra3.pem"; }
verdict "GetCACert shows that" until_true 20 changed
verdict "who has the one before is served" enrol old2 -V "$T/ra2.pem" "$URL"
verdict "and who has the new one" enrol new2 -V "$T/ra3.pem" "$URL"
verdict "one that is in other hands is retired" in_force adm ca retire --ra 2
like "and that is said" "$T/verdict.out" 'RA 2 of generation 1 is retired'
challenge "$T/c" --cn gone
status 4 "then it opens nothing" bot -V "$T/ra2.pem" -C "$T/c" -s /CN=gone \
    "$URL"
status 3 "a CA that is not there has none" adm ca renew-ra --ca nosuch
same "as JSON" "$(in_force adm ca renew-ra --ca main --json |
    jq -c '[.ra, .ra_state, .generation]')" '[4,"current",1]'
verdict "the one before that goes, too" in_force adm ca retire --ra 3
cas "$URL" "$T/ra4.pem"

# Killed at any of these, it is done or not, and everything serves.
all_end
cp -a "$T/adopted/state" "$T/saved4"
bad= n=0 not_done=0
for where in fsync:1 fsync:4 link:1 fsync:5 unlink:1 fsync:7 link:2 \
    fdatasync:1 fdatasync:2 fsync:10 rename:1 fsync:11 fdatasync:3 \
    unlink:3; do
	rm -rf "$T/adopted/state"
	cp -a "$T/saved4" "$T/adopted/state"
	kill_at "${where%:*}" "${where#*:}" renew-ra && continue
	n=$((n + 1))
	adm check >"$T/killed" 2>&1 || bad="$bad $where: check"
	adm log verify >"$T/killed" 2>&1 || bad="$bad $where: log"
	case $(adm ca show --json | jq -c '[.generations[0].ras[].ra]') in
	'[4]') not_done=$((not_done + 1)) ;;
	'['[5-9]',4]') ;;
	*) bad="$bad $where: $(adm ca show --json)" ;;
	esac
	serve 2600
	enrol k1 -V "$T/ra4.pem" "$URL" >"$T/killed" 2>&1 ||
	    bad="$bad $where: the one before"
	enrol k2 "$URL" >"$T/killed" 2>&1 || bad="$bad $where: serves"
	in_force adm ca renew-ra >"$T/killed" 2>&1 ||
	    bad="$bad $where: not again"
	enrol k3 "$URL" >"$T/killed" 2>&1 || bad="$bad $where: the next one"
	all_end
done
same "renew-ra, killed at one of $n calls, is done or not, and all serves" \
    "$bad" ""
verdict "sometimes it was not" [ "$not_done" -gt 0 ]
verdict "and sometimes it was" [ "$not_done" -lt "$n" ]
rm -rf "$T/adopted/state"
cp -a "$T/saved4" "$T/adopted/state"

sed -i 's/^ra_key.*/&\nra_renew = no/' "$CONF"
serve 2600
status 1 "where somebody else sees to the RA none is made" adm ca renew-ra
like "and that is said" "$T/status.out" 'ra_renew = no'
serve 5700
sleep 6
same "none rolls over where that is not wanted" "$(adm ca show --json |
    jq '.generations[0].ras | length')" 1
all_end

# ---- two CAs of one name ----

DAY=0
make_ca "$T/same" "http://127.0.0.1:$port/scep"
cp "$T/same/ca.pem" "$T/same1.pem"
serve 0
verdict "a device of a CA" enrol s1 "$URL"
verdict "is followed by one of the same name" adm ca stage --same-name
verdict "which is published" adm ca publish
verdict "and current" in_force adm ca switch
cp "$T/same/state/ca/main/2/ca.pem" "$T/same2.pem"
verdict "and issues" enrol s2 "$URL"
verdict "both have CRLs" until_true 20 made
for n in 1 2; do
	verdict "GetCRL about what generation $n issued" bot -T 22 \
	    -q "$T/s$n.pem" -L "$T/got.crl" -r "$T/s$n.pem" \
	    -R "$T/s$n.key" -k "$T/s$n.key" -I "$T/same$n.pem" "$URL"
	verdict "is answered by its own CRL, though the names are one [C-193]" \
	    openssl crl -in "$T/got.crl" -noout -verify \
	    -CAfile "$T/same$n.pem"
done
all_end

# ---- the current CA's files are lost, and no server starts ----

make_ca "$T/lost" "http://127.0.0.1:$port/scep"
sed -i 's/^validity = .*/&\nrenew_from = always/' "$CONF"
serve 0
verdict "a device of a CA" enrol l1 "$URL"
verdict "whose successor is staged" adm ca stage
verdict "and published" adm ca publish
cp "$T/lost/state/ca/main/2/ca.pem" "$T/lost2.pem"
all_end
cp -a "$T/lost" "$T/lost.saved"
for file in ca.pem state/ra.key state/ca.key; do
	rm -rf "$T/lost"
	cp -a "$T/lost.saved" "$T/lost"
	rm "$T/lost/$file"
	status 78 "without $file nothing can be done" adm challenge add
	status 1 "nor another one published" adm ca publish
	verdict "but the next CA takes over" adm ca switch
	verdict "and all is well" adm check
done
serve 0
verdict "what the lost one issued renews" bot -T 17 -r "$T/l1.pem" \
    -R "$T/l1.key" -s /CN=l1 -k "$T/l2.key" -o "$T/l2.pem" "$URL"
issued_by "under the new CA" "$T/l2.pem" "$T/lost2.pem"
verdict "a backup is made" adm backup "$T/lost.backup"
verdict "with what is left of the lost one" \
    [ -s "$T/lost.backup/state/ra.key" ]
verdict "the one after it is staged" adm ca stage
rm "$T/lost/state/ca/main/3/ra1.key"
verdict "which loses a file" adm reload
verdict "a backup is made all the same" adm backup "$T/lost.backup3"
verdict "its CA's key is in the backup still" \
    [ -s "$T/lost.backup3/state/ca/main/3/ca.key" ]
all_end

# ---- an intermediate CA, adopted ----

DAY=0
cat >"$T/sub.ext" <<'EXT'
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,digitalSignature,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
EXT
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout "$T/sub.key" -out "$T/sub.csr" -subj "/O=Elsewhere/CN=Sub" \
    2>/dev/null
openssl x509 -req -in "$T/sub.csr" -CA "$T/own.pem" -CAkey "$T/own.key" \
    -days 2000 -extfile "$T/sub.ext" -out "$T/sub.pem" 2>/dev/null
make_ca "$T/third" "http://127.0.0.1:$port/scep" --ca-cert "$T/own.pem" \
    --ca-key "$T/own.key"
status 1 "a key that is another one's is refused" adm ca stage \
    --ca-cert "$T/sub.pem" --ca-key "$T/own.key"
verdict "an intermediate CA is staged as the next one" adm ca stage \
    --ca-cert "$T/sub.pem" --ca-key "$T/sub.key" --chain "$T/own.pem"
verdict "and published" adm ca publish
serve 0
ask "$URL?operation=GetNextCACert" >"$T/next.der"
verdict "with its chain" openssl cms -verify -inform DER -in "$T/next.der" \
    -certfile "$T/own.pem" -CAfile "$T/own.pem" -purpose any -binary \
    -out "$T/inner.der"
same "of three" "$(openssl pkcs7 -inform DER -in "$T/inner.der" -print_certs |
    grep -c BEGIN)" 3
verdict "it takes over" in_force adm ca switch
verdict "and issues, with a key of another kind" enrol under "$URL"
issued_by "below itself" "$T/under.pem" "$T/sub.pem"
status 1 "an intermediate is not followed by a root" adm ca stage
like "its issuer is needed" "$T/status.out" 'issued by another CA'

verdict "so there is a request" adm ca stage --csr "$T/next.csr" \
    --cn "Sub 2"
status 1 "one at a time" adm ca stage --csr "$T/other.csr"
verdict "and no file for another" [ ! -e "$T/other.csr" ]
status 1 "the certificate of another key is not for it" adm ca stage \
    --ca-cert "$T/sub.pem" --chain "$T/own.pem"
openssl x509 -req -in "$T/next.csr" -CA "$T/own.pem" -CAkey "$T/own.key" \
    -days 2000 -extfile "$T/sub.ext" -out "$T/next.pem" 2>/dev/null
verdict "its certificate is staged" adm ca stage --ca-cert "$T/next.pem" \
    --chain "$T/own.pem"
same "with the key that waited" "$(find "$T/third/state/ca" -name request.key)" \
    ""
verdict "and published" adm ca publish
verdict "and current" in_force adm ca switch
verdict "it issues" enrol under2 "$URL"
issued_by "below itself" "$T/under2.pem" "$T/next.pem"
status 2 "without a request, a certificate needs its key" adm ca stage \
    --ca-cert "$T/next.pem"

finish
