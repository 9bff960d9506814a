#!/bin/sh
# 52-revoke - certificates revoked by scepadm: on the CRL, at its place and by
# GetCRL; no renewal, no delivery again; many at once; after a restart, and from
# a backup.
. "$(dirname "$0")/lib.sh"

WITHIN=20	# the server looks every 5 s, a worker keeps a CRL for 1 s

number() { adm crl show main --json | jq "${1:-.number}"; }
bot() { "$BOT" "$@" | cut -d' ' -f2; }
serial_of() { openssl x509 -in "$1" -noout -serial | cut -d= -f2; }
# enrol NAME: NAME.key, NAME.pem, NAME.c (the challenge), by transaction NAME.
enrol() {
	challenge "$T/$1.c" --cn "$1" &&
	[ "$(again "$1" -o "$T/$1.pem")" = granted ]
}
again() {		# NAME [OPTION…]: the same request
	_n=$1
	shift
	bot -k "$T/$_n.key" -t "txid-$_n" -C "$T/$_n.c" -s "/CN=$_n" "$@" \
	    "$URL/default"
}
renew() {		# NAME
	bot -T 17 -k "$T/$1.new.key" -r "$T/$1.pem" -R "$T/$1.key" -t random \
	    -s "/CN=$1" "$URL/default"
}
# As a device's peer sees it, by what is at the CDP.
fetch() { curl -s -m 10 -o "$T/cdp.crl" "$URL/crl/main.crl"; }
listed() {		# NAME [SERIAL]
	fetch && openssl crl -inform DER -in "$T/cdp.crl" -noout -text |
	    grep -q -i "Serial Number: *$(serial_of "$T/$1.pem")"
}
judged() {		# NAME
	openssl crl -inform DER -in "$T/cdp.crl" -out "$T/cdp.pem" &&
	openssl verify -crl_check -CAfile "$T/ca/ca.pem" \
	    -CRLfile "$T/cdp.pem" "$T/$1.pem"
}
getcrl() {		# NAME: entries, by GetCRL
	"$BOT" -T 22 -k "$T/$1.key" -q "$T/$1.pem" "$URL/default" |
	    cut -d' ' -f2,3,5
}

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
sed -i '/^\[profile/a renew_from = always' "$CONF"
start_nginx "$port"
for cn in a b c d e; do
	enrol "$cn" || not_ok "$cn enrols"
done

# ---- one ----

before=$(number)
same "a renews" "$(renew a)" granted
same "a's request again gives a's certificate" "$(again a)" granted
verdict "nothing is revoked by a dry run" adm cert revoke --dry-run \
    "$(serial_of "$T/a.pem")"
like "which tells what it would be" "$T/verdict.out" '^would revoke +[0-9a-f]'
same "a renews still" "$(renew a)" granted
verdict "a is revoked" adm cert revoke --reason keyCompromise \
    "$(serial_of "$T/a.pem")"
like "on which CRL" "$T/verdict.out" '^on the CRL of +main$'
same "a renews no more" "$(renew a)" refused
same "nor is it delivered again" "$(again a)" refused
same "nor by another transaction" "$(bot -k "$T/a.key" -t other \
    -C "$T/a.c" -s /CN=a "$URL/default")" refused
same "its challenge stays used" "$(adm challenge show --json "$(cut -c1-10 \
    "$T/a.c")" | jq -r '"\(.state) \(.used)"')" "used 1"
same "and serves no other key" "$(bot -k "$T/thief.key" -C "$T/a.c" -s /CN=a \
    "$URL/default")" refused
same "b renews" "$(renew b)" granted
verdict "the CDP has it within $WITHIN s" until_true "$WITHIN" listed a
verdict "with a higher number" [ "$(number)" -gt "$before" ]
openssl crl -inform DER -in "$T/cdp.crl" -noout -text >"$T/cdp.txt"
like "and its reason" "$T/cdp.txt" 'Key Compromise'
status 2 "openssl finds it revoked" judged a
like "as revoked" "$T/status.out" 'certificate revoked'
verdict "and b good" judged b
same "GetCRL has it" "$(getcrl b)" "granted crl 1"
adm cert show "$(serial_of "$T/a.pem")" >"$T/show"
like "show: revoked" "$T/show" '^state +revoked$'
like "show: when" "$T/show" '^revoked +20'
like "show: why" "$T/show" '^reason +keyCompromise$'
like "the log of issues has it" "$T/ca/state/issue.log" \
    'event=revoked .*serial=[0-9a-f]+ ca=main .*reason=keyCompromise by="uid'
