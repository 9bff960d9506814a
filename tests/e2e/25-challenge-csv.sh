#!/bin/sh
# 25-challenge-csv - a challenge for each line of a spreadsheet.
#
# N is how many lines the long one has (10000).
. "$(dirname "$0")/lib.sh"

N=${N:-10000}
port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"

add() { adm challenge add "$@"; }
count() { adm challenge list --json | jq length; }
live() { adm challenge list --json | jq '[.[] | select(.state == "live")] |
    length'; }

# fault TEXT PATTERN: devices.csv is refused so, and nothing is made.
fault() {
	_before=$(count)
	status 1 "$1: refused" adm challenge add --csv devices.csv
	like "$1: the line and what" "$T/status.out" "$2"
	same "$1: nothing was made" "$(count)" "$_before"
}

# ---- what people have ----

cat >devices.csv <<'CSV'
cn,dns,note,ttl,uses,profile
device-1,"a.example b.example",first,7d,2,
device-2,,,,,

"odd, name",c.example;d.example,"said ""so""",,,default
CSV
verdict "a file with a header" sh -c \
    "'$ADM' -c '$CONF' challenge add --csv devices.csv >out.csv 2>err"
same "the result has its columns" "$(head -n 1 out.csv)" \
    "cn,dns,id,challenge,expires"
same "and its lines, in order" "$(cut -d, -f1 out.csv | sed 1d | tr '\n' ' ')" \
    'device-1 device-2 "odd '
same "a name with a comma is quoted" "$(sed -n 's/^\("[^"]*"\),.*/\1/p' \
    out.csv)" '"odd, name"'
id=$(sed -n 's/^device-1,"a.example b.example",\([^,]*\),.*/\1/p' out.csv)
adm challenge show "$id" --json >show.json
same "subject" "$(jq -r .subject show.json)" CN=device-1
same "names" "$(jq -r .san show.json)" "DNS:a.example, DNS:b.example"
same "note" "$(jq -r .note show.json)" first
same "uses" "$(jq -r .uses show.json)" 2
same "ttl" "$(jq -r '(.expires | fromdate) - (.created | fromdate)' \
    show.json)" 604800
id=$(sed -n 's/^device-2,,\([^,]*\),.*/\1/p' out.csv)
adm challenge show "$id" --json >show.json
same "an empty ttl is the option's" \
    "$(jq -r '(.expires | fromdate) - (.created | fromdate)' show.json)" 86400
same "no name beside the subject: none may be asked for" \
    "$(jq -r .binds show.json)" "subject and SAN"
id=$(sed -n 's/^"odd, name",[^,]*,\([^,]*\),.*/\1/p' out.csv)
same "a quote in a note" "$(adm challenge show "$id" --json | jq -r .note)" \
    'said "so"'

printf '"C=CH, O=Test, CN=x-1",a.example,b.example\r\nCN=x-2\r\n' >devices.csv
add --csv devices.csv --ttl 1h --note batch >out.csv 2>err
same "a file without a header" "$(sed 's/,[^,]*,[^,]*,[^,]*$//' out.csv)" \
    "$(printf 'subject,dns\n"C=CH, O=Test, CN=x-1","a.example b.example"\nCN=x-2,')"
printf '\357\273\277subject;dns\nC=CH, O=Test, CN=x-3;a.example\n' >devices.csv
add --csv devices.csv --json >out.json 2>err
same "semicolons and a byte order mark" \
    "$(jq -r '.[0] | [.line, .subject, .dns[0]] | join("|")' out.json)" \
    "2|C=CH, O=Test, CN=x-3|a.example"
same "from standard input" "$(printf 'CN=x-4\n' | add --csv - 2>/dev/null |
    cut -d, -f1 | tail -n 1)" CN=x-4

# ---- bad lines ----

cat >devices.csv <<'CSV'
cn,dns,ttl,uses
good,good.example,1d,1
bad,*.example,,
bad,a b..example,,
bad,,soon,
bad,,,0
,,1d,
bad,a.example,1d,1,more
good-2,good.example,,
CSV
fault "a wildcard" 'devices\.csv:3: .*wildcard'
like "a bad DNS name" "$T/status.out" 'devices\.csv:4: '
like "a bad ttl" "$T/status.out" 'devices\.csv:5: ttl: '
like "bad uses" "$T/status.out" 'devices\.csv:6: uses: '
like "nobody" "$T/status.out" 'devices\.csv:7: .*names nobody'
like "a field too many" "$T/status.out" 'devices\.csv:8: 5 fields'
like "in the order of the file" "$T/status.out" '6 of 8 lines'
same "each once, in order" "$(sed -n 's/^scepadm: devices.csv:\([0-9]\):.*/\1/p' \
    "$T/status.out" | tr -d '\n')" 345678
