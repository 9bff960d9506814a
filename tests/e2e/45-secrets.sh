#!/bin/sh
# 45-secrets - SECURITY T3: the secret of a challenge, of a token key, of a token
# or of an API key is nowhere but with whoever has to show it: not in the state,
# in no log, in no process, in no backup.
# And nothing starts that would let everybody enrol.
. "$(dirname "$0")/lib.sh"

DOORS=$BIN/scep-admin.fcgi

python() { /usr/bin/python3 -B - "$@"; }

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
sed -i '/^\[profile default\]/a retry_window = 1h' "$CONF"
sed -i "s,^\[server\],&\ndoor_listen = unix:$T/admin.sock," "$CONF"
start_nginx "$port"
"$DOORS" -c "$CONF" >>"$T/admin.log" 2>&1 &
ADMIN=$!
own "$ADMIN"
until_true 10 test -S "$T/admin.sock"
cat >"$T/door.conf" <<CONFIG
location /mdm/ {
	fastcgi_param SCRIPT_NAME "";
	fastcgi_param PATH_INFO \$uri;
	fastcgi_param REQUEST_METHOD \$request_method;
	fastcgi_param CONTENT_TYPE \$content_type;
	fastcgi_param CONTENT_LENGTH \$content_length;
	fastcgi_param REMOTE_ADDR \$remote_addr;
	fastcgi_param GATEWAY_INTERFACE CGI/1.1;
	fastcgi_pass unix:$T/admin.sock;
}
CONFIG
sed -i "s,^[[:space:]]*server {,&\ninclude $T/door.conf;," "$T/nginx.conf"
stop "$SERVER"
nginx -p "$T/nginx" -c "$T/nginx.conf" >>"$T/nginx.log" 2>&1 &
SERVER=$!
own "$SERVER"
until_true 10 caps_ok "$URL"

# ---- challenges of each fate, each on its way through all processes ----

challenge good --cn good --uses 2 --reuse-for 1h
challenge wrong --cn wrong
challenge frozen --cn frozen --max-wrong 1
challenge revoked --cn revoked
challenge unused --cn unused
adm client apple --cn apple >"$T/apple" 2>/dev/null
sed -n '/<key>Challenge</{n;s/.*<string>\(.*\)<.*/\1/p;}' "$T/apple" >"$T/apple.ch"
adm client text --cn text --json --qr-png "$T/qr.png" 2>/dev/null |
    jq -r .challenge >"$T/text.ch"
printf 'all-devices-%s\n' "$(openssl rand -hex 16)" >"$T/static"
line=$(adm challenge hash --profile default <"$T/static")
sed -i "/^\[profile default\]/a $line" "$CONF"
verdict "one for all devices" reload

verdict "one is used" bot -C good -s /CN=good -t once "$URL"
verdict "and repeated" bot -C good -s /CN=good -t once "$URL"
status 1 "one is shown with another name" bot -C wrong -s /CN=another "$URL"
status 1 "one is frozen" bot -C frozen -s /CN=another "$URL"
status 1 "really" bot -C frozen -s /CN=frozen "$URL"
adm challenge revoke "$(cut -c1-10 "$T/revoked")" >/dev/null
status 1 "one is revoked" bot -C revoked -s /CN=revoked "$URL"
verdict "one is from a recipe" bot -C apple.ch -s /CN=apple "$URL"
verdict "that for all is used" bot -C static -s /CN=anybody "$URL"
# A wrong secret may be the right one, mistyped.
sed -e '/2$/{s/2$/3/;b' -e '}' -e 's/.$/2/' "$T/good" >"$T/typo"
status 1 "one is mistyped" bot -C "$T/typo" -s /CN=good "$URL"
status 3 "and one is pasted where an id is wanted" adm challenge show \
    "$(sed 's/$/x/' "$T/unused")"

# FILE: the same, but for its end.
mistyped() { sed -e '/[2A]$/{s/.$/E/;b' -e '}' -e 's/.$/A/' "$1"; }

# ---- tokens ----