adm explain "$(serial_of "$T/a.pem")" >"$T/story"
like "so does its story" "$T/story" '^20[^ ]*  revoked'

# ---- not ----

cp "$T/show" "$T/show.before"
number=$(number)
status 1 "again: it says so" adm cert revoke "$(serial_of "$T/a.pem")"
like "since when and why" "$T/status.out" \
    'was revoked at 20.* already \(keyCompromise\)'
adm cert show "$(serial_of "$T/a.pem")" >"$T/show"
verdict "and nothing has changed" cmp "$T/show" "$T/show.before"
sleep 6
same "nor is there another CRL" "$(number)" "$number"
for reason in certificateHold removeFromCRL cACompromise lost ''; do
	status 2 "no such reason: $reason" adm cert revoke --reason \
	    "$reason" "$(serial_of "$T/b.pem")"
done
status 1 "the CA's own" adm cert revoke "$(serial_of "$T/ca/ca.pem")"
like "what to do about that" "$T/status.out" 'scepadm ca stage'
status 1 "the RA's" adm cert revoke "$(serial_of "$T/ca/ra.pem")"
like "what to do about that" "$T/status.out" 'scepadm ca renew-ra'
status 3 "one that is none" adm cert revoke 0123456789
status 2 "which is to be said" adm cert revoke
status 2 "one, or those that fit" adm cert revoke --subject '*' 0123
status 3 "of another CA" adm cert revoke --ca other \
    "$(serial_of "$T/b.pem")"
status 2 "those that are revoked" adm cert revoke --state revoked \
    --subject '*'
same "b renews" "$(renew b)" granted

# ---- many ----

adm challenge add --count 30 >"$T/many" 2>/dev/null
"$BOT" -n 30 -j 4 -K -t random -C "$T/many" -s /CN=fleet-%d "$URL/default" \
    >"$T/many.out" 2>&1
same "thirty more" "$(grep -c granted "$T/many.out")" 30
n_of() { adm cert list --json --state "$1" --subject 'CN=fleet-*' |
    jq length; }
adm cert revoke --subject 'cn=FLEET-1*' --dry-run --json >"$T/dry.json"
same "a dry run shows each" "$(jq -r '.[].outcome' "$T/dry.json" | sort |
    uniq -c | sed 's/^ *//')" "11 would be revoked"
same "and does nothing" "$(n_of revoked)" 0
adm cert revoke --subject 'cn=FLEET-1*' --reason lost --json \
    >"$T/bad.json" 2>"$T/bad.err"
same "none for no reason" "$? $(n_of revoked)" "2 0"
same "which is told as JSON, too" "$(jq -r '.[].outcome' "$T/bad.json")" \
    "not done"
two=$(jq -r '.[0:2][].serial' "$T/dry.json")
# shellcheck disable=SC2086	# words
{
status 3 "by serials: one that is none, and none is revoked" \
    adm cert revoke $two 0123456789
status 2 "serials, or those that fit" adm cert revoke --profile p $two
status 0 "by serials, dry" adm cert revoke --dry-run $two
same "each would be" "$(grep -c ' would be revoked ' "$T/status.out")" 2
same "and nothing is done" "$(n_of revoked)" 0
}
adm cert revoke --subject 'cn=FLEET-1*' --reason superseded --json \
    >"$T/did.json"
same "then it does just that" "$(jq -r '.[].serial' "$T/did.json")" \
    "$(jq -r '.[].serial' "$T/dry.json")"