unlike "and no good one" "$T/status.out" 'devices\.csv:(2|9):'
printf 'cn,dns\na,b.example\n"c,d\n' >devices.csv
fault "a quote that is not closed" 'devices\.csv:3: .*never closed'
printf 'cn,dns\n\344,b.example\n' >devices.csv
fault "Latin-1" 'devices\.csv:2: .*UTF-8'
printf 'cn,dns,profile\na,,nobody\n' >devices.csv
fault "a profile that is not there" 'devices\.csv:2: .*\[profile nobody\]'
printf 'cn,dns,profile\na,,manual\n' >devices.csv
fault "a profile without challenges" 'devices\.csv:2: .*authorise'
printf 'cn,subject\na,CN=a\n' >devices.csv
fault "cn and subject" 'devices\.csv:2: .*short for'
printf 'C=CH, O=Test, CN=x-1,a.example\n' >devices.csv
fault "a subject without quotes" 'devices\.csv:1: "O=Test".*quotes'
printf 'hostname,dns\na,b.example\n' >devices.csv
fault "a column nobody knows" 'devices\.csv:1: column 1 .*hostname'
printf 'cn,cn\na,b\n' >devices.csv
fault "a column twice" 'devices\.csv:1: two columns'
printf 'printer\n' >devices.csv
fault "neither header nor device" 'devices\.csv:1: neither'
: >devices.csv
fault "an empty file" 'no device'
printf 'CN=a\nCN=b\n' >devices.csv
status 1 "--count of another number" adm challenge add --csv devices.csv \
    --count 3
like "says both" "$T/status.out" '2 devices.*--count says 3'
status 0 "--count of the same number" adm challenge add --csv devices.csv \
    --count 2
status 2 "--cn beside --csv" adm challenge add --csv devices.csv --cn x
status 3 "no such file" adm challenge add --csv nowhere.csv

# ---- all or none ----

before=$(live)
status 75 "what cannot be written is of no use" sh -c \
    "'$ADM' -c '$CONF' challenge add --csv devices.csv >/dev/full"
same "and is revoked again" "$(live)" "$before"
journal=$T/ca/state/issue.log
lines=$(wc -l <"$journal")
"$ADM" -c "$CONF" challenge add --count 100000 >many.out 2>many.err &
many=$!
own "$many"
made() { [ "$(wc -l <"$journal")" -gt "$lines" ]; }
until_true 20 made
kill -TERM "$many"
wait "$many"
same "a command that is interrupted: 75" $? 75
like "says how far it was" many.err 'of 100000 were made.*revoked again'
same "and leaves none behind" "$(live)" "$before"
same "nor a secret" "$(cat many.out)" ""

# ---- many ----

long() {		# TEXT
	_before=$(count)
	_begin=$(date +%s%N)
	if timeout 120 "$ADM" -c "$CONF" challenge add --csv long.csv \
	    --count "$N" >long.out 2>long.err; then
		ok "$1: $N in $((($(date +%s%N) - _begin) / 1000000)) ms"
	else
		not_ok "$1: $N within two minutes"
		head -n 5 long.err | sed 's/^/# /'
	fi
	same "$1: a line for each" "$(sed 1d long.out | cut -d, -f1 |
	    sort -u | wc -l)" "$N"
	same "$1: and no challenge twice" "$(sed 1d long.out | cut -d, -f4 |
	    sort -u | wc -l)" "$N"
	same "$1: all are there" "$(count)" "$((_before + N))"
}
{
	echo cn,dns
	seq "$N" | sed 's/.*/dev-&,dev-&.example/'
} >long.csv
long "without a server"
# The last line but one is bad: it is in another slice than the first.
sed "$N s/,.*/,*.bad/" long.csv >devices.csv
fault "one bad line of many" "devices\.csv:$N: "

unlike "no progress but on a terminal" long.err 'of [0-9]'
if command -v script >/dev/null; then
	script -qec "'$ADM' -c '$CONF' challenge add --csv long.csv >tty.out" \
	    /dev/null </dev/null >tty.err 2>&1
	like "progress on a terminal" tty.err "made 500 of $N"
	like "to the end" tty.err "made $N of $N"
	same "and none of it in the result" "$(wc -l <tty.out)" "$((N + 1))"
else
	skip "progress on a terminal" "script is not installed"
fi

start_lighttpd "$port"
long "with a server"
fault "one bad line of many, with a server" "devices\.csv:$N: "
last=$(tail -n 1 long.out | cut -d, -f1)
tail -n 1 long.out | cut -d, -f4 >"$T/c"
status 1 "its challenge is not for another name" bot -C "$T/c" -s /CN=dev-1 \
    -d dev-1.example "$URL"
status 1 "nor without its DNS name" bot -C "$T/c" -s "/CN=$last" "$URL"
verdict "its challenge enrols its name" bot -C "$T/c" -s "/CN=$last" \
    -d "$last.example" -o "$T/cert.pem" "$URL"
same "as the file has it" \
    "$(openssl x509 -in "$T/cert.pem" -noout -subject -nameopt RFC2253)" \
    "subject=CN=$last"
finish