adm token key add --alg hmac --out "$T/mdm.key" --name mdm >/dev/null 2>&1
kid=$(adm token key list --json | jq -r '.[0].id')
adm token key add --alg hmac --out "$T/old.key" --name old >/dev/null 2>&1
adm token key revoke old >/dev/null
for each in good wrong frozen unused; do
	"$ADM" token mint --key "$T/mdm.key" --kid "$kid" --profile default \
	    --ttl 1h --id "token-$each" --cn "t-$each" >"$T/$each.token" 2>/dev/null
done
verdict "a token is used" bot -C good.token -k t.key -s /CN=t-good "$URL"
verdict "and repeated, too" bot -C good.token -k t.key -s /CN=t-good "$URL"
status 1 "a token is shown with another name" bot -C wrong.token -s /CN=x "$URL"
for n in 1 2 3 4 5; do
	bot -C frozen.token -s "/CN=x-$n" "$URL" >/dev/null 2>&1
done
status 1 "a token is frozen" bot -C frozen.token -s /CN=t-frozen "$URL"
mistyped "$T/unused.token" >"$T/typo.token"
status 1 "a token is mistyped" bot -C typo.token -s /CN=t-unused "$URL"
verdict "an operator looks at one" adm challenge show "$(cat "$T/good.token")"
status 3 "and at one that nobody has used" adm challenge show \
    "$(cat "$T/unused.token")"

# ---- API keys, and what they are given ----

for each in good revoked; do
	adm apikey add --name "mdm-$each" --may challenge:add --rate 1000/s \
	    >"$T/$each.apikey" 2>/dev/null
done
sed -e '/2$/{s/2$/3/;b' -e '}' -e 's/.$/2/' "$T/good.apikey" >"$T/typo.apikey"
# ask KEY: a challenge by JSON, by the key in a file; the status.
ask() {
	printf 'header = "Authorization: Bearer %s"\n' "$(cat "$T/$1")" |
	    curl -s -m 20 -o "$T/body" -w '%{http_code}' -K - \
	    -H 'Content-Type: application/json' -d '{"subject":"CN=door"}' \
	    "http://127.0.0.1:$port/mdm/api/v1/challenges"
}
same "an API key is given a challenge" "$(ask good.apikey)" 201
jq -r .challenge "$T/body" >"$T/door.ch"
verdict "which is used" bot -C door.ch -s /CN=door "$URL"
same "and another one, which is not" "$(ask good.apikey)" 201
jq -r .challenge "$T/body" >"$T/door2.ch"
printf 'user = "mdm:%s"\n' "$(cat "$T/good.apikey")" |
    curl -s -m 20 -o "$T/page" -K - "http://127.0.0.1:$port/mdm/mscep_admin/"
sed -n 's/.*password is: <B> \([^ ]*\) .*/\1/p' "$T/page" >"$T/page.ch"
verdict "one from the page of NDES is used" bot -C page.ch -s /CN=page "$URL"
same "a key is mistyped" "$(ask typo.apikey)" 401
same "one serves" "$(ask revoked.apikey)" 201
adm apikey revoke mdm-revoked >/dev/null
same "and is revoked" "$(ask revoked.apikey)" 401
verdict "a key is pasted where an id is wanted" adm apikey show \
    "$(cat "$T/good.apikey")"
unlike "of which its id alone is shown" "$T/verdict.out" \
    "$(sed 's/.*-//' "$T/good.apikey")"

# Many at once, each in a thread of its own, whose memory nobody uses after it.
adding=
for n in 1 2 3 4 5 6 7 8; do
	adm apikey add --name "many-$n" --may challenge:add \
	    >"$T/many-$n.apikey" 2>/dev/null &
	adding="$adding $!"
	adm token key add --alg hmac --out "$T/many-$n.key" --name "many-$n" \
	    >/dev/null 2>&1 &
	adding="$adding $!"
	challenge "many-$n" --cn many &
	adding="$adding $!"
done
# shellcheck disable=SC2086
wait $adding

# ---- challenges that a server judges: libcurl has them in its memory ----