same "eleven" "$(n_of revoked)" 11
status 0 "again: none" adm cert revoke --subject 'cn=FLEET-1*'
like "as it says" "$T/status.out" '^scepadm: none fits$'
last=$(adm cert list --json --state valid --subject 'CN=fleet-*' |
    jq -r '.[0].serial')
# shellcheck disable=SC2086	# words
status 0 "by serials" adm cert revoke $two "$last"
same "two were before, one is now" "$(sed -n \
    's/.* \(revoked before\|revoked\)  .*/\1/p' "$T/status.out" | sort |
    uniq -c | tr -s ' \n' ' ')" " 1 revoked 2 revoked before "
same "twelve" "$(n_of revoked)" 12
status 0 "five of the others" adm cert revoke --subject 'CN=fleet-*' \
    --since 1h --limit 5
like "there are more" "$T/status.out" 'there are more that fit'
same "seventeen" "$(n_of revoked)" 17
"$ADM" -c "$CONF" cert revoke --subject 'CN=fleet-*' >"$T/half" 2>&1 &
half=$!
until_true 20 grep -q ' revoked ' "$T/half"
kill -KILL "$half" 2>/dev/null
wait "$half" 2>/dev/null
told=$(grep -c ' revoked ' "$T/half")
done=$(($(n_of revoked) - 17))
note "killed: $told told, $done done"
same "killed: what was told is done, and at most one more" \
    "$([ "$done" -ge "$told" ] && [ "$done" -le $((told + 1)) ] && echo yes)" \
    yes
verdict "the same again does the rest" adm cert revoke --subject 'CN=fleet-*'
same "thirty" "$(n_of revoked)" 30
same "and nobody else" "$(adm cert list --json --state revoked | jq length)" 31
all_listed() { [ "$(number .entries)" -eq 31 ]; }
verdict "all are on the CRL" until_true "$WITHIN" all_listed

# ---- without a server, and from a backup ----

verdict "a backup" adm backup "$T/backup"
verdict "then c is revoked" adm cert revoke "$(serial_of "$T/c.pem")"
stop "$SERVER"
stop "$SUPERVISOR"
verdict "d too, while no server runs" adm cert revoke --reason superseded \
    "$(serial_of "$T/d.pem")"
start_nginx "$port"
verdict "a start makes a CRL with both" until_true "$WITHIN" listed d
verdict "with both" until_true "$WITHIN" listed c
same "d renews no more" "$(renew d)" refused
same "e does" "$(renew e)" granted
stop "$SERVER"
stop "$SUPERVISOR"
verdict "the backup is restored, with the log that survived" "$ADM" restore \
    --dir "$T/again" --issue-log "$T/ca/state/issue.log" "$T/backup"
like "which had two revocations" "$T/verdict.out" '2 revocations'
CONF=$T/again/scep.conf
sed -i "s,^listen.*,listen = unix:$T/scep.sock," "$CONF"
start_nginx "$port"
for cn in a c d; do
	same "$cn is revoked there, too" "$(adm cert show --json \
	    "$(serial_of "$T/$cn.pem")" | jq -r .state)" revoked
	same "$cn renews no more" "$(renew "$cn")" refused
	verdict "$cn is on its CRL" until_true "$WITHIN" listed "$cn"
done
same "e is not" "$(adm cert show --json "$(serial_of "$T/e.pem")" |
    jq -r .state)" valid

# ---- behind a rollover ----

entries() { adm crl show "$1" --json | jq .entries; }
for act in "stage --cn Next" publish; do
	verdict "ca $act" adm ca $act
done
verdict "ca switch --force" in_force adm ca switch --force
has_crl() { [ "$(entries main)" = 0 ]; }
verdict "the new CA has a CRL of its own" until_true "$WITHIN" has_crl
old=$(entries main.1)
verdict "what the old one issued is revoked" adm cert revoke \
    "$(serial_of "$T/e.pem")"
one_more() { [ "$(entries main.1)" -eq $((old + 1)) ]; }
verdict "on the old one's CRL" until_true "$WITHIN" one_more
same "and not on the new one's" "$(entries main)" 0
same "e renews no more" "$(renew e)" refused
verdict "the log is whole" adm log verify
finish
