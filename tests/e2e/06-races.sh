#!/bin/sh
# 06-races - a hundred at once: one challenge, one request, one lost answer.
. "$(dirname "$0")/lib.sh"

N=${N:-100}
port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_nginx "$port"

used() { adm challenge list --json | jq '[.[].used] | add'; }

# ---- one challenge, a hundred keys ----

challenge "$T/c" --cn race
bot -n "$N" -j "$N" -C "$T/c" -s /CN=race -w 60 "$URL" >"$T/race.out" 2>&1
same "$N keys with one challenge: one certificate" \
    "$(grep -c granted "$T/race.out")" 1
same "the others are refused" "$(grep -c 'refused 2' "$T/race.out")" \
    $((N - 1))
same "one certificate is stored [C-141 T-100]" "$(n_certs)" 1
same "the challenge is used once" "$(used)" 1

# ---- a challenge for three ----

challenge "$T/c" --uses 3
bot -n 20 -j 20 -C "$T/c" -s /CN=three -w 60 "$URL" >"$T/three.out" 2>&1
same "20 keys with a challenge for three: three certificates" \
    "$(grep -c granted "$T/three.out")" 3
same "and three are stored" "$(n_certs)" 4

# ---- one request, a hundred times ----

challenge "$T/c" --cn retry
bot -n "$N" -j "$N" -C "$T/c" -s /CN=retry -k "$T/retry.key" -w 60 "$URL" \
    >"$T/retry.out" 2>&1
same "$N retries of one request are all granted" \
    "$(grep -c granted "$T/retry.out")" "$N"
same "with one serial [C-213]" \
    "$(sed -n 's/.*granted \([0-9A-F]*\) .*/\1/p' "$T/retry.out" | sort -u |
    wc -l)" 1
same "one more certificate is stored" "$(n_certs)" 5

# ---- the answer is lost ----

challenge "$T/c" --cn lost
bot -x -C "$T/c" -s /CN=lost -k "$T/lost.key" "$URL" >"$T/lost.out" 2>&1
like "a client hangs up without reading" "$T/lost.out" '^0 lost'
six() { [ "$(n_certs)" -eq 6 ]; }
verdict "and has its certificate all the same" until_true 20 six
before=$(used)
verdict "it asks again [C-176]" bot -C "$T/c" -s /CN=lost -k "$T/lost.key" \
    -o "$T/lost.pem" "$URL"
first=$(serial_of "$T/verdict.out")
verdict "and again" bot -C "$T/c" -s /CN=lost -k "$T/lost.key" "$URL"
same "the same certificate [C-205]" "$(serial_of "$T/verdict.out")" "$first"
verdict "under another transactionID too" bot -t random -C "$T/c" \
    -s /CN=lost -k "$T/lost.key" "$URL"
same "the same certificate still [C-207 C-208]" \
    "$(serial_of "$T/verdict.out")" "$first"
same "one more certificate is stored, not three" "$(n_certs)" 6
same "nothing was used up by asking again" "$(used)" "$before"
status 1 "another key cannot have it" bot -C "$T/c" -s /CN=lost "$URL"
status 1 "nor another name" bot -C "$T/c" -s /CN=found -k "$T/lost.key" \
    "$URL"

# ---- a hundred different ones ----

adm challenge add --count "$N" >"$T/many" 2>/dev/null
begin=$(date +%s%N)
bot -n "$N" -j 32 -K -t random -C "$T/many" -s /CN=many-%d -w 60 "$URL" \
    >"$T/many.out" 2>&1
ms=$((($(date +%s%N) - begin) / 1000000))
same "$N challenges, $N certificates" "$(grep -c granted "$T/many.out")" "$N"
note "$N enrolments in $ms ms, the client's work included"
same "all are stored" "$(n_certs)" $((6 + N))

# ---- a hundred that wait, one approval at a time ----

bot -n 5 -j 5 -s /CN=wait-%d "$URL/manual" >"$T/wait.out" 2>&1
same "five wait" "$(grep -c pending "$T/wait.out")" 5
id=$(adm request list --json | jq -r '.[0].id')
approvals=
for i in 1 2 3 4 5 6; do
	adm request approve "$id" >"$T/approve.$i" 2>&1 &
	approvals="$approvals $!"
done
wait $approvals
same "six approvals of one request: one certificate" "$(n_certs)" $((7 + N))
finish
