#!/bin/sh
# 45-challenges - what a challenge binds: templates, keys, times, names that
# the server gives; keys that come again; frozen by wrong names; very many.
#
# N is how many live ones there are at last (100000).
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/servers.sh"

N=${N:-100000}
port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_nginx "$port"

show() { adm challenge show --json "$1" | jq -r ".$2"; }
id_of() { cut -c1-10 "$1"; }
state() { show "$(id_of "$1")" state; }
subject() {
	openssl x509 -in "$1" -noout -subject -nameopt RFC2253 | sed 's/^subject=//'
}
names() {
	openssl x509 -in "$1" -noout -ext subjectAltName 2>/dev/null |
	    sed -n 's/^ *DNS:/DNS:/p'
}
restart() {		# [SIGNAL]
	stop "$SUPERVISOR" "$@"
	start_fcgi
	until_true 10 caps_ok "$URL"
}

# ---- one value that varies ----

challenge t --subject 'O=Example, CN=printer-*' --uses 2
same "a template" "$(show "$(id_of t)" binds)" "subject template and SAN"
status 1 "another O" bot -C t -s /O=Other/CN=printer-1 "$URL"
status 1 "an attribute more" bot -C t -s /O=Example/CN=printer-1/OU=x "$URL"
status 1 "nothing for the star" bot -C t -s /O=Example/CN=printer- "$URL"
status 1 "a SAN beside it" bot -C t -s /O=Example/CN=printer-1 -d a.b "$URL"
verdict "one that fits" bot -C t -s /O=Example/CN=printer-1 "$URL"
verdict "and another" bot -C t -s /O=Example/CN=printer-22 "$URL"
status 1 "two, not three" bot -C t -s /O=Example/CN=printer-3 "$URL"
challenge star --subject 'CN=\*.example'
status 1 "a star with a backslash is one" bot -C star -s /CN=a.example "$URL"
verdict "that name alone fits it" bot -C star -s '/CN=*.example' "$URL"
challenge star --cn '*.example'
same "--cn is never a template" "$(show "$(id_of star)" names)" exact
status 2 "two stars" adm challenge add --subject 'O=*, CN=*'
like "says that there is one" status.out "2 times \*"

# ---- alternative names alone ----

challenge d --dns d.example
like "names without a subject: that is said" challenge.err \
    'WARNING: it binds no subject'
verdict "its holder chooses it" bot -C d -s /CN=chosen -d d.example "$URL"
challenge d --cn d --dns d.example
unlike "the control: one with a subject" challenge.err 'it binds no'
printf 'dns\nd1.example\nd2.example\n' >d.csv
adm challenge add --csv d.csv >d.out 2>challenge.err
same "of a list, once" "$(grep -c 'WARNING: it binds no subject' \
    challenge.err)" 1

# ---- a key ----

openssl genrsa -out one.key 2048 2>/dev/null
openssl genrsa -out two.key 2048 2>/dev/null
sha=$(openssl pkey -in one.key -pubout -outform DER | sha256sum | cut -d' ' -f1)
challenge k --key "$sha"
like "a key alone binds no name: that is said" challenge.err "no name"
status 1 "another key" bot -C k -k two.key -s /CN=any "$URL"
verdict "the key, whatever its name" bot -C k -k one.key -s /CN=any "$URL"
openssl req -new -key one.key -subj /O=Example/CN=router \
    -addext subjectAltName=DNS:router.example -out router.csr
challenge k --csr router.csr
same "a request binds key and names" "$(show "$(id_of k)" binds)" \
    "subject, SAN and key"
adm challenge show "$(id_of k)" >show.out
like "shown to people, too" show.out "key SHA-256 +$sha"
same "its key" "$(show "$(id_of k)" key_sha256)" "$sha"
status 1 "its names by another key" bot -C k -k two.key \
    -s /O=Example/CN=router -d router.example "$URL"
status 1 "another name by its key" bot -C k -k one.key -s /CN=router "$URL"
verdict "the request" bot -C k -k one.key -s /O=Example/CN=router \
    -d router.example "$URL"
openssl req -in router.csr -outform DER -out router.der
status 0 "as DER, with another name" adm challenge add --csr router.der \
    --cn other
sed 's/^MII/MIJ/' router.csr >broken.csr
status 1 "a request that is none" adm challenge add --csr broken.csr
like "says what, and how to look at it" status.out "no such request|no certificate request"
status 1 "a file that is none" adm challenge add --csr one.key
like "says so" status.out "one.key holds no certificate request"
status 2 "a key and a request" adm challenge add --csr router.csr --key "$sha"
status 2 "a DNS name that is not UTF-8 is not left out" \
    adm challenge add --cn x --dns "$(printf 'x\377')"
