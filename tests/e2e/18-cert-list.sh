#!/bin/sh
# 18-cert-list - lists of certificates: by condition, in pages, in each form.
. "$(dirname "$0")/lib.sh"

FILL=$ROOT/bench-fill
[ -x "$FILL" ] || { not_ok "$FILL is not built (make programs)"; exit 1; }
N=5000				# more than two pages

list() { adm cert list "$@" 2>"$T/list.err" >"$T/list.out"; }
count() { adm cert list --json "$@" | jq length; }
subjects() { adm cert list --json "$@" | jq -r '.[].subject'; }

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
same "an empty list as JSON" "$(adm cert list --json)" "[]"
same "as CSV it is one line" "$(adm cert list --csv | wc -l)" 1
same "as a table too" "$(adm cert list | wc -l)" 1

# Valid for 397 days, issued over the last 360: the first expires in 37.
verdict "$N certificates" "$FILL" -c "$CONF" -o manual -x 500 "$N"
start_lighttpd "$port"
challenge "$T/c" --cn 'real, "one"'
verdict "and one from an enrolment" bot -C "$T/c" -s '/CN=real, "one"' \
    -o "$T/real.pem" "$URL"
total=$((N + 1))

# ---- while the server has the state ----

same "all are listed" "$(count)" "$total"
adm cert list --json | jq -r '.[].serial' | sort -u >"$T/serials"
same "each once" "$(wc -l <"$T/serials")" "$total"
same "in the order of expiry" "$(adm cert list --json |
    jq '[.[].not_after] | . == sort')" true
same "--subject with letters in front" "$(count --subject 'CN=dev-77*')" 11
same "in either case" "$(count --subject 'cn=DEV-77*')" 11
same "with a wildcard in front" "$(count --subject '*777')" 5
same "as a whole" "$(subjects --subject 'CN=dev-77')" CN=dev-77
same "that nothing has" "$(count --subject 'dev-77*')" 0
same "--expires-in" "$(count --expires-in 36d)" 0
# As many now as in 38 days by the full list; once more if one of them came
# in between.
adm cert list --json --sort expires >"$T/expiring.json"
in_38_days() {
	jq --arg t "$(date -u -d '+38 days' +%Y-%m-%dT%H:%M:%SZ)" \
	    '[.[] | select(.not_after <= $t)] | length' "$T/expiring.json"
}
for _ in 1 2 3 4 5; do
	expiring=$(in_38_days)
	counted=$(count --expires-in 38d)
	[ "$(in_38_days)" -ne "$expiring" ] || break
done
same "--expires-in, two days more" "$counted" "$expiring"
verdict "which is some of them" [ "$(count --expires-in 38d)" -gt 10 ]
same "--profile" "$(count --profile manual)" 5
same "--profile and --subject" \
    "$(subjects --profile manual --subject '*-3*')" CN=dev-3000
same "--state revoked" "$(count --state revoked)" 10
same "--state valid" "$(count --state valid)" "$((total - 10))"
same "--state expired" "$(count --state expired)" 0
same "--since a duration" "$(subjects --since 1h | grep -c real)" 1
day=$(date -u -d '-36 days' +%F)
same "--since a date" "$(count --since "$day")" \
    "$(adm cert list --json | jq --arg t "$day" \
    '[.[] | select(.issued >= $t)] | length')"
same "--since tomorrow" "$(count --since "$(date -u -d '+1 day' +%F)")" 0
same "--ca" "$(count --ca main --limit 3)" 3
same "--ca that is none" "$(count --ca none)" 0
same "--limit" "$(count --limit 2500)" 2500
same "--sort subject" "$(subjects --sort subject --limit 3 | tr '\n' ' ')" \
    "CN=dev-0 CN=dev-1 CN=dev-10 "
same "--sort issued" "$(subjects --sort issued | tail -n 1)" \
    "$(subjects --since 1h --sort issued | tail -n 1)"
