#!/bin/sh
# 23-reload - SIGHUP and `scepadm reload`: a new configuration without a lost
# request, a bad one refused while the old one goes on, and one profile's fault
# that does not stop the others.
. "$(dirname "$0")/lib.sh"

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
make_ca "$T/second" "http://127.0.0.1:$port/scep"
CONF=$T/ca/scep.conf
cat >>"$CONF" <<CONFIG

[ca second]
certificate = $T/second/ca.pem
key = $T/second/state/ca.key
ra_certificate = $T/second/ra.pem
ra_key = $T/second/state/ra.key

[profile other]
ca = second
authorise = challenge
extensions = client
CONFIG
cp "$CONF" "$T/good.conf"
start_nginx "$port"

code() {		# PATH
	curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' -m 60 \
	    "http://127.0.0.1:$port/scep/$1?operation=GetCACaps"
}
is_code() { [ "$(code "$1")" = "$2" ]; }
hup() { kill -HUP "$SUPERVISOR"; }
reached() { grep -q "configuration $1 is in force" "$T/scep.log"; }
refusals() { grep -c 'new configuration is refused' "$T/scep.log"; }
refused() { [ "$(refusals)" -eq "$1" ]; }

same "the profile that is to come is not there" "$(code fresh)" 404
same "the other CA's profile answers" "$(code other)" 200

# ---- a new profile, without a lost request ----

cat >>"$CONF" <<'CONFIG'

[profile fresh]
ca = main
authorise = challenge
subject_require = CN
extensions = client
CONFIG
workers_before=$(workers_of "$SUPERVISOR" | sort)
ca_before=$(ca_of "$SUPERVISOR")
adm challenge add --count 400 --ttl 2h >"$T/load.ch" 2>/dev/null
bot -K -t random -C "$T/load.ch" -s "/CN=load-%d" -n 400 -j 4 "$URL" \
    >"$T/load.out" 2>&1 &
bots=$!
own "$bots"
until_true 10 grep -q granted "$T/load.out"
hup
verdict "SIGHUP puts it in force" until_true 20 reached 2
n=1
while [ "$n" -lt 5 ] && kill -0 "$bots" 2>/dev/null; do
	n=$((n + 1))
	hup
	until_true 10 reached $((n + 1))
done
wait "$bots"
note "$n reloads during $(grep -c granted "$T/load.out") enrolments"
same "no request was lost" "$(grep -v -c ' granted ' "$T/load.out")" 0
verdict "the new profile answers" until_true 10 is_code fresh 200
same "the CA process is the same" "$(ca_of "$SUPERVISOR")" "$ca_before"
echo "$workers_before" >"$T/w"
old_workers() { workers_of "$SUPERVISOR" | sort | comm -12 - "$T/w" | wc -l; }
none_old() { [ "$(old_workers)" -eq 0 ]; }
until_true 10 none_old
same "the workers are others" "$(old_workers)" 0
challenge "$T/fresh.ch" --profile fresh --cn fresh-1
verdict "a device enrols in it" bot -C "$T/fresh.ch" -s /CN=fresh-1 \
    "http://127.0.0.1:$port/scep/fresh"

# ---- scepadm reload says what came of it ----

# reload() and not `adm reload`: a worker that has not heard of it yet answers
# by the configuration of before.
sed -i 's/^validity = 365d/validity = 200d/' "$CONF"
status 0 "scepadm reload" reload
adm reload --json >"$T/reload.json"
same "it gives the number of the configuration" \
    "$(jq '.generation > 2' "$T/reload.json")" true
challenge "$T/days.ch" --cn days
bot -C "$T/days.ch" -s /CN=days -o "$T/days.pem" "$URL" >/dev/null
verdict "what is issued is as the new one says" openssl x509 -in \
    "$T/days.pem" -noout -checkend $((199 * 86400))
status 1 "and not as the old one" openssl x509 -in "$T/days.pem" -noout \
    -checkend $((201 * 86400))

# ---- a profile that is withdrawn, a secret that is ----

echo open-sesame-0123456789 >"$T/static"
adm challenge hash --profile fresh <"$T/static" >"$T/hash"
sed "/^\[profile fresh\]/a $(cat "$T/hash")" "$CONF" >"$T/hash.conf"
cp "$CONF" "$T/before.conf"
cp "$T/hash.conf" "$CONF"
status 0 "a static challenge" reload
FRESH=http://127.0.0.1:$port/scep/fresh
verdict "it is taken" bot -t random -C "$T/static" -s /CN=static-1 "$FRESH"
cp "$T/before.conf" "$CONF"
status 0 "it is withdrawn" reload
verdict "then it is refused" sh -c "'$BOT' -t random -C '$T/static' \
    -s /CN=static-2 '$FRESH' | grep -q refused"