status 2 "half a key" adm challenge add --key 0011
like "says how to get one" status.out "openssl pkey"

# ---- times ----

challenge early --cn early --not-before 1h --ttl 1h
same "before its time" "$(state early)" early
same "an hour from then" "$(adm challenge show --json "$(id_of early)" |
    jq '(.expires | fromdate) - (.not_before | fromdate)')" 3600
status 1 "it is not good yet" bot -C early -s /CN=early "$URL"
comes "the log says so" scep.log "challenge is not good yet"
challenge now --cn now --not-before 2020-01-01 --not-after 2035-01-01
verdict "in its time" bot -C now -s /CN=now "$URL"
status 2 "over before it begins" adm challenge add --cn x --not-before 2h \
    --not-after 1h
status 2 "an end twice" adm challenge add --cn x --ttl 1h --not-after 2h

# ---- names that the server gives ----

# A device may break its lines where it likes.
line=$(printf '/CN=mine\r\nresult=granted')
challenge g0
sed 's/.$/a/;t' g0 >guess0
cmp -s g0 guess0 && sed 's/.$/b/' g0 >guess0
printf '%s\n' '[req]' 'distinguished_name = dn' 'prompt = no' '[dn]' \
    'CN = a\rb' >dull.cnf

challenge set --set-subject --subject 'O=Example, CN=given' \
    --dns given.example
verdict "whatever is asked for" bot -C set -k set.key -s /L=Nowhere/CN=mine \
    -d mine.example -o set.pem "$URL"
same "the subject is the challenge's" "$(subject set.pem)" CN=given,O=Example
same "so is the SAN" "$(names set.pem)" DNS:given.example
first=$(serial_of verdict.out)
verdict "asked again by another name" bot -C set -k set.key -t random \
    -s /CN=mine-too "$URL"
same "the same certificate" "$(serial_of verdict.out)" "$first"
same "used once" "$(show "$(id_of set)" used)" 1
challenge set --set-subject --cn bare
verdict "without names beside it" bot -C set -s /CN=x -d mine.example \
    -o set.pem "$URL"
same "there are none" "$(subject set.pem) $(names set.pem)" "CN=bare "
challenge unread --set-subject --cn unread --uses 2
status 1 "a wrong secret beside names that are none" bot -C guess0 \
    -s "$line" "$URL"
verdict "names that are none" bot -C unread -k unread.key -s "$line" \
    -d mine..example -o set.pem "$URL"
same "the challenge gives others" "$(subject set.pem) $(names set.pem)" \
    "CN=unread "
first=$(serial_of verdict.out)
verdict "asked once more" bot -C unread -k unread.key -t random -s "$line" \
    "$URL"
same "the same certificate, too" "$(serial_of verdict.out)" "$first"
id=$(adm cert list --subject '*CN=unread' --json | jq -r '.[0].request')
adm explain "$id" >explain.out
like "explain says what they were" explain.out \
    "unreadable names.*name: CN holds control characters"
unlike "and none of them" explain.out result=granted
openssl genrsa -out dull.key 2048 2>/dev/null
openssl req -new -key dull.key -config dull.cnf -out dull.csr 2>/dev/null
verdict "a request with such a name" adm challenge add --csr dull.csr \
    --set-subject --cn dull
cp verdict.out dull
status 1 "is for no other challenge" adm challenge add --csr dull.csr
like "which says why" status.out "control characters"
status 1 "its key alone may come" bot -C dull -s "$line" "$URL"
verdict "with any name" bot -C dull -k dull.key -s "$line" "$URL"
challenge plain
bot -C plain -k plain.key -s "$line" -S unread.der "$URL" >unread.out
bot -C guess0 -k plain.key -s /CN=x -S guess0.der "$URL" >guess0.out
same "where none are given it is refused as a wrong secret is" \
    "$(cut -d' ' -f1-3 unread.out)" "$(cut -d' ' -f1-3 guess0.out)"
same "in as many octets" "$(wc -c <unread.der)" "$(wc -c <guess0.der)"
comes "the log says why" scep.log \
    'reason="no readable request in the envelope .name: CN holds control'
status 1 "the profile's rules are for what is asked for otherwise" bot \
    -C plain -s /L=Nowhere/CN=mine "$URL"