WEB=$(free_port)
cat >"$T/judge.py" <<'PYTHON'
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Judge(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        with open(sys.argv[2], "ab") as f:
            f.write(self.rfile.read(int(self.headers["Content-Length"])))
            f.write(b"\n")
        self.send_response(200)
        self.send_header("Content-Length", "20")
        self.end_headers()
        self.wfile.write(b'{"decision":"allow"}')

    def log_message(self, *args):
        pass

HTTPServer(("127.0.0.1", int(sys.argv[1])), Judge).serve_forever()
PYTHON
/usr/bin/python3 -B "$T/judge.py" "$WEB" "$T/judged" >"$T/judge.log" 2>&1 &
own $!
until_true 10 curl -s -o "$T/judge.out" "http://127.0.0.1:$WEB/"
printf '\n[profile web]\nca = main\nauthorise = http://127.0.0.1:%s/\n' \
    "$WEB" >>"$CONF"
printf 'extensions = client\n' >>"$CONF"
verdict "a profile with a server that is asked" reload
for n in 1 2 3 4 5; do
	printf 'judged-%s\n' "$(openssl rand -hex 16)" >"$T/judged-$n"
	verdict "it judges challenge $n" "$BOT" -C "$T/judged-$n" \
	    -s "/CN=judged-$n" -t "judged-$n" "$URL/web"
done
same "and was shown each" "$(grep -c judged- "$T/judged")" 5

# ---- where they are looked for ----

# FILE: the secret behind the id, as a pattern for grep -F.
secret_of() { sed 's/^[^-]*-//' "$1"; }
secrets=$T/secrets
for each in good wrong frozen revoked unused apple.ch text.ch typo door.ch \
    door2.ch page.ch; do
	secret_of "$T/$each"
done >"$secrets"
cat "$T/static" "$T/mdm.key" "$T/old.key" >>"$secrets"
for each in good wrong frozen unused typo; do
	sed 's/.*\.//' "$T/$each.token"		# its tag
done >>"$secrets"
for each in good revoked typo; do
	sed 's/.*-//' "$T/$each.apikey"
done >>"$secrets"
printf 'mdm:%s' "$(cat "$T/good.apikey")" | base64 | tr -d '\n' |
    sed 's/.*\(.\{30\}\)$/\1\n/' >>"$secrets"		# by Basic
for n in 1 2 3 4 5 6 7 8; do
	secret_of "$T/many-$n"
	cat "$T/many-$n.key"
	sed 's/.*-//' "$T/many-$n.apikey"
done >>"$secrets"
cat "$T"/judged-[1-5] >>"$secrets"
same "there are fifty-two" \
    "$(sort -u "$secrets" | grep -c '^.\{26,\}$')" 52
ids=$T/ids
for each in good wrong frozen revoked unused; do
	cut -c1-10 "$T/$each"
done >"$ids"
cut -c9-18 "$T/good.apikey" >"$T/id.apikey"
echo "$kid" >"$T/id.token"
cat "$T/id.apikey" "$T/id.token" >>"$ids"

held() { grep -r -a -l -F -f "$1" "$2" 2>/dev/null; }
adm explain >"$T/said" 2>&1
for each in list 'show '"$(cut -c1-10 "$T/good")"; do
	# shellcheck disable=SC2086
	adm challenge $each --json
done >>"$T/said" 2>&1
adm request list --json >>"$T/said" 2>&1
adm token key list --json >>"$T/said" 2>&1
adm apikey list --json >>"$T/said" 2>&1
adm log verify >>"$T/said" 2>&1
adm backup "$T/backup" >/dev/null 2>&1
mkdir -p "$T/logs"
cp "$T/scep.log" "$T/admin.log" "$T/nginx.log" "$T/said" "$T/logs"
for each in ca/state logs backup; do
	same "no secret is in $each" "$(held "$secrets" "$T/$each")" ""
	status 0 "the control: ids are in $each" test -n \
	    "$(held "$ids" "$T/$each")"
	for kind in apikey token; do
		status 0 "the control: ids of its kind ($kind) are in $each" test -n \
		    "$(held "$T/id.$kind" "$T/$each")"
	done
done

# What a core dump would hold.
memory() {		# PID…
	python "$secrets" "$ids" "$@" <<'PYTHON'
import sys

def lines(path):
    with open(path, "rb") as f:
        return [line.strip() for line in f if line.strip()]

secrets, ids = lines(sys.argv[1]), lines(sys.argv[2])
raw = {}			# of what is written in hex
for n, secret in enumerate(secrets):
    if len(secret) == 64:
        raw[n] = bytes.fromhex(secret.decode())
known = 0
for pid in sys.argv[3:]:
    with open("/proc/%s/maps" % pid) as f:
        maps = [line.split() for line in f]
    with open("/proc/%s/mem" % pid, "rb", 0) as mem:
        for m in maps:
            if "r" not in m[1] or m[-1] in ("[vvar]", "[vsyscall]"):
                continue
            start, end = (int(x, 16) for x in m[0].split("-"))
            if end - start > 1 << 30:	# a sanitizer's shadow
                continue
            try:
                mem.seek(start)
                data = mem.read(end - start)
            except (OSError, ValueError):
                continue
            known += sum(i in data for i in ids)
            for n, secret in enumerate(secrets):
                at = data.find(secret)
                if at < 0 and n in raw:
                    at = data.find(raw[n])
                if at >= 0:
                    print("secret %d in process %s, %s, near %r" % (n + 1,
                        pid, m[-1], data[max(0, at - 48):at]))
print("ids: %s" % ("found" if known else "none"))
PYTHON
}
# slow PID: its threads stop for ten seconds behind each answer; by $slow.
slow() {
	strace -f -q -o /dev/null -e trace=sendmsg \
	    -e inject=sendmsg:delay_exit=10000000 -p "$1" 2>"$T/strace.log" &
	slow=$!
	own "$slow"
	until_true 20 traced "$1"
}
# All of them.
traced() { [ -z "$(grep -L '^TracerPid:.*[1-9]' "/proc/$1/task"/*/status)" ]; }

# Again: nobody has used the memory since.
for n in 1 2 3 4; do
	verdict "challenge $n is judged once more" "$BOT" -C "$T/judged-$n" \
	    -s "/CN=judged-$n" -t "again-$n" "$URL/web"
done
if [ "$(id -u)" -eq 0 ]; then
	# Whoever has the answer may look at once: all was wiped before it.
	ca=$(ca_of "$SUPERVISOR")
	sleep 1.5		# till all workers have reported
	verdict "scep-ca is slow behind its answers" slow "$ca"
	verdict "challenge 5 is judged once more" "$BOT" -C "$T/judged-5" \
	    -s /CN=judged-5 -t again-5 "$URL/web"
	memory "$ca" >"$T/memory" 2>&1
	stop "$slow"
	same "no secret is there behind the answer" \
	    "$(grep '^secret' "$T/memory")" ""
	like "the control: all of it was read" "$T/memory" '^ids: '
	# shellcheck disable=SC2046
	memory "$SUPERVISOR" $(descendants "$SUPERVISOR") "$ADMIN" \
	    $(descendants "$ADMIN") >"$T/memory" 2>&1
	same "no secret is in a process" "$(grep '^secret' "$T/memory")" ""
	like "the control: ids are" "$T/memory" '^ids: found'
	env SHOWN="$(cat "$T/unused")" sleep 60 &
	own $!
	until_true 5 grep -q '^sleep' "/proc/$!/cmdline"
	memory $! >"$T/memory" 2>&1
	like "nor would one be overlooked" "$T/memory" '^secret 5 in process'
else
	skip "no secret is in a process" "not root"
fi

# ---- nothing is open by default ----

stop "$SUPERVISOR"
cp "$CONF" "$T/scep.conf.was"
sed -i '/^\[profile default\]/,/^\[/{/^authorise/d;/^challenge_hash/d;}' "$CONF"
status 78 "a profile that authorises nobody: nothing starts" \
    timeout 10 "$FCGI" -c "$CONF"
like "and it says why" "$T/status.out" 'authorise is missing'
status 78 "nor does check take it" adm check
cp "$T/scep.conf.was" "$CONF"
start_fcgi
verdict "the control" until_true 10 caps_ok "$URL"
finish