for field in expires:not_after issued:issued profile:profile serial:serial; do
	adm cert list --json --sort "${field%:*}" >"$T/sorted.json"
	same "--sort ${field%:*} is in order" "$(jq "[.[].${field#*:}] |
	    . == sort and length == $total" "$T/sorted.json")" true
done
same "an order that is made here, with a limit" \
    "$(subjects --state revoked --sort serial --limit 4 | tr '\n' ' ')" \
    "$(adm cert list --json --state revoked |
    jq -r 'sort_by(.serial)[:4][].subject' | tr '\n' ' ')"

# ---- forms ----

list
same "the table has its columns" "$(head -n 1 "$T/list.out" | tr -s ' ')" \
    "SERIAL PROFILE STATE NOT AFTER SUBJECT"
same "and a line for each" "$(wc -l <"$T/list.out")" "$((total + 1))"
like "and what it shows is in its place" "$T/list.out" \
    '^[0-9a-f]{32}  default  valid    20[0-9T:-]*Z  CN=dev-1$'
adm cert list --csv >"$T/list.csv"
same "CSV has a line for each and one in front" "$(wc -l <"$T/list.csv")" \
    "$((total + 1))"
same "all of them end with CRLF" "$(grep -c "$(printf '\r')$" \
    "$T/list.csv")" "$((total + 1))"
cat >"$T/judge.py" <<'PYTHON'
import csv, json, sys
rows = list(csv.reader(open(sys.argv[1], newline=''), strict=True))
want = json.load(open(sys.argv[2]))
names, rows = rows[0], rows[1:]
assert len(rows) == len(want), (len(rows), len(want))
assert sorted(names) == sorted(want[0].keys()), names
for row, record in zip(rows, want):
	shown = {k: {True: 'yes', False: 'no'}.get(v, v)
	    for k, v in record.items()}
	assert dict(zip(names, row)) == shown, (row, record)
	assert not [v for v in row if v[:1] in ('=', '+', '-', '@')], row
PYTHON
adm cert list --json >"$T/list.json"
verdict "a CSV reader finds what JSON has, and no formula" \
    python3 "$T/judge.py" "$T/list.csv" "$T/list.json"
like "what must be is quoted" "$T/list.csv" ',"CN=real\\, \\""one\\"""'
same "JSON is as jq would write it" "$(md5sum <"$T/list.json")" \
    "$(jq . "$T/list.json" | md5sum)"
same "its members are those of cert show" "$(jq -c '.[0]' "$T/list.json")" \
    "$(adm cert show --json "$(jq -r '.[0].serial' "$T/list.json")" |
    jq -c .)"
serial=$(openssl x509 -in "$T/real.pem" -noout -serial | cut -d= -f2)
adm cert export "$serial" >"$T/export.pem"
same "cert export still gives it out" \
    "$(openssl x509 -in "$T/export.pem" -noout -fingerprint)" \
    "$(openssl x509 -in "$T/real.pem" -noout -fingerprint)"

# ---- what is no list ----

refused() {		# TEXT PATTERN OPTION…
	_what=$1
	_like=$2
	shift 2
	status 2 "$_what is a matter of usage" adm cert list "$@"
	like "and it says which: $_what" "$T/status.out" "$_like"
}
refused "--subject ''" '--subject: its value is empty' --subject ''
refused "--profile too long" '--profile: 70 octets' \
    --profile "$(printf '%070d' 0)"
refused "--state gone" '--state: "gone" is none of valid, expired, revoked' \
    --state gone
refused "--sort colour" '--sort: "colour" is none of expires, issued' \
    --sort colour
refused "--expires-in soon" '--expires-in: "soon" is not a duration' \
    --expires-in soon
refused "--expires-in 0" '--expires-in: "0" is no time' --expires-in 0
refused "--since yesterday" '--since: no date, and: "yesterday" is not' \
    --since yesterday
refused "--since 2026-02-30" '--since: "2026-02-30" is not a time' \
    --since 2026-02-30
refused "--limit 0" '--limit: 0 is not between' --limit 0
refused "--csv --json" '--csv and --json' --csv --json
refused "--san" '--san: no such option' --san x
status 0 "the control: all of them at once" adm cert list --subject '*' \
    --profile default --state valid --expires-in 1y --since 1y --sort issued \
    --limit 5 --csv --ca main

# ---- enrolments go on meanwhile ----

challenge "$T/many" --count 40
(while [ ! -e "$T/done" ]; do adm cert list --csv >/dev/null || exit 1
done) &
lister=$!
own "$lister"
verdict "40 enrolments while lists are printed" bot -n 40 -C "$T/many" "$URL"
touch "$T/done"
wait "$lister"
same "and no list failed" $? 0
same "now there are 40 more" "$(count)" "$((total + 40))"
stop "$SERVER"

# ---- and without a server; indexes that are not there ----

same "without a server the list is the same" "$(count)" "$((total + 40))"
rm "$T/ca/state/db/index.db"
adm cert list --since 2h --json >"$T/again.json" 2>"$T/again.err"
verdict "indexes that are missing are made anew" jq -e 'length >= 41' \
    "$T/again.json"
verdict "40000 more" "$FILL" -c "$CONF" -s 100000 40000
rm "$T/ca/state/db/index.db"
same "and so are they, however many there are" \
    "$(count --subject 'CN=dev-1[0-3]????')" 40000
same "by each index" "$(count --profile default --state valid)" \
    "$((total + 40 + 40000 - 10))"
finish