status 2 "no subject to set" adm challenge add --set-subject
status 2 "a template names nobody" adm challenge add --set-subject \
    --subject 'CN=*'
id=$(adm cert list --subject '*given' --json | jq -r '.[0].request')
adm explain "$id" >explain.out
like "explain says who gave the names" explain.out "given by the challenge"

# ---- a key that comes again ----

challenge again --cn again --reuse-for 1h
verdict "the first time" bot -C again -k again.key -s /CN=again "$URL"
first=$(serial_of verdict.out)
verdict "the same request: the same certificate" bot -C again -k again.key \
    -t random -s /CN=again "$URL"
same "as ever" "$(serial_of verdict.out)" "$first"
status 1 "another key" bot -C again -s /CN=again "$URL"
sed -i 's/^ca = main/&\nretry_window = 0/' "$CONF"
verdict "where nothing is repeated" reload
sleep 1.1
verdict "the key comes again" bot -C again -k again.key -t random \
    -s /CN=again "$URL"
unlike "and gets another one" verdict.out "granted $first"
same "it is not counted" "$(show "$(id_of again)" used)" 1
challenge once --cn once
verdict "the control" bot -C once -k once.key -s /CN=once "$URL"
sleep 1.1
status 1 "has no such window" bot -C once -k once.key -t random -s /CN=once \
    "$URL"
sed -i '/^retry_window = 0/d' "$CONF"
reload >/dev/null

# ---- wrong names ----

challenge w --cn right --max-wrong 3
status 1 "a wrong name" bot -C w -s /CN=wrong "$URL"
status 1 "a wrong SAN" bot -C w -s /CN=right -d wrong.example "$URL"
same "two are counted" "$(show "$(id_of w)" wrong)" 2
same "and no more" "$(state w)" live
sleep 6
restart KILL
same "a server that was killed seconds later knows of them" \
    "$(show "$(id_of w)" wrong)" 2
status 1 "the third" bot -C w -s /CN=wrong "$URL"
same "freezes it" "$(state w)" frozen
status 1 "for the right name, too" bot -C w -s /CN=right "$URL"
comes "the log says why" scep.log 'reason="challenge is frozen"'
restart
same "for good" "$(state w)" frozen
status 1 "after a restart" bot -C w -s /CN=right "$URL"
grep -q 'event=challenge-frozen' "$T/ca/state/issue.log" &&
    ok "it is in the issue log" || not_ok "it is in the issue log"
id=$(sed -n 's/.* id=\([0-9a-f]*\) .*challenge is frozen.*/\1/p' scep.log |
    tail -n 1)
until_true 10 adm explain "$id"	# a note of the RA's crosses the answer
adm explain "$id" >explain.out
like "explain tells it" explain.out "FAIL: challenge is frozen"
verdict "it is thawed" adm challenge thaw "$(id_of w)"
same "and live" "$(state w)" live
verdict "the right name" bot -C w -s /CN=right "$URL"
challenge g --cn right --max-wrong 1
sed 's/.$/a/;t' g >guess
cmp -s g guess && sed 's/.$/b/' g >guess
for i in 1 2 3; do bot -C guess -s /CN=wrong "$URL" >>guess.out; done
same "guesses at the secret are refused" "$(grep -c 'refused 2' guess.out)" 3
verdict "and freeze nothing" bot -C g -s /CN=right "$URL"

# A refusal is a refusal: nothing but the log says which.
challenge u --cn right
bot -C u -s /CN=wrong -S wrong.der "$URL" >wrong.out
bot -C guess -s /CN=wrong -S guess.der "$URL" >guess.out
same "a wrong name and a wrong secret: the same refusal" \
    "$(cut -d' ' -f1-3 wrong.out)" "$(cut -d' ' -f1-3 guess.out)"
same "of the same size" "$(wc -c <wrong.der)" "$(wc -c <guess.der)"

# ---- twice at once ----

for kind in "--cn both" "--set-subject --cn both" "--subject CN=bo*"; do
	before=$(n_certs)
	# shellcheck disable=SC2086 # words
	set -f; challenge p $kind; set +f
	bot -C p -s /CN=both -w 20 "$URL" >p1.out 2>&1 &
	one=$!
	bot -C p -s /CN=both -w 20 "$URL" >p2.out 2>&1 &
	two=$!
	wait "$one" "$two"
	same "$kind twice at once: one certificate" \
	    "$(cat p1.out p2.out | grep -c granted)" 1
	same "and one refusal" "$(cat p1.out p2.out | grep -c 'refused 2')" 1
	same "one is stored" "$(n_certs)" $((before + 1))
	same "used once" "$(show "$(id_of p)" used)" 1