sed '/^\[profile fresh\]/,$d' "$CONF" >"$T/without.conf"
cp "$T/without.conf" "$CONF"
status 0 "the profile is taken out" reload
verdict "its path is 404" until_true 10 is_code fresh 404
cp "$T/before.conf" "$CONF"
status 0 "and put back" reload
verdict "it answers again" until_true 10 is_code fresh 200

# ---- a bad one ----

before=$(refusals)
cp "$CONF" "$T/now.conf"
challenge "$T/old.ch" --cn old
echo 'nonsense = 1' >>"$CONF"
hup
verdict "a bad one is refused" until_true 10 refused $((before + 1))
like "with its file, line and reason" "$T/scep.log" \
    'refused.*scep.conf:[0-9]*: nonsense: no such key'
same "the old one goes on" "$(code fresh)" 200
verdict "and issues" bot -C "$T/old.ch" -s /CN=old "$URL"
status 78 "scepadm reload says so, too" adm reload
cp "$T/now.conf" "$CONF"
sed -i "s,^state = .*,state = $T/second/state," "$CONF"
# scepadm finds the owner by the state: ask by signal.
hup
verdict "another state is refused" until_true 10 refused $((before + 2))
cp "$T/now.conf" "$CONF"
status 0 "the control: the good one again" reload

# ---- one profile's fault ----

challenge "$T/other.ch" --profile other --cn other
sed -i '/^\[profile other\]/,/^authorise/s/^authorise = .*/& manual/' "$CONF"
status 0 "it may queue as well" reload
OTHER=http://127.0.0.1:$port/scep/other
bot -k "$T/queued.key" -s /CN=queued "$OTHER" >"$T/queued"
queued=$(adm request list --json | jq -r '.[0].id')
mv "$T/second/ca.pem" "$T/second/away.pem"
status 0 "a missing file of one CA does not stop a reload" reload
verdict "its profile answers 503" until_true 10 is_code other 503
like "to be tried again" "$T/head" '^Retry-After: '
unlike "without a word of why to the client" "$T/body" 'pem|file'
comes "but in the log" "$T/scep.log" \
    'profile other answers 503.*second/ca.pem'
bot -C "$T/other.ch" -s /CN=other "$OTHER" >"$T/other.out" 2>&1
like "a device gets nothing else" "$T/other.out" 'HTTP 503'
status 78 "nor is what waits approved" adm request approve "$queued"
same "the others serve" "$(code default)" 200
challenge "$T/beside.ch" --cn beside
verdict "and issue" bot -C "$T/beside.ch" -s /CN=beside "$URL"
status 78 "check calls it a fault" adm check
stop "$SERVER"
stop "$SUPERVISOR"
start_nginx "$(port=$(free_port); echo "$port")"
port=${URL%/scep}
port=${port##*:}
same "it does not stop a start either" "$(code default)" 200
same "its profile answers 503" "$(code other)" 503
mv "$T/second/away.pem" "$T/second/ca.pem"
status 0 "it is mended" reload
verdict "and answers" until_true 10 is_code other 200
status 0 "what waits is approved" adm request approve "$queued"
OTHER=$URL/other
verdict "and a device enrols" bot -C "$T/other.ch" -s /CN=other "$OTHER"

# ---- more workers, fewer workers ----

sed -i 's/^\[server\]/&\nworkers = 6/' "$CONF"
status 0 "six workers" adm reload
n_workers() { [ "$(workers_of "$SUPERVISOR" | wc -l)" -eq "$1" ]; }
verdict "there are six" until_true 10 n_workers 6
sed -i 's/^workers = 6/workers = 2/' "$CONF"
status 0 "two workers" adm reload
verdict "there are two" until_true 10 n_workers 2
same "which answer" "$(code default)" 200
# While nothing is quiet: none of the old ones stays.
adm challenge add --count 300 --ttl 2h >"$T/noise.ch" 2>/dev/null
bot -K -t random -C "$T/noise.ch" -s "/CN=noise-%d" -n 300 -j 4 "$URL" \
    >"$T/noise.out" 2>&1 &
noise=$!
own "$noise"
wrong=0
for n in 5 3 6 2 4; do
	sed -i "s/^workers = .*/workers = $n/" "$CONF"
	adm reload >/dev/null 2>&1
	until_true 10 n_workers "$n" || wrong=$((wrong + 1))
done
wait "$noise"
same "the number is right each time, under load" "$wrong" 0
same "and no request is lost" "$(grep -v -c ' granted ' "$T/noise.out")" 0
stop "$SUPERVISOR"
status 1 "without a server there is nothing to reload" adm reload

# ---- no profile left ----

mv "$T/second/ca.pem" "$T/second/away.pem"
mv "$T/ca/ca.pem" "$T/ca/away.pem"
status 78 "with a fault in every profile it does not start" \
    timeout 60 "$FCGI" -c "$CONF"
mv "$T/ca/away.pem" "$T/ca/ca.pem"
start_fcgi
verdict "the control: with one that has none it does" until_true 10 is_code \
    default 200
finish
