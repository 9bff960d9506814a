#!/bin/sh
# 42-load - bench-load, which checks every answer, through nginx and at
# scepserver; and that it can say no.
. "$(dirname "$0")/lib.sh"

LOAD=$ROOT/bench-load
[ -x "$LOAD" ] || { not_ok "bench-load is not built (make programs)"; exit 1; }

# challenges N: so many, in $T/c.
challenges() {
	adm challenge add --count "$1" >"$T/c" 2>/dev/null
}
# What it counted.
n() { tr ' ' '\n' <"$T/verdict.out" | sed -n "s/^$1=//p"; }

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep" --key rsa:2048
sed -i '/^\[profile default/a renew_from = always' "$CONF"
start_nginx "$port"

challenges 300
verdict "300 enrolments by 16 connections, all as they should be" "$LOAD" \
    -K "$T/keys" -m 4 -C "$T/c" -S "$T/serials" -j 16 -n 300 \
    -P "ours=$SUPERVISOR" "$URL"
same "all are granted" "$(n granted)" 300
same "no serial number comes twice" "$(n duplicates)" 0
same "scep.fcgi has recorded each" "$(n_certs)" 300
challenges 60
verdict "60 at a fixed rate" "$LOAD" -K "$T/keys" -m 4 -C "$T/c" \
    -S "$T/serials" -j 8 -n 60 -r 200 "$URL"
challenges 20
verdict "20 are renewed" "$LOAD" -f -K "$T/keys" -m 4 -C "$T/c" -j 4 -n 20 \
    "$URL"
same "that is what it counts" "$(n kind) $(n granted)" "renew 20"
challenges 10
verdict "10 with AES-256 and SHA-512, in JSON" "$LOAD" -J -K "$T/keys" -m 4 \
    -C "$T/c" -E aes256 -d sha512 -n 10 "$URL"
like "which can be read" "$T/verdict.out" '^\{"kind": "enrol", .*\}$'
verdict "jq reads it" jq -e '.granted == 10' "$T/verdict.out"
challenges 60
verdict "60 devices, each with a key of its own" "$LOAD" -K "$T/fleet" -m 60 \
    -C "$T/c" -j 4 -n 60 "$URL"
same "which no other one has" "$(adm cert list --json | jq -r \
    '.. | .key_sha256? // empty' | sort | uniq -c | grep -c '^ *1 ')" 60
verdict "GetCACaps 200 times" "$LOAD" -g -j 4 -n 200 \
    "$URL?operation=GetCACaps"

verdict "GetCACaps, where no time is left for it" "$LOAD" -g -j 4 -n 200 \
    -t 0.000001 "$URL?operation=GetCACaps"
same "one was sent all the same" "$(n sent)" 1

# What is to be refused is refused, and costs what it was told to.
challenges 20
for kind in noise badsig wrong; do
	verdict "$kind is refused" "$LOAD" -x "$kind" -K "$T/keys" -m 4 \
	    -C "$T/c" -j 2 -n 20 "$URL"
	same "all of it" "$(n refused)" 20
done

# Controls: each of these must fail.
status 1 "a wrong challenge fails" "$LOAD" -K "$T/keys" -m 4 -c wrong -n 5 \
    "$URL"
status 1 "a challenge for one, used by two, fails" "$LOAD" -K "$T/keys" -m 4 \
    -c "$(head -n 1 "$T/c")" -n 2 "$URL"
for trick in swap repeat flip; do
	challenges 20
	status 1 "answers spoilt by \"$trick\" fail" "$LOAD" -K "$T/keys" \
	    -m 4 -C "$T/c" -n 20 -T "$trick" "$URL"
done
status 1 "a page that is not the same fails" "$LOAD" -g -n 5 "$URL/nothing"
status 2 "no server is no start" "$LOAD" -n 1 "http://127.0.0.1:1/scep"

# Any SCEP server.
if command -v scepserver >/dev/null; then
	other=$(free_port)
	scepserver ca -init -depot "$T/depot" -keySize 2048 >/dev/null
	scepserver -depot "$T/depot" -port "$other" -allowrenew 0 \
	    >"$T/scepserver.log" 2>&1 &
	own $!
	until_true 10 caps_ok "http://127.0.0.1:$other/scep"
	verdict "scepserver grants 20, one after the other" "$LOAD" \
	    -K "$T/keys" -m 4 -n 20 "http://127.0.0.1:$other/scep"
	verdict "and 5 with DES and SHA-1" "$LOAD" -K "$T/keys" -m 4 \
	    -E des -d sha1 -n 5 "http://127.0.0.1:$other/scep"
	status 1 "what should be refused, and is granted, fails" "$LOAD" \
	    -K "$T/keys" -m 4 -x wrong -c any -n 5 \
	    "http://127.0.0.1:$other/scep"
	like "and is called so" "$T/status.out" 'error_granted=5'
else
	skip "scepserver" "it is not installed"
fi
finish