done

# ---- a spreadsheet ----

cat >devices.csv <<CSV
subject,cn,dns,key,csr,set_subject,not_before,not_after,max_wrong,reuse_for,uses
"O=Example, CN=*",,,,,,,,,,3
,given,given.example,,,yes,,,,,
,,,$sha,,,,,,,
,,,,router.csr,,,,,,
,late,,,,,2h,3h,0,7d,
CSV
verdict "all that an option says, in columns" sh -c \
    "'$ADM' -c '$CONF' challenge add --csv devices.csv --max-wrong 8 >out.csv"
sed 's/.*,\([^,]\{10\}\),[^,]*,[^,]*$/\1/' out.csv | sed 1d >ids
row() { show "$(sed -n "$1p" ids)" "$2"; }
same "a template" "$(row 1 names) $(row 1 uses)" "template 3"
same "a name to be set" "$(row 2 names) $(row 2 san)" "set DNS:given.example"
same "a key" "$(row 3 key_sha256) $(row 3 binds)" "$sha key"
same "a request" "$(row 4 binds)" "subject, SAN and key"
same "times and numbers" "$(row 5 state) $(row 5 max_wrong) \
$(row 5 reuse_for)" "early 0 604800"
same "what is empty is the option's" "$(row 1 max_wrong)" 8
fault() {		# TEXT LINE PATTERN
	printf '%s\n' "$2" >bad.csv
	status 1 "$1" adm challenge add --csv bad.csv
	like "$1: says which line, and why" status.out "$3"
}
fault "neither yes nor no" "$(printf 'cn,set_subject\na,maybe')" \
    'bad.csv:2: set_subject: .*neither'
fault "a key that is none" "$(printf 'cn,key\na,00')" 'bad.csv:2: key: '
fault "a request that is not there" "$(printf 'cn,csr\na,nowhere.csr')" \
    'bad.csv:2: csr: .*nowhere.csr'
fault "an end twice" "$(printf 'cn,ttl,not_after\na,1h,2h')" \
    'bad.csv:2: ttl and not_after'

# ---- what is of no use ----

challenge gone
adm challenge revoke "$(id_of gone)" >/dev/null
adm challenge add --cn short --ttl 1s 2>/dev/null >short
sleep 2
before=$(adm challenge list --json | jq length)
verdict "what is of no use is purged" adm challenge purge --json
purged=$(jq .purged verdict.out)
[ "$purged" -ge 2 ] && ok "two or more" || not_ok "purged: $purged"
same "the others stay" "$(adm challenge list --json | jq length)" \
    $((before - purged))
status 3 "the revoked one is gone" adm challenge show "$(id_of gone)"
status 0 "one that may still be asked for is not" adm challenge show \
    "$(id_of set)"

# ---- plain CGI: each run counts for the next ----

stop "$SERVER"
stop "$SUPERVISOR"
start_lighttpd_cgi "$port"
until_true 10 caps_ok "$URL"
challenge c --cn right --max-wrong 2
status 1 "by CGI, a wrong name" bot -w 10 -C c -s /CN=wrong "$URL"
status 1 "and another" bot -w 10 -C c -s /CN=wrong "$URL"
status 1 "freeze it" bot -w 10 -C c -s /CN=right "$URL"
same "as the next run says" "$(state c)" frozen
stop "$SERVER"

# ---- very many ----

start_nginx "$port"
have=$(adm challenge list --state live --json | jq length)
begin=$(date +%s)
if timeout 300 "$ADM" -c "$CONF" challenge add --count "$N" --ttl 1d \
    --subject 'CN=many-*' >many 2>many.err; then
	ok "$N more in $(($(date +%s) - begin)) s"
else
	not_ok "$N more"
	head -n 5 many.err | sed 's/^/# /'
fi
same "each another" "$(sort -u many | wc -l)" "$N"
adm challenge list --state live --csv | sed 1d | cut -d, -f1 | sort -u >listed
same "the list has them all, page after page" "$(wc -l <listed)" \
    $((have + N))
same "the first few" "$(adm challenge list --limit 3 --json | jq length)" 3
tail -n 1 many >one
verdict "the last one enrols" bot -C one -s /CN=many-x "$URL"
sed -n "$((N / 2))p" many >one
verdict "and one from the middle" bot -C one -s /CN=many-y "$URL"
status 1 "once" bot -C one -s /CN=many-z "$URL"
finish
